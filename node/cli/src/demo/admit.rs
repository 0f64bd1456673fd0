//! Step 1: a chain with the contracts, a DSP that it admits, a node that starts only then.

use std::path::{Path, PathBuf};

use nectar_abi::{Digest, NetworkId};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Agreement, Deployment, DevChain, InsecureAccount, L1, Wallet, fund_insecure_accounts};
use nectar_node::{ConfigLayers, Node, NodeConfig, NodeSecrets, StartError};
use nectar_state::StoreKeys;
use sha2::{Digest as _, Sha256};

use super::people::People;
use super::story::Story;
use super::{Options, Stage};
use crate::chain::Chain;
use crate::error::CliError;
use crate::proving;
use crate::service::Service;
use crate::time::now;

const DAY: u64 = 86_400;

/// Everything that the other steps need.
#[derive(Debug)]
pub(super) struct World {
    pub(super) people: People,
    /// Connected with the DSP's wallet.
    pub(super) chain: Chain,
    /// What kind of chain it is.
    pub(super) chain_name: String,
    pub(super) service: Service,
}

pub(super) async fn run(
    story: &mut Story,
    options: &Options,
    data: &Path,
    stage: &mut Stage,
) -> Result<World, CliError> {
    story.begin("admit", "A chain, the contracts on it, and a node that the registry admits");
    let (url, chain_name) = chain(options, stage).await?;
    fund_insecure_accounts(&url).await.map_err(CliError::chain("giving development accounts funds"))?;
    let admin = connect(&url, Wallet::insecure(InsecureAccount::Admin)).await?;
    let deployment = admin.deploy().await.map_err(CliError::chain("deploying the contracts"))?;
    story.line(&format!("{chain_name}: registry {}, rollup {}", deployment.registry, deployment.rollup));

    let people = People::new()?;
    let admin = Chain::at(admin, deployment).await?;
    begin_network(story, &admin).await?;
    let wallet = Wallet::insecure(InsecureAccount::Dsp(0));
    let secrets = NodeSecrets {
        identity: people.dsp.clone(),
        store: StoreKeys::generate().map_err(|e| CliError::failed("making the node's keys")(e.into()))?,
        wallet: wallet.clone(),
    };
    let config = configuration(&people, &url, deployment, data)?;

    let early = Node::start(config.clone(), secrets.clone()).await;
    let refused = matches!(early, Err(StartError::NotAdmitted { .. }));
    story.must(refused, "before the registry says that it is active, the node refuses to start");
    let chain = Chain::at(connect(&url, wallet).await?, deployment).await?;
    admit(story, &people, &admin, &chain, &url).await?;

    let node = Node::start(config, secrets).await;
    let node = node.map_err(|e| CliError::failed("starting the node")(e.into()))?;
    let service = Service::connect(&node.url()).await?;
    story.line(&format!("the node serves at {} for network {}", node.url(), service.info.network.0));
    stage.node = Some(node);
    story.end();
    Ok(World { people, chain, chain_name, service })
}

async fn chain(options: &Options, stage: &mut Stage) -> Result<(String, String), CliError> {
    if let Some(url) = &options.l1 {
        return Ok((url.clone(), "external".into()));
    }
    let started = DevChain::start(([127, 0, 0, 1], 0).into()).await;
    let chain = started.map_err(|e| CliError::failed("starting the chain")(e.into()))?;
    let url = chain.url();
    stage.chain = Some(chain);
    Ok((url, "in-process".into()))
}

async fn connect(url: &str, wallet: Wallet) -> Result<L1, CliError> {
    L1::connect(url, wallet).await.map_err(CliError::chain("connecting to the chain"))
}

/// Begins the network at the empty root, under the verifier key of the insecure development setup.
async fn begin_network(story: &Story, admin: &Chain) -> Result<(), CliError> {
    let key = proving::development_verifier_digest().await?;
    let root = to_bytes(&Ledger::default().root());
    let begun = admin.rollup.create_network(NetworkId::CONTRACTS, root, *key.as_bytes()).await;
    begun.map_err(CliError::chain("beginning the network"))?;
    story.line(&format!("network 1 begins at {}, proven under INSECURE development keys", Digest::new(root)));
    Ok(())
}

/// Application, authorisation, audit, agreement: each a transaction by the one whose part it is.
async fn admit(
    story: &mut Story,
    people: &People,
    admin: &Chain,
    dsp: &Chain,
    url: &str,
) -> Result<(), CliError> {
    const DOING: &str = "admitting the DSP";
    let failed = CliError::chain;
    let by = |account| async move {
        Chain::at(connect(url, Wallet::insecure(account)).await?, admin.deployment).await
    };
    let (authorizer, auditor) = (by(InsecureAccount::Authorizer).await?, by(InsecureAccount::Auditor).await?);
    admin.registry.grant_authorizer(authorizer.l1.address()).await.map_err(failed(DOING))?;
    admin.registry.grant_auditor(auditor.l1.address()).await.map_err(failed(DOING))?;

    let (address, node_key) = (dsp.l1.address(), people.dsp.public());
    let description = hash("A demonstration DSP on one machine");
    dsp.registry.apply(node_key, description).await.map_err(failed(DOING))?;
    authorizer.registry.authorise(address, node_key, description).await.map_err(failed(DOING))?;
    let report = hash("A demonstration audit, passed");
    auditor.registry.audit(address, report, now() + 30 * DAY).await.map_err(failed(DOING))?;
    let text = hash("A demonstration business associate agreement");
    let agreement = Agreement { dsp: address, node_key, text, version: 1, valid_until: now() + 30 * DAY };
    let ours = dsp.registry.sign_agreement(&agreement).map_err(failed(DOING))?;
    let theirs = authorizer.registry.sign_agreement(&agreement).map_err(failed(DOING))?;
    dsp.registry.submit_agreement(&agreement, &ours, &theirs).await.map_err(failed(DOING))?;
    let active = dsp.registry.is_active(address).await.map_err(failed(DOING))?;
    story.must(active, &format!("applied, authorised, audited, agreed: DSP {address} is active"));
    Ok(())
}

fn configuration(
    people: &People,
    url: &str,
    deployment: Deployment,
    data: &Path,
) -> Result<NodeConfig, CliError> {
    let settings = [
        ("listen", "127.0.0.1:0".to_owned()),
        ("data_dir", PathBuf::from(data).display().to_string()),
        ("operator", people.operator.public().to_string()),
        ("auditors", people.auditor.public().to_string()),
        ("l1.url", url.to_owned()),
        ("l1.registry", deployment.registry.to_string()),
        ("l1.rollup", deployment.rollup.to_string()),
        ("l1.from_block", deployment.block.to_string()),
        // One batch for everything that the demo does.
        ("limits.batch_chunks", "640".to_owned()),
    ];
    let set = |layers: ConfigLayers, (key, value): &(&str, String)| layers.set(key, value);
    let layers = settings.iter().try_fold(ConfigLayers::new(), set);
    let config = layers.and_then(ConfigLayers::build);
    config.map_err(|e| CliError::failed("configuring the node")(e.into()))
}

fn hash(document: &str) -> [u8; 32] {
    Sha256::digest(document).into()
}
