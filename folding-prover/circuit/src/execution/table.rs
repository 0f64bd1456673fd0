//! What is looked up: numbers of twelve bits, `and` of two numbers of six bits, powers of two, operations. Each chunk has the tables once.

use nectar_commitment::Fr;

use super::bus::{Bus, Tag, Tuple, Weighed};
use super::counts::{Counts, count};
use super::number::{low_bits, two_to_the};
use super::program::send_operations;
use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// Requires that `limb` is below 2^12.
pub(crate) fn limb<B: Builder>(b: &mut B, bus: &mut Bus, limb: Lc) {
    count(&mut bus.counts.limbs, low_bits(&limb.value));
    bus.receive(b, Lc::one(), Tuple { tag: Tag::Limb, first: limb, fields: Vec::new() });
}

/// Requires that two numbers are below 2^6 and that the third is their `and`.
pub(crate) fn and<B: Builder>(b: &mut B, bus: &mut Bus, limbs: [Var; 2], both: Var) {
    let [left, right] = limbs.map(|limb| low_bits(&limb.value) & 63);
    count(&mut bus.counts.ands, left << 6 | right);
    let [left, right] = limbs;
    let fields = vec![bus.weigh(b, 1, right), bus.weigh(b, 2, both)];
    bus.receive(b, Lc::one(), Tuple { tag: Tag::And, first: left.into(), fields });
}

/// Requires that `power` is 2 to the power `exponent`, which is at most 64.
pub(crate) fn power<B: Builder>(b: &mut B, bus: &mut Bus, exponent: Lc, power: Var) {
    count(&mut bus.counts.powers, low_bits(&exponent.value));
    let fields = vec![bus.weigh(b, 1, power)];
    bus.receive(b, Lc::one(), Tuple { tag: Tag::Power, first: exponent, fields });
}

/// Sends all entries, each as often as it was looked up. After everything that looks up.
pub(crate) fn send_all<B: Builder>(b: &mut B, bus: &mut Bus) {
    let Counts { limbs, ands, powers, operations } = std::mem::take(&mut bus.counts);
    for (entry, count) in (0u64..).zip(limbs) {
        send(b, bus, Tag::Limb, count, [entry.into(), 0.into(), 0.into()]);
    }
    for (entry, count) in (0u64..).zip(ands) {
        let (left, right) = (entry >> 6, entry & 63);
        send(b, bus, Tag::And, count, [left, right, left & right].map(Fr::from));
    }
    for (entry, count) in (0u32..).zip(powers) {
        let power = two_to_the(entry);
        send(b, bus, Tag::Power, count, [u64::from(entry).into(), power, 0.into()]);
    }
    send_operations(b, bus, &operations);
}

fn send<B: Builder>(b: &mut B, bus: &mut Bus, tag: Tag, count: u64, [first, second, third]: [Fr; 3]) {
    let count = b.alloc(Fr::from(count));
    let fields: Vec<Weighed> = vec![bus.constant(1, second), bus.constant(2, third)];
    bus.send(b, count.into(), Tuple { tag, first: Lc::constant(first), fields });
}
