//! Calls of the small program as a node keeps them for their proof: as they were, or as somebody says they were.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each of those who include this file uses a part of it"
)]

use std::collections::BTreeMap;

use nectar_abi::compact;
use nectar_circuit::execution::{
    AccessRecord, AnswerRecord, LogRecord, Place, ReceiptRecord, Recorder, Recording, RunRecord,
};
use nectar_commitment::{
    EntryPoint, Fr, HostAnswer, RunOutcome, binding, run_inputs, state_key, state_value, told_after,
};
use nectar_vm::cosmwasm::{Access, AccessKind, MemoryHost, Queries, QueryAnswer, Said};
use nectar_vm::{Limits, Machine, Program, Step, Tracer, Trap};

use super::program::{ASKED, MAIN, RESPONSE, env};

/// A call.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    /// What the first input chooses.
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

/// A run with its receipt, and the run that it has asked.
pub(crate) struct Told {
    pub(crate) run: RunRecord,
    pub(crate) asked: Option<RunRecord>,
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

/// Answers, with what the run cost that is asked.
struct Answers(u64);

impl Queries for Answers {
    fn query(&mut self, request: &[u8]) -> QueryAnswer {
        match compact::read_smart(request) {
            Some(_) => QueryAnswer { bytes: RESPONSE.to_le_bytes().to_vec(), gas: self.0 },
            None => QueryAnswer { bytes: b"answered".to_vec(), gas: 0 },
        }
    }
}

/// What a run is given that is asked.
fn asked_inputs() -> Vec<Vec<u8>> {
    vec![env(&CONTRACT, MAIN), ASKED.to_le_bytes().to_vec()]
}

/// Its key is 5.
pub(crate) const CONTRACT: [u8; 32] = {
    let mut id = [0; 32];
    id[30] = 5;
    id
};
const SECRET: u64 = 6;

/// What a contract has.
fn store(call: &Call) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let state = |n: u64| call.state.wrapping_mul(n).to_le_bytes().to_vec();
    [1, 2, 3].map(|n| (format!("key{n}").into_bytes(), state(n))).into()
}

/// The run that run number `run` has asked for, with its entries in the log.
fn answered(
    call: &Call,
    run: u32,
    (recording, value): (Recording, Vec<u8>),
    told: Fr,
    log: &mut Vec<LogRecord>,
) -> RunRecord {
    let (secret, limit) = (Fr::from(SECRET), u64::from(u32::MAX));
    let salts = [5, 7, 9].map(|n| Fr::from(call.salt) * Fr::from(n) + Fr::one());
    let [inputs_salt, outcome_salt, salt] = salts;
    let mut entry = |code, key, value| {
        log.push(LogRecord { code, key, value });
        u32::try_from(log.len() - 1).unwrap()
    };
    let read = entry(4, state_key(&secret, b"key1").to_field(), state_value(&salt, &value));
    let (inputs, response) = (asked_inputs(), RESPONSE.to_le_bytes());
    let key = run_inputs(&inputs[0], None, &inputs[1], &inputs_salt);
    let (entry_point, said) = (EntryPoint::Query, Some(response.as_slice()));
    let outcome = RunOutcome { entry: entry_point, code: 0, gas: recording.gas(), limit, said, told };
    let entry_in_log = entry(8, key, outcome.digest(&outcome_salt));
    RunRecord {
        recording,
        program: 0,
        entry: entry_point,
        inputs,
        contract: CONTRACT,
        secret,
        salts: [inputs_salt, outcome_salt],
        limit,
        receipt: run - 1,
        accesses: vec![AccessRecord { key: b"key1".to_vec(), value: Some(value), salt, entry: read }],
        answers: Vec::new(),
        said: Some(response.to_vec()),
        told,
        entry_in_log,
    }
}

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
        let mut inputs =
            vec![env(&CONTRACT, call.case), b"info".to_vec(), call.message.to_le_bytes().to_vec()];
        if call.query {
            inputs.remove(1);
        }
        let callee = self.asks(call, run);
        let mut host = MemoryHost::with_queries(Answers(callee.0.gas()));
        host.set_store(store(call));
        host.begin(&inputs).unwrap();
        let limits = Limits { gas: call.limit, ..Limits::default() };
        let mut seen = Seen::default();
        let entry = self.runs.entries[if call.query { "query" } else { "execute" }];
        let _ = Machine::new(self.runs, limits).run(entry, &[], &mut host, &mut seen);
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
        if !asked {
            return self.written(call, run, (inputs, recording), &accesses, said, None);
        }
        self.written(call, run, (inputs, recording), &accesses, said, Some(callee))
    }

    /// The run that a run asks for, and the value that it reads.
    fn asks(&self, call: &Call, run: u32) -> (Recording, Vec<u8>) {
        let mut host = MemoryHost::new();
        host.set_store(store(call));
        host.begin(&asked_inputs()).unwrap();
        let mut recorder = Recorder::new(self.named, Place { run: run + 1, program: 1 });
        let entry = self.named.entries["query"];
        Machine::new(self.named, Limits::default()).run(entry, &[], &mut host, &mut recorder).unwrap();
        (recorder.finish().unwrap(), store(call)[b"key1".as_slice()].clone())
    }

    /// What was recorded, with a log that says the same.
    fn written(
        &self,
        call: &Call,
        run: u32,
        (inputs, recording): (Vec<Vec<u8>>, Recording),
        host: &[Access],
        said: Option<Vec<u8>>,
        callee: Option<(Recording, Vec<u8>)>,
    ) -> Told {
        let (contract, secret) = (Fr::from(5), Fr::from(SECRET));
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
        let (mut told, mut answers) = (Fr::zero(), Vec::new());
        if callee.is_some() {
            let (request, salt) = (compact::CALLER, Fr::from(call.salt) * Fr::from(99));
            let own = HostAnswer { request, answer: b"answered", contract: Fr::zero(), salt };
            told = told_after(told, own.digest(), true);
            let bytes = b"answered".to_vec();
            answers.push(AnswerRecord { bytes, by_run: false, salt: Some(salt) });
            let bytes = RESPONSE.to_le_bytes().to_vec();
            answers.push(AnswerRecord { bytes, by_run: true, salt: None });
        }
        let asked = callee.map(|callee| answered(call, run, callee, told, &mut log));
        let outcome = RunOutcome {
            entry,
            code: recording.trap().map_or(0, |trap| trap as u8 + 1),
            gas: if recording.trap() == Some(Trap::OutOfGas) { call.limit } else { recording.gas() },
            limit: call.limit,
            said: said.as_deref(),
            told,
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
            contract: CONTRACT,
            secret,
            salts,
            limit: call.limit,
            receipt: run - 1,
            accesses,
            answers,
            said,
            told,
            entry_in_log,
        };
        Told { run, asked, receipt: ReceiptRecord { log, body: Fr::from(10), auth: Fr::from(11) } }
    }
}
