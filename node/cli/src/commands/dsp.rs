//! `nectar dsp`

use std::path::{Path, PathBuf};

use clap::Subcommand;
use nectar_abi::PublicKey;
use nectar_l1::{Address, Agreement, AgreementSignature, Mined};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::chain::ChainArgs;
use crate::error::CliError;
use crate::files::{self, Access};
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::table::Table;
use crate::time::{self, When};

/// Largest document that is hashed, in bytes.
const MAX_DOCUMENT: usize = 64 * 1024 * 1024;
/// Largest signed agreement, in bytes.
const MAX_SIGNED: usize = 16 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum Dsp {
    /// Apply, as the operator, with the node's key and a public description
    #[command(after_help = "Example:
  nectar dsp apply --key dsp.key --description about-us.md")]
    Apply {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Public description; its SHA-256 goes on the chain
        #[arg(long, value_name = "FILE")]
        description: PathBuf,
    },
    /// Accept an application that was reviewed, as an Authorizer
    #[command(after_help = "Example:
  nectar dsp authorise --key authorizer.key --dsp 0x3a.. --description about-us.md")]
    Authorise {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Address of the DSP
        #[arg(long, value_name = "ADDRESS")]
        dsp: Address,
        /// The description that was reviewed; it must be the one that the DSP applied with
        #[arg(long, value_name = "FILE")]
        description: PathBuf,
    },
    /// Record a passed audit, as an Auditor
    #[command(after_help = "Example:
  nectar dsp audit --key auditor.key --dsp 0x3a.. --report report.pdf --until 180d")]
    Audit {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Address of the DSP
        #[arg(long, value_name = "ADDRESS")]
        dsp: Address,
        /// The report; its SHA-256 goes on the chain
        #[arg(long, value_name = "FILE")]
        report: PathBuf,
        /// Until when the audit counts: 180d, or 2027-05-01T00:00:00Z
        #[arg(long, value_name = "TIME")]
        until: When,
    },
    /// Sign the business associate agreement, as the DSP
    #[command(after_help = "Example:
  nectar dsp agree --key dsp.key --agreement baa.md --until 365d --out agreement.json")]
    Agree {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Text of the agreement; its SHA-256 is signed
        #[arg(long, value_name = "FILE")]
        agreement: PathBuf,
        /// Ascends with every agreement of this DSP
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        version: u64,
        /// Until when it counts
        #[arg(long, value_name = "TIME")]
        until: When,
        /// Where to write the signed agreement, for the Authorizer
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Countersign an agreement and put it in force, as an Authorizer
    #[command(after_help = "Example:
  nectar dsp countersign --key authorizer.key --agreement baa.md --signed agreement.json")]
    Countersign {
        #[command(flatten)]
        chain: ChainArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// The agreement's text as the Authorizer knows it
        #[arg(long, value_name = "FILE")]
        agreement: PathBuf,
        /// What `nectar dsp agree` wrote
        #[arg(long, value_name = "FILE")]
        signed: PathBuf,
    },
    /// Show what the registry knows of a DSP
    #[command(after_help = "Example:
  nectar dsp status 0x3a..")]
    Status {
        #[command(flatten)]
        chain: ChainArgs,
        /// Address of the DSP
        #[arg(value_name = "ADDRESS")]
        dsp: Address,
    },
}

/// An agreement with the DSP's signature.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    agreement: Agreement,
    signature: AgreementSignature,
}

impl Dsp {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        match self {
            Self::Apply { chain, key, description } => {
                let secrets = key.dsp()?;
                let node_key = secrets.identity.public();
                let chain = chain.connect(secrets.wallet).await?;
                let done = chain.registry.apply(node_key, hash(&description)?).await;
                let done = done.map_err(CliError::chain("applying"))?;
                Ok(reported("applied", chain.l1.address(), &done))
            }
            Self::Authorise { chain, key, dsp, description } => {
                authorise(&chain, &key, dsp, &description).await
            }
            Self::Audit { chain, key, dsp, report, until } => {
                let chain = chain.connect(key.wallet()?).await?;
                let done = chain.registry.audit(dsp, hash(&report)?, until.0).await;
                Ok(reported("audited", dsp, &done.map_err(CliError::chain("recording the audit"))?))
            }
            Self::Agree { chain, key, agreement, version, until, out } => {
                agree(&chain, &key, &agreement, version, until, &out).await
            }
            Self::Countersign { chain, key, agreement, signed } => {
                countersign(&chain, &key, &agreement, &signed).await
            }
            Self::Status { chain, dsp } => status(&chain, dsp).await,
        }
    }
}

