//! Messages, as JSON. Ids of patients and contracts are lower-case hexadecimal. [`crate::fields`] has the field mask.

use std::collections::BTreeMap;

use nectar_sdk::{ContractId, PatientHandle};
use serde::{Deserialize, Serialize};

use crate::Resource;

/// How the contract starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// The consent contract that is asked before anything is read.
    pub consent: ContractId,
}

/// What changes state. The response has an attribute `stored`: how many resources.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Stores a resource, in place of the one with the same type and id if there is one.
    Put {
        /// Whose it is.
        patient: PatientHandle,
        /// Its type.
        resource_type: String,
        /// Its id.
        id: String,
        /// The resource: a JSON object whose `resourceType` is the type and whose `id`, if it has one, is the id.
        resource: Resource,
    },
    /// Stores several resources, all or none. Of two with the same type and id the later one stays.
    PutMany {
        /// Whose they are.
        patient: PatientHandle,
        /// The resources.
        entries: Vec<Entry>,
    },
}

/// One resource of [`ExecuteMsg::PutMany`], as in [`ExecuteMsg::Put`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its type.
    pub resource_type: String,
    /// Its id.
    pub id: String,
    /// The resource.
    pub resource: Resource,
}

/// What only reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum QueryMsg {
    /// Answered with the resource itself, byte for byte as it was stored.
    Get {
        /// Whose it is.
        patient: PatientHandle,
        /// Its type.
        resource_type: String,
        /// Its id.
        id: String,
    },
    /// Answered with [`ListResponse`].
    List {
        /// Whose they are.
        patient: PatientHandle,
        /// Their type.
        resource_type: String,
        /// The last id of the page before; left out, from the start.
        #[serde(default)]
        after: Option<String>,
        /// Ids per page; left out, 100. At most 256 are returned, whatever is asked.
        #[serde(default)]
        limit: Option<u32>,
    },
    /// Answered with [`SummaryResponse`].
    Summary {
        /// Whose.
        patient: PatientHandle,
    },
}

/// A page of ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListResponse {
    /// In ascending order of their bytes.
    pub ids: Vec<String>,
    /// What to give as `after` for the next page, which may turn out empty; `null` after the last one.
    pub next: Option<String>,
}

/// How many resources there are of each type that the grant and the patient's consent open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryResponse {
    /// Type and number.
    pub counts: BTreeMap<String, u32>,
    /// Whether every resource was counted. Counting stops at 1,024 resources of the patient.
    pub complete: bool,
}
