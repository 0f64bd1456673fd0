//! One run of a program, from its first argument to its entry in the log.

use nectar_abi::CodeHash;
use nectar_capability::random_bytes;
use nectar_commitment::{EntryPoint, Fr, Key, RunOutcome, run_inputs};
use nectar_state::FrameLog;
use nectar_trace::{AnsweredBy, QueryAnswer, RunTrace};
use zeroize::Zeroize as _;

use crate::engine::Ready;
use crate::error::{HostError, Stop};
use crate::failure::ContractFailure;
use crate::frame::{Entry, FrameCall, run_frame};
use crate::programs::{NotProvable, Rehearsal, Rehearsed};
use crate::run::Run;

/// What a run was given, what it was told, and how it ended. Erased when dropped.
pub(crate) struct Made {
    code: CodeHash,
    entry: Entry,
    inputs: Vec<Vec<u8>>,
    limit: u64,
    answers: Vec<QueryAnswer>,
    end: Option<Rehearsed>,
    /// What the invocation had been told when the run was logged.
    told: Fr,
    inputs_salt: Fr,
    outcome_salt: Fr,
}

impl Drop for Made {
    fn drop(&mut self) {
        self.inputs.iter_mut().for_each(|input| input.zeroize());
        self.answers.iter_mut().for_each(|answer| answer.bytes.zeroize());
        if let Some(end) = &mut self.end {
            end.said.zeroize();
        }
    }
}

impl Made {
    pub(crate) fn answered(&mut self, bytes: &[u8], gas: u64, by: AnsweredBy) {
        self.answers.push(QueryAnswer { bytes: bytes.to_vec(), gas, by });
    }

    /// What it said, if it came to its end.
    pub(crate) fn returned(&self) -> Option<&[u8]> {
        self.end.as_ref().filter(|end| end.trap == 0)?.said.as_deref()
    }

    /// Bytes that it said.
    pub(crate) fn said(&self) -> usize {
        self.end.as_ref().and_then(|end| end.said.as_ref()).map_or(0, Vec::len)
    }

    /// The run as a prover needs it, with what the log says of its frame.
    pub(crate) fn trace(mut self, mut frame: FrameLog) -> Result<RunTrace, HostError> {
        let ended = self.end.take().zip(frame.end);
        let (end, place) = ended.ok_or(HostError::Invariant("a run in the log has ended"))?;
        Ok(RunTrace {
            contract: frame.contract,
            code: self.code,
            program: frame.program,
            secret: frame.secret,
            entry: self.entry.point(),
            inputs: std::mem::take(&mut self.inputs),
            limit: self.limit,
            gas: end.gas,
            trap: end.trap,
            said: end.said,
            told: self.told,
            start: frame.start,
            end: place,
            inputs_salt: self.inputs_salt,
            outcome_salt: self.outcome_salt,
            calls: std::mem::take(&mut frame.calls),
            answers: std::mem::take(&mut self.answers),
        })
    }

    fn outcome(&self) -> Option<RunOutcome<'_>> {
        let (end, entry) = (self.end.as_ref()?, self.entry.point());
        let said = end.said.as_deref();
        Some(RunOutcome { entry, code: end.trap, gas: end.gas, limit: self.limit, said, told: self.told })
    }
}

/// A program to be run in the entered frame.
pub(crate) struct ProgramCall<'a> {
    pub(crate) code: CodeHash,
    pub(crate) module: &'a Ready,
    pub(crate) entry: Entry,
    pub(crate) inputs: Vec<Vec<u8>>,
    /// Gas that is left for it and whatever it calls.
    pub(crate) gas: u64,
    /// What the invocation had at its start.
    pub(crate) limit: u64,
}

/// The end of it.
pub(crate) struct Ran {
    pub(crate) run: Box<Run>,
    pub(crate) answer: Result<Vec<u8>, ContractFailure>,
    pub(crate) gas: u64,
}

