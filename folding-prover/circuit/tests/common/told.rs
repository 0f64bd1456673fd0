//! Calls of the small program as a node keeps them for their proof: as they were, or as somebody says they were.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each of those who include this file uses a part of it"
)]

use nectar_circuit::execution::{
    AccessRecord, LogRecord, Place, ReceiptRecord, Recorder, Recording, RunRecord,
};
use nectar_commitment::{EntryPoint, Fr, RunOutcome, binding, run_inputs, state_key, state_value};
use nectar_vm::cosmwasm::{Access, AccessKind, MemoryHost, Queries, QueryAnswer, Said};
use nectar_vm::{Limits, Machine, Program, Step, Tracer, Trap};

use super::program::MAIN;

/// A call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// Length of the first input.
    pub(crate) case: usize,
    /// The message, a number of eight bytes.
    pub(crate) message: u64,
    pub(crate) limit: u64,
    /// What `key1` has.
    pub(crate) state: u64,
    /// What salts are made of.
    pub(crate) salt: u64,
    /// Whether it is a query, without the second input.
    pub(crate) query: bool,
}

/// Through everything.
pub(crate) const HONEST: Call =
    Call { case: MAIN, message: 1, limit: 1 << 30, state: 41, salt: 1000, query: false };

/// A run with its receipt.
pub(crate) struct Told {
    pub(crate) run: RunRecord,
    pub(crate) receipt: ReceiptRecord,
}

/// All steps of a run, as the machine shows them.
#[derive(Default)]
struct Seen(Vec<Step>);

impl Tracer for Seen {
    fn step(&mut self, step: &Step) {
        self.0.push(*step);
    }
}

struct Answers;

impl Queries for Answers {
    fn query(&mut self, _: &[u8]) -> QueryAnswer {
        QueryAnswer { bytes: b"answered".to_vec(), gas: 12 }
    }
}

const CONTRACT: u64 = 5;
const SECRET: u64 = 6;

/// Who tells of a run.
pub(crate) struct Teller<'p> {
    /// Whose rows it is said to be.
    pub(crate) named: &'p Program,
    /// What runs in truth.
    pub(crate) runs: &'p Program,
    /// What the recorder takes the first memory, pages and table from.
    pub(crate) made: &'p Program,
}

impl<'p> Teller<'p> {
    pub(crate) fn honest(program: &'p Program) -> Self {
        Self { named: program, runs: program, made: program }
    }

    /// Runs a call, changes what the machine showed, and tells the rest accordingly.
    pub(crate) fn tells(&self, call: &Call, run: u32, lie: impl FnOnce(&mut Vec<Step>)) -> Told {
        self.tells_also(call, run, lie, |_, _| ())
    }

    /// The same, and changes what was recorded of it, and what it is to have said at its end.
    pub(crate) fn tells_also(
        &self,
        call: &Call,
        run: u32,
        lie: impl FnOnce(&mut Vec<Step>),
        change: impl FnOnce(&mut Recording, &mut Option<Vec<u8>>),
    ) -> Told {
        let mut inputs = vec![vec![b'e'; call.case], b"info".to_vec(), call.message.to_le_bytes().to_vec()];
        if call.query {
            inputs.remove(1);
        }
        let mut host = MemoryHost::with_queries(Answers);
        let state = |n: u64| call.state.wrapping_mul(n).to_le_bytes().to_vec();
        host.set_store([1, 2, 3].map(|n| (format!("key{n}").into_bytes(), state(n))).into());
        host.begin(&inputs).unwrap();
        let limits = Limits { gas: call.limit, ..Limits::default() };
        let mut seen = Seen::default();
        let _ = Machine::new(self.runs, limits).run(0, &[], &mut host, &mut seen);
        lie(&mut seen.0);
        let mut recording = {
            // Rows are the named program's; memory and table of whoever is believed.
            let named =
                Program { pages: self.made.pages, table: self.made.table.clone(), ..self.named.clone() };
            let mut recorder = Recorder::new(&named, Place { run, program: 1 });
            seen.0.iter().for_each(|step| recorder.step(step));
            recorder.finish().unwrap()
        };
        let accesses = host.accesses().to_vec();
        let mut said = host.said().map(|said| match said {
            Said::Response(bytes) | Said::Abort(bytes) => bytes.clone(),
        });
        change(&mut recording, &mut said);
        let asked = host.store().len() == 3 && said.is_some() && accesses.len() > 2;
        let mut told = self.written(call, run, inputs, recording, &accesses, said);
        if asked {
            told.run.answers = vec![b"answered".to_vec()];
        }
        told
    }

    /// What was recorded, with a log that says the same.
    fn written(
        &self,
        call: &Call,
        run: u32,
        inputs: Vec<Vec<u8>>,
        recording: Recording,
        host: &[Access],
        said: Option<Vec<u8>>,
    ) -> Told {
        let (contract, secret) = (Fr::from(CONTRACT), Fr::from(SECRET));
        let bound = binding(&self.named.commitment(), &secret);
        let mut log = vec![LogRecord { code: 1, key: contract, value: bound }];
        // Of a run that is told to have ended before its messages there are none.
        let messages = if recording.trap().is_some() && said.is_some() { &[] } else { host };
        let said = said.filter(|_| recording.trap().is_none());
        let mut accesses = Vec::new();
        for (at, Access { kind, key, value }) in (1u32..).zip(messages) {
            let salt = Fr::from(call.salt) * Fr::from(4 + u64::from(at));
            let leaf = value.as_deref().map(|value| state_value(&salt, value)).unwrap_or_default();
            let code = if *kind == AccessKind::Read { 4 } else { 5 };
            log.push(LogRecord { code, key: state_key(&secret, key).to_field(), value: leaf });
            accesses.push(AccessRecord { key: key.clone(), value: value.clone(), salt, entry: at });
        }
        let salts = [2, 3].map(|n| Fr::from(call.salt) * Fr::from(n));
        let entry = if call.query { EntryPoint::Query } else { EntryPoint::Execute };
        let outcome = RunOutcome {
            entry,
            code: recording.trap().map_or(0, |trap| trap as u8 + 1),
            gas: if recording.trap() == Some(Trap::OutOfGas) { call.limit } else { recording.gas() },
            limit: call.limit,
            said: said.as_deref(),
        };
        let entry_in_log = u32::try_from(log.len()).unwrap();
        let info = (!call.query).then(|| inputs[1].as_slice());
        let key = run_inputs(&inputs[0], info, inputs.last().unwrap(), &salts[0]);
        // A query has nothing to undo.
        let code = if outcome.failed() && !call.query { 9 } else { 8 };
        log.push(LogRecord { code, key, value: outcome.digest(&salts[1]) });
        if code == 8 {
            log.push(LogRecord { code: 2, key: contract, value: Fr::from(9) });
        }
        let run = RunRecord {
            recording,
            program: 0,
            entry,
            inputs,
            contract,
            secret,
            salts,
            limit: call.limit,
            receipt: run - 1,
            accesses,
            answers: Vec::new(),
            entry_in_log,
        };
        Told { run, receipt: ReceiptRecord { log, body: Fr::from(10), auth: Fr::from(11) } }
    }
}
