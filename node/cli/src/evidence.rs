//! Evidence of one call: what was asked and answered, the signed receipt, what opens it, and where it was settled.
//!
//! Whoever holds it can show each step from the grant to the L1 block. It is private: it holds the request and the answer.

use std::path::Path;

use nectar_abi::{CallerGrant, Digest, PublicKey};
use nectar_capability::{
    Expected, GrantStatus, GrantView, SignedInvocation, StaleView, authorize, decode_invocation,
};
use nectar_commitment::{EntryPoint, to_bytes};
use nectar_l1::{Rollup, SettledBatch};
use nectar_node::api::{Base64, Invoked, Opening, Outcome, ReceiptView};
use nectar_runtime::{Call, SignedReceipt, ToldByHost, check_run};
use nectar_trace::{Inclusion, Receipt, ReceiptOpening, RunOpening};
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::files::{self, Access};
use crate::table::Table;
use crate::time;

const VERSION: u8 = 1;
/// Largest evidence file, in bytes: the largest request and response as base64, and room for the rest.
const MAX_FILE: usize = 16 * 1024 * 1024;

/// Evidence of one call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    version: u8,
    /// The signed request, with its token.
    pub(crate) request: Base64,
    /// What the contract answered.
    pub(crate) result: Outcome,
    /// The signed receipt.
    pub(crate) receipt: Base64,
    /// What opens it.
    pub(crate) opening: Opening,
    /// Where it was settled, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Place>,
}

/// Where a receipt was settled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    /// The path from the receipt to the batch's receipts root.
    pub(crate) inclusion: Base64,
    /// The batch as the chain has it.
    pub(crate) batch: SettledBatch,
}

/// One step that was checked.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    /// What must hold.
    pub(crate) what: &'static str,
    /// Whether it does.
    pub(crate) holds: bool,
    /// What was found.
    pub(crate) found: String,
}

/// All steps, as far as they could be taken.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    /// The steps in order.
    pub(crate) checks: Vec<Check>,
    /// Answers that the contracts had from the node and from nobody else; unknown if nothing opens the run.
    pub(crate) host_answers: Option<usize>,
}

