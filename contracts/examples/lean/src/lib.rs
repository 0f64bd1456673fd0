//! The counter once more, for who pays for proofs: a proof of a run pays for every instruction that ran, every row of
//! code and every word of memory that it touched. `counter` is the contract to begin from; this one shows what is
//! left to save where one message is called far more often than all others together.
//!
//! # What is different
//! Of an ordinary contract's `increment`, hardly anything is the increment. It reads three JSON texts, two of which it never
//! looks at, writes a fourth, and allocates for all of them. So here
//! - **`execute` is exported by hand** (`wasm.rs`), past `nectar_sdk::entry_point`, which reads `Env` and `MessageInfo`
//!   for every contract: here `Env` is not looked at, and of `MessageInfo` 64 bytes, where they matter;
//! - **messages have one spelling**, the one that serializing them gives ([`ExecuteMsg::read`](msg::ExecuteMsg::read)).
//!   They stay JSON, because grants name methods by a message's only key, and the host reads it there. What is spelt
//!   otherwise is refused, never guessed at;
//! - **state has a fixed width** (`state.rs`): eight bytes, which are one load and one store;
//! - **the answer is a constant** ([`answer`](contract::answer));
//! - **the allocator only counts upwards** (`memory.rs`): an instance lives for one call, so there is nothing to give back;
//! - **the owner is known from the state**, not from [`Caller`](nectar_sdk::Caller), who is one more question to the host.
//!
//! Everything else is ordinary: `instantiate` happens once, `query` changes nothing, and so both keep `entry_point`, the SDK
//! and JSON.
//!
//! # What it costs
//! `unsafe` in two short files, and messages that must be written as they are here. Do this to a contract that is
//! finished, has tests that say what it does (`contract/tests.rs` runs `counter` beside it), and only to what
//! `nectar check --provable --profile` shows to be dear.
#![deny(unsafe_code)]

pub mod contract;
mod error;
#[cfg(target_arch = "wasm32")]
mod memory;
pub mod msg;
mod state;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::ContractError;
pub use state::Store;
