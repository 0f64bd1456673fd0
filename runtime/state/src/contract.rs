use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::{Fr, Key};
use zeroize::Zeroize as _;

use crate::record::contract_key;
use crate::vault::{Stamp, Vault};

/// A key in plaintext: erased when dropped, never shown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlainKey(Vec<u8>);

impl PlainKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self(key.to_vec())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for PlainKey {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for PlainKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(..)")
    }
}

/// The newest stored version of a record: what is read must be exactly this.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) version: u64,
    pub(crate) stamp: Stamp,
}

/// A key of a contract's state.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) stored: Stored,
    pub(crate) leaf: u32,
    /// Whether it has a value; otherwise it was removed.
    pub(crate) live: bool,
}

/// A grant of a contract.
#[derive(Clone, Copy)]
pub(crate) struct GrantEntry {
    pub(crate) stored: Stored,
    pub(crate) leaf: u32,
    pub(crate) active: bool,
}

/// What the store keeps in memory of a contract, besides its trees: about 130 bytes a key and the key itself.
pub(crate) struct Contract {
    pub(crate) key: Key,
    pub(crate) vault: Vault,
    pub(crate) position: u32,
    /// Program commitment; the entry in the network has it in its binding.
    pub(crate) program: Fr,
    pub(crate) stored: Stored,
    /// Plaintext keys in order.
    pub(crate) index: BTreeMap<PlainKey, Entry>,
    pub(crate) grants: BTreeMap<GrantHash, GrantEntry>,
}

impl Contract {
    pub(crate) fn new(id: &ContractId, vault: Vault, position: u32, program: Fr, stored: Stored) -> Self {
        let (index, grants) = (BTreeMap::new(), BTreeMap::new());
        Self { key: contract_key(id), vault, position, program, stored, index, grants }
    }

    /// Blinded name of a state key's record. In the tree it is under [`Vault::state_key`].
    pub(crate) fn state_name(vault: &Vault, key: &[u8]) -> Key {
        vault.blind("state", key)
    }

    /// Blinded name of a grant's record.
    pub(crate) fn grant_name(vault: &Vault, grant: &GrantHash) -> Key {
        vault.blind("grant", grant.as_bytes())
    }
}

/// From `start` (inclusive) to `end` (exclusive); `None` if nothing lies between.
pub(crate) type Range<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

pub(crate) fn range<'a>(start: Option<&'a [u8]>, end: Option<&'a [u8]>) -> Option<Range<'a>> {
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        return None;
    }
    Some((start.map_or(Bound::Unbounded, Bound::Included), end.map_or(Bound::Unbounded, Bound::Excluded)))
}
