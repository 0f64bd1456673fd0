//! There are two verifiers, and they always say the same: `nectar_verifier` in Rust, which nodes ask, and `NovaVerifier` in
//! Solidity, which the chain asks. `tests/DESIGN.md` says what is compared.
//!
//! `NECTAR_FUZZ=20000` asks for more changes than the 2,500 by default.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test whose setting up fails has failed; it says what it tried"
)]

mod both;
mod claim;
mod dice;
mod keys;
mod layout;
mod mutation;
mod sources;
#[path = "../../../folding-prover/prover/tests/common/tally.rs"]
mod tally;

use std::collections::BTreeMap;

use nectar_circuit::SLOTS_PER_CHUNK;
use nectar_circuit::engine::POINT_LEN;
use nectar_l1::{DEV_CHAIN_ID, ProofKind, Revert};
use nectar_verifier::{Kind, Proof, VerifierKey};

use both::{Both, Chain, ask_rust};
use claim::{Vector, vectors};
use dice::Dice;
use keys::{FIRST_PHASE, HIDING, SLOTS, TRANSCRIPT, completed};
use sources::{PHASED, PROVER, Sources, batch, fresh, fresh_phased};

/// Change number n is made by the dice of this number plus n.
const SEED: u64 = 20_261_122;
const CHANGES: u64 = 2_500;

fn changes() -> u64 {
    std::env::var("NECTAR_FUZZ").map_or(CHANGES, |n| n.parse().expect("NECTAR_FUZZ is a number of changes"))
}

