//! Runs from start to end, the logs that they leave entries in, and the receipts that have the logs.
//!
//! A run's slot ties everything of one run together: program, entry, inputs, the first and the last state, gas, what it said at its end, and
//! its own entry in the log. Log slots walk through a receipt's log and receive each entry from the run that made it.

mod end;
mod inputs;
mod log;
mod receipt;
mod run;

pub(crate) use end::{End, SpecialCells};
pub(crate) use inputs::Inputs;
pub(crate) use log::LogEntry;
pub(crate) use log::log;
pub(crate) use receipt::Receipt;
pub(crate) use receipt::receipt;
pub(crate) use run::run;
pub(crate) use run::{Program, Run};
