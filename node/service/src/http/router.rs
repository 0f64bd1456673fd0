use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use nectar_capability::{MAX_DIRECTIVE_BYTES, MAX_INVOCATION_BYTES};

use super::app::App;
use super::guard::{Limit, admit, observe};
use super::problem::Problem;
use super::{audit, batches, calls, status};
use crate::api::path;
use crate::upload::MAX_UPLOAD_BYTES;

type Route = MethodRouter<Arc<App>>;

/// All routes. `/metrics` is left out where it has an address of its own.
pub(crate) fn router(app: Arc<App>, with_metrics: bool) -> Router {
    let version_1 = Router::new()
        .route(path::INFO, get(status::info))
        .route(path::CODES, limited(MAX_UPLOAD_BYTES, post(calls::upload)))
        .route(path::CONTRACTS, limited(MAX_DIRECTIVE_BYTES, post(calls::instantiate)))
        .route(path::GRANTS, limited(MAX_DIRECTIVE_BYTES, post(calls::register)))
        .route(path::REVOCATIONS, limited(MAX_DIRECTIVE_BYTES, post(calls::revoke)))
        .route(path::INVOCATIONS, limited(MAX_INVOCATION_BYTES, post(calls::invoke)))
        .route(path::AUDIT_GRANTS, limited(MAX_DIRECTIVE_BYTES, post(audit::grants)))
        .route(path::AUDIT_ENTRIES, limited(MAX_DIRECTIVE_BYTES, post(audit::entries)))
        .route(path::BATCHES, limited(MAX_DIRECTIVE_BYTES, post(batches::settle)))
        .route(path::BATCH, get(batches::view))
        .route(path::PROOF, get(batches::proof))
        .route(path::EXECUTION_PROOF, get(batches::execution_proof))
        .route(path::RECEIPT, get(batches::receipt))
        .layer(from_fn_with_state(app.clone(), admit));
    // Looks at the node itself are answered however busy it is.
    let mut all = version_1.route(path::HEALTH, get(status::health)).route(path::READY, get(status::ready));
    if with_metrics {
        all = all.route(path::METRICS, get(status::metrics));
    }
    finish(all, app)
}

/// Only `/metrics`, for an address of its own.
pub(crate) fn metrics_router(app: Arc<App>) -> Router {
    finish(Router::new().route(path::METRICS, get(status::metrics)), app)
}

fn finish(router: Router<Arc<App>>, app: Arc<App>) -> Router {
    router
        .fallback(|| async { Problem::NotFound("path") })
        .method_not_allowed_fallback(|| async { Problem::Method })
        .layer(from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

fn limited(bytes: usize, route: Route) -> Route {
    route.layer::<_, Infallible>(DefaultBodyLimit::max(bytes)).layer(axum::Extension(Limit(bytes)))
}
