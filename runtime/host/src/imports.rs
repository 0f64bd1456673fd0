//! What a contract may ask of its host: CosmWasm's imports.
//!
//! Every one keeps the same order: charge, bounded read, authorise, act, record. The charge for the call itself is
//! [`Guest::call`]'s.

mod address;
mod crypto;
mod query;
mod state;

use wasmtime::{Caller, Linker};

use crate::failure::{ContractFailure, Words};
use crate::frame::{Frame, Guest};

/// Longest text of an abort or a debug message, in bytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Links every import of [`crate::module::IMPORTS`].
pub(crate) fn link(linker: &mut Linker<Frame>) -> wasmtime::Result<()> {
    type Host<'a> = Caller<'a, Frame>;
    linker
        .func_wrap("env", "abort", |host: Host<'_>, text: u32| Guest::call(host, |g| abort(g, text)))?
        .func_wrap("env", "debug", |host: Host<'_>, text: u32| Guest::call(host, |g| debug(g, text)))?
        .func_wrap("env", "db_read", |host: Host<'_>, key: u32| Guest::call(host, |g| state::read(g, key)))?
        .func_wrap("env", "db_write", |host: Host<'_>, key: u32, value: u32| {
            Guest::call(host, |g| state::write(g, key, value))
        })?
        .func_wrap("env", "db_remove", |host: Host<'_>, key: u32| {
            Guest::call(host, |g| state::remove(g, key))
        })?
        .func_wrap("env", "db_scan", |host: Host<'_>, start: u32, end: u32, order: i32| {
            Guest::call(host, |g| state::scan(g, start, end, order))
        })?
        .func_wrap("env", "db_next", |host: Host<'_>, id: u32| Guest::call(host, |g| state::next(g, id)))?
        .func_wrap("env", "db_next_key", |host: Host<'_>, id: u32| {
            Guest::call(host, |g| state::next_key(g, id))
        })?
        .func_wrap("env", "db_next_value", |host: Host<'_>, id: u32| {
            Guest::call(host, |g| state::next_value(g, id))
        })?
        .func_wrap("env", "addr_validate", |host: Host<'_>, text: u32| {
            Guest::call(host, |g| address::validate(g, text))
        })?
        .func_wrap("env", "addr_canonicalize", |host: Host<'_>, text: u32, to: u32| {
            Guest::call(host, |g| address::canonicalize(g, text, to))
        })?
        .func_wrap("env", "addr_humanize", |host: Host<'_>, bytes: u32, to: u32| {
            Guest::call(host, |g| address::humanize(g, bytes, to))
        })?
        .func_wrap("env", "query_chain", |host: Host<'_>, request: u32| {
            Guest::call(host, |g| query::query_chain(g, request))
        })?
        .func_wrap("env", "secp256k1_verify", |host: Host<'_>, hash: u32, signature: u32, key: u32| {
            Guest::call(host, |g| crypto::secp256k1_verify(g, hash, signature, key))
        })?
        .func_wrap(
            "env",
            "secp256k1_recover_pubkey",
            |host: Host<'_>, hash: u32, signature: u32, id: u32| {
                Guest::call(host, |g| crypto::secp256k1_recover_pubkey(g, hash, signature, id))
            },
        )?
        .func_wrap("env", "ed25519_verify", |host: Host<'_>, message: u32, signature: u32, key: u32| {
            Guest::call(host, |g| crypto::ed25519_verify(g, message, signature, key))
        })?
        .func_wrap(
            "env",
            "ed25519_batch_verify",
            |host: Host<'_>, messages: u32, signatures: u32, keys: u32| {
                Guest::call(host, |g| crypto::ed25519_batch_verify(g, messages, signatures, keys))
            },
        )?;
    Ok(())
}

/// Ends the frame with the contract's words.
fn abort(guest: &mut Guest<'_>, text: u32) -> Result<(), crate::error::Stop> {
    let text = guest.take(text, "abort message", MAX_TEXT_BYTES)?;
    Err(ContractFailure::Abort(Words(String::from_utf8_lossy(&text).into_owned())).into())
}

/// Charged like any text, and forgotten: it may concern a patient.
fn debug(guest: &mut Guest<'_>, text: u32) -> Result<(), crate::error::Stop> {
    guest.take(text, "debug message", MAX_TEXT_BYTES).map(|_| ())
}
