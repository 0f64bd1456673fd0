use std::collections::BTreeMap;

use nectar_commitment::{ARITY, DEPTH, Domain, Fr, hash4};
use nectar_vm::{Committed, Op, Program, Row};

use super::{Data, Listed, Node, Opened, Scanned};

/// What runs receive of a program, and how often.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// The program itself.
    pub(crate) program: u64,
    /// Rows by number. One behind the program's last is a trap.
    pub(crate) rows: BTreeMap<u32, u64>,
    /// Words of data, by their number in the image.
    pub(crate) words: BTreeMap<u32, u64>,
    /// Elements by index.
    pub(crate) elements: BTreeMap<u32, u64>,
}

/// What slots have to do so that it can be received.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opening {
    pub(crate) program: Scanned,
    pub(crate) nodes: Vec<Node>,
    pub(crate) rows: Vec<Opened>,
    pub(crate) data: Vec<Data>,
    pub(crate) elements: Vec<Listed>,
}

impl Opening {
    /// Opens a program as number `number` of a batch.
    pub(crate) fn new(number: u32, program: &Program, committed: &Committed, wanted: &Wanted) -> Self {
        let rows = wanted.rows.iter().map(|(at, times)| {
            let nothing = Row::new(Op::Trap);
            let row = place(*at).and_then(|at| program.rows.get(at)).unwrap_or(&nothing).relative(*at);
            Opened { program: number, number: *at, row, times: *times }
        });
        let elements = wanted.elements.iter().map(|(at, times)| {
            let element = place(*at).and_then(|at| program.table.get(at)).copied().flatten();
            Listed { program: number, index: *at, element, times: *times }
        });
        let mut opening = Self { rows: rows.collect(), elements: elements.collect(), ..Self::default() };
        opening.data = data(number, program, wanted);

        let leaves = [
            wanted.rows.keys().copied().collect(),
            opening.data.iter().map(|data| data.leaf).collect(),
            wanted.elements.keys().copied().collect::<Vec<_>>(),
        ];
        let trees = (0..).zip(&committed.trees).zip(&leaves);
        opening.nodes =
            trees.flat_map(|((which, tree), leaves)| nodes(number << 2 | which, tree, leaves)).collect();
        let [pages, data, elements] = [committed.pages, committed.data, committed.elements].map(Fr::from);
        opening.program = Scanned {
            number,
            roots: committed.trees.each_ref().map(nectar_commitment::Tree::root),
            meta: [pages, data, committed.entries_digest(), elements],
            times: wanted.program,
            opened: leaves.map(|leaves| u64::from(!leaves.is_empty())),
        };
        opening
    }
}

fn place(number: u32) -> Option<usize> {
    usize::try_from(number).ok()
}

/// Words by leaves.
fn data(number: u32, program: &Program, wanted: &Wanted) -> Vec<Data> {
    let mut leaves: BTreeMap<u32, Data> = BTreeMap::new();
    for (word, times) in &wanted.words {
        let leaf = word / 3;
        let data = leaves.entry(leaf).or_insert_with(|| {
            let words = [0, 1, 2].map(|n| {
                let at = place(leaf * 3 + n);
                at.and_then(|at| program.data.words.get(at)).copied().unwrap_or_default()
            });
            Data { program: number, leaf, words, times: [0; 3] }
        });
        if let Some(received) = place(word % 3).and_then(|at| data.times.get_mut(at)) {
            *received += times;
        }
    }
    leaves.into_values().collect()
}

/// The nodes above leaves, from below.
fn nodes(number: u32, tree: &nectar_commitment::Tree, leaves: &[u32]) -> Vec<Node> {
    let mut nodes = Vec::new();
    // What is opened on a level: position, value, and a leaf below.
    let value = |leaf: u32| tree.leaf(place(leaf).unwrap_or(usize::MAX));
    let mut level: BTreeMap<u32, (Fr, u32)> =
        leaves.iter().map(|leaf| (*leaf, (value(*leaf), *leaf))).collect();
    for height in 0..DEPTH {
        let mut above: BTreeMap<u32, (Fr, u32)> = BTreeMap::new();
        // The root is node 1; a level's first node is one more than all nodes above it.
        let first = ((1u64 << (2 * (DEPTH - height - 1))) - 1) / 3 + 1;
        let parents: Vec<(u32, u32)> =
            level.iter().map(|(position, (_, leaf))| (position / 4, *leaf)).collect();
        for (parent, leaf) in parents {
            if above.contains_key(&parent) {
                continue;
            }
            let others =
                tree.siblings(place(leaf).unwrap_or(usize::MAX)).get(height).copied().unwrap_or_default();
            let mut others = others.into_iter();
            let own = (leaf >> (2 * height)) % 4;
            let mut children = [Fr::zero(); ARITY];
            let mut times = [0; ARITY];
            for ((at, child), times) in (0u32..).zip(&mut children).zip(&mut times) {
                let opened = level.get(&(parent * 4 + at));
                let other = if at == own { None } else { others.next() };
                *child = opened.map(|(value, _)| *value).or(other).unwrap_or_default();
                *times = u64::from(opened.is_some());
            }
            above.insert(parent, (hash4(Domain::Node, children), leaf));
            let id = u32::try_from(first).unwrap_or_default() + parent;
            nodes.push(Node { id, tree: number, children, times });
        }
        level = above;
    }
    nodes
}
