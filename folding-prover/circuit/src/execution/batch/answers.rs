use nectar_abi::compact;
use nectar_commitment::{Fr, hash_words};
use nectar_vm::Trap;

use super::error::ArrangeError;
use super::record::RunRecord;
use crate::execution::outside::{Form, Part, key_of, last_of, text_of};

/// What a run answers, to whoever asked for it.
#[derive(Clone, Copy)]
pub(super) struct Child {
    pub(super) contract: Fr,
    /// Hash of its message.
    pub(super) message: Fr,
    /// Hash of its answer.
    pub(super) answer: Fr,
    /// The last byte of the contract's id.
    pub(super) last: u8,
    /// What hosts had told when it ended.
    pub(super) told: Fr,
    pub(super) starved: bool,
    /// Place of its entry in the log.
    pub(super) place: u64,
}

/// What a run begins with that was asked for.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    /// Position of the query.
    pub(super) position: u64,
    /// Place of the last entry before it.
    pub(super) place: u64,
    /// What hosts had told before it.
    pub(super) told: Fr,
}

impl Child {
    fn new(run: &RunRecord) -> Self {
        let returned = run.recording.trap().is_none();
        let said = if returned { run.said.as_deref().unwrap_or_default() } else { compact::FAILED };
        Self {
            contract: key_of(&run.contract),
            message: run.inputs.last().map(|message| hash_words(message)).unwrap_or_default(),
            answer: hash_words(said),
            last: last_of(&run.contract),
            told: run.told,
            starved: run.recording.trap() == Some(Trap::OutOfGas),
            place: u64::from(run.receipt) << 32 | u64::from(run.entry_in_log),
        }
    }
}

/// Numbers of the runs that have answered each run, from 0. Runs stand in the order in which they began: who is asked stands behind who asked,
/// and behind those who answered before.
pub(super) fn family(runs: &[RunRecord]) -> Result<Vec<Vec<usize>>, ArrangeError> {
    let mut family: Vec<Vec<usize>> = runs.iter().map(|_| Vec::new()).collect();
    // Runs with answers that are still to come, and how many.
    let mut waiting: Vec<(usize, usize)> = Vec::new();
    for (number, run) in runs.iter().enumerate() {
        let out_of_order = ArrangeError::Order { run: run.recording.place.run };
        if let Some((parent, missing)) = waiting.last_mut() {
            let same = runs.get(*parent).is_some_and(|parent| parent.receipt == run.receipt);
            if !same {
                return Err(out_of_order);
            }
            *missing -= 1;
            if let Some(children) = family.get_mut(*parent) {
                children.push(number);
            }
        }
        let asks = run.answers.iter().filter(|answer| answer.by_run).count();
        waiting.push((number, asks));
        while waiting.last().is_some_and(|(_, missing)| *missing == 0) {
            waiting.pop();
        }
    }
    match waiting.last().and_then(|(parent, _)| runs.get(*parent)) {
        Some(parent) => Err(ArrangeError::Order { run: parent.recording.place.run }),
        None => Ok(family),
    }
}

/// What these runs have answered.
pub(super) fn children(runs: &[RunRecord], numbers: &[usize]) -> Vec<Child> {
    numbers.iter().filter_map(|number| runs.get(*number)).map(Child::new).collect()
}

/// The hash of what an env begins with, up to its contract's id.
pub(super) fn block(run: &RunRecord) -> Result<Fr, ArrangeError> {
    let wrong = ArrangeError::Env { run: run.recording.place.run };
    let env = run.inputs.first().ok_or(wrong)?;
    let parts = Part::all(0, Form::default(), Some(env));
    let last = parts.last().ok_or(wrong)?;
    if last.ends_with(text_of(&run.contract), b"\"}}") {
        Ok(last.before.unwrap_or_else(|| Fr::from(env.len() as u64)))
    } else {
        Err(wrong)
    }
}
