//! The circuit is satisfied if and only if [`Registers::apply`] accepts.

#[cfg(test)]
mod common;

use std::sync::OnceLock;

use common::{Batch, batch, fr};
use nectar_circuit::{Chunk, Circuit, Position, Statement};
use nectar_commitment::{DEPTH, Fr, Key, Ledger, Op, ReceiptTree, Registers, Slot};
use proptest::prelude::*;

fn circuit() -> &'static Circuit {
    static CIRCUIT: OnceLock<Circuit> = OnceLock::new();
    CIRCUIT.get_or_init(|| Circuit::new(1))
}

fn chunk<'a>(statement: &'a Statement, start: Registers, slots: &'a [Slot]) -> Chunk<'a> {
    let position = Position { first: false, last: false };
    Chunk { statement, position, start, slots, start_salt: fr(71), end_salt: fr(72) }
}

/// Checks one slot both ways and returns what the reference said.
fn agree(statement: &Statement, start: Registers, slot: &Slot, what: &str) -> bool {
    let slots = std::slice::from_ref(slot);
    let assignment = circuit().assign(&chunk(statement, start, slots));
    let satisfied = circuit().violations(&assignment).is_empty();
    let expected = start.apply(slot);
    assert_eq!(satisfied, expected.is_ok(), "{what}: {:?}, reference {:?}", slot.op, expected.err());
    if let Ok(end) = expected {
        assert_eq!(assignment.end, end.to_fields(), "{what}: {:?}", slot.op);
        assert_eq!(assignment.public[0], start.commit(fr(71)));
        assert_eq!(assignment.public[1], end.commit(fr(72)));
    }
    expected.is_ok()
}

fn each(test: impl Fn(&Batch, Registers, &Slot)) {
    let batch = batch();
    let registers = batch.registers();
    for (slot, start) in batch.slots.iter().zip(registers) {
        test(&batch, start, slot);
    }
}

#[test]
fn what_the_ledger_records_satisfies_the_circuit() {
    each(|batch, start, slot| assert!(agree(&batch.statement, start, slot, "honest")));
}

#[test]
fn any_operation_in_place_of_another_is_judged_alike() {
    each(|batch, start, slot| {
        for op in Op::ALL {
            agree(&batch.statement, start, &Slot { op, ..slot.clone() }, "other operation");
        }
    });
}

/// A field of a slot, by name.
type Field = (String, Box<dyn Fn(&mut Slot) -> &mut Fr>);

fn fields() -> Vec<Field> {
    let mut all: Vec<Field> = vec![
        ("key".into(), Box::new(|s| &mut s.key)),
        ("value".into(), Box::new(|s| &mut s.value)),
        ("old key".into(), Box::new(|s| &mut s.old.key)),
        ("old next".into(), Box::new(|s| &mut s.old.next)),
        ("old value".into(), Box::new(|s| &mut s.old.value)),
    ];
    for i in 0..4 {
        all.push((format!("payload {i}"), Box::new(move |s| &mut s.payload[i])));
    }
    for level in [0, 1, DEPTH - 1] {
        for i in 0..3 {
            all.push((format!("sibling {level} {i}"), Box::new(move |s| &mut s.siblings[level][i])));
        }
    }
    all
}

#[test]
fn any_changed_field_of_a_slot_is_judged_alike() {
    let fields = fields();
    each(|batch, start, slot| {
        for (name, field) in &fields {
            let mut changed = slot.clone();
            *field(&mut changed) += fr(1);
            agree(&batch.statement, start, &changed, name);
        }
        for bit in [0, 1, 2, 27] {
            let index = slot.index ^ 1 << bit;
            agree(&batch.statement, start, &Slot { index, ..slot.clone() }, "index");
        }
    });
}

#[test]
fn any_changed_register_is_judged_alike() {
    each(|batch, start, slot| {
        let fresh = Registers::start(fr(5), start.context);
        let mut changed = [start; Registers::COUNT];
        changed[0].network_root += fr(1);
        changed[1].receipts_root += fr(1);
        changed[2].receipts += 1;
        changed[3].contract += fr(1);
        changed[4].binding += fr(1);
        changed[5].state_root += fr(1);
        changed[6].grants_root += fr(1);
        changed[7].pending_tree += 1;
        changed[8].pending_key += fr(1);
        changed[9].pending_next += fr(1);
        changed[10].log += fr(1);
        changed[11].auth += fr(1);
        changed[12].initial_root += fr(1);
        changed[13] = Registers { contract: fr(0), pending_tree: 0, ..start };
        for registers in changed.into_iter().chain([fresh]) {
            agree(&batch.statement, registers, slot, "register");
        }
    });
}

/// Keys at the edges of the interval check, with a root that fits so that nothing else can refuse them.
#[test]
fn the_edges_of_an_interval_are_judged_alike() {
    let batch = batch();
    let registers = batch.registers();
    let at = batch.slots.iter().position(|slot| slot.op == Op::Absent).unwrap();
    let top = Key::new([0xff; 31]).to_field();
    let values = [
        fr(0),
        fr(1),
        fr(2),
        fr(3),
        -fr(1),
        -fr(2),
        top - fr(1),
        top,
        top + fr(1),
        top + fr(2),
        top + top,
        -top,
        -top - fr(1),
        -top - fr(2),
        -top + fr(5),
    ];
    let mut accepted = 0;
    for before in values {
        for key in values {
            for after in values {
                let mut slot = batch.slots[at].clone();
                (slot.key, slot.old.key, slot.old.next) = (key, before, after);
                let mut start = registers[at];
                start.state_root = slot.root_of(slot.old.hash());
                accepted += usize::from(agree(&batch.statement, start, &slot, "interval"));
            }
        }
    }
    assert!(accepted > 20, "{accepted}");
}

