use alloy::primitives::{Address, B256};
use thiserror::Error;

use crate::revert::Revert;
use crate::wallet::WalletError;

/// Why something on L1 did not happen. Never holds the node's URL, which may carry an access key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum L1Error {
    /// The URL is not one of an Ethereum node.
    #[error("an L1 node is given as an http:// or https:// URL")]
    BadUrl,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up: {reason}")]
    Client {
        /// What the client says.
        reason: String,
    },
    /// The node did not answer, or not as JSON-RPC.
    #[error("the L1 node did not answer: {reason}")]
    Unreachable {
        /// What happened, without the URL.
        reason: String,
    },
    /// The node answered with a JSON-RPC error that is no revert.
    #[error("the L1 node refused: {message} (code {code})")]
    Refused {
        /// JSON-RPC error code.
        code: i64,
        /// What the node says.
        message: String,
    },
    /// The node answered something that these bindings cannot read.
    #[error("the L1 node's answer is no {what}")]
    BadAnswer {
        /// What was expected.
        what: &'static str,
    },
    /// A contract refused.
    #[error("the contract refused: {reason}")]
    Reverted {
        /// The contract's own error, decoded.
        reason: Revert,
    },
    /// A wallet that everybody can use was about to be used on a real chain.
    #[error("chain {chain_id} is no development chain: insecure development accounts are refused there")]
    InsecureWallet {
        /// The chain's id.
        chain_id: u64,
    },
    /// There is no contract.
    #[error("no contract is deployed at {address}")]
    NotDeployed {
        /// Where one was expected.
        address: Address,
    },
    /// The rollup follows another registry than the given one.
    #[error("the rollup follows the registry {got}, not {expected}")]
    WrongRegistry {
        /// The given registry.
        expected: Address,
        /// The rollup's registry.
        got: Address,
    },
    /// The transaction was sent but is in no block yet. It may still come.
    #[error("transaction {tx} is in no block after {seconds} s; look for it again before sending another")]
    NotMined {
        /// The transaction's hash.
        tx: B256,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A block as found in the log is not the one that the contract holds.
    #[error("block {number} of network {network} in the log does not hash to what the contract holds")]
    BlockMismatch {
        /// The network.
        network: u64,
        /// The block's number.
        number: u64,
    },
    /// The transaction is larger than nodes accept.
    #[error("the transaction has {got} bytes of input, nodes accept {limit}: use a smaller proof")]
    TooLarge {
        /// Bytes of input.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// The wallet could not sign.
    #[error(transparent)]
    Wallet(#[from] WalletError),
}

impl L1Error {
    /// The contract's own error, if a contract refused.
    #[must_use]
    pub fn revert(&self) -> Option<&Revert> {
        match self {
            Self::Reverted { reason } => Some(reason),
            _ => None,
        }
    }
}
