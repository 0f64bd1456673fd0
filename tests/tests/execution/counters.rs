//! The counter and its lean twin, whose `execute` is exported by hand: both as in the runtime, and the one as the other.

use crate::examples::artifact;
use crate::node::Node;
use crate::replay::{Measured, Twin, replay};

/// Method and message of each call. All are the owner's.
const CALLS: [(&str, &str); 6] = [
    ("execute/increment", r#"{"increment":{"by":7}}"#),
    ("query/count", r#"{"count":{}}"#),
    ("execute/increment", r#"{"increment":{"by":4294967295}}"#),
    ("execute/reset", r#"{"reset":{}}"#),
    ("query/count", r#"{"count":{}}"#),
    ("execute/increment", r#"{"increment":{"by":0}}"#),
];

/// What each call says, and its rows.
fn run(name: &str, start: u64) -> Vec<(String, u64)> {
    let (node, wasm) = (Node::new(), artifact(name));
    let mut twin = Twin::new(&wasm);
    let contract = node.contract(&wasm, &format!(r#"{{"start":{start}}}"#));
    replay(&node.trace(), contract.id, &mut twin, None, None);
    let contract = node.granted(contract, &["execute/increment", "execute/reset", "query/count"]);
    let call = |(method, message)| {
        let reply = node.call(&contract, method, message, &[]);
        assert!(reply.failure.is_none());
        let caller = node.caller(&contract, method);
        let Measured { rows, instructions, .. } =
            replay(&node.trace(), contract.id, &mut twin, Some(caller), None);
        println!("{name} {method}: {rows} rows, {instructions} instructions");
        (format!("{:?}", reply.result), rows)
    };
    CALLS.into_iter().map(call).collect()
}

#[test]
fn lean_says_what_counter_says_for_a_third_of_the_rows_of_an_increment() {
    let (counter, lean) = (run("counter", 5), run("lean", 5));
    for ((said, _), (lean_said, _)) in counter.iter().zip(&lean) {
        assert_eq!(said, lean_said);
    }
    let (rows, lean_rows) = (counter[0].1, lean[0].1);
    assert!(lean_rows * 3 < rows, "{lean_rows} of {rows} rows");
}

#[test]
fn errors_of_an_execute_exported_by_hand_are_the_contracts_own() {
    let (counter, lean) = (run("counter", u64::MAX), run("lean", u64::MAX));
    for ((said, _), (lean_said, _)) in counter.iter().zip(&lean) {
        assert_eq!(said, lean_said);
    }
    assert!(lean[0].0.contains("the count would pass"), "{}", lean[0].0);
}