impl Evidence {
    /// Evidence of a call that was just answered.
    pub(crate) fn new(request: Vec<u8>, answer: &Invoked) -> Self {
        Self {
            version: VERSION,
            request: Base64(request),
            result: answer.result.clone(),
            receipt: answer.receipt.clone(),
            opening: answer.opening.clone(),
            place: None,
        }
    }

    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        let evidence: Self = files::read_json(path, "evidence", MAX_FILE)?;
        if evidence.version == VERSION {
            return Ok(evidence);
        }
        let why = format!("version {}; this program reads version {VERSION}", evidence.version);
        Err(CliError::Format { path: path.to_owned(), what: "evidence", why })
    }

    /// Writes a new file.
    pub(crate) fn create(&self, path: &Path) -> Result<(), CliError> {
        files::create(path, &self.bytes(), Access::Owner)
    }

    /// Writes the file anew, with what was added.
    pub(crate) fn replace(&self, path: &Path) -> Result<(), CliError> {
        files::replace(path, &self.bytes(), Access::Owner)
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// The receipt, without looking at the signature.
    pub(crate) fn position(&self) -> Result<u64, CliError> {
        let signed = SignedReceipt::decode(&self.receipt.0);
        let signed = signed.map_err(|e| CliError::DoesNotHold(format!("the receipt: {e}")))?;
        Ok(signed.receipt().position)
    }

    /// Adds where the receipt was settled, as the node and the chain have it.
    pub(crate) async fn locate(&mut self, view: ReceiptView, rollup: &Rollup) -> Result<(), CliError> {
        const DOING: &str = "looking for the receipt's batch";
        let missing = |why: &str| CliError::Failed { doing: DOING, why: why.to_owned() };
        let pending = "the receipt is in no batch yet: settle it with `nectar batch settle`";
        let (number, inclusion) = view.batch.zip(view.inclusion).ok_or_else(|| missing(pending))?;
        let signed = SignedReceipt::decode(&self.receipt.0);
        let signed = signed.map_err(|e| CliError::DoesNotHold(format!("the receipt: {e}")))?;
        let batch = rollup.batch(signed.receipt().network, number).await.map_err(CliError::chain(DOING))?;
        let batch = batch.ok_or_else(|| {
            missing("the chain does not hold the batch yet: wait for `nectar batch settle`")
        })?;
        self.place = Some(Place { inclusion, batch });
        Ok(())
    }

    /// Checks every step from the grant to the L1 block. `owner` is the contract's owner, as the verifier knows them;
    /// `chain` answers for L1, otherwise the file's own copy of the batch is all there is.
    pub(crate) async fn check(&self, owner: Option<PublicKey>, chain: Option<&Rollup>) -> Checked {
        let mut checks = Vec::new();
        let host_answers = self.check_call(&mut checks, owner, chain).await;
        Checked { checks, host_answers }
    }

    async fn check_call(
        &self,
        checks: &mut Vec<Check>,
        owner: Option<PublicKey>,
        chain: Option<&Rollup>,
    ) -> Option<usize> {
        let request = checked(checks, GRANT, decode_invocation(&self.request.0))?;
        let signed = checked(checks, SIGNATURE, SignedReceipt::decode(&self.receipt.0))?;
        let receipt = signed.receipt();
        describe(checks, GRANT, &grants(&request));
        let (allowed, caller) = allowed(&request, receipt, owner);
        checks.push(allowed);
        describe(checks, SIGNATURE, &format!("position {}, by {}", receipt.position, receipt.dsp));
        checks.push(self.opens(receipt));
        let (ran, told) = self.ran(&request, receipt);
        checks.push(ran);
        checks.extend(told.as_ref().map(|told| told_of(caller.as_ref(), told)));
        let host_answers = told.map(|told| told.others);
        let Some(place) = &self.place else {
            return host_answers;
        };
        let root = place.batch.header.receipts_root;
        let path = Inclusion::decode(&place.inclusion.0);
        let leads = path.is_ok_and(|path| to_bytes(&path.root(receipt)) == root);
        checks.push(Check { what: INCLUSION, holds: leads, found: Digest::new(root).to_string() });
        checks.push(in_window(receipt, &place.batch));
        if let Some(rollup) = chain {
            checks.push(on_chain(receipt, &place.batch, rollup).await);
        }
        host_answers
    }

    fn opens(&self, receipt: &Receipt) -> Check {
        let response = serde_json::to_vec(&self.result).unwrap_or_default();
        let salt = *self.opening.salt.as_bytes();
        let holds = ReceiptOpening::new(salt, &self.request.0, &response).opens(receipt);
        let found = format!("{} bytes asked, {} bytes answered", self.request.0.len(), response.len());
        Check { what: "the receipt is about this request and this answer", holds, found }
    }

    /// Whether the run behind the answer is in the receipt's log. That it took place is what a proof of execution shows.
    fn ran(&self, request: &SignedInvocation, receipt: &Receipt) -> (Check, Option<ToldByHost>) {
        let what = "the receipt's log has the run that was given this message and gave this answer";
        let opening = self.opening.run.as_ref().map(|run| RunOpening::decode(&run.0));
        let Some(Ok(opening)) = opening else {
            return (Check { what, holds: false, found: "nothing opens it".into() }, None);
        };
        let (claims, response) = (request.claims(), serde_json::to_vec(&self.result).unwrap_or_default());
        let entry = match claims.method.entry() {
            nectar_abi::EntryPoint::Query => EntryPoint::Query,
            nectar_abi::EntryPoint::Execute => EntryPoint::Execute,
        };
        let call = Call {
            contract: &claims.contract,
            entry,
            sender: &request.holder(),
            message: request.message(),
            response: &response,
        };
        match check_run(receipt, &opening, &call) {
            Ok(told) => {
                let found = format!("{} gas of {}", receipt.gas, opening.limit);
                (Check { what, holds: true, found }, Some(told))
            }
            Err(error) => (Check { what, holds: false, found: error.to_string() }, None),
        }
    }
}

const GRANT: &str = "every grant is signed, and so is the request, by the last one's holder";
const SIGNATURE: &str = "the receipt is signed by the DSP that the request names";
const INCLUSION: &str = "the receipt is a leaf of its batch's receipts root";

/// Adds a failed check for an error.
fn checked<T, E: std::fmt::Display>(
    checks: &mut Vec<Check>,
    what: &'static str,
    result: Result<T, E>,
) -> Option<T> {
    match result {
        Ok(value) => {
            checks.push(Check { what, holds: true, found: String::new() });
            Some(value)
        }
        Err(error) => {
            checks.push(Check { what, holds: false, found: error.to_string() });
            None
        }
    }
}

fn describe(checks: &mut [Check], what: &str, found: &str) {
    checks.iter_mut().filter(|c| c.what == what).for_each(|c| found.clone_into(&mut c.found));
}

