use ff::Field;
use nectar_commitment::{Domain, Fr, IndexedTree, Op, Slot, TreeKind};

use crate::builder::Builder;
use crate::lc::{Lc, Var};
use crate::path::{Path, path};
use crate::poseidon::{Input, Tag, hash, hash_of};
use crate::range::encloses;
use crate::registers::RegisterVars;

/// Which operation a slot does: one boolean each, exactly one of them 1.
struct Selector([Var; Op::ALL.len()]);

impl Selector {
    fn alloc<B: Builder>(b: &mut B, op: Op) -> Self {
        let choice = Op::ALL.map(|o| b.boolean(o == op));
        b.zero(|| choice.iter().map(|c| Lc::from(*c)).sum::<Lc>() - Lc::one());
        Self(choice)
    }

    /// 1 for operations that `test` holds for.
    fn any(&self, test: impl Fn(Op) -> bool) -> Lc {
        self.sum(|op| u64::from(test(op)))
    }

    fn is(&self, op: Op) -> Lc {
        self.any(|o| o == op)
    }

    fn one_of(&self, ops: &[Op]) -> Lc {
        self.any(|o| ops.contains(&o))
    }

    fn on(&self, tree: TreeKind) -> Lc {
        self.any(|op| op.tree() == Some(tree))
    }

    /// A number that depends on the operation.
    fn sum(&self, number: impl Fn(Op) -> u64) -> Lc {
        Op::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(op, _)| number(*op) != 0)
            .map(|(op, var)| var * Fr::from(number(op)))
            .sum()
    }
}

/// What a slot opens, as variables.
struct Opened {
    key: Var,
    value: Var,
    old_key: Var,
    old_next: Var,
    old_value: Var,
}

/// One application of [`nectar_commitment::Registers::apply`].
pub(crate) fn slot<B: Builder>(b: &mut B, slot: &Slot, r: &RegisterVars) -> RegisterVars {
    let op = Selector::alloc(b, slot.op);
    let opened = Opened {
        key: b.alloc(slot.key),
        value: b.alloc(slot.value),
        old_key: b.alloc(slot.old.key),
        old_next: b.alloc(slot.old.next),
        old_value: b.alloc(slot.old.value),
    };
    check_pending(b, &op, r);
    check_leaf(b, &op, &opened, r);
    let payload = Payload::alloc(b, slot, &op, &opened, r);
    check_contract(b, &op, &opened, &payload, r);
    let path = change_leaf(b, slot, &op, &opened, &payload, r);
    let [_, _, binding, _] = payload.inputs;
    let logged = b.select(op.is(Op::Open), binding.lc(), opened.value.into());
    let log = hash_of(b, Domain::Log, [r.log.into(), op.sum(Op::log_code), opened.key.into(), logged.into()]);
    next_registers(b, &op, &opened, &payload, &path, log, r)
}

/// An append needs its link just before; nothing else but padding may come between.
fn check_pending<B: Builder>(b: &mut B, op: &Selector, r: &RegisterVars) {
    let announced = op.sum(|op| if op.appends() { tree_number(op) } else { 0 });
    b.zero_if(op.any(|op| op != Op::Nop), || r.pending_tree - announced);
}

fn tree_number(op: Op) -> u64 {
    op.tree().map_or(0, |tree| tree as u64)
}

/// The opened leaf is the key's, holds the value, or encloses the key: as the operation says.
fn check_leaf<B: Builder>(b: &mut B, op: &Selector, o: &Opened, r: &RegisterVars) {
    let own = [Op::Open, Op::Close, Op::Read, Op::Write, Op::Grant, Op::WriteGrant];
    b.zero_if(op.one_of(&own), || o.old_key - o.key);
    b.zero_if(op.one_of(&[Op::Open, Op::Read, Op::Grant]), || o.old_value - o.value);
    b.nonzero_if(op.is(Op::Grant), o.value.into());
    b.zero_if(op.is(Op::Absent), || o.value.into());
    let interval = op.any(|op| op.links() || op == Op::Absent);
    encloses(b, interval, o.old_key.into(), o.key.into(), o.old_next.into());
    b.zero_if(op.any(Op::appends), || o.key - r.pending_key);
}

