//! Messages, as JSON. Ids and keys are lower-case hexadecimal, times are seconds since 1970, fields are a 64-bit mask
//! as a number, purposes are HL7 codes (`"TREAT"`).

use std::collections::BTreeSet;

use nectar_sdk::{FieldMask, PatientHandle, PublicKey, Purpose};
use serde::{Deserialize, Serialize};

/// Instantiation has nothing to say: `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {}

/// What changes state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Records a rule. The response has an attribute `rule`: its number.
    Record {
        /// Whose rule it is.
        patient: PatientHandle,
        /// The rule.
        rule: Rule,
    },
    /// Withdraws a rule.
    Withdraw {
        /// Whose rule it is.
        patient: PatientHandle,
        /// Its number.
        rule: u32,
    },
    /// Records what a holder is, so that rules about roles know them.
    Enrol {
        /// The holder's key.
        holder: PublicKey,
        /// Their role.
        role: Role,
    },
    /// Forgets what a holder is.
    Dismiss {
        /// The holder's key.
        holder: PublicKey,
    },
}

/// What only reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum QueryMsg {
    /// Answered with [`PermitsResponse`].
    Permits {
        /// Whose data it is.
        patient: PatientHandle,
        /// Who would see it.
        holder: PublicKey,
        /// Why.
        purpose: Purpose,
        /// Which fields.
        fields: FieldMask,
    },
    /// Answered with [`RulesResponse`].
    Rules {
        /// Whose rules.
        patient: PatientHandle,
    },
}

/// One directive of a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Permit or deny.
    pub effect: Effect,
    /// Whom it is about.
    pub who: Actor,
    /// Which purposes it is about; none means every purpose but ETREAT.
    #[serde(default)]
    pub purposes: BTreeSet<Purpose>,
    /// Which fields it is about; left out, all of them.
    #[serde(default = "every_field")]
    pub fields: FieldMask,
    /// When it ends: it no longer counts at this second. Left out, never.
    #[serde(default)]
    pub until: Option<u64>,
}

const fn every_field() -> FieldMask {
    FieldMask::ALL
}

/// Permit or deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// An exception from a wider denial.
    Permit,
    /// Closes what a grant would open.
    Deny,
}

/// Whom a rule is about: `"anyone"`, `{"role":"insurer"}` or `{"holder":"HEX"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Everyone.
    Anyone,
    /// Whom the owner enrolled with this role.
    Role(Role),
    /// One holder.
    Holder(PublicKey),
}

/// What a holder is, as the owner recorded it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Treats patients.
    Clinician,
    /// Analyses specimens.
    Laboratory,
    /// Dispenses medication.
    Pharmacy,
    /// Pays.
    Insurer,
    /// Studies.
    Researcher,
    /// Watches over public health.
    PublicHealth,
    /// Runs the provider.
    Administration,
}

/// Whether the patient's rules permit what was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitsResponse {
    /// Whether every field that was asked for is permitted.
    pub permitted: bool,
    /// Those of the fields that are permitted.
    pub fields: FieldMask,
    /// The rule that decided: a denial if there was one, else a permission; `null` where no rule spoke.
    pub rule: Option<u32>,
}

/// Every rule of a patient, ended ones included until the next one is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesResponse {
    /// In the order in which they were recorded.
    pub rules: Vec<NumberedRule>,
}

/// A rule with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedRule {
    /// Its number, never used twice for a patient.
    pub number: u32,
    /// The rule.
    pub rule: Rule,
}
