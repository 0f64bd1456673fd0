//! `nectar node`

use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::PublicKey;
use nectar_node::{ConfigLayers, Node as Service, NodeConfig};
use serde_json::json;

use crate::chain::ChainArgs;
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::KeyArgs;
use crate::output::{Report, say};

/// Largest configuration file, in bytes.
const MAX_CONFIG: usize = 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// Write a configuration file for a node
    #[command(after_help = "Example:
  nectar node init --operator 90ab.. --auditor 1f2e.. --data node-data --out nectar.toml")]
    Init {
        #[command(flatten)]
        chain: ChainArgs,
        /// Public key of whoever may order settlements
        #[arg(long, value_name = "KEY")]
        operator: PublicKey,
        /// Public key of an auditor, who may read every contract's audit records; may be given several times
        #[arg(long = "auditor", value_name = "KEY")]
        auditors: Vec<PublicKey>,
        /// Folder for state, batches and caches
        #[arg(long, value_name = "DIR", default_value = "nectar-data")]
        data: PathBuf,
        /// Address of the HTTP interface
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7400")]
        listen: String,
        /// Where to write the configuration
        #[arg(long, short, value_name = "FILE", default_value = "nectar.toml")]
        out: PathBuf,
    },
    /// Run a node until interrupted; it starts only if the registry says that it is active
    #[command(after_help = "Examples:
  nectar node run --config nectar.toml --key dsp.key
  NECTAR_NODE_LISTEN=127.0.0.1:8443 nectar node run --config nectar.toml --key dsp.key \\
    --set log.format=json

The file comes first, NECTAR_NODE_... variables over it, --set over both.")]
    Run {
        /// Configuration file
        #[arg(long, value_name = "FILE", default_value = "nectar.toml")]
        config: PathBuf,
        #[command(flatten)]
        key: KeyArgs,
        /// One configuration key, such as limits.workers=8; may be given several times
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
}

impl Node {
    pub(crate) async fn run(self, json: bool) -> Result<Report, CliError> {
        match self {
            Self::Init { chain, operator, auditors, data, listen, out } => {
                let contracts = chain.file()?.contracts;
                let auditors: Vec<String> = auditors.iter().map(ToString::to_string).collect();
                let path = |path: &PathBuf| path.display().to_string();
                let settings = [
                    ("listen", listen),
                    ("data_dir", path(&data)),
                    ("operator", operator.to_string()),
                    ("auditors", auditors.join(",")),
                    ("l1.url", chain.url.l1.clone()),
                    ("l1.registry", contracts.registry.to_string()),
                    ("l1.rollup", contracts.rollup.to_string()),
                    ("l1.from_block", contracts.block.to_string()),
                ];
                let mut layers = ConfigLayers::new();
                for (key, value) in settings {
                    layers = layers.set(key, &value).map_err(refused)?;
                }
                let config = layers.build().map_err(refused)?;
                let text = config.to_toml().map_err(refused)?;
                files::create(&out, text.as_bytes(), Access::All)?;
                Ok(Report::new(&config, format!("written to {}\n\n{text}", out.display())))
            }
            Self::Run { config, key, set } => run(configuration(&config, &set)?, &key, json).await,
        }
    }
}

/// The configuration that a file, the environment and flags make.
pub(super) fn configuration(file: &std::path::Path, set: &[String]) -> Result<NodeConfig, CliError> {
    let bytes = files::read(file, "configuration", MAX_CONFIG)?;
    let text = String::from_utf8(bytes).map_err(|e| CliError::Format {
        path: file.to_owned(),
        what: "configuration",
        why: e.to_string(),
    })?;
    let mut layers = ConfigLayers::new().toml(&text).map_err(refused)?;
    layers = layers.env(std::env::vars()).map_err(refused)?;
    for pair in set {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| CliError::Argument { what: "--set", why: format!("`{pair}` is not KEY=VALUE") })?;
        layers = layers.set(name, value).map_err(refused)?;
    }
    layers.build().map_err(refused)
}

async fn run(config: NodeConfig, key: &KeyArgs, json: bool) -> Result<Report, CliError> {
    let secrets = key.dsp()?;
    nectar_node::log::init(&config.log).map_err(|e| CliError::failed("starting the log")(e.into()))?;
    let started = Service::start(config, secrets).await;
    let node = started.map_err(|e| CliError::failed("starting the node")(e.into()))?;
    say(json, &format!("serving at {}; Ctrl-C ends it", node.url()));
    until_interrupted().await;
    node.shutdown().await;
    Ok(Report::new(json!({ "stopped": true }), ""))
}

fn refused(error: nectar_node::ConfigError) -> CliError {
    CliError::Argument { what: "configuration", why: error.to_string() }
}

/// Waits for Ctrl-C, or for the signal that service managers send.
pub(crate) async fn until_interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler there is nothing to wait for: the default action ends the process.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
