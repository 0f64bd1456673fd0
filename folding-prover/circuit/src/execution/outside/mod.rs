//! What runs say and hear: words to bytes, and bytes to messages.
//!
//! Every word that a step emits or is given is received once: as the length of bytes, as one of their words, as the tag of a message, or as a
//! number in it. Messages of a run form a chain from behind its inputs to its end ([`Tag::Message`](super::bus::Tag)); what they say of the
//! contract's state goes to the log, in their order.

mod access;
mod address;
mod bytes;
mod field;
mod form;
mod item;
mod key;
mod message;
mod query;
mod scan;

pub(crate) use access::access;
pub(crate) use access::{StateAccess, StateCall};
pub(crate) use address::address;
pub(crate) use address::{Address, ID_WORDS, id_of, key_of, last_of, text_of, words_of};
pub(crate) use bytes::Part;
pub(crate) use bytes::bytes;
pub(crate) use field::Field;
pub(crate) use field::{receive_bytes, receive_word};
pub(crate) use form::UnreadBits;
pub(crate) use form::{Form, Unread};
pub(crate) use item::item;
pub(crate) use item::{Item, ItemKind};
pub(crate) use message::Message;
pub(crate) use message::{LOG_GAP_BITS, ended};
pub(crate) use query::query;
pub(crate) use query::{Answerer, Query, answer_numbers, answer_place};
pub(crate) use scan::Scan;
pub(crate) use scan::scan;
