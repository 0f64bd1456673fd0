//! The runtime with real contracts, hostile modules, faults and garbage. Every world that a test leaves behind is proven
//! natively: see `World::prove`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test whose setting up fails has failed")]

mod faults;
mod garbage;
mod hostile;
mod log;
mod modules;
mod queries;
mod records;
mod refusals;
mod runs;
mod support;
mod told;
mod wat;
