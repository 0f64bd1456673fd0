use std::collections::BTreeMap;
use std::ops::Bound;

use ff::Field;
use thiserror::Error;

use crate::tree::CAPACITY;
use crate::tree::{Siblings, Tree};
use crate::{Domain, Fr, Key, hash4};

/// A leaf of an [`IndexedTree`]: a key, the next larger key (zero for the last), and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leaf {
    /// The key as a field element, below 2^248.
    pub key: Fr,
    /// The next larger key in the tree; zero if there is none.
    pub next: Fr,
    /// The committed value; zero where nothing is stored any more.
    pub value: Fr,
}

impl Leaf {
    /// `Poseidon(Leaf, key, next, value, 0)`
    pub fn hash(&self) -> Fr {
        hash4(Domain::Leaf, [self.key, self.next, self.value, Fr::ZERO])
    }
}

/// Why a tree cannot do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The key is there already.
    #[error("the key is in the tree already")]
    Present,
    /// The key is not there.
    #[error("the key is not in the tree")]
    Absent,
    /// Zero is the tree's own first leaf.
    #[error("zero is not a key")]
    ZeroKey,
    /// All leaves are used.
    #[error("the tree is full: it holds {CAPACITY} leaves")]
    Full,
}

/// An indexed Merkle tree (the ordered linked list of eprint 2021/1263, section 4): leaves in order of insertion, each
/// naming the next larger key, so that one opened leaf proves a key absent. A removed key keeps its leaf, with value zero.
#[derive(Debug, Clone)]
pub struct IndexedTree {
    tree: Tree,
    values: Vec<(Key, Fr)>,
    order: BTreeMap<Key, u32>,
}

impl Default for IndexedTree {
    fn default() -> Self {
        let mut empty = Self {
            tree: Tree::default(),
            values: vec![(Key::ZERO, Fr::ZERO)],
            order: BTreeMap::from([(Key::ZERO, 0)]),
        };
        empty.rehash(0);
        empty
    }
}

impl IndexedTree {
    /// Rebuilds a tree from its keys and values in order of insertion, the first leaf left out.
    ///
    /// # Errors
    /// [`TreeError::Present`] or [`TreeError::ZeroKey`] if the list is none that insertions could have made,
    /// [`TreeError::Full`] if it is too long.
    pub fn from_leaves(leaves: impl IntoIterator<Item = (Key, Fr)>) -> Result<Self, TreeError> {
        let mut values = vec![(Key::ZERO, Fr::ZERO)];
        let mut order = BTreeMap::from([(Key::ZERO, 0)]);
        for (key, value) in leaves {
            if key == Key::ZERO {
                return Err(TreeError::ZeroKey);
            }
            let index = next_index(values.len())?;
            if order.insert(key, index).is_some() {
                return Err(TreeError::Present);
            }
            values.push((key, value));
        }
        let mut built = Self { tree: Tree::default(), values, order };
        let hashes = (0..built.values.len()).map(|i| built.leaf_at(i).hash()).collect();
        built.tree = Tree::from_leaves(hashes);
        Ok(built)
    }

    /// The root of a tree in which nothing was inserted yet.
    pub fn empty_root() -> Fr {
        static ROOT: std::sync::OnceLock<Fr> = std::sync::OnceLock::new();
        *ROOT.get_or_init(|| Self::default().root())
    }

    /// The root.
    pub fn root(&self) -> Fr {
        self.tree.root()
    }

    /// Leaves, the first one included.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was inserted yet.
    pub fn is_empty(&self) -> bool {
        self.values.len() == 1
    }

    /// The value of a key; `None` if the key was never inserted, zero if it was removed.
    pub fn value(&self, key: &Key) -> Option<Fr> {
        let index = *self.order.get(key)?;
        self.values.get(index as usize).map(|(_, value)| *value)
    }

    /// Keys and values in order of the keys, removed ones included.
    pub fn iter(&self) -> impl Iterator<Item = (Key, Fr)> {
        self.order.iter().skip(1).filter_map(|(key, index)| Some((*key, self.values.get(*index as usize)?.1)))
    }

    /// The leaf of `key`, or else the one whose interval holds it: index, leaf, siblings.
    pub fn open(&self, key: &Key) -> (u32, Leaf, Siblings) {
        let index = self.order.range(..=*key).next_back().map_or(0, |(_, index)| *index);
        (index, self.leaf_at(index as usize), self.tree.siblings(index as usize))
    }

    /// The index that the next inserted key gets, with the siblings of that empty leaf.
    ///
    /// # Errors
    /// [`TreeError::Full`]
    pub fn open_next(&self) -> Result<(u32, Siblings), TreeError> {
        let index = next_index(self.values.len())?;
        Ok((index, self.tree.siblings(index as usize)))
    }

