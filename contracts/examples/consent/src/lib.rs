//! What a patient permits and denies, beyond what grants say.
//!
//! Grants are the primary gate: without one, nobody reaches any contract. This contract adds the patient's own word:
//! other contracts ask it (`permits`) before they disclose, and the patient records rules or withdraws them.
//!
//! # Policy
//! - **Default: permit.** Where no rule speaks, the grant decides alone. Treatment, payment and operations need no consent
//!   (45 CFR 164.506(b)), and every other disclosure already needs a grant with its own basis. Who wants to opt in
//!   instead denies `anyone` and permits whom they like.
//! - **The closest rule wins**: one about the holder's key, then one about their role, then one about anyone. Between equally
//!   close rules a denial wins. Each field is decided on its own.
//! - **Unknown roles fail closed**: a denial of some role also reaches a holder whose role the owner has not recorded; a
//!   permission of a role does not.
//! - **Emergencies**: a rule that names no purposes is about every purpose but emergency treatment (ETREAT), which a
//!   restriction does not bind (45 CFR 164.522(a)(1)(iii)); break-glass grants are reviewed afterwards. A rule may
//!   name ETREAT.
//! - A rule ends at its `until`.
//!
//! # Which message do I want?
//!
//! | I want | message | who may |
//! |---|---|---|
//! | to permit or deny | [`ExecuteMsg::Record`](msg::ExecuteMsg) | the patient, the owner on their behalf |
//! | to take it back | [`ExecuteMsg::Withdraw`](msg::ExecuteMsg) | the patient, the owner on their behalf |
//! | to say what a holder is | [`ExecuteMsg::Enrol`](msg::ExecuteMsg), [`ExecuteMsg::Dismiss`](msg::ExecuteMsg) | the owner |
//! | to know whether something is permitted | [`QueryMsg::Permits`](msg::QueryMsg) | the holder about themselves; the patient and the owner about anyone |
//! | to see all rules | [`QueryMsg::Rules`](msg::QueryMsg) | the patient and the owner |
//!
//! Fields are bits whose meaning the asking contract gives them; this contract only compares them.
#![deny(unsafe_code)]

pub mod contract;
mod error;
pub mod msg;
mod policy;
mod state;

pub use error::ContractError;
pub use policy::MAX_RULES;
