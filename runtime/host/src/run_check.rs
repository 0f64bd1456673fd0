use nectar_abi::{ContractId, PublicKey};
use nectar_commitment::EntryPoint;
use nectar_state::contract_key;
use nectar_trace::{AskedRun, OpeningError, Receipt, RunOpening};
use thiserror::Error;

use crate::answer;
use crate::frame::Entry;

/// What a client asked of a contract, and what it was answered.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The contract.
    pub contract: &'a ContractId,
    /// Where the run began.
    pub entry: EntryPoint,
    /// The holder's key; the owner's for `instantiate`.
    pub sender: &'a PublicKey,
    /// The message that was signed.
    pub message: &'a [u8],
    /// The result as JSON: [`crate::Reply::response_bytes`].
    pub response: &'a [u8],
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("entry", &self.entry).finish_non_exhaustive()
    }
}

/// Why a receipt's log does not hold a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The opening does not open the receipt.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The contract said something else.
    #[error("the contract did not say what the response says")]
    Response,
}

/// Checks that a receipt's log ends with the run of this call, under the inputs that follow from the call and the receipt, and that
/// the response is what the run said. That such a run took place is the execution proof's to show.
///
/// # Errors
/// [`RunError`]
pub fn check_run(receipt: &Receipt, opening: &RunOpening, call: &Call<'_>) -> Result<(), RunError> {
    let Receipt { network, position, time, .. } = *receipt;
    let env = answer::env(network, position, time, call.contract).map_err(|_| RunError::Response)?;
    let (entry, info) = match call.entry {
        EntryPoint::Query => (Entry::Query, None),
        EntryPoint::Execute => (Entry::Execute, Some(call.sender)),
        EntryPoint::Instantiate => (Entry::Instantiate, Some(call.sender)),
    };
    let info = info.map(answer::info).transpose().map_err(|_| RunError::Response)?;
    let contract = contract_key(call.contract);
    let asked =
        AskedRun { contract, entry: call.entry, env: &env, info: info.as_deref(), message: call.message };
    opening.check(receipt, &asked)?;
    let answered = match (opening.trap, &opening.said) {
        (0, Some(said)) => answer::read(entry, said).ok().and_then(Result::ok),
        _ => None,
    };
    let right = match answered {
        Some(result) => answer::result_bytes(&result).is_ok_and(|bytes| bytes == call.response),
        // Why it failed is the host's to say: no run says more than a trap's number.
        None => call.response.starts_with(br#"{"error":"#),
    };
    if right { Ok(()) } else { Err(RunError::Response) }
}
