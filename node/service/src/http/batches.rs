//! Batches and receipts: nothing private.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use nectar_verifier::Kind;

use super::app::{App, internal};
use super::guard::Received;
use super::problem::Problem;
use crate::api::{self, Base64};
use crate::prepare::now;
use crate::settle::StartSettleError;

/// Fixes the next batch and starts to prove it.
pub(super) async fn settle(
    State(app): State<Arc<App>>,
    Received(directive): Received,
) -> Result<(StatusCode, Json<api::SettleStarted>), Problem> {
    let received = Instant::now();
    if app.operator.orders_settlement(&directive, now()).is_err() {
        return Err(app.refuse(received).await);
    }
    app.may_serve()?;
    match app.settler.start().await {
        Ok(batch) => Ok((StatusCode::ACCEPTED, Json(api::SettleStarted { batch }))),
        Err(StartSettleError::Failed(error)) => Err(internal(&error)),
        Err(obstacle) => Err(Problem::Conflict(obstacle.to_string())),
    }
}

pub(super) async fn view(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
) -> Result<Json<api::BatchView>, Problem> {
    let number = parse(&number, "batch")?;
    let settler = app.settler.clone();
    let view = app.look_up(move || settler.view(number)).await?.map_err(|error| internal(&error))?;
    view.map(Json).ok_or(Problem::NotFound("batch"))
}

pub(super) async fn proof(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    proof_of(app, &number, Kind::State).await
}

pub(super) async fn execution_proof(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    proof_of(app, &number, Kind::Execution).await
}

async fn proof_of(app: Arc<App>, number: &str, kind: Kind) -> Result<impl IntoResponse + use<>, Problem> {
    let number = parse(number, "batch")?;
    let settler = app.settler.clone();
    let proof = app.look_up(move || settler.proof(number, kind)).await?.map_err(|error| internal(&error))?;
    let proof = proof.ok_or(Problem::NotFound("proof"))?;
    Ok(([(CONTENT_TYPE, "application/octet-stream")], proof))
}

pub(super) async fn receipt(
    State(app): State<Arc<App>>,
    Path(position): Path<String>,
) -> Result<Json<api::ReceiptView>, Problem> {
    let position = parse(&position, "receipt")?;
    let executor = app.executor.clone();
    let found = app.look_up(move || executor.receipt(position)).await?.map_err(|error| internal(&error))?;
    let found = found.ok_or(Problem::NotFound("receipt"))?;
    let (batch, inclusion) = found.settled.map(|(batch, path)| (batch.number, Base64(path.encode()))).unzip();
    Ok(Json(api::ReceiptView { receipt: Base64(found.receipt.into_bytes()), batch, inclusion }))
}

fn parse(text: &str, what: &'static str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::NotFound(what))
}
