//! Step 4: nothing of the patients is readable on the disk.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::story::Story;
use crate::error::CliError;
use crate::fhir::{Loaded, needles, plaintext};
use crate::search::Search;

/// Searches the node's folder for what would give the patients away; returns the number of hits.
pub(super) fn run(story: &mut Story, data: &Path, loaded: &Loaded) -> Result<u64, CliError> {
    const DOING: &str = "searching the disk";
    story.begin("disk", "The node's folder holds no plaintext");
    let needles = needles(&loaded.bundles);
    let search = Search::new(&needles).map_err(|e| CliError::failed(DOING)(e.into()))?;
    let read = |source| CliError::Read { path: data.to_owned(), source };

    let (seen, encodings) = control(&search, loaded);
    let all = search.needles();
    let text = format!(
        "control: the search finds all {all} texts in a copy in memory, in each of {encodings} encodings"
    );
    story.must(seen == all * encodings && all > 0, &text);

    let found = search.folder(data).map_err(read)?;
    let megabytes = found.bytes.div_ceil(1_000_000);
    let text = format!(
        "{} hits for {all} names, dates, addresses, ids and values ({} forms) in {} files, {megabytes} MB",
        found.hits,
        search.patterns(),
        found.files,
    );
    story.must(found.hits == 0 && found.bytes > 0, &text);
    story.end();
    Ok(found.hits)
}

/// How many texts the search finds in a plaintext copy of the records, summed over encodings, and the number of those.
fn control(search: &Search, loaded: &Loaded) -> (usize, usize) {
    let plain = plaintext(&loaded.bundles);
    let (mut wide, mut swapped) = (Vec::new(), Vec::new());
    for unit in plain.encode_utf16() {
        wide.extend(unit.to_le_bytes());
        swapped.extend(unit.to_be_bytes());
    }
    let copies = [
        hex::encode(&plain).into_bytes(),
        STANDARD.encode(&plain).into_bytes(),
        plain.into_bytes(),
        wide,
        swapped,
    ];
    (copies.iter().map(|copy| search.distinct(copy)).sum(), copies.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::{Bundle, built_in};

    #[test]
    fn the_control_finds_names_and_escaped_texts_that_no_json_holds_as_they_are() {
        let json = br#"{"resourceType":"Bundle","entry":[
            {"resource":{"resourceType":"Patient","id":"p-000001","name":[{"family":"Li","given":["Bo","Ann-Marie"]}]}},
            {"resource":{"resourceType":"Observation","id":"o-000001","valueString":"a \"quoted\"\nword, caf\u00e9"}}]}"#;
        let bundles = vec![Bundle::parse("x".as_ref(), json).unwrap()];
        let loaded = Loaded { bundles, skipped: Vec::new() };
        let search = Search::new(&needles(&loaded.bundles)).unwrap();
        assert_eq!(control(&search, &loaded), (search.needles() * 5, 5));
    }

    #[test]
    fn a_plaintext_copy_on_the_disk_is_found_and_an_encrypted_one_is_not() {
        let loaded = built_in().unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("noise"), [0x5a; 100_000]).unwrap();
        let mut story = Story::new(true);
        assert_eq!(run(&mut story, dir.path(), &loaded).unwrap(), 0);
        story.verdict().unwrap();

        let text = loaded.bundles[1].entries[0].text.get();
        std::fs::write(dir.path().join("leak"), STANDARD.encode(text)).unwrap();
        assert!(run(&mut story, dir.path(), &loaded).unwrap() > 3);
        assert!(story.verdict().is_err());
    }
}
