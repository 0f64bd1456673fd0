//! A step has one outcome: what traps does not go on, what goes on does not trap, and no trap is another.

use nectar_vm::Row;

use super::judge::{Verdict, accesses, judge};
use super::steps::{outcomes, step};
use super::*;
use crate::execution::Link;

/// Whether nobody can have these values in these slots: constraints refuse them, or it was received what was not sent.
fn is_refused(bare: &Bare, slots: &Slots, tampered: &[(usize, Fr)]) -> bool {
    bare.refuses(slots, tampered) || judge(&log(slots, tampered).0) == Err(Verdict::NotSent)
}

#[test]
fn every_operation_but_the_unprovable_has_a_slot_and_every_trap() {
    let of = |op: Op, trap| Kind::of(&Row::new(op), 0, trap);
    for op in Op::ALL {
        let goes_on = !matches!(op, Op::Trap | Op::Unprovable);
        assert_eq!(of(*op, None).is_some(), goes_on, "{op:?}");
        assert_eq!(of(*op, Some(Trap::OutOfGas)), Some(Kind::TrapGas));
    }
    for trap in outcomes().flatten() {
        assert!(of(Op::Trap, Some(trap)).is_some(), "{trap:?}");
    }
    assert_eq!(of(Op::RemS64, Some(Trap::IntegerOverflow)), None);
    assert_eq!(of(Op::Call, Some(Trap::TableOutOfBounds)), None);
    let last = outcomes().flatten().last().map(|trap| trap as u64);
    assert_eq!(last, Some(crate::execution::slots::LAST_TRAP));
}

#[test]
fn no_step_has_the_outcome_of_another() {
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let mut tried = 0;
    for case in Kind::ALL.into_iter().flat_map(cases) {
        if case.op == Op::Trap || case.trap == Some(Trap::OutOfGas) {
            continue;
        }
        // Whether memory is there, its cells say; whether gas suffices, the run's end.
        let others = outcomes().filter(|other| *other != case.trap && *other != Some(Trap::OutOfGas));
        for other in others.filter(|other| other.is_some() || !accesses(case.op)) {
            let Some(kind) = Kind::of(&Row::new(case.op), 0, other) else { continue };
            let bare = Bare::new(kind);
            // An address that no memory has is out of bounds, whatever is said.
            let bits = if accesses(case.op) { 24 } else { 32 };
            for n in EDGES.into_iter().filter(|n| !narrow(case.op) || n >> bits == 0) {
                let right = step(case, immediate(case.op, &mut dice), n, 7, &mut dice);
                let wrong = Step { trap: other, ..right };
                let slots = Slots::sorted(&one(kind), &[wrong]).unwrap();
                let refused = is_refused(&bare, &slots, &[]) || receives_another_element(&slots, &right);
                assert!(refused, "{case:?} {n} as {other:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

/// A call takes an element of its type from the bus; if the table has none there, nobody sent it.
fn receives_another_element(slots: &Slots, step: &Step) -> bool {
    let own = [step.element.place, step.element.ty.into()].map(Fr::from);
    log(slots, &[]).0.iter().any(|(tag, _, element)| *tag == Tag::Element && element[2..] != own)
}

/// Slots whose first values choose among outcomes: another one is refused, with all that follows from it computed anew.
#[test]
fn no_choice_but_the_right_one_holds() {
    let mut dice = ChaCha8Rng::seed_from_u64(6);
    for (kind, choices) in [(Kind::Pages, 3), (Kind::TrapCall, 5)] {
        let bare = Bare::new(kind);
        for (case, n) in cases(kind).into_iter().flat_map(|case| EDGES.map(|n| (case, n))) {
            let slots = Slots::sorted(&one(kind), &[step(case, false, n, n, &mut dice)]).unwrap();
            let choice = (0..choices).find(|at| witness(&slots)[*at] == Fr::ONE).unwrap();
            for other in (0..choices).filter(|other| *other != choice) {
                let tampered = [(choice, -Fr::ONE), (other, Fr::ONE)];
                let verdict = judge(&log(&slots, &tampered).0);
                // Another operation may have stood there.
                let refused = verdict == Ok(()) || is_refused(&bare, &slots, &tampered);
                assert!(refused, "{case:?} {n}: {other} for {choice}: {verdict:?}");
            }
        }
    }
}

fn witness(slots: &Slots) -> Vec<Fr> {
    let mut filler = Filler::default();
    let [gamma, alpha] = challenges();
    let mut bus = Bus::new(&mut filler, gamma, alpha);
    slots.synthesize(&mut filler, &mut bus);
    filler.witness
}

#[test]
fn the_outermost_frame_returns_to_no_row() {
    let mut dice = ChaCha8Rng::seed_from_u64(7);
    let outermost =
        Step { fp: 0, link: Link::default(), ..step(Case::of(Op::Return, None), false, 0, 0, &mut dice) };
    let slots = Slots::sorted(&one(Kind::Return), &[outermost]).unwrap();
    let (log, _) = log(&slots, &[]);
    let sent: Vec<_> = log.iter().filter(|(tag, m, _)| (*tag, *m) == (Tag::State, Fr::ONE)).collect();
    let gas = Fr::from(outermost.gas + u64::from(outermost.row.cost));
    assert!(matches!(sent[..], [(_, _, state)] if state[1..] == [Fr::ZERO, Fr::ZERO, gas]));
    assert!(!Bare::new(Kind::Return).refuses(&slots, &[]));
}

#[test]
fn no_call_takes_the_outermost_frame() {
    let mut dice = ChaCha8Rng::seed_from_u64(8);
    for (op, kind) in [(Op::Call, Kind::Call), (Op::CallIndirect, Kind::CallIndirect)] {
        let mut call = step(Case::of(op, None), false, 3, 3, &mut dice);
        (call.fp, call.row.d) = (0, 0);
        let slots = Slots::sorted(&one(kind), &[call]).unwrap();
        assert!(is_refused(&Bare::new(kind), &slots, &[]), "{op:?}");
    }
}

#[test]
fn gas_that_does_not_suffice_for_a_charge_sufficed_for_its_row() {
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    for charges in [false, true] {
        let step = Step {
            charges,
            ..step(Case::of(Op::Charge, Some(Trap::OutOfGas)), false, 1 << 40, 0, &mut dice)
        };
        let slots = Slots::sorted(&one(Kind::TrapGas), &[step]).unwrap();
        let (log, _) = log(&slots, &[]);
        let (cost, charged) = (u64::from(step.row.cost), step.a.value);
        let expected = if charges { [9, charged, step.gas + cost] } else { [9, cost, step.gas] };
        let ends = |(tag, m, state): &(Tag, Fr, Vec<Fr>)| {
            (*tag, *m) == (Tag::State, Fr::ONE) && state[1..] == expected.map(Fr::from)
        };
        assert!(log.iter().any(ends));
    }
}
