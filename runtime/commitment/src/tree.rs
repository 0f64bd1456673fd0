use std::sync::OnceLock;

use ff::Field;

use crate::{Domain, Fr, hash4};

/// Children of an inner node.
pub const ARITY: usize = 4;
/// Levels between a leaf and the root: 4^14 = 268,435,456 leaves.
pub const DEPTH: usize = 14;
/// Leaves that a tree holds at most.
pub const CAPACITY: usize = 1 << (2 * DEPTH);

/// The other three children at each level from the leaf up, in order of their position.
pub type Siblings = [[Fr; ARITY - 1]; DEPTH];

/// Roots of empty subtrees, by height; an empty leaf is zero.
fn empty(height: usize) -> Fr {
    static EMPTY: OnceLock<[Fr; DEPTH + 1]> = OnceLock::new();
    let table = EMPTY.get_or_init(|| {
        let mut table = [Fr::ZERO; DEPTH + 1];
        for height in 0..DEPTH {
            table[height + 1] = hash4(Domain::Node, [table[height]; ARITY]);
        }
        table
    });
    table.get(height).copied().unwrap_or_default()
}

/// The root of a tree without leaves.
pub fn empty_root() -> Fr {
    empty(DEPTH)
}

/// A dense, append-only Merkle tree in memory. Leaf `i` hangs at position `i mod 4` of node `i / 4`.
#[derive(Debug, Clone)]
pub struct Tree {
    /// `levels[0]` are the leaves, `levels[DEPTH]` holds the root alone.
    levels: Vec<Vec<Fr>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { levels: vec![Vec::new(); DEPTH + 1] }
    }
}

impl Tree {
    /// Builds the tree over these leaves, level by level.
    pub fn from_leaves(leaves: Vec<Fr>) -> Self {
        let mut levels = vec![leaves];
        for height in 0..DEPTH {
            let parents = levels[height]
                .chunks(ARITY)
                .map(|children| {
                    let node =
                        std::array::from_fn(|i| children.get(i).copied().unwrap_or_else(|| empty(height)));
                    hash4(Domain::Node, node)
                })
                .collect();
            levels.push(parents);
        }
        Self { levels }
    }

    /// Number of leaves.
    pub fn len(&self) -> usize {
        self.levels[0].len()
    }

    /// Whether there is no leaf.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The root.
    pub fn root(&self) -> Fr {
        self.node(DEPTH, 0)
    }

    /// The leaf at `index`; zero where there is none.
    pub fn leaf(&self, index: usize) -> Fr {
        self.node(0, index)
    }

    /// What is needed to recompute the root from the leaf at `index`.
    pub fn siblings(&self, index: usize) -> Siblings {
        let mut position = index;
        std::array::from_fn(|height| {
            let own = position;
            let first = own / ARITY * ARITY;
            let mut others = (first..first + ARITY).filter(|p| *p != own).map(|p| self.node(height, p));
            position /= ARITY;
            std::array::from_fn(|_| others.next().unwrap_or_default())
        })
    }

    /// Replaces the leaf at `index`, or appends it if `index` is the number of leaves. Others are out of range and
    /// change nothing: returns whether the leaf was set.
    pub fn set(&mut self, index: usize, leaf: Fr) -> bool {
        if index > self.len() || index >= CAPACITY {
            return false;
        }
        put(&mut self.levels[0], index, leaf);
        self.rehash(index);
        true
    }

    /// Takes the last leaf away.
    pub fn pop(&mut self) {
        let Some(index) = self.len().checked_sub(1) else { return };
        self.levels[0].pop();
        for height in 1..=DEPTH {
            let nodes = self.levels[height - 1].len().div_ceil(ARITY);
            self.levels[height].truncate(nodes);
        }
        if index > 0 {
            self.rehash(index - 1);
        }
    }

    fn rehash(&mut self, index: usize) {
        let mut position = index;
        for height in 0..DEPTH {
            position /= ARITY;
            let children = std::array::from_fn(|i| self.node(height, position * ARITY + i));
            put(&mut self.levels[height + 1], position, hash4(Domain::Node, children));
        }
    }

    fn node(&self, height: usize, position: usize) -> Fr {
        self.levels
            .get(height)
            .and_then(|level| level.get(position))
            .copied()
            .unwrap_or_else(|| empty(height))
    }
}

fn put(level: &mut Vec<Fr>, position: usize, value: Fr) {
    match level.get_mut(position) {
        Some(slot) => *slot = value,
        None => level.push(value),
    }
}

/// The root that a leaf at `index` leads to.
pub(crate) fn root_from(leaf: Fr, index: u32, siblings: &Siblings) -> Fr {
    let mut position = index as usize;
    siblings.iter().fold(leaf, |child, others| {
        let mut rest = others.iter().copied();
        let node =
            std::array::from_fn(
                |i| if i == position % ARITY { child } else { rest.next().unwrap_or_default() },
            );
        position /= ARITY;
        hash4(Domain::Node, node)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_tree_has_the_empty_root() {
        assert_eq!(Tree::default().root(), empty_root());
        assert_eq!(Tree::from_leaves(Vec::new()).root(), empty_root());
    }

    #[test]
    fn a_leaf_beyond_the_next_is_refused() {
        let mut tree = Tree::default();
        assert!(!tree.set(1, Fr::ONE));
        assert_eq!(tree.root(), empty_root());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn growing_building_and_shrinking_agree(values in proptest::collection::vec(any::<u64>(), 1..22)) {
            let leaves: Vec<Fr> = values.iter().copied().map(Fr::from).collect();
            let mut grown = Tree::default();
            for (i, leaf) in leaves.iter().enumerate() {
                grown.set(i, *leaf);
            }
            prop_assert_eq!(grown.root(), Tree::from_leaves(leaves.clone()).root());
            for (i, leaf) in leaves.iter().enumerate() {
                prop_assert_eq!(root_from(*leaf, u32::try_from(i).unwrap(), &grown.siblings(i)), grown.root());
            }
            grown.pop();
            prop_assert_eq!(grown.root(), Tree::from_leaves(leaves[..leaves.len() - 1].to_vec()).root());
        }
    }
}
