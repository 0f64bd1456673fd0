//! A counter: the smallest ordinary contract, to begin one's own from.
//!
//! | I want | message | who may |
//! |---|---|---|
//! | to count | [`ExecuteMsg::Increment`](msg::ExecuteMsg) | whoever has a grant for it |
//! | to begin again at zero | [`ExecuteMsg::Reset`](msg::ExecuteMsg) | the owner |
//! | to know the count | [`QueryMsg::Count`](msg::QueryMsg) | whoever has a grant for it |
//!
//! The host has verified that the grant names the method, so there is nothing left to check before an increment. It is
//! answered without the count: who may count may not therefore see what others counted.
//!
//! The contract `lean` does the same with a small part of the instructions.
#![deny(unsafe_code)]

pub mod contract;
mod error;
pub mod msg;
mod state;

pub use error::ContractError;
