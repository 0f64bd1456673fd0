use cosmwasm_std::{
    Binary, ContractResult, QuerierResult, QueryRequest, SystemError, SystemResult, WasmQuery, from_json,
    to_json_vec,
};
use nectar_abi::limits::MAX_MESSAGE_BYTES;
use nectar_abi::{ContractId, NectarQuery, compact};

use crate::answer as responses;
use crate::error::{HostError, Stop};
use crate::failure::{ContractFailure, MAX_DEPTH};
use crate::frame::{Entry, Guest};
use crate::program_run::{ProgramCall, run_program};

/// Asks for the caller's grant, or another contract.
pub(super) fn query_chain(guest: &mut Guest<'_>, request: u32) -> Result<u32, Stop> {
    let request = guest.take(request, "query", MAX_MESSAGE_BYTES)?;
    guest.run()?.count_bytes(request.len(), 0)?;
    let before = guest.gas()?;
    let result = answer(guest, &request)?;
    let used = before.saturating_sub(guest.gas()?);
    guest.run()?.count_bytes(0, result.len())?;
    guest.run()?.current()?.answered(&result, used);
    guest.give(&result)
}

/// What the contract gets to read: JSON, but where it asked for something else and there is something to say.
fn answer(guest: &mut Guest<'_>, request: &[u8]) -> Result<Vec<u8>, Stop> {
    if request == compact::CALLER
        && let Some(caller) = &guest.run()?.caller
    {
        return Ok(caller.to_compact());
    }
    let result = if request == compact::CALLER {
        caller(guest)?
    } else if let Some((contract, message)) = compact::read_smart(request) {
        smart(guest, contract.to_string(), message.into())?
    } else {
        asked(guest, request)?
    };
    Ok(to_json_vec(&result).map_err(|_| HostError::Invariant("a query's answer is JSON"))?)
}

/// A query as CosmWasm has them.
fn asked(guest: &mut Guest<'_>, request: &[u8]) -> Result<QuerierResult, Stop> {
    Ok(match from_json::<QueryRequest<NectarQuery>>(request) {
        Ok(QueryRequest::Custom(NectarQuery::Caller {})) => caller(guest)?,
        Ok(QueryRequest::Wasm(WasmQuery::Smart { contract_addr, msg })) => smart(guest, contract_addr, msg)?,
        // Whatever else CosmWasm knows.
        Ok(_) => unsupported("this query"),
        Err(_) => SystemResult::Err(SystemError::InvalidRequest {
            error: "not a query of this chain".to_owned(),
            request: Binary::default(),
        }),
    })
}

fn unsupported(kind: &str) -> QuerierResult {
    SystemResult::Err(SystemError::UnsupportedRequest { kind: kind.to_owned() })
}

/// The verified grant of this invocation; none while the owner instantiates.
fn caller(guest: &mut Guest<'_>) -> Result<QuerierResult, Stop> {
    let Some(caller) = &guest.run()?.caller else { return Ok(unsupported("caller: no grant is in use")) };
    let json = to_json_vec(caller).map_err(|_| HostError::Invariant("a grant is JSON"))?;
    Ok(SystemResult::Ok(ContractResult::Ok(json.into())))
}

/// Runs a query of another contract as a frame of its own: same caller, same purpose, the gas that is left, no writes.
fn smart(guest: &mut Guest<'_>, address: String, message: Binary) -> Result<QuerierResult, Stop> {
    let contract = address.parse::<ContractId>().ok();
    let callee = match contract {
        Some(contract) => guest.run()?.callee(&contract)?.map(|code| (contract, code)),
        None => None,
    };
    // Unknown, unnamed and foreign contracts look the same.
    let Some((contract, code)) = callee else {
        return Ok(SystemResult::Err(SystemError::NoSuchContract { addr: address }));
    };
    if guest.run()?.depth >= MAX_DEPTH {
        return Err(ContractFailure::TooDeep.into());
    }
    guest.run()?.count_operation()?;
    let module = guest.run()?.module(&code)?;
    let inputs = vec![guest.run()?.env(&contract)?, message.to_vec()];
    let (gas, limit) = (guest.gas()?, guest.frame().limit);
    let lost = HostError::Invariant("a frame has its run while it runs");
    let mut run = guest.frame().run.take().ok_or(lost)?;
    run.enter(&contract)?;
    let call = ProgramCall { code, module: &module, entry: Entry::Query, inputs, gas, limit };
    let mut ran = run_program(run, call)?;
    let answer = match ran.answer {
        Ok(bytes) => responses::read(Entry::Query, &bytes)?,
        Err(failure) => Err(failure),
    };
    ran.run.log_run(false)?;
    let said = ran.run.current()?.said();
    ran.run.leave();
    let counted = ran.run.count_bytes(0, said);
    guest.frame().run = Some(ran.run);
    guest.set_gas(ran.gas)?;
    counted?;
    Ok(SystemResult::Ok(answer.unwrap_or_else(|failure| ContractResult::Err(failure.to_string()))))
}
