//! Messages, as JSON.

use serde::{Deserialize, Serialize};

/// `{"start":5}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// The first count.
    pub start: u64,
}

/// What changes state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ExecuteMsg {
    /// Adds to the count: `{"increment":{"by":1}}`
    Increment {
        /// How much.
        by: u32,
    },
    /// Begins again at zero: `{"reset":{}}`
    Reset {},
}

/// What only reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum QueryMsg {
    /// Answered with [`CountResponse`]: `{"count":{}}`
    Count {},
}

/// `{"count":5}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountResponse {
    /// The count.
    pub count: u64,
}
