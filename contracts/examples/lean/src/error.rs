use nectar_sdk::AccessError;
use thiserror::Error;

/// Why `execute` refuses. No text has a character that JSON escapes: [`answer`](crate::contract::answer) relies on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ContractError {
    /// The caller is not the owner.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Another message, or another spelling of one.
    #[error("the message is none of this contract's: write it without spaces, as its type serializes")]
    Message,
    /// The count has no room for more.
    #[error("the count would pass 18446744073709551615: its owner may reset it")]
    Overflow,
    /// What is stored is nothing that this contract stores.
    #[error("stored bytes are none that this contract wrote")]
    State,
}
