//! Whatever is changed in a proof, a statement or a key, the proof is refused. Provers that fold values of their own
//! are in `src/attacks.rs`; single values and operations are in the circuit's tests.

#[cfg(test)]
mod common;
#[cfg(test)]
#[path = "common/key.rs"]
mod key;

use std::sync::OnceLock;

use common::{fr, short_batch};
use key::prover_key;
use nectar_circuit::engine::{Affine, Argument, combine, generator};
use nectar_circuit::{PUBLIC_INPUTS, Statement};
use nectar_commitment::Fr;
use nectar_prover::prove;
use nectar_verifier::{DecodeError, Kind, Proof, Setup, VerifierKey, VerifyError, verify};

fn statement() -> Statement {
    short_batch().statement
}

#[cfg(test)]
fn proofs() -> &'static [Proof; 2] {
    static PROOFS: OnceLock<[Proof; 2]> = OnceLock::new();
    PROOFS.get_or_init(|| {
        let batch = short_batch();
        [(); 2].map(|()| prove(prover_key(), &batch.statement, batch.slots.iter().cloned(), &()).unwrap().0)
    })
}

fn accepted(proof: &Proof) -> bool {
    verify(prover_key().verifier(), &statement(), proof).is_ok()
}

fn refuse(what: &str, change: impl FnOnce(&mut Proof)) {
    let mut proof = proofs()[0].clone();
    change(&mut proof);
    assert!(!accepted(&proof), "{what}");
}

fn moved(point: &Affine) -> Affine {
    let sum = combine(&[(fr(1), *point), (fr(1), generator())]);
    halo2curves::group::Curve::to_affine(&sum)
}

#[test]
fn honest_proofs_are_accepted() {
    assert!(proofs().iter().all(accepted));
}

#[test]
fn another_statement_is_refused() {
    let changes: [fn(&mut Statement); 10] = [
        |s| s.chain_id += 1,
        |s| s.network += 1,
        |s| s.batch += 1,
        |s| s.pre_root += fr(1),
        |s| s.post_root += fr(1),
        |s| s.receipts_root += fr(1),
        |s| s.receipts += 1,
        |s| s.program_registry_root += fr(1),
        |s| s.window.0 += 1,
        |s| s.window.1 += 1,
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut other = statement();
        change(&mut other);
        assert!(verify(prover_key().verifier(), &other, &proofs()[0]).is_err(), "field {i}");
    }
}

#[test]
fn chunks_dropped_repeated_or_reordered_are_refused() {
    for i in 0..3 {
        refuse("dropped", |p| {
            p.witnesses.remove(i);
            p.boundaries.remove(i + 1);
            p.cross_terms.pop();
        });
        refuse("repeated", |p| {
            p.witnesses.insert(i, p.witnesses[i]);
            p.boundaries.insert(i, p.boundaries[i]);
            p.cross_terms.push(p.cross_terms[0]);
        });
        refuse("swapped witnesses", |p| p.witnesses.swap(i, (i + 1) % 3));
        refuse("swapped boundaries", |p| p.boundaries.swap(i, i + 1));
    }
    refuse("swapped cross terms", |p| p.cross_terms.swap(0, 1));
}

#[test]
fn parts_that_do_not_fit_each_other_are_refused() {
    refuse("boundary missing", |p| p.boundaries.truncate(3));
    refuse("boundary too many", |p| p.boundaries.push(fr(1)));
    refuse("cross term missing", |p| p.cross_terms.truncate(1));
    refuse("cross term too many", |p| p.cross_terms.push(generator()));
    refuse("witness missing", |p| p.witnesses.truncate(2));
    refuse("nothing", |p| {
        p.witnesses.clear();
        p.boundaries.truncate(1);
        p.cross_terms.clear();
    });
    refuse("nothing at all", |p| {
        p.witnesses.clear();
        p.boundaries.clear();
        p.cross_terms.clear();
    });
}

#[test]
fn parts_of_another_proof_are_refused() {
    let other = &proofs()[1];
    for i in 0..3 {
        refuse("witness", |p| p.witnesses[i] = other.witnesses[i]);
        refuse("witness with its boundaries", |p| {
            p.witnesses[i] = other.witnesses[i];
            p.boundaries[i] = other.boundaries[i];
            p.boundaries[i + 1] = other.boundaries[i + 1];
        });
    }
    refuse("all instances", |p| {
        p.witnesses.clone_from(&other.witnesses);
        p.boundaries.clone_from(&other.boundaries);
        p.cross_terms.clone_from(&other.cross_terms);
    });
    refuse("random instance", |p| p.random = other.random);
    refuse("random instance with its cross term", |p| {
        p.random = other.random;
        p.random_cross_term = other.random_cross_term;
    });
    refuse("argument", |p| p.argument = other.argument.clone());
    refuse("argument with its blinds", |p| {
        p.argument = other.argument.clone();
        (p.blind_w, p.blind_e) = (other.blind_w, other.blind_e);
    });
}

#[test]
fn every_changed_part_of_an_instance_is_refused() {
    for i in 0..4 {
        refuse("boundary", |p| p.boundaries[i] += fr(1));
    }
    for i in 0..3 {
        refuse("witness", |p| p.witnesses[i] = moved(&p.witnesses[i]));
    }
    for i in 0..2 {
        refuse("cross term", |p| p.cross_terms[i] = moved(&p.cross_terms[i]));
    }
    refuse("random w", |p| p.random.comm_w = moved(&p.random.comm_w));
    refuse("random e", |p| p.random.comm_e = moved(&p.random.comm_e));
    refuse("random u", |p| p.random.u += fr(1));
    for i in 0..PUBLIC_INPUTS {
        refuse("random x", |p| p.random.x[i] += fr(1));
    }
    refuse("random cross term", |p| p.random_cross_term = moved(&p.random_cross_term));
    refuse("blind w", |p| p.blind_w += fr(1));
    refuse("blind e", |p| p.blind_e += fr(1));
}

