use alloy::primitives::Bytes;
use serde_json::{Value, json};
use thiserror::Error;

/// What the development chain answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum RpcError {
    #[error("the body is no JSON")]
    NotJson,
    #[error("this is no JSON-RPC 2.0 request: {0}")]
    InvalidRequest(&'static str),
    #[error("the development chain has no method of this name")]
    UnknownMethod,
    #[error("parameter {position} is no {expected}")]
    InvalidParameter { position: usize, expected: &'static str },
    #[error("the state at an older block is not kept: ask at latest")]
    NoHistory,
    #[error("there is no such block")]
    NoBlock,
    #[error("more than {limit} logs match: narrow the filter")]
    TooManyLogs { limit: usize },
    #[error("a transaction has at most {limit} bytes, this one has {got}")]
    TransactionTooLarge { limit: usize, got: usize },
    #[error("the bytes are no signed transaction")]
    NotATransaction,
    #[error("transactions of type {0} are not supported: use type 0, 1 or 2")]
    UnsupportedType(u8),
    #[error("a transaction names its chain id (EIP-155)")]
    NoChainId,
    #[error("the transaction's signature is invalid")]
    BadSignature,
    #[error("{0}")]
    Rejected(String),
    #[error("execution reverted")]
    Reverted(Bytes),
    #[error("execution halted: {0}")]
    Halted(String),
    #[error("the chain could not answer: {0}")]
    Internal(&'static str),
}

impl RpcError {
    /// Codes of JSON-RPC 2.0, and those that Ethereum nodes use beside them.
    fn code(&self) -> i64 {
        match self {
            Self::NotJson => -32700,
            Self::InvalidRequest(_) => -32600,
            Self::UnknownMethod => -32601,
            Self::InvalidParameter { .. } => -32602,
            Self::Internal(_) => -32603,
            Self::TooManyLogs { .. } => -32005,
            Self::Reverted(_) => 3,
            _ => -32000,
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code(), "message": self.to_string() });
        if let (Self::Reverted(data), Some(object)) = (self, error.as_object_mut()) {
            object.insert("data".into(), json!(data));
        }
        error
    }
}