async fn authorise(
    chain: &ChainArgs,
    key: &KeyArgs,
    dsp: Address,
    description: &Path,
) -> Result<Report, CliError> {
    const DOING: &str = "authorising";
    let chain = chain.connect(key.wallet()?).await?;
    let applied = chain.registry.dsp(dsp).await.map_err(CliError::chain(DOING))?;
    let done = chain.registry.authorise(dsp, applied.node_key, hash(description)?).await;
    Ok(reported("authorised", dsp, &done.map_err(CliError::chain(DOING))?))
}

async fn agree(
    chain: &ChainArgs,
    key: &KeyArgs,
    text: &Path,
    version: u64,
    until: When,
    out: &Path,
) -> Result<Report, CliError> {
    let secrets = key.dsp()?;
    let node_key: PublicKey = secrets.identity.public();
    let chain = chain.connect(secrets.wallet).await?;
    let agreement =
        Agreement { dsp: chain.l1.address(), node_key, text: hash(text)?, version, valid_until: until.0 };
    let signature = chain.registry.sign_agreement(&agreement);
    let signature = signature.map_err(CliError::chain("signing the agreement"))?;
    let signed = Signed { agreement, signature };
    let bytes = serde_json::to_vec_pretty(&signed).unwrap_or_default();
    files::create(out, &bytes, Access::All)?;
    let table = Table::pairs([
        ("signed by", chain.l1.address().to_string()),
        ("version", version.to_string()),
        ("until", time::show(until.0)),
        ("written to", out.display().to_string()),
    ]);
    Ok(Report::new(signed, table.to_string()))
}

async fn countersign(
    chain: &ChainArgs,
    key: &KeyArgs,
    text: &Path,
    signed: &Path,
) -> Result<Report, CliError> {
    let Signed { agreement, signature } = files::read_json(signed, "signed agreement", MAX_SIGNED)?;
    if agreement.text != hash(text)? {
        let why = format!("it is about another text than {}", text.display());
        return Err(CliError::Format { path: signed.to_owned(), what: "agreement to countersign", why });
    }
    let chain = chain.connect(key.wallet()?).await?;
    let own = chain.registry.sign_agreement(&agreement);
    let own = own.map_err(CliError::chain("signing the agreement"))?;
    let done = chain.registry.submit_agreement(&agreement, &signature, &own).await;
    Ok(reported("agreed", agreement.dsp, &done.map_err(CliError::chain("putting the agreement in force"))?))
}

async fn status(chain: &ChainArgs, address: Address) -> Result<Report, CliError> {
    const DOING: &str = "asking the registry";
    let chain = chain.read().await?;
    let dsp = chain.registry.dsp(address).await.map_err(CliError::chain(DOING))?;
    let active = chain.registry.is_active(address).await.map_err(CliError::chain(DOING))?;
    let until = |seconds: u64| if seconds == 0 { "-".to_owned() } else { time::show(seconds) };
    let stage = serde_json::to_value(dsp.status).unwrap_or_default();
    let table = Table::pairs([
        ("dsp", address.to_string()),
        ("stage", stage.as_str().unwrap_or_default().to_owned()),
        ("active now", active.to_string()),
        ("node key", dsp.node_key.to_string()),
        ("audit until", until(dsp.audit_valid_until)),
        ("agreement", dsp.agreement_version.to_string()),
        ("agreement until", until(dsp.agreement_valid_until)),
    ]);
    Ok(Report::new(json!({ "dsp": address, "active": active, "record": dsp }), table.to_string()))
}

/// SHA-256 of a document.
fn hash(path: &Path) -> Result<[u8; 32], CliError> {
    Ok(Sha256::digest(files::read(path, "document", MAX_DOCUMENT)?).into())
}

fn reported(stage: &str, dsp: Address, done: &Mined) -> Report {
    let table = Table::pairs([
        (stage, dsp.to_string()),
        ("transaction", done.tx.to_string()),
        ("block", done.block.to_string()),
    ]);
    let object = json!({ "stage": stage, "dsp": dsp, "tx": done.tx, "block": done.block, "gas": done.gas });
    Report::new(object, table.to_string())
}