    /// Replaces a value and returns the old one.
    ///
    /// # Errors
    /// [`TreeError::Absent`]
    pub fn update(&mut self, key: &Key, value: Fr) -> Result<Fr, TreeError> {
        let index = *self.order.get(key).ok_or(TreeError::Absent)? as usize;
        let old = self.values.get_mut(index).map(|slot| std::mem::replace(&mut slot.1, value));
        self.rehash(index);
        old.ok_or(TreeError::Absent)
    }

    /// First half of an insertion: lets the leaf before `key` name it. Follow with [`Self::append`].
    ///
    /// # Errors
    /// [`TreeError::Present`], [`TreeError::ZeroKey`] or [`TreeError::Full`]
    pub fn link(&mut self, key: &Key) -> Result<(), TreeError> {
        if *key == Key::ZERO {
            return Err(TreeError::ZeroKey);
        }
        let index = next_index(self.values.len())?;
        let before = self.order.range(..*key).next_back().map_or(0, |(_, index)| *index);
        if self.order.contains_key(key) {
            return Err(TreeError::Present);
        }
        self.order.insert(*key, index);
        self.rehash(before as usize);
        Ok(())
    }

    /// Second half of an insertion: adds the leaf that [`Self::link`] announced.
    ///
    /// # Errors
    /// [`TreeError::Absent`] if it was not announced.
    pub fn append(&mut self, key: &Key, value: Fr) -> Result<(), TreeError> {
        let index = self.values.len();
        if self.order.get(key).map(|i| *i as usize) != Some(index) {
            return Err(TreeError::Absent);
        }
        self.values.push((*key, value));
        self.rehash(index);
        Ok(())
    }

    /// Takes the last insertion back.
    pub(crate) fn undo_insert(&mut self, key: &Key) {
        if self.values.last().is_some_and(|(last, _)| last == key) {
            self.values.pop();
            self.tree.pop();
        }
        self.order.remove(key);
        let before = self.order.range(..*key).next_back().map_or(0, |(_, index)| *index);
        self.rehash(before as usize);
    }

    fn leaf_at(&self, index: usize) -> Leaf {
        let Some((key, value)) = self.values.get(index) else { return Leaf::default() };
        let after = (Bound::Excluded(*key), Bound::Unbounded);
        let next = self.order.range(after).next().map_or(Key::ZERO, |(next, _)| *next);
        Leaf { key: key.to_field(), next: next.to_field(), value: *value }
    }

    fn rehash(&mut self, index: usize) {
        let hash = self.leaf_at(index).hash();
        self.tree.set(index, hash);
    }
}

fn next_index(len: usize) -> Result<u32, TreeError> {
    if len >= CAPACITY {
        return Err(TreeError::Full);
    }
    u32::try_from(len).map_err(|_| TreeError::Full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(n: u8) -> Key {
        let mut bytes = [0; 31];
        bytes[30] = n;
        Key::new(bytes)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn insertions_updates_and_undo_match_a_rebuilt_tree(keys in proptest::collection::btree_set(1u8..=255, 1..12)) {
            let mut tree = IndexedTree::default();
            for k in keys.iter().rev() {
                tree.link(&key(*k)).unwrap();
                tree.append(&key(*k), Fr::from(u64::from(*k))).unwrap();
            }
            let leaves: Vec<_> = keys.iter().rev().map(|k| (key(*k), Fr::from(u64::from(*k)))).collect();
            let rebuilt = IndexedTree::from_leaves(leaves.clone()).unwrap();
            prop_assert_eq!(tree.root(), rebuilt.root());
            prop_assert!(tree.iter().map(|(k, _)| k).eq(keys.iter().map(|k| key(*k))));
            let smallest = key(*keys.first().unwrap());
            tree.undo_insert(&smallest);
            let without = IndexedTree::from_leaves(leaves[..leaves.len() - 1].to_vec()).unwrap();
            prop_assert_eq!(tree.root(), without.root());
        }
    }

    #[test]
    fn a_list_that_insertions_cannot_make_is_refused() {
        assert_eq!(
            IndexedTree::from_leaves([(key(1), Fr::ONE), (key(1), Fr::ONE)]).unwrap_err(),
            TreeError::Present
        );
        assert_eq!(IndexedTree::from_leaves([(Key::ZERO, Fr::ONE)]).unwrap_err(), TreeError::ZeroKey);
    }

    #[test]
    fn a_key_goes_in_once_and_only_when_announced() {
        let mut tree = IndexedTree::default();
        assert_eq!(tree.append(&key(3), Fr::ONE), Err(TreeError::Absent));
        tree.link(&key(3)).unwrap();
        tree.append(&key(3), Fr::ONE).unwrap();
        assert_eq!(tree.link(&key(3)), Err(TreeError::Present));
        assert_eq!(tree.update(&key(4), Fr::ONE), Err(TreeError::Absent));
    }
}
