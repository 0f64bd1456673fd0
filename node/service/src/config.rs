//! How a node is configured: a TOML file, over it the environment, over it flags.
//!
//! The layers are merged as tables and read once, so that every key can come from every layer. A key that nobody knows is
//! refused in each of them.

mod keys;
mod limits;
mod validate;

use std::net::SocketAddr;
use std::path::PathBuf;

use nectar_abi::{NetworkId, PublicKey};
use nectar_l1::Address;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::{Table, Value};

use crate::log::LogConfig;
pub use keys::{ENV_PREFIX, KEYS, KeyKind};
pub use limits::Limits;

/// Everything that a node needs to know but its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// Address of the HTTP interface; port 0 takes a free one.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Address of `/metrics`; without it, `/metrics` is served on `listen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics_listen: Option<SocketAddr>,
    /// Directory for state, batches and caches. One node holds it at a time.
    pub data_dir: PathBuf,
    /// The network that this node hosts.
    #[serde(default = "default_network")]
    pub network: NetworkId,
    /// The key that may order settlements.
    pub operator: PublicKey,
    /// Keys that may read every contract's audit records.
    #[serde(default)]
    pub auditors: Vec<PublicKey>,
    /// The Ethereum side.
    pub l1: L1Config,
    /// Serves HTTPS if present, HTTP if not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsConfig>,
    /// Proving.
    #[serde(default)]
    pub prover: ProverConfig,
    /// What bounds memory, time and waiting.
    #[serde(default)]
    pub limits: Limits,
    /// Log lines.
    #[serde(default)]
    pub log: LogConfig,
}

/// The Ethereum node and the contracts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct L1Config {
    /// JSON-RPC over HTTP.
    pub url: String,
    /// The DSP registry.
    pub registry: Address,
    /// The rollup.
    pub rollup: Address,
    /// Ethereum block of their deployment: no event of theirs is older. 0 looks through the whole chain.
    #[serde(default)]
    pub from_block: u64,
}

/// Files for HTTPS, in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate chain, leaf first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Proving.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProverConfig {
    /// Where the proving key comes from.
    pub setup: Setup,
    /// Directory of Powers-of-Tau files, with `setup = "ptau"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ptau_dir: Option<PathBuf>,
    /// Whether runs of contracts must be ones that can be proven.
    pub execution: Execution,
    /// What the length of a proof of execution tells.
    pub padding: Padding,
}

/// Where the proving key comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setup {
    /// **Insecure**: whoever knows the secret that it is made from can forge proofs. For development chains.
    #[default]
    InsecureDevelopment,
    /// Powers-of-Tau files.
    Ptau,
}

/// Whether runs of contracts must be ones that can be proven. Contracts keep what they were created with: for a node's life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// Modules and runs that cannot be proven are refused: each run is repeated on the machine before anything is committed.
    #[default]
    Provable,
    /// They are taken, and no proof of execution can ever cover them.
    Unproven,
}

/// What the length of a proof of execution, its number of chunks, tells of how much was computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// As many chunks as are needed.
    #[default]
    None,
    /// The next of 1, 2, 3, 4, 6, 8, 12, 16, 24 chunks and so on: at most half as many again.
    Buckets,
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7400))
}

const fn default_network() -> NetworkId {
    NetworkId::CONTRACTS
}

/// Why a configuration is refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is no TOML.
    #[error("the configuration file is no TOML: {0}")]
    Syntax(toml::de::Error),
    /// A key is unknown, missing or of another type, once all layers are merged.
    #[error("the configuration is refused: {0}")]
    Shape(toml::de::Error),
    /// The environment or a flag names a key that there is not.
    #[error("there is no configuration key `{key}`; `nectar_node::KEYS` and DESIGN.md list them")]
    UnknownKey {
        /// As it was given.
        key: String,
    },
    /// The environment or a flag gives a key another type of value.
    #[error("`{key}` takes {expected}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A number is out of its range.
    #[error("`{key}` is {got}; it takes {least} to {most}")]
    Range {
        /// Which key.
        key: &'static str,
        /// What was given.
        got: u64,
        /// Least value.
        least: u64,
        /// Greatest value.
        most: u64,
    },
    /// A value is none that can work.
    #[error("`{key}` is refused: {reason}")]
    Invalid {
        /// Which key.
        key: &'static str,
        /// Why, and what to write instead.
        reason: &'static str,
    },
}

const NOT_TEXT: ConfigError =
    ConfigError::Invalid { key: "data_dir", reason: "a path is not UTF-8: configure paths that are" };

impl NodeConfig {
    /// The configuration as a TOML text that [`Self::from_toml`] reads.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for paths that are no UTF-8.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|_| NOT_TEXT)
    }

    /// Reads a complete configuration from TOML text and checks it.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        ConfigLayers::new().toml(text)?.build()
    }

    /// Puts `NECTAR_NODE_...` variables over this configuration and checks it again. Others are left alone.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn apply_env(
        &self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let table = Table::try_from(self).map_err(|_| NOT_TEXT)?;
        ConfigLayers(table).env(variables)?.build()
    }
}

/// Configuration layers, the later over the earlier.
#[derive(Debug, Clone, Default)]
pub struct ConfigLayers(Table);

impl ConfigLayers {
    /// Nothing but defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a TOML text, which may lack keys.
    ///
    /// # Errors
    /// [`ConfigError::Syntax`]
    pub fn toml(mut self, text: &str) -> Result<Self, ConfigError> {
        merge(&mut self.0, text.parse().map_err(ConfigError::Syntax)?);
        Ok(self)
    }

    /// Adds the variables that begin with [`ENV_PREFIX`]: `NECTAR_NODE_L1_URL` is `l1.url`. Others are left alone.
    ///
    /// # Errors
    /// [`ConfigError::UnknownKey`], [`ConfigError::Value`]
    pub fn env(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        for (name, text) in variables {
            let Some(suffix) = name.strip_prefix(ENV_PREFIX) else { continue };
            let known = KEYS.iter().find(|(key, _)| keys::env_suffix(key) == suffix);
            let (key, kind) = known.ok_or(ConfigError::UnknownKey { key: name.clone() })?;
            put(&mut self.0, key, kind.parse(key, &text)?);
        }
        Ok(self)
    }

    /// Adds one key, dotted as in `l1.url`, as a flag gives it.
    ///
    /// # Errors
    /// [`ConfigError::UnknownKey`], [`ConfigError::Value`]
    pub fn set(mut self, key: &str, text: &str) -> Result<Self, ConfigError> {
        let known = KEYS.iter().find(|(name, _)| *name == key);
        let (key, kind) = known.ok_or_else(|| ConfigError::UnknownKey { key: key.into() })?;
        put(&mut self.0, key, kind.parse(key, text)?);
        Ok(self)
    }

    /// Reads the merged layers and checks them.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn build(self) -> Result<NodeConfig, ConfigError> {
        let config: NodeConfig = self.0.try_into().map_err(ConfigError::Shape)?;
        config.validate()?;
        Ok(config)
    }
}

fn merge(into: &mut Table, from: Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn put(table: &mut Table, key: &str, value: Value) {
    let (first, rest) = match key.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (key, None),
    };
    let Some(rest) = rest else {
        table.insert(first.into(), value);
        return;
    };
    let inner = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(inner) = inner {
        put(inner, rest, value);
    }
}

#[cfg(test)]
pub(crate) mod tests;
