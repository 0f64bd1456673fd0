//! The same where witnesses have two phases: what would a prover gain who chooses first-phase values after the challenges?

mod forger;

use ff::Field;
use nectar_circuit::engine::{Affine, DlogGroup, Point, generator, point_to_bytes};
use nectar_circuit::execution::Challenges;
use nectar_circuit::{Phased, Position, Statement, Uniform};
use nectar_commitment::Fr;
use nectar_verifier::{Kind, Proof, Transcript, VerifyError, challenge, verify};

use super::json;
use crate::ProveError;
use crate::fold::{Blinded, commit_from};
use crate::testing::{Exchange, PER_EXCHANGE, RECEIVED, fr, prover_key, short_batch};

use forger::{
    assignments, batch, first_values, forge, forge_honestly, honest, key, prove, refused,
    refused_for_its_phases, verdict,
};

/// The chunks of [`batch`], but the second receives a pair that nobody sent, so that the sum comes out right all the
/// same: `c + alpha d = c' + alpha d'`. What it receives depends on the challenge.
fn never_sent(challenges: Challenges) -> Vec<Vec<Exchange>> {
    let (_, mut chunks) = batch();
    let [c, d] = chunks[1][0].received;
    chunks[1][0].received = [c + challenges.alpha * (d - fr(999)), fr(999)];
    chunks
}

/// The first phase is committed to with another value in one place, and the second moves it.
fn moved_first_phase() -> Proof {
    let (statement, chunks) = batch();
    forge(&statement, &first_values(&chunks), <[Affine]>::to_vec, |challenges| {
        let chunks = never_sent(challenges);
        let values = assignments(&statement, &chunks, challenges);
        let circuit = key().circuit();
        assert!(values.iter().all(|values| values.violations(circuit.shape()).is_empty()));
        assert!(circuit.may_end(&statement, &values[1].end));
        values
    })
}

/// The same, with a quotient of all of the folded second phase: what it leaves is the value at the point, which is not
/// zero.
fn moved_first_phase_with_its_quotient() -> Proof {
    let mut proof = moved_first_phase();
    let (z, low) = opening_of_moved(&proof);
    assert_ne!(low.iter().rev().fold(Fr::ZERO, |sum, value| sum * z + value), Fr::ZERO);
    let mut sum = Fr::ZERO;
    let mut quotient: Vec<Fr> = low
        .iter()
        .skip(1)
        .rev()
        .map(|value| {
            sum = sum * z + value;
            sum
        })
        .collect();
    quotient.reverse();
    let more = commit_from(key().keys(), 0, &quotient).unwrap();
    let second = proof.second.as_mut().unwrap();
    second.quotient = (more + second.quotient).affine();
    proof
}

/// Where a proof by [`moved_first_phase`] is opened, and what the folded second phase has in the places of the first.
fn opening_of_moved(proof: &Proof) -> (Fr, Vec<Fr>) {
    let (statement, chunks) = batch();
    let transcript = Transcript::new(&key().verifier.digest(), &statement);
    let (transcript, challenges) = transcript.phased(&proof.witnesses);
    let second = proof.second.as_ref().unwrap();
    let leaves = [0, 1].map(|i| {
        let position = Position { first: i == 0, last: i == 1 };
        let ends = [&proof.boundaries[i], &proof.boundaries[i + 1]];
        let number = u32::try_from(i).unwrap();
        transcript.leaf(number, position, &proof.witnesses[i], Some(&second.witnesses[i]), ends)
    });
    let root = transcript.node(&leaves[0], &leaves[1], &proof.cross_terms[0]);
    let seal = transcript.seal(2, &root, &proof.random, Some(&second.random), &proof.random_cross_term);
    let point = Transcript::point(&seal, [&proof.blind_w, &proof.blind_e, &second.blind], &second.shifted);
    // Of the second chunk alone, which counts the node's challenge.
    let circuit = key().circuit();
    let [then, now] = [&chunks[1], &never_sent(challenges)[1]].map(|chunk| circuit.first(chunk));
    let low = now.iter().zip(then).map(|(now, then)| (*now - then) * challenge(&root));
    (challenge(&point), low.collect())
}

