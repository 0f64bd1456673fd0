//! Messages to health-records and consent, and what their fields mean.

use std::collections::BTreeMap;

use nectar_abi::{FieldMask, Method, PatientHandle, PublicKey};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::error::CliError;
use crate::fhir::Entry;

/// The field of Observations in health-records.
pub(super) const OBSERVATION: FieldMask = FieldMask::bit(1);
/// Most entries and most bytes of resources that one call stores: what can be proven in one batch is less than what the
/// contract takes.
const CHUNK_ENTRIES: usize = 16;
const CHUNK_BYTES: usize = 16 * 1024;

/// A method by its name.
pub(super) fn method(text: &str) -> Result<Method, CliError> {
    text.parse()
        .map_err(|e: nectar_abi::MethodError| CliError::Argument { what: "method", why: e.to_string() })
}

#[derive(Serialize)]
struct PutMany<'a> {
    patient: PatientHandle,
    entries: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    resource_type: &'a str,
    id: &'a str,
    resource: &'a RawValue,
}

/// `put_many`, in as many messages as the limits ask for.
pub(super) fn put_many(patient: PatientHandle, entries: &[Entry]) -> Result<Vec<Vec<u8>>, CliError> {
    let mut messages = Vec::new();
    for chunk in chunks(entries) {
        let items = chunk.iter().map(|entry| Item {
            resource_type: &entry.resource_type,
            id: &entry.id,
            resource: &entry.text,
        });
        let message = BTreeMap::from([("put_many", PutMany { patient, entries: items.collect() })]);
        let bytes = serde_json::to_vec(&message);
        messages.push(bytes.map_err(|e| CliError::failed("writing a message")(e.into()))?);
    }
    Ok(messages)
}

fn chunks(entries: &[Entry]) -> Vec<&[Entry]> {
    let (mut chunks, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (end, entry) in entries.iter().enumerate() {
        let size = entry.text.get().len();
        if end - begin >= CHUNK_ENTRIES || (end > begin && bytes + size > CHUNK_BYTES) {
            chunks.extend(entries.get(begin..end));
            (begin, bytes) = (end, 0);
        }
        bytes += size;
    }
    chunks.extend(entries.get(begin..).filter(|rest| !rest.is_empty()));
    chunks
}

/// `list` of a type.
pub(super) fn list(patient: PatientHandle, resource_type: &str) -> Vec<u8> {
    json!({ "list": { "patient": patient, "resource_type": resource_type } }).to_string().into_bytes()
}

/// `get` of one resource.
pub(super) fn get(patient: PatientHandle, resource_type: &str, id: &str) -> Vec<u8> {
    let of = json!({ "patient": patient, "resource_type": resource_type, "id": id });
    json!({ "get": of }).to_string().into_bytes()
}

/// `summary` of a patient.
pub(super) fn summary(patient: PatientHandle) -> Vec<u8> {
    json!({ "summary": { "patient": patient } }).to_string().into_bytes()
}

/// A rule for everyone, or for one holder.
pub(super) fn rule(patient: PatientHandle, effect: &str, holder: Option<PublicKey>) -> Vec<u8> {
    let who = holder.map_or_else(|| json!("anyone"), |key| json!({ "holder": key }));
    let rule = json!({ "effect": effect, "who": who });
    json!({ "record": { "patient": patient, "rule": rule } }).to_string().into_bytes()
}

/// The answer to `list`.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) ids: Vec<String>,
}

/// The answer to `summary`.
#[derive(Debug, Deserialize)]
pub(super) struct Counted {
    pub(super) counts: BTreeMap<String, usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::built_in;

    #[test]
    fn chunks_hold_every_entry_once_and_keep_the_limits() {
        let one = built_in().unwrap().bundles.remove(0).entries.remove(0);
        let many = vec![one.clone(); 3 * CHUNK_ENTRIES + 1];
        let sizes: Vec<_> = chunks(&many).iter().map(|c| c.len()).collect();
        assert_eq!(sizes, [CHUNK_ENTRIES, CHUNK_ENTRIES, CHUNK_ENTRIES, 1]);

        let text = format!("{{\"x\":\"{}\"}}", "a".repeat(CHUNK_BYTES / 2));
        let big = Entry { text: RawValue::from_string(text).unwrap(), ..one };
        let sizes: Vec<_> = chunks(&[big.clone(), big.clone(), big]).iter().map(|c| c.len()).collect();
        assert_eq!(sizes, [1, 1, 1]);
        assert!(chunks(&[]).is_empty());
    }

    #[test]
    fn a_message_holds_the_resource_as_it_was_written() {
        let entries = built_in().unwrap().bundles.remove(0).entries;
        let messages = put_many(PatientHandle::new([7; 32]), &entries).unwrap();
        let text = String::from_utf8(messages[0].clone()).unwrap();
        assert!(messages.len() == 1 && text.contains(entries[3].text.get()));
    }
}
