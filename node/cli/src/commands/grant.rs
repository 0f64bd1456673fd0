//! `nectar grant`

use std::path::PathBuf;

use clap::Subcommand;
use nectar_abi::{CodeHash, ContractId, LegalBasis, PublicKey};
use nectar_capability::{GrantBuilder, SignedGrant, Token};
use nectar_node::prepare;

use crate::error::CliError;
use crate::keys::KeyArgs;
use crate::output::Report;
use crate::service::{NodeArgs, unsigned};
use crate::tokens::{self, Opens, WhichGrant};

#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// Sign a grant as the owner of a contract, and write its token
    #[command(after_help = "Example:
  nectar grant issue --key hospital.key --holder 8a1b.. --contract 5e1f.. --code 9c07.. \\
    --method query/get --method query/list --purpose TREAT --patient 77aa.. --fields 1 \\
    --expires 24h --depth 1 --out clinician.token

It counts once it is registered: nectar grant register")]
    Issue {
        #[command(flatten)]
        key: KeyArgs,
        /// Public key of whoever may use it
        #[arg(long, value_name = "KEY")]
        holder: PublicKey,
        /// The contract
        #[arg(long, value_name = "CONTRACT")]
        contract: ContractId,
        /// Hash of the contract's code
        #[arg(long, value_name = "HASH")]
        code: CodeHash,
        #[command(flatten)]
        opens: Opens,
        /// Legal basis: TPO, AUTHORIZATION, REQUIRED_BY_LAW or INDIVIDUAL_ACCESS
        #[arg(long, value_name = "CODE", value_parser = tokens::basis, default_value = "TPO")]
        basis: LegalBasis,
        /// How often it may be passed on
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        depth: u8,
        /// Where to write the token
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Pass part of a grant on to another holder, and write the longer token
    #[command(after_help = "Example:
  nectar grant delegate --key clinician.key --token clinician.token --holder 1c2d.. \\
    --method query/get --expires 2h --out lab.token

Whatever is left out stays as it is in the parent. A wider grant is refused here and by every node.")]
    Delegate {
        #[command(flatten)]
        key: KeyArgs,
        /// The token whose holder signs
        #[arg(long, value_name = "FILE")]
        token: PathBuf,
        /// Public key of whoever may use the new grant
        #[arg(long, value_name = "KEY")]
        holder: PublicKey,
        #[command(flatten)]
        opens: Opens,
        /// Where to write the token
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show the grants of a token, root first
    #[command(after_help = "Example:
  nectar grant show lab.token")]
    Show {
        /// The token
        #[arg(value_name = "FILE")]
        token: PathBuf,
    },
    /// Register a token's grants, so that they count
    #[command(after_help = "Example:
  nectar grant register --key hospital.key --token clinician.token")]
    Register {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// The token
        #[arg(long, value_name = "FILE")]
        token: PathBuf,
    },
    /// End a grant and all that were passed on from it
    #[command(after_help = "Example:
  nectar grant revoke --key hospital.key --token clinician.token

Whoever issued it may revoke it, and whoever issued a grant above it.")]
    Revoke {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        key: KeyArgs,
        #[command(flatten)]
        which: WhichGrant,
    },
    /// List the registered grants of a contract, as its owner or as an auditor
    #[command(after_help = "Example:
  nectar grant list --key hospital.key --contract 5e1f..")]
    List {
        #[command(flatten)]
        node: NodeArgs,
        #[command(flatten)]
        key: KeyArgs,
        /// Only this contract's; all contracts are for auditors
        #[arg(long, value_name = "CONTRACT")]
        contract: Option<ContractId>,
    },
}

impl Grant {
    pub(crate) async fn run(self) -> Result<Report, CliError> {
        match self {
            Self::Issue { key, holder, contract, code, opens, basis, depth, out } => {
                let key = key.holder()?;
                let builder = GrantBuilder::root(key.public(), holder, contract, code);
                let builder = opens.apply(builder.basis(basis).depth(depth), None)?;
                let token = Token::root(signed(builder, &key)?);
                written(&out, token.map_err(|e| argument(&e.to_string()))?)
            }
            Self::Delegate { key, token, holder, opens, out } => {
                let key = key.holder()?;
                let parent = tokens::read(&token)?;
                let leaf = parent.leaf();
                let window = (leaf.grant().not_before, leaf.grant().expires);
                let builder = opens.apply(GrantBuilder::child(leaf, holder), Some(window))?;
                let child = signed(builder, &key)?;
                written(&out, parent.delegate(child).map_err(|e| argument(&e.to_string()))?)
            }
            Self::Show { token } => Ok(tokens::shown(&tokens::read(&token)?)),
            Self::Register { node, key, token } => {
                let (token, key) = (tokens::read(&token)?, key.holder()?);
                let service = node.connect().await?;
                let order = prepare::register(&key, service.destination(), &token).map_err(unsigned)?;
                let registered = service.client.register(&order).await;
                let registered = registered.map_err(CliError::node("registering the grant"))?;
                Ok(Report::new(&registered, format!("registered {}", registered.grant)))
            }
            Self::Revoke { node, key, which } => {
                let (token, key) = (tokens::read(&which.token)?, key.holder()?);
                let leaf = token.leaf();
                let (contract, grant) = (leaf.grant().contract, which.grant.unwrap_or(leaf.hash()));
                let service = node.connect().await?;
                let order =
                    prepare::revoke(&key, service.destination(), contract, grant).map_err(unsigned)?;
                let revoked = service.client.revoke(&order).await;
                let revoked = revoked.map_err(CliError::node("revoking the grant"))?;
                Ok(Report::new(&revoked, format!("revoked {grant}")))
            }
            Self::List { node, key, contract } => super::audit::grants(&node, &key, contract).await,
        }
    }
}

fn signed(builder: GrantBuilder, key: &nectar_capability::SigningKey) -> Result<SignedGrant, CliError> {
    builder.sign(key).map_err(|e| argument(&e.to_string()))
}

fn argument(why: &str) -> CliError {
    CliError::Argument { what: "the grant", why: why.to_owned() }
}

fn written(path: &std::path::Path, token: Token) -> Result<Report, CliError> {
    tokens::write(path, &token)?;
    Ok(tokens::shown(&token))
}
