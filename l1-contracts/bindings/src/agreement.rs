use std::borrow::Cow;

use alloy::primitives::{Address, B256};
use alloy::sol_types::{Eip712Domain, SolStruct as _};
use nectar_abi::PublicKey;
use serde::{Deserialize, Serialize};

use crate::abi::registry::IDspRegistry;
use crate::wallet::{Wallet, WalletError};

/// The business associate agreement (45 CFR 164.504(e)) that a DSP and an Authorizer sign as EIP-712 typed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Operator address of the DSP.
    pub dsp: Address,
    /// Node key that the agreement covers; must be the registered one.
    pub node_key: PublicKey,
    /// Hash of the agreement's text.
    pub text: [u8; 32],
    /// Ascends with every agreement of this DSP.
    pub version: u64,
    /// Last second at which the agreement counts, since 1970 (UTC).
    pub valid_until: u64,
}

/// One side's signature under an [`Agreement`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementSignature {
    /// Who signed.
    pub signer: Address,
    /// 65 bytes, (r, s, v); other lengths for accounts that are contracts (ERC-1271).
    pub signature: Vec<u8>,
}

impl Agreement {
    /// Signs for one registry on one chain.
    ///
    /// # Errors
    /// [`WalletError`] if the wallet cannot sign.
    pub fn sign(
        &self,
        wallet: &Wallet,
        chain_id: u64,
        registry: Address,
    ) -> Result<AgreementSignature, WalletError> {
        let signature = wallet.sign(&self.digest(chain_id, registry))?;
        Ok(AgreementSignature { signer: wallet.address(), signature: signature.as_bytes().to_vec() })
    }

    /// The EIP-712 digest, which `agreementDigest` on the contract gives too.
    pub(crate) fn digest(&self, chain_id: u64, registry: Address) -> B256 {
        self.to_sol().eip712_signing_hash(&domain("Nectar DspRegistry", chain_id, registry))
    }

    pub(crate) fn to_sol(self) -> IDspRegistry::Agreement {
        IDspRegistry::Agreement {
            dsp: self.dsp,
            nodeKey: B256::new(*self.node_key.as_bytes()),
            agreementHash: B256::new(self.text),
            version: self.version,
            validUntil: self.valid_until,
        }
    }
}

/// The EIP-712 domain of one of the contracts, version 1.
pub(crate) fn domain(name: &'static str, chain_id: u64, contract: Address) -> Eip712Domain {
    Eip712Domain::new(
        Some(Cow::Borrowed(name)),
        Some(Cow::Borrowed("1")),
        Some(alloy::primitives::U256::from(chain_id)),
        Some(contract),
        None,
    )
}