#[test]
fn the_forger_can_make_honest_proofs() {
    let (statement, chunks) = batch();
    verdict(&statement, honest()).unwrap();
    verdict(&statement, &forge_honestly(&statement, &chunks)).unwrap();
}

#[test]
fn first_phase_values_moved_by_way_of_the_second_are_refused() {
    let proof = moved_first_phase();
    assert!(refused_for_its_phases(&proof));
    assert!(refused_for_its_phases(&moved_first_phase_with_its_quotient()));
}

#[test]
fn the_opening_that_is_tried_is_the_best_there_is() {
    // What is missing is the value at the point, as a constant: a verifier that let it pass would accept.
    let mut proof = moved_first_phase_with_its_quotient();
    let (z, low) = opening_of_moved(&proof);
    let value = low.iter().rev().fold(Fr::ZERO, |sum, value| sum * z + value);
    let second = proof.second.as_mut().unwrap();
    // Divided by what the point is away from tau: the forger would have to know it, as everybody does in development.
    let tau = nectar_verifier::development_tau();
    let divided = value * Option::<Fr>::from((tau - z).invert()).unwrap();
    second.quotient = (Point::group(&generator()) * divided + second.quotient).affine();
    verdict(&batch().0, &proof).unwrap();
}

/// Challenges drawn before the second chunk's first phase is fixed.
fn challenges_from_fewer() -> Proof {
    let (statement, chunks) = batch();
    let mut first = first_values(&chunks);
    let known = Transcript::new(&key().verifier.digest(), &statement);
    // The first chunk's commitment is all that the challenges bind: the second is chosen afterwards.
    let fixed = Blinded::new(key().keys(), 0, &first[0]).unwrap();
    let (_, early) = known.phased(&[fixed.point]);
    first[1] = key().circuit().first(&never_sent(early)[1]);
    forge(
        &statement,
        &first,
        |_| vec![fixed.point],
        |challenges| {
            assert_eq!(challenges, early);
            let values = assignments(&statement, &never_sent(challenges), challenges);
            assert!(values.iter().all(|values| values.violations(key().circuit().shape()).is_empty()));
            values
        },
    )
}

#[test]
fn challenges_drawn_from_fewer_commitments_are_refused() {
    assert!(refused(&batch().0, &challenges_from_fewer()));
}

fn changed(change: impl FnOnce(&mut Proof)) -> Proof {
    let mut proof = honest().clone();
    change(&mut proof);
    proof
}

fn swapped_phases() -> Proof {
    changed(|proof| {
        let second = proof.second.as_mut().unwrap();
        std::mem::swap(&mut proof.witnesses, &mut second.witnesses);
    })
}

#[test]
fn swapped_phases_are_refused() {
    let statement = batch().0;
    assert!(refused(&statement, &swapped_phases()));
    for i in 0..2 {
        let one = changed(|proof| {
            let second = proof.second.as_mut().unwrap();
            std::mem::swap(&mut proof.witnesses[i], &mut second.witnesses[i]);
        });
        assert!(refused(&statement, &one));
    }
    let random = changed(|proof| {
        let second = proof.second.as_mut().unwrap();
        std::mem::swap(&mut proof.random.comm_w, &mut second.random);
    });
    assert!(refused(&statement, &random), "the seal binds which is which");
}

/// The sum of both phases' commitments stays what it is, so that the folded witness does.
#[test]
fn a_commitment_moved_from_one_phase_to_the_other_is_refused() {
    let statement = batch().0;
    let moved = changed(|proof| {
        let second = proof.second.as_mut().unwrap();
        second.random = (Point::group(&second.random) + generator()).affine();
        proof.random.comm_w = (Point::group(&proof.random.comm_w) - generator()).affine();
    });
    assert!(refused(&statement, &moved));
}

