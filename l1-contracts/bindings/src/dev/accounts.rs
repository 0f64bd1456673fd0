use alloy::primitives::{Address, U256, keccak256};
use alloy::providers::Provider as _;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;

use super::is_development_chain;
use crate::error::L1Error;
use crate::transport::{connect, failure};

/// One ether, in wei.
const ETHER: u128 = 1_000_000_000_000_000_000;
/// What each account has at genesis.
pub(super) const GENESIS_BALANCE: u128 = 10_000 * ETHER;
/// What [`fund_insecure_accounts`] sees to.
const ENOUGH: u128 = 100 * ETHER;
/// DSPs that have an account.
const DSPS: u8 = 8;

/// An account whose key follows from a label that everybody can read. **Insecure**: for development chains only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsecureAccount {
    /// Deploys, and administers the contracts.
    Admin,
    /// Authorises DSPs.
    Authorizer,
    /// Audits DSPs.
    Auditor,
    /// Operates a DSP. Those from 0 to 7 have funds.
    Dsp(u8),
}

impl InsecureAccount {
    /// The accounts that have funds on a [`crate::DevChain`].
    pub fn funded() -> impl Iterator<Item = Self> {
        [Self::Admin, Self::Authorizer, Self::Auditor].into_iter().chain((0..DSPS).map(Self::Dsp))
    }

    /// The address.
    #[must_use]
    pub fn address(self) -> Address {
        self.signer().address()
    }

    pub(crate) fn signer(self) -> PrivateKeySigner {
        let mut secret = keccak256(format!("nectar insecure development account {self:?}"));
        loop {
            // A hash is a key but for a 2^-128 part.
            match PrivateKeySigner::from_bytes(&secret) {
                Ok(signer) => return signer,
                Err(_) => secret = keccak256(secret),
            }
        }
    }
}

/// Sees to it that the insecure accounts have ether on a development chain: a [`crate::DevChain`] funds them at
/// genesis; on anvil and others the node's own unlocked account pays.
///
/// # Errors
/// [`L1Error::InsecureWallet`] on other chains, [`L1Error::BadAnswer`] if the node has no unlocked account.
pub async fn fund_insecure_accounts(url: &str) -> Result<(), L1Error> {
    let node = connect(url)?;
    let chain_id = node.get_chain_id().await.map_err(failure)?;
    if !is_development_chain(chain_id) {
        return Err(L1Error::InsecureWallet { chain_id });
    }
    for account in InsecureAccount::funded().map(InsecureAccount::address) {
        if node.get_balance(account).await.map_err(failure)? >= U256::from(ENOUGH) {
            continue;
        }
        let unlocked = node.get_accounts().await.map_err(failure)?;
        let payer = *unlocked.first().ok_or(L1Error::BadAnswer { what: "development node's account" })?;
        let request = TransactionRequest::default().from(payer).to(account).value(U256::from(ENOUGH));
        let pending = node.send_transaction(request).await.map_err(failure)?;
        pending.get_receipt().await.map_err(|_| L1Error::BadAnswer { what: "receipt" })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_funded_account_is_another_one() {
        let addresses: std::collections::BTreeSet<_> =
            InsecureAccount::funded().map(InsecureAccount::address).collect();
        assert_eq!(addresses.len(), 3 + usize::from(DSPS));
    }
}
