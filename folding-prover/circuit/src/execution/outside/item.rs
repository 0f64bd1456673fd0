use nectar_commitment::{Domain, Fr};

use super::field::{Field, receive_bytes, receive_word};
use super::form::Form;
use super::key::key;
use super::message::{Chain, Logged, Message, ended};
use crate::builder::Builder;
use crate::execution::bus::Bus;
use crate::execution::hash::hash_call;
use crate::lc::Lc;

/// What is asked of an iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    /// `Next`
    Both,
    /// `NextKey`
    Key,
    /// `NextValue`
    Value,
}

/// A message that asks for the next item of an iterator: private.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Item {
    /// What came before.
    pub(crate) message: Message,
    /// What is asked.
    pub(crate) kind: ItemKind,
    /// Number of the iterator.
    pub(crate) iterator: u64,
    /// The key, or the value if only that is asked; empty at the end.
    pub(crate) first: Field,
    /// The value, if both are asked and there is one.
    pub(crate) second: Option<Field>,
    /// The log's key.
    pub(crate) key: Fr,
    /// The log's value.
    pub(crate) value: Fr,
    /// The salt of the value's leaf, if the value is asked.
    pub(crate) salt: Fr,
    /// The run trapped behind the last length that it read.
    pub(crate) cut: bool,
    /// Entries of the log between the run's last one and this.
    pub(crate) gap: u64,
}

/// Only where.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Item").field("message", &self.message).finish_non_exhaustive()
    }
}

/// The next item of an iterator: receives its words and bytes, and sends a read of it to the log. That this item and no other comes next, and
/// that none comes at the end, is not shown. What is not asked, key or value, is any that the contract has.
pub(crate) fn item<B: Builder>(b: &mut B, bus: &mut Bus, item: Option<&Item>) {
    let is = |kind| item.is_some_and(|item| item.kind == kind);
    let [both, key_only, value_only] =
        [ItemKind::Both, ItemKind::Key, ItemKind::Value].map(|kind| b.boolean(is(kind)));
    let used = both + key_only + value_only;
    b.enforce(|| (used.clone(), used.clone(), used.clone()));
    let tag = used.clone() * Fr::from(7) + key_only + value_only * Fr::from(2);
    let message = item.map(|item| item.message).unwrap_or_default();
    let chain = Chain::receive(b, bus, &used, &message, tag);
    let said = bus.constant(2, Fr::one());
    let iterator = b.alloc(Fr::from(item.map_or(0, |item| item.iterator)));
    receive_word(b, bus, used.clone(), chain.at + Lc::one(), iterator.into(), &said);

    // One length may have no words behind it: the last one that is read.
    let cut = b.boolean(item.is_some_and(|item| item.cut));
    let cut_first = b.product(cut.into(), key_only + value_only);
    let at_first = chain.at + Lc::constant(Fr::from(2));
    let form = Lc::constant(Fr::from(Form::HEARD_OPTIONAL)) + cut_first * Fr::from(Form::CUT);
    let field = item.map(|item| item.first).unwrap_or_default();
    let first = receive_bytes(b, bus, used.clone(), at_first, form, &field);
    let some = b.boolean(field.tagged > 0);
    b.zero_if(some.into(), || Lc::one() - used.clone());
    b.zero_if(used.clone() - some, || first.tagged.into());
    b.nonzero_if(some.into(), first.tagged.into());
    let pair = b.product(some.into(), both.into());
    let form = Lc::constant(Fr::from(Form::HEARD)) + (cut - cut_first) * Fr::from(Form::CUT);
    let none = Field { behind: field.behind, ..Field::default() };
    let field = item.and_then(|item| item.second).unwrap_or(none);
    let second = receive_bytes(b, bus, pair.into(), first.behind.into(), form, &field);
    b.zero_if(Lc::one() - pair, || second.behind - first.behind);

    let keyed = b.product(some.into(), both + key_only);
    let place = [chain.secret.into(), first.hash.into(), Lc::default(), Lc::default()];
    let place = hash_call(b, bus, &keyed.into(), Domain::StateKey, place);
    let place = key(b, bus, place);
    let logged_key = b.alloc(item.map_or_else(Fr::zero, |item| item.key));
    b.zero_if(keyed.into(), || logged_key - place);

    let valued = pair + some - keyed;
    let hash = b.select(pair.into(), second.hash.into(), first.hash.into());
    let salt = b.alloc(item.map_or_else(Fr::zero, |item| item.salt));
    let leaf = [salt.into(), hash.into(), Lc::default(), Lc::default()];
    let leaf = hash_call(b, bus, &valued, Domain::Value, leaf);
    let logged_value = b.alloc(item.map_or_else(Fr::zero, |item| item.value));
    b.zero_if(valued, || logged_value - leaf);
    // Of a key alone, too, there is a value.
    b.nonzero_if(some.into(), logged_value.into());

    let gap = item.map(|item| item.gap).unwrap_or_default();
    let code = Lc::constant(Fr::from(4));
    let logged = Logged { code, key: logged_key.into(), value: logged_value.into(), gap };
    let after = chain.log(b, bus, &some.into(), logged);
    chain.send(b, bus, used, second.behind + ended(cut), after);
}
