//! Ids, limits and canonical encodings shared by guest and host.
//!
//! | I want | use |
//! |---|---|
//! | to name a contract, a grant, a patient, a key | [`ContractId`], [`GrantHash`], [`PatientHandle`], [`PublicKey`] |
//! | to name an entry point of a contract | [`Method`] |
//! | to say why a record is touched | [`Purpose`], [`LegalBasis`], [`FieldMask`] |
//! | what a contract may know of its caller | [`CallerGrant`] |
//! | to ask the host without JSON | [`compact`] |
//! | the limits that host and guest agree on | [`limits`] |
//!
//! Nothing here depends on `std`, so that a contract can use every type.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod caller;
pub mod compact;
mod hexadecimal;
mod ids;
pub mod limits;
mod method;
mod purpose;

pub use caller::{CallerGrant, NectarQuery};
pub use ids::{
    CodeHash, ContractId, Digest, GrantHash, GrantId, IdError, NetworkId, PatientHandle, PublicKey,
    tagged_hash,
};
pub use method::{EntryPoint, Method, MethodError};
pub use purpose::{FieldMask, LegalBasis, Purpose, UnknownCode};
