use cosmwasm_std::StdError;
use nectar_sdk::AccessError;
use thiserror::Error;

/// Why this contract refuses. Names no patient and nothing of a resource.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The grant does not suffice.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The patient's rules deny it.
    #[error("the patient's consent does not permit this")]
    ConsentDenied {
        /// The rule's number in the consent contract; not part of the message, since it is the patient's affair.
        rule: Option<u32>,
    },
    /// The consent contract gave no answer, so there is no consent.
    #[error("the consent contract gave no answer: name it among the contracts that the invocation touches")]
    NoConsent,
    /// The resource type is no name of a type.
    #[error("a resource type has 1 to 64 letters, the first one upper-case")]
    ResourceType,
    /// The id is no FHIR id.
    #[error("an id has 1 to 64 characters of A-Z, a-z, 0-9, '-' and '.'")]
    Id,
    /// The resource is no JSON object with one `resourceType`, a text, and at most one `id`, a text.
    #[error("a resource is a JSON object with one resourceType and at most one id, both texts")]
    Resource,
    /// The resource is another one than the message says.
    #[error("the resource's {field} is not the one in the message")]
    Mismatch {
        /// `resourceType` or `id`.
        field: &'static str,
    },
    /// The resource is too large.
    #[error("the resource has {got} bytes: at most {max}")]
    TooLarge {
        /// Bytes it has.
        got: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// Too many entries, or none.
    #[error("{got} entries: 1 to {max} at a time")]
    Entries {
        /// Entries there are.
        got: usize,
        /// Entries there may be.
        max: usize,
    },
    /// The entries are too large together.
    #[error("the entries have {got} bytes together: at most {max} at a time")]
    BatchTooLarge {
        /// Bytes they have.
        got: usize,
        /// Bytes they may have.
        max: usize,
    },
    /// There is no such resource.
    #[error("the patient has no resource with this type and id")]
    NotFound,
    /// The host or the store failed.
    #[error("{0}")]
    Std(StdError),
}

impl From<StdError> for ContractError {
    fn from(error: StdError) -> Self {
        Self::Std(error)
    }
}