#[test]
fn only_the_statement_s_boundaries_satisfy_a_first_or_last_chunk() {
    let batch = batch();
    let registers = batch.registers();
    let receipts: Vec<usize> = (0..batch.slots.len()).filter(|i| batch.slots[*i].op == Op::Receipt).collect();
    let last = *receipts.last().unwrap();
    let run = |statement: &Statement, at: usize, start: Registers, first: bool, is_last: bool| {
        let slots = &batch.slots[at..=at];
        let position = Position { first, last: is_last };
        let chunk = Chunk { statement, position, start, slots, start_salt: fr(1), end_salt: fr(2) };
        circuit().violations(&circuit().assign(&chunk)).is_empty()
    };
    let statement = batch.statement;
    assert!(run(&statement, 0, registers[0], true, false));
    assert!(run(&statement, last, registers[last], false, true));
    assert!(!run(&statement, last, registers[last], true, false));
    assert!(!run(&statement, 0, registers[0], false, true));
    let mutations: [fn(&mut Statement); 8] = [
        |s| s.network += 1,
        |s| s.batch += 1,
        |s| s.pre_root += fr(1),
        |s| s.post_root += fr(1),
        |s| s.receipts_root += fr(1),
        |s| s.receipts += 1,
        |s| s.program_registry_root += fr(1),
        |s| s.window.1 += 1,
    ];
    for (i, mutate) in mutations.into_iter().enumerate() {
        let mut other = statement;
        mutate(&mut other);
        assert!(!run(&other, 0, registers[0], true, false), "start {i}");
        assert!(!run(&other, last, registers[last], false, true), "end {i}");
    }
    // Each register at the start, with a slot that changes nothing.
    for i in 0..Registers::COUNT {
        let mut start = registers[0];
        match i {
            0 => start.network_root += fr(1),
            1 => start.receipts_root += fr(1),
            2 => start.receipts += 1,
            3 => start.contract += fr(1),
            4 => start.binding += fr(1),
            5 => start.state_root += fr(1),
            6 => start.grants_root += fr(1),
            7 => start.pending_tree += 1,
            8 => start.pending_key += fr(1),
            9 => start.pending_next += fr(1),
            10 => start.log += fr(1),
            11 => start.auth += fr(1),
            12 => start.initial_root += fr(1),
            _ => start.context += fr(1),
        }
        assert!(run(&statement, 0, start, false, false));
        assert!(!run(&statement, 0, start, true, false), "register {i}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Create(u8),
    Open(u8),
    Close,
    Read(u8),
    Write(u8, u8),
    SetGrant(u8, u8),
    UseGrant(u8),
    Run,
    Fail,
    Receipt,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1u8..5).prop_map(Step::Create),
        (1u8..5).prop_map(Step::Open),
        Just(Step::Close),
        (1u8..9).prop_map(Step::Read),
        (1u8..9, 0u8..4).prop_map(|(k, v)| Step::Write(k, v)),
        (1u8..9, 0u8..4).prop_map(|(k, v)| Step::SetGrant(k, v)),
        (1u8..9).prop_map(Step::UseGrant),
        Just(Step::Run),
        Just(Step::Fail),
        Just(Step::Receipt),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn random_ledgers_and_their_mutations_are_judged_alike(
        steps in proptest::collection::vec(step(), 1..20),
        choice in any::<[u16; 8]>(),
        noise in any::<u64>(),
    ) {
        let (mut ledger, mut receipts, mut slots) = (Ledger::default(), ReceiptTree::default(), Vec::new());
        let statement = common::batch().statement;
        let mut registers = Registers::start(ledger.root(), fr(3));
        ledger.begin();
        for step in steps {
            // Refusals of the ledger leave no slot.
            let _ = match step {
                Step::Create(k) => ledger.create(common::key(k), fr(1), fr(2)),
                Step::Open(k) => ledger.open(common::key(k)),
                Step::Close => ledger.close(fr(9)),
                Step::Read(k) => ledger.read(common::key(k)).map(drop),
                Step::Write(k, v) => ledger.write(common::key(k), fr(v.into())),
                Step::SetGrant(k, v) => ledger.set_grant(common::key(k), fr(v.into())),
                Step::UseGrant(k) => ledger.use_grant(common::key(k), fr(4)),
                Step::Run => ledger.run(fr(7), fr(8)),
                Step::Fail => ledger.fail(fr(7), fr(8)),
                Step::Receipt => {
                    let _ = ledger.close(fr(10));
                    let (log, auth) = (ledger.log(), ledger.auth());
                    slots.extend(ledger.finish().0);
                    slots.push(receipts.append(log, fr(6), auth).unwrap());
                    Ok(())
                }
            };
        }
        slots.extend(ledger.finish().0);
        let fields = fields();
        let others = slots.clone();
        for (i, slot) in slots.iter().enumerate() {
            prop_assert!(agree(&statement, registers, slot, "honest"));
            let mut changed = slot.clone();
            let pick = choice[i % choice.len()] as usize;
            *fields[pick % fields.len()].1(&mut changed) = Fr::from(noise);
            agree(&statement, registers, &changed, "changed");
            agree(&statement, registers, &others[pick % others.len()], "other slot");
            let op = Op::ALL[pick % Op::ALL.len()];
            agree(&statement, registers, &Slot { op, ..others[pick % others.len()].clone() }, "other both");
            registers = registers.apply(slot).unwrap();
        }
    }
}