#[test]
fn every_changed_part_of_the_opening_is_refused() {
    type Change = fn(&mut nectar_verifier::SecondPhase);
    let moved = |point: &Affine| (Point::group(point) + generator()).affine();
    let changes: [Change; 5] = [
        |second| second.blind += Fr::ONE,
        |second| second.shifted = (Point::group(&second.shifted) + generator()).affine(),
        |second| second.quotient = (Point::group(&second.quotient) + generator()).affine(),
        |second| std::mem::swap(&mut second.shifted, &mut second.quotient),
        |second| second.shifted = (Point::group(&second.shifted) * Fr::from(2)).affine(),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        assert!(refused_for_its_phases(&changed(|proof| change(proof.second.as_mut().unwrap()))), "{i}");
    }
    // Of another proof of the same batch.
    let other = prove(&batch().0, &batch().1).unwrap().second.unwrap();
    assert!(refused_for_its_phases(&changed(|proof| {
        let second = proof.second.as_mut().unwrap();
        (second.blind, second.shifted, second.quotient) = (other.blind, other.shifted, other.quotient);
    })));
    // The blinds that are hashed with it.
    assert!(refused(&batch().0, &changed(|proof| proof.blind_w += Fr::ONE)));
    for i in 0..2 {
        let second = changed(|proof| {
            let second = proof.second.as_mut().unwrap();
            second.witnesses[i] = moved(&second.witnesses[i]);
        });
        assert!(refused(&batch().0, &second));
        let first = changed(|proof| proof.witnesses[i] = moved(&proof.witnesses[i]));
        assert!(refused(&batch().0, &first));
    }
}

/// The second chunk is that of a batch with other challenges; boundaries fit.
fn chunk_of_another_batch() -> Proof {
    let (statement, chunks) = batch();
    let other = Statement { batch: statement.batch + 1, ..statement };
    let foreign = forge_honestly(&other, &chunks);
    verdict(&other, &foreign).unwrap();
    changed(|proof| {
        proof.witnesses[1] = foreign.witnesses[1];
        proof.second.as_mut().unwrap().witnesses[1] = foreign.second.as_ref().unwrap().witnesses[1];
        proof.boundaries[2] = foreign.boundaries[2];
    })
}

/// All is folded anew, by a forger who knows the values: the second chunk's are those of another batch, with its
/// challenges.
fn values_of_another_batch() -> Proof {
    let (statement, chunks) = batch();
    let other = Statement { batch: statement.batch + 1, ..statement };
    forge(&statement, &first_values(&chunks), <[Affine]>::to_vec, |challenges| {
        let mut values = assignments(&statement, &chunks, challenges);
        let foreign = Challenges { gamma: challenges.gamma + Fr::ONE, ..challenges };
        values[1] = assignments(&other, &chunks, foreign).remove(1);
        assert!(values[1].violations(key().circuit().shape()).is_empty());
        values[1].public[0] = values[0].public[1];
        values
    })
}

#[test]
fn a_chunk_of_another_batch_is_refused() {
    assert!(refused(&batch().0, &chunk_of_another_batch()));
    assert!(refused(&batch().0, &values_of_another_batch()));
}

#[test]
fn a_proof_of_the_other_kind_is_refused() {
    let (statement, short) = (batch().0, short_batch());
    let state = prover_key();
    let (proof, _) = crate::prove(state, &short.statement, short.slots.iter().cloned(), &()).unwrap();
    let refused = verify(key().verifier(), &short.statement, &proof).unwrap_err();
    assert!(
        matches!(refused, VerifyError::Kind { expected: Kind::Execution, got: Kind::State }),
        "{refused}"
    );
    let refused = verify(state.verifier(), &statement, honest()).unwrap_err();
    assert!(
        matches!(refused, VerifyError::Kind { expected: Kind::State, got: Kind::Execution }),
        "{refused}"
    );
    // Without its second phase it is read as one of state, and with one a state's as one of execution.
    let stripped = changed(|proof| proof.second = None);
    assert!(matches!(verdict(&statement, &stripped), Err(VerifyError::Kind { .. })));
}

/// What is received was not sent: the running sum is not zero in the end.
fn unbalanced() -> Proof {
    let (statement, mut chunks) = batch();
    chunks[1][0].received[0] += Fr::ONE;
    forge_honestly(&statement, &chunks)
}

#[test]
fn a_sum_that_is_not_zero_in_the_end_is_refused() {
    let (statement, mut chunks) = batch();
    assert!(refused(&statement, &unbalanced()));
    chunks[1][0].received[0] += Fr::ONE;
    assert!(matches!(prove(&statement, &chunks), Err(ProveError::Boundary)), "nor does the prover begin");
}

