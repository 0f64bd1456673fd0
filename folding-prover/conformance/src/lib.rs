//! Does the machine do what WebAssembly says? Runs script files (`.wast`) of assertions, of which the official test
//! suite is made, through `nectar_vm`'s lowering and machine.
//!
//! | I want | use |
//! |---|---|
//! | to run all script files in a folder | [`run_directory`] |
//! | to run one | [`run_script`] |
//! | to know what came of it | [`Report`], [`FileReport`] |
//!
//! A module that the lowering refuses by name, or a call that reaches something that no proof covers, is skipped and
//! never counted as passed. The crate's tests compare the machine with wasmtime, too.
#![forbid(unsafe_code)]

mod error;
mod instance;
mod linkage;
mod module;
mod report;
mod script;
mod value;
mod verdict;

pub use error::ScriptError;
pub use linkage::Scripted;
pub use report::{Failure, FileReport, Report, run_directory};
pub use script::run_script;