/// Runs a program in the entered frame and, if the run must be provable, once more on the machine that proofs are of.
/// [`Run::log_run`] is the caller's, once it knows what the answer means.
pub(crate) fn run_program(mut run: Box<Run>, call: ProgramCall<'_>) -> Result<Ran, HostError> {
    run.session().start_run()?;
    let ProgramCall { code, module, entry, inputs, gas, limit } = call;
    // Nothing left at the end counts as out of gas, so a run may cost one less than it has.
    let may_cost = gas.saturating_sub(1);
    run.made().push(Made {
        code,
        entry,
        inputs: inputs.clone(),
        limit: may_cost,
        inputs_salt: salt()?,
        outcome_salt: salt()?,
        answers: Vec::new(),
        end: None,
        told: Fr::default(),
    });
    run.begin();
    let finished = run_frame(module, run, &FrameCall { entry, inputs: &inputs, gas, limit });
    let answer = match finished.answer {
        // The run is lost with a frame above this one, and what happened there is the reason.
        Err(Stop::Host(error)) => return Err(error),
        _ if finished.gas == 0 => Err(ContractFailure::OutOfGas { limit }),
        Ok(bytes) => Ok(bytes),
        Err(Stop::Contract(failure)) => Err(failure),
    };
    let mut run = finished.run.ok_or(HostError::Invariant("a frame gives its run back"))?;
    let here = ended(&answer, gas.saturating_sub(finished.gas).min(may_cost));
    let end = match run.rehearse(&code, entry, &inputs)? {
        Some(there) => agreed(here, there)?,
        None => here,
    };
    let gas = gas.saturating_sub(end.gas);
    run.current()?.end = Some(end);
    Ok(Ran { run, answer, gas })
}

/// A random element.
pub(crate) fn salt() -> Result<Fr, HostError> {
    let bytes = random_bytes::<31>().map_err(|_| HostError::Entropy)?;
    Ok(Key::new(bytes).to_field())
}

fn ended(answer: &Result<Vec<u8>, ContractFailure>, gas: u64) -> Rehearsed {
    match answer {
        Ok(bytes) => Rehearsed { trap: 0, gas, said: Some(bytes.clone()), chunks: 0 },
        Err(failure) => {
            let said = match failure {
                ContractFailure::Abort(words) => Some(words.as_bytes().to_vec()),
                _ => None,
            };
            Rehearsed { trap: failure.code_of_end(), gas, said, chunks: 0 }
        }
    }
}

/// The end that counts, if both are the same. wasmtime and the machine may stop a run that fails at different rows: both do not
/// let it end well, and what the machine says can be proven.
fn agreed(here: Rehearsed, there: Rehearsed) -> Result<Rehearsed, NotProvable> {
    if (here.trap == 0) != (there.trap == 0) {
        return Err(NotProvable::Differs("outcome"));
    }
    if here.trap == 0 && here.gas != there.gas {
        return Err(NotProvable::Differs("gas"));
    }
    if here.trap == there.trap && !same(&here, &there) {
        return Err(NotProvable::Differs("response"));
    }
    Ok(there)
}

/// A failure keeps what is text of an abort's bytes.
fn same(here: &Rehearsed, there: &Rehearsed) -> bool {
    match (&here.said, &there.said) {
        (Some(here), Some(there)) if *here != *there => String::from_utf8_lossy(there).as_bytes() == here,
        (here, there) => here == there,
    }
}

impl Run {
    /// Puts the entered frame's run, which has ended, into the log: while its contract is open, and behind all that it asked.
    /// Whether it failed is the outcome's to say; the outermost run of a call that changes state then takes everything back.
    pub(crate) fn log_run(&mut self, outermost: bool) -> Result<bool, HostError> {
        let told = self.told_so_far();
        let made = self.current()?;
        made.told = told;
        let outcome = made.outcome().ok_or(HostError::Invariant("a run in the log has ended"))?;
        let digest = outcome.digest(&made.outcome_salt);
        let inputs = match made.inputs.as_slice() {
            [env, message] => run_inputs(env, None, message, &made.inputs_salt),
            [env, info, message] => run_inputs(env, Some(info), message, &made.inputs_salt),
            _ => return Err(HostError::Invariant("an entry point has two or three arguments")),
        };
        let failed = outcome.failed();
        if failed && outermost && outcome.entry != EntryPoint::Query {
            self.session().fail_run(inputs, digest)?;
        } else {
            self.session().end_run(inputs, digest)?;
        }
        Ok(failed)
    }

    /// Repeats the entered frame's run, if there is a machine to do it.
    fn rehearse(
        &mut self,
        code: &CodeHash,
        entry: Entry,
        inputs: &[Vec<u8>],
    ) -> Result<Option<Rehearsed>, HostError> {
        let Some(programs) = self.programs().cloned() else { return Ok(None) };
        let (limit, answers) = (self.current()?.limit, std::mem::take(&mut self.current()?.answers));
        let session = self.session();
        let module = || crate::run::module_bytes(session, code);
        let calls = session.frame_calls()?;
        let rehearsal = Rehearsal {
            code,
            module: &module,
            entry: entry.point(),
            inputs,
            limit,
            calls: &calls,
            answers: &answers,
        };
        let there = programs.rehearse(&rehearsal)?;
        self.current()?.answers = answers;
        let (got, limit) = (self.count_chunks(there.chunks), programs.most_chunks());
        if got > limit { Err(NotProvable::TooLarge { got, limit }.into()) } else { Ok(Some(there)) }
    }
}
