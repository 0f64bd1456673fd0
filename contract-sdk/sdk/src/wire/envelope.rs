//! What the host answers to a query.

use cosmwasm_std::{ContractResult, QuerierResult, StdResult, SystemResult, from_json};

use super::base64;

/// Reads the answer of `query_chain`.
///
/// # Errors
/// Those of `cosmwasm_std::from_json`.
pub(crate) fn query_result(json: &[u8]) -> StdResult<QuerierResult> {
    canonical(json).map_or_else(|| from_json(json), Ok)
}

fn canonical(json: &[u8]) -> Option<QuerierResult> {
    let text = json.strip_prefix(br#"{"ok":{"ok":""#)?.strip_suffix(br#""}}"#)?;
    Some(SystemResult::Ok(ContractResult::Ok(base64::decode(text)?.into())))
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{SystemError, to_json_vec};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn answers_are_read_without_serde(bytes: Vec<u8>) {
            let answer = QuerierResult::Ok(ContractResult::Ok(bytes.into()));
            prop_assert_eq!(canonical(&to_json_vec(&answer).unwrap()), Some(answer));
        }

        #[test]
        fn altered_answers_are_read_as_cosmwasm_reads_them(bytes: Vec<u8>, at: usize, byte: u8) {
            let mut json = to_json_vec(&QuerierResult::Ok(ContractResult::Ok(bytes.into()))).unwrap();
            let place = at % json.len();
            json[place] = byte;
            prop_assert_eq!(query_result(&json).ok(), from_json(&json).ok());
        }
    }

    #[test]
    fn errors_are_read_too() {
        let failed: QuerierResult = SystemResult::Ok(ContractResult::Err("no".into()));
        let refused: QuerierResult = SystemResult::Err(SystemError::NoSuchContract { addr: "a".into() });
        for answer in [failed, refused] {
            assert_eq!(query_result(&to_json_vec(&answer).unwrap()).unwrap(), answer);
        }
        assert!(query_result(b"\x01").is_err());
    }
}
