use std::path::PathBuf;

use thiserror::Error;

/// Script files that cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// The file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Nothing to run.
    #[error("there are no .wast files in {}: name a folder of script files, or a script file", path.display())]
    NoScripts {
        /// Where they were looked for.
        path: PathBuf,
    },
}
