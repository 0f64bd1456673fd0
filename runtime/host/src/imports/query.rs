use cosmwasm_std::{
    Binary, ContractResult, QuerierResult, QueryRequest, SystemError, SystemResult, WasmQuery, from_json,
    to_json_vec,
};
use nectar_abi::limits::MAX_MESSAGE_BYTES;
use nectar_abi::{ContractId, NectarQuery, compact};
use nectar_trace::AnsweredBy;

use crate::answer as responses;
use crate::error::{HostError, Stop};
use crate::failure::{ContractFailure, MAX_DEPTH};
use crate::frame::{Entry, Guest};
use crate::program_run::{ProgramCall, run_program};
use crate::run::Run;

/// What the contract gets to read, and who says so.
struct Answer {
    bytes: Vec<u8>,
    by: Source,
}

/// Who answered, before there is a salt.
enum Source {
    /// A run, to a compact query.
    Run,
    /// A run, in the host's words.
    RunInJson,
    /// The host, to a request without a contract, or in JSON.
    Host,
    /// The host, to a compact query of a contract that may not be asked.
    Unknown(ContractId),
}

/// Asks for the caller's grant, or another contract.
pub(super) fn query_chain(guest: &mut Guest<'_>, request: u32) -> Result<u32, Stop> {
    let request = guest.take(request, "query", MAX_MESSAGE_BYTES)?;
    guest.run()?.count_operation()?;
    guest.run()?.count_bytes(request.len(), 0)?;
    let before = guest.gas()?;
    let Answer { bytes, by } = answer(guest, &request)?;
    let used = before.saturating_sub(guest.gas()?);
    if used != 0 && matches!(by, Source::Host | Source::Unknown(_)) {
        return Err(HostError::Invariant("what the host answers on its own costs no gas").into());
    }
    guest.run()?.count_bytes(0, bytes.len())?;
    record(guest.run()?, &request, &bytes, used, &by)?;
    guest.give(&bytes)
}

/// Puts an answer where the prover finds it, and what is not a run's own into what this invocation was told.
fn record(run: &mut Run, request: &[u8], answer: &[u8], gas: u64, by: &Source) -> Result<(), Stop> {
    let by = match by {
        Source::Run => AnsweredBy::Run,
        Source::RunInJson => AnsweredBy::RunInJson(run.told(request, answer, None)?),
        Source::Host => AnsweredBy::Host(run.told(request, answer, None)?),
        Source::Unknown(contract) => {
            // A proof of a compact query has the contract apart from the message.
            let message = compact::read_smart(request).map_or(request, |(_, message)| message);
            AnsweredBy::Host(run.told(message, answer, Some(contract))?)
        }
    };
    run.current()?.answered(answer, gas, by);
    Ok(())
}

/// JSON, but where the contract asked for something else.
fn answer(guest: &mut Guest<'_>, request: &[u8]) -> Result<Answer, Stop> {
    if request == compact::CALLER
        && let Some(caller) = &guest.run()?.caller
    {
        return Ok(Answer { bytes: caller.to_compact(), by: Source::Host });
    }
    if let Some((contract, message)) = compact::read_smart(request) {
        return smart_in_bytes(guest, contract, message);
    }
    let (result, by) =
        if request == compact::CALLER { (caller(guest)?, Source::Host) } else { asked(guest, request)? };
    let bytes = to_json_vec(&result).map_err(|_| HostError::Invariant("a query's answer is JSON"))?;
    Ok(Answer { bytes, by })
}

/// A query as CosmWasm has them.
fn asked(guest: &mut Guest<'_>, request: &[u8]) -> Result<(QuerierResult, Source), Stop> {
    let result = match from_json::<QueryRequest<NectarQuery>>(request) {
        Ok(QueryRequest::Custom(NectarQuery::Caller {})) => caller(guest)?,
        Ok(QueryRequest::Wasm(WasmQuery::Smart { contract_addr, msg })) => {
            return smart_in_json(guest, contract_addr, &msg);
        }
        // Whatever else CosmWasm knows.
        Ok(_) => unsupported("this query"),
        Err(_) => SystemResult::Err(SystemError::InvalidRequest {
            error: "not a query of this chain".to_owned(),
            request: Binary::default(),
        }),
    };
    Ok((result, Source::Host))
}

