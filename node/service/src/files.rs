//! Files of the data directory: held by one process, written all or nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the data directory cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Another process has it.
    #[error("{0} is used by another process: stop that node, or set another data_dir")]
    InUse(PathBuf),
    /// The file system refuses.
    #[error("{path}: {source}")]
    Io {
        /// Which file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> DirectoryError + '_ {
    move |source| DirectoryError::Io { path: path.to_path_buf(), source }
}

/// The data directory, locked for as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the directory if needed, closed to other users, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self, DirectoryError> {
        create_private(path)?;
        let file = path.join("lock");
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(&file).map_err(at(&file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_path_buf(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DirectoryError::InUse(path.to_path_buf())),
            Err(TryLockError::Error(source)) => Err(at(&file)(source)),
        }
    }

    /// A directory inside, created if needed.
    pub(crate) fn sub(&self, name: &str) -> Result<PathBuf, DirectoryError> {
        let path = self.path.join(name);
        create_private(&path)?;
        Ok(path)
    }
}

fn create_private(path: &Path) -> Result<(), DirectoryError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(at(path))?;
    path.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), |p| sync_dir(p).map_err(at(p)))
}

fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Replaces a file: after a crash there is the old one or the new one, whole. Durable when this returns.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), DirectoryError> {
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync_dir(path.parent().unwrap_or(Path::new(".")))
    };
    write().map_err(at(path))
}

/// Reads a file of at most `limit` bytes; `None` if there is none.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, DirectoryError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(at(path))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(at(path)(io::Error::other(format!("longer than {limit} bytes"))));
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_belongs_to_one() {
        let dir = tempfile::tempdir().unwrap();
        let held = DataDir::open(&dir.path().join("node")).unwrap();
        assert!(matches!(DataDir::open(&dir.path().join("node")), Err(DirectoryError::InUse(_))));
        drop(held);
        DataDir::open(&dir.path().join("node")).unwrap();
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_read_with_a_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.proof");
        assert!(read_bounded(&path, 10).unwrap().is_none());
        write_atomically(&path, b"first").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(read_bounded(&path, 6).unwrap().unwrap(), b"second");
        assert!(read_bounded(&path, 5).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file stays");
    }
}
