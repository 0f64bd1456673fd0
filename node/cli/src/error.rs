//! What can go wrong on the command line, and with which status the process ends.

use std::io;
use std::path::PathBuf;

use nectar_node::client::ClientError;
use thiserror::Error;

/// Exit status: everything asked for was done, and everything shown holds.
pub(crate) const OK: u8 = 0;
/// Exit status: something failed on the way: a file, the network, the chain.
pub(crate) const FAILED: u8 = 1;
/// Exit status: the service refused; it never says why.
pub(crate) const REFUSED: u8 = 3;
/// Exit status: the contract ran and answered with an error.
pub(crate) const CONTRACT: u8 = 4;
/// Exit status: something was checked and does not hold.
pub(crate) const DOES_NOT_HOLD: u8 = 5;
/// Exit status: interrupted from the keyboard, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// Shown below the help of every command.
pub(crate) const EXIT_CODES: &str = "Exit status: 0 done; 1 failed; 2 wrong usage; 3 refused by the service; \
4 error of the contract; 5 something checked does not hold; 130 interrupted.";

/// Why a command ended early.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum CliError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} exists already: keys and evidence are never overwritten, choose another name", .0.display())]
    Exists(PathBuf),
    #[error("{} has {got} bytes; a {what} has at most {limit}: {way_out}", path.display())]
    TooLarge { path: PathBuf, what: &'static str, got: u64, limit: u64, way_out: &'static str },
    #[error("{} is no {what}: {why}", path.display())]
    Format { path: PathBuf, what: &'static str, why: String },
    #[error("{what}: {why}")]
    Argument { what: &'static str, why: String },
    #[error("{} holds a {got} key; this needs a {expected} key: see `nectar key new --help`", path.display())]
    KeyKind { path: PathBuf, expected: &'static str, got: &'static str },
    #[error("no passphrase for {}: set NECTAR_PASSPHRASE, give --passphrase-file, or run in a terminal", .0.display())]
    NoPassphrase(PathBuf),
    #[error("the passphrase is empty or not the same both times: nothing was written")]
    BadPassphrase,
    #[error("{}: {source}", path.display())]
    KeyFile { path: PathBuf, source: nectar_state::keyfile::KeyFileError },
    #[error(
        "refused. The service gives no reason; look at your token with `nectar grant show`: contract, method, \
         purpose, patient, time, and whether the grant is registered; its auditor can see the reason"
    )]
    Refused,
    #[error("the contract answered with an error: {0}")]
    Contract(String),
    #[error("does not hold: {0}")]
    DoesNotHold(String),
    #[error("{doing}: {source}")]
    Node { doing: &'static str, source: ClientError },
    #[error("{doing}: {source}")]
    Chain { doing: &'static str, source: nectar_l1::L1Error },
    #[error("{doing}: {why}")]
    Failed { doing: &'static str, why: String },
    #[error("interrupted")]
    Interrupted,
}

impl CliError {
    /// The status that the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused => REFUSED,
            Self::Contract(_) => CONTRACT,
            Self::DoesNotHold(_) => DOES_NOT_HOLD,
            Self::Interrupted => INTERRUPTED,
            _ => FAILED,
        }
    }

    /// A failure of something that has an error of its own.
    pub(crate) fn failed(doing: &'static str) -> impl FnOnce(Box<dyn std::error::Error>) -> Self {
        move |why| Self::Failed { doing, why: why.to_string() }
    }

    /// What a node answered while the command did something.
    pub(crate) fn node(doing: &'static str) -> impl FnOnce(ClientError) -> Self {
        move |source| match source {
            ClientError::Refused => Self::Refused,
            source => Self::Node { doing, source },
        }
    }

    /// What the chain answered while the command did something.
    pub(crate) fn chain(doing: &'static str) -> impl FnOnce(nectar_l1::L1Error) -> Self {
        move |source| Self::Chain { doing, source }
    }
}
