use thiserror::Error;

/// Why a run ended before its result. The numbers stand in programs ([`crate::Op::Trap`]) and in what a proof says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[repr(u8)]
pub enum Trap {
    /// `unreachable`, or a row that is none.
    #[error("unreachable")]
    Unreachable = 0,
    /// An access that is not wholly within memory.
    #[error("memory access out of bounds")]
    MemoryOutOfBounds = 1,
    /// No such element of the table.
    #[error("table access out of bounds")]
    TableOutOfBounds = 2,
    /// An empty element of the table was called.
    #[error("indirect call to null")]
    IndirectCallToNull = 3,
    /// A function of another type was called.
    #[error("indirect call of another type")]
    BadSignature = 4,
    /// A quotient that does not fit.
    #[error("integer overflow")]
    IntegerOverflow = 5,
    /// Division by zero.
    #[error("division by zero")]
    DivisionByZero = 6,
    /// Calls too deep.
    #[error("calls too deep")]
    StackOverflow = 7,
    /// The run costs more than its limit.
    #[error("out of gas")]
    OutOfGas = 8,
    /// The guest asked the host for something against the rules of the interface.
    #[error("a host call against its rules")]
    HostCall = 9,
    /// The guest called `abort`.
    #[error("aborted")]
    Abort = 10,
}

impl Trap {
    /// The trap with this number.
    pub fn from_number(number: u64) -> Option<Self> {
        use Trap::{
            Abort, BadSignature, DivisionByZero, HostCall, IndirectCallToNull, IntegerOverflow,
            MemoryOutOfBounds, OutOfGas, StackOverflow, TableOutOfBounds, Unreachable,
        };
        let all = [
            Unreachable,
            MemoryOutOfBounds,
            TableOutOfBounds,
            IndirectCallToNull,
            BadSignature,
            IntegerOverflow,
            DivisionByZero,
            StackOverflow,
            OutOfGas,
            HostCall,
            Abort,
        ];
        all.into_iter().find(|trap| *trap as u64 == number)
    }
}

/// What no proof covers yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
#[repr(u8)]
pub enum Unprovable {
    /// Arithmetic on floating-point numbers.
    #[error("floating-point arithmetic")]
    Float = 1,
    /// An import whose answer the proof cannot check.
    #[error("a host call that is not proven")]
    Import = 2,
    /// A host call from within another one: from the contract's `allocate`, while it runs for the host.
    #[error("a host call from within `allocate`")]
    Reentry = 3,
}

impl Unprovable {
    /// The kind with this number.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::Float, Self::Import, Self::Reentry].into_iter().find(|kind| *kind as u64 == number)
    }
}
