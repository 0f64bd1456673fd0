use std::fmt;

use nectar_abi::compact;

/// Answers queries that go beyond the contract's own state.
pub trait Queries {
    /// The answer to a `QueryRequest`, as JSON of a `SystemResult`, or to a compact request (`nectar_abi::compact`).
    fn query(&mut self, request: &[u8]) -> QueryAnswer;
}

/// An answer to a query: private.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The JSON.
    pub bytes: Vec<u8>,
    /// Gas that the answer took elsewhere: another contract's, of a composed call.
    pub gas: u64,
}

impl fmt::Debug for QueryAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryAnswer").field("gas", &self.gas).finish_non_exhaustive()
    }
}

/// No query is supported.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoQueries;

impl Queries for NoQueries {
    fn query(&mut self, request: &[u8]) -> QueryAnswer {
        if compact::read_smart(request).is_some() {
            return QueryAnswer { bytes: compact::UNKNOWN.to_vec(), gas: 0 };
        }
        let bytes = br#"{"error":{"unsupported_request":{"kind":"this query"}}}"#.to_vec();
        QueryAnswer { bytes, gas: 0 }
    }
}

/// What was done to a contract's state: private.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// What.
    pub kind: AccessKind,
    /// The key as the contract gave it.
    pub key: Vec<u8>,
    /// The value read or written, if any.
    pub value: Option<Vec<u8>>,
}

/// A kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessKind {
    /// A read, alone or as an item of a scan.
    Read,
    /// A write.
    Write,
    /// A removal.
    Remove,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// How a contract ended, in its own words: private.
#[derive(Clone, PartialEq, Eq)]
pub enum Said {
    /// Its response.
    Response(Vec<u8>),
    /// Why it aborted.
    Abort(Vec<u8>),
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response(_) => "Response(..)",
            Self::Abort(_) => "Abort(..)",
        })
    }
}
