use nectar_commitment::{Domain, Fr};

use super::field::{Field, receive_bytes};
use super::form::Form;
use super::key::key;
use super::message::{Chain, Logged, Message, ended};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::hash::hash_call;
use crate::lc::Lc;

/// What is done to a contract's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateCall {
    /// `Read`
    Read,
    /// `Write`
    Write,
    /// `Remove`
    Remove,
}

/// A message that reads, writes or removes a value: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct StateAccess {
    /// What came before.
    pub(crate) message: Message,
    /// What is done.
    pub(crate) call: StateCall,
    /// The key.
    pub(crate) key: Field,
    /// The value, not of a removal.
    pub(crate) value: Option<Field>,
    /// The salt of the value's leaf.
    pub(crate) salt: Fr,
    /// The run trapped behind the length of the value that it read.
    pub(crate) cut: bool,
    /// Entries of the log between the run's last one and this.
    pub(crate) gap: u64,
}

/// Only where.
impl std::fmt::Debug for StateAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateAccess").field("message", &self.message).finish_non_exhaustive()
    }
}

/// A read, write or removal: receives its words and bytes, and sends an entry of the log.
pub(crate) fn access<B: Builder>(b: &mut B, bus: &mut Bus, access: Option<&StateAccess>) {
    let is = |call| access.is_some_and(|access| access.call == call);
    let [read, write, remove] =
        [StateCall::Read, StateCall::Write, StateCall::Remove].map(|call| b.boolean(is(call)));
    let used = read + write + remove;
    b.enforce(|| (used.clone(), used.clone(), used.clone()));
    let cut = b.boolean(access.is_some_and(|access| access.cut));
    b.zero_if(cut.into(), || Lc::one() - read);
    // Tags are numbered in the same order.
    let tag = used.clone() * Fr::from(3) + write + remove * Fr::from(2);
    let message = access.map(|access| access.message).unwrap_or_default();
    let chain = Chain::receive(b, bus, &used, &message, tag);

    let field = access.map(|access| access.key).unwrap_or_default();
    let at_key = chain.at + Lc::one();
    let name = receive_bytes(b, bus, used.clone(), at_key, Lc::constant(Fr::from(Form::SAID)), &field);
    // A removal has no value: its place is empty, and ends where the key does.
    let none = Field { behind: field.behind, ..Field::default() };
    let field = access.and_then(|access| access.value).unwrap_or(none);
    let form =
        read * Fr::from(Form::HEARD_OPTIONAL) + write * Fr::from(Form::SAID) + cut * Fr::from(Form::CUT);
    let has_value = read + write;
    let value = receive_bytes(b, bus, has_value.clone(), name.behind.into(), form, &field);
    b.zero_if(Lc::one() - has_value.clone(), || value.behind - name.behind);
    let some = b.boolean(access.is_some_and(|access| access.value.is_some_and(|value| value.tagged > 0)));
    b.zero_if(some.into(), || Lc::one() - has_value.clone());
    b.zero_if(has_value - some, || value.tagged.into());
    b.nonzero_if(some.into(), value.tagged.into());

    let place = [chain.secret.into(), name.hash.into(), Lc::default(), Lc::default()];
    let place = hash_call(b, bus, &used, Domain::StateKey, place);
    let place = key(b, bus, place);
    let salt = b.alloc(access.map_or_else(Fr::zero, |access| access.salt));
    let leaf = [salt.into(), value.hash.into(), Lc::default(), Lc::default()];
    let leaf = hash_call(b, bus, &some.into(), Domain::Value, leaf);
    let leaf = b.product(some.into(), leaf.into());
    let code = read * Fr::from(4) + (write + remove) * Fr::from(5);
    let gap = access.map(|access| access.gap).unwrap_or_default();
    let after = chain.log(b, bus, &used, Logged { code, key: place, value: leaf.into(), gap });
    chain.send(b, bus, used, value.behind + ended(cut), after);
}
