//! A development chain with the contracts on it and a DSP that they admit: what demo and benchmarks stand on.

use nectar_abi::PublicKey;
use nectar_l1::{Address, Agreement, DevChain, InsecureAccount, L1, Wallet, fund_insecure_accounts};
use nectar_verifier::{Kind, development_key};
use sha2::{Digest as _, Sha256};

use crate::chain::Chain;
use crate::error::CliError;
use crate::time::now;

const DAY: u64 = 86_400;

/// A development chain: one in this process, or a node such as anvil.
#[derive(Debug)]
pub(crate) struct Development {
    /// Where it answers.
    pub(crate) url: String,
    /// Of what kind it is.
    pub(crate) name: &'static str,
    chain: Option<DevChain>,
}

/// The contracts, through the admin's connection.
#[derive(Debug)]
pub(crate) struct Contracts {
    /// Registry and rollup.
    pub(crate) admin: Chain,
    /// The verifiers of state and of execution, with keys of the insecure development setup.
    pub(crate) verifiers: [Address; 2],
}

impl Development {
    /// Starts a chain, or takes the given node's, and gives the insecure development accounts funds.
    pub(crate) async fn new(url: Option<&str>) -> Result<Self, CliError> {
        let this = match url {
            Some(url) => Self { url: url.to_owned(), name: "external", chain: None },
            None => {
                let started = DevChain::start(([127, 0, 0, 1], 0).into()).await;
                let chain = started.map_err(|e| CliError::failed("starting the chain")(e.into()))?;
                Self { url: chain.url(), name: "in-process", chain: Some(chain) }
            }
        };
        let funded = fund_insecure_accounts(&this.url).await;
        funded.map_err(CliError::chain("giving development accounts funds"))?;
        Ok(this)
    }

    /// Connects as one of the insecure development accounts.
    pub(crate) async fn connect(&self, account: InsecureAccount) -> Result<L1, CliError> {
        let connected = L1::connect(&self.url, Wallet::insecure(account)).await;
        connected.map_err(CliError::chain("connecting to the chain"))
    }

    /// Deploys the contracts.
    pub(crate) async fn deploy(&self) -> Result<Contracts, CliError> {
        let failed = CliError::chain("deploying the contracts");
        let l1 = self.connect(InsecureAccount::Admin).await?;
        let [state, execution] = [Kind::State, Kind::Execution].map(|kind| development_key(kind).encode());
        let deployed = async {
            let deployment = l1.deploy().await?;
            Ok((deployment, [l1.deploy_verifier(&state).await?, l1.deploy_verifier(&execution).await?]))
        };
        let (deployment, verifiers) = deployed.await.map_err(failed)?;
        Ok(Contracts { admin: Chain::at(l1, deployment).await?, verifiers })
    }

    /// Application, authorisation, audit, agreement: each a transaction by the one whose part it is.
    pub(crate) async fn admit(
        &self,
        contracts: &Contracts,
        dsp: &Chain,
        node_key: PublicKey,
    ) -> Result<(), CliError> {
        let admin = &contracts.admin;
        let by = |account| async move { Chain::at(self.connect(account).await?, admin.deployment).await };
        let (authorizer, auditor) =
            (by(InsecureAccount::Authorizer).await?, by(InsecureAccount::Auditor).await?);
        let admitted = async {
            admin.registry.grant_authorizer(authorizer.l1.address()).await?;
            admin.registry.grant_auditor(auditor.l1.address()).await?;
            let (address, description) = (dsp.l1.address(), hash("A demonstration DSP on one machine"));
            dsp.registry.apply(node_key, description).await?;
            authorizer.registry.authorise(address, node_key, description).await?;
            let (report, until) = (hash("A demonstration audit, passed"), now() + 30 * DAY);
            auditor.registry.audit(address, report, until).await?;
            let text = hash("A demonstration business associate agreement");
            let agreement = Agreement { dsp: address, node_key, text, version: 1, valid_until: until };
            let ours = dsp.registry.sign_agreement(&agreement)?;
            let theirs = authorizer.registry.sign_agreement(&agreement)?;
            dsp.registry.submit_agreement(&agreement, &ours, &theirs).await
        };
        admitted.await.map(drop).map_err(CliError::chain("admitting the DSP"))
    }

    /// Ends the chain, if it is in this process.
    pub(crate) async fn end(self) {
        if let Some(chain) = self.chain {
            chain.shutdown().await;
        }
    }
}

fn hash(document: &str) -> [u8; 32] {
    Sha256::digest(document).into()
}