fn unsupported(kind: &str) -> QuerierResult {
    SystemResult::Err(SystemError::UnsupportedRequest { kind: kind.to_owned() })
}

/// The verified grant of this invocation; none while the owner instantiates.
fn caller(guest: &mut Guest<'_>) -> Result<QuerierResult, Stop> {
    let Some(caller) = &guest.run()?.caller else { return Ok(responses::no_grant()) };
    let json = to_json_vec(caller).map_err(|_| HostError::Invariant("a grant is JSON"))?;
    Ok(SystemResult::Ok(ContractResult::Ok(json.into())))
}

/// What a contract's run came to, for the one that asked.
struct Asked {
    /// What it said, if it came to its end.
    said: Option<Vec<u8>>,
    /// The same, or how it failed.
    answer: Result<Vec<u8>, ContractFailure>,
}

/// What the contract said, byte by byte: a proof compares the two.
fn smart_in_bytes(guest: &mut Guest<'_>, contract: ContractId, message: &[u8]) -> Result<Answer, Stop> {
    Ok(match smart(guest, &contract, message)? {
        Some(Asked { said: Some(bytes), .. }) => Answer { bytes, by: Source::Run },
        Some(Asked { said: None, .. }) => Answer { bytes: compact::FAILED.to_vec(), by: Source::Run },
        None => Answer { bytes: compact::UNKNOWN.to_vec(), by: Source::Unknown(contract) },
    })
}

/// The same in CosmWasm's words.
fn smart_in_json(
    guest: &mut Guest<'_>,
    address: String,
    message: &[u8],
) -> Result<(QuerierResult, Source), Stop> {
    let asked = match address.parse::<ContractId>() {
        Ok(contract) => smart(guest, &contract, message)?,
        Err(_) => None,
    };
    Ok(match asked {
        Some(Asked { answer, .. }) => {
            // What begins as a success and is none is no answer in JSON. The asked run has nothing to undo.
            let read = |bytes: Vec<u8>| {
                responses::read(Entry::Query, &bytes).unwrap_or(Err(ContractFailure::Response))
            };
            let result = answer.and_then(read);
            let result = result.unwrap_or_else(|failure| ContractResult::Err(failure.to_string()));
            (SystemResult::Ok(result), Source::RunInJson)
        }
        None => (SystemResult::Err(SystemError::NoSuchContract { addr: address }), Source::Host),
    })
}

/// Runs a query of another contract as a frame of its own: same caller, same purpose, the gas that is left, no writes. `None` if it may
/// not be asked: unknown, unnamed and foreign contracts look the same.
fn smart(guest: &mut Guest<'_>, contract: &ContractId, message: &[u8]) -> Result<Option<Asked>, Stop> {
    let Some(code) = guest.run()?.callee(contract)? else { return Ok(None) };
    if guest.run()?.depth >= MAX_DEPTH {
        return Err(ContractFailure::TooDeep.into());
    }
    let module = guest.run()?.module(&code)?;
    let inputs = vec![guest.run()?.env(contract)?, message.to_vec()];
    let (gas, limit) = (guest.gas()?, guest.frame().limit);
    let lost = HostError::Invariant("a frame has its run while it runs");
    let mut run = guest.frame().run.take().ok_or(lost)?;
    run.enter(contract)?;
    let call = ProgramCall { code, module: &module, entry: Entry::Query, inputs, gas, limit };
    let mut ran = run_program(run, call)?;
    ran.run.log_run(false)?;
    let made = ran.run.current()?;
    // An abort's words count, too, but are no answer.
    let (length, said) = (made.said(), made.returned().map(<[u8]>::to_vec));
    ran.run.leave();
    let counted = ran.run.count_bytes(0, length);
    guest.frame().run = Some(ran.run);
    guest.set_gas(ran.gas)?;
    counted?;
    Ok(Some(Asked { said, answer: ran.answer }))
}
