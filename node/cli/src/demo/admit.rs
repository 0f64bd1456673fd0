//! Step 1: a chain with the contracts, a DSP that it admits, a node that starts only then.

use std::path::{Path, PathBuf};

use nectar_abi::{Digest, NetworkId};
use nectar_commitment::{Ledger, to_bytes};
use nectar_l1::{Deployment, InsecureAccount, Wallet};
use nectar_node::{ConfigLayers, Node, NodeConfig, NodeSecrets, StartError};
use nectar_state::StoreKeys;

use super::people::People;
use super::story::Story;
use super::{Options, Stage};
use crate::chain::Chain;
use crate::development::{Contracts, Development};
use crate::error::CliError;
use crate::service::Service;

/// Chunks of one proof of execution: some minutes on two cores.
const CHUNKS: u32 = 120;
const FULL_CHUNKS: u32 = 400;

/// Everything that the other steps need.
#[derive(Debug)]
pub(super) struct World {
    pub(super) people: People,
    /// Connected with the DSP's wallet.
    pub(super) chain: Chain,
    /// What kind of chain it is.
    pub(super) chain_name: &'static str,
    pub(super) service: Service,
}

pub(super) async fn run(
    story: &mut Story,
    options: &Options,
    data: &Path,
    stage: &mut Stage,
) -> Result<World, CliError> {
    story.begin("admit", "A chain, the contracts on it, and a node that the registry admits");
    let development = stage.chain.insert(Development::new(options.l1.as_deref()).await?);
    let contracts = development.deploy().await?;
    let deployment = contracts.admin.deployment;
    let name = development.name;
    story.line(&format!("{name}: registry {}, rollup {}", deployment.registry, deployment.rollup));

    let people = People::new()?;
    begin_network(story, &contracts).await?;
    let secrets = NodeSecrets {
        identity: people.dsp.clone(),
        store: StoreKeys::generate().map_err(|e| CliError::failed("making the node's keys")(e.into()))?,
        wallet: Wallet::insecure(InsecureAccount::Dsp(0)),
    };
    let config = configuration(&people, &development.url, deployment, options, data)?;

    let early = Node::start(config.clone(), secrets.clone()).await;
    let refused = matches!(early, Err(StartError::NotAdmitted { .. }));
    story.must(refused, "before the registry says that it is active, the node refuses to start");
    let chain = Chain::at(development.connect(InsecureAccount::Dsp(0)).await?, deployment).await?;
    development.admit(&contracts, &chain, people.dsp.public()).await?;
    let address = chain.l1.address();
    let active = chain.registry.is_active(address).await.map_err(CliError::chain("admitting the DSP"))?;
    story.must(active, &format!("applied, authorised, audited, agreed: DSP {address} is active"));

    let node = Node::start(config, secrets).await;
    let node = node.map_err(|e| CliError::failed("starting the node")(e.into()))?;
    let service = Service::connect(&node.url()).await?;
    story.line(&format!("the node serves at {} for network {}", node.url(), service.info.network.0));
    stage.node = Some(node);
    story.end();
    Ok(World { people, chain, chain_name: name, service })
}

/// Begins the network at the empty root. Its batches will be checked by the verifiers that were deployed.
async fn begin_network(story: &Story, contracts: &Contracts) -> Result<(), CliError> {
    let (admin, [state, execution]) = (&contracts.admin, contracts.verifiers);
    let root = to_bytes(&Ledger::default().root());
    let begun = admin.rollup.create_network(NetworkId::CONTRACTS, root, state, Some(execution)).await;
    begun.map_err(CliError::chain("beginning the network"))?;
    story.line(&format!("network 1 begins at {}", Digest::new(root)));
    story.line(&format!("NovaVerifier {state} checks proofs of its state, {execution} of its execution,"));
    story.line("under INSECURE development keys");
    Ok(())
}

fn configuration(
    people: &People,
    url: &str,
    deployment: Deployment,
    options: &Options,
    data: &Path,
) -> Result<NodeConfig, CliError> {
    let chunks = if options.full { FULL_CHUNKS } else { CHUNKS };
    let settings = [
        ("listen", "127.0.0.1:0".to_owned()),
        ("data_dir", PathBuf::from(data).display().to_string()),
        ("operator", people.operator.public().to_string()),
        ("auditors", people.auditor.public().to_string()),
        ("l1.url", url.to_owned()),
        ("l1.registry", deployment.registry.to_string()),
        ("l1.rollup", deployment.rollup.to_string()),
        ("l1.from_block", deployment.block.to_string()),
        ("limits.batch_chunks", "640".to_owned()),
        ("limits.batch_execution_chunks", chunks.to_string()),
    ];
    let set = |layers: ConfigLayers, (key, value): &(&str, String)| layers.set(key, value);
    let layers = settings.iter().try_fold(ConfigLayers::new(), set);
    let config = layers.and_then(ConfigLayers::build);
    config.map_err(|e| CliError::failed("configuring the node")(e.into()))
}
