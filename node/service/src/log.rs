//! Log targets and field names, in one place, and the subscriber that prints them.
//!
//! What may be logged: route templates, status codes, times, counts, batch numbers, roots, L1 references, states of the
//! registry. Never: bodies, tokens, keys of holders, patient handles, contract ids, contract errors, paths with parameters.

use std::io::IsTerminal as _;
use std::str::FromStr as _;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing_subscriber::EnvFilter;

/// Targets: what a filter names.
pub mod target {
    /// Start, stop, storage.
    pub const NODE: &str = "nectar::node";
    /// Requests and connections.
    pub const HTTP: &str = "nectar::http";
    /// What L1 says about this DSP.
    pub const REGISTRY: &str = "nectar::registry";
    /// Batches.
    pub const SETTLE: &str = "nectar::settle";
}

/// Field names.
pub mod field {
    /// The route's template.
    pub const ROUTE: &str = "route";
    /// HTTP status code.
    pub const STATUS: &str = "status";
    /// Milliseconds.
    pub const MS: &str = "ms";
    /// Batch number.
    pub const BATCH: &str = "batch";
    /// Number of receipts.
    pub const RECEIPTS: &str = "receipts";
    /// Chunks of a proof.
    pub const CHUNKS: &str = "chunks";
    /// What a proof is of: state or execution.
    pub const KIND: &str = "kind";
    /// Length in bytes.
    pub const BYTES: &str = "bytes";
    /// A word of the registry.
    pub const STANDING: &str = "standing";
    /// L1 transaction.
    pub const TX: &str = "tx";
    /// Gas on L1.
    pub const GAS: &str = "gas";
    /// An error of ours or of L1, never of a contract.
    pub const ERROR: &str = "error";
    /// Address that is listened on.
    pub const ADDRESS: &str = "address";
    /// The DSP's node key.
    pub const DSP: &str = "dsp";
    /// Network root.
    pub const ROOT: &str = "root";
    /// Place in the source.
    pub const PLACE: &str = "place";
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Log lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// How they look.
    pub format: LogFormat,
    /// Which ones are printed, such as `info` or `nectar::http=debug,warn`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".into() }
    }
}

/// Why logging could not be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The filter is none.
    #[error("log.filter is no filter such as `info` or `nectar::http=debug`: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// A subscriber is there already.
    #[error("this process has a log subscriber already")]
    Taken,
}

/// Prints log lines to standard error, and makes panics say only where they happened: their messages may hold data.
///
/// # Errors
/// [`LogError`]
pub fn init(config: &LogConfig) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_str(&config.filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let set = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    set.map_err(|_| LogError::Taken)?;
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: target::NODE, { { field::PLACE } = place }, "panic");
    }));
    Ok(())
}
