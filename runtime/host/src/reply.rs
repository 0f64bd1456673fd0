use cosmwasm_std::{Binary, ContractResult};
use nectar_abi::{ContractId, GrantHash};
use nectar_capability::GrantSummary;
use nectar_commitment::Fr;
use nectar_trace::{Inclusion, ReceiptOpening, RunOpening};

use crate::executor::Timing;
use crate::failure::ContractFailure;
use crate::receipt::SignedReceipt;
use crate::records::{BatchRecord, Use};

/// The answer to an invocation: for the caller only.
#[derive(Clone)]
#[non_exhaustive]
pub struct Reply {
    /// For a query the contract's answer, for an execution its `Response` as JSON (attributes, events, data); or the
    /// contract's own error, or what [`Self::failure`] says. With an error the state is unchanged.
    pub result: ContractResult<Binary>,
    /// How the contract failed, if it did not return an error of its own.
    pub failure: Option<ContractFailure>,
    /// What the DSP answers for.
    pub receipt: SignedReceipt,
    /// Shows that the receipt is for this request and this result. The response's bytes are [`Self::response_bytes`].
    pub opening: ReceiptOpening,
    /// Shows that the receipt's log holds the run behind this result: see [`crate::check_run`].
    pub run: RunOpening,
    /// Gas that was used.
    pub gas: u64,
    /// Where the time went.
    pub timing: Timing,
}

impl Reply {
    /// The bytes that the receipt's response digest is over: the result as JSON, or nothing if it has no JSON.
    pub fn response_bytes(&self) -> Vec<u8> {
        crate::answer::result_bytes(&self.result).unwrap_or_default()
    }
}

/// Leaves out the result and the opening.
impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("ok", &self.result.is_ok())
            .field("receipt", &self.receipt)
            .field("gas", &self.gas)
            .finish_non_exhaustive()
    }
}

/// A new contract.
#[derive(Clone)]
#[non_exhaustive]
pub struct Instantiated {
    /// Its id.
    pub contract: ContractId,
    /// What `instantiate` returned: a `Response` as JSON.
    pub response: Binary,
    /// What the DSP answers for.
    pub receipt: SignedReceipt,
    /// Shows that the receipt is for this directive and the response, as `{"ok":..}` of [`Self::response`].
    pub opening: ReceiptOpening,
    /// Shows that the receipt's log holds the run of `instantiate`: see [`crate::check_run`].
    pub run: RunOpening,
    /// Gas that was used.
    pub gas: u64,
}

impl std::fmt::Debug for Instantiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instantiated")
            .field("contract", &self.contract)
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

/// A registered grant.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Registered {
    /// The token's leaf; parents that were not registered are now, too.
    pub grant: GrantHash,
    /// What the DSP answers for.
    pub receipt: SignedReceipt,
    /// Shows that the receipt is for this directive; the response is the grant's hash.
    pub opening: ReceiptOpening,
}

/// A revoked grant.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Revoked {
    /// What the DSP answers for.
    pub receipt: SignedReceipt,
    /// Shows that the receipt is for this directive; the response is the grant's hash.
    pub opening: ReceiptOpening,
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GrantStanding {
    /// Registered. Whether it holds now also depends on its window and its parents.
    Active,
    /// Revoked.
    Revoked,
}

/// A grant with its uses, for the contract's owner and for auditors.
#[derive(Clone, serde::Serialize)]
#[non_exhaustive]
pub struct GrantRecord {
    /// The grant as text.
    pub summary: GrantSummary,
    /// The token, root to this grant: its signatures can be checked by anyone.
    #[serde(serialize_with = "as_hex")]
    pub token: Vec<u8>,
    /// Where it stands.
    pub status: GrantStanding,
    /// When it was registered, in seconds since 1970.
    pub registered_at: u64,
    /// The receipt of its registration.
    pub registered_position: u64,
    /// When it was revoked.
    pub revoked_at: Option<u64>,
    /// The receipt of its revocation.
    pub revoked_position: Option<u64>,
    /// How often it was used as a token's leaf.
    pub use_count: u64,
    /// Those uses, oldest first, at most [`crate::MAX_USES`]: the newest.
    pub uses: Vec<Use>,
}

impl std::fmt::Debug for GrantRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GrantRecord")
            .field("status", &self.status)
            .field("use_count", &self.use_count)
            .finish_non_exhaustive()
    }
}

/// A receipt and where it is settled: nothing private.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceiptView {
    /// The receipt.
    pub receipt: SignedReceipt,
    /// Network root after it.
    pub post_root: Fr,
    /// The batch that settled it, and the path to that batch's receipts root.
    pub settled: Option<(BatchRecord, Inclusion)>,
}

fn as_hex<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hex::encode(bytes))
}
