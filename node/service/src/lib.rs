//! The DSP service: HTTP interface, batch pipeline, metrics.
//!
//! | I want | use |
//! |---|---|
//! | to run a node | [`Node::start`] with a [`NodeConfig`] and [`NodeSecrets`], then [`RunningNode`] |
//! | to make the proofs of a node's next batch while it does not run | [`prove_batch`] |
//! | to configure it from file, environment and flags | [`ConfigLayers`], [`KEYS`] |
//! | to talk to a node | [`client::Client`] |
//! | to make the signed requests that a node takes | [`prepare`] |
//! | the JSON of its answers | [`api`] |
//! | log lines without private data | [`log::init`] |
//!
//! A node serves only while the DSP registry on L1 says that its key is active. `node/DESIGN.md` has the layout of the data
//! directory, the order of a settlement, the metrics, and what is not promised.
#![forbid(unsafe_code)]

pub mod api;
mod chain;
pub mod client;
mod config;
mod files;
mod http;
mod keys;
pub mod log;
mod metrics;
mod node;
mod operator;
pub mod prepare;
mod programs;
mod registry;
mod settle;
mod standing;
#[cfg(test)]
mod tests;
mod upload;
mod work;

pub use chain::is_development_chain;
pub use config::{
    ConfigError, ConfigLayers, ENV_PREFIX, Execution, KEYS, KeyKind, L1Config, Limits, NodeConfig, Padding,
    ProverConfig, Setup, TlsConfig,
};
pub use files::DirectoryError;
pub use http::ListenError;
pub use node::{Node, NodeSecrets, ProveBatchError, RunningNode, StartError, prove_batch};
pub use programs::Machines;
pub use registry::Standing;
pub use settle::{BatchFileError, SyncError};
pub use upload::upload_body;
