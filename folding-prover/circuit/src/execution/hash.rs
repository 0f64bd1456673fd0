//! Hashes on the bus: a permutation is computed once, in a slot of its own, and received by all who need it.

use std::collections::BTreeMap;

use nectar_commitment::{Domain, Fr, hash4, to_bytes};

use super::bus::{Bus, Tag, Tuple, Weighed};
use crate::builder::Builder;
use crate::lc::{Lc, Var};
use crate::poseidon::{self, Input, RATE};

/// A hash that somebody asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash {
    pub(crate) domain: Domain,
    pub(crate) inputs: [Fr; RATE],
    /// How often it was asked for.
    pub(crate) times: u64,
}

/// Without what is hashed.
impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hash")
            .field("domain", &self.domain)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

impl Hash {
    /// What the hash slots of a batch have to do for these questions ([`Bus::hashes`]): each hash once, in order of the
    /// first question for it.
    pub(crate) fn distinct(asked: impl IntoIterator<Item = (Domain, [Fr; RATE])>) -> Vec<Self> {
        let mut hashes: Vec<Self> = Vec::new();
        let mut places = BTreeMap::new();
        for (domain, inputs) in asked {
            let key = (domain as u64, inputs.map(|input| to_bytes(&input)));
            let place = *places.entry(key).or_insert_with(|| {
                hashes.push(Self { domain, inputs, times: 0 });
                hashes.len() - 1
            });
            if let Some(hash) = hashes.get_mut(place) {
                hash.times += 1;
            }
        }
        hashes
    }
}

/// A permutation: sends `domain; inputs, hash` as a fact, so in a slot that is not used, too, what is sent is true.
pub(crate) fn hash<B: Builder>(b: &mut B, bus: &mut Bus, hash: Option<&Hash>) {
    let (domain, inputs, times) =
        hash.map_or_else(Default::default, |hash| (hash.domain.tag(), hash.inputs, hash.times));
    let domain = b.alloc(domain);
    let mut place = 0..;
    let inputs = inputs.map(|value| Input::free(b, place.next().unwrap_or_default(), value));
    let out = poseidon::hash(b, poseidon::Tag::Chosen(domain.into()), inputs);
    let mut power = 1..;
    let mut fields: Vec<Weighed> =
        inputs.iter().zip(&mut power).map(|(input, power)| bus.weigh(b, power, input.lc())).collect();
    fields.push(bus.weigh(b, RATE + 1, out));
    let times = b.alloc(Fr::from(times));
    bus.send(b, times.into(), Tuple { tag: Tag::Hash, first: domain.into(), fields });
}

/// The hash of four values, received from whoever computes it, if `m` is 1.
pub(crate) fn hash_call<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    m: &Lc,
    domain: Domain,
    inputs: [Lc; RATE],
) -> Var {
    let mut power = 1..;
    let inputs = inputs.map(|input| bus.weigh(b, power.next().unwrap_or_default(), input));
    hash_weighed(b, bus, m, domain, inputs)
}

/// The same, of values that are weighed already: the first with alpha, the next with its square, and so on.
pub(crate) fn hash_weighed<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    m: &Lc,
    domain: Domain,
    inputs: [Weighed; RATE],
) -> Var {
    let values = inputs.clone().map(|input| input.value);
    let out = b.alloc(hash4(domain, values));
    if m.value != Fr::zero() {
        bus.hashes.push((domain, values));
    }
    let mut fields = inputs.to_vec();
    fields.push(bus.weigh(b, RATE + 1, out));
    bus.receive(b, m.clone(), Tuple { tag: Tag::Hash, first: Lc::constant(domain.tag()), fields });
    out
}

#[cfg(test)]
mod tests;
