//! First-phase values of a chunk with every kind of slot, changed one by one and at random: what is still accepted is listed.

use std::collections::{BTreeMap, BTreeSet};

use ff::Field;
use nectar_commitment::{Fr, to_bytes};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::forgery::CHALLENGES;
use super::free::{UNUSED, USED, is_free};
use super::layout::{Span, spans};
use super::net::{Net, Verdict};
use super::world::whole;
use crate::execution::batch::Arranged;
use crate::execution::{ExecutionCircuit, Size};
use crate::{Boundary, Frame, Phased as _, Position, Uniform as _};

/// A batch in one chunk, with an unused slot of each kind.
struct Chunk {
    net: Net,
    spans: Vec<Span>,
}

impl Chunk {
    fn new() -> Self {
        let (contents, statement) = whole();
        let size = Size::exactly(&contents).map(|slots| slots + 1);
        let spans = spans(&size, &contents);
        let chunk = Arranged::of(contents, &size).unwrap().chunk(0);
        let circuit = ExecutionCircuit::new(size);
        let start = Boundary { values: circuit.start(&statement), salt: Fr::from(3) };
        let frame = Frame {
            statement: &statement,
            position: Position { first: true, last: true },
            challenges: CHALLENGES,
            start: &start,
            end_salt: Fr::from(4),
        };
        let assignment = circuit.second(&chunk, &frame);
        assert!(assignment.violations(circuit.shape()).is_empty());
        Self { net: Net::new(circuit.shape(), &assignment), spans }
    }

    /// Whose a first-phase value is: kind, whether the slot is used, and the value's number in it.
    fn whose(&self, at: usize) -> (&str, bool, usize) {
        let place = self.spans.partition_point(|span| span.from <= at) - 1;
        let Span { slot, used, from, .. } = &self.spans[place];
        (slot, *used, at - from)
    }
}

fn index(dice: &mut ChaCha8Rng, end: usize) -> usize {
    usize::try_from(dice.next_u32()).unwrap() % end
}

#[test]
fn values_have_their_slots_and_all_rows_are_looked_at() {
    let chunk = Chunk::new();
    let last = chunk.spans.last().unwrap();
    assert_eq!(last.from + last.width, chunk.net.first());
    assert!(chunk.spans.iter().all(|span| span.width > 0));
    // Three hashes for each boundary, each of which may be any.
    assert_eq!(chunk.net.skipped, 6 * (363 + 4) + 2);
    let kinds: BTreeSet<(&str, bool)> = chunk.spans.iter().map(|span| (&*span.slot, span.used)).collect();
    let once = ["boundary", "root of receipts", "tables"];
    for (kind, _) in kinds.iter().filter(|(kind, _)| !once.contains(kind)) {
        assert!(kinds.contains(&(*kind, true)) && kinds.contains(&(*kind, false)), "{kind}");
    }
}

#[test]
fn no_other_value_than_the_listed_ones_is_free() {
    let mut chunk = Chunk::new();
    let mut dice = ChaCha8Rng::seed_from_u64(1);
    let mut free = BTreeSet::new();
    for at in 0..chunk.net.first() {
        let value = chunk.net.value(at);
        let half = Fr::from(2).invert().unwrap();
        let mut others = vec![Fr::ZERO, Fr::ONE, Fr::ONE - value, value.double(), value * half];
        let powers = [0, 12, 32, 64].map(|bits| Fr::from(2).pow([bits]));
        others.extend(powers.iter().flat_map(|power| [value + power, value - power]));
        others.extend([Fr::random(&mut dice), Fr::random(&mut dice)]);
        others.retain(|other| *other != value);
        let verdicts: Vec<Verdict> =
            others.into_iter().map(|other| chunk.net.judge(&[(at, other)])).collect();
        let loud = [Verdict::Accepted, Verdict::Exchanged];
        assert!(!verdicts.iter().any(|verdict| loud.contains(verdict)), "{:?}", chunk.whose(at));
        if verdicts.contains(&Verdict::Silent) {
            let (slot, used, number) = chunk.whose(at);
            free.insert((slot.to_owned(), used, number));
        }
    }
    let mut listed: BTreeSet<_> =
        USED.iter().map(|(slot, number, _)| ((*slot).to_owned(), true, *number)).collect();
    for (slot, ranges) in UNUSED {
        let numbers = ranges.iter().flat_map(|(from, to)| *from..=*to);
        listed.extend(numbers.map(|number| (slot.to_owned(), false, number)));
    }
    let [more, fewer] = [&free - &listed, &listed - &free];
    assert!(
        more.is_empty() && fewer.is_empty(),
        "free, but not listed: {more:?}; listed, but not free: {fewer:?}"
    );
}