/// One hash for three purposes: a contract's entry, the next `auth`, a receipt's leaf.
struct Payload {
    inputs: [Input; 4],
    hash: Var,
}

impl Payload {
    fn alloc<B: Builder>(b: &mut B, slot: &Slot, op: &Selector, o: &Opened, r: &RegisterVars) -> Self {
        let [p0, p1, p2, p3] = slot.payload;
        let empty = IndexedTree::empty_root();
        let values = match slot.op {
            Op::Close => [r.state_root.value, r.grants_root.value, r.binding.value, p3],
            Op::AppendContract => [empty, empty, p2, p3],
            Op::Grant => [r.auth.value, o.key.value, p0, Fr::ZERO],
            Op::Receipt => [r.log.value, p0, r.auth.value, Fr::ZERO],
            _ => [p0, p1, p2, p3],
        };
        let mut place = 0;
        let inputs = values.map(|value| {
            place += 1;
            Input::free(b, place - 1, value)
        });
        let [i0, i1, i2, i3] = inputs;
        b.zero_if(op.is(Op::Close), || i0.lc() - r.state_root);
        b.zero_if(op.is(Op::Close), || i1.lc() - r.grants_root);
        b.zero_if(op.is(Op::Close), || i2.lc() - r.binding);
        b.zero_if(op.is(Op::AppendContract), || i0.lc() - Lc::constant(empty));
        b.zero_if(op.is(Op::AppendContract), || i1.lc() - Lc::constant(empty));
        b.zero_if(op.is(Op::Grant), || i0.lc() - r.auth);
        b.zero_if(op.is(Op::Grant), || i1.lc() - o.key);
        b.zero_if(op.is(Op::Receipt), || i0.lc() - r.log);
        b.zero_if(op.is(Op::Receipt), || i2.lc() - r.auth);
        b.zero_if(op.one_of(&[Op::Grant, Op::Receipt]), || i3.lc());
        let tag = Lc::constant(Domain::Contract.tag())
            + op.is(Op::Grant) * (Domain::Auth.tag() - Domain::Contract.tag())
            + op.is(Op::Receipt) * (Domain::Receipt.tag() - Domain::Contract.tag());
        Self { inputs, hash: hash(b, Tag::Chosen(tag), inputs) }
    }
}

/// Which contract must be open, and that the roots are those of its entry.
fn check_contract<B: Builder>(b: &mut B, op: &Selector, o: &Opened, payload: &Payload, r: &RegisterVars) {
    b.zero_if(op.one_of(&[Op::Open, Op::Receipt]), || r.contract.into());
    b.zero_if(op.is(Op::Close), || r.contract - o.key);
    b.nonzero_if(op.one_of(&[Op::Close, Op::Run, Op::Fail]), r.contract.into());
    let entries = [Op::Open, Op::Close, Op::AppendContract];
    b.zero_if(op.one_of(&entries), || o.value - payload.hash);
}

