//! What the host answers to a query.

use cosmwasm_std::{Binary, ContractResult, QuerierResult, StdResult, SystemResult, from_json};

use super::base64;

/// Reads the answer of `query_chain` to a query in JSON.
///
/// # Errors
/// Those of `cosmwasm_std::from_json`.
pub(crate) fn query_result(json: &[u8]) -> StdResult<QuerierResult> {
    let simple = between(json, br#"{"ok":{"ok":""#, br#""}}"#);
    simple.map_or_else(|| from_json(json), |bytes| Ok(SystemResult::Ok(ContractResult::Ok(bytes))))
}

/// Reads the answer of `query_chain` to a `compact::smart`: what another contract said.
///
/// # Errors
/// Those of `cosmwasm_std::from_json`.
pub(crate) fn smart_result(json: &[u8]) -> StdResult<QuerierResult> {
    let simple = between(json, br#"{"ok":""#, br#""}"#);
    let said = simple.map_or_else(|| from_json(json), |bytes| Ok(ContractResult::Ok(bytes)));
    said.map(SystemResult::Ok)
}

/// The bytes of the base64 between these.
fn between(json: &[u8], before: &[u8], behind: &[u8]) -> Option<Binary> {
    let text = json.strip_prefix(before)?.strip_suffix(behind)?;
    base64::decode(text).map(Binary::new)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{SystemError, to_json_vec};
    use nectar_abi::compact;
    use proptest::prelude::*;

    use super::*;

    /// As CosmWasm reads them.
    fn same(json: &[u8]) {
        assert_eq!(query_result(json).ok(), from_json(json).ok());
        assert_eq!(smart_result(json).ok(), from_json(json).ok().map(SystemResult::Ok));
    }

    proptest! {
        #[test]
        fn answers_are_read_without_serde(bytes: Vec<u8>) {
            let said = ContractResult::Ok(Binary::new(bytes));
            let answer = QuerierResult::Ok(said.clone());
            let (bare, wrapped) = (to_json_vec(&said).unwrap(), to_json_vec(&answer).unwrap());
            let simple = [
                between(&bare, br#"{"ok":""#, br#""}"#),
                between(&wrapped, br#"{"ok":{"ok":""#, br#""}}"#),
            ];
            prop_assert!(simple.iter().all(Option::is_some));
            prop_assert_eq!(smart_result(&bare).unwrap(), answer.clone());
            prop_assert_eq!(query_result(&wrapped).unwrap(), answer);
        }

        #[test]
        fn altered_answers_are_read_as_cosmwasm_reads_them(bytes: Vec<u8>, at: usize, byte: u8) {
            let said = ContractResult::Ok(Binary::new(bytes));
            let wrapped = to_json_vec(&QuerierResult::Ok(said.clone())).unwrap();
            for mut json in [to_json_vec(&said).unwrap(), wrapped] {
                let place = at % json.len();
                json[place] = byte;
                same(&json);
            }
        }
    }

    #[test]
    fn errors_are_read_too() {
        let failed: QuerierResult = SystemResult::Ok(ContractResult::Err("no".into()));
        let refused: QuerierResult = SystemResult::Err(SystemError::NoSuchContract { addr: "a".into() });
        for answer in [failed.clone(), refused] {
            assert_eq!(query_result(&to_json_vec(&answer).unwrap()).unwrap(), answer);
        }
        assert_eq!(smart_result(br#"{"error":"no"}"#).unwrap(), failed);
        for own in [compact::FAILED, compact::UNKNOWN] {
            assert!(matches!(smart_result(own), Ok(SystemResult::Ok(ContractResult::Err(_)))));
        }
        for garbage in [b"\x01".as_slice(), b"", br#"{"ok":5}"#, br#"{"ok":"A"}"#, br#"{"ok":""#] {
            assert!(smart_result(garbage).is_err() && query_result(garbage).is_err());
        }
    }
}
