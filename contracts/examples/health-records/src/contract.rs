//! Entry points.

use std::collections::BTreeMap;

use consent::msg::{PermitsResponse, QueryMsg as ConsentQuery};
use cosmwasm_std::{Binary, Deps, DepsMut, Env, MessageInfo, Response, Storage, to_json_binary};
use nectar_sdk::{AccessError, Caller, FieldMask, NectarQuery, PatientHandle, ask, entry_point};

use crate::fields::{EVERY, field_of};
use crate::msg::{Entry, ExecuteMsg, InstantiateMsg, ListResponse, QueryMsg, SummaryResponse};
use crate::resource::{check_id, check_type};
use crate::state::{CONSENT, RESOURCES};
use crate::{ContractError, DEFAULT_PAGE, MAX_BATCH_BYTES, MAX_ENTRIES, MAX_PAGE, MAX_SUMMARY};

/// Remembers the consent contract.
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
    CONSENT.save(deps.storage, &msg.consent)?;
    Ok(Response::new())
}

/// Stores resources.
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
    let caller = Caller::load(&deps.querier)?;
    let (patient, entries) = match msg {
        ExecuteMsg::Put { patient, resource_type, id, resource } => {
            (patient, vec![Entry { resource_type, id, resource }])
        }
        ExecuteMsg::PutMany { patient, entries } => (patient, entries),
    };
    caller.require_patient(&patient)?;
    check_batch(&entries)?;
    let stored = entries.len();
    for entry in entries {
        put(deps.storage, &caller, patient, entry)?;
    }
    Ok(Response::new().add_attribute("stored", stored.to_string()))
}

fn check_batch(entries: &[Entry]) -> Result<(), ContractError> {
    if !(1..=MAX_ENTRIES).contains(&entries.len()) {
        return Err(ContractError::Entries { got: entries.len(), max: MAX_ENTRIES });
    }
    let got = entries.iter().fold(0usize, |sum, entry| sum.saturating_add(entry.resource.text().len()));
    if got > MAX_BATCH_BYTES {
        return Err(ContractError::BatchTooLarge { got, max: MAX_BATCH_BYTES });
    }
    Ok(())
}

fn put(
    storage: &mut dyn Storage,
    caller: &Caller,
    patient: PatientHandle,
    entry: Entry,
) -> Result<(), ContractError> {
    let Entry { resource_type, id, resource } = entry;
    caller.require_fields(field_of(&resource_type))?;
    resource.check(&resource_type, &id)?;
    Ok(RESOURCES.save(storage, &(patient, &resource_type, &id), &resource.into_bytes())?)
}

/// Returns resources, ids and counts.
///
/// # Errors
/// [`ContractError`]
#[entry_point]
pub fn query(deps: Deps<'_, NectarQuery>, _env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let caller = Caller::load(&deps.querier)?;
    match msg {
        QueryMsg::Get { patient, resource_type, id } => {
            may_read_type(deps, &caller, &patient, &resource_type)?;
            check_id(&id)?;
            let resource = RESOURCES.may_load(deps.storage, &(patient, &resource_type, &id))?;
            resource.map(Binary::new).ok_or(ContractError::NotFound)
        }
        QueryMsg::List { patient, resource_type, after, limit } => {
            may_read_type(deps, &caller, &patient, &resource_type)?;
            let page = list(deps.storage, patient, &resource_type, after.as_deref(), limit)?;
            Ok(to_json_binary(&page)?)
        }
        QueryMsg::Summary { patient } => {
            caller.require_patient(&patient)?;
            let granted = caller.fields().intersection(EVERY);
            if granted.is_empty() {
                return Err(AccessError::Fields { missing: EVERY }.into());
            }
            let (open, rule) = consented(deps, &caller, &patient, granted)?;
            if open.is_empty() {
                return Err(ContractError::ConsentDenied { rule });
            }
            Ok(to_json_binary(&summary(deps.storage, patient, open)?)?)
        }
    }
}

/// Insists that grant and consent open the type.
fn may_read_type(
    deps: Deps<'_, NectarQuery>,
    caller: &Caller,
    patient: &PatientHandle,
    resource_type: &str,
) -> Result<(), ContractError> {
    check_type(resource_type)?;
    let field = field_of(resource_type);
    caller.require_patient(patient)?;
    caller.require_fields(field)?;
    match consented(deps, caller, patient, field)? {
        (open, _) if open.contains(field) => Ok(()),
        (_, rule) => Err(ContractError::ConsentDenied { rule }),
    }
}

/// Those of the fields that the patient's consent opens to the caller, and the rule that decided.
fn consented(
    deps: Deps<'_, NectarQuery>,
    caller: &Caller,
    patient: &PatientHandle,
    fields: FieldMask,
) -> Result<(FieldMask, Option<u32>), ContractError> {
    if caller.is_individual(patient) {
        return Ok((fields, None));
    }
    let consent = CONSENT.load(deps.storage)?;
    let question = ConsentQuery::Permits {
        patient: *patient,
        holder: *caller.holder(),
        purpose: caller.purpose(),
        fields,
    };
    let answer: PermitsResponse =
        ask(&deps.querier, &consent, &question).map_err(|_| ContractError::NoConsent)?;
    Ok((answer.fields.intersection(fields), answer.rule))
}

fn list(
    storage: &dyn Storage,
    patient: PatientHandle,
    resource_type: &str,
    after: Option<&str>,
    limit: Option<u32>,
) -> Result<ListResponse, ContractError> {
    after.map_or(Ok(()), check_id)?;
    let limit = limit.map_or(DEFAULT_PAGE, |limit| usize::try_from(limit).unwrap_or(MAX_PAGE).min(MAX_PAGE));
    let scope = RESOURCES.under(&(patient, resource_type))?;
    let ids = scope.keys(storage, after.as_ref(), limit)?.collect::<Result<Vec<_>, _>>()?;
    let next = if ids.len() == limit { ids.last().cloned() } else { None };
    Ok(ListResponse { ids, next })
}

fn summary(
    storage: &dyn Storage,
    patient: PatientHandle,
    open: FieldMask,
) -> Result<SummaryResponse, ContractError> {
    let mut counts = BTreeMap::<String, u32>::new();
    let mut seen = 0usize;
    for key in RESOURCES.under(&patient)?.keys(storage, None, MAX_SUMMARY)? {
        let (resource_type, _id) = key?;
        seen = seen.saturating_add(1);
        if open.contains(field_of(&resource_type)) {
            let count = counts.entry(resource_type).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok(SummaryResponse { counts, complete: seen < MAX_SUMMARY })
}

#[cfg(test)]
mod tests;
