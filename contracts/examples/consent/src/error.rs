use cosmwasm_std::StdError;
use nectar_sdk::AccessError;
use thiserror::Error;

use crate::policy::MAX_RULES;

/// Why this contract refuses. Names no patient and no holder.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The grant does not suffice.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Somebody asks what another holder is permitted.
    #[error("ask about your own key: only the patient and the owner may ask about others")]
    AboutAnother,
    /// A request or a rule without any field.
    #[error("name at least one field")]
    NoFields,
    /// A rule that has ended before it begins.
    #[error("the rule's time is over already")]
    RuleEnded,
    /// The patient has as many rules as one may have.
    #[error("a patient has at most {MAX_RULES} rules at a time: withdraw one")]
    TooManyRules,
    /// The patient has no such rule.
    #[error("the patient has no rule {rule}")]
    NoSuchRule {
        /// The number that was given.
        rule: u32,
    },
    /// The host or the store failed.
    #[error("{0}")]
    Std(StdError),
}

impl From<StdError> for ContractError {
    fn from(error: StdError) -> Self {
        Self::Std(error)
    }
}
