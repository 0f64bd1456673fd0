use ff::Field;

use crate::tree::root_from;
use crate::{DEPTH, Fr, Leaf, Siblings, from_bytes, to_bytes};

/// Which root an operation reads and changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TreeKind {
    /// Contracts of the network, by pseudonym.
    Network = 1,
    /// Key-value state of the open contract, by blinded key.
    State = 2,
    /// Grants of the open contract, by grant key.
    Grants = 3,
    /// Receipts of the batch, by position.
    Receipts = 4,
}

/// What one opening does. Numbers are part of the proof's meaning and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Op {
    /// Padding: changes nothing.
    Nop = 0,
    /// Opens a contract: its roots become the current ones.
    Open = 1,
    /// Closes the open contract: its current roots go back into the network, under a fresh salt.
    Close = 2,
    /// Creates a contract, first half: the contract before it names it.
    LinkContract = 3,
    /// Creates a contract, second half: an empty one.
    AppendContract = 4,
    /// Reads a key that has a leaf.
    Read = 5,
    /// Reads a key that has no leaf.
    Absent = 6,
    /// Writes a key that has a leaf.
    Write = 7,
    /// Writes a new key, first half.
    Link = 8,
    /// Writes a new key, second half.
    Append = 9,
    /// Uses a grant: its leaf is there and not revoked.
    Grant = 10,
    /// Changes a registered grant; zero revokes it.
    WriteGrant = 11,
    /// Registers a grant, first half.
    LinkGrant = 12,
    /// Registers a grant, second half.
    AppendGrant = 13,
    /// Ends an invocation: its receipt is the next leaf.
    Receipt = 14,
    /// Says that a run of the open contract's program took place: changes the log alone.
    Run = 15,
    /// The same of a run that failed, and takes the whole invocation back: the network is as it was when the invocation began, and
    /// no contract is open.
    Fail = 16,
}

impl Op {
    /// Every operation, in order of its number.
    pub const ALL: [Self; 17] = [
        Self::Nop,
        Self::Open,
        Self::Close,
        Self::LinkContract,
        Self::AppendContract,
        Self::Read,
        Self::Absent,
        Self::Write,
        Self::Link,
        Self::Append,
        Self::Grant,
        Self::WriteGrant,
        Self::LinkGrant,
        Self::AppendGrant,
        Self::Receipt,
        Self::Run,
        Self::Fail,
    ];

    /// The number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The operation with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The tree it works on; `None` for [`Op::Nop`], [`Op::Run`] and [`Op::Fail`], which open none.
    pub const fn tree(self) -> Option<TreeKind> {
        match self {
            Self::Nop | Self::Run | Self::Fail => None,
            Self::Open | Self::Close | Self::LinkContract | Self::AppendContract => Some(TreeKind::Network),
            Self::Read | Self::Absent | Self::Write | Self::Link | Self::Append => Some(TreeKind::State),
            Self::Grant | Self::WriteGrant | Self::LinkGrant | Self::AppendGrant => Some(TreeKind::Grants),
            Self::Receipt => Some(TreeKind::Receipts),
        }
    }

    /// What the host-call log says of it; zero if nothing. A contract cannot tell a new key from an old one, so the
    /// log does not either.
    pub const fn log_code(self) -> u64 {
        match self {
            Self::Nop | Self::LinkContract | Self::Link | Self::LinkGrant | Self::Receipt => 0,
            Self::Open => 1,
            Self::Close => 2,
            Self::AppendContract => 3,
            Self::Read | Self::Absent => 4,
            Self::Write | Self::Append => 5,
            Self::Grant => 6,
            Self::WriteGrant | Self::AppendGrant => 7,
            Self::Run => 8,
            Self::Fail => 9,
        }
    }

    /// First half of an insertion.
    pub const fn links(self) -> bool {
        matches!(self, Self::LinkContract | Self::Link | Self::LinkGrant)
    }

    /// Second half of an insertion.
    pub const fn appends(self) -> bool {
        matches!(self, Self::AppendContract | Self::Append | Self::AppendGrant)
    }
}

