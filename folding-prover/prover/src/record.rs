use nectar_abi::CodeHash;
use nectar_circuit::execution::{
    AccessRecord, AnswerRecord, Batch, LogRecord, Place, ReceiptRecord, RecordError, Recorder, RunRecord,
};
use nectar_commitment::EntryPoint;
use nectar_trace::{AnsweredBy, HostOp, InvocationTrace, QueryAnswer, RunTrace};
use nectar_vm::cosmwasm::{Recorded, ReplayHost};
use nectar_vm::{Limits, Machine, Program};
use thiserror::Error;

/// Why traces are no batch whose execution can be proven.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// A run's module is not among the programs.
    #[error("receipt {receipt} has a run of module {code}, whose program is not here: upload the module")]
    Program {
        /// Which receipt of the batch, from 0.
        receipt: u32,
        /// The module.
        code: CodeHash,
    },
    /// A run's program has no such entry.
    #[error("receipt {receipt} has a run from an entry that its program does not have")]
    Entry {
        /// Which receipt of the batch, from 0.
        receipt: u32,
    },
    /// The machine asks for something else than the trace has.
    #[error("receipt {receipt} has a run that does not repeat: its trace belongs to another module or state")]
    Differs {
        /// Which receipt of the batch, from 0.
        receipt: u32,
    },
    /// A run is recorded, and no proof of it exists.
    #[error("receipt {receipt}: {error}")]
    Run {
        /// Which receipt of the batch, from 0.
        receipt: u32,
        /// Why.
        error: RecordError,
    },
    /// Too many.
    #[error("a batch has fewer than 2^20 runs and receipts: split it")]
    TooMany,
}

/// Repeats the runs of a batch's traces on the machine, and records them for a proof. `programs` are those of the modules that run,
/// in the order in which the batch numbers them.
///
/// # Errors
/// [`TraceError`]
pub fn record<'p>(
    traces: &[InvocationTrace],
    programs: &'p [(CodeHash, Program)],
) -> Result<Batch<'p>, TraceError> {
    let mut batch = Batch {
        programs: programs.iter().map(|(_, program)| program).collect(),
        runs: Vec::new(),
        receipts: Vec::new(),
    };
    for trace in traces {
        let receipt = u32::try_from(batch.receipts.len()).map_err(|_| TraceError::TooMany)?;
        for run in &trace.runs {
            let number = u32::try_from(batch.runs.len() + 1).map_err(|_| TraceError::TooMany)?;
            batch.runs.push(repeat(run, receipt, number, programs)?);
        }
        let entries = trace.slots.iter().filter_map(|slot| slot.log_entry());
        let log = entries.map(|entry| LogRecord { code: entry.code, key: entry.key, value: entry.value });
        let (body, auth) = (trace.receipt.body(), trace.receipt.auth);
        batch.receipts.push(ReceiptRecord { log: log.collect(), body, auth });
    }
    Ok(batch)
}

fn repeat(
    run: &RunTrace,
    receipt: u32,
    number: u32,
    programs: &[(CodeHash, Program)],
) -> Result<RunRecord, TraceError> {
    let found = programs.iter().position(|(code, _)| *code == run.code);
    let missing = TraceError::Program { receipt, code: run.code };
    let place = found.ok_or(missing.clone())?;
    let (_, program) = programs.get(place).ok_or(missing)?;
    let entry = program.entries.get(name(run.entry)).ok_or(TraceError::Entry { receipt })?;
    let differs = TraceError::Differs { receipt };

    let recorded: Vec<Recorded<'_>> =
        run.calls.iter().map(call).collect::<Option<_>>().ok_or(differs.clone())?;
    let answers: Vec<_> = run.answers.iter().map(|answer| (answer.bytes.as_slice(), answer.gas)).collect();
    let mut host = ReplayHost::new(&run.inputs, &recorded, &answers).map_err(|_| differs.clone())?;
    let numbered = u32::try_from(place + 1).map_err(|_| TraceError::TooMany)?;
    let mut recorder = Recorder::new(program, Place { run: number, program: numbered });
    let limits = Limits { gas: run.limit, ..Limits::default() };
    // How it ended is in the recording.
    let _ = Machine::new(program, limits).run(*entry, &[], &mut host, &mut recorder);
    let recording = recorder.finish().map_err(|error| TraceError::Run { receipt, error })?;
    let trap = recording.trap().map_or(0, |trap| trap as u8 + 1);
    if host.fault().is_some() || !host.is_complete() || trap != run.trap {
        return Err(differs);
    }

    let accesses = run.calls.iter().filter(|call| call.op != HostOp::End).map(|call| AccessRecord {
        key: call.key.clone(),
        value: call.value.clone(),
        salt: call.salt.unwrap_or_default(),
        entry: call.place,
    });
    Ok(RunRecord {
        recording,
        program: place,
        entry: run.entry,
        inputs: run.inputs.clone(),
        contract: *run.contract.as_bytes(),
        secret: run.secret,
        salts: [run.inputs_salt, run.outcome_salt],
        limit: run.limit,
        receipt,
        accesses: accesses.collect(),
        answers: run.answers.iter().map(answer).collect(),
        said: run.said.clone(),
        told: run.told,
        entry_in_log: run.end,
    })
}

fn answer(answer: &QueryAnswer) -> AnswerRecord {
    let (by_run, salt) = match answer.by {
        AnsweredBy::Run => (true, None),
        AnsweredBy::RunInJson(salt) => (true, Some(salt)),
        AnsweredBy::Host(salt) => (false, Some(salt)),
    };
    AnswerRecord { bytes: answer.bytes.clone(), by_run, salt }
}

fn call(call: &nectar_trace::HostCall) -> Option<Recorded<'_>> {
    Some(match call.op {
        HostOp::Read => Recorded::Read(&call.key, call.value.as_deref()),
        HostOp::Write => Recorded::Write(&call.key, call.value.as_deref()?),
        HostOp::Remove => Recorded::Remove(&call.key),
        HostOp::End => Recorded::End,
    })
}

const fn name(entry: EntryPoint) -> &'static str {
    match entry {
        EntryPoint::Instantiate => "instantiate",
        EntryPoint::Execute => "execute",
        EntryPoint::Query => "query",
    }
}
