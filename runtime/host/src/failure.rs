use std::fmt;

use nectar_abi::limits::MAX_RESPONSE_BYTES;
use thiserror::Error;

/// Most reads, writes, removals, scanned items and queries of one invocation, composed calls included.
pub const MAX_STATE_OPERATIONS: usize = 4096;
/// Most bytes of keys and values that one invocation may read and write.
pub const MAX_STATE_BYTES: usize = 16 * 1024 * 1024;
/// Most iterators that one frame may open.
pub const MAX_ITERATORS: usize = 128;
/// Most frames on top of each other, the outermost included.
pub const MAX_DEPTH: usize = 4;
/// Native stack of one frame, in bytes.
pub const FRAME_STACK_BYTES: usize = 256 * 1024;

/// What a contract says of a failure. It may concern a patient: `Display` gives it to the caller, `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Words(pub(crate) String);

impl Words {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The text, for the caller only.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(..)")
    }
}

/// What the engine says of traps, in the order of their numbers in a proof.
pub(crate) mod traps {
    pub(crate) const UNREACHABLE: &str = "unreachable";
    pub(crate) const MEMORY: &str = "memory access out of bounds";
    pub(crate) const TABLE: &str = "table access out of bounds";
    pub(crate) const NULL: &str = "indirect call to null";
    pub(crate) const SIGNATURE: &str = "indirect call of another type";
    pub(crate) const OVERFLOW: &str = "integer overflow";
    pub(crate) const DIVISION: &str = "division by zero";
    pub(crate) const CONVERSION: &str = "conversion of a float that is no integer";

    pub(crate) const ALL: [&str; 8] =
        [UNREACHABLE, MEMORY, TABLE, NULL, SIGNATURE, OVERFLOW, DIVISION, CONVERSION];
    /// The place of what no proof covers.
    pub(crate) const UNPROVEN: u8 = 7;
}

/// How a contract failed: its own fault, and the same on every host. Its state is unchanged, the gas is spent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContractFailure {
    /// Out of gas.
    #[error("out of gas: the limit is {limit}")]
    OutOfGas {
        /// What the invocation had.
        limit: u64,
    },
    /// Recursion too deep for the fixed stack.
    #[error("stack overflow: a frame has {FRAME_STACK_BYTES} bytes of stack")]
    StackOverflow,
    /// Any other trap.
    #[error("the contract trapped: {0}")]
    Trap(&'static str),
    /// The contract aborted, with its words. They may concern a patient: for the caller only.
    #[error("the contract aborted: {0}")]
    Abort(Words),
    /// It lacks an entry point.
    #[error("the contract has no entry point `{0}`")]
    NoEntryPoint(&'static str),
    /// A region that is not one, or lies outside of memory.
    #[error("a region of the contract is invalid: {0}")]
    Region(&'static str),
    /// Something that a contract passed or returned is too long.
    #[error("{what}: {got} bytes, the limit is {limit}")]
    TooLong {
        /// What it was.
        what: &'static str,
        /// Its length.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// An empty value, which cannot be told from none.
    #[error("a value must not be empty: remove the key instead")]
    EmptyValue,
    /// A write in a query.
    #[error("a query must not write")]
    ReadOnly,
    /// Not an iterator of this frame.
    #[error("no such iterator")]
    NoIterator,
    /// An order that does not exist.
    #[error("a scan's order is 1 (ascending) or 2 (descending)")]
    Order,
    /// Too many iterators.
    #[error("a frame opens at most {MAX_ITERATORS} iterators")]
    TooManyIterators,
    /// Too many state operations.
    #[error("one invocation has at most {MAX_STATE_OPERATIONS} reads, writes, scanned items and queries")]
    TooManyOperations,
    /// Too many bytes of state.
    #[error("one invocation reads and writes at most {MAX_STATE_BYTES} bytes of state")]
    TooMuchState,
    /// Frames too deep.
    #[error("contracts query each other at most {MAX_DEPTH} deep")]
    TooDeep,
    /// The answer of the entry point is not what CosmWasm says.
    #[error("the contract's answer is not a ContractResult of the entry point's type")]
    Response,
    /// Submessages are not run yet.
    #[error(
        "the contract returned {0} messages, which this version does not run: use queries, or several invocations"
    )]
    Messages(usize),
}

impl ContractFailure {
    /// A stable name that says nothing of the contract's data, for metrics and the audit log.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OutOfGas { .. } => "out_of_gas",
            Self::StackOverflow => "stack_overflow",
            Self::Trap(_) => "trap",
            Self::Abort(_) => "abort",
            Self::NoEntryPoint(_) => "no_entry_point",
            Self::Region(_) => "region",
            Self::TooLong { .. } => "too_long",
            Self::EmptyValue => "empty_value",
            Self::ReadOnly => "read_only",
            Self::NoIterator => "no_iterator",
            Self::Order => "order",
            Self::TooManyIterators => "too_many_iterators",
            Self::TooManyOperations => "too_many_operations",
            Self::TooMuchState => "too_much_state",
            Self::TooDeep => "too_deep",
            Self::Response => "response",
            Self::Messages(_) => "messages",
        }
    }

    /// What the log says of it: the number of the trap that a proof would show, and one (`nectar_vm::Trap`). What the machine has no
    /// trap of its own for is a host call against the rules.
    pub(crate) fn code_of_end(&self) -> u8 {
        let trap = match self {
            Self::Trap(text) => {
                traps::ALL.iter().position(|trap| trap == text).and_then(|at| u8::try_from(at).ok())
            }
            Self::StackOverflow => Some(7),
            Self::OutOfGas { .. } => Some(8),
            Self::Abort(_) => Some(10),
            _ => None,
        };
        trap.filter(|trap| *trap != traps::UNPROVEN).unwrap_or(9) + 1
    }

    pub(crate) fn response(got: usize) -> Self {
        Self::TooLong { what: "response", got, limit: MAX_RESPONSE_BYTES }
    }
}
