use nectar_commitment::{ARITY, DEPTH, Fr, Leaf, Op, Slot, from_bytes, to_bytes};

use crate::codec::CodecError;
use crate::receipt::Receipt;

/// Shows that a receipt is in a batch: its position and the path to the receipts root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Position in the batch.
    pub index: u32,
    /// The other children at each level, from the leaf up.
    pub siblings: [[Fr; ARITY - 1]; DEPTH],
}

impl Inclusion {
    /// Length of [`Self::encode`].
    pub const ENCODED_LEN: usize = 4 + 32 * (ARITY - 1) * DEPTH;

    /// The receipts root that this receipt leads to; compare it with the one on L1.
    pub fn root(&self, receipt: &Receipt) -> Fr {
        let slot = Slot {
            op: Op::Receipt,
            index: self.index,
            siblings: self.siblings,
            old: Leaf::default(),
            ..Slot::nop()
        };
        slot.root_of(receipt.leaf())
    }

    /// Index (4 bytes, big-endian), then siblings of 32 bytes each.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.index.to_be_bytes().to_vec();
        self.siblings.iter().flatten().for_each(|e| out.extend(to_bytes(e)));
        out
    }

    /// Reads [`Self::encode`]d bytes.
    ///
    /// # Errors
    /// [`CodecError::Malformed`]
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let malformed = CodecError::Malformed("inclusion");
        let (index, path) = bytes.split_at_checked(4).ok_or(malformed)?;
        if path.len() != Self::ENCODED_LEN - 4 {
            return Err(malformed);
        }
        let index = u32::from_be_bytes(index.try_into().map_err(|_| malformed)?);
        if u64::from(index) >= 1 << (2 * DEPTH) {
            return Err(malformed);
        }
        let mut siblings = [[Fr::default(); ARITY - 1]; DEPTH];
        for (element, chunk) in siblings.iter_mut().flatten().zip(path.chunks_exact(32)) {
            *element = chunk.try_into().ok().and_then(from_bytes).ok_or(malformed)?;
        }
        Ok(Self { index, siblings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nectar_commitment::ReceiptTree;
    use proptest::prelude::*;

    #[test]
    fn a_receipt_leads_to_its_root_and_another_does_not() {
        let mut tree = ReceiptTree::default();
        let receipts: Vec<_> = (0..6).map(crate::receipt::tests::sample).collect();
        for r in &receipts {
            tree.append(r.log, r.body(), r.auth).unwrap();
        }
        for (i, receipt) in receipts.iter().enumerate() {
            let inclusion = Inclusion { index: u32::try_from(i).unwrap(), siblings: tree.siblings(i) };
            assert_eq!(inclusion.root(receipt), tree.root());
            assert_ne!(inclusion.root(&receipts[(i + 1) % 6]), tree.root());
            assert_eq!(Inclusion::decode(&inclusion.encode()), Ok(inclusion));
        }
    }

    proptest! {
        #[test]
        fn garbage_is_no_inclusion(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Inclusion::decode(&bytes).is_err());
        }
    }
}
