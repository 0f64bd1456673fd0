//! Entry points.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, Storage, to_json_binary};
use nectar_sdk::{Caller, NectarQuery, entry_point};

use crate::ContractError;
use crate::msg::{CountResponse, ExecuteMsg, InstantiateMsg, QueryMsg};
use crate::state::COUNT;

/// Starts to count.
///
/// # Errors
/// [`ContractError::Std`] if the store fails.
#[entry_point]
pub fn instantiate(
    deps: DepsMut<'_, NectarQuery>,
    _env: Env,
    _info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    COUNT.save(deps.storage, &msg.start)?;
    Ok(Response::new())
}

/// Changes the count.
///
/// # Errors
/// [`ContractError`]
#[entry_point]
pub fn execute(
    deps: DepsMut<'_, NectarQuery>,
    _env: Env,
    _info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    match msg {
        ExecuteMsg::Increment { by } => increment(deps.storage, by)?,
        ExecuteMsg::Reset {} => {
            Caller::load(&deps.querier)?.require_owner()?;
            COUNT.save(deps.storage, &0)?;
        }
    }
    Ok(Response::new())
}

fn increment(storage: &mut dyn Storage, by: u32) -> Result<(), ContractError> {
    let count = COUNT.load(storage)?.checked_add(by.into()).ok_or(ContractError::Overflow)?;
    Ok(COUNT.save(storage, &count)?)
}

/// Tells the count.
///
/// # Errors
/// [`ContractError::Std`] if the store fails.
#[entry_point]
pub fn query(deps: Deps<'_, NectarQuery>, _env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    match msg {
        QueryMsg::Count {} => Ok(to_json_binary(&CountResponse { count: COUNT.load(deps.storage)? })?),
    }
}

#[cfg(test)]
mod tests;
