//! How often what is in the tables was looked up.

use super::program::OPERATIONS;

/// Bits of what the table of limbs has.
pub(crate) const LIMB_BITS: u32 = 12;
/// Greatest exponent in the table of powers.
const MAX_EXPONENT: u64 = 64;

/// How often each entry was looked up.
#[derive(Debug)]
pub(crate) struct Counts {
    pub(super) limbs: Vec<u64>,
    pub(super) ands: Vec<u64>,
    pub(super) powers: Vec<u64>,
    pub(super) operations: Vec<u64>,
}

impl Default for Counts {
    fn default() -> Self {
        let zeros = |entries: u64| (0..entries).map(|_| 0).collect();
        Self {
            limbs: zeros(1 << LIMB_BITS),
            ands: zeros(1 << 12),
            powers: zeros(MAX_EXPONENT + 1),
            operations: zeros(OPERATIONS.len() as u64),
        }
    }
}

/// One more of an entry.
pub(super) fn count(counts: &mut [u64], entry: u64) {
    if let Some(count) = usize::try_from(entry).ok().and_then(|at| counts.get_mut(at)) {
        *count += 1;
    }
}
