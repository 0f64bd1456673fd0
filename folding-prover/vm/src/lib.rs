//! Contracts as register programs, so that their execution can be proven.
//!
//! | I want | use |
//! |---|---|
//! | what a machine does | [`Op`], [`Row`], [`Trap`] |
//! | a program, and what a proof names it by | [`Program`], [`Program::commitment`] |
//! | what that name is made of, to open it | [`Committed`] |
//! | a program from a WebAssembly module | [`lower`], with a [`Linkage`]: [`Plain`] for tests |
//! | to lower and run CosmWasm contracts | [`cosmwasm::CosmWasm`], [`cosmwasm::MemoryHost`] |
//! | to know what of a program no proof covers | [`Program::unproven`] |
//! | to write rows by hand | [`Assembler`] |
//! | to run a program, and see each step | [`Machine`], [`Host`], [`Tracer`], [`Step`] |
//! | to know which function costs what | [`Profile`] |
//!
//! `DESIGN.md` beside this crate says why the machine is as it is.
#![forbid(unsafe_code)]

mod assembler;
mod committed;
#[cfg(feature = "lower")]
pub mod cosmwasm;
#[cfg(feature = "lower")]
mod lower;
mod op;
mod program;
mod reach;
mod row;
mod run;
mod trap;

pub use assembler::{Assembler, Label, TooManyRows};
pub use committed::Committed;
#[cfg(feature = "lower")]
pub use lower::{Exported, Exports, Import, Linkage, LowerError, Plain, lower};
pub use op::Op;
pub use program::{DataImage, Element, Function, MAX_ROWS, Program, WORD_BYTES};
pub use reach::Unproven;
pub use row::Row;
pub use run::{
    End, FunctionCost, Host, Limits, MAX_GLOBALS, MAX_PAGES, Machine, Outside, PAGE_BYTES, PathCost, Profile,
    Refused, Step, Stop, Tracer, WordAccess,
};
pub use trap::{Trap, Unprovable};
