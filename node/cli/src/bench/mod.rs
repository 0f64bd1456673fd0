//! What proving and settling cost, measured on calls of contracts and on synthetic batches.

mod apart;
mod batch;
mod execution;
mod hosted;
mod l1;
mod prepared;
mod prove;
mod state;
mod verification;
mod workload;

pub(crate) use batch::MIN_OPERATIONS;
pub(crate) use l1::measure_l1;
pub(crate) use prove::measure_execution;
pub(crate) use state::measure_state;
pub(crate) use workload::{MAX_INSTRUCTIONS, Workload};