/// Hashes the leaf before and after, and both paths; the old one must lead to the root that the operation works on.
fn change_leaf<B: Builder>(
    b: &mut B,
    slot: &Slot,
    op: &Selector,
    o: &Opened,
    payload: &Payload,
    r: &RegisterVars,
) -> Path {
    let old_hash =
        hash_of(b, Domain::Leaf, [o.old_key.into(), o.old_next.into(), o.old_value.into(), Lc::default()]);
    let appends = op.any(Op::appends);
    let key = b.select(appends.clone(), o.key.into(), o.old_key.into());
    let next = b.select(op.any(Op::links), o.key.into(), o.old_next.into());
    let next = b.select(appends.clone(), r.pending_next.into(), next.into());
    let writes = op.any(|op| op.appends() || matches!(op, Op::Close | Op::Write | Op::WriteGrant));
    let value = b.select(writes, o.value.into(), o.old_value.into());
    let new_hash = hash_of(b, Domain::Leaf, [key.into(), next.into(), value.into(), Lc::default()]);

    let fresh = appends + op.is(Op::Receipt);
    let old = b.product(Lc::one() - fresh, old_hash.into());
    let new = b.select(op.is(Op::Receipt), payload.hash.into(), new_hash.into());
    let path = path(b, old, new, slot.index, &slot.siblings);
    let roots = [
        (TreeKind::Network, r.network_root),
        (TreeKind::State, r.state_root),
        (TreeKind::Grants, r.grants_root),
        (TreeKind::Receipts, r.receipts_root),
    ];
    for (tree, root) in roots {
        b.zero_if(op.on(tree), || path.old_root - root);
    }
    b.zero_if(op.is(Op::Receipt), || path.index.clone() - r.receipts);
    path
}

fn next_registers<B: Builder>(
    b: &mut B,
    op: &Selector,
    o: &Opened,
    payload: &Payload,
    path: &Path,
    log: Var,
    r: &RegisterVars,
) -> RegisterVars {
    let [i0, i1, i2, _] = payload.inputs;
    let (open, receipt, nop) = (op.is(Op::Open), op.is(Op::Receipt), op.is(Op::Nop));
    // Both leave no contract open.
    let close = op.one_of(&[Op::Close, Op::Fail]);
    let links = op.any(Op::links);
    let new_root = Lc::from(path.new_root);

    let network_root = b.select(op.on(TreeKind::Network), new_root.clone(), r.network_root.into());
    let network_root = b.select(op.is(Op::Fail), r.initial_root.into(), network_root.into());
    let initial_root = b.select(receipt.clone(), r.network_root.into(), r.initial_root.into());
    let receipts_root = b.select(receipt.clone(), new_root.clone(), r.receipts_root.into());
    let receipts = b.alias(r.receipts + receipt.clone());

    let state_root = b.select(op.on(TreeKind::State), new_root.clone(), r.state_root.into());
    let state_root = opened_or_closed(b, &open, &close, i0.lc(), state_root);
    let grants_root = b.select(op.on(TreeKind::Grants), new_root, r.grants_root.into());
    let grants_root = opened_or_closed(b, &open, &close, i1.lc(), grants_root);
    let binding = opened_or_closed(b, &open, &close, i2.lc(), r.binding);
    let contract = opened_or_closed(b, &open, &close, o.key.into(), r.contract);

    let announces = op.sum(|op| if op.links() { tree_number(op) } else { 0 });
    let pending_tree = b.select(nop.clone(), r.pending_tree.into(), announces);
    let linked_key = b.product(links.clone(), o.key.into());
    let pending_key = b.select(nop.clone(), r.pending_key.into(), linked_key.into());
    let linked_next = b.product(links, o.old_next.into());
    let pending_next = b.select(nop, r.pending_next.into(), linked_next.into());

    let log = b.select(op.any(|op| op.log_code() != 0), log.into(), r.log.into());
    let log = b.select(receipt.clone(), Lc::default(), log.into());
    let auth = b.select(op.is(Op::Grant), payload.hash.into(), r.auth.into());
    let auth = b.select(receipt, Lc::default(), auth.into());
    RegisterVars {
        network_root,
        receipts_root,
        receipts,
        contract,
        binding,
        state_root,
        grants_root,
        pending_tree,
        pending_key,
        pending_next,
        log,
        auth,
        initial_root,
        context: r.context,
    }
}

/// `loaded` when a contract is opened, zero when it is closed, `kept` otherwise.
fn opened_or_closed<B: Builder>(b: &mut B, open: &Lc, close: &Lc, loaded: Lc, kept: Var) -> Var {
    let kept = b.select(open.clone(), loaded, kept.into());
    b.select(close.clone(), Lc::default(), kept.into())
}
