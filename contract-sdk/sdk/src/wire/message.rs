//! A contract's own messages: their types are serde's affair.

use cosmwasm_std::{StdResult, from_json};
use serde::de::DeserializeOwned;

/// Reads a message. Looking at all of it at once for what is no text is cheaper than at each string in it.
///
/// # Errors
/// Those of `cosmwasm_std::from_json`.
pub(crate) fn message<T: DeserializeOwned>(json: &[u8]) -> StdResult<T> {
    match str::from_utf8(json) {
        Ok(text) => Ok(serde_json::from_str(text)?),
        Err(_) => from_json(json),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Message {
        Put { name: String, numbers: Vec<u64>, note: Option<String> },
    }

    fn same(json: &[u8]) {
        let words = |error: cosmwasm_std::StdError| error.to_string();
        assert_eq!(message::<Message>(json).map_err(words), from_json(json).map_err(words));
    }

    proptest! {
        #[test]
        fn messages_are_read_as_cosmwasm_reads_them(name: String, numbers: Vec<u64>, note: Option<String>) {
            let written = Message::Put { name, numbers, note };
            let json = cosmwasm_std::to_json_vec(&written).unwrap();
            prop_assert_eq!(message::<Message>(&json).unwrap(), written);
        }

        #[test]
        fn altered_messages_are_read_or_refused_with_the_same_words(name: String, at: usize, byte: u8, cut: usize) {
            let written = Message::Put { name, numbers: vec![7], note: Some("a\u{e9}".into()) };
            let mut json = cosmwasm_std::to_json_vec(&written).unwrap();
            same(&json[..cut % json.len()]);
            let place = at % json.len();
            json[place] = byte;
            same(&json);
        }
    }
}
