//! Entry points.

use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, to_json_binary};
#[cfg(not(feature = "library"))]
use nectar_sdk::entry_point;
use nectar_sdk::{AccessError, Caller, NectarQuery, PatientHandle, PublicKey};

use crate::ContractError;
use crate::msg::{ExecuteMsg, InstantiateMsg, PermitsResponse, QueryMsg, RulesResponse};
use crate::policy::Request;
use crate::state::{DIRECTIVES, ROLES};

/// Starts without rules and without roles.
///
/// # Errors
/// None.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    _deps: DepsMut<'_, NectarQuery>,
    _env: Env,
    _info: MessageInfo,
    _msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    Ok(Response::new())
}

/// Changes rules and roles.
///
/// # Errors
/// [`ContractError`]
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut<'_, NectarQuery>,
    env: Env,
    _info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    let caller = Caller::load(&deps.querier)?;
    match msg {
        ExecuteMsg::Record { patient, rule } => {
            speaks_for(&caller, &patient)?;
            let mut directives = DIRECTIVES.may_load(deps.storage, &patient)?.unwrap_or_default();
            let number = directives.record(rule, env.block.time.seconds())?;
            DIRECTIVES.save(deps.storage, &patient, &directives)?;
            Ok(Response::new().add_attribute("rule", number.to_string()))
        }
        ExecuteMsg::Withdraw { patient, rule } => {
            speaks_for(&caller, &patient)?;
            let mut directives = DIRECTIVES.may_load(deps.storage, &patient)?.unwrap_or_default();
            directives.withdraw(rule)?;
            DIRECTIVES.save(deps.storage, &patient, &directives)?;
            Ok(Response::new())
        }
        ExecuteMsg::Enrol { holder, role } => {
            caller.require_owner()?;
            ROLES.save(deps.storage, &holder, &role)?;
            Ok(Response::new())
        }
        ExecuteMsg::Dismiss { holder } => {
            caller.require_owner()?;
            ROLES.remove(deps.storage, &holder)?;
            Ok(Response::new())
        }
    }
}

/// Answers what is permitted, and shows the rules.
///
/// # Errors
/// [`ContractError`]
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps<'_, NectarQuery>, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let caller = Caller::load(&deps.querier)?;
    match msg {
        QueryMsg::Permits { patient, holder, purpose, fields } => {
            may_ask_about(&caller, &patient, &holder)?;
            let now = env.block.time.seconds();
            let answer = permits(deps, &patient, Request { holder, purpose, fields, now })?;
            Ok(to_json_binary(&answer)?)
        }
        QueryMsg::Rules { patient } => {
            speaks_for(&caller, &patient)?;
            let directives = DIRECTIVES.may_load(deps.storage, &patient)?.unwrap_or_default();
            Ok(to_json_binary(&RulesResponse { rules: directives.rules })?)
        }
    }
}

fn permits(
    deps: Deps<'_, NectarQuery>,
    patient: &PatientHandle,
    request: Request,
) -> Result<PermitsResponse, ContractError> {
    if request.fields.is_empty() {
        return Err(ContractError::NoFields);
    }
    let directives = DIRECTIVES.may_load(deps.storage, patient)?.unwrap_or_default();
    let role = if directives.ask_for_role() { ROLES.may_load(deps.storage, &request.holder)? } else { None };
    Ok(directives.decide(&request, role))
}

/// The patient, or the owner on their behalf (a form signed at the desk), within a grant that covers the patient.
fn speaks_for(caller: &Caller, patient: &PatientHandle) -> Result<(), AccessError> {
    caller.require_patient(patient)?;
    if caller.is_owner() { Ok(()) } else { caller.require_individual(patient) }
}

/// Holders ask about themselves, mostly through another contract; what others may see is no business of theirs.
fn may_ask_about(caller: &Caller, patient: &PatientHandle, holder: &PublicKey) -> Result<(), ContractError> {
    caller.require_patient(patient)?;
    if caller.holder() == holder || caller.is_owner() || caller.is_individual(patient) {
        Ok(())
    } else {
        Err(ContractError::AboutAnother)
    }
}

#[cfg(test)]
mod tests;
