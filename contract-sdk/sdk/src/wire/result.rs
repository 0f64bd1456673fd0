//! What an entry point answers: `ContractResult` as JSON.

use cosmwasm_std::{Attribute, Binary, ContractResult, CustomMsg, Response, StdResult, to_json_vec};

use super::base64;
use super::text::plain;

/// The answer of `instantiate` and `execute`.
///
/// # Errors
/// Those of `cosmwasm_std::to_json_vec`.
pub(crate) fn response<C: CustomMsg>(result: Result<Response<C>, String>) -> StdResult<Vec<u8>> {
    let simple = match &result {
        Ok(response) => simple(response),
        Err(error) => failure(error),
    };
    simple.map_or_else(|| to_json_vec(&ContractResult::from(result)), Ok)
}

/// The answer of `query`.
///
/// # Errors
/// Those of `cosmwasm_std::to_json_vec`.
pub(crate) fn answer(result: Result<Binary, String>) -> StdResult<Vec<u8>> {
    let simple = match &result {
        Ok(bytes) => Some(success(bytes)),
        Err(error) => failure(error),
    };
    simple.map_or_else(|| to_json_vec(&ContractResult::from(result)), Ok)
}

/// A response without messages and events, whose attributes JSON writes as they are.
fn simple<C>(response: &Response<C>) -> Option<Vec<u8>> {
    if !response.messages.is_empty() || !response.events.is_empty() {
        return None;
    }
    let mut json = Vec::with_capacity(256);
    json.extend_from_slice(br#"{"ok":{"messages":[],"attributes":["#);
    for (index, attribute) in response.attributes.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        write_attribute(attribute, &mut json)?;
    }
    json.extend_from_slice(br#"],"events":[],"data":"#);
    match &response.data {
        None => json.extend_from_slice(b"null"),
        Some(data) => {
            json.push(b'"');
            base64::encode(data, &mut json);
            json.push(b'"');
        }
    }
    json.extend_from_slice(b"}}");
    Some(json)
}

fn write_attribute(attribute: &Attribute, json: &mut Vec<u8>) -> Option<()> {
    let (key, value) = (plain(attribute.key.as_bytes())?, plain(attribute.value.as_bytes())?);
    json.extend_from_slice(br#"{"key":""#);
    json.extend_from_slice(key.as_bytes());
    json.extend_from_slice(br#"","value":""#);
    json.extend_from_slice(value.as_bytes());
    json.extend_from_slice(br#""}"#);
    Some(())
}

fn success(bytes: &[u8]) -> Vec<u8> {
    // Room for the text, so that it is not moved.
    let mut json = Vec::with_capacity(bytes.len() / 2 * 3 + 16);
    json.extend_from_slice(br#"{"ok":""#);
    base64::encode(bytes, &mut json);
    json.extend_from_slice(br#""}"#);
    json
}

fn failure(error: &str) -> Option<Vec<u8>> {
    let error = plain(error.as_bytes())?;
    Some([br#"{"error":""#.as_slice(), error.as_bytes(), br#""}"#].concat())
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{BankMsg, Empty, Event};
    use proptest::prelude::*;

    use super::*;

    fn same(result: Result<Response, String>) {
        let cosmwasms = to_json_vec(&ContractResult::from(result.clone())).unwrap();
        assert_eq!(response(result).unwrap(), cosmwasms);
    }

    proptest! {
        #[test]
        fn responses_are_written_as_cosmwasm_writes_them(
            attributes in proptest::collection::vec(("[a-z]{0,9}|.{1,9}", "[ -~]{0,30}|.{0,30}"), 0..4),
            data: Option<Vec<u8>>
        ) {
            let attributes = attributes.into_iter().map(|(key, value)| Attribute { key, value });
            let mut response = Response::<Empty>::new().add_attributes(attributes);
            response.data = data.map(Binary::new);
            same(Ok(response));
        }

        #[test]
        fn errors_are_written_as_cosmwasm_writes_them(error in ".{0,60}") {
            same(Err(error.clone()));
            let result: Result<Binary, String> = Err(error);
            prop_assert_eq!(answer(result.clone()).unwrap(), to_json_vec(&ContractResult::from(result)).unwrap());
        }

        #[test]
        fn answers_are_written_as_cosmwasm_writes_them(bytes: Vec<u8>) {
            let result: Result<Binary, String> = Ok(bytes.into());
            prop_assert_eq!(answer(result.clone()).unwrap(), to_json_vec(&ContractResult::from(result)).unwrap());
        }
    }

    #[test]
    fn messages_and_events_are_left_to_cosmwasm() {
        same(Ok(Response::new().add_event(Event::new("e").add_attribute("a", "b"))));
        same(Ok(Response::new().add_message(BankMsg::Burn { amount: vec![] })));
    }
}
