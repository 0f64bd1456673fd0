//! What changes something: modules, contracts, grants, invocations.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use nectar_runtime::SignedReceipt;

use super::app::App;
use super::guard::Received;
use super::problem::Problem;
use crate::api::{self, Base64, Opening, Outcome};
use crate::upload::split_upload;

type Answer<T> = Result<Json<T>, Problem>;

pub(super) async fn upload(State(app): State<Arc<App>>, Received(body): Received) -> Answer<api::Uploaded> {
    app.may_serve()?;
    let code = app.call(Instant::now(), move |executor| {
        // What is no upload is refused like one that is not allowed, after the same look at a directive.
        let (directive, wasm) = split_upload(&body).unwrap_or((&body, &[]));
        executor.upload(directive, wasm)
    });
    Ok(Json(api::Uploaded { code: code.await? }))
}

pub(super) async fn instantiate(
    State(app): State<Arc<App>>,
    Received(directive): Received,
) -> Answer<api::Instantiated> {
    app.may_serve()?;
    let made = app.call(Instant::now(), move |executor| executor.instantiate(&directive)).await?;
    let (receipt, opening) = (base64(made.receipt), Opening::of_run(&made.opening, &made.run));
    Ok(Json(api::Instantiated { contract: made.contract, receipt, opening }))
}

pub(super) async fn register(
    State(app): State<Arc<App>>,
    Received(directive): Received,
) -> Answer<api::Registered> {
    app.may_serve()?;
    let made = app.call(Instant::now(), move |executor| executor.register(&directive)).await?;
    let (receipt, opening) = (base64(made.receipt), Opening::from(&made.opening));
    Ok(Json(api::Registered { grant: made.grant, receipt, opening }))
}

/// Served whatever the registry says: taking access away must always be possible.
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Received(directive): Received,
) -> Answer<api::Revoked> {
    let made = app.call(Instant::now(), move |executor| executor.revoke(&directive)).await?;
    Ok(Json(api::Revoked { receipt: base64(made.receipt), opening: Opening::from(&made.opening) }))
}

pub(super) async fn invoke(State(app): State<Arc<App>>, Received(bytes): Received) -> Answer<api::Invoked> {
    app.may_serve()?;
    let reply = app.call(Instant::now(), move |executor| executor.invoke(&bytes)).await?;
    let result = match reply.result.into_result() {
        Ok(data) => Outcome::Ok(Base64(data.to_vec())),
        Err(text) => Outcome::Error(text),
    };
    let (receipt, opening) = (base64(reply.receipt), Opening::of_run(&reply.opening, &reply.run));
    Ok(Json(api::Invoked { result, receipt, opening, gas: reply.gas }))
}

fn base64(receipt: SignedReceipt) -> Base64 {
    Base64(receipt.into_bytes())
}
