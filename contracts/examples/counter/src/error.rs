use cosmwasm_std::StdError;
use nectar_sdk::AccessError;
use thiserror::Error;

/// Why this contract refuses.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The caller is not the owner.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The count has no room for more.
    #[error("the count would pass {}: its owner may reset it", u64::MAX)]
    Overflow,
    /// The host or the store failed.
    #[error("{0}")]
    Std(StdError),
}

impl From<StdError> for ContractError {
    fn from(error: StdError) -> Self {
        Self::Std(error)
    }
}
