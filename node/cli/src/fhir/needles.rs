use std::collections::BTreeSet;

use serde_json::Value;

use super::bundle::{Bundle, Entry};

/// Shortest text worth looking for, in bytes: a shorter one turns up in random bytes by chance.
pub(crate) const MIN_NEEDLE: usize = 6;

/// What would give a patient away if it were on a disk: names, birth dates, addresses, telephone numbers,
/// identifiers and record ids, and what was observed, diagnosed, prescribed or noted.
pub(crate) fn needles(bundles: &[Bundle]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in bundles.iter().flat_map(|b| &b.entries) {
        found.insert(entry.id.clone());
        match entry.resource_type.as_str() {
            "Patient" => patient(&entry.resource, &mut found),
            _ => record(entry, &mut found),
        }
    }
    found.retain(|text| text.len() >= MIN_NEEDLE);
    found
}

/// A copy of the records as plaintext: each as JSON, then its texts without JSON's escapes, then names in full. Every
/// needle is in it.
pub(crate) fn plaintext(bundles: &[Bundle]) -> String {
    let mut lines = Vec::new();
    for entry in bundles.iter().flat_map(|b| &b.entries) {
        let mut found = BTreeSet::new();
        texts(Some(&entry.resource), &mut found);
        patient(&entry.resource, &mut found);
        lines.extend([entry.resource.to_string(), entry.id.clone()]);
        lines.extend(found);
    }
    lines.join("\n")
}

fn patient(resource: &Value, found: &mut BTreeSet<String>) {
    for name in list(resource, "name") {
        let family = name.get("family").and_then(Value::as_str).unwrap_or_default();
        let given = list(name, "given").filter_map(Value::as_str);
        for part in given.clone().chain([family]) {
            // A short name is sought as JSON has it, in quotes.
            found.insert(if part.len() < MIN_NEEDLE { format!("\"{part}\"") } else { part.to_owned() });
        }
        found.extend(given.map(|given| format!("{given} {family}")));
    }
    for address in list(resource, "address") {
        texts(address.get("line"), found);
        texts(address.get("city"), found);
    }
    texts(resource.get("birthDate"), found);
    list(resource, "telecom").for_each(|t| texts(t.get("value"), found));
    list(resource, "identifier").for_each(|i| texts(i.get("value"), found));
    list(resource, "extension").for_each(|e| texts(e.get("valueString"), found));
}

/// Values and words of a record; its codes are public vocabulary, its category says little.
fn record(entry: &Entry, found: &mut BTreeSet<String>) {
    let Some(members) = entry.resource.as_object() else { return };
    for (name, value) in members {
        match name.as_str() {
            "code" | "valueCodeableConcept" | "medicationCodeableConcept" | "vaccineCode" => {
                texts(value.get("text"), found);
            }
            "valueString" | "effectiveDateTime" | "issued" | "note" | "dosageInstruction" | "conclusion" => {
                texts(Some(value), found);
            }
            "valueQuantity" => texts(value.get("value"), found),
            "component" => value.as_array().into_iter().flatten().for_each(|part| {
                texts(part.pointer("/valueQuantity/value"), found);
            }),
            "identifier" => value.as_array().into_iter().flatten().for_each(|i| texts(i.get("value"), found)),
            "oralDiet" => texts(value.get("instruction"), found),
            _ => {}
        }
    }
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + Clone {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Every text and number below a value.
fn texts(value: Option<&Value>, found: &mut BTreeSet<String>) {
    match value {
        Some(Value::String(text)) => found.extend([text.clone()]),
        Some(Value::Number(number)) => found.extend([number.to_string()]),
        Some(Value::Array(items)) => items.iter().for_each(|item| texts(Some(item), found)),
        Some(Value::Object(members)) => members.values().for_each(|item| texts(Some(item), found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_dates_addresses_and_values_are_sought() {
        let needles = needles(&crate::fhir::built_in().unwrap().bundles);
        let expected = [
            "Quillfeather",
            "Amaranta Quillfeather",
            "1971-02-27",
            "17 Imaginary Lane",
            "SYN-40071-Q",
            "Oriel Thistlewood",
            "391.7264",
            "5.431276",
            "Gave up smoking in the spring of 2009",
            "Two puffs at dawn, two puffs at dusk",
            "No hazelnuts; reacts with hives since childhood",
            "118.4427",
        ];
        for text in expected {
            assert!(needles.contains(text), "{text}");
        }
        assert!(needles.iter().all(|n| n.len() >= MIN_NEEDLE));
        assert!(!needles.contains("final"));
    }

    #[test]
    fn a_short_family_name_is_sought_with_its_quotes() {
        let json = br#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"p",
            "name":[{"family":"Hintz","given":["Ned"]}]}}]}"#;
        let bundle = Bundle::parse("x".as_ref(), json).unwrap();
        let found = needles(&[bundle]);
        assert!(found.contains("\"Hintz\"") && found.contains("Ned Hintz"));
    }
}
