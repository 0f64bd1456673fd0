//! `nectar key`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use nectar_capability::SigningKey;
use nectar_l1::Wallet;
use nectar_node::NodeSecrets;
use nectar_state::StoreKeys;
use serde_json::Value;

use crate::error::CliError;
use crate::keys::{DevAccount, Keys};
use crate::output::Report;
use crate::passphrase::PassphraseArgs;
use crate::table::Table;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key file, encrypted with a passphrase (age)
    #[command(after_help = "Examples:
  nectar key new --kind holder --out clinician.key
  nectar key new --kind dsp --out dsp.key
  nectar key new --kind wallet --insecure-dev-account authorizer --out authorizer.key

The passphrase is asked for, or taken from NECTAR_PASSPHRASE or --passphrase-file.")]
    New {
        /// What the key is for
        #[arg(long, value_enum)]
        kind: Kind,
        /// Where to write it; never over a file that exists
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
        /// Use a wallet that everybody knows: it has funds on development chains and is refused elsewhere
        #[arg(long, value_name = "admin|authorizer|auditor|dsp-N")]
        insecure_dev_account: Option<DevAccount>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
    /// Show the public part of a key file
    #[command(after_help = "Examples:
  nectar key show clinician.key
  CLINICIAN=$(nectar key show clinician.key --only public_key)")]
    Show {
        /// The key file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print one member and nothing else: public_key, node_key, address, ..
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
        #[command(flatten)]
        passphrase: PassphraseArgs,
    },
}

/// What a key file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A person or an organisation: signs calls, grants and orders (Ed25519)
    Holder,
    /// A node: identity (Ed25519), store keys (age), wallet (Ethereum)
    Dsp,
    /// An account on Ethereum: deployer, Authorizer, Auditor
    Wallet,
}

impl Key {
    pub(crate) fn run(self) -> Result<Report, CliError> {
        match self {
            Self::New { kind, out, insecure_dev_account, passphrase } => {
                let keys = new_keys(kind, insecure_dev_account)?;
                keys.write(&out, &passphrase)?;
                Ok(shown(&keys.public()))
            }
            Self::Show { file, only, passphrase } => {
                let public = Keys::read(&file, &passphrase)?.public();
                match only {
                    None => Ok(shown(&public)),
                    Some(name) => member(&public, &name),
                }
            }
        }
    }
}

fn new_keys(kind: Kind, account: Option<DevAccount>) -> Result<Keys, CliError> {
    const DOING: &str = "making a key";
    let identity = || SigningKey::generate().map_err(|e| CliError::failed(DOING)(e.into()));
    let wallet = || match account {
        Some(account) => Ok(account.wallet()),
        None => Wallet::generate().map_err(|e| CliError::failed(DOING)(e.into())),
    };
    match kind {
        Kind::Holder if account.is_some() => Err(CliError::Argument {
            what: "--insecure-dev-account",
            why: "a holder key has no wallet: give it with --kind dsp or --kind wallet".into(),
        }),
        Kind::Holder => Ok(Keys::Holder(identity()?)),
        Kind::Wallet => Ok(Keys::Wallet(wallet()?)),
        Kind::Dsp => {
            let store = StoreKeys::generate().map_err(|e| CliError::failed(DOING)(e.into()))?;
            let secrets = NodeSecrets { identity: identity()?, store, wallet: wallet()? };
            Ok(Keys::Dsp(Box::new(secrets)))
        }
    }
}

fn member(public: &Value, name: &str) -> Result<Report, CliError> {
    let names: Vec<&str> = public.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let value = public.get(name).ok_or_else(|| CliError::Argument {
        what: "--only",
        why: format!("this key has no {name}: it has {}", names.join(", ")),
    })?;
    Ok(Report::new(value, text(value)))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shown(public: &Value) -> Report {
    let members = public.as_object().into_iter().flatten();
    let pairs = members.map(|(name, value)| (name.as_str(), text(value)));
    Report::new(public, Table::pairs(pairs).to_string())
}
