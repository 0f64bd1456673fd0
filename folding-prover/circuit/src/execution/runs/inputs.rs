use nectar_commitment::{Domain, Fr};

use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::hash::hash_call;
use crate::execution::number::{low_bits, two_to_the};
use crate::execution::outside::{Field, Form, Unread, UnreadBits, receive_bytes};
use crate::lc::{Lc, Var};

/// What an env ends with, behind the digits of the contract's id.
const TAIL: u64 = u64::from_le_bytes(*b"\"}}\0\0\0\0\0");

/// What a run was given: private.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Inputs {
    /// Env, info unless it is a query, and message; and what of them a run that trapped has not read.
    pub(crate) fields: [(Field, Unread); 3],
    /// The salt of what the log says of them.
    pub(crate) salt: Fr,
    /// Hash of what the env begins with: all but its last 67 bytes.
    pub(crate) block: Fr,
    /// The text of the contract's id, behind it.
    pub(crate) address: [Fr; 3],
    /// The last byte of the id.
    pub(crate) last: u8,
}

/// Nothing.
impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs").finish_non_exhaustive()
    }
}

/// What a run was given, as its slot needs it.
pub(super) struct Given {
    /// The position behind what was read.
    pub(super) behind: Lc,
    /// 1 if the run trapped before it had read all.
    pub(super) cut: Var,
    /// What the log says.
    pub(super) hash: Var,
    /// Hash of what the env begins with.
    pub(super) block: Var,
    /// Hash of the message.
    pub(super) message: Var,
    /// Key of the contract.
    pub(super) contract: Var,
    /// The last byte of its id.
    pub(super) last: Var,
}

/// Receives env, info and message, in that order from the run's first word on. What is not read is last. The env is this contract's.
pub(super) fn inputs<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    used: &Lc,
    (query, contract): (Var, Var),
    first: Lc,
    inputs: &Inputs,
) -> Given {
    let [env, info, message] = inputs.fields;
    let bits = inputs.fields.map(|(_, unread)| UnreadBits::alloc(b, unread));
    let [env_bits, info_bits, message_bits] = bits;
    b.zero_if(env_bits.cut.into(), || Lc::one() - info_bits.all);
    b.zero_if(info_bits.cut.into(), || Lc::one() - message_bits.all);
    let [env_form, info_form, message_form] =
        bits.map(|bits| Lc::constant(Fr::from(Form::HEARD)) + bits.number());

    let env = receive_bytes(b, bus, used.clone(), first, env_form, &env.0);
    let has_info = used.clone() - query;
    let none = Field { behind: low_bits(&env.behind.value), ..Field::default() };
    let info = if has_info.value == Fr::zero() { none } else { info.0 };
    let info = receive_bytes(b, bus, has_info.clone(), env.behind.into(), info_form, &info);
    b.zero_if(Lc::one() - has_info.clone(), || info.behind - env.behind);
    b.zero_if(Lc::one() - has_info, || info.hash.into());
    let message = receive_bytes(b, bus, used.clone(), info.behind.into(), message_form, &message.0);

    let salt = b.alloc(inputs.salt);
    let hashed = [env.hash.into(), info.hash.into(), message.hash.into(), salt.into()];
    let hash = hash_call(b, bus, used, Domain::Inputs, hashed);
    let [block, last] = env_of(b, bus, used, contract, inputs, env.hash);
    let (behind, cut) = (message.behind.into(), message_bits.cut);
    Given { behind, cut, hash, block, message: message.hash, contract, last }
}

/// Shows that the last permutation of the env's hash has the contract's id as text; gives the hash before it, and the id's last byte.
fn env_of<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    used: &Lc,
    contract: Var,
    inputs: &Inputs,
    env: Var,
) -> [Var; 2] {
    let block = b.alloc(inputs.block);
    let address = inputs.address.map(|element| b.alloc(element));
    let last = b.alloc(Fr::from(u64::from(inputs.last)));
    let fields = address.into_iter().chain([last]);
    let fields = (1..).zip(fields).map(|(power, field)| bus.weigh(b, power, field)).collect();
    bus.receive(b, used.clone(), Tuple { tag: Tag::Address, first: contract.into(), fields });
    let [first, second, third] = address.map(Lc::from);
    let third = third + Lc::constant(two_to_the(128) * Fr::from(TAIL));
    let hash = hash_call(b, bus, used, Domain::Words, [block.into(), first, second, third]);
    b.zero_if(used.clone(), || hash - env);
    [block, last]
}
