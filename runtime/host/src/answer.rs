//! What entry points get and give, as CosmWasm's JSON.

use cosmwasm_std::{
    Addr, Binary, BlockInfo, ContractInfo, ContractResult, Env, MessageInfo, Response, Timestamp, from_json,
    to_json_vec,
};
use nectar_abi::{ContractId, NetworkId, PublicKey};
use nectar_commitment::RunOutcome;

use crate::error::HostError;
use crate::failure::ContractFailure;
use crate::frame::Entry;

/// `Env`: the block's height is the position of the receipt that this invocation will have, its time is the DSP's.
pub(crate) fn env(
    network: NetworkId,
    height: u64,
    time: u64,
    contract: &ContractId,
) -> Result<Vec<u8>, HostError> {
    let env = Env {
        block: BlockInfo {
            height,
            // Timestamp counts nanoseconds: capped in the year 2554 instead of overflowing.
            time: Timestamp::from_nanos(time.saturating_mul(1_000_000_000)),
            chain_id: format!("nectar-{}", network.0),
        },
        transaction: None,
        contract: ContractInfo { address: Addr::unchecked(contract.to_string()) },
    };
    to_json_vec(&env).map_err(|_| HostError::Invariant("an Env is JSON"))
}

/// `MessageInfo`: the sender is the holder's key, or the owner's while they instantiate. There are no funds.
pub(crate) fn info(sender: &PublicKey) -> Result<Vec<u8>, HostError> {
    let info = MessageInfo { sender: Addr::unchecked(sender.to_string()), funds: Vec::new() };
    to_json_vec(&info).map_err(|_| HostError::Invariant("a MessageInfo is JSON"))
}

/// What an entry point has answered. What begins as a success and is none cannot be a failure either: the log would say that the
/// run went well.
///
/// # Errors
/// [`HostError::Answer`]
pub(crate) fn read(
    entry: Entry,
    bytes: &[u8],
) -> Result<Result<ContractResult<Binary>, ContractFailure>, HostError> {
    let parsed = if entry == Entry::Query { query(bytes) } else { response(bytes) };
    match (bytes.starts_with(RunOutcome::OK), parsed) {
        (true, Ok(ContractResult::Err(_))) => Err(HostError::Answer(entry.name(), ContractFailure::Response)),
        (true, Err(failure)) => Err(HostError::Answer(entry.name(), failure)),
        (false, Ok(ContractResult::Ok(_))) => Ok(Err(ContractFailure::Response)),
        (_, parsed) => Ok(parsed),
    }
}

/// The answer of `query`.
fn query(bytes: &[u8]) -> Result<ContractResult<Binary>, ContractFailure> {
    from_json(bytes).map_err(|_| ContractFailure::Response)
}

/// The answer of `instantiate` or `execute`: the `Response` as JSON, without messages.
fn response(bytes: &[u8]) -> Result<ContractResult<Binary>, ContractFailure> {
    let result: ContractResult<Response> = from_json(bytes).map_err(|_| ContractFailure::Response)?;
    match result {
        ContractResult::Ok(response) if !response.messages.is_empty() => {
            Err(ContractFailure::Messages(response.messages.len()))
        }
        ContractResult::Ok(response) => to_json_vec(&response)
            .map(|json| ContractResult::Ok(json.into()))
            .map_err(|_| ContractFailure::Response),
        ContractResult::Err(text) => Ok(ContractResult::Err(text)),
    }
}

/// The bytes of a result that a receipt's response digest is over.
pub(crate) fn result_bytes(result: &ContractResult<Binary>) -> Result<Vec<u8>, HostError> {
    to_json_vec(result).map_err(|_| HostError::Invariant("a result is JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_is_what_cosmwasm_expects() {
        let json = env(NetworkId::CONTRACTS, 7, 1_790_000_000, &ContractId::new([1; 32])).unwrap();
        let expected = format!(
            r#"{{"block":{{"height":7,"time":"1790000000000000000","chain_id":"nectar-1"}},"transaction":null,"contract":{{"address":"{}"}}}}"#,
            "01".repeat(32)
        );
        assert_eq!(String::from_utf8(json).unwrap(), expected);
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        assert!(env(NetworkId::CONTRACTS, u64::MAX, u64::MAX, &ContractId::new([1; 32])).is_ok());
    }

    #[test]
    fn messages_are_refused_and_errors_kept() {
        let message = br#"{"ok":{"messages":[{"id":0,"msg":{"wasm":{"execute":{"contract_addr":"a","msg":"e30=","funds":[]}}},"gas_limit":null,"reply_on":"never"}],"attributes":[],"events":[],"data":null}}"#;
        assert_eq!(response(message), Err(ContractFailure::Messages(1)));
        assert_eq!(response(br#"{"error":"no"}"#), Ok(ContractResult::Err("no".into())));
        assert_eq!(response(b"[]"), Err(ContractFailure::Response));
        assert_eq!(query(br#"{"ok":5}"#), Err(ContractFailure::Response));
    }

    #[test]
    fn an_answer_that_only_begins_as_a_success_is_refused() {
        let refused = |entry, bytes| matches!(read(entry, bytes), Err(HostError::Answer(..)));
        assert!(refused(Entry::Query, br#"{"ok":5}"#));
        assert!(refused(Entry::Query, br#"{"ok":"e30=""#));
        assert!(refused(Entry::Execute, br#"{"ok":"e30="}"#));
        assert!(read(Entry::Query, br#"{"ok":"e30="}"#).unwrap().unwrap().is_ok());
        assert!(read(Entry::Query, br#"{"error":"no"}"#).unwrap().unwrap().is_err());
        for failed in [br#" {"ok":"e30="}"#.as_slice(), b"", b"{\"ok\" :\"e30=\"}"] {
            assert_eq!(read(Entry::Query, failed).unwrap(), Err(ContractFailure::Response));
        }
    }
}
