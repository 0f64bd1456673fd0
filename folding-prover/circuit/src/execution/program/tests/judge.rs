//! What slots that open programs may send, by what they received: from bytes of leaves, without the circuit's tables.

use nectar_commitment::{Fr, to_bytes};
use nectar_vm::Op;

use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag};
use crate::execution::program::{self, Data, Listed, Node, Opened, Scanned};
use crate::execution::trial::{Log, Slot, Verdict, bits, number, only, received, wrong};
use crate::lc::Var;

/// Number of the first node of the 14th level below the root.
fn first_leaf() -> u64 {
    (0..14).fold(1, |first, _| 4 * first - 2)
}

fn fr(number: u64) -> Fr {
    Fr::from(number)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// Program, number and bytes of a leaf of such a tree, whose leaves have at most so many bytes and whose numbers end there.
fn leaf(node: &[Fr], tree: u64, length: usize, end: u64) -> Result<(u64, u64, [u8; 32]), Verdict> {
    let at = number(&(node[0] - fr(first_leaf())), 28)?;
    let of = number(&node[1], 22)?;
    let bytes = to_bytes(&node[2]);
    if bytes[..32 - length].iter().any(|byte| *byte != 0) {
        return Err(Verdict::NotSent);
    }
    if of % 4 != tree {
        return wrong("another tree");
    }
    if at >= end {
        return wrong("beyond the last leaf");
    }
    Ok((of / 4, at, bytes))
}

impl Slot for Option<Node> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        program::node(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return Ok(());
        }
        let (received, facts) = received(log, &[Tag::Hash, Tag::Node])?;
        let (hash, node) = (received[0], received[1]);
        if hash[0] != fr(1) || hash[5] != node[2] {
            return wrong("another hash");
        }
        let child = |j: u64| (Tag::Node, vec![node[0] * fr(4) + fr(j) - fr(2), node[1], hash[place(j)]]);
        only(facts, &[0, 1, 2, 3].map(child))
    }
}

/// Which constants and fields an operation does not have.
fn breaks_a_rule(op: Op, immediate: bool, at: u64, [d, imm]: [u64; 2]) -> bool {
    use Op::{
        Add32, Advise, Br, BrGeS32, BrLtS32, BrTable, Call, CallIndirect, Charge, Clz32, Clz64, Ctz32, Ctz64,
        DivS32, Emit, GeS32, GlobalGet, GlobalSet, LtS32, MemoryGrow, MemorySize, Mul32, Nop, Popcnt, RemS32,
        Return, Rotl32, Rotr32, Select, Shl32, ShrS32, ShrU32, Sub32, Trap, Unprovable,
    };
    let name = format!("{op:?}");
    let (loads, stores) = (name.starts_with("Load"), name.starts_with("Store"));
    let extends = name.starts_with("Extend") || op == Op::Wrap;
    let one_operand = loads
        || extends
        || matches!(
            op,
            Trap | Nop
                | Select
                | GlobalGet
                | GlobalSet
                | Clz32
                | Clz64
                | Ctz32
                | Ctz64
                | Popcnt
                | MemorySize
                | MemoryGrow
                | Br
                | BrTable
                | Call
                | CallIndirect
                | Return
                | Emit
                | Advise
                | Charge
        );
    let of_32_bits = matches!(
        op,
        Add32
            | Sub32
            | Mul32
            | DivS32
            | RemS32
            | Shl32
            | ShrU32
            | ShrS32
            | Rotl32
            | Rotr32
            | LtS32
            | GeS32
            | BrLtS32
            | BrGeS32
    );
    let branches = name.starts_with("Br") && op != BrTable;
    let elsewhere = |distance: u64| !(1 << 31..(1 << 24) + (1 << 31)).contains(&(at + distance));
    op == Unprovable
        || (immediate && one_operand)
        || (branches && elsewhere(d))
        || (op == Call && (imm >> 32 != 0 || elsewhere(imm)))
        || (op == BrTable && (imm >> 32 != 0 || at + imm + 1 >= 1 << 24))
        || (d >> 16 != 0 && !branches && !(stores && immediate))
        || (matches!(op, Select | GlobalGet | GlobalSet) && imm >> 16 != 0)
        || ((loads || stores || (of_32_bits && immediate)) && imm >> 32 != 0)
        || (op == Trap && imm > 10)
}

