use thiserror::Error;

use crate::TooManyRows;

/// Why a module is not lowered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LowerError {
    /// Too many bytes.
    #[error("the module has {got} bytes, the limit is {limit}: strip it, or run wasm-opt -Oz")]
    TooLarge {
        /// Bytes given.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not valid WebAssembly with the features that are allowed here.
    #[error("not a valid module: {reason} (at byte {offset})")]
    Invalid {
        /// What the validator says.
        reason: String,
        /// Where.
        offset: usize,
    },
    /// More of something than the machine has room for.
    #[error("{place} has {got} {what}, the limit is {limit}: split it up")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The function, or `the module`.
        place: String,
        /// How many it has.
        got: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// Something that no program can do.
    #[error("{place} has {what}, which cannot be lowered: {instead}")]
    Unsupported {
        /// What it is.
        what: String,
        /// The function, or `the module`.
        place: String,
        /// The way out.
        instead: &'static str,
    },
    /// A segment that does not fit: the module could not be instantiated.
    #[error("{what} segment {number} lies outside of what it fills")]
    Segment {
        /// `data` or `element`.
        what: &'static str,
        /// Which.
        number: u32,
    },
    /// An import that the linkage does not have, or not with this type.
    #[error("the import `{module}.{name}` is not available here, or has the wrong type")]
    Import {
        /// The module that it names.
        module: String,
        /// Its name.
        name: String,
    },
    /// A function that the linkage needs is not exported, or not with its type.
    #[error("the export `{0}` is missing or has the wrong type")]
    Export(String),
    /// More rows than a program may have.
    #[error(
        "the program has more than {limit} rows: leave out code that is never called, or run wasm-opt -Oz"
    )]
    TooManyRows {
        /// Rows allowed.
        limit: usize,
    },
}

impl From<TooManyRows> for LowerError {
    fn from(_: TooManyRows) -> Self {
        Self::TooManyRows { limit: crate::MAX_ROWS }
    }
}

impl From<wasmparser::Error> for LowerError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid { reason: clip(error.message()), offset: error.offset() }
    }
}

pub(super) fn at_most(what: &'static str, place: &str, got: u64, limit: u64) -> Result<(), LowerError> {
    if got > limit {
        return Err(LowerError::TooMany { what, place: place.to_owned(), got, limit });
    }
    Ok(())
}

/// Names and messages come from the module: what is repeated of them is short and printable.
pub(super) fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}
