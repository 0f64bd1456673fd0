use nectar_commitment::{ARITY, Domain, Fr};

use super::fact;
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::hash_weighed;
use crate::lc::Lc;

/// An inner node to be opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// As in a heap, from 1.
    pub(crate) id: u32,
    /// Which tree.
    pub(crate) tree: u32,
    pub(crate) children: [Fr; ARITY],
    /// How often each child is received.
    pub(crate) times: [u64; ARITY],
}

/// Receives a node, and sends its children.
///
/// Its value is the hash of the children, so they are the ones: for a node of the tree, and of no other. What hangs below a leaf would be a leaf
/// that is a hash of four others; leaves' slots take none whose number is beyond the leaves'.
pub(crate) fn node<B: Builder>(b: &mut B, bus: &mut Bus, node: Option<&Node>) {
    let used = Lc::from(b.boolean(node.is_some()));
    let node = node.copied().unwrap_or_default();
    let [id, tree] = [node.id, node.tree].map(|number| b.alloc(Fr::from(u64::from(number))));
    let children = node.children.map(|child| b.alloc(child));
    let mut power = 1..;
    let weighed = children.map(|child| bus.weigh(b, power.next().unwrap_or_default(), child));
    // A child is weighed in a node's tuple as the second one in a hash's.
    let mut as_nodes = Vec::with_capacity(ARITY);
    for (place, child) in children.into_iter().enumerate() {
        as_nodes.push(if place == 1 { weighed[1].clone() } else { bus.weigh(b, 2, child) });
    }
    let value = hash_weighed(b, bus, &used, Domain::Node, weighed);
    let tree = bus.weigh(b, 1, tree);
    let fields = vec![tree.clone(), bus.weigh(b, 2, value)];
    bus.receive(b, used.clone(), Tuple { tag: Tag::Node, first: id.into(), fields });
    for ((place, child), times) in (0u64..).zip(as_nodes).zip(node.times) {
        let first = id * Fr::from(ARITY as u64) - Lc::constant(Fr::from(2)) + Lc::constant(Fr::from(place));
        fact(b, bus, &used, times, Tuple { tag: Tag::Node, first, fields: vec![tree.clone(), child] });
    }
}
