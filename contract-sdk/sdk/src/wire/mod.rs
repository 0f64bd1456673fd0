//! What host and contract say to each other, read and written in few instructions, because each one that runs is proven.
//!
//! The host writes its JSON in one spelling. What has this spelling is read here; everything else is left to
//! `cosmwasm_std`, so that nothing is accepted or refused that it would not, with the same words.

mod base64;
mod envelope;
mod inputs;
mod message;
mod result;
mod text;

#[cfg(target_arch = "wasm32")]
pub(crate) use envelope::{query_result, smart_result};
#[cfg(target_arch = "wasm32")]
pub(crate) use inputs::{env, info};
#[cfg(target_arch = "wasm32")]
pub(crate) use message::message;
#[cfg(target_arch = "wasm32")]
pub(crate) use result::{answer, response};