#[tokio::test(flavor = "multi_thread")]
async fn golden_proofs_and_keys_have_one_encoding_and_are_accepted_by_both() {
    let chain = Chain::start().await;
    let all = ["small", "full", "phased-small", "phased-full"].map(vectors);
    assert_eq!(all.each_ref().map(Vec::len), [6, 2, 6, 2]);
    for vector in all.iter().flatten() {
        let both = chain.both(&vector.key).await;
        assert_eq!(both.rust.encode(), vector.key, "{}", vector.name);
        let proof = Proof::decode(&vector.case.proof).unwrap();
        assert_eq!(proof.encode(), vector.case.proof, "{}", vector.name);
        assert!(vector.name.ends_with(&format!("-{}", proof.chunks())));
        let verdicts = both.ask(&vector.case).await;
        assert!(verdicts.accepted(), "{}: {verdicts:?}", vector.name);
        assert!(!both.chain.setup_is_secure().await.unwrap());
        let (kind, on_chain) = match vector.name.starts_with("phased") {
            true => (Kind::Execution, ProofKind::Execution),
            false => (Kind::State, ProofKind::State),
        };
        assert_eq!((both.rust.kind(), proof.kind()), (kind, kind), "{}", vector.name);
        assert_eq!(both.chain.kind().await.unwrap(), on_chain, "{}", vector.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forgeries_are_read_and_refused_by_both_for_what_they_claim() {
    let chain = Chain::start().await;
    let forged = vectors("forged");
    assert_eq!(forged.len(), 8);
    let both = chain.both(&vectors("small")[2].key).await;
    let mut honest = vectors("small")[2].case.clone();
    for vector in forged {
        // One is of an earlier circuit, under the key of that: it refuses what is wrong with the proof all the same.
        let earlier = vector.name == "forged-hidden-input";
        assert_eq!(vector.key != both.rust.encode(), earlier, "{}", vector.name);
        let own = chain.both(&vector.key).await;
        let verdicts = own.ask(&vector.case).await;
        assert!(verdicts.refuse_the_argument(), "{}: {verdicts:?}", vector.name);
        // Where each is caught, so that no check of the verifier can go missing unnoticed.
        let expected = match vector.name.as_str() {
            "forged-hidden-input" => Revert::InnerSumCheck,
            _ => Revert::OuterSumCheck,
        };
        assert_eq!(verdicts.chain, Err(expected), "{}", vector.name);
        if !earlier {
            honest.claim = vector.case.claim;
        }
    }
    // An honest proof of something else fails in the same way, an honest one of its own statement does not.
    assert!(both.ask(&honest).await.refuse_the_argument());
    assert!(both.ask(&vectors("small")[2].case).await.accepted());
}

/// What prover's attacks make (`folding-prover/prover/src/attacks/phased.rs`): no argument, or one whose second phase moves
/// the first.
#[tokio::test(flavor = "multi_thread")]
async fn forgeries_of_two_phases_are_refused_by_both_for_what_they_claim() {
    let chain = Chain::start().await;
    let forged = vectors("phased-forged");
    let both = chain.both(&PHASED.verifier().encode()).await;
    let mut moved = 0;
    for vector in &forged {
        assert_eq!(vector.key, both.rust.encode());
        let verdicts = both.ask(&vector.case).await;
        let phases = verdicts.refuse_the_phases();
        assert!(phases || verdicts.refuse_the_argument(), "{}: {verdicts:?}", vector.name);
        moved += u32::from(phases);
    }
    assert_eq!((forged.len(), moved), (12, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_say_the_same_of_whatever_is_changed_in_proof_or_statement() {
    let chain = Chain::start().await;
    let both = chain.both(&PROVER.verifier().encode()).await;
    let sources = Sources::of_state(&mut Dice::new(SEED), DEV_CHAIN_ID);
    say_the_same_of_changes(&both, &sources, mutation::KINDS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_say_the_same_of_whatever_is_changed_in_a_proof_of_two_phases() {
    let chain = Chain::start().await;
    let both = chain.both(&PHASED.verifier().encode()).await;
    let kinds = [mutation::KINDS, mutation::PHASED_KINDS].concat();
    say_the_same_of_changes(&both, &Sources::of_two_phases(), &kinds).await;
}

async fn say_the_same_of_changes(both: &Both, sources: &Sources, kinds: &[mutation::Kind]) {
    for case in sources.all() {
        assert!(both.ask(case).await.accepted(), "{:?}", case.claim);
    }
    let mut refused = BTreeMap::<_, u64>::new();
    for (number, (kind, change)) in (1..=changes()).zip(kinds.iter().cycle()) {
        let case = change(sources, &mut Dice::new(SEED + number));
        let verdicts = both.ask(&case).await;
        let untouched = sources.all().contains(&case);
        assert!(
            verdicts.agree() && verdicts.accepted() == untouched,
            "change {number} ({kind}), seed {SEED}: {verdicts:?}\n{:?}\n{}",
            case.claim,
            hex::encode(&case.proof)
        );
        *refused.entry(kind).or_default() += u64::from(!untouched);
    }
    println!("{} of {} changes refused by both: {refused:#?}", refused.values().sum::<u64>(), changes());
    for (kind, _) in kinds {
        assert!(refused.get(kind).is_some_and(|n| *n > 0), "{kind} never occurred: ask for more changes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_one_kind_is_none_of_the_other() {
    let chain = Chain::start().await;
    let (state, phased) = (vectors("small"), vectors("phased-small"));
    let kinds = [&state[2], &phased[2]];
    for [own, other] in [kinds, [kinds[1], kinds[0]]] {
        let both = chain.both(&own.key).await;
        assert!(both.ask(&own.case).await.accepted());
        let verdicts = both.ask(&other.case).await;
        assert!(verdicts.agree() && !verdicts.accepted(), "{}: {verdicts:?}", other.name);
        assert_eq!(verdicts.chain, Err(Revert::BadHeader), "{}", other.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_for_another_chain_is_refused_by_both() {
    let chain = Chain::start().await;
    let both = chain.both(&PROVER.verifier().encode()).await;
    let elsewhere = 1_337;
    let (statement, slots) = batch(&mut Dice::new(SEED), elsewhere);
    let phased = chain.both(&PHASED.verifier().encode()).await;
    let there = fresh_phased(2, |statement| statement.chain_id = elsewhere);
    for (both, case) in [(&both, fresh(&statement, &slots)), (&phased, there)] {
        ask_rust(&both.rust, elsewhere, &case).unwrap();
        let verdicts = both.ask(&case).await;
        assert!(verdicts.refuse_the_argument(), "{verdicts:?}");
    }

    // A proof for this chain holds on this one alone.
    for (both, here) in [(&both, vectors("small")), (&phased, vectors("phased-small"))] {
        let here = &here[1].case;
        assert!(both.ask(here).await.accepted());
        for other in [0, 1, elsewhere, DEV_CHAIN_ID - 1, DEV_CHAIN_ID + 1, u64::MAX] {
            assert!(ask_rust(&both.rust, other, here).is_err(), "{other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_under_another_key_is_refused_by_both() {
    let chain = Chain::start().await;
    let (small, full) = (vectors("small"), vectors("full"));
    let full_key = chain.both(&full[0].key).await;
    assert_eq!(usize::try_from(full_key.rust.slots()).unwrap(), SLOTS_PER_CHUNK);
    let small_key = chain.both(&small[0].key).await;
    // The same circuit to MicroSpartan, by another name.
    let mut renamed = small[0].key.clone();
    renamed[SLOTS + 3] += 1;
    let renamed = chain.both(&renamed).await;
    for vector in &small {
        assert!(small_key.ask(&vector.case).await.accepted());
        for other in [&full_key, &renamed] {
            let verdicts = other.ask(&vector.case).await;
            assert!(verdicts.agree() && !verdicts.accepted(), "{}: {verdicts:?}", vector.name);
        }
    }
    for vector in &full {
        assert!(full_key.ask(&vector.case).await.accepted());
        let verdicts = small_key.ask(&vector.case).await;
        assert!(verdicts.agree() && !verdicts.accepted(), "{}: {verdicts:?}", vector.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_under_a_key_whose_first_phase_ends_elsewhere_is_refused_by_both() {
    let chain = Chain::start().await;
    let vector = &vectors("phased-small")[2];
    for change in [1, -1] {
        let mut key = vector.key.clone();
        key[FIRST_PHASE + 3] = key[FIRST_PHASE + 3].checked_add_signed(change).unwrap();
        let verdicts = chain.both(&key).await.ask(&vector.case).await;
        assert!(verdicts.refuse_the_argument(), "{verdicts:?}");
    }
}

/// The chain cannot make the generator of blinds (hashed to the curve) nor what MicroSpartan's transcript starts with
/// (SHA3 of nova-snark's own encoding): it takes them as they stand in the key. Rust makes both anew and compares. So
/// the chain takes some bytes that Rust refuses, and those differ in these two parts alone from a key that both take.
/// Whoever names a verifier compares its digest with one that Rust made.
#[tokio::test(flavor = "multi_thread")]
async fn both_take_the_same_keys_but_for_the_parts_that_the_chain_cannot_make() {
    let chain = Chain::start().await;
    for proof in [&vectors("small")[2], &vectors("phased-small")[2]] {
        take_the_same_keys(&chain, proof).await;
    }
}

async fn take_the_same_keys(chain: &Chain, proof: &Vector) {
    let (mut taken, mut refused, mut incomplete) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut seen = BTreeMap::<_, u64>::new();
    for (number, (kind, change)) in (1..=changes().div_ceil(10)).zip(keys::KINDS.iter().cycle()) {
        let mut key = proof.key.clone();
        change(&mut key, &mut Dice::new(SEED + number));
        let what = || format!("change {number} ({kind}), seed {SEED}: {}", hex::encode(&key));
        if key == proof.key {
            continue;
        }
        *seen.entry(kind).or_default() += 1;
        let rust = VerifierKey::decode(&key);
        let address = match chain.l1.deploy_verifier(&key).await {
            Ok(address) => address,
            Err(error) => {
                let expected = matches!(error.revert(), Some(Revert::BadKey | Revert::BadPoint));
                assert!(expected, "{error}: {}", what());
                assert!(rust.is_err(), "only Rust takes it: {}", what());
                *refused.entry(kind).or_insert(0) += 1;
                continue;
            }
        };
        let on_chain = chain.l1.verifier(address);
        let (digest, other) = (on_chain.key_digest().await.unwrap(), &proof.case);
        assert!(
            on_chain.verify(&other.claim.header(&other.proof), &other.proof).await.is_err(),
            "{}",
            what()
        );
        if let Ok(rust) = rust {
            assert_eq!(digest, rust.digest(), "{}", what());
            assert_eq!(on_chain.setup_is_secure().await.unwrap(), key[5] == 1);
            assert!(ask_rust(&rust, DEV_CHAIN_ID, other).is_err(), "{}", what());
            *taken.entry(kind).or_insert(0) += 1;
        } else {
            let whole = completed(&key).unwrap_or_else(|| panic!("only the chain takes it: {}", what()));
            let made = |at| (HIDING..HIDING + POINT_LEN).contains(&at) || at >= TRANSCRIPT;
            assert!((0..key.len()).all(|at| made(at) || key[at] == whole[at]), "{}", what());
            assert_ne!(key, whole);
            *incomplete.entry(kind).or_insert(0) += 1;
        }
    }
    println!("taken by both: {taken:#?}\nrefused by both: {refused:#?}\nby the chain alone: {incomplete:#?}");
    for (kind, _) in keys::KINDS {
        assert!(seen.contains_key(kind), "{kind} never occurred: ask for more changes");
    }
}
