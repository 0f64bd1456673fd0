use std::collections::BTreeSet;

use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolEvent as _;
use nectar_abi::PublicKey;

use crate::abi::registry::DspRegistry;
use crate::agreement::{Agreement, AgreementSignature};
use crate::client::{Deployment, L1, Mined, event};
use crate::dsp::{ActiveDsp, Dsp, Status};
use crate::error::L1Error;

/// `DspRegistry`: who may run a node. Every method that returns [`Mined`] sends a transaction from the connection's
/// wallet, and fails with [`L1Error::Reverted`] if the contract refuses it.
#[derive(Debug, Clone)]
pub struct Registry {
    l1: L1,
    deployment: Deployment,
}

impl Registry {
    pub(crate) fn new(l1: L1, deployment: Deployment) -> Self {
        Self { l1, deployment }
    }

    /// Where the contract is.
    #[must_use]
    pub fn address(&self) -> Address {
        self.deployment.registry
    }

    /// Applies as a DSP: this wallet is the operator.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn apply(&self, node_key: PublicKey, metadata: [u8; 32]) -> Result<Mined, L1Error> {
        let call = DspRegistry::applyAsDspCall { nodeKey: word(&node_key), metadataHash: metadata.into() };
        self.l1.send(self.address(), &call).await
    }

    /// Takes back one's application; later, leaves for good.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn withdraw(&self) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &DspRegistry::withdrawCall {}).await
    }

    /// As an Authorizer: accepts the application that was reviewed, with this key and description.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn authorise(
        &self,
        dsp: Address,
        node_key: PublicKey,
        metadata: [u8; 32],
    ) -> Result<Mined, L1Error> {
        let call =
            DspRegistry::authoriseCall { dsp, nodeKey: word(&node_key), metadataHash: metadata.into() };
        self.l1.send(self.address(), &call).await
    }

    /// As an Auditor: records a passed audit that counts until a time.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn audit(&self, dsp: Address, report: [u8; 32], valid_until: u64) -> Result<Mined, L1Error> {
        let call = DspRegistry::recordAuditCall { dsp, reportHash: report.into(), validUntil: valid_until };
        self.l1.send(self.address(), &call).await
    }

    /// As an Auditor: ends an audit's validity at once.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn revoke_audit(&self, dsp: Address, report: [u8; 32]) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &DspRegistry::revokeAuditCall { dsp, reportHash: report.into() }).await
    }

    /// Signs an agreement for this registry with the connection's wallet: as the DSP or as an Authorizer.
    ///
    /// # Errors
    /// [`L1Error::Wallet`] if the wallet cannot sign.
    pub fn sign_agreement(&self, agreement: &Agreement) -> Result<AgreementSignature, L1Error> {
        Ok(agreement.sign(self.l1.wallet(), self.l1.chain_id(), self.address())?)
    }

    /// Puts an agreement in force that both sides signed. Anyone may send it.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn submit_agreement(
        &self,
        agreement: &Agreement,
        by_dsp: &AgreementSignature,
        by_authorizer: &AgreementSignature,
    ) -> Result<Mined, L1Error> {
        let call = DspRegistry::signAgreementCall {
            agreement: agreement.to_sol(),
            dspSignature: Bytes::copy_from_slice(&by_dsp.signature),
            authorizer: by_authorizer.signer,
            authorizerSignature: Bytes::copy_from_slice(&by_authorizer.signature),
        };
        self.l1.send(self.address(), &call).await
    }

    /// As an Authorizer: suspends an active DSP.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn suspend(&self, dsp: Address, reason: [u8; 32]) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &DspRegistry::suspendCall { dsp, reasonHash: reason.into() }).await
    }

    /// Suspends a DSP whose audit or agreement lapsed. Anyone may.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn suspend_lapsed(&self, dsp: Address) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &DspRegistry::suspendLapsedCall { dsp }).await
    }

    /// As an Authorizer: ends a suspension.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn reinstate(&self, dsp: Address) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &DspRegistry::reinstateCall { dsp }).await
    }

    /// As an Authorizer: removes a DSP for good.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn remove(&self, dsp: Address, reason: [u8; 32]) -> Result<Mined, L1Error> {
        self.l1.send(self.address(), &DspRegistry::removeCall { dsp, reasonHash: reason.into() }).await
    }

    /// As the admin: makes an account an Authorizer.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn grant_authorizer(&self, account: Address) -> Result<Mined, L1Error> {
        let role = self.l1.call(self.address(), &DspRegistry::AUTHORIZER_ROLECall {}).await?;
        self.l1.send(self.address(), &DspRegistry::grantRoleCall { role, account }).await
    }

    /// As the admin: makes an account an Auditor.
    ///
    /// # Errors
    /// [`L1Error`], see the type.
    pub async fn grant_auditor(&self, account: Address) -> Result<Mined, L1Error> {
        let role = self.l1.call(self.address(), &DspRegistry::AUDITOR_ROLECall {}).await?;
        self.l1.send(self.address(), &DspRegistry::grantRoleCall { role, account }).await
    }

    /// What the registry knows of a DSP.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn dsp(&self, dsp: Address) -> Result<Dsp, L1Error> {
        self.l1.call(self.address(), &DspRegistry::dspOfCall { dsp }).await?.try_into()
    }

    /// The stage of a DSP.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn status(&self, dsp: Address) -> Result<Status, L1Error> {
        Ok(self.dsp(dsp).await?.status)
    }

    /// Whether a DSP may host and attest now.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn is_active(&self, dsp: Address) -> Result<bool, L1Error> {
        self.l1.call(self.address(), &DspRegistry::isActiveCall { dsp }).await
    }

    /// The operator that has, or had, a node key.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn operator_of(&self, node_key: PublicKey) -> Result<Option<Address>, L1Error> {
        let call = DspRegistry::operatorOfCall { nodeKey: word(&node_key) };
        let operator = self.l1.call(self.address(), &call).await?;
        Ok((!operator.is_zero()).then_some(operator))
    }

    /// Every DSP that may host and attest now, by ascending operator address. A node asks again from time to time:
    /// audits and agreements lapse without an event.
    ///
    /// # Errors
    /// [`L1Error`] if the node does not answer.
    pub async fn active_dsps(&self) -> Result<Vec<ActiveDsp>, L1Error> {
        let logs = self
            .l1
            .logs(self.address(), self.deployment.block, |f| {
                f.event_signature(DspRegistry::Authorised::SIGNATURE_HASH)
            })
            .await?;
        let mut seen = BTreeSet::new();
        for log in &logs {
            let authorised: DspRegistry::Authorised = event(log)?;
            seen.insert(ActiveDsp {
                operator: authorised.dsp,
                node_key: PublicKey::new(authorised.nodeKey.0),
            });
        }
        let mut active = Vec::new();
        for dsp in seen {
            if self.is_active(dsp.operator).await? {
                active.push(dsp);
            }
        }
        Ok(active)
    }
}

fn word(key: &PublicKey) -> B256 {
    B256::new(*key.as_bytes())
}
