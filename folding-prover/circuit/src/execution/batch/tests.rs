use std::collections::HashMap;

use nectar_commitment::{
    Domain, EntryPoint, Fr, RunOutcome, Tree, binding, hash4, run_inputs, state_key, state_value, to_bytes,
};
use nectar_vm::cosmwasm::{Access, AccessKind, CosmWasm, MemoryHost, Said};
use nectar_vm::{Limits, Machine, Program, lower};

use super::{AccessRecord, Arranged, Batch, LogRecord, ReceiptRecord, RunRecord};
use crate::execution::chunk::log;
use crate::execution::{Challenges, ExecutionCircuit, Place, Recorder, Size};
use crate::{Boundary, Frame, Phased as _, Position, Statement, Uniform as _};

const ENV: &str = r#"{"block":{"height":1,"time":"1790000000000000000","chain_id":"nectar-1"},"transaction":null,"contract":{"address":"0202020202020202020202020202020202020202020202020202020202020202"}}"#;
const INFO: &str =
    r#"{"sender":"0101010101010101010101010101010101010101010101010101010101010101","funds":[]}"#;

fn artifact(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/examples/artifacts");
    std::fs::read(format!("{directory}/{name}.wasm")).unwrap()
}

/// A call of a contract, as a node keeps it for its proof.
pub(crate) fn call(program: &Program, run: u32, inputs: &[&str], limit: u64) -> (RunRecord, ReceiptRecord) {
    let (contract, secret) = (Fr::from(5), Fr::from(6));
    let bound = binding(&program.commitment(), &secret);
    let inputs: Vec<_> = inputs.iter().map(|input| input.as_bytes().to_vec()).collect();
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
        code: recording.trap.map_or(0, |trap| trap as u8 + 1),
        gas: recording.gas,
        limit,
        said: said.as_deref(),
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
        contract,
        secret,
        salts,
        limit,
        receipt: run - 1,
        accesses,
        answers: Vec::new(),
        entry_in_log,
    };
    (record, ReceiptRecord { log: entries, body: Fr::from(10), auth: Fr::from(11) })
}

fn root(receipts: &[ReceiptRecord]) -> Fr {
    let leaf = |receipt: &ReceiptRecord| {
        let log = receipt.log.iter().fold(Fr::zero(), |log, LogRecord { code, key, value }| {
            hash4(Domain::Log, [log, Fr::from(*code), *key, *value])
        });
        hash4(Domain::Receipt, [log, receipt.body, receipt.auth, Fr::zero()])
    };
    Tree::from_leaves(receipts.iter().map(leaf).collect()).root()
}

/// Tuples that were sent more or less often than received, by tag.
fn left(arranged: &Arranged, receipts_root: Fr) -> HashMap<u64, Vec<(Vec<Fr>, Fr)>> {
    let mut sums: HashMap<(u64, Vec<[u8; 32]>), (Vec<Fr>, Fr)> = HashMap::new();
    for (tag, m, mut fields) in log(arranged.contents(), receipts_root) {
        // A coordinate that is zero may be left out.
        while fields.last() == Some(&Fr::zero()) {
            fields.pop();
        }
        let key = (tag as u64, fields.iter().map(to_bytes).collect());
        sums.entry(key).or_insert_with(|| (fields, Fr::zero())).1 += m;
    }
    let mut left: HashMap<u64, Vec<_>> = HashMap::new();
    for ((tag, _), (fields, sum)) in sums {
        if sum != Fr::zero() {
            left.entry(tag).or_default().push((fields, sum));
        }
    }
    left
}

#[test]
fn all_that_a_batch_receives_was_sent() {
    let program = lower(&artifact("consent"), &CosmWasm).unwrap();
    let calls = [1 << 40, 30_000, 1 << 40];
    let (runs, receipts): (Vec<_>, Vec<_>) =
        (1..).zip(calls).map(|(run, limit)| call(&program, run, &[ENV, INFO, "{}"], limit)).unzip();
    let receipts_root = root(&receipts);
    let batch = Batch { programs: vec![&program], runs, receipts };
    let arranged = Arranged::new(batch, &Size::default()).unwrap();
    let left = left(&arranged, receipts_root);
    assert!(left.is_empty(), "{:?}", left.keys());
}

fn statement(receipts_root: Fr, receipts: u64) -> Statement {
    let zero = Fr::zero();
    Statement {
        chain_id: 31_337,
        network: 1,
        batch: 2,
        pre_root: zero,
        post_root: zero,
        receipts_root,
        receipts,
        program_registry_root: zero,
        window: (0, 0),
    }
}

#[test]
fn chunks_of_a_batch_satisfy_the_circuit_and_end_with_nothing_left() {
    let program = lower(&artifact("consent"), &CosmWasm).unwrap();
    let calls = [1 << 40, 30_000];
    let (runs, receipts): (Vec<_>, Vec<_>) =
        (1..).zip(calls).map(|(run, limit)| call(&program, run, &[ENV, INFO, "{}"], limit)).unzip();
    let statement = statement(root(&receipts), 2);
    let size = Size::standard();
    let circuit = ExecutionCircuit::new(size.clone());
    let arranged = Arranged::new(Batch { programs: vec![&program], runs, receipts }, &size).unwrap();
    let challenges = Challenges { gamma: Fr::from(123_456_789), alpha: Fr::from(987_654_321) };
    let mut start = Boundary { values: circuit.start(&statement), salt: Fr::from(3) };
    let chunks = arranged.chunks();
    println!("{chunks} chunks");
    for number in 0..chunks {
        let position = Position { first: number == 0, last: number + 1 == chunks };
        let end_salt = Fr::from(number as u64 + 10);
        let frame = Frame { statement: &statement, position, challenges, start: &start, end_salt };
        let chunk = arranged.chunk(number);
        let assignment = circuit.second(&chunk, &frame);
        assert_eq!(assignment.first, circuit.first(&chunk));
        let violations = assignment.violations(circuit.shape());
        assert!(
            violations.is_empty(),
            "chunk {number}: {} rows, {:?}",
            violations.len(),
            &violations[..4.min(violations.len())]
        );
        start = Boundary { values: assignment.end, salt: end_salt };
    }
    assert!(circuit.may_end(&statement, &start.values));
}
