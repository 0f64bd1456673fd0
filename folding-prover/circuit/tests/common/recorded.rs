//! Calls of an example contract as a node keeps them for their proof.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each of those who include this file uses a part of it"
)]

use nectar_circuit::execution::{AccessRecord, LogRecord, Place, ReceiptRecord, Recorder, RunRecord};
use nectar_commitment::{
    Domain, EntryPoint, Fr, Key, RunOutcome, Tree, binding, hash4, run_inputs, state_key, state_value,
};
use nectar_vm::cosmwasm::{Access, AccessKind, CosmWasm, MemoryHost, Said};
use nectar_vm::{Limits, Machine, Program, Trap, lower};

const ENV: &str = r#"{"block":{"height":1,"time":"1790000000000000000","chain_id":"nectar-1"},"transaction":null,                             "contract":{"address":"0202020202020202020202020202020202020202020202020202020202020202"}}"#;
const CONTRACT: [u8; 32] = [2; 32];
const INFO: &str =
    r#"{"sender":"0101010101010101010101010101010101010101010101010101010101010101","funds":[]}"#;

fn artifact(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/artifacts");
    std::fs::read(format!("{directory}/{name}.wasm")).unwrap()
}

/// The program of an example contract.
pub(crate) fn program(name: &str) -> Program {
    lower(&artifact(name), &CosmWasm).unwrap()
}

/// An `instantiate` of a contract in program 1 of a batch, within this much gas.
pub(crate) fn instantiate(program: &Program, run: u32, limit: u64) -> (RunRecord, ReceiptRecord) {
    instantiate_with(program, run, limit, "{}")
}

/// The same with this message.
pub(crate) fn instantiate_with(
    program: &Program,
    run: u32,
    limit: u64,
    message: &str,
) -> (RunRecord, ReceiptRecord) {
    let (contract, secret) = (Key::from_digest(&CONTRACT).to_field(), Fr::from(6));
    let bound = binding(&program.commitment(), &secret);
    let inputs: Vec<_> = [ENV, INFO, message].iter().map(|input| input.as_bytes().to_vec()).collect();
    let mut host = MemoryHost::new();
    host.begin(&inputs).unwrap();
    let mut recorder = Recorder::new(program, Place { run, program: 1 });
    let mut machine = Machine::new(program, Limits { gas: limit, ..Limits::default() });
    let _ = machine.run(program.entries["instantiate"], &[], &mut host, &mut recorder);
    let recording = recorder.finish().unwrap();

    let mut entries = vec![LogRecord { code: 1, key: contract, value: bound }];
    let mut accesses = Vec::new();
    for (at, Access { kind, key, value }) in (1u32..).zip(host.accesses()) {
        let salt = Fr::from(1000 + u64::from(at));
        let leaf = value.as_deref().map(|value| state_value(&salt, value)).unwrap_or_default();
        let code = if *kind == AccessKind::Read { 4 } else { 5 };
        entries.push(LogRecord { code, key: state_key(&secret, key).to_field(), value: leaf });
        accesses.push(AccessRecord { key: key.clone(), value: value.clone(), salt, entry: at });
    }
    let said = host.said().map(|said| match said {
        Said::Response(bytes) | Said::Abort(bytes) => bytes.clone(),
    });
    let salts = [Fr::from(7), Fr::from(8)];
    let outcome = RunOutcome {
        entry: EntryPoint::Instantiate,
        code: recording.trap().map_or(0, |trap| trap as u8 + 1),
        gas: if recording.trap() == Some(Trap::OutOfGas) { limit } else { recording.gas() },
        limit,
        said: said.as_deref(),
        told: Fr::zero(),
    };
    let entry_in_log = u32::try_from(entries.len()).unwrap();
    let given = run_inputs(&inputs[0], Some(&inputs[1]), &inputs[2], &salts[0]);
    let code = if outcome.failed() { 9 } else { 8 };
    entries.push(LogRecord { code, key: given, value: outcome.digest(&salts[1]) });
    if !outcome.failed() {
        entries.push(LogRecord { code: 2, key: contract, value: Fr::from(9) });
    }
    let record = RunRecord {
        recording,
        program: 0,
        entry: EntryPoint::Instantiate,
        inputs,
        contract: CONTRACT,
        secret,
        salts,
        limit,
        receipt: run - 1,
        accesses,
        answers: Vec::new(),
        said,
        told: Fr::zero(),
        entry_in_log,
    };
    (record, ReceiptRecord { log: entries, body: Fr::from(10), auth: Fr::from(11) })
}

/// Root of the tree of receipts.
pub(crate) fn root(receipts: &[ReceiptRecord]) -> Fr {
    let leaf = |receipt: &ReceiptRecord| {
        let log = receipt.log.iter().fold(Fr::zero(), |log, LogRecord { code, key, value }| {
            hash4(Domain::Log, [log, Fr::from(*code), *key, *value])
        });
        hash4(Domain::Receipt, [log, receipt.body, receipt.auth, Fr::zero()])
    };
    Tree::from_leaves(receipts.iter().map(leaf).collect()).root()
}
