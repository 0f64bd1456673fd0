//! Nectar's contracts on Ethereum, from Rust, and a development chain to run them on.
//!
//! | I want | use |
//! |---|---|
//! | to talk to an Ethereum node | [`L1::connect`] |
//! | to deploy the contracts, or use deployed ones | [`L1::deploy`], [`L1::at`] |
//! | to admit, audit, suspend a DSP, or ask who is active | [`Registry`], [`Agreement`] |
//! | to settle a batch, or read a root or block | [`Rollup`], [`BatchHeader`], [`Proofs`], [`Attestation`] |
//! | to deploy a verifier of proofs, or ask one | [`L1::deploy_verifier`], [`Verifier`] |
//! | to know why the chain refused | [`L1Error::Reverted`], [`Revert`] |
//! | a key for transactions and attestations | [`Wallet`] |
//! | a chain without installing one | [`DevChain`], [`InsecureAccount`] |
//!
//! One code path serves every chain: JSON-RPC over HTTP. [`DevChain`] is an EVM in this process that answers it on
//! loopback, keeps everything in memory and forgets it at the end.
//!
//! The chain verifies each batch's proofs itself: of its state always, of its execution where the network has a verifier
//! for it. What no proof covers a quorum of DSPs *attests*. `l1-contracts/DESIGN.md` says what follows from that.
#![forbid(unsafe_code)]

mod abi;
mod agreement;
mod batch;
mod client;
mod dev;
mod dsp;
mod error;
mod registry;
mod revert;
mod rollup;
mod transport;
mod verifier;
mod wallet;

pub use agreement::{Agreement, AgreementSignature};
pub use alloy::primitives::{Address, B256};
pub use batch::{Attestation, BatchHeader, Head, Proofs, SettledBatch, attest, keys_digest, proof_digest};
pub use client::{Deployment, L1, Mined};
pub use dev::{DEV_CHAIN_ID, DevChain, DevChainError, InsecureAccount, fund_insecure_accounts};
pub use dsp::{ActiveDsp, Dsp, Status};
pub use error::L1Error;
pub use registry::Registry;
pub use revert::Revert;
pub use rollup::{Rollup, Settled};
pub use verifier::{ProofKind, Verifier};
pub use wallet::{Wallet, WalletError};
