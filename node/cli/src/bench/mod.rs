//! What proving and settling cost, measured on synthetic batches.

mod batch;
mod l1;
mod prove;

pub(crate) use batch::MIN_OPERATIONS;
pub(crate) use l1::measure_l1;
pub(crate) use prove::measure_proving;
