//! What the DSP registry on L1 says about this node.

use std::fmt;

use nectar_abi::PublicKey;
use nectar_l1::{Address, Dsp, L1Error, Registry, Status};

/// Whether this node may serve, by the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It may.
    Active,
    /// It may not, at this stage of its admission.
    NotActive(Status),
    /// It was admitted, and its audit counts no longer.
    AuditLapsed,
    /// It was admitted, and its agreement counts no longer.
    AgreementLapsed,
    /// The key belongs to another operator than this node's wallet.
    OtherOperator(Address),
}

impl Standing {
    /// A word for metrics, logs and `/ready`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NotActive(Status::None) => "unknown",
            Self::NotActive(Status::Applied) => "applied",
            Self::NotActive(Status::Authorised) => "authorised",
            Self::NotActive(Status::Audited) => "audited",
            Self::NotActive(Status::Active) => "lapsed",
            Self::NotActive(Status::Suspended) => "suspended",
            Self::NotActive(Status::Removed) => "removed",
            Self::AuditLapsed => "audit_lapsed",
            Self::AgreementLapsed => "agreement_lapsed",
            Self::OtherOperator(_) => "other_operator",
        }
    }

    /// What has to happen before this node may serve.
    #[must_use]
    pub const fn next_step(&self) -> &'static str {
        match self {
            Self::Active => "nothing",
            Self::NotActive(Status::None) => {
                "apply to the registry with this node key, from the operator's wallet"
            }
            Self::NotActive(Status::Applied) => "an Authorizer has to accept the application",
            Self::NotActive(Status::Authorised) => "an Auditor has to record the first audit",
            Self::NotActive(Status::Audited) => "operator and Authorizer have to sign the agreement",
            Self::NotActive(Status::Active) => "audit or agreement ended: renew them",
            Self::NotActive(Status::Suspended) => "an Authorizer has to reinstate the DSP",
            Self::NotActive(Status::Removed) => {
                "removal is final: apply with another wallet and another node key"
            }
            Self::AuditLapsed => "an Auditor has to record a new audit",
            Self::AgreementLapsed => "operator and Authorizer have to sign a new agreement",
            Self::OtherOperator(_) => "start the node with the wallet that applied with this node key",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherOperator(address) => {
                write!(f, "the registry knows this node key under {address}; {}", self.next_step())
            }
            _ => write!(f, "the registry says `{}`; {}", self.word(), self.next_step()),
        }
    }
}

/// Asks the registry about a node key and the wallet that operates it.
pub(crate) async fn ask(
    registry: &Registry,
    node_key: PublicKey,
    wallet: Address,
    now: u64,
) -> Result<Standing, L1Error> {
    let Some(operator) = registry.operator_of(node_key).await? else {
        // A key counts from its authorisation on; before, there is at most an application.
        let dsp = registry.dsp(wallet).await?;
        let status = if dsp.node_key == node_key { dsp.status } else { Status::None };
        return Ok(Standing::NotActive(status));
    };
    if operator != wallet {
        return Ok(Standing::OtherOperator(operator));
    }
    let dsp = registry.dsp(operator).await?;
    // The contract decides; what follows only says which step is missing.
    if registry.is_active(operator).await? {
        return Ok(Standing::Active);
    }
    Ok(missing(&dsp, now))
}

fn missing(dsp: &Dsp, now: u64) -> Standing {
    match dsp.status {
        Status::Active if dsp.audit_valid_until < now => Standing::AuditLapsed,
        Status::Active if dsp.agreement_valid_until < now => Standing::AgreementLapsed,
        status => Standing::NotActive(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dsp(status: Status) -> Dsp {
        Dsp {
            status,
            node_key: PublicKey::new([1; 32]),
            metadata: [0; 32],
            audit_report: [0; 32],
            audit_valid_until: 100,
            agreement: [0; 32],
            agreement_version: 1,
            agreement_valid_until: 50,
        }
    }

    #[test]
    fn each_standing_names_its_next_step() {
        assert_eq!(missing(&dsp(Status::Active), 101), Standing::AuditLapsed);
        assert_eq!(missing(&dsp(Status::Active), 51), Standing::AgreementLapsed);
        assert_eq!(missing(&dsp(Status::Active), 50), Standing::NotActive(Status::Active));
        assert_eq!(missing(&dsp(Status::Suspended), 0), Standing::NotActive(Status::Suspended));
        let text = Standing::NotActive(Status::Audited).to_string();
        assert!(text.contains("`audited`") && text.contains("sign the agreement"), "{text}");
    }
}
