use nectar_commitment::Fr;

use super::field::receive_word;
use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple, Weighed};
use crate::execution::number::two_to_the;
use crate::execution::range;
use crate::lc::{Lc, Var};

/// Bits of what lies between two entries of a log that one run has made.
pub(crate) const LOG_GAP_BITS: u32 = 24;
/// What is added to a position behind which the run has read no more, above all positions: no message begins there.
const CUT_BIT: u32 = 52;

/// Where a run's messages have come to, and whose they are: private.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Position of the next word: `2^32 run + n`.
    pub(crate) at: u64,
    /// Place of the run's last entry in a log, `2^32 receipt + n`; before the first, any place before it.
    pub(crate) place: u64,
    /// Key of the contract.
    pub(crate) contract: Fr,
    /// Its program and secret, bound.
    pub(crate) binding: Fr,
    /// Its secret.
    pub(crate) secret: Fr,
    /// What hosts have told the invocation's runs so far.
    pub(crate) told: Fr,
    /// Hash of what all envs of the invocation begin with.
    pub(crate) block: Fr,
}

/// Only where.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("at", &self.at).finish_non_exhaustive()
    }
}

/// [`Message`] as variables.
pub(crate) struct Chain {
    pub(crate) at: Var,
    pub(crate) place: Var,
    pub(crate) secret: Var,
    pub(crate) told: Var,
    /// Contract and binding with the powers that tuples of messages, accesses and logs have them with.
    pub(crate) owner: [Weighed; 2],
    weighed_secret: Weighed,
    /// Told and block, with the powers that tuples of messages and answers have them with.
    pub(crate) shared: [Weighed; 2],
}

impl Chain {
    /// Receives where the messages have come to, and the tag that says what this one is.
    pub(crate) fn receive<B: Builder>(
        b: &mut B,
        bus: &mut Bus,
        used: &Lc,
        message: &Message,
        tag: Lc,
    ) -> Self {
        let [at, place] = [message.at, message.place].map(|n| b.alloc(Fr::from(n)));
        let Message { contract, binding, secret, told, block, .. } = *message;
        let [contract, binding, secret, told, block] =
            [contract, binding, secret, told, block].map(|value| b.alloc(value));
        let owner = [bus.weigh(b, 2, contract), bus.weigh(b, 3, binding)];
        let shared = [bus.weigh(b, 5, told), bus.weigh(b, 6, block)];
        let chain = Self { at, place, secret, told, owner, weighed_secret: bus.weigh(b, 4, secret), shared };
        let weighed = bus.weigh(b, 1, place);
        let [told, _] = chain.shared.clone();
        let tuple = chain.tuple(at.into(), weighed, told);
        bus.receive(b, used.clone(), tuple);
        let said = bus.constant(2, Fr::one());
        receive_word(b, bus, used.clone(), at.into(), tag, &said);
        chain
    }

    /// Sends where they are now. `place` is weighed with alpha.
    pub(crate) fn send<B: Builder>(&self, b: &mut B, bus: &mut Bus, used: Lc, position: Lc, place: Weighed) {
        let [told, _] = self.shared.clone();
        self.send_told(b, bus, used, position, [place, told]);
    }

    /// The same, if hosts have told more. `told` is weighed with the fifth power of alpha.
    pub(crate) fn send_told<B: Builder>(
        &self,
        b: &mut B,
        bus: &mut Bus,
        used: Lc,
        position: Lc,
        [place, told]: [Weighed; 2],
    ) {
        let tuple = self.tuple(position, place, told);
        bus.send(b, used, tuple);
    }

    fn tuple(&self, position: Lc, place: Weighed, told: Weighed) -> Tuple {
        let ([contract, binding], [_, block]) = (self.owner.clone(), self.shared.clone());
        let fields = vec![place, contract, binding, self.weighed_secret.clone(), told, block];
        Tuple { tag: Tag::Message, first: position, fields }
    }

    /// Sends an entry of the log, `gap` places behind the last one and the next, if `m` is 1. Gives the place that the chain is at then.
    pub(crate) fn log<B: Builder>(&self, b: &mut B, bus: &mut Bus, m: &Lc, logged: Logged) -> Weighed {
        let gap = b.alloc(Fr::from(logged.gap));
        range::bits(b, bus, gap.into(), LOG_GAP_BITS);
        // Without an entry the place stays.
        b.enforce(|| (Lc::one() - m.clone(), gap.into(), Lc::default()));
        let place = self.place + gap + m.clone();
        let code = bus.weigh(b, 1, logged.code);
        let [contract, binding] = self.owner.clone();
        let (key, value) = (bus.weigh(b, 4, logged.key), bus.weigh(b, 5, logged.value));
        let fields = vec![code, contract, binding, key, value];
        bus.send(b, m.clone(), Tuple { tag: Tag::Access, first: place.clone(), fields });
        bus.weigh(b, 1, place)
    }
}

/// An entry of a log.
pub(crate) struct Logged {
    pub(crate) code: Lc,
    pub(crate) key: Lc,
    pub(crate) value: Lc,
    /// Places between the run's last entry and this one.
    pub(crate) gap: u64,
}

/// What is added to a position if `cut` is 1.
pub(crate) fn ended(cut: impl Into<Lc>) -> Lc {
    cut.into() * two_to_the(CUT_BIT)
}