fn grants(request: &SignedInvocation) -> String {
    let hashes = request.token().grants().map(|g| g.hash().to_string());
    hashes.map(|hash| hash.get(..12).unwrap_or_default().to_owned()).collect::<Vec<_>>().join(" > ")
}

/// Decides the request again, at the time of the receipt. Whether the grants were registered and not revoked then is
/// what the batch's proof shows.
fn allowed(
    request: &SignedInvocation,
    receipt: &Receipt,
    owner: Option<PublicKey>,
) -> (Check, Option<CallerGrant>) {
    struct AsProven;
    impl GrantView for AsProven {
        fn grant_status(
            &self,
            _: &nectar_abi::ContractId,
            _: &nectar_abi::GrantHash,
        ) -> Result<GrantStatus, StaleView> {
            Ok(GrantStatus::Active)
        }

        fn nonce_seen(&self, _: &PublicKey, _: &[u8; 16]) -> Result<bool, StaleView> {
            Ok(false)
        }
    }
    let root = request.token().first().grant();
    let expected = Expected {
        now: receipt.time,
        network: receipt.network,
        dsp: receipt.dsp,
        owner: owner.unwrap_or(root.issuer),
        code: root.code,
    };
    let what = "the grants allowed it at the receipt's time: method, purpose, patient, window";
    match authorize(request, &expected, &AsProven) {
        Ok(allowed) => {
            let caller = allowed.caller;
            let found = format!("{} for {} by {}", caller.method, caller.purpose, caller.holder);
            (Check { what, holds: true, found }, Some(caller))
        }
        Err(refusal) => (Check { what, holds: false, found: format!("{:?}", refusal.reason()) }, None),
    }
}

/// Whether the contracts heard of the caller that the request makes. What the node has answered to anything else is not opened.
fn told_of(caller: Option<&CallerGrant>, told: &ToldByHost) -> Check {
    let holds = told.caller.is_none() || told.caller.as_ref() == caller;
    let asked = if told.caller.is_some() { "told of it" } else { "nobody asked" };
    let found = match told.others {
        0 => asked.to_owned(),
        others => format!("{asked}; {others} answers to something else are the node's word"),
    };
    Check {
        what: "in the log, contracts that asked who calls, as the SDK does, were told of this grant",
        holds,
        found,
    }
}

fn in_window(receipt: &Receipt, batch: &SettledBatch) -> Check {
    let (from, until) = batch.header.window;
    let holds = (from..=until).contains(&receipt.time) && batch.header.network == receipt.network;
    let found = format!("batch {}, {}", batch.header.batch, time::show(receipt.time));
    Check { what: "the batch is of its network and covers its time", holds, found }
}

async fn on_chain(receipt: &Receipt, batch: &SettledBatch, rollup: &Rollup) -> Check {
    let what = "L1 holds the batch, in a block that follows the one before";
    match rollup.batch(receipt.network, batch.header.batch).await {
        Ok(Some(settled)) => {
            let execution = proves_execution(receipt, rollup).await;
            let found = format!("L1 block {}, transaction {}; {execution}", settled.l1_block, settled.tx);
            Check { what, holds: settled == *batch, found }
        }
        Ok(None) => Check { what, holds: false, found: "the chain holds no such batch".into() },
        Err(error) => Check { what, holds: false, found: error.to_string() },
    }
}

/// Whether what the log says of runs is proven, for all that the chain knows now.
async fn proves_execution(receipt: &Receipt, rollup: &Rollup) -> &'static str {
    match rollup.head(receipt.network).await {
        Ok(Some(head)) if head.execution_verifier.is_some() => "the network demands proofs of execution",
        Ok(Some(_)) => "the network demands no proof of execution: runs are the DSPs' word",
        Ok(None) | Err(_) => "whether runs are proven is not known",
    }
}

/// The checks as lines.
pub(crate) fn table(checks: &[Check]) -> Table {
    let mut table = Table::new(["holds", "what", "found"]);
    for check in checks {
        let holds = if check.holds { "yes" } else { "NO" };
        table.row([holds.into(), check.what.into(), check.found.clone()]);
    }
    table
}

/// An error that names the first step that does not hold.
pub(crate) fn all_hold(checks: &[Check]) -> Result<(), CliError> {
    match checks.iter().find(|check| !check.holds) {
        Some(check) => Err(CliError::DoesNotHold(format!("{}: {}", check.what, check.found))),
        None => Ok(()),
    }
}
