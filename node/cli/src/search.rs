//! Looks for texts in files: as UTF-8, UTF-16, hexadecimal and base64.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What a search went through and found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Found {
    /// Occurrences.
    pub(crate) hits: u64,
    /// Files, their names included.
    pub(crate) files: u64,
    /// Bytes in them.
    pub(crate) bytes: u64,
}

/// Searches for many texts at once, each in every form that a disk might hold it in.
#[derive(Debug)]
pub(crate) struct Search {
    automaton: AhoCorasick,
    /// Which needle a pattern is a form of.
    needle_of: Vec<usize>,
    needles: usize,
}

impl Search {
    /// Prepares a search.
    pub(crate) fn new<'a>(needles: impl IntoIterator<Item = &'a String>) -> Result<Self, BuildError> {
        let mut patterns = Vec::new();
        let mut needle_of = Vec::new();
        let mut count = 0;
        for (index, needle) in needles.into_iter().enumerate() {
            count = index + 1;
            for form in forms(needle) {
                patterns.push(form);
                needle_of.push(index);
            }
        }
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).build(patterns)?;
        Ok(Self { automaton, needle_of, needles: count })
    }

    /// Number of texts.
    pub(crate) fn needles(&self) -> usize {
        self.needles
    }

    /// Number of forms of all texts.
    pub(crate) fn patterns(&self) -> usize {
        self.needle_of.len()
    }

    /// How many of the texts are in these bytes: the control, which shows that the search finds what is there. A text
    /// that is part of another one counts, too.
    pub(crate) fn distinct(&self, haystack: &[u8]) -> usize {
        let hits = self.automaton.find_overlapping_iter(haystack);
        let seen: BTreeSet<_> = hits.filter_map(|hit| self.needle_of.get(hit.pattern().as_usize())).collect();
        seen.len()
    }

    /// Occurrences in every file below a folder, and in the files' names. Links are not followed.
    pub(crate) fn folder(&self, folder: &Path) -> io::Result<Found> {
        let mut found = Found::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for item in std::fs::read_dir(&folder)? {
                let item = item?;
                found.hits += self.count(item.file_name().as_encoded_bytes())?;
                let kind = item.file_type()?;
                if kind.is_dir() {
                    folders.push(item.path());
                } else if kind.is_file() {
                    self.file(item.path(), &mut found)?;
                }
            }
        }
        Ok(found)
    }

    fn file(&self, path: PathBuf, found: &mut Found) -> io::Result<()> {
        let mut counted = Counted { inner: BufReader::with_capacity(1 << 20, File::open(path)?), bytes: 0 };
        found.hits += self.count(&mut counted)?;
        found.bytes += counted.bytes;
        found.files += 1;
        Ok(())
    }

    fn count(&self, haystack: impl Read) -> io::Result<u64> {
        self.automaton.stream_find_iter(haystack).try_fold(0, |n, hit| hit.map(|_| n + 1))
    }
}

struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

/// The forms of one text. In base64 a text has three, by where it starts in a group of three bytes; the characters
/// that also depend on its neighbours are left out.
fn forms(needle: &str) -> Vec<Vec<u8>> {
    let bytes = needle.as_bytes();
    let mut forms = vec![
        bytes.to_vec(),
        needle.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        needle.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
    ];
    for (shift, skipped) in [(0usize, 0usize), (1, 2), (2, 3)] {
        let shifted = [&[0; 2][..shift], bytes].concat();
        let text = STANDARD_NO_PAD.encode(&shifted);
        let whole = shifted.len() * 8 / 6;
        let form = text.get(skipped..whole).unwrap_or_default();
        forms.push(form.as_bytes().to_vec());
        let url_safe = form.replace('+', "-").replace('/', "_");
        if url_safe != form {
            forms.push(url_safe.into_bytes());
        }
    }
    // What JSON would escape is on a disk in its escaped form too.
    let quoted = serde_json::Value::from(needle).to_string();
    let escaped = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if escaped != needle {
        forms.push(escaped.as_bytes().to_vec());
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    fn search() -> Search {
        Search::new(&["Quillfeather".to_owned(), "say \"hello\"".to_owned()]).unwrap()
    }

    fn count(haystack: &[u8]) -> usize {
        search().distinct(haystack)
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert_eq!(count(b"an ordinary file about quills and feathers"), 0);
    }

    #[test]
    fn a_text_within_another_one_counts_by_itself() {
        let search =
            Search::new(&["feather".to_owned(), "Quillfeather".to_owned(), "Quill".to_owned()]).unwrap();
        assert_eq!(search.distinct(b"..Quillfeather.."), 3);
    }

    #[test]
    fn a_text_with_a_quote_is_found_as_json_escapes_it() {
        assert_eq!(count(br#"{"x":"say \"hello\""}"#), 1);
    }

    #[test]
    fn a_text_is_found_across_read_boundaries_in_nested_files_and_in_names() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        let mut big = vec![b'.'; (1 << 20) - 5];
        big.extend_from_slice(b"Quillfeather");
        std::fs::write(deep.join("big"), &big).unwrap();
        std::fs::write(deep.join("of-Quillfeather.txt"), b"").unwrap();
        let found = search().folder(dir.path()).unwrap();
        assert_eq!(found, Found { hits: 2, files: 2, bytes: big.len() as u64 });
    }

    proptest! {
        #[test]
        fn a_text_is_found_in_every_form_at_every_place(before in ".{0,9}", after in ".{0,9}") {
            let plain = format!("{before}Quillfeather{after}");
            let utf16: Vec<u16> = plain.encode_utf16().collect();
            let haystacks: [Vec<u8>; 7] = [
                plain.clone().into_bytes(),
                utf16.iter().flat_map(|c| c.to_le_bytes()).collect(),
                utf16.iter().flat_map(|c| c.to_be_bytes()).collect(),
                hex::encode(&plain).into_bytes(),
                hex::encode_upper(&plain).into_bytes(),
                STANDARD.encode(&plain).into_bytes(),
                URL_SAFE.encode(&plain).into_bytes(),
            ];
            for haystack in haystacks {
                prop_assert_eq!(count(&haystack), 1);
            }
        }
    }
}
