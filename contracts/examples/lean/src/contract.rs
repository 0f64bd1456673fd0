//! Entry points. `execute` here is all of it but how bytes come and go, which is in `wasm.rs`.

use std::borrow::Cow;

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, StdResult, to_json_binary};
use nectar_sdk::{AccessError, NectarQuery, entry_point};

use crate::msg::{CountResponse, ExecuteMsg, InstantiateMsg, QueryMsg};
use crate::state::{COUNT, COUNT_KEY, OWNER, OWNER_KEY, from_bytes, to_bytes};
use crate::{ContractError, Store};

/// How `MessageInfo` begins, as hosts write it.
const SENDER: &[u8] = br#"{"sender":""#;
/// `ContractResult::Ok(Response::new())`: what a caller may need to know is asked for by a query.
const DONE: &[u8] = br#"{"ok":{"messages":[],"attributes":[],"events":[],"data":null}}"#;

/// Starts to count, and remembers the owner: the one who instantiates.
///
/// # Errors
/// If the store fails.
#[entry_point]
pub fn instantiate(
    deps: DepsMut<'_, NectarQuery>,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> StdResult<Response> {
    COUNT.save(deps.storage, &msg.start)?;
    OWNER.save(deps.storage, &info.sender.into_string().into_bytes())?;
    Ok(Response::new())
}

/// Changes the count. `info` and `message` are the bytes that the host gave.
///
/// # Errors
/// [`ContractError`]
pub fn execute(store: &mut impl Store, info: &[u8], message: &[u8]) -> Result<(), ContractError> {
    let count = match ExecuteMsg::read(message).ok_or(ContractError::Message)? {
        ExecuteMsg::Increment { by } => {
            let count = from_bytes(&store.read(COUNT_KEY).ok_or(ContractError::State)?)?;
            count.checked_add(by.into()).ok_or(ContractError::Overflow)?
        }
        ExecuteMsg::Reset {} => {
            require_owner(store, info)?;
            0
        }
    };
    store.write(COUNT_KEY, &to_bytes(count));
    Ok(())
}

/// The sender is the holder of the grant in use. A contract's owner is never another one, so a copy of who it is holds.
fn require_owner(store: &impl Store, info: &[u8]) -> Result<(), ContractError> {
    let owner = store.read(OWNER_KEY).ok_or(ContractError::State)?;
    // Up to the quote behind it: a sender is no beginning of another one.
    match info.strip_prefix(SENDER).and_then(|info| info.strip_prefix(owner.as_slice())) {
        Some([b'"', ..]) => Ok(()),
        _ => Err(AccessError::NotOwner.into()),
    }
}

/// What the host expects of `execute`: a `ContractResult<Response>` as JSON.
pub fn answer(result: Result<(), ContractError>) -> Cow<'static, [u8]> {
    match result {
        Ok(()) => Cow::Borrowed(DONE),
        Err(error) => Cow::Owned(format!(r#"{{"error":"{error}"}}"#).into_bytes()),
    }
}

/// Tells the count.
///
/// # Errors
/// If the store fails.
#[entry_point]
pub fn query(deps: Deps<'_, NectarQuery>, _env: Env, msg: QueryMsg) -> StdResult<Binary> {
    match msg {
        QueryMsg::Count {} => to_json_binary(&CountResponse { count: COUNT.load(deps.storage)? }),
    }
}

#[cfg(test)]
mod tests;
