//! A whole small batch as a malicious prover would have it: each lie with all that follows from it, so that nothing but what must refuse it does.
//!
//! | What | where |
//! |---|---|
//! | a program with every kind of step, and what is told of its runs | `program`, `told`, `world` |
//! | a lie, and which rows or tuples refuse it | `forgery`, `steps`, `records` |
//! | what the final verifier says of a proof of it | `verifier` |
//! | values changed one by one and at random | `mutation`, `net`, `layout`, `free` |
//! | padding | `padding` |

mod forgery;
mod free;
mod layout;
mod mutation;
mod net;
mod padding;
#[path = "../../../tests/common/program.rs"]
mod program;
mod records;
mod steps;
#[path = "../../../tests/common/told.rs"]
mod told;
mod verifier;
mod world;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::Op;

use super::bus::{FIELDS, Tag};
use crate::Uniform as _;
use forgery::Stage;
use steps::Lie;
use verifier::{Answer, HONESTLY, Verifier};

/// An operation of whose results the final verifier sees another one in every run of the tests; of the others on demand.
const SAMPLE: Op = Op::DivS32;
/// One of so many lies it sees in every run of the tests; a proof of one takes seconds.
const SAMPLED: usize = 4;

fn lies() -> impl Iterator<Item = Lie> {
    steps::LIES.into_iter().chain(records::LIES)
}

#[test]
fn a_lie_is_refused_by_what_must_refuse_it_and_by_nothing_else() {
    let stage = Stage::new();
    for (name, expected, lie) in lies() {
        let refusal = stage.refuses(&lie(&stage)).map(|refusal| refusal.to_string());
        assert_eq!(refusal.as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn a_wrong_result_is_refused_by_its_slot() {
    let stage = Stage::new();
    for op in program::computed() {
        let refusal = stage.refuses(&steps::wrong_result(&stage, op)).unwrap();
        let lookups = [Tag::Limb, Tag::And, Tag::Power];
        assert!(refusal.tags.iter().all(|tag| lookups.contains(tag)), "{op:?}: {refusal}");
    }
}

#[test]
fn the_final_verifier_accepts_the_truth_and_none_of_some_lies() {
    let stage = Stage::new();
    let verifier = Verifier::new(&stage, HONESTLY);
    verifier.judges(&stage.truth()).unwrap();
    for (name, _, lie) in lies().step_by(SAMPLED) {
        assert!(verifier.refuses(&lie(&stage)), "{name}");
    }
    assert!(verifier.refuses(&steps::wrong_result(&stage, SAMPLE)), "{SAMPLE:?}");
}

/// `cargo test -p nectar-circuit --lib -- --ignored the_final_verifier_accepts_no_lie`
#[test]
#[ignore = "a proof for each lie, five minutes: the test above has some"]
fn the_final_verifier_accepts_no_lie() {
    let stage = Stage::new();
    let verifier = Verifier::new(&stage, HONESTLY);
    for (name, _, lie) in lies() {
        assert!(verifier.refuses(&lie(&stage)), "{name}");
    }
}

/// `cargo test -p nectar-circuit --lib -- --ignored attacks`
#[test]
#[ignore = "a proof for each operation: the test above has some"]
fn the_final_verifier_accepts_no_wrong_result() {
    let stage = Stage::new();
    let verifier = Verifier::new(&stage, HONESTLY);
    for op in program::computed() {
        assert!(verifier.refuses(&steps::wrong_result(&stage, op)), "{op:?}");
    }
}

/// The multiplicity of a limb with which the sum is zero: who knows the challenges can choose it.
const CHOSEN: Answer = |circuit, frame, assignment| {
    if !frame.position.last {
        return Vec::new();
    }
    let fingerprint =
        frame.challenges.gamma + frame.challenges.alpha.pow([FIELDS as u64 + 1]) * Fr::from(Tag::Limb as u64);
    vec![(circuit.first_variables() - layout::tables(), -assignment.end[0] * fingerprint)]
};

#[test]
fn what_is_chosen_after_the_challenges_satisfies_everything_and_is_refused() {
    let stage = Stage::new();
    let verifier = Verifier::new(&stage, CHOSEN);
    // With nothing to make up for, it is the truth.
    verifier.judges(&stage.truth()).unwrap();
    for name in ["other gas", "a row of the program that is another"] {
        let (_, _, lie) = lies().find(|(lie, ..)| *lie == name).unwrap();
        assert!(verifier.refuses(&lie(&stage)), "{name}");
    }
}
