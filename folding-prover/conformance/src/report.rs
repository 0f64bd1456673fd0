use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{ScriptError, run_script};

/// What came of all files.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Each file's.
    pub files: Vec<FileReport>,
}

/// What came of one file's directives.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Its path below the folder.
    pub file: String,
    /// Directives that hold.
    pub passed: usize,
    /// Directives that do not.
    pub failed: Vec<Failure>,
    /// How many directives say nothing about this machine, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// A directive that does not hold.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its line.
    pub line: usize,
    /// What happened in its place.
    pub what: String,
}

/// Runs all `.wast` files in a folder and the folders in it, in order of their paths; or one file.
///
/// # Errors
/// [`ScriptError`]
pub fn run_directory(folder: &Path) -> Result<Report, ScriptError> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    if paths.is_empty() {
        return Err(ScriptError::NoScripts { path: folder.to_owned() });
    }
    let run = |path: &PathBuf| {
        // Files of scripts on text encodings may hold anything.
        let bytes = std::fs::read(path).map_err(|source| ScriptError::Read { path: path.clone(), source })?;
        let name = path.strip_prefix(folder).ok().filter(|name| !name.as_os_str().is_empty());
        Ok(run_script(&name.unwrap_or(path).to_string_lossy(), &String::from_utf8_lossy(&bytes)))
    };
    paths.iter().map(run).collect::<Result<_, _>>().map(|files| Report { files })
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> Result<(), ScriptError> {
    let read = |source| ScriptError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(read)?.is_file() {
        if path.extension().is_some_and(|extension| extension == "wast") {
            into.push(path.to_owned());
        }
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(read)? {
        let entry = entry.map_err(read)?;
        // Links are not followed: they may lead round in circles.
        if !entry.file_type().map_err(read)?.is_symlink() {
            collect(&entry.path(), into)?;
        }
    }
    Ok(())
}

impl Report {
    /// Directives that hold.
    pub fn passed(&self) -> usize {
        self.files.iter().map(|file| file.passed).sum()
    }

    /// Directives that do not.
    pub fn failed(&self) -> usize {
        self.files.iter().map(|file| file.failed.len()).sum()
    }

    /// Directives that say nothing about this machine, by reason.
    pub fn skipped(&self) -> BTreeMap<&str, usize> {
        let mut reasons = BTreeMap::new();
        for (reason, count) in self.files.iter().flat_map(|file| &file.skipped) {
            *reasons.entry(reason.as_str()).or_default() += count;
        }
        reasons
    }
}

/// A table of files, then failures, then reasons.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>7} {:>7} {:>7}  file", "passed", "failed", "skipped")?;
        for file in &self.files {
            let skipped: usize = file.skipped.values().sum();
            writeln!(f, "{:>7} {:>7} {:>7}  {}", file.passed, file.failed.len(), skipped, file.file)?;
        }
        let skipped: usize = self.skipped().values().sum();
        writeln!(
            f,
            "{:>7} {:>7} {:>7}  in {} files",
            self.passed(),
            self.failed(),
            skipped,
            self.files.len()
        )?;
        for file in &self.files {
            for failure in &file.failed {
                writeln!(f, "failed: {}:{}: {}", file.file, failure.line, failure.what)?;
            }
        }
        for (reason, count) in self.skipped() {
            writeln!(f, "skipped {count}: {reason}")?;
        }
        Ok(())
    }
}
