//! Tests of the slots that tie words outside to bytes, messages, runs, logs and receipts: one by one with all values changed, and together.

mod address;
mod attacks;
mod bytes;
mod judge;
mod messages;
mod runs;
mod slot;
mod story;
mod world;

use std::collections::BTreeSet;

use ff::Field;
use nectar_commitment::Fr;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use judge::{Verdict, judge};
use slot::{Bare, Slot};

fn index(dice: &mut ChaCha8Rng, end: usize) -> usize {
    usize::try_from(dice.next_u32()).unwrap() % end
}

/// By one, by limbs and words, by fractions of them, by anything.
fn deltas(dice: &mut ChaCha8Rng) -> Vec<Fr> {
    let power = |bits: u64| Fr::from(2).pow([bits]);
    let half = |bits: u64| power(bits).invert().unwrap();
    let mut deltas: Vec<Fr> = [0, 1, 3, 12, 24, 32, 52, 60, 64].map(power).to_vec();
    deltas.extend([half(3), half(12), half(32), Fr::from(7), Fr::random(dice)]);
    deltas.extend(deltas.clone().iter().map(Fr::neg));
    deltas
}

/// Each value by each amount, and as many pairs: a change that another one could make good.
fn changes(values: usize, dice: &mut ChaCha8Rng) -> Vec<Vec<(usize, Fr)>> {
    let each: Vec<_> =
        (0..values).flat_map(|at| deltas(dice).into_iter().map(move |by| vec![(at, by)])).collect();
    let mut any = || {
        let deltas = deltas(dice);
        (index(dice, values), deltas[index(dice, deltas.len())])
    };
    let pairs = each.iter().map(|_| vec![any(), any()]).collect();
    [each, pairs].concat()
}

/// Whatever satisfies a slot is what its definition says, whatever is changed of these and of an unused one.
fn withstands_changes(kind: &Slot, slots: &[Slot]) {
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let bare = Bare::new(kind);
    let unused = kind.unused();
    let (mut tried, mut refused) = (0, 0);
    // Rows that some lie violates, and those that some lie violates alone: without them it would be accepted.
    let (mut violated, mut needed) = (BTreeSet::new(), BTreeSet::new());
    for slot in slots.iter().chain([&unused]) {
        let before = 5;
        let (terms, values) = slot.terms(before, &[]);
        assert!(!bare.refuses(slot, before, &[]), "{slot:?}");
        assert_eq!(judge(&terms), Ok(()), "{slot:?}");
        for tampered in changes(values, &mut dice) {
            tried += 1;
            if let Err(Verdict::Wrong(why)) = judge(&slot.terms(before, &tampered).0) {
                let rows = bare.violations(slot, before, &tampered);
                assert!(!rows.is_empty(), "{slot:?}: changed {tampered:?}: {why}");
                refused += 1;
                if let [row] = rows[..] {
                    needed.insert(row);
                }
                violated.extend(rows);
            }
        }
    }
    let others: Vec<_> = violated.difference(&needed).collect();
    println!("{tried} changes: {refused} refused by constraints; rows that never stood alone: {others:?}");
    assert!(refused * 20 > tried, "{refused} of {tried}");
}

#[test]
fn slots_have_the_sizes_that_are_said() {
    let sizes: Vec<_> = Slot::kinds().iter().map(|slot| (slot.name(), Bare::new(slot).size())).collect();
    let expected = [
        ("bytes", (91, 515)),
        ("access", (88, 454)),
        ("item", (95, 479)),
        ("scan", (26, 118)),
        ("query", (87, 396)),
        ("address", (394, 2_155)),
        ("run", (224, 1_134)),
        ("log", (32, 196)),
        ("receipt", (20, 90)),
    ];
    assert_eq!(sizes, expected);
}

#[test]
fn an_unused_slot_puts_nothing_on_the_bus() {
    for slot in Slot::kinds() {
        assert!(!Bare::new(&slot).refuses(&slot, 7, &[]), "{slot:?}");
        let (terms, _) = slot.terms(7, &[]);
        assert!(terms.scan[0] == terms.scan[1]);
        assert!(terms.log.iter().all(|(tag, ..)| *tag == super::bus::Tag::Limb), "{slot:?}");
    }
}
