//! Messages: those of `counter`. [`ExecuteMsg`] has one spelling.

use serde::{Deserialize, Serialize};

/// `{"start":5}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstantiateMsg {
    /// The first count.
    pub start: u64,
}

/// What changes state. Serialized as this type is, it is what [`ExecuteMsg::read`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// Digits of the longest `u32`.
const MAX_DIGITS: usize = 10;

impl ExecuteMsg {
    /// The message with exactly these bytes, if there is one. A parser of JSON would look at each byte several times, for
    /// spaces, escapes and names in any order; whoever calls this contract needs none of them.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        // The hot message first: whatever stands before it is paid for each time.
        if let Some(rest) = bytes.strip_prefix(br#"{"increment":{"by":"#) {
            return Some(Self::Increment { by: number(rest.strip_suffix(b"}}")?)? });
        }
        (bytes == br#"{"reset":{}}"#).then_some(Self::Reset {})
    }
}

/// Digits as JSON has them: at least one, and no zero before others.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.len() > MAX_DIGITS || matches!(digits, [] | [b'0', _, ..]) {
        return None;
    }
    let mut number = 0u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Ten digits have 34 bits: nothing wraps, and a check of each product would be a call.
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    u32::try_from(number).ok()
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
