//! The runtime with real contracts, hostile modules, faults and garbage. Every world that a test leaves behind is proven
//! natively: see `World::prove`.

mod faults;
mod garbage;
mod hostile;
mod log;
mod modules;
mod queries;
mod records;
mod refusals;
mod support;
mod wat;
