//! The JSON that node and client exchange: one data model for both sides.
//!
//! Bytes are base64 (standard alphabet, padded), ids and roots are lower-case hexadecimal. Requests are not JSON: they are
//! the signed bytes themselves, see [`crate::prepare`]. Unknown members of answers are ignored, so that a node may say more.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nectar_abi::{CodeHash, ContractId, Digest, GrantHash, Method, NetworkId, PublicKey, Purpose};
use nectar_circuit::Statement;
use nectar_commitment::{Fr, from_bytes, to_bytes};
use nectar_trace::{ReceiptOpening, RunOpening};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Paths of version 1.
pub mod path {
    /// Liveness.
    pub const HEALTH: &str = "/health";
    /// Readiness: [`super::Ready`].
    pub const READY: &str = "/ready";
    /// Prometheus text.
    pub const METRICS: &str = "/metrics";
    /// [`super::Info`].
    pub const INFO: &str = "/v1/info";
    /// Upload of a module.
    pub const CODES: &str = "/v1/codes";
    /// Instantiation.
    pub const CONTRACTS: &str = "/v1/contracts";
    /// Registration of grants.
    pub const GRANTS: &str = "/v1/grants";
    /// Revocation of grants.
    pub const REVOCATIONS: &str = "/v1/revocations";
    /// Calls.
    pub const INVOCATIONS: &str = "/v1/invocations";
    /// Grants with their uses, for owners and auditors.
    pub const AUDIT_GRANTS: &str = "/v1/audit/grants";
    /// The audit log, for owners and auditors.
    pub const AUDIT_ENTRIES: &str = "/v1/audit/entries";
    /// Settlement.
    pub const BATCHES: &str = "/v1/batches";
    /// One batch: [`super::BatchView`].
    pub const BATCH: &str = "/v1/batches/{number}";
    /// The bytes of its proof of state.
    pub const PROOF: &str = "/v1/batches/{number}/proof";
    /// The bytes of its proof of execution, where L1 checks one.
    pub const EXECUTION_PROOF: &str = "/v1/batches/{number}/execution-proof";
    /// One receipt: [`super::ReceiptView`].
    pub const RECEIPT: &str = "/v1/receipts/{position}";
}

/// The action of the operator's directive that settles the pending receipts.
pub const SETTLE: &str = "settle";

/// Bytes, base64 in JSON. Shown by length only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Base64(pub Vec<u8>);

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        STANDARD.decode(text).map(Self).map_err(|_| serde::de::Error::custom("expected base64"))
    }
}

/// A field element, 64 hexadecimal digits in JSON, big-endian and below the modulus.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Root(pub Fr);

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Digest::new(to_bytes(&self.0)))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root({self})")
    }
}

impl Serialize for Root {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let digest = Digest::deserialize(d)?;
        let element = from_bytes(digest.as_bytes());
        element.map(Self).ok_or_else(|| serde::de::Error::custom("expected a field element"))
    }
}

/// Every answer that is no success. A refusal is always `{"error":"refused"}` and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A constant name.
    pub error: String,
    /// The limit that was hit and the way out, in words; absent from refusals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Answer of [`path::HEALTH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`.
    pub status: String,
}

/// Answer of [`path::READY`], with status 200 if `ready` and 503 if not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// Whether invocations are served.
    pub ready: bool,
    /// Whether the store is open.
    pub store: bool,
    /// Whether the L1 node answered the last time that it was asked.
    pub l1: bool,
    /// The registry's word on this node: `active`, `suspended`, ... or `unknown`.
    pub registry: String,
    /// Why not, and the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answer of [`path::INFO`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Version of the software.
    pub version: String,
    /// The DSP's node key: what invocations and directives name.
    pub dsp: PublicKey,
    /// The network.
    pub network: NetworkId,
    /// Commitment to everything hosted, now. Hiding.
    pub network_root: Root,
    /// The last batch that L1 holds.
    pub settled: Settled,
    /// Receipts that no settled batch holds yet.
    pub pending: u64,
    /// Where batches settle.
    pub l1: L1Info,
    /// What L1 calls the verifier keys: the state's digest, or a digest of both where execution is proven.
    pub verifier_key: Digest,
    /// Whether batches are settled with a proof of their execution.
    #[serde(default)]
    pub proves_execution: bool,
    /// Where the proving key comes from; `development` means that proofs can be forged.
    pub setup: SetupName,
}

