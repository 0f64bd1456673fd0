//! What owners and auditors read. Served whatever the registry says: a DSP that is suspended is still reviewed.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use nectar_capability::Token;
use nectar_runtime::{AuditEntry, CallError, GrantRecord, GrantStanding, HostError, Use};

use super::app::App;
use super::guard::Received;
use super::problem::Problem;
use crate::api::{AuditLog, AuditView, Base64, GrantView, Grants, UseView};

pub(super) async fn grants(
    State(app): State<Arc<App>>,
    Received(directive): Received,
) -> Result<Json<Grants>, Problem> {
    let list = app.call(Instant::now(), move |executor| {
        executor.grants(&directive)?.into_iter().map(grant).collect::<Result<_, CallError>>()
    });
    Ok(Json(Grants { grants: list.await? }))
}

pub(super) async fn entries(
    State(app): State<Arc<App>>,
    Received(directive): Received,
) -> Result<Json<AuditLog>, Problem> {
    let list = app.call(Instant::now(), move |executor| executor.audit(&directive)).await?;
    Ok(Json(AuditLog { entries: list.into_iter().map(entry).collect() }))
}

fn grant(record: GrantRecord) -> Result<GrantView, CallError> {
    let token = Token::decode(&record.token).map_err(|_| HostError::Record("grant"))?;
    let leaf = token.leaf();
    Ok(GrantView {
        contract: leaf.grant().contract,
        grant: leaf.hash(),
        token: Base64(record.token),
        status: match record.status {
            GrantStanding::Active => "active".into(),
            GrantStanding::Revoked => "revoked".into(),
            _ => "unknown".into(),
        },
        registered_at: record.registered_at,
        registered_position: record.registered_position,
        revoked_at: record.revoked_at,
        revoked_position: record.revoked_position,
        use_count: record.use_count,
        uses: record.uses.into_iter().map(used).collect(),
    })
}

fn used(one: Use) -> UseView {
    let Use { position, time, method, purpose, outcome, .. } = one;
    UseView { position, time, method, purpose, outcome }
}

fn entry(entry: AuditEntry) -> AuditView {
    // The name as the runtime writes it.
    let event = serde_json::to_value(entry.event).ok();
    AuditView {
        sequence: entry.sequence,
        time: entry.time,
        event: event.and_then(|name| name.as_str().map(Into::into)).unwrap_or_default(),
        signer: entry.signer,
        known: entry.known,
        contract: entry.contract,
        grant: entry.grant,
        method: entry.method,
        purpose: entry.purpose,
        outcome: entry.outcome,
        receipt: entry.receipt,
        digest: entry.digest,
        emergency: entry.emergency,
        reviewed: entry.reviewed,
    }
}