/// What was sent is in the same places of the first phase.
#[test]
fn first_phase_values_are_where_the_attacks_take_them() {
    let (_, chunks) = batch();
    let values = key().circuit().first(&chunks[1]);
    assert_eq!(RECEIVED.map(|place| values[place]), chunks[1][0].received);
    assert_eq!(values.len(), 4 * PER_EXCHANGE);
}

fn reordered() -> Proof {
    changed(|proof| {
        proof.witnesses.swap(0, 1);
        proof.second.as_mut().unwrap().witnesses.swap(0, 1);
    })
}

#[test]
fn reordered_chunks_are_refused() {
    let statement = batch().0;
    assert!(refused(&statement, &reordered()));
    for swap_first in [true, false] {
        let one = changed(|proof| {
            if swap_first {
                proof.witnesses.swap(0, 1);
            } else {
                proof.second.as_mut().unwrap().witnesses.swap(0, 1);
            }
        });
        assert!(refused(&statement, &one));
    }
    // Proven in the opposite order, the same exchanges are another honest proof.
    let (statement, mut chunks) = batch();
    chunks.reverse();
    verdict(&statement, &prove(&statement, &chunks).unwrap()).unwrap();
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused() {
    for change in [0, 1, 2] {
        let proof = changed(|proof| {
            let second = proof.second.as_mut().unwrap();
            match change {
                0 => drop(second.witnesses.pop()),
                1 => second.witnesses.push(generator()),
                _ => second.witnesses.clear(),
            }
        });
        assert!(matches!(verdict(&batch().0, &proof), Err(VerifyError::Parts)), "{change}");
    }
}

#[test]
fn two_proofs_of_the_same_batch_share_no_point() {
    let (statement, chunks) = batch();
    let other = prove(&statement, &chunks).unwrap();
    let points = |proof: &Proof| {
        let second = proof.second.as_ref().unwrap();
        let own = [second.random, second.shifted, second.quotient, proof.random.comm_w];
        let all = [&proof.witnesses, &second.witnesses, &proof.cross_terms].map(Clone::clone).concat();
        all.into_iter().chain(own).map(|point| point_to_bytes(&point)).collect::<Vec<_>>()
    };
    let theirs = points(&other);
    assert!(points(honest()).iter().all(|point| !theirs.contains(point)));
}

/// A name, and how it is made.
type Forgery = (&'static str, fn() -> Proof);

/// For verifiers elsewhere: `cargo test -p nectar-prover --lib -- --ignored forgeries_are_written_down`.
#[test]
#[ignore = "writes tests/vectors/phased-forged-*.json anew, other bytes each time"]
fn phased_forgeries_are_written_down() {
    let statement = batch().0;
    let argument: [Forgery; 6] = [
        ("challenges-from-fewer", challenges_from_fewer),
        ("swapped-phases", swapped_phases),
        ("chunk-of-another-batch", chunk_of_another_batch),
        ("values-of-another-batch", values_of_another_batch),
        ("unbalanced", unbalanced),
        ("reordered", reordered),
    ];
    let phases: [Forgery; 5] = [
        ("moved-first-phase", moved_first_phase),
        ("moved-first-phase-quotient", moved_first_phase_with_its_quotient),
        ("another-blind", || changed(|proof| proof.second.as_mut().unwrap().blind += Fr::ONE)),
        ("another-shifted", || changed(|proof| proof.second.as_mut().unwrap().shifted = generator())),
        ("another-quotient", || changed(|proof| proof.second.as_mut().unwrap().quotient = generator())),
    ];
    let dir = format!("{}/../../tests/vectors", env!("CARGO_MANIFEST_DIR"));
    let write = |name: &str, proof: &Proof| {
        let json = json::json(&key().verifier().encode(), &statement, &proof.encode());
        std::fs::write(format!("{dir}/phased-forged-{name}.json"), json).unwrap();
    };
    for (name, make) in argument {
        let proof = make();
        assert!(refused(&statement, &proof), "{name}");
        write(name, &proof);
    }
    for (name, make) in phases {
        let proof = make();
        assert!(refused_for_its_phases(&proof), "{name}");
        write(name, &proof);
    }
}