/// Number and root of a settled batch; number 0 is the genesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Number.
    pub batch: u64,
    /// Network root after it.
    pub root: Root,
}

/// The L1 contracts that a node follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct L1Info {
    /// Chain id (EIP-155).
    pub chain_id: u64,
    /// Address of the DSP registry.
    pub registry: String,
    /// Address of the rollup.
    pub rollup: String,
}

/// Where a proving key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupName {
    /// Made on the spot with a known secret: **insecure**, whoever knows it can forge proofs.
    InsecureDevelopment,
    /// From Powers-of-Tau files.
    PowersOfTau,
}

/// Opens a receipt: given to the one who asked. Private.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Salt of both digests.
    pub salt: Digest,
    /// SHA-256 of the request.
    pub request: Digest,
    /// SHA-256 of the response.
    pub response: Digest,
    /// What opens the run in the receipt's log (`nectar_trace::RunOpening`), of calls that ran one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Base64>,
}

impl Opening {
    /// With what opens the run.
    #[must_use]
    pub fn of_run(opening: &ReceiptOpening, run: &RunOpening) -> Self {
        Self { run: Some(Base64(run.encode())), ..Self::from(opening) }
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening(..)")
    }
}

impl From<&ReceiptOpening> for Opening {
    fn from(o: &ReceiptOpening) -> Self {
        Self { salt: Digest::new(o.salt), request: o.request, response: o.response, run: None }
    }
}

impl From<&Opening> for ReceiptOpening {
    fn from(o: &Opening) -> Self {
        Self { salt: *o.salt.as_bytes(), request: o.request, response: o.response }
    }
}

/// Answer of [`path::CODES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// SHA-256 of the module.
    pub code: CodeHash,
}

/// Answer of [`path::CONTRACTS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instantiated {
    /// The new contract.
    pub contract: ContractId,
    /// The signed receipt.
    pub receipt: Base64,
    /// What opens it.
    pub opening: Opening,
}

/// Answer of [`path::GRANTS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The grant that counts from now on.
    pub grant: GrantHash,
    /// The signed receipt.
    pub receipt: Base64,
    /// What opens it.
    pub opening: Opening,
}

/// Answer of [`path::REVOCATIONS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// The signed receipt.
    pub receipt: Base64,
    /// What opens it.
    pub opening: Opening,
}

/// Answer of [`path::INVOCATIONS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoked {
    /// What the contract says.
    pub result: Outcome,
    /// The signed receipt.
    pub receipt: Base64,
    /// What opens it.
    pub opening: Opening,
    /// Gas that was used.
    pub gas: u64,
}

/// What a contract says: data, or its own error. Private; shown by kind only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The response's data.
    Ok(Base64),
    /// The contract's own error: nothing was changed.
    Error(String),
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok(_) => "Ok(..)",
            Self::Error(_) => "Error(..)",
        })
    }
}

/// Answer of [`path::AUDIT_GRANTS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// In the order of their registration.
    pub grants: Vec<GrantView>,
}

/// A grant as an auditor sees it. What it says is in the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// The contract.
    pub contract: ContractId,
    /// Its hash.
    pub grant: GrantHash,
    /// The whole chain, root first, as [`nectar_capability::Token`] encodes it: anyone can check its signatures.
    pub token: Base64,
    /// `active` or `revoked`. Whether it holds now also depends on its window and its parents.
    pub status: String,
    /// When it was registered, in seconds since 1970.
    pub registered_at: u64,
    /// Position of the receipt of its registration.
    pub registered_position: u64,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<u64>,
    /// Position of the receipt of its revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_position: Option<u64>,
    /// How often it was used.
    pub use_count: u64,
    /// The newest of those uses, oldest first.
    pub uses: Vec<UseView>,
}

/// One use of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseView {
    /// Position of the receipt.
    pub position: u64,
    /// When, in seconds since 1970.
    pub time: u64,
    /// Which method.
    pub method: Method,
    /// Why.
    pub purpose: Purpose,
    /// How it ended.
    pub outcome: String,
}

/// Answer of [`path::AUDIT_ENTRIES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLog {
    /// Oldest first.
    pub entries: Vec<AuditView>,
}

