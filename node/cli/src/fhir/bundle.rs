use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::CliError;
use crate::files;

/// Largest bundle file, in bytes.
const MAX_FILE: usize = 64 * 1024 * 1024;
/// Most entries in one bundle.
const MAX_ENTRIES: usize = 20_000;
/// Most bundles in one folder.
const MAX_BUNDLES: usize = 1_000;

/// One resource of a bundle.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// `Observation`, or any other name: unknown ones are kept too.
    pub(crate) resource_type: String,
    /// The resource's id.
    pub(crate) id: String,
    /// The resource, to look into.
    pub(crate) resource: Value,
    /// The resource as the file has it, without the white space between its parts: numbers keep their digits.
    pub(crate) text: Box<RawValue>,
}

/// One patient's records.
#[derive(Debug, Clone)]
pub(crate) struct Bundle {
    /// What identifies the subject at the hospital: the Patient's id, or the file's name if there is none.
    pub(crate) subject: String,
    /// Every entry, in order.
    pub(crate) entries: Vec<Entry>,
}

/// What a folder held.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The bundles, by file name.
    pub(crate) bundles: Vec<Bundle>,
    /// Files that are no bundles, with what they are.
    pub(crate) skipped: Vec<(PathBuf, String)>,
}

impl Loaded {
    /// The same patients with a few entries each: the patient, an observation, a condition.
    pub(crate) fn smaller(mut self) -> Self {
        for bundle in &mut self.bundles {
            let mut types = vec!["Patient", "Observation", "Condition"];
            bundle.entries.retain(|entry| {
                let at = types.iter().position(|kept| *kept == entry.resource_type);
                at.map(|at| types.swap_remove(at)).is_some()
            });
        }
        self
    }

    /// Entries of all bundles.
    pub(crate) fn entries(&self) -> usize {
        self.bundles.iter().map(|b| b.entries.len()).sum()
    }
}

impl Bundle {
    /// Reads a bundle. `source` names it in errors.
    pub(crate) fn parse(source: &Path, bytes: &[u8]) -> Result<Self, CliError> {
        let bundle = |why: String| CliError::Format { path: source.to_owned(), what: "FHIR Bundle", why };
        let file: File<'_> = serde_json::from_slice(bytes).map_err(|e| bundle(e.to_string()))?;
        if file.resource_type.as_deref() != Some("Bundle") {
            return Err(bundle("its resourceType is not Bundle".into()));
        }
        if file.entry.is_empty() {
            return Err(bundle("it has no entries".into()));
        }
        if file.entry.len() > MAX_ENTRIES {
            let why =
                format!("it has {} entries; at most {MAX_ENTRIES} are read: split it", file.entry.len());
            return Err(bundle(why));
        }
        let entries = file.entry.iter().enumerate();
        let entries = entries.map(|(i, item)| entry(item).map_err(|why| bundle(format!("entry {i} {why}"))));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let mut patients = entries.iter().filter(|e| e.resource_type == "Patient");
        let subject = patients.next().map(|e| e.id.clone());
        if patients.next().is_some() {
            return Err(bundle("it has several Patients; access is granted by patient: split it".into()));
        }
        let name = source.file_name().unwrap_or(source.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { subject: subject.unwrap_or(name), entries })
    }

    /// How many entries have this type.
    pub(crate) fn count(&self, resource_type: &str) -> usize {
        self.entries.iter().filter(|e| e.resource_type == resource_type).count()
    }
}

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "resourceType")]
    resource_type: Option<String>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(rename = "resourceType")]
    resource_type: Option<String>,
    #[serde(default, borrow)]
    entry: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "fullUrl")]
    full_url: Option<String>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
}

fn entry(item: &Item<'_>) -> Result<Entry, String> {
    let text = minified(item.resource.ok_or("has no resource")?.get());
    let text = RawValue::from_string(text).map_err(|e| format!("is no JSON: {e}"))?;
    let resource: Value = serde_json::from_str(text.get()).map_err(|e| format!("is no resource: {e}"))?;
    let member = |name: &str| resource.get(name).and_then(Value::as_str).map(str::to_owned);
    let resource_type = member("resourceType").ok_or("has no resourceType")?;
    let from_url = || Some(item.full_url.as_deref()?.rsplit([':', '/']).next()?.to_owned());
    let id = member("id").or_else(from_url).ok_or("has neither an id nor a fullUrl")?;
    Ok(Entry { resource_type, id, resource, text })
}

/// JSON text without the white space between its parts; everything else stays as it is written.
pub(crate) fn minified(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keeps = |c: &char| {
        if in_string {
            in_string = escaped || *c != '"';
            escaped = !escaped && *c == '\\';
            return true;
        }
        in_string = *c == '"';
        !matches!(c, ' ' | '\n' | '\r' | '\t')
    };
    json.chars().filter(keeps).collect()
}

