use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::app::App;
use super::problem::Problem;
use crate::api::{self, Root};

pub(super) async fn health() -> Json<api::Health> {
    Json(api::Health { status: "ok".into() })
}

pub(super) async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let reason = app.watch.obstacle();
    let ready = reason.is_none();
    let answer = api::Ready {
        ready,
        // The store is open as long as the node runs.
        store: true,
        l1: app.watch.reachable(),
        registry: app.watch.standing().word().into(),
        reason,
    };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(answer))
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.text())
}

pub(super) async fn info(State(app): State<Arc<App>>) -> Result<Json<api::Info>, Problem> {
    let executor = app.executor.clone();
    // These wait for a commit that is going on: not on a thread that serves others.
    let (root, settled, (next, pending)) = app
        .look_up(move || (executor.network_root(), executor.settled_root(), executor.next_batch()))
        .await?;
    Ok(Json(api::Info {
        version: env!("CARGO_PKG_VERSION").into(),
        dsp: app.dsp,
        network: app.network,
        network_root: Root(root),
        settled: api::Settled { batch: next.saturating_sub(1), root: Root(settled) },
        pending,
        l1: app.l1.clone(),
        verifier_key: app.settler.verifier_key(),
        proves_execution: app.settler.proves_execution(),
        setup: app.settler.setup(),
    }))
}
