//! What entry points get and give, as CosmWasm's JSON.

use cosmwasm_std::{
    Addr, Binary, BlockInfo, ContractInfo, ContractResult, Env, MessageInfo, QuerierResult, Response,
    SystemError, SystemResult, Timestamp, from_json, to_json_vec,
};
use nectar_abi::{ContractId, NetworkId, PublicKey};
use nectar_commitment::RunOutcome;

use crate::error::HostError;
use crate::failure::ContractFailure;
use crate::frame::Entry;

/// Bytes of an `Env` before the contract's address: two permutations of `nectar_commitment::hash_words`, and 20 digits of a height, 20
/// of a time and 10 of a network just fit.
pub const ENV_HEAD_BYTES: usize = 144;
/// What stands there last.
const BEFORE_ADDRESS: &str = r#""contract":{"address":""#;
/// Digits of the address, and the end.
const ENV_TAIL_BYTES: usize = 2 * ContractId::LEN + r#""}}"#.len();

/// What a contract that asks who calls is told while its owner instantiates, without a grant.
pub(crate) fn no_grant() -> QuerierResult {
    SystemResult::Err(SystemError::UnsupportedRequest { kind: "caller: no grant is in use".to_owned() })
}

/// `Env`: the block's height is the position of the receipt that this invocation will have, its time is the DSP's.
///
/// CosmWasm's JSON with spaces before `"contract"`, so that all but the address has [`ENV_HEAD_BYTES`]: a proof sees from one hash of them
/// that a run and the run that it asks are in the same block, and from the permutation behind it which contract runs.
///
/// # Errors
/// [`HostError::Env`] if the network's number is too long.
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
    let mut json = to_json_vec(&env).map_err(|_| HostError::Invariant("an Env is JSON"))?;
    let got = json.len().saturating_sub(ENV_TAIL_BYTES);
    let spaces = ENV_HEAD_BYTES.checked_sub(got).ok_or(HostError::Env { got, limit: ENV_HEAD_BYTES })?;
    let before = got.checked_sub(BEFORE_ADDRESS.len());
    let at = before.filter(|at| json.get(*at..got).is_some_and(|text| text == BEFORE_ADDRESS.as_bytes()));
    let at = at.ok_or(HostError::Invariant("an Env ends with its contract's address"))?;
    json.splice(at..at, std::iter::repeat_n(b' ', spaces));
    Ok(json)
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

    const ID: ContractId = ContractId::new([1; 32]);

    #[test]
    fn an_env_is_what_cosmwasm_expects_with_its_address_at_a_fixed_place() {
        let json = env(NetworkId::CONTRACTS, 7, 1_790_000_000, &ID).unwrap();
        let expected = format!(
            r#"{{"block":{{"height":7,"time":"1790000000000000000","chain_id":"nectar-1"}},"transaction":null,{}"contract":{{"address":"{}"}}}}"#,
            " ".repeat(29),
            "01".repeat(32)
        );
        assert_eq!(String::from_utf8(json).unwrap(), expected);
    }

    #[test]
    fn every_env_has_its_address_behind_two_permutations() {
        let networks = [0, 1, u64::from(u32::MAX)].map(NetworkId);
        for (network, height, time) in
            networks.into_iter().flat_map(|n| [(n, 0, 0), (n, 1, 1_790_000_000), (n, u64::MAX, u64::MAX)])
        {
            let json = env(network, height, time, &ID).unwrap();
            let (head, tail) = json.split_at(ENV_HEAD_BYTES);
            assert!(head.ends_with(BEFORE_ADDRESS.as_bytes()));
            assert_eq!(tail, format!(r#"{}"}}}}"#, "01".repeat(32)).as_bytes());
            let read: Env = from_json(&json).unwrap();
            assert_eq!((read.block.height, read.transaction), (height, None));
            assert_eq!(
                read.block.time.nanos(),
                time.saturating_mul(1_000_000_000),
                "capped in the year 2554"
            );
            assert_eq!(read.block.chain_id, format!("nectar-{}", network.0));
            assert_eq!(read.contract.address.as_str(), ID.to_string());
        }
        let full = env(NetworkId(u32::MAX.into()), u64::MAX, u64::MAX, &ID).unwrap();
        assert!(!full.contains(&b' '), "nothing is left");
    }

    #[test]
    fn a_network_with_too_long_a_number_is_an_error() {
        let long = env(NetworkId(10_000_000_000), u64::MAX, u64::MAX, &ID);
        assert!(matches!(long, Err(HostError::Env { got: 145, limit: ENV_HEAD_BYTES })));
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
