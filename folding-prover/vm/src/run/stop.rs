use thiserror::Error;

use crate::{Trap, Unprovable};

/// Why a run ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Stop {
    /// An outcome that can be proven: the run ended here.
    #[error("trap: {0}")]
    Trap(Trap),
    /// The run reached an instruction that no proof covers.
    #[error("row {row} is not provable: {kind}")]
    Unprovable {
        /// What it is.
        kind: Unprovable,
        /// Where it stands ([`crate::Program::function_at`] names its function).
        row: u32,
    },
    /// The host refused a word, or had none.
    #[error(transparent)]
    Host(#[from] Refused),
    /// Rows that cost nothing go round in circles; no lowering makes such, so this is no outcome of a contract.
    #[error("the run takes more than {limit} rows: give it a larger limit, or less to do")]
    TooManyRows {
        /// [`super::Limits::rows`]
        limit: u64,
    },
}

/// The host does not take this word, or has none to give: the run is not the one that the host expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the host takes no word, or gives none, at this point of the run")]
pub struct Refused;

/// What is outside of a machine.
pub trait Host {
    /// Takes the next word that leaves the machine.
    ///
    /// # Errors
    /// [`Refused`] ends the run.
    fn emit(&mut self, word: u64) -> Result<(), Refused>;

    /// Gives the next word that comes in.
    ///
    /// # Errors
    /// [`Refused`] ends the run.
    fn advise(&mut self) -> Result<u64, Refused>;
}

/// Nothing is outside.
impl Host for () {
    fn emit(&mut self, _: u64) -> Result<(), Refused> {
        Err(Refused)
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        Err(Refused)
    }
}
