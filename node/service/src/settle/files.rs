//! Files of batches: `N.json` says what it is, `N.proof` holds the proof of its state, `N.execution.proof` that of its execution. All public, so they are not encrypted.

use std::path::PathBuf;

use nectar_verifier::Kind;
use thiserror::Error;

use super::record::Record;
use crate::files::{DirectoryError, read_bounded, write_atomically};

const MAX_RECORD_BYTES: u64 = 64 * 1024;
/// Longest proof that is read back; the greatest number of chunks gives less.
const MAX_PROOF_BYTES: u64 = 1024 * 1024;

/// Why a batch's file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BatchFileError {
    /// The file system refuses.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The file is not one that this version writes.
    #[error("{0} is no batch file of this version: move it away, the batch can be proven again")]
    Malformed(PathBuf),
}

/// The directory of batches.
#[derive(Debug)]
pub(crate) struct Files(PathBuf);

impl Files {
    pub(crate) const fn new(dir: PathBuf) -> Self {
        Self(dir)
    }

    pub(crate) fn load(&self, number: u64) -> Result<Option<Record>, BatchFileError> {
        let path = self.path(number, "json");
        let Some(bytes) = read_bounded(&path, MAX_RECORD_BYTES)? else { return Ok(None) };
        let record = Record::decode(&bytes).filter(|record| record.number() == number);
        record.map(Some).ok_or(BatchFileError::Malformed(path))
    }

    pub(crate) fn save(&self, record: &Record) -> Result<(), BatchFileError> {
        Ok(write_atomically(&self.path(record.number(), "json"), &record.encode())?)
    }

    pub(crate) fn proof(&self, number: u64, kind: Kind) -> Result<Option<Vec<u8>>, BatchFileError> {
        Ok(read_bounded(&self.path(number, extension(kind)), MAX_PROOF_BYTES)?)
    }

    pub(crate) fn save_proof(&self, number: u64, kind: Kind, proof: &[u8]) -> Result<(), BatchFileError> {
        Ok(write_atomically(&self.path(number, extension(kind)), proof)?)
    }

    fn path(&self, number: u64, extension: &str) -> PathBuf {
        self.0.join(format!("{number}.{extension}"))
    }
}

const fn extension(kind: Kind) -> &'static str {
    match kind {
        Kind::State => "proof",
        Kind::Execution => "execution.proof",
    }
}