/// Each scalar of the argument plus one, each point plus the generator.
#[test]
fn every_changed_word_of_the_argument_is_refused() {
    let argument = &proofs()[0].argument;
    let bytes = argument.encode();
    let mut changed_words = 0;
    for at in (0..bytes.len()).step_by(32) {
        let mut changed = bytes.to_vec();
        let word: &mut [u8; 32] = (&mut changed[at..at + 32]).try_into().unwrap();
        let Some(scalar) = nectar_commitment::from_bytes(word) else { continue };
        *word = nectar_commitment::to_bytes(&(scalar + fr(1)));
        // Half a point with another x is hardly ever on the curve.
        let Some(changed) = Argument::decode(argument.rounds(), &changed) else { continue };
        changed_words += 1;
        refuse(&format!("word at {at}"), |p| p.argument = changed);
    }
    let (points, evaluations) = (6 + 8, 6 * 32);
    assert!(changed_words >= bytes.len() / 32 - 2 * points, "{changed_words}");
    let opening = bytes.len() - evaluations - 8 * 64;
    for at in (0..6 * 64).step_by(64).chain((opening..opening + 8 * 64).step_by(64)) {
        let mut changed = bytes.to_vec();
        let generator = nectar_circuit::engine::point_to_bytes(&generator());
        changed[at..at + 64].copy_from_slice(&generator);
        let changed = Argument::decode(argument.rounds(), &changed).unwrap();
        refuse(&format!("point at {at}"), |p| p.argument = changed);
    }
}

#[test]
fn every_flipped_bit_of_the_bytes_is_refused() {
    let bytes = proofs()[0].encode();
    for at in (0..bytes.len()).step_by(11).chain(0..11) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        if let Ok(proof) = Proof::decode(&changed) {
            assert_ne!(proof, proofs()[0]);
            assert!(!accepted(&proof), "byte {at}");
        }
    }
}

#[test]
fn bytes_missing_or_left_over_are_refused() {
    let bytes = proofs()[0].encode();
    for length in [0, 3, 4, 5, 6, 8, 11, 12, 13, bytes.len() / 2, bytes.len() - 1] {
        assert!(Proof::decode(&bytes[..length]).is_err(), "{length}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(Proof::decode(&longer), Err(DecodeError::Length { .. })));
}

#[test]
fn points_and_scalars_have_one_encoding() {
    let bytes = proofs()[0].encode();
    let (boundary, witness) = (12, 12 + 4 * 32);
    let replaced = |at: usize, with: &[u8]| {
        let mut changed = bytes.clone();
        changed[at..at + with.len()].copy_from_slice(with);
        Proof::decode(&changed).unwrap_err()
    };
    assert_eq!(replaced(boundary, &[0xff; 32]), DecodeError::Scalar { at: boundary });
    assert_eq!(replaced(witness, &[0; 64]), DecodeError::Point { at: witness }, "the identity");
    assert_eq!(replaced(witness, &[0xff; 64]), DecodeError::Point { at: witness }, "not reduced");
    let off_curve = [[0; 31].as_slice(), &[1], &[0; 31], &[1]].concat();
    assert_eq!(replaced(witness, &off_curve), DecodeError::Point { at: witness }, "not on the curve");
    assert_eq!(replaced(bytes.len() - 32, &[0xff; 32]), DecodeError::Argument);
}

#[test]
fn another_key_is_refused() {
    let key = prover_key().verifier();
    let mut others = Vec::new();
    for at in [9, 10, 13, 15, 16, 17, 205, 305, 657, 689] {
        let mut bytes = key.encode();
        bytes[at] ^= 1;
        others.extend(VerifierKey::decode(&bytes));
    }
    // The number of slots: the circuit is the same, the digest is not.
    assert!(!others.is_empty());
    for other in others {
        assert_ne!(other.digest(), key.digest());
        assert!(verify(&other, &statement(), &proofs()[0]).is_err());
    }
    let parts = *key.parts();
    assert_eq!(
        VerifierKey::new(Setup::PowersOfTau, key.slots(), parts),
        Err(DecodeError::Key),
        "development tau"
    );
    // Of the same points, but for execution.
    let phased = VerifierKey::phased(Setup::Development, key.slots(), 1, parts).unwrap();
    assert_eq!(phased.kind(), Kind::Execution);
    let refused = verify(&phased, &statement(), &proofs()[0]).unwrap_err();
    assert!(matches!(refused, VerifyError::Kind { .. }), "{refused}");
    for first in [0, 1 << parts.variables, u32::MAX] {
        let made = VerifierKey::phased(Setup::Development, key.slots(), first, parts);
        assert_eq!(made, Err(DecodeError::Key), "{first}");
    }
    let swapped = |i: usize, j: usize| {
        let mut parts = parts;
        parts.matrices.swap(i, j);
        VerifierKey::new(Setup::Development, key.slots(), parts).unwrap()
    };
    for i in 0..6 {
        assert!(verify(&swapped(i, i + 1), &statement(), &proofs()[0]).is_err(), "{i}");
    }
}

#[test]
fn keys_have_one_encoding() {
    let bytes = prover_key().verifier().encode();
    assert_eq!(bytes.len(), VerifierKey::ENCODED_LEN);
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x80;
        if let Ok(key) = VerifierKey::decode(&changed) {
            assert_eq!(key.encode(), changed);
        }
    }
    assert!(VerifierKey::decode(&bytes[1..]).is_err());
    assert!(VerifierKey::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    let _: Fr = fr(0);
}
