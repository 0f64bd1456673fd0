//! The two contracts on L1, as this node uses them.

use nectar_abi::NetworkId;
use nectar_l1::{Address, DEV_CHAIN_ID, Deployment, L1, L1Error, Registry, Rollup, Wallet};

use crate::api::L1Info;
use crate::config::L1Config;

/// A connection with the contracts found.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) network: NetworkId,
    pub(crate) wallet: Address,
    pub(crate) id: u64,
    pub(crate) registry: Registry,
    pub(crate) rollup: Rollup,
}

impl Chain {
    pub(crate) async fn connect(
        config: &L1Config,
        network: NetworkId,
        wallet: Wallet,
    ) -> Result<Self, L1Error> {
        let address = wallet.address();
        let l1 = L1::connect(&config.url, wallet).await?;
        let deployment =
            Deployment { registry: config.registry, rollup: config.rollup, block: config.from_block };
        let (registry, rollup) = l1.at(deployment).await?;
        Ok(Self { network, wallet: address, id: l1.chain_id(), registry, rollup })
    }

    /// Whether the network's batches settle with a proof of their execution only.
    pub(crate) async fn proves_execution(&self) -> Result<bool, L1Error> {
        Ok(self.rollup.head(self.network).await?.is_some_and(|head| head.execution_verifier.is_some()))
    }

    pub(crate) fn info(&self) -> L1Info {
        L1Info {
            chain_id: self.id,
            registry: self.registry.address().to_string(),
            rollup: self.rollup.address().to_string(),
        }
    }
}

/// Whether only development chains have this id: that of anvil and of our own chain, and that of geth's and reth's
/// development modes. Verifiers on other chains take no key of the insecure development setup.
#[must_use]
pub const fn is_development_chain(chain_id: u64) -> bool {
    matches!(chain_id, DEV_CHAIN_ID | 1337)
}
