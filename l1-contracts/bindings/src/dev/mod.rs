//! The development chain: an EVM in this process that answers Ethereum's JSON-RPC on loopback.
//!
//! It enforces what Ethereum enforces on a transaction (signature, chain id, nonce, balance, fees, gas cap, code
//! size) with revm under the rules of Osaka, and mines one block per transaction, at once. Blocks have real headers:
//! parent hash, state, transaction and receipt roots, base fee (EIP-1559). It keeps everything in memory, keeps no
//! state older than the last block, and has no consensus, no mempool, no blobs (EIP-4844), no delegated accounts
//! (EIP-7702), and no system contracts.

mod accounts;
mod envelope;
mod error;
mod evm;
mod ledger;
mod methods;
mod server;
mod transaction;

pub use accounts::{InsecureAccount, fund_insecure_accounts};
pub use server::{DevChain, DevChainError};

/// Chain id of development chains, of this one and of anvil.
pub const DEV_CHAIN_ID: u64 = 31_337;

/// Whether a chain id is one that only development chains use.
pub(crate) fn is_development_chain(chain_id: u64) -> bool {
    // 1337 is what geth's and reth's development modes use.
    matches!(chain_id, DEV_CHAIN_ID | 1337)
}
