//! A search for values that nothing constrains.
//!
//! Around a satisfying assignment, the directions in which it could move without violating a row (to first order) form
//! the kernel of the constraints' Jacobian. Its dimension must be exactly the number of private inputs that the
//! operation leaves open: one more, and some value is free that should not be.

#[cfg(test)]
mod common;

use std::collections::BTreeMap;

use common::{batch, fr};
use ff::Field;
use nectar_circuit::{Assignment, Chunk, Circuit, Position};
use nectar_commitment::{DEPTH, Fr, Op, Registers, Slot};

type Row = BTreeMap<usize, Fr>;

/// Rank of the Jacobian at `z`, by elimination from the newest variable down: rows come in the order in which variables
/// are made, so that nearly every row meets a new one.
fn rank(circuit: &Circuit, z: &[Fr]) -> usize {
    let shape = circuit.shape();
    // The constant one, the flags and the statement do not move: the verifier gives them.
    let constant = shape.num_vars();
    let given = |column: usize| column == constant || column > constant + 2;
    let matrices = [shape.A(), shape.B(), shape.C()];
    let mut pivots: BTreeMap<usize, Row> = BTreeMap::new();
    for row in 0..shape.num_cons() {
        let terms = matrices.map(|m| {
            let range = m.indptr[row]..m.indptr[row + 1];
            m.indices[range.clone()].iter().copied().zip(m.data[range].iter().copied()).collect::<Vec<_>>()
        });
        let at = |terms: &[(usize, Fr)]| terms.iter().map(|(column, factor)| z[*column] * factor).sum::<Fr>();
        let (a, b) = (at(&terms[0]), at(&terms[1]));
        let mut jacobian = Row::new();
        for (terms, factor) in terms.iter().zip([b, a, -Fr::ONE]) {
            for (column, value) in terms.iter().filter(|(column, _)| !given(*column)) {
                *jacobian.entry(*column).or_default() += *value * factor;
            }
        }
        reduce(&mut pivots, jacobian);
    }
    pivots.len()
}

fn reduce(pivots: &mut BTreeMap<usize, Row>, mut row: Row) {
    while let Some((column, value)) = row.pop_last() {
        if value == Fr::ZERO {
            continue;
        }
        let Some(pivot) = pivots.get(&column) else {
            let inverse = value.invert().unwrap();
            row.retain(|_, value| *value != Fr::ZERO);
            row.values_mut().for_each(|value| *value *= inverse);
            pivots.insert(column, row);
            return;
        };
        for (column, factor) in pivot {
            *row.entry(*column).or_default() -= value * factor;
        }
    }
}

/// Equalities that an operation puts on its inputs, beside those that define new values.
fn equalities(op: Op) -> usize {
    // An interval check fixes the leaf before, the key and the leaf after: their bits cannot move.
    let interval = 3;
    let own = match op {
        Op::Nop => return 0,
        Op::Run | Op::Fail => return 1,    // pending tree
        Op::Open => 1 + 2 + 1,             // no contract; key and value of the leaf; entry
        Op::Close => 1 + 1 + 3 + 1,        // key of the leaf; contract; three registers hashed; entry
        Op::AppendContract => 1 + 2 + 1,   // announced key; two empty roots; entry
        Op::Read => 2,                     // key and value of the leaf
        Op::Absent => 1 + interval,        // value zero
        Op::Write | Op::WriteGrant => 1,   // key of the leaf
        Op::Append | Op::AppendGrant => 1, // announced key
        Op::LinkContract | Op::Link | Op::LinkGrant => interval,
        Op::Grant => 2 + 3,       // key and value of the leaf; auth, key and zero hashed
        Op::Receipt => 1 + 3 + 1, // no contract; log, auth and zero hashed; position
    };
    own + 2 // pending tree; root
}

/// Inputs of a chunk with one slot: registers, two salts, key, value, leaf, payload, siblings.
const INPUTS: usize = Registers::COUNT + 2 + 2 + 3 + 4 + 3 * DEPTH;

fn check(circuit: &Circuit, assignment: &Assignment, start: &Registers, slot: &Slot) {
    let mut z = assignment.witness.clone();
    z.push(Fr::ONE);
    z.extend(assignment.public);
    // The witness and the two commitments, which must follow from it.
    let kernel = assignment.witness.len() + 2 - rank(circuit, &z);
    // The inverse that shows "is not zero" is open where the thing is zero. (The next key in the leaf cannot move where it
    // is zero, for then it would no longer be zero; an interval check has counted that already.)
    let interval = slot.op.links() || slot.op == Op::Absent;
    let zeros = [slot.value == Fr::ZERO, start.contract == Fr::ZERO, interval && slot.old.next == Fr::ZERO];
    let inverses = zeros.into_iter().filter(|zero| *zero).count();
    assert_eq!(kernel, INPUTS - equalities(slot.op) + inverses, "{:?}", slot.op);
}

#[test]
fn nothing_is_free_but_the_inputs() {
    let circuit = Circuit::new(1);
    let batch = batch();
    let registers = batch.registers();
    for op in Op::ALL {
        // The last of its kind: more is going on around it.
        let at = batch.slots.iter().rposition(|slot| slot.op == op).unwrap();
        let slots = &batch.slots[at..=at];
        let chunk = Chunk {
            statement: &batch.statement,
            position: Position { first: false, last: false },
            start: registers[at],
            slots,
            start_salt: fr(71),
            end_salt: fr(72),
        };
        let assignment = circuit.assign(&chunk);
        assert!(circuit.violations(&assignment).is_empty());
        check(&circuit, &assignment, &registers[at], &slots[0]);
    }
}
