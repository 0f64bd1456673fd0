use std::fmt;

use thiserror::Error;

use crate::authorize::StaleView;
use crate::cbor::Malformed;
use crate::cose::CoseError;
use crate::error::{ChainError, GrantError, RequestError, TokenError};

/// No. From outside every refusal looks the same; the reason is for the audit log.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
#[error("refused")]
pub struct Refusal {
    reason: RefusalReason,
}

impl Refusal {
    /// Why: for the audit log only, never for the caller.
    pub const fn reason(&self) -> RefusalReason {
        self.reason
    }
}

/// Says as little as `Display`: errors are often logged or returned with `{:?}`.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refusal(..)")
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// Why something was refused, as the audit log has it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RefusalReason {
            $($(#[$doc])* $variant,)*
        }

        impl RefusalReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// A stable name.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

reasons! {
    /// Not the canonical encoding of this version.
    Malformed = "malformed",
    /// Longer than the limit.
    TooLarge = "too_large",
    /// A signature does not verify for this use.
    BadSignature = "bad_signature",
    /// A grant contradicts itself.
    InvalidGrant = "invalid_grant",
    /// Break-glass access without a reason, for too long or mixed with other purposes.
    EmergencyRules = "emergency_rules",
    /// The grants do not follow from each other.
    ChainBroken = "chain_broken",
    /// Too many delegations, or not exactly one less.
    TooDeep = "too_deep",
    /// A child has more than its parent.
    WiderChild = "wider_child",
    /// The root is not by the contract's owner.
    WrongIssuer = "wrong_issuer",
    /// Signed by another key than the holder's.
    NotHolder = "not_holder",
    /// The proof of possession is for another grant than the token's.
    WrongGrant = "wrong_grant",
    /// The grant is for another contract.
    WrongContract = "wrong_contract",
    /// The grant is for other code than the contract runs.
    WrongCode = "wrong_code",
    /// Addressed to another DSP.
    WrongDsp = "wrong_dsp",
    /// Addressed to another network.
    WrongNetwork = "wrong_network",
    /// The message is not the one that was signed.
    ArgumentsChanged = "arguments_changed",
    /// The message calls another method than the one that was signed.
    MethodMismatch = "method_mismatch",
    /// The request's window is empty or too long.
    WindowTooLong = "window_too_long",
    /// The request or a grant does not hold yet.
    NotYetValid = "not_yet_valid",
    /// The request or a grant no longer holds.
    Expired = "expired",
    /// The grant does not name the method.
    MethodNotGranted = "method_not_granted",
    /// The grant does not name the purpose.
    PurposeNotGranted = "purpose_not_granted",
    /// It is not known whether a grant is revoked or a nonce was used.
    StaleView = "stale_view",
    /// A grant of the chain is not in the contract's grant tree.
    Unregistered = "unregistered",
    /// A grant of the chain is revoked.
    Revoked = "revoked",
    /// The nonce was used before.
    Replayed = "replayed",
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        Self { reason }
    }
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        RefusalReason::Malformed.into()
    }
}

impl From<StaleView> for Refusal {
    fn from(_: StaleView) -> Self {
        RefusalReason::StaleView.into()
    }
}

impl From<CoseError> for Refusal {
    fn from(error: CoseError) -> Self {
        match error {
            CoseError::TooLong { .. } => RefusalReason::TooLarge,
            CoseError::Malformed => RefusalReason::Malformed,
            CoseError::BadSignature => RefusalReason::BadSignature,
        }
        .into()
    }
}

impl From<ChainError> for Refusal {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::RootHasParent | ChainError::ParentHash | ChainError::IssuerNotHolder => {
                RefusalReason::ChainBroken
            }
            ChainError::TooLong | ChainError::NoDepthLeft | ChainError::Depth { .. } => {
                RefusalReason::TooDeep
            }
            ChainError::Wider(_) => RefusalReason::WiderChild,
            ChainError::TooManyBytes { .. } => RefusalReason::TooLarge,
        }
        .into()
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::TooLong { .. } => RefusalReason::TooLarge.into(),
            TokenError::Malformed => RefusalReason::Malformed.into(),
            TokenError::BadSignature => RefusalReason::BadSignature.into(),
            TokenError::Chain(error) => error.into(),
            TokenError::Grant(
                GrantError::EmergencyNotAlone
                | GrantError::EmergencyWithoutReason
                | GrantError::EmergencyTooLong { .. },
            ) => RefusalReason::EmergencyRules.into(),
            TokenError::Grant(_) => RefusalReason::InvalidGrant.into(),
        }
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::MessageTooLong { .. } | RequestError::TokenTooLong { .. } => {
                RefusalReason::TooLarge
            }
            RequestError::Window => RefusalReason::WindowTooLong,
            RequestError::TooManyTouched { .. }
            | RequestError::TouchedOrder
            | RequestError::Label
            | RequestError::Action => RefusalReason::Malformed,
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_looks_the_same_from_outside() {
        let texts = RefusalReason::ALL.iter().map(|reason| {
            let refusal = Refusal::from(*reason);
            assert!(std::error::Error::source(&refusal).is_none());
            (refusal.to_string(), format!("{refusal:?}"), format!("{refusal:#?}"))
        });
        assert_eq!(texts.collect::<BTreeSet<_>>().len(), 1);
    }

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = RefusalReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), RefusalReason::ALL.len());
    }
}
