use ff::Field;

use super::*;
use crate::execution::trial::{Bare, Log, Slot, Verdict, run, unbalanced, wrong};

impl Slot for Option<Hash> {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        hash(b, bus, self.as_ref());
        last
    }

    fn judge(&self, _: Fr, _: Fr, log: &Log) -> Result<(), Verdict> {
        for (tag, _, fields) in log {
            let mut state = [fields[0], fields[1], fields[2], fields[3], fields[4]];
            nectar_commitment::permute(&mut state);
            if *tag != Tag::Hash || state[0] != fields[5] {
                return wrong("another hash");
            }
        }
        Ok(())
    }
}

/// Somebody who asks.
struct Asks(bool);

impl Slot for Asks {
    fn put<B: Builder>(&self, b: &mut B, bus: &mut Bus, last: Var) -> Var {
        let m = b.boolean(self.0);
        let inputs = [1, 2, 3, 4].map(|n| Lc::constant(Fr::from(n)));
        hash_call(b, bus, &m.into(), Domain::Words, inputs);
        last
    }

    fn judge(&self, _: Fr, _: Fr, _: &Log) -> Result<(), Verdict> {
        Ok(())
    }
}

fn question() -> Hash {
    Hash { domain: Domain::Program, inputs: [5, 6, 7, 1 << 40].map(Fr::from), times: 2 }
}

#[test]
fn a_slot_sends_true_hashes_alone_whatever_is_changed() {
    let bare = Bare::new(&None::<Hash>);
    // A prover who changes two values at random hardly ever gets past the permutation: most changes are refused.
    assert!(bare.tried(&Some(question()), 1) > 5000);
    assert!(bare.tried(&None::<Hash>, 2) < 5000, "what is not sent needs no refusal");
}

#[test]
fn who_asks_receives_what_one_slot_computes_for_all() {
    let (once, never) = (run(&Asks(true), &[]), run(&Asks(false), &[]));
    assert_eq!(never.log, []);
    assert_eq!(never.hashes, []);
    let twice = Hash::distinct(once.hashes.iter().chain(&once.hashes).copied());
    assert_eq!((twice.len(), twice[0].times), (1, 2));
    let computed = run(&Some(twice[0]), &[]);
    assert!(unbalanced([&once.log, &once.log, &computed.log]).is_empty());
    assert_eq!(unbalanced([&once.log, &computed.log]).len(), 1);
    let wrong = Hash { inputs: [Fr::ONE; 4], ..twice[0] };
    assert_eq!(unbalanced([&once.log, &once.log, &run(&Some(wrong), &[]).log]).len(), 2);
}

#[test]
fn a_hash_has_the_size_that_is_said() {
    assert_eq!(Bare::new(&None::<Hash>).size(), (372, 1797));
    // Six to ask, and one for whether.
    assert_eq!(Bare::new(&Asks(false)).size(), (7, 28));
}