/// Changes values of each kind of slot so often, and looks whether something is accepted.
fn random_changes_are_refused(of_each_kind: usize) {
    let mut chunk = Chunk::new();
    let mut dice = ChaCha8Rng::seed_from_u64(2);
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for Span { slot, from, width, .. } in &chunk.spans {
        places.entry(slot.clone()).or_default().extend(*from..from + width);
    }
    let second: Vec<usize> = chunk.net.second().collect();
    let (mut tried, mut accepted) = (0, 0);
    for (kind, places) in &places {
        for _ in 0..of_each_kind {
            let changes = chunk.change(places, &second, &mut dice);
            if changes.is_empty() {
                continue;
            }
            tried += 1;
            match chunk.net.judge(&changes) {
                Verdict::Refused(_) | Verdict::Exchanged => {}
                Verdict::Accepted => panic!("{kind}: something else goes over the bus, {changes:?}"),
                Verdict::Silent => {
                    accepted += 1;
                    changes.iter().for_each(|(at, _)| chunk.must_be_free(*at));
                }
            }
        }
    }
    println!("{} kinds, {tried} changes, {accepted} of free values alone", places.len());
    assert!(tried * 2 > places.len() * of_each_kind, "{tried} changes that change something");
}

impl Chunk {
    /// A value that is accepted with another one in its place is listed. In a slot that is not used several may change together, as long as it stays
    /// so; of the second phase, inverses of nothing may.
    fn must_be_free(&self, at: usize) {
        if at >= self.net.first() {
            return assert!(self.net.is_alone(at), "variable {at} of the second phase");
        }
        let (slot, used, number) = self.whose(at);
        assert!(!used || is_free(slot, used, number), "{slot} {number}");
    }

    /// One value of these is another, or two values are, of which one may be any slot's, or of the second phase.
    fn change(&self, places: &[usize], second: &[usize], dice: &mut ChaCha8Rng) -> Vec<(usize, Fr)> {
        let any = |dice: &mut ChaCha8Rng| index(dice, self.net.first());
        let one = places[index(dice, places.len())];
        let other = match dice.next_u32() % 4 {
            0 => second[index(dice, second.len())],
            1 => any(dice),
            _ => places[index(dice, places.len())],
        };
        let [value, beside] = [one, other].map(|at| self.net.value(at));
        let mut changes = match dice.next_u32() % 10 {
            0 => vec![(one, Fr::random(dice))],
            1 => vec![(one, value + Fr::ONE)],
            2 => vec![(one, value - Fr::ONE)],
            3 => vec![(one, Fr::ZERO)],
            4 => vec![(one, flipped(&value, index(dice, 254)))],
            5 => vec![(one, flipped(&value, index(dice, 32)))],
            6 => vec![(one, self.net.value(any(dice)))],
            7 => vec![(one, beside), (other, value)],
            8 => vec![(one, Fr::random(&mut *dice)), (other, Fr::random(dice))],
            _ => vec![(one, value + Fr::ONE), (other, beside - Fr::ONE)],
        };
        changes.retain(|(at, value)| *value != self.net.value(*at));
        if one == other {
            changes.truncate(1);
        }
        changes
    }
}

/// The number with one of its bits another.
fn flipped(value: &Fr, bit: usize) -> Fr {
    let byte = to_bytes(value)[31 - bit / 8];
    let power = Fr::from(2).pow([bit as u64]);
    if byte >> (bit % 8) & 1 == 0 { value + power } else { value - power }
}

#[test]
fn random_changes_are_refused_10_000_of_each_kind() {
    random_changes_are_refused(10_000);
}

/// `cargo test -p nectar-circuit --lib -- --ignored attacks::mutation`
#[test]
#[ignore = "takes a minute: ten times as many as the test above"]
fn random_changes_are_refused_100_000_of_each_kind() {
    random_changes_are_refused(100_000);
}