/// Reads every bundle (`*.json`) in a folder.
pub(crate) fn load_dir(dir: &Path) -> Result<Loaded, CliError> {
    let failed = |source| CliError::Read { path: dir.to_owned(), source };
    let listing = std::fs::read_dir(dir).map_err(failed)?;
    let mut paths = listing.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    let mut loaded = Loaded::default();
    for path in paths {
        match skip_reason(&path)? {
            Some(why) => loaded.skipped.push((path, why)),
            None => loaded.bundles.push(Bundle::parse(&path, &read(&path)?)?),
        }
        if loaded.bundles.len() > MAX_BUNDLES {
            let why = format!("more than {MAX_BUNDLES} bundles: split the folder");
            return Err(CliError::Format { path: dir.to_owned(), what: "folder of bundles", why });
        }
    }
    if loaded.entries() == 0 {
        let why = "no FHIR Bundle (*.json) is in it".to_owned();
        return Err(CliError::Format { path: dir.to_owned(), what: "folder of bundles", why });
    }
    Ok(loaded)
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    files::read(path, "FHIR bundle", MAX_FILE)
}

/// Why a file is none to load; a broken JSON file is an error, not a reason.
fn skip_reason(path: &Path) -> Result<Option<String>, CliError> {
    if !path.is_file() {
        return Ok(Some("not a file".into()));
    }
    if !path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
        return Ok(Some("not *.json".into()));
    }
    let head: Head = serde_json::from_slice(&read(path)?).map_err(|e| CliError::Format {
        path: path.to_owned(),
        what: "JSON object",
        why: e.to_string(),
    })?;
    Ok(match head.resource_type.as_deref() {
        Some("Bundle") => None,
        Some(other) => Some(format!("a {other}, not a Bundle")),
        None => Some("no FHIR resource".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(json: &str) -> Result<Bundle, String> {
        Bundle::parse("some/file.json".as_ref(), json.as_bytes()).map_err(|e| e.to_string())
    }

    #[test]
    fn every_entry_is_kept_whatever_its_type() {
        let bundle = parse(
            r#"{"resourceType":"Bundle","entry":[
                {"resource":{"resourceType":"Patient","id":"p"}},
                {"fullUrl":"urn:uuid:77","resource":{"resourceType":"Invented","colour":"blue"}},
                {"resource":{"resourceType":"Invented","id":"i"}}]}"#,
        )
        .unwrap();
        let ids: Vec<_> = bundle.entries.iter().map(|e| e.id.as_str()).collect();
        assert_eq!((bundle.subject.as_str(), ids), ("p", vec!["p", "77", "i"]));
    }

    #[test]
    fn an_error_names_the_file_and_the_entry() {
        let error = parse(r#"{"resourceType":"Bundle","entry":[{"resource":{}}]}"#).unwrap_err();
        assert!(error.contains("some/file.json") && error.contains("entry 0"), "{error}");
        assert!(parse(r#"{"resourceType":"Patient"}"#).unwrap_err().contains("not Bundle"));
    }

    #[test]
    fn numbers_and_texts_stay_as_they_are_written() {
        let bundle = parse(
            r#"{"resourceType":"Bundle","entry":[{"resource":
                { "resourceType" : "X", "id": "1", "value": 1.10, "note": "a  \"b\" \\ c" } }]}"#,
        )
        .unwrap();
        let expected = r#"{"resourceType":"X","id":"1","value":1.10,"note":"a  \"b\" \\ c"}"#;
        assert_eq!(bundle.entries[0].text.get(), expected);
    }

    #[test]
    fn two_patients_in_one_bundle_are_refused_because_access_is_by_patient() {
        let two = r#"{"resourceType":"Bundle","entry":[
            {"resource":{"resourceType":"Patient","id":"a"}},{"resource":{"resourceType":"Patient","id":"b"}}]}"#;
        assert!(parse(two).unwrap_err().contains("several Patients"));
    }

    #[test]
    fn a_folder_reports_what_it_skips_and_refuses_broken_files() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("a.json", r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"X","id":"1"}}]}"#);
        write("b.json", r#"{"resourceType":"Patient"}"#);
        write("c.txt", "hello");
        let loaded = load_dir(dir.path()).unwrap();
        assert_eq!((loaded.entries(), loaded.skipped.len()), (1, 2));
        assert_eq!(loaded.bundles[0].subject, "a.json");
        write("d.json", "{");
        assert!(load_dir(dir.path()).unwrap_err().to_string().contains("d.json"));
    }

    #[test]
    fn an_empty_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(load_dir(dir.path()).unwrap_err().to_string().contains("no FHIR Bundle"));
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Bundle::parse("x".as_ref(), &bytes);
        }
    }
}
