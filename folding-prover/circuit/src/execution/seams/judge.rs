//! Whether what a slot puts on the bus is what it must be, if what it received is true. Shares no code with the slots.

use ff::{Field, PrimeField};
use nectar_commitment::{Domain, Fr, hash4};

use super::slot::{Log, Terms};
use crate::execution::bus::Tag;

/// Why it is not.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It received what nobody can have sent: constraints need not refuse it, the bus does.
    NotSent,
    /// It is wrong: constraints must refuse it.
    Wrong(String),
}

pub(super) type Judged<T = ()> = Result<T, Verdict>;

pub(super) fn wrong<T>(why: impl Into<String>) -> Judged<T> {
    Err(Verdict::Wrong(why.into()))
}

/// Requires what the slot must see to.
pub(super) fn must(holds: bool, why: &str) -> Judged {
    if holds { Ok(()) } else { wrong(why) }
}

/// Requires what whoever sent a tuple has seen to.
pub(super) fn sent(holds: bool) -> Judged {
    if holds { Ok(()) } else { Err(Verdict::NotSent) }
}

/// A value as a number of at most 127 bits.
pub(super) fn small(value: &Fr) -> Option<u128> {
    let bytes: [u8; 32] = value.to_repr().into();
    let (low, high) = bytes.split_at(16);
    let low = u128::from_le_bytes(low.try_into().unwrap());
    (high.iter().all(|byte| *byte == 0) && low >> 127 == 0).then_some(low)
}

/// A number below a power of two that whoever sent it has ranged.
pub(super) fn number(value: &Fr, bits: u32) -> Judged<u64> {
    let number = small(value).filter(|number| number >> bits == 0).ok_or(Verdict::NotSent)?;
    u64::try_from(number).map_err(|_| Verdict::NotSent)
}

/// A number that the slot itself must range.
pub(super) fn ranged(value: &Fr, bits: u32, what: &str) -> Judged<u64> {
    number(value, bits).or_else(|_| wrong(format!("{what} is no number of {bits} bits")))
}

pub(super) fn power(bits: u64) -> Fr {
    Fr::from(2).pow([bits])
}

/// A hash that was received: inputs and output.
pub(super) type Hash = [Fr; 5];

/// What a slot put on the bus, by tag, in order.
pub(super) struct Seen {
    log: Log,
    pub(super) scan: [Fr; 2],
}

impl Seen {
    pub(super) fn sent(&mut self, tag: Tag) -> Judged<Option<Vec<Fr>>> {
        self.next(tag, Fr::ONE)
    }

    pub(super) fn received(&mut self, tag: Tag) -> Judged<Option<Vec<Fr>>> {
        self.next(tag, -Fr::ONE)
    }

    /// The next tuple; those that have been asked for are gone.
    fn next(&mut self, tag: Tag, m: Fr) -> Judged<Option<Vec<Fr>>> {
        let at = self.log.iter().position(|entry| (entry.0, entry.1) == (tag, m));
        Ok(at.map(|at| {
            let mut fields = self.log.remove(at).2;
            fields.resize(8, Fr::ZERO);
            fields
        }))
    }

    pub(super) fn must_send(&mut self, tag: Tag) -> Judged<Vec<Fr>> {
        self.sent(tag)?.map_or_else(|| wrong(format!("nothing is sent: {tag:?}")), Ok)
    }

    pub(super) fn must_receive(&mut self, tag: Tag) -> Judged<Vec<Fr>> {
        self.received(tag)?.map_or_else(|| wrong(format!("nothing is received: {tag:?}")), Ok)
    }

    /// The tuple of a fact, and how often it is sent.
    pub(super) fn fact(&mut self, tag: Tag) -> Option<(Fr, Vec<Fr>)> {
        let at = self.log.iter().position(|entry| entry.0 == tag)?;
        let (_, m, mut fields) = self.log.remove(at);
        fields.resize(8, Fr::ZERO);
        Some((m, fields))
    }

    /// The next hash of a domain.
    pub(super) fn hash(&mut self, domain: Domain) -> Judged<Hash> {
        let at = self.log.iter().position(|(tag, _, fields)| *tag == Tag::Hash && fields[0] == domain.tag());
        let Some(at) = at else { return wrong(format!("nothing is hashed: {domain:?}")) };
        let (_, m, fields) = self.log.remove(at);
        must(m == -Fr::ONE, "a hash that is sent")?;
        let [.., a, b, c, d, out] = fields[..] else { return wrong("a hash of something else") };
        Ok([a, b, c, d, out])
    }

    /// The hash that there must be of these.
    pub(super) fn hash_of(&mut self, domain: Domain, inputs: [Fr; 4]) -> Judged<Fr> {
        let [a, b, c, d, out] = self.hash(domain)?;
        must([a, b, c, d] == inputs, &format!("another hash than that of {domain:?}"))?;
        Ok(out)
    }

    /// A word, if it is at this position and goes this way.
    pub(super) fn word(&mut self, position: Fr, direction: u64) -> Judged<u64> {
        let word = self.must_receive(Tag::Word)?;
        must(word[0] == position, "a word of another place")?;
        must(word[2] == Fr::from(direction), "a word that goes the other way")?;
        number(&word[1], 64)
    }

    fn nothing_else(&self) -> Judged {
        self.log.first().map_or(Ok(()), |(tag, ..)| wrong(format!("something else: {tag:?}")))
    }
}

/// Judges a slot's terms.
pub(super) fn judge(terms: &Terms) -> Judged {
    let mut log = Log::new();
    for (tag, m, fields) in &terms.log {
        match tag {
            Tag::Limb => sent(number(&fields[0], 12).is_ok())?,
            Tag::Hash => {
                sent(is_true(fields))?;
                log.push((*tag, *m, fields.clone()));
            }
            // Words are counted below what is added where a run has not read all.
            Tag::Word => {
                sent(number(&fields[0], 52).is_ok())?;
                log.push((*tag, *m, fields.clone()));
            }
            _ => log.push((*tag, *m, fields.clone())),
        }
    }
    let mut seen = Seen { log, scan: terms.scan };
    if seen.log.is_empty() {
        return must(seen.scan[0] == seen.scan[1], "a scan that goes on by itself");
    }
    let has = |tag: Tag| seen.log.iter().any(|entry| entry.0 == tag);
    if has(Tag::State) || has(Tag::Program) || has(Tag::Cell) {
        super::runs::judge(&mut seen)?;
    } else if has(Tag::Address) || has(Tag::Id) && !has(Tag::Message) {
        super::address::judge(&mut seen)?;
    } else if has(Tag::Message) || has(Tag::Access) && !has(Tag::Log) {
        super::messages::judge(&mut seen)?;
    } else if has(Tag::Node) {
        super::runs::judge_receipt(&mut seen)?;
    } else if has(Tag::Log) || has(Tag::Access) {
        super::runs::judge_log(&mut seen)?;
    } else {
        super::bytes::judge(&mut seen)?;
    }
    seen.nothing_else()
}

/// Whether a hash that is received is one.
pub(super) fn is_true(fields: &[Fr]) -> bool {
    let domains = [
        Domain::Log,
        Domain::Receipt,
        Domain::Value,
        Domain::Program,
        Domain::Words,
        Domain::StateKey,
        Domain::Binding,
        Domain::Inputs,
        Domain::Outcome,
        Domain::Answer,
        Domain::Told,
    ];
    let [tag, a, b, c, d, out] = fields[..] else { return false };
    let domain = domains.into_iter().find(|domain| domain.tag() == tag);
    domain.is_some_and(|domain| hash4(domain, [a, b, c, d]) == out)
}