/// One line of the audit log: who did what, when and why; no patient and nothing of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditView {
    /// Its number: entries of known callers count from zero without gaps, and so do refusals of unknown ones.
    pub sequence: u64,
    /// When, in seconds since 1970.
    pub time: u64,
    /// `upload`, `instantiate`, `register`, `revoke`, `execute`, `query`, `read_grants`, `read_audit` or `refused`.
    pub event: String,
    /// Who signed it.
    pub signer: Option<PublicKey>,
    /// Whether the signer holds a grant, owns a contract or audits here.
    pub known: bool,
    /// The contract.
    pub contract: Option<ContractId>,
    /// The grant.
    pub grant: Option<GrantHash>,
    /// The method.
    pub method: Option<Method>,
    /// The purpose.
    pub purpose: Option<Purpose>,
    /// `ok`, `error`, the name of a contract's failure, or why it was refused.
    pub outcome: String,
    /// Position of the receipt.
    pub receipt: Option<u64>,
    /// That receipt's digest.
    pub digest: Option<Digest>,
    /// Whether it was break-glass access.
    pub emergency: bool,
    /// Whether someone has looked at it.
    pub reviewed: bool,
}

/// Answer of [`path::BATCHES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleStarted {
    /// The batch to ask for.
    pub batch: u64,
}

/// Where a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Its receipts are fixed; it waits for the next settlement, as after a restart.
    Planned,
    /// The proof is being made.
    Proving,
    /// The proof is verified and on its way to L1.
    Submitting,
    /// L1 holds it.
    Settled,
    /// It stopped; `error` says why. The next settlement takes it up again.
    Failed,
}

impl BatchState {
    /// Whether nothing will happen before the operator asks again.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Settled | Self::Failed)
    }
}

/// Answer of [`path::BATCH`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchView {
    /// Number.
    pub batch: u64,
    /// Where it is.
    pub state: BatchState,
    /// What is being done, in a word.
    pub phase: String,
    /// Steps done of this phase.
    pub done: u64,
    /// Steps of this phase.
    pub total: u64,
    /// Instructions whose execution is being proven, once they are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// Position of the first receipt.
    pub first: u64,
    /// Number of receipts.
    pub receipts: u64,
    /// Size and cost of the proof of state, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofFigures>,
    /// Size and cost of the proof of execution, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<ProofFigures>,
    /// What both say.
    pub statement: StatementView,
    /// Where L1 holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l1: Option<L1Reference>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Size and cost of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofFigures {
    /// What was proven: operations on state, or instructions of the machine.
    pub steps: u64,
    /// Chunks that were folded.
    pub chunks: u64,
    /// Length in bytes.
    pub proof_bytes: u64,
    /// Milliseconds for folding.
    pub fold_ms: u64,
    /// Milliseconds for compressing.
    pub compress_ms: u64,
    /// Milliseconds for verifying it here, before attesting.
    pub verify_ms: u64,
}

/// The public statement of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementView {
    /// Id of the chain that settles the batch (EIP-155): a proof counts on one chain.
    pub chain_id: u64,
    /// The network.
    pub network: NetworkId,
    /// Number.
    pub batch: u64,
    /// Network root before.
    pub pre_root: Root,
    /// Network root after.
    pub post_root: Root,
    /// Root over the receipts.
    pub receipts_root: Root,
    /// Number of receipts.
    pub receipts: u64,
    /// Root of the program registry: zero, as programs are committed in the contracts' own entries.
    pub program_registry_root: Root,
    /// Earliest and latest time of a receipt, in seconds since 1970.
    pub window: (u64, u64),
}

impl From<&StatementView> for Statement {
    fn from(view: &StatementView) -> Self {
        Self {
            chain_id: view.chain_id,
            network: view.network.0,
            batch: view.batch,
            pre_root: view.pre_root.0,
            post_root: view.post_root.0,
            receipts_root: view.receipts_root.0,
            receipts: view.receipts,
            program_registry_root: view.program_registry_root.0,
            window: view.window,
        }
    }
}

/// Where L1 holds a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct L1Reference {
    /// Transaction hash.
    pub tx: String,
    /// Block number.
    pub block: u64,
    /// Gas that the transaction used; absent if the node was down when the batch settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas: Option<u64>,
}

/// Answer of [`path::RECEIPT`]. Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// The signed receipt.
    pub receipt: Base64,
    /// The batch that holds it, once L1 does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// The path to that batch's receipts root: [`nectar_trace::Inclusion`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<Base64>,
}
