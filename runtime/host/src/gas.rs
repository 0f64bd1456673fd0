//! What things cost. One unit is about one WebAssembly instruction, a nanosecond on the machines this was measured on.
//!
//! Instructions cost what wasmtime's fuel says: one each, none for `nop`, `drop` and plain control flow, one per byte for
//! `memory.copy`, `memory.fill` and `memory.init`. Everything else is below. The schedule is part of what a receipt
//! means: a change of it is a new version of the runtime.

use wasmtime::OperatorCost;

/// Gas that one invocation may use, composed calls included, unless configured otherwise.
pub const DEFAULT_LIMIT: u64 = 2_000_000_000;

/// A frame: a fresh instance of a module.
pub(crate) const FRAME: u64 = 50_000;
/// Any host call.
pub(crate) const CALL: u64 = 500;
/// A byte that crosses between guest and host.
pub(crate) const BYTE: u64 = 2;
/// A read or an item of a scan: decryption, and one opening in the proof.
pub(crate) const READ: u64 = 100_000;
/// A write or a removal: encryption, and up to two paths of fourteen hashes each.
pub(crate) const WRITE: u64 = 2_500_000;
/// An iterator.
pub(crate) const SCAN: u64 = 20_000;
/// A byte read from state: its commitment is stored beside it.
pub(crate) const READ_BYTE: u64 = 10;
/// A byte written to state: its commitment is a Poseidon hash.
pub(crate) const WRITE_BYTE: u64 = 600;
/// A signature check, each of a batch.
pub(crate) const SIGNATURE: u64 = 100_000;
/// A public key recovered from a signature.
pub(crate) const RECOVER: u64 = 200_000;
/// A page (64 KiB) of memory that a guest asks for.
const PAGE: u8 = 250;

/// Costs of instructions.
pub(crate) fn operators() -> OperatorCost {
    let mut cost = OperatorCost::new();
    cost.variable.memory_grow_per_page = PAGE;
    cost
}

/// `per_item * items`, or the most that can be asked for.
pub(crate) fn times(per_item: u64, items: usize) -> u64 {
    u64::try_from(items).map_or(u64::MAX, |items| per_item.saturating_mul(items))
}
