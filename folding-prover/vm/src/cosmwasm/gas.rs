//! What host calls cost beside the instructions of the contract: the runtime's schedule.

/// A frame.
pub(super) const FRAME: u64 = 50_000;
/// Any host call.
pub(super) const CALL: u64 = 500;
/// A byte that crosses between guest and host.
pub(super) const BYTE: u64 = 2;
/// A read or an item of a scan.
pub(super) const READ: u64 = 100_000;
/// A write or a removal.
pub(super) const WRITE: u64 = 2_500_000;
/// An iterator.
pub(super) const SCAN: u64 = 20_000;
/// A byte read from state.
pub(super) const READ_BYTE: u64 = 10;
/// A byte written to state.
pub(super) const WRITE_BYTE: u64 = 600;
