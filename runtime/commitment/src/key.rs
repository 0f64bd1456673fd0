use std::fmt;

use crate::{Fr, from_bytes};

/// A key of an [`crate::IndexedTree`]: 31 bytes, read as a big-endian integer below 2^248, so that order can be
/// proven with 248 bits. Zero is the tree's own first leaf and never a caller's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key([u8; 31]);

impl Key {
    /// Length in bytes.
    pub const LEN: usize = 31;
    /// The first leaf of every tree, and the `next` of the last one.
    pub const ZERO: Self = Self([0; 31]);

    /// Wraps the bytes as they are.
    pub const fn new(bytes: [u8; 31]) -> Self {
        Self(bytes)
    }

    /// The first 31 of 32 bytes of a digest.
    pub const fn from_digest(digest: &[u8; 32]) -> Self {
        let (head, _) = digest.split_at(31);
        let mut bytes = [0; 31];
        bytes.copy_from_slice(head);
        Self(bytes)
    }

    /// The bytes, big-endian.
    pub const fn as_bytes(&self) -> &[u8; 31] {
        &self.0
    }

    /// The key as a field element.
    pub fn to_field(&self) -> Fr {
        let mut wide = [0; 32];
        wide[1..].copy_from_slice(&self.0);
        // 248 bits are always below the modulus of 254 bits.
        from_bytes(&wide).unwrap_or_default()
    }

    /// Reads a field element back; `None` from 2^248 on.
    pub fn from_field(value: &Fr) -> Option<Self> {
        let bytes = crate::to_bytes(value);
        let (high, low) = bytes.split_first()?;
        (*high == 0).then(|| low.try_into().ok().map(Self)).flatten()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:02x}{:02x}{:02x}{:02x}..)", self.0[0], self.0[1], self.0[2], self.0[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_survive_the_field_and_keep_their_order(a: [u8; 31], b: [u8; 31]) {
            let (x, y) = (Key::new(a), Key::new(b));
            prop_assert_eq!(Key::from_field(&x.to_field()), Some(x));
            prop_assert_eq!(x < y, x.to_field() < y.to_field());
        }
    }

    #[test]
    fn two_to_the_248_is_no_key() {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        assert_eq!(Key::from_field(&from_bytes(&bytes).unwrap()), None);
    }
}
