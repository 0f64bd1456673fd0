use std::fmt;

use nectar_abi::CodeHash;
use nectar_commitment::{EntryPoint, Fr, hash_bytes};
use nectar_trace::{HostCall, QueryAnswer};
use thiserror::Error;

use crate::error::HostError;

/// The machine on which runs are proven, as the runtime needs it: what a module is called there, and whether a run comes to the
/// same there as here. A node that proves execution implements it; without one, nothing is known of programs but their modules.
pub trait Programs: fmt::Debug + Send + Sync {
    /// The commitment to the program that a module becomes.
    ///
    /// # Errors
    /// [`NotProvable::Module`]
    fn commitment(&self, code: &CodeHash, module: &[u8]) -> Result<Fr, NotProvable>;

    /// Runs a program once more, with the same inputs and answers.
    ///
    /// # Errors
    /// [`NotProvable`], if it reaches what no proof covers or asks for something else than here.
    fn rehearse(&self, rehearsal: &Rehearsal<'_>) -> Result<Rehearsed, NotProvable>;

    /// Most that all runs of one invocation may [take](Rehearsed::chunks) together.
    fn most_chunks(&self) -> u64;
}

/// A run that took place, to be repeated: private.
pub struct Rehearsal<'a> {
    /// Its module.
    pub code: &'a CodeHash,
    /// The module's bytes, for who does not have its program at hand.
    pub module: &'a dyn Fn() -> Result<Vec<u8>, HostError>,
    /// Where it began.
    pub entry: EntryPoint,
    /// Its arguments in order.
    pub inputs: &'a [Vec<u8>],
    /// What it may cost.
    pub limit: u64,
    /// What it asked of its state, with the answers.
    pub calls: &'a [&'a HostCall],
    /// What its queries were answered.
    pub answers: &'a [QueryAnswer],
}

impl fmt::Debug for Rehearsal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal")
            .field("entry", &self.entry)
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}

/// How the repeated run ended: private.
#[derive(Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// 0 if it came to its end, else the trap's number and one.
    pub trap: u8,
    /// What it cost.
    pub gas: u64,
    /// The response, or the text of an abort; nothing after another trap.
    pub said: Option<Vec<u8>>,
    /// Chunks that a proof of it takes, at most.
    pub chunks: u64,
}

impl fmt::Debug for Rehearsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsed").field("trap", &self.trap).finish_non_exhaustive()
    }
}

/// Why no proof of a module's runs, or of a run, can be made. Says nothing of a contract's data.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotProvable {
    /// The module does not become a program.
    #[error("the module cannot be proven: {0}")]
    Module(String),
    /// The run reaches something that no proof covers.
    #[error(
        "the run cannot be proven: `{function}` has {what}; do without it, or use a network without execution proofs"
    )]
    Reached {
        /// Where, as far as the module has names.
        function: String,
        /// What.
        what: String,
    },
    /// The run does something else on the machine. Limits of the runtime that the machine does not have come to this, too.
    #[error("the run cannot be proven: on the machine its {0} differs")]
    Differs(&'static str),
    /// Too many steps.
    #[error("the run cannot be proven: it takes more than {limit} steps; do less in one call")]
    TooLong {
        /// The limit.
        limit: u64,
    },
    /// Too much of one thing or of another: steps of some kind, memory, state, or program.
    #[error(
        "the call cannot be proven: it may take {got} chunks of a proof, and a transaction has room for {limit}; do less in one call"
    )]
    TooLarge {
        /// How many.
        got: u64,
        /// The limit.
        limit: u64,
    },
    /// The module's bytes are not at hand.
    #[error("the run cannot be proven: its module cannot be read")]
    NoModule,
}

/// What the network's tree says of a contract's program where nothing is known of programs: the module's hash as an element.
pub fn program_commitment(code: &CodeHash) -> Fr {
    hash_bytes(code.as_bytes())
}
