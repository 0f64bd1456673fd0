//! What a node keeps of its invocations is what the execution circuit is satisfied by, chunk after chunk, and nothing else is.

use nectar_abi::{CodeHash, compact};
use nectar_circuit::execution::{Arranged, Challenges, ExecutionCircuit, Size};
use nectar_circuit::{Boundary, Frame, Phased as _, Position, Statement, Uniform as _};
use nectar_commitment::Fr;
use nectar_prover::record;
use nectar_trace::{AnsweredBy, Batch, InvocationTrace};
use nectar_vm::cosmwasm::CosmWasm;
use nectar_vm::{Program, lower};
use sha2::{Digest as _, Sha256};

use crate::examples::{artifact, patient};
use crate::node::{Contract, Node};

fn lowered(wasm: &[u8]) -> (CodeHash, Program) {
    (CodeHash::new(Sha256::digest(wasm).into()), lower(wasm, &CosmWasm).unwrap())
}

/// Calls that succeed, one that its contract refuses, and queries.
fn invoked(wasm: &[u8]) -> Batch {
    let node = Node::new();
    let contract = node.contract(wasm, "{}");
    let methods = ["execute/record", "execute/withdraw", "query/rules"];
    let contract = node.granted(contract, &methods);
    let patient = patient();
    let calls = [
        (
            "execute/record",
            format!(r#"{{"record":{{"patient":"{patient}","rule":{{"effect":"permit","who":"anyone"}}}}}}"#),
        ),
        ("execute/withdraw", format!(r#"{{"withdraw":{{"patient":"{patient}","rule":7}}}}"#)),
        ("query/rules", format!(r#"{{"rules":{{"patient":"{patient}"}}}}"#)),
    ];
    for (method, message) in calls {
        node.call(&contract, method, &message, &[]);
    }
    node.batch()
}

fn statement(batch: &Batch) -> Statement {
    Statement {
        chain_id: 31_337,
        network: batch.network.0,
        batch: batch.number,
        pre_root: batch.pre_root,
        post_root: batch.post_root,
        receipts_root: batch.receipts_root(),
        receipts: batch.traces().len() as u64,
        program_registry_root: Fr::zero(),
        window: batch.window(),
    }
}

/// Rows that are violated, and whether the batch may end as its last chunk does.
fn judge(
    traces: &[InvocationTrace],
    statement: &Statement,
    programs: &[(CodeHash, Program)],
) -> (usize, bool) {
    let size = Size::standard();
    let circuit = ExecutionCircuit::new(size.clone());
    let arranged = Arranged::new(record(traces, programs).unwrap(), &size).unwrap();
    let challenges = Challenges { gamma: Fr::from(123_456_789), alpha: Fr::from(987_654_321) };
    let mut start = Boundary { values: circuit.start(statement), salt: Fr::from(3) };
    let (chunks, mut violated) = (arranged.chunks(), 0);
    for number in 0..chunks {
        let position = Position { first: number == 0, last: number + 1 == chunks };
        let end_salt = Fr::from(number as u64 + 10);
        let frame = Frame { statement, position, challenges, start: &start, end_salt };
        let assignment = circuit.second(&arranged.chunk(number), &frame);
        violated += assignment.violations(circuit.shape()).len();
        start = Boundary { values: assignment.end, salt: end_salt };
    }
    println!("{chunks} chunks");
    (violated, circuit.may_end(statement, &start.values))
}

#[test]
fn what_a_node_keeps_of_its_invocations_satisfies_the_circuit_and_another_answer_does_not() {
    let wasm = artifact("consent");
    let batch = invoked(&wasm);
    let (statement, programs) = (statement(&batch), [lowered(&wasm)]);
    let traces: Vec<_> = batch.traces().to_vec();
    assert_eq!(judge(&traces, &statement, &programs), (0, true));

    // The last query is told of another salt, so of another leaf than the state's.
    let mut forged = traces;
    let call = forged.iter_mut().flat_map(|trace| &mut trace.runs).flat_map(|run| &mut run.calls);
    let read = call.filter(|call| call.value.is_some()).last().unwrap();
    read.salt = Some(Fr::from(1));
    let (violated, _) = judge(&forged, &statement, &programs);
    assert_ne!(violated, 0);
}

/// A patient's record is read, for which the contract asks the one of consents; and one that there is no consent to.
fn composed(consent: &[u8], records: &[u8]) -> Batch {
    let node = Node::new();
    let consents = node.contract(consent, "{}");
    let contract = node.contract(records, &format!(r#"{{"consent":"{}"}}"#, consents.id));
    let contract = node.granted(contract, &["execute/put", "query/get"]);
    let patient = patient();
    let resource = r#"{"resourceType":"Observation","id":"bp-1","status":"final"}"#;
    let calls = [
        (
            "execute/put",
            format!(
                r#"{{"put":{{"patient":"{patient}","resource_type":"Observation","id":"bp-1","resource":{resource}}}}}"#
            ),
            vec![consents.id],
        ),
        (
            "query/get",
            format!(r#"{{"get":{{"patient":"{patient}","resource_type":"Observation","id":"bp-1"}}}}"#),
            vec![consents.id],
        ),
        // The consents are not named: there is nobody to ask.
        (
            "query/get",
            format!(r#"{{"get":{{"patient":"{patient}","resource_type":"Observation","id":"bp-1"}}}}"#),
            Vec::new(),
        ),
    ];
    for (method, message, touches) in calls {
        node.call(&contract, method, &message, &touches);
    }
    node.batch()
}

/// Whose answers an invocation's runs were given.
fn answers(trace: &InvocationTrace) -> Vec<AnsweredBy> {
    trace.runs.iter().flat_map(|run| &run.answers).map(|answer| answer.by).collect()
}

#[test]
fn an_answer_of_another_contract_is_what_its_run_said_and_no_other_answer_is() {
    let (consent, records) = (artifact("consent"), artifact("health_records"));
    let batch = composed(&consent, &records);
    let (statement, programs) = (statement(&batch), [lowered(&consent), lowered(&records)]);
    let traces: Vec<_> = batch.traces().to_vec();
    let runs = |trace: &InvocationTrace| answers(trace).iter().filter(|by| **by == AnsweredBy::Run).count();
    assert!(traces.iter().any(|trace| runs(trace) == 1), "somebody was asked");
    assert_eq!(runs(traces.last().unwrap()), 0, "nobody was there to ask");
    assert_eq!(judge(&traces, &statement, &programs), (0, true));

    // The contract is told that there is nobody to ask, and repeats on that what it did.
    let get = traces.iter().rposition(|trace| runs(trace) == 1).unwrap();
    let mut alone = traces.clone();
    let trace = &mut alone[get];
    trace.runs.truncate(1);
    let answer = trace.runs[0].answers.iter_mut().find(|answer| answer.by == AnsweredBy::Run).unwrap();
    (answer.by, answer.gas) = (AnsweredBy::Host(Fr::from(5)), 0);
    answer.bytes = compact::UNKNOWN.to_vec();
    // The machine goes another way: no such run can be recorded.
    assert!(record(&alone, &programs).is_err());

    // The answer is the host's: it says the same, but nobody's run is behind it.
    let mut own = traces.clone();
    let answer = own[get].runs[0].answers.iter_mut().find(|answer| answer.by == AnsweredBy::Run).unwrap();
    answer.by = AnsweredBy::Host(Fr::from(5));
    own[get].runs.truncate(1);
    let (violated, may_end) = judge(&own, &statement, &programs);
    assert!(violated > 0 || !may_end);
}

/// Health records, and the contract of consents that they ask.
fn hospital(consent: &[u8], records: &[u8]) -> (Node, [Contract; 2]) {
    let node = Node::new();
    let consents = node.contract(consent, "{}");
    let contract = node.contract(records, &format!(r#"{{"consent":"{}"}}"#, consents.id));
    let contract = node.granted(contract, &["query/get"]);
    (node, [contract, consents])
}

/// A record is asked for that there is none of: the contract asks the one of consents first.
fn get(node: &Node, [contract, consents]: &[Contract; 2]) {
    let patient = patient();
    let message = format!(r#"{{"get":{{"patient":"{patient}","resource_type":"Observation","id":"bp-1"}}}}"#);
    node.call(contract, "query/get", &message, &[consents.id]);
}

/// The same within this much gas.
fn asked_within(gas: Option<u64>, consent: &[u8], records: &[u8]) -> Batch {
    let (node, contracts) = hospital(consent, records);
    let node = match gas {
        Some(gas) => node.with_gas(gas),
        None => node,
    };
    get(&node, &contracts);
    node.batch()
}

#[test]
fn whoever_has_no_gas_left_is_proven_to_have_none_asked_or_asking() {
    let (consent, records) = (artifact("consent"), artifact("health_records"));
    let programs = [lowered(&consent), lowered(&records)];
    let free = asked_within(None, &consent, &records);
    let [asking, asked] = &free.traces().last().unwrap().runs[..] else { panic!("two runs") };
    let before = asking.limit - asked.limit;
    // It has half of what it needs; it has all, and who asked has nothing for what comes then; or for what comes later.
    let gas = [asked.gas / 2, asked.gas + 2, asked.gas + 500].map(|gas| before + gas);
    let traps = gas.map(|gas| {
        let batch = asked_within(Some(gas), &consent, &records);
        let traces = batch.traces().to_vec();
        let traps: Vec<u8> = traces.last().unwrap().runs.iter().map(|run| run.trap).collect();
        assert_eq!(judge(&traces, &statement(&batch), &programs), (0, true), "{traps:?}");
        traps
    });
    assert_eq!(traps, [vec![9, 9], vec![9, 0], vec![9, 0]]);
}

/// Each amount of gas around the moment when one contract asks another: the machine ends each run where the runtime does, or the call would be
/// refused.
#[test]
fn no_amount_of_gas_makes_a_query_that_cannot_be_proven() {
    let (consent, records) = (artifact("consent"), artifact("health_records"));
    let (mut node, contracts) = hospital(&consent, &records);
    get(&node, &contracts);
    let batch = node.batch();
    let [asking, asked] = &batch.traces().last().unwrap().runs[..] else { panic!("two runs") };
    let before = asking.limit - asked.limit;
    for gas in (before - 8..before + 8).chain(before + asked.gas..before + asked.gas + 8) {
        node = node.with_gas(gas);
        get(&node, &contracts);
    }
}
