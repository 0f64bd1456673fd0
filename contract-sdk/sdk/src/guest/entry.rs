//! What is exported, by way of the attribute.
#![expect(unsafe_code, reason = "arguments are addresses")]

use std::panic::set_hook;

use cosmwasm_std::{
    Binary, CustomMsg, CustomQuery, Deps, DepsMut, Env, MessageInfo, QuerierWrapper, Response, StdError,
};
use serde::de::DeserializeOwned;

use super::api::HostApi;
use super::querier::HostQuerier;
use super::region::{Region, argument, leave};
use super::storage::HostStorage;
use crate::wire;

unsafe extern "C" {
    fn abort(text: u32);
}

/// A panic ends the call with its words.
fn report_panics() {
    set_hook(Box::new(|panic| {
        let words = panic.to_string();
        let words = Region::of(words.as_bytes());
        // SAFETY: The host reads the region before it ends the call.
        unsafe { abort(words.address()) }
    }));
}

fn words(error: StdError) -> String {
    error.to_string()
}

/// The export `instantiate`: CosmWasm's `do_instantiate`.
pub fn do_instantiate<Q, M, C, E>(
    instantiate: &dyn Fn(DepsMut<'_, Q>, Env, MessageInfo, M) -> Result<Response<C>, E>,
    env: u32,
    info: u32,
    message: u32,
) -> u32
where
    Q: CustomQuery,
    M: DeserializeOwned,
    C: CustomMsg,
    E: ToString,
{
    do_execute(instantiate, env, info, message)
}

/// The export `execute`: CosmWasm's `do_execute`.
pub fn do_execute<Q, M, C, E>(
    execute: &dyn Fn(DepsMut<'_, Q>, Env, MessageInfo, M) -> Result<Response<C>, E>,
    env: u32,
    info: u32,
    message: u32,
) -> u32
where
    Q: CustomQuery,
    M: DeserializeOwned,
    C: CustomMsg,
    E: ToString,
{
    report_panics();
    // SAFETY: The host calls with regions that it had from `allocate` and filled; nobody frees them.
    let [env, info, message] = [env, info, message].map(|region| unsafe { argument(region) });
    let result = change(execute, env, info, message);
    leave(wire::response(result).unwrap_or_else(unwritable))
}

/// The export `query`: CosmWasm's `do_query`.
pub fn do_query<Q, M, E>(
    query: &dyn Fn(Deps<'_, Q>, Env, M) -> Result<Binary, E>,
    env: u32,
    message: u32,
) -> u32
where
    Q: CustomQuery,
    M: DeserializeOwned,
    E: ToString,
{
    report_panics();
    // SAFETY: As in `do_execute`.
    let [env, message] = [env, message].map(|region| unsafe { argument(region) });
    leave(wire::answer(read(query, env, message)).unwrap_or_else(unwritable))
}

fn change<Q: CustomQuery, M: DeserializeOwned, C, E: ToString>(
    execute: &dyn Fn(DepsMut<'_, Q>, Env, MessageInfo, M) -> Result<Response<C>, E>,
    env: &[u8],
    info: &[u8],
    message: &[u8],
) -> Result<Response<C>, String> {
    let env = wire::env(env).map_err(words)?;
    let info = wire::info(info).map_err(words)?;
    let message = wire::message(message).map_err(words)?;
    let querier = QuerierWrapper::new(&HostQuerier);
    let deps = DepsMut { storage: &mut HostStorage, api: &HostApi, querier };
    execute(deps, env, info, message).map_err(|error| error.to_string())
}

fn read<Q: CustomQuery, M: DeserializeOwned, E: ToString>(
    query: &dyn Fn(Deps<'_, Q>, Env, M) -> Result<Binary, E>,
    env: &[u8],
    message: &[u8],
) -> Result<Binary, String> {
    let env = wire::env(env).map_err(words)?;
    let message = wire::message(message).map_err(words)?;
    let querier = QuerierWrapper::new(&HostQuerier);
    let deps = Deps { storage: &HostStorage, api: &HostApi, querier };
    query(deps, env, message).map_err(|error| error.to_string())
}

/// A custom message whose serialization fails. As with CosmWasm, the call fails.
#[expect(clippy::panic, reason = "as CosmWasm, and the host takes everything back")]
fn unwritable(error: StdError) -> Vec<u8> {
    panic!("the response has no JSON: {error}")
}
