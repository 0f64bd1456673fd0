use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::limits::MAX_METHOD_NAME;

/// The kind of entry point that a grant can open. Instantiation belongs to the owner and is never granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryPoint {
    /// May change state.
    Execute,
    /// Reads only.
    Query,
}

impl EntryPoint {
    /// The name as CosmWasm exports it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Query => "query",
        }
    }
}

/// A method of a contract: `execute/put`, `query/get`. The name is the only top-level key of the JSON message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method {
    entry: EntryPoint,
    name: String,
}

/// Why a text is not a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MethodError {
    /// Not `execute/NAME` or `query/NAME`.
    #[error("a method is written execute/NAME or query/NAME")]
    Form,
    /// The name is empty, longer than [`MAX_METHOD_NAME`] or has other characters than `a-z`, `0-9` and `_`.
    #[error("a method name has 1 to {MAX_METHOD_NAME} characters of a-z, 0-9 and _")]
    Name,
}

impl Method {
    /// Checks the name.
    ///
    /// # Errors
    /// [`MethodError::Name`]
    pub fn new(entry: EntryPoint, name: &str) -> Result<Self, MethodError> {
        let fits = !name.is_empty() && name.len() <= MAX_METHOD_NAME;
        if !fits || name.bytes().any(|b| !matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')) {
            return Err(MethodError::Name);
        }
        Ok(Self { entry, name: name.to_string() })
    }

    /// The entry point.
    pub const fn entry(&self) -> EntryPoint {
        self.entry
    }

    /// The name: the message's only top-level key.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.entry.as_str(), self.name)
    }
}

impl FromStr for Method {
    type Err = MethodError;

    fn from_str(text: &str) -> Result<Self, MethodError> {
        match text.split_once('/') {
            Some(("execute", name)) => Self::new(EntryPoint::Execute, name),
            Some(("query", name)) => Self::new(EntryPoint::Query, name),
            _ => Err(MethodError::Form),
        }
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_method_has_one_text(text in ".{0,70}") {
            if let Ok(method) = text.parse::<Method>() {
                prop_assert_eq!(method.to_string(), text);
            }
        }
    }

    #[test]
    fn names_are_bounded_and_plain() {
        assert!("query/get".parse::<Method>().is_ok());
        assert_eq!("query/Get".parse::<Method>(), Err(MethodError::Name));
        assert_eq!("migrate/x".parse::<Method>(), Err(MethodError::Form));
        assert_eq!(Method::new(EntryPoint::Query, &"a".repeat(65)), Err(MethodError::Name));
    }
}
