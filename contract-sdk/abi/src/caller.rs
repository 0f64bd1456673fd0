use serde::{Deserialize, Serialize};

use crate::{FieldMask, GrantHash, LegalBasis, Method, PatientHandle, PublicKey, Purpose};

/// The query that a contract asks the host to learn who calls it: CosmWasm's custom query of this chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NectarQuery {
    /// Answered with [`CallerGrant`].
    Caller {},
}

/// What a contract may know of its caller: the verified grant, narrowed along its whole chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerGrant {
    /// The key that signed this invocation.
    pub holder: PublicKey,
    /// The contract's owner, who issues root grants.
    pub owner: PublicKey,
    /// The grant that was used.
    pub grant: GrantHash,
    /// The method of the outermost call.
    pub method: Method,
    /// Why.
    pub purpose: Purpose,
    /// On which basis.
    pub legal_basis: LegalBasis,
    /// The one patient it is about; `None` where the owner granted access to all.
    pub patient: Option<PatientHandle>,
    /// Which fields are open.
    pub fields: FieldMask,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}
