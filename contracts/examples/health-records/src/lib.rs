//! FHIR resources by patient and type.
//!
//! Resources are JSON texts, stored and returned byte for byte as they were given; types that this contract does not know
//! are stored like any other. Only `resourceType` and `id` are looked at, and they must be what the message says.
//!
//! # Which message do I want?
//!
//! | I want | message |
//! |---|---|
//! | to store one resource, new or in place of the one with its id | [`ExecuteMsg::Put`](msg::ExecuteMsg) |
//! | to store a bundle's entries | [`ExecuteMsg::PutMany`](msg::ExecuteMsg), up to [`MAX_ENTRIES`] at a time |
//! | one resource | [`QueryMsg::Get`](msg::QueryMsg) |
//! | the ids of a type, page by page | [`QueryMsg::List`](msg::QueryMsg) |
//! | how many there are of each type | [`QueryMsg::Summary`](msg::QueryMsg) |
//!
//! # Who may do what
//! The host has verified the grant and that it names the method. Then
//! - **a write** needs a grant that covers the patient and opens the field of the type ([`fields`]);
//! - **a read** needs that too, and the patient's consent: this contract asks the consent contract that it was instantiated
//!   with, so the invocation must name that contract among those it touches. A patient who reads their own records under
//!   their right of access (purpose PATRQT, basis INDIVIDUAL_ACCESS, a grant for them alone) is not asked for consent to
//!   themselves. If the consent contract does not answer, nothing is read.
//!
//! # State operations
//! | message | of this contract | of the consent contract |
//! |---|---|---|
//! | `put` | 1 write | |
//! | `put_many` | 1 write per entry | |
//! | `get` | 2 reads (1 for the patient) | 1 read, 2 where a rule is about a role |
//! | `list` | 1 read, and 1 per id | the same |
//! | `summary` | 1 read, and 1 per resource of the patient | the same |
#![deny(unsafe_code)]

pub mod contract;
mod error;
pub mod fields;
pub mod msg;
mod resource;
mod state;

pub use error::ContractError;
pub use resource::Resource;
pub use state::{DEFAULT_PAGE, MAX_BATCH_BYTES, MAX_ENTRIES, MAX_PAGE, MAX_RESOURCE_BYTES, MAX_SUMMARY};
