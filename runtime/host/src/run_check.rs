use cosmwasm_std::to_json_vec;
use nectar_abi::{CallerGrant, ContractId, PublicKey};
use nectar_commitment::EntryPoint;
use nectar_state::contract_key;
use nectar_trace::{AskedRun, OpeningError, Receipt, RunOpening, Told};
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
    /// A contract that asked who calls, in bytes, was told of another caller, of several, or of none.
    #[error("the node did not tell a contract of the one who signed the call")]
    Caller,
}

/// What the runs behind a call were told by the node, and not by a contract's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldByHost {
    /// The caller's grant, if a contract asked for it in bytes: whoever did was told of this one. It is the sender's; that it is the one of
    /// the signed request is for who has that to compare.
    pub caller: Option<CallerGrant>,
    /// Answers to anything else: nothing shows that they are true.
    pub others: usize,
}

/// Checks that a receipt's log ends with the run of this call, under the inputs that follow from the call and the receipt, and that
/// the response is what the run said. Returns what this run and those that it asked were told by the node alone. That such runs took
/// place is the execution proof's to show.
///
/// # Errors
/// [`RunError`]
pub fn check_run(receipt: &Receipt, opening: &RunOpening, call: &Call<'_>) -> Result<ToldByHost, RunError> {
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
    if right { told(opening, call) } else { Err(RunError::Response) }
}

/// Every grant that was told is the same one, and the sender's. Whoever instantiates does so without one.
fn told(opening: &RunOpening, call: &Call<'_>) -> Result<ToldByHost, RunError> {
    let mut told = ToldByHost { caller: None, others: 0 };
    for next in &opening.told {
        let Told::Caller { answer: said, .. } = next else {
            told.others = told.others.saturating_add(1);
            continue;
        };
        if call.entry == EntryPoint::Instantiate {
            let none = to_json_vec(&answer::no_grant()).map_err(|_| RunError::Caller)?;
            if *said != none {
                return Err(RunError::Caller);
            }
            continue;
        }
        let caller = CallerGrant::from_compact(said).ok_or(RunError::Caller)?;
        if caller.holder != *call.sender || told.caller.as_ref().is_some_and(|other| *other != caller) {
            return Err(RunError::Caller);
        }
        told.caller = Some(caller);
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{Binary, ContractResult, QuerierResult, SystemResult};
    use nectar_abi::{FieldMask, GrantHash, LegalBasis, Method, Purpose};

    use super::*;

    fn grant(holder: PublicKey) -> CallerGrant {
        CallerGrant {
            holder,
            owner: PublicKey::new([1; 32]),
            grant: GrantHash::new([2; 32]),
            purpose: Purpose::Treatment,
            legal_basis: LegalBasis::Authorization,
            patient: None,
            method: "query/read".parse::<Method>().unwrap(),
            fields: FieldMask(1),
            expires: 7,
        }
    }

    fn opening(answers: &[&[u8]]) -> RunOpening {
        let told = answers.iter().map(|answer| Told::Caller { answer: answer.to_vec(), salt: 1u64.into() });
        RunOpening {
            before: 1u64.into(),
            binding: None,
            inputs_salt: 1u64.into(),
            outcome_salt: 1u64.into(),
            trap: 0,
            limit: 1,
            said: None,
            told: told.chain([Told::Other(5u64.into())]).collect(),
            behind: Vec::new(),
        }
    }

    #[test]
    fn who_asks_who_calls_is_told_of_the_one_grant_in_use_or_of_none_where_there_is_none() {
        let sender = PublicKey::new([3; 32]);
        let verdict = |entry, answers: &[&[u8]]| {
            let contract = &ContractId::new([4; 32]);
            let call = Call { contract, entry, sender: &sender, message: b"", response: b"" };
            told(&opening(answers), &call)
        };
        let (own, another) = (grant(sender), grant(PublicKey::new([9; 32])));
        let wider = CallerGrant { fields: FieldMask(3), ..own.clone() };
        let [own_bytes, another, wider] = [&own, &another, &wider].map(CallerGrant::to_compact);
        let no_grant: &[u8] = &to_json_vec(&answer::no_grant()).unwrap();
        let told = |caller: Option<&CallerGrant>| Ok(ToldByHost { caller: caller.cloned(), others: 1 });
        for entry in [EntryPoint::Query, EntryPoint::Execute] {
            assert_eq!(verdict(entry, &[]), told(None));
            assert_eq!(verdict(entry, &[&own_bytes, &own_bytes]), told(Some(&own)));
            for lie in [&another, &wider, no_grant] {
                assert_eq!(verdict(entry, &[&own_bytes, lie]), Err(RunError::Caller));
            }
            assert_eq!(verdict(entry, &[no_grant]), Err(RunError::Caller));
        }
        assert_eq!(verdict(EntryPoint::Instantiate, &[no_grant]), told(None));
        // The SDK takes the same grant out of an answer in JSON, too.
        let json = SystemResult::Ok(ContractResult::Ok(Binary::from(own_bytes.clone())));
        let json = to_json_vec::<QuerierResult>(&json).unwrap();
        for lie in [&own_bytes, &json] {
            assert_eq!(verdict(EntryPoint::Instantiate, &[lie]), Err(RunError::Caller));
        }
    }
}
