//! Reading and writing files: never more than a limit, never over something, secrets for the owner only.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::error::CliError;

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The owner: keys, tokens, evidence.
    Owner,
    /// As the umask says.
    All,
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, what: &'static str, limit: usize) -> Result<Vec<u8>, CliError> {
    let failed = |source| CliError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let limit = limit as u64;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        let got = path.metadata().map_or(limit + 1, |meta| meta.len());
        let way_out = "give the right file, or split it";
        return Err(CliError::TooLarge { path: path.to_owned(), what, got, limit, way_out });
    }
    Ok(bytes)
}

/// Reads a JSON file of at most `limit` bytes.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    path: &Path,
    what: &'static str,
    limit: usize,
) -> Result<T, CliError> {
    let bytes = read(path, what, limit)?;
    serde_json::from_slice(&bytes).map_err(|e| CliError::Format {
        path: path.to_owned(),
        what,
        why: e.to_string(),
    })
}

/// Writes a new file, and has it on the disk before it returns.
pub(crate) fn create(path: &Path, bytes: &[u8], access: Access) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    write(path, options, bytes, access)
}

/// Writes a file in place of the one that is there: for files that can be made again.
pub(crate) fn replace(path: &Path, bytes: &[u8], access: Access) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    write(path, options, bytes, access)
}

fn write(path: &Path, mut options: OpenOptions, bytes: &[u8], access: Access) -> Result<(), CliError> {
    #[cfg(unix)]
    if access == Access::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CliError::Exists(path.to_owned()),
        _ => CliError::Write { path: path.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_named_with_its_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        create(&path, &[0; 11], Access::All).unwrap();
        assert_eq!(read(&path, "thing", 11).unwrap().len(), 11);
        let error = read(&path, "thing", 10).unwrap_err().to_string();
        assert!(error.contains("11 bytes") && error.contains("at most 10"), "{error}");
    }

    #[test]
    fn a_file_that_exists_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        create(&path, b"first", Access::Owner).unwrap();
        assert!(matches!(create(&path, b"second", Access::Owner), Err(CliError::Exists(_))));
        assert_eq!(read(&path, "key", 100).unwrap(), b"first");
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        create(&path, b"secret", Access::Owner).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