impl Slot for Option<Opened> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        program::row(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return Ok(());
        }
        let (received, facts) = received(log, &[Tag::Node])?;
        // The row behind the last that can be opened would be another program's.
        let (program, at, bytes) = leaf(received[0], 0, 20, (1 << 24) - 1)?;
        let [imm, b, a, d, cost] = [12..20, 20..22, 22..24, 24..28, 28..30].map(|part| word(&bytes[part]));
        let (Some(op), true) = (Op::from_number(bytes[31]), bytes[30] < 2) else {
            return wrong("no operation");
        };
        if breaks_a_rule(op, bytes[30] == 1, at, [d, imm]) {
            return wrong(format!("no row: {op:?}"));
        }
        let head = u64::from(bytes[31]) | u64::from(bytes[30]) << 8;
        let row = [0, (program << 24) + at, head, cost, d, a, b, imm].map(fr);
        only(facts, &[(Tag::Row, row.to_vec())])
    }
}

impl Slot for Option<Data> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        program::data(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return Ok(());
        }
        let (received, facts) = received(log, &[Tag::Node])?;
        let (program, at, bytes) = leaf(received[0], 1, 24, 1 << 24)?;
        let words = [(0, 24..32), (1, 16..24), (2, 8..16)];
        let words =
            words.map(|(n, part)| (Tag::Data, vec![fr(3 * at + n), fr(word(&bytes[part])), fr(program)]));
        only(facts, &words)
    }
}

impl Slot for Option<Listed> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        program::element(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        if log.is_empty() {
            return Ok(());
        }
        let (received, facts) = received(log, &[Tag::Node])?;
        let (program, at, bytes) = leaf(received[0], 2, 8, 1 << 24)?;
        let packed = word(&bytes[24..]);
        let (place, ty) = match packed.checked_sub(1) {
            None => (0, 0),
            Some(full) if full & 0xff00_0000 == 0 => ((program << 24) + (full & 0xff_ffff), full >> 32),
            Some(_) => return wrong("a row that no program has"),
        };
        only(facts, &[(Tag::Element, [at, program, place, ty].map(fr).to_vec())])
    }
}

/// A program, and the number before it.
pub(super) struct Scan(pub(super) u64, pub(super) Option<Scanned>);

impl Slot for Scan {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        program::program(b, bus, last, self.1.as_ref())
    }

    fn last(&self) -> Fr {
        fr(self.0)
    }

    fn judge(&self, before: Fr, after: Fr, log: &Log) -> Result<(), Verdict> {
        let last = number(&before, 20)?;
        if log.is_empty() {
            return if after == before { Ok(()) } else { wrong("an unused slot goes on") };
        }
        let (received, facts) = received(log, &[Tag::Hash, Tag::Hash])?;
        let (meta, all) = (received[0], received[1]);
        if all[4] != meta[5] || [meta, all].iter().any(|hash| hash[0] != fr(13)) {
            return wrong("no commitment");
        }
        let Some(of) = bits(&after, 20).filter(|of| *of > last) else { return wrong("a number twice") };
        let program = [fr(of), all[5], meta[1], meta[2], meta[3], meta[4]].to_vec();
        let mut allowed = vec![(Tag::Program, program)];
        allowed.extend([0, 1, 2].map(|n| (Tag::Node, vec![fr(1), fr(4 * of + n), all[place(n)]])));
        only(facts, &allowed)
    }
}

/// Where the child of this number is among a hash's coordinates.
fn place(child: u64) -> usize {
    1 + usize::try_from(child).unwrap()
}

/// Whether the table of operations has this entry: no more than the rules for single rows are read from it.
pub(in crate::execution) fn judge_operation(fields: &[Fr]) -> Result<(), Verdict> {
    let head = number(&fields[0], 9)?;
    let class: Vec<Fr> = fields[1..].to_vec();
    let entry = program::OPERATIONS.iter().find(|(known, _)| *known == head).ok_or(Verdict::NotSent)?;
    let same = entry.1.bits().map(|bit| fr(bit.into())) == class[..];
    if same { Ok(()) } else { Err(Verdict::NotSent) }
}
