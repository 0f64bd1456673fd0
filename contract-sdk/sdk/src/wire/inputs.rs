//! `Env` and `MessageInfo`.

use cosmwasm_std::{Addr, BlockInfo, ContractInfo, Env, MessageInfo, StdResult, Timestamp, from_json};

use super::text::{Text, spaces};

/// Digits of an address: 32 bytes.
const ADDRESS: usize = 64;
const BEFORE_ADDRESS: &[u8] = br#""contract":{"address":""#;
const BEHIND_ADDRESS: &[u8] = br#""}}"#;
/// What an `Env` ends with.
const CONTRACT: usize = BEFORE_ADDRESS.len() + ADDRESS + BEHIND_ADDRESS.len();

/// Reads an `Env`.
///
/// # Errors
/// Those of `cosmwasm_std::from_json`.
pub(crate) fn env(json: &[u8]) -> StdResult<Env> {
    canonical_env(json).map_or_else(|| from_json(json), Ok)
}

/// Reads a `MessageInfo`.
///
/// # Errors
/// Those of `cosmwasm_std::from_json`.
pub(crate) fn info(json: &[u8]) -> StdResult<MessageInfo> {
    canonical_info(json).map_or_else(|| from_json(json), Ok)
}

fn canonical_env(json: &[u8]) -> Option<Env> {
    let mut text = Text(json);
    text.literal(br#"{"block":{"height":"#)?;
    let height = text.number()?;
    text.literal(br#","time":""#)?;
    let time = Timestamp::from_nanos(text.number()?);
    text.literal(br#"","chain_id":""#)?;
    let chain_id = text.until_quote()?.to_owned();
    text.literal(br#"},"transaction":null,"#)?;
    // The host puts spaces here, so that the address stands at a fixed place.
    let (between, contract) = text.0.split_last_chunk::<CONTRACT>()?;
    let mut text = Text(contract);
    text.literal(BEFORE_ADDRESS)?;
    let address = Addr::unchecked(text.plain::<ADDRESS>()?);
    let block = BlockInfo { height, time, chain_id };
    let env = Env { block, transaction: None, contract: ContractInfo { address } };
    (text.0 == BEHIND_ADDRESS && spaces(between)).then_some(env)
}

fn canonical_info(json: &[u8]) -> Option<MessageInfo> {
    let mut text = Text(json);
    text.literal(br#"{"sender":""#)?;
    let sender = Addr::unchecked(text.plain::<ADDRESS>()?);
    (text.0 == br#"","funds":[]}"#).then_some(MessageInfo { sender, funds: Vec::new() })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::to_json_vec;
    use proptest::prelude::*;

    use super::*;

    fn an_env(height: u64, time: u64, chain_id: &str, address: &str) -> Env {
        Env {
            block: BlockInfo { height, time: Timestamp::from_nanos(time), chain_id: chain_id.into() },
            transaction: None,
            contract: ContractInfo { address: Addr::unchecked(address) },
        }
    }

    fn an_info(sender: &str) -> MessageInfo {
        MessageInfo { sender: Addr::unchecked(sender), funds: Vec::new() }
    }

    /// The same with so many spaces where the host has some.
    fn spaced(json: Vec<u8>, spaces: usize) -> Vec<u8> {
        let json = String::from_utf8(json).unwrap();
        let to = format!(r#"null,{:spaces$}"contract":{{"address":""#, "");
        json.replacen(r#"null,"contract":{"address":""#, &to, 1).into_bytes()
    }

    /// What it is by CosmWasm's own reader, or that it is nothing.
    fn same_as_cosmwasm(json: &[u8]) {
        assert_eq!(env(json).ok(), from_json(json).ok());
        assert_eq!(info(json).ok(), from_json(json).ok());
    }

    #[test]
    fn what_the_host_writes_is_read_without_serde() {
        let address = "0a".repeat(32);
        let written = an_env(7, 1_790_000_000_000_000_000, "nectar-1", &address);
        for spaces in 0..60 {
            let json = spaced(to_json_vec(&written).unwrap(), spaces);
            assert_eq!(canonical_env(&json), Some(written.clone()));
            assert_eq!(from_json::<Env>(&json).unwrap(), written);
        }
        let written = an_info(&address);
        assert_eq!(canonical_info(&to_json_vec(&written).unwrap()), Some(written));
    }

    #[test]
    fn another_spelling_is_read_all_the_same() {
        let json = br#"{ "transaction": {"index":3}, "contract":{"address":"a"},"block":{"time":"05","height":0,"chain_id":"\u0061"}}"#;
        assert!(canonical_env(json).is_none() && env(json).is_ok());
        let json = br#"{"funds":[{"denom":"a","amount":"1"}],"sender":"b"}"#;
        assert!(canonical_info(json).is_none() && info(json).is_ok());
    }

    /// Other white space is white space, too, and nothing else is.
    #[test]
    fn only_spaces_are_skipped_without_serde() {
        let written = an_env(7, 1, "nectar-1", &"0a".repeat(32));
        for spaces in 1..40 {
            let json = spaced(to_json_vec(&written).unwrap(), spaces);
            let first = json.iter().position(|byte| *byte == b' ').unwrap();
            for place in first..first + spaces {
                for byte in *b"\t\n\0!\xa0,0\"" {
                    let mut json = json.clone();
                    json[place] = byte;
                    assert_eq!(canonical_env(&json), None);
                    same_as_cosmwasm(&json);
                }
            }
        }
    }

    #[test]
    fn errors_are_cosmwasms() {
        let text = |error: cosmwasm_std::StdError| error.to_string();
        for json in [b"".as_slice(), b"{}", br#"{"sender":"a","funds":[]"#] {
            assert_eq!(env(json).map_err(text), from_json::<Env>(json).map_err(text));
            assert_eq!(info(json).map_err(text), from_json::<MessageInfo>(json).map_err(text));
        }
    }

    proptest! {
        #[test]
        fn every_env_is_what_it_was(
            height: u64, time: u64, chain_id in ".{0,20}", address in "([0-9a-f]{64}|.{0,70})", spaces in 0usize..60
        ) {
            let written = an_env(height, time, &chain_id, &address);
            let json = to_json_vec(&written).unwrap();
            prop_assert_eq!(&env(&json).unwrap(), &written);
            prop_assert_eq!(env(&spaced(json, spaces)).unwrap(), written);
            let written = an_info(&address);
            prop_assert_eq!(info(&to_json_vec(&written).unwrap()).unwrap(), written);
        }

        #[test]
        fn altered_bytes_are_read_as_cosmwasm_reads_them(
            height: u64, time: u64, at: usize, byte: u8, cut: usize, spaces in 0usize..60
        ) {
            let address = "0f".repeat(32);
            let (env, info) = (an_env(height, time, "nectar-1", &address), an_info(&address));
            for mut json in [spaced(to_json_vec(&env).unwrap(), spaces), to_json_vec(&info).unwrap()] {
                same_as_cosmwasm(&json[..cut % json.len()]);
                let place = at % json.len();
                json[place] = byte;
                same_as_cosmwasm(&json);
                json.insert(place, byte);
                same_as_cosmwasm(&json);
            }
        }
    }
}
