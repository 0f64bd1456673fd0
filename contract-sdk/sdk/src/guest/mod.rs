//! Between host and contract: what `cosmwasm_std` keeps to itself, for entry points that [`crate::entry_point`] exports.
//!
//! The interface is CosmWasm's, unchanged: the same imports, regions and JSON. The host is trusted as far as contracts trust it
//! anywhere: a region that it returns was had from `allocate`.

mod api;
mod copy;
mod entry;
mod querier;
mod region;
mod storage;

#[cfg(feature = "allocator")]
mod memory;

pub use entry::{do_execute, do_instantiate, do_query};
