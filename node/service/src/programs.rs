//! The machine on which runs are proven, for the runtime: [`Machines`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use nectar_abi::CodeHash;
use nectar_circuit::execution::{Asked, Size, Tally};
use nectar_commitment::{EntryPoint, Fr};
use nectar_runtime::{NotProvable, Programs, Rehearsal, Rehearsed};
use nectar_trace::HostOp;
use nectar_vm::cosmwasm::{CosmWasm, Recorded, ReplayHost, Said};
use nectar_vm::{Limits, Machine, Program, Stop, Trap, lower};
use parking_lot::Mutex;

/// Steps of one run. A circuit has times for four times as many, but the proof of a batch with one run must fit a transaction on L1:
/// these are some 270 chunks in the shares that steps have in the example contracts.
const MAX_STEPS: u64 = 1 << 19;
/// Chunks of execution of one invocation. A transaction has room for them beside the state's, of as many operations as they have slots for;
/// and padding does not add to this number.
const MAX_CHUNKS: u64 = 384;
/// Programs that stay in memory; a program has some megabytes.
const KEPT: usize = 32;

/// Lowers modules, and repeats runs on `nectar-vm`.
pub struct Machines {
    kept: Mutex<Kept>,
    size: Size,
}

/// Of a network's proofs.
impl Default for Machines {
    fn default() -> Self {
        Self { kept: Mutex::default(), size: Size::standard() }
    }
}

#[derive(Default)]
struct Kept {
    programs: BTreeMap<CodeHash, (Arc<Lowered>, u64)>,
    uses: u64,
}

struct Lowered {
    program: Program,
    commitment: Fr,
}

impl Machines {
    fn lowered(
        &self,
        code: &CodeHash,
        module: impl FnOnce() -> Result<Vec<u8>, NotProvable>,
    ) -> Result<Arc<Lowered>, NotProvable> {
        if let Some(lowered) = self.kept.lock().find(code) {
            return Ok(lowered);
        }
        let program = lower(&module()?, &CosmWasm).map_err(|error| NotProvable::Module(error.to_string()))?;
        let commitment = program.commitment();
        let lowered = Arc::new(Lowered { program, commitment });
        self.kept.lock().keep(*code, lowered.clone());
        Ok(lowered)
    }
}

impl Kept {
    fn find(&mut self, code: &CodeHash) -> Option<Arc<Lowered>> {
        self.uses += 1;
        let (lowered, used) = self.programs.get_mut(code)?;
        *used = self.uses;
        Some(lowered.clone())
    }

    fn keep(&mut self, code: CodeHash, lowered: Arc<Lowered>) {
        if self.programs.len() >= KEPT {
            let oldest = self.programs.iter().min_by_key(|(_, (_, used))| *used).map(|(code, _)| *code);
            oldest.and_then(|oldest| self.programs.remove(&oldest));
        }
        self.programs.insert(code, (lowered, self.uses));
    }
}

impl fmt::Debug for Machines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machines").field("kept", &self.kept.lock().programs.len()).finish_non_exhaustive()
    }
}

impl Programs for Machines {
    fn commitment(&self, code: &CodeHash, module: &[u8]) -> Result<Fr, NotProvable> {
        Ok(self.lowered(code, || Ok(module.to_vec()))?.commitment)
    }

    fn rehearse(&self, rehearsal: &Rehearsal<'_>) -> Result<Rehearsed, NotProvable> {
        let module = || (rehearsal.module)().map_err(|_| NotProvable::NoModule);
        let lowered = self.lowered(rehearsal.code, module)?;
        let program = &lowered.program;
        let entry = program.entries.get(name(rehearsal.entry)).ok_or(NotProvable::Differs("entry point"))?;
        let recorded = recorded(rehearsal)?;
        let answers: Vec<_> =
            rehearsal.answers.iter().map(|answer| (answer.bytes.as_slice(), answer.gas)).collect();
        let mut host = ReplayHost::new(rehearsal.inputs, &recorded, &answers)
            .map_err(|_| NotProvable::Differs("inputs"))?;
        let limits = Limits { gas: rehearsal.limit, rows: MAX_STEPS, ..Limits::default() };
        let mut machine = Machine::new(program, limits);
        let mut tally = Tally::new(program);
        let ended = machine.run(*entry, &[], &mut host, &mut tally);
        let trap = code_of_end(ended.map(drop), program)?;
        if !host.is_complete() {
            return Err(NotProvable::Differs("host calls"));
        }
        let said = match (trap, host.said()) {
            (None, Some(Said::Response(bytes))) => Some(bytes.clone()),
            (None, _) => return Err(NotProvable::Differs("response")),
            (Some(Trap::Abort), Some(Said::Abort(text))) => Some(text.clone()),
            (Some(_), _) => None,
        };
        // Who runs out of gas pays for all of it, not for more.
        let gas = machine.gas().min(rehearsal.limit);
        let chunks = tally.chunks(&self.size, asked(rehearsal, host.scans()));
        Ok(Rehearsed { trap: trap.map_or(0, |trap| trap as u8 + 1), gas, said, chunks })
    }

    fn most_chunks(&self) -> u64 {
        MAX_CHUNKS
    }
}

/// What the run asked, and how many words it was given.
fn asked(rehearsal: &Rehearsal<'_>, scans: usize) -> Asked {
    let words = |bytes: &[u8]| bytes.len().div_ceil(8) as u64;
    let given = rehearsal.inputs.iter().map(|input| words(input));
    let answered = rehearsal.answers.iter().map(|answer| words(&answer.bytes));
    let calls = rehearsal.calls.iter();
    let held = calls.map(|call| words(&call.key) + call.value.as_deref().map_or(0, words));
    Asked {
        accesses: rehearsal.calls.len() as u64,
        scans: scans as u64,
        queries: rehearsal.answers.len() as u64,
        heard: given.chain(answered).chain(held).sum(),
    }
}

/// The trap, if the run ended in one; an error if no proof says how it ended.
fn code_of_end(ended: Result<(), Stop>, program: &Program) -> Result<Option<Trap>, NotProvable> {
    match ended {
        Ok(()) => Ok(None),
        Err(Stop::Trap(trap)) => Ok(Some(trap)),
        Err(Stop::Unprovable { kind, row }) => {
            let function = program.function_at(row).map_or("a function", |function| &function.name);
            Err(NotProvable::Reached { function: function.to_owned(), what: kind.to_string() })
        }
        Err(Stop::TooManyRows { limit }) => Err(NotProvable::TooLong { limit }),
        Err(_) => Err(NotProvable::Differs("host calls")),
    }
}

const fn name(entry: EntryPoint) -> &'static str {
    match entry {
        EntryPoint::Instantiate => "instantiate",
        EntryPoint::Execute => "execute",
        EntryPoint::Query => "query",
    }
}

fn recorded<'a>(rehearsal: &'a Rehearsal<'_>) -> Result<Vec<Recorded<'a>>, NotProvable> {
    let calls = rehearsal.calls.iter().map(|call| match (call.op, call.value.as_deref()) {
        (HostOp::Read, value) => Ok(Recorded::Read(&call.key, value)),
        (HostOp::Write, Some(value)) => Ok(Recorded::Write(&call.key, value)),
        (HostOp::Write, None) => Err(NotProvable::Differs("host calls")),
        (HostOp::Remove, _) => Ok(Recorded::Remove(&call.key)),
        (HostOp::End, _) => Ok(Recorded::End),
    });
    calls.collect()
}