/// One operation with the opening that proves it: private, input of a proof.
///
/// `payload` depends on the operation:
///
/// | operation | payload |
/// |---|---|
/// | `Open` | state root, grants root, binding, salt |
/// | `Close` | 0, 0, 0, fresh salt |
/// | `AppendContract` | 0, 0, binding, salt |
/// | `Grant` | salt, 0, 0, 0 |
/// | `Receipt` | body, 0, 0, 0 |
/// | others | zeros |
#[derive(Clone, PartialEq, Eq)]
pub struct Slot {
    /// The operation.
    pub op: Op,
    /// The key it is about; what a run was given.
    pub key: Fr,
    /// The value read or written; zero for "nothing there". How a run ended.
    pub value: Fr,
    /// Position of the opened leaf.
    pub index: u32,
    /// The leaf before the operation; all zero where a leaf is appended.
    pub old: Leaf,
    /// The path from that leaf to the root.
    pub siblings: Siblings,
    /// See above.
    pub payload: [Fr; 4],
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").field("op", &self.op).finish_non_exhaustive()
    }
}

impl Slot {
    /// Length of [`Self::encode`]: 5 bytes of operation and index, 9 elements and the path.
    pub const ENCODED_LEN: usize = 5 + 32 * (9 + 3 * DEPTH);

    /// Padding.
    pub fn nop() -> Self {
        Self::new(Op::Nop)
    }

    pub(crate) fn new(op: Op) -> Self {
        Self {
            op,
            key: Fr::ZERO,
            value: Fr::ZERO,
            index: 0,
            old: Leaf::default(),
            siblings: [[Fr::ZERO; 3]; DEPTH],
            payload: [Fr::ZERO; 4],
        }
    }

    /// The leaf after the operation. Meaningless for [`Op::Receipt`], whose leaf is a receipt.
    pub fn new_leaf(&self, pending_next: Fr) -> Leaf {
        match self.op {
            op if op.links() => Leaf { next: self.key, ..self.old },
            op if op.appends() => Leaf { key: self.key, next: pending_next, value: self.value },
            Op::Close | Op::Write | Op::WriteGrant => Leaf { value: self.value, ..self.old },
            _ => self.old,
        }
    }

    /// The value that the log says: of an opened contract its binding, which outlives its salts.
    pub fn logged_value(&self) -> Fr {
        let [_, _, binding, _] = self.payload;
        if self.op == Op::Open { binding } else { self.value }
    }

    /// The root that a leaf hash at this slot's place leads to.
    pub fn root_of(&self, leaf: Fr) -> Fr {
        root_from(leaf, self.index, &self.siblings)
    }

    /// Fixed-length bytes: operation (1), index (4, big-endian), then elements of 32 bytes each, big-endian: key, value,
    /// old key, old next, old value, payload, siblings from the leaf up.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(Self::ENCODED_LEN);
        out.push(self.op.number());
        out.extend(self.index.to_be_bytes());
        let head = [self.key, self.value, self.old.key, self.old.next, self.old.value];
        head.iter()
            .chain(&self.payload)
            .chain(self.siblings.iter().flatten())
            .for_each(|e| out.extend(to_bytes(e)));
        out
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::ENCODED_LEN {
            return None;
        }
        let (head, elements) = bytes.split_at_checked(5)?;
        let (op, index) = head.split_first()?;
        let mut elements = elements.chunks_exact(32).map(|chunk| from_bytes(chunk.try_into().ok()?));
        let mut next = || elements.next().flatten();
        let mut slot = Self::new(Op::from_number(*op)?);
        slot.index = u32::from_be_bytes(index.try_into().ok()?);
        (slot.key, slot.value) = (next()?, next()?);
        slot.old = Leaf { key: next()?, next: next()?, value: next()? };
        for element in slot.payload.iter_mut().chain(slot.siblings.iter_mut().flatten()) {
            *element = next()?;
        }
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn garbage_of_the_right_length_is_refused_or_canonical(mut bytes in proptest::collection::vec(any::<u8>(), Slot::ENCODED_LEN), op in 0u8..22) {
            bytes[0] = op;
            for chunk in bytes[5..].chunks_mut(32) {
                chunk[0] &= 0x3f;
            }
            if let Some(slot) = Slot::decode(&bytes) {
                prop_assert_eq!(slot.encode(), bytes);
            }
        }
    }

    #[test]
    fn other_lengths_and_operations_are_refused() {
        let good = Slot::nop().encode();
        assert_eq!(Slot::decode(&good), Some(Slot::nop()));
        assert_eq!(Slot::decode(&good[1..]), None);
        assert_eq!(Slot::decode(&[good.as_slice(), &[0]].concat()), None);
        let mut unknown = good;
        unknown[0] = 17;
        assert_eq!(Slot::decode(&unknown), None);
    }
}
