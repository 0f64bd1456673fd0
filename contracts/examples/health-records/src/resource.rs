use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{ContractError, MAX_RESOURCE_BYTES};

/// Longest type and longest id, in bytes (FHIR R4, datatype `id`).
const MAX_NAME: usize = 64;

/// A FHIR resource as JSON text, exactly as it was given. Its contents do not appear in `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(Box<RawValue>);

/// The two members that are looked at; the others are skipped, numbers included, without being read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "resourceType", borrow)]
    resource_type: Cow<'a, str>,
    #[serde(default, borrow)]
    id: Option<Cow<'a, str>>,
}

impl Resource {
    /// Takes a JSON text.
    ///
    /// # Errors
    /// [`ContractError::Resource`] if it is no JSON.
    pub fn new(text: String) -> Result<Self, ContractError> {
        RawValue::from_string(text).map(Self).map_err(|_| ContractError::Resource)
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The text's bytes, without a copy.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        Box::<str>::from(self.0).into_string().into_bytes()
    }

    /// Insists that it is a resource of this type and id. A resource may leave out its id, as entries of a transaction bundle
    /// do: it is stored under the message's.
    pub(crate) fn check(&self, resource_type: &str, id: &str) -> Result<(), ContractError> {
        let text = self.text();
        if text.len() > MAX_RESOURCE_BYTES {
            return Err(ContractError::TooLarge { got: text.len(), max: MAX_RESOURCE_BYTES });
        }
        check_type(resource_type)?;
        check_id(id)?;
        // Serde would take an array for the members in order.
        if !text.starts_with('{') {
            return Err(ContractError::Resource);
        }
        // Serde's own message may quote the resource.
        let head: Head<'_> = serde_json::from_str(text).map_err(|_| ContractError::Resource)?;
        if head.resource_type != resource_type {
            return Err(ContractError::Mismatch { field: "resourceType" });
        }
        match head.id {
            Some(own) if own != id => Err(ContractError::Mismatch { field: "id" }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({} bytes)", self.text().len())
    }
}

/// A resource type: letters, the first one upper-case.
pub(crate) fn check_type(resource_type: &str) -> Result<(), ContractError> {
    let letters = resource_type.len() <= MAX_NAME && resource_type.bytes().all(|b| b.is_ascii_alphabetic());
    let upper = resource_type.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
    if letters && upper { Ok(()) } else { Err(ContractError::ResourceType) }
}

/// A FHIR id.
pub(crate) fn check_id(id: &str) -> Result<(), ContractError> {
    let fits = (1..=MAX_NAME).contains(&id.len());
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if fits && plain { Ok(()) } else { Err(ContractError::Id) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) -> Result<(), ContractError> {
        Resource::new(text.into())?.check("Observation", "o-1")
    }

    #[test]
    fn type_and_id_must_be_those_of_the_message() {
        assert!(check(r#"{"resourceType":"Observation","id":"o-1","value":1e400}"#).is_ok());
        assert!(
            check(r#"{"id":"o-1","a":{"resourceType":"Patient","id":"p"},"resourceType":"Observation"}"#)
                .is_ok()
        );
        let error = check(r#"{"resourceType":"Patient","id":"o-1"}"#).unwrap_err();
        assert!(matches!(error, ContractError::Mismatch { field: "resourceType" }));
        let error = check(r#"{"resourceType":"Observation","id":"o-2"}"#).unwrap_err();
        assert!(matches!(error, ContractError::Mismatch { field: "id" }));
    }

    #[test]
    fn an_id_may_be_left_to_the_message() {
        assert!(check(r#"{"resourceType":"Observation"}"#).is_ok());
    }

    #[test]
    fn only_an_object_with_one_type_is_a_resource() {
        for text in [
            "",
            "null",
            "[]",
            r#"["Observation","o-1"]"#,
            r#""Observation""#,
            "{}",
            r#"{"id":"o-1"}"#,
            r#"{"resourceType":5}"#,
            r#"{"resourceType":"Observation","id":7}"#,
            r#"{"resourceType":"Observation","resourceType":"Observation"}"#,
            r#"{"resourceType":"Observation","id":"o-1","id":"o-1"}"#,
            r#"{"resourceType":"Observation","resourc\u0065Type":"Patient"}"#,
            r#"{"resourceType":"Observation"} {}"#,
            r#"{"resourceType":"Observation""#,
        ] {
            assert!(matches!(check(text), Err(ContractError::Resource)), "{text}");
        }
    }

    #[test]
    fn types_and_ids_are_plain() {
        for (good, bad) in [("Basic", ""), ("A", "basic"), ("ZzZ", "A1"), ("Patient", "Pati ent")] {
            assert!(check_type(good).is_ok());
            assert!(matches!(check_type(bad), Err(ContractError::ResourceType)));
        }
        for bad in ["", "a/b", "a b", "é", "a\0", "a_b"] {
            assert!(matches!(check_id(bad), Err(ContractError::Id)), "{bad}");
        }
        assert!(check_id(&"x".repeat(64)).is_ok() && check_id(&"x".repeat(65)).is_err());
        assert!(check_type(&"X".repeat(64)).is_ok() && check_type(&"X".repeat(65)).is_err());
    }

    #[test]
    fn neither_debug_nor_errors_show_contents() {
        let resource = Resource::new(r#"{"resourceType":{"family":"Lovelace"}}"#.into()).unwrap();
        assert_eq!(format!("{resource:?}"), "Resource(38 bytes)");
        let error = resource.check("Patient", "p").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("Lovelace"));
    }

    #[test]
    fn too_large_a_resource_is_refused_before_it_is_parsed() {
        let text = format!(r#"{{"resourceType":"Observation","text":"{}"}}"#, "x".repeat(MAX_RESOURCE_BYTES));
        assert!(matches!(check(&text), Err(ContractError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn garbage_does_not_panic(text in ".{0,200}") {
            let _ = check(&text);
        }

        #[test]
        fn mutations_do_not_panic(at in 0usize..44, byte in 0u8..128) {
            let mut bytes = br#"{"resourceType":"Observation","id":"o-1","x":[]}"#.to_vec();
            bytes[at] = byte;
            let _ = check(&String::from_utf8(bytes).unwrap());
        }
    }
}
