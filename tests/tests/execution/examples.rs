//! The example contracts.

use nectar_abi::{PatientHandle, tagged_hash};

use crate::node::Node;
use crate::replay::{Measured, Twin, replay};

pub(crate) fn artifact(name: &str) -> Vec<u8> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/examples/artifacts");
    std::fs::read(format!("{directory}/{name}.wasm")).unwrap()
}

pub(crate) fn patient() -> PatientHandle {
    PatientHandle::new(tagged_hash("test-patient", &[b"ada"]))
}

fn say(what: &str, measured: &Measured) {
    let Measured { rows, gas, instructions, kinds } = measured;
    let constraints: u64 = kinds.iter().map(|(kind, steps)| steps * kind.rows() as u64).sum();
    println!("{what}: {rows} rows, {instructions} instructions, {gas} gas, {constraints} constraints");
    let mut dearest: Vec<_> =
        kinds.iter().map(|(kind, steps)| (steps * kind.rows() as u64, kind, steps)).collect();
    dearest.sort_unstable_by(|a, b| b.cmp(a));
    let share = |part: u64, of: u64| (part * 1000).div_ceil(of);
    for (of_kind, kind, steps) in dearest {
        let (steps, of_kind) = (share(*steps, *rows), share(of_kind, constraints));
        println!("    {kind:?}: {steps} of 1000 steps, {of_kind} of 1000 constraints");
    }
    // What a proof will cost: a third of the goal of 300 a row.
    assert!(constraints < 100 * rows);
}

#[test]
fn consent_runs_on_the_machine_as_in_the_runtime() {
    let (node, wasm) = (Node::new(), artifact("consent"));
    let mut twin = Twin::new(&wasm);
    let contract = node.contract(&wasm, "{}");
    say("instantiate", &replay(&node.trace(), contract.id, &mut twin, None, None));
    let contract =
        node.granted(contract, &["execute/record", "execute/withdraw", "query/rules", "query/permits"]);
    let patient = patient();
    let rule = r#"{"effect":"deny","who":{"role":"insurer"},"purposes":["TREAT"],"until":1890000000}"#;
    let holder = "ab".repeat(32);
    let calls = [
        ("execute/record", format!(r#"{{"record":{{"patient":"{patient}","rule":{rule}}}}}"#)),
        (
            "execute/record",
            format!(r#"{{"record":{{"patient":"{patient}","rule":{{"effect":"permit","who":"anyone"}}}}}}"#),
        ),
        ("query/rules", format!(r#"{{"rules":{{"patient":"{patient}"}}}}"#)),
        (
            "query/permits",
            format!(
                r#"{{"permits":{{"patient":"{patient}","holder":"{holder}","purpose":"TREAT","fields":3}}}}"#
            ),
        ),
        ("execute/withdraw", format!(r#"{{"withdraw":{{"patient":"{patient}","rule":1}}}}"#)),
        ("query/rules", format!(r#"{{"rules":{{"patient":"{patient}"}}}}"#)),
    ];
    for (method, message) in calls {
        let reply = node.call(&contract, method, &message, &[]);
        assert!(reply.result.is_ok(), "{method}: {:?}", reply.result);
        let caller = node.caller(&contract, method);
        say(method, &replay(&node.trace(), contract.id, &mut twin, Some(caller), None));
    }
}

#[test]
fn health_records_runs_on_the_machine_as_in_the_runtime_and_so_does_the_consent_that_it_asks() {
    let node = Node::new();
    let (consent_wasm, wasm) = (artifact("consent"), artifact("health_records"));
    let (mut consent_twin, mut twin) = (Twin::new(&consent_wasm), Twin::new(&wasm));
    let consent = node.contract(&consent_wasm, "{}");
    replay(&node.trace(), consent.id, &mut consent_twin, None, None);
    let contract = node.contract(&wasm, &format!(r#"{{"consent":"{}"}}"#, consent.id));
    say("instantiate", &replay(&node.trace(), contract.id, &mut twin, None, None));
    let methods = ["execute/put", "execute/put_many", "query/get", "query/list", "query/summary"];
    let contract = node.granted(contract, &methods);
    let patient = patient();
    let observation = |id: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","valueQuantity":{{"value":120.5}}}}"#
        )
    };
    let entry =
        |id: &str| format!(r#"{{"resource_type":"Observation","id":"{id}","resource":{}}}"#, observation(id));
    let (entries, id) = ((0..5).map(|n| entry(&format!("m{n}"))).collect::<Vec<_>>().join(","), "bp-1");
    let calls = [
        (
            "execute/put",
            format!(
                r#"{{"put":{{"patient":"{patient}","resource_type":"Observation","id":"{id}","resource":{}}}}}"#,
                observation(id)
            ),
        ),
        ("execute/put_many", format!(r#"{{"put_many":{{"patient":"{patient}","entries":[{entries}]}}}}"#)),
        (
            "query/get",
            format!(r#"{{"get":{{"patient":"{patient}","resource_type":"Observation","id":"{id}"}}}}"#),
        ),
        ("query/list", format!(r#"{{"list":{{"patient":"{patient}","resource_type":"Observation"}}}}"#)),
        ("query/summary", format!(r#"{{"summary":{{"patient":"{patient}"}}}}"#)),
    ];
    for (method, message) in calls {
        let reply = node.call(&contract, method, &message, &[consent.id]);
        assert!(reply.result.is_ok(), "{method}: {:?}", reply.result);
        let caller = node.caller(&contract, method);
        let other = Some((consent.id, &consent_twin));
        say(method, &replay(&node.trace(), contract.id, &mut twin, Some(caller), other));
    }
}

#[test]
fn a_contracts_own_error_is_the_same_on_the_machine() {
    let (node, wasm) = (Node::new(), artifact("consent"));
    let mut twin = Twin::new(&wasm);
    let contract = node.contract(&wasm, "{}");
    replay(&node.trace(), contract.id, &mut twin, None, None);
    let contract = node.granted(contract, &["execute/withdraw", "query/rules"]);
    let patient = patient();
    let wrong = [
        ("query/rules", r#"{"rules":{"patient":"short"}}"#.to_owned()),
        ("query/rules", format!(r#"{{"rules":{{"patient":"{patient}","more":[1,2.5,{{}}]}}}}"#)),
        ("execute/withdraw", format!(r#"{{"withdraw":{{"patient":"{patient}","rule":7}}}}"#)),
    ];
    for (method, message) in wrong {
        let reply = node.call(&contract, method, &message, &[]);
        assert!(reply.result.is_err() && reply.failure.is_none());
        let caller = node.caller(&contract, method);
        say(method, &replay(&node.trace(), contract.id, &mut twin, Some(caller), None));
    }
}
