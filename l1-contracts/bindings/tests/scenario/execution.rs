use std::sync::Arc;

use nectar_abi::NetworkId;
use nectar_circuit::Statement;
use nectar_commitment::Fr;
use nectar_l1::{Address, ProofKind, Proofs, Revert, keys_digest, proof_digest};
use nectar_prover::{ProverKey, prove_phased};
use tokio::task::spawn_blocking;

use super::chain::{Chain, header};
use super::tally::{Tally, tally_batch};
use super::{Party, World, attested, now, reason};

const NETWORK: NetworkId = NetworkId(50);

/// Proofs of two phases. Their circuit counts receipts and says nothing of execution: what matters here is the chain.
struct Prover(Arc<ProverKey<Tally>>);

impl Prover {
    async fn new() -> Self {
        Self(Arc::new(spawn_blocking(|| ProverKey::development(Tally::new(1)).unwrap()).await.unwrap()))
    }

    /// One exchange, for one receipt.
    async fn prove(&self, statement: Statement) -> Vec<u8> {
        let key = Arc::clone(&self.0);
        let proof = spawn_blocking(move || {
            let (_, values) = tally_batch(key.circuit(), 1);
            prove_phased(&key, &statement, 1, |chunk| values[chunk].clone(), &()).unwrap().0
        });
        proof.await.unwrap().encode()
    }
}

pub(super) async fn a_network_may_demand_a_proof_of_execution_too(
    world: &World,
    first: &Party,
    second: &Party,
) {
    let (mut chain, prover) = (Chain::new(NETWORK).await, Prover::new().await);
    let l1 = &world.admin.l1;
    let state_verifier = l1.deploy_verifier(&chain.key()).await.unwrap();
    let execution_verifier = l1.deploy_verifier(&prover.0.verifier().encode()).await.unwrap();
    begins(world, &chain, state_verifier, execution_verifier).await;

    let key = world.admin.rollup.verifier_key(NETWORK).await.unwrap();
    let keys = [state_verifier, execution_verifier].map(|address| l1.verifier(address));
    let digests = [keys[0].key_digest().await.unwrap(), keys[1].key_digest().await.unwrap()];
    assert_eq!(key, keys_digest(digests[0], Some(digests[1])));
    assert_eq!(digests[1], prover.0.verifier().digest());

    let (statement, state) = chain.prove_next((now() - 60, now())).await;
    let execution = prover.prove(statement).await;
    let other = Statement { receipts_root: statement.receipts_root + Fr::from(1), ..statement };
    let other = prover.prove(other).await;
    let both = Proofs::of_both(&state, &execution);
    let submit = async |proofs: Proofs<'_>, key| {
        let header = header(&statement, proofs, key);
        world.admin.rollup.submit_batch(&header, proofs, &attested(&header, &[first, second])).await
    };
    for refused in [
        Proofs::of_both(&state, &other),
        Proofs::of_both(&state, b""),
        Proofs::of_both(&execution, &state),
        Proofs::of_both(&state, &state),
        Proofs::of_both(&execution, &execution),
    ] {
        let refused = reason(submit(refused, key).await);
        assert!(refused.refuses_proof(), "{refused}");
    }
    let alone = reason(submit(Proofs::of_state(&state), key).await);
    let computed = Proofs::of_both(&state, b"").digest().into();
    assert_eq!(alone, Revert::ProofDigestMismatch { attested: proof_digest(&state).into(), computed });
    let one_key = reason(submit(both, digests[0]).await);
    assert_eq!(one_key, Revert::WrongVerifierKey { expected: key.into(), got: digests[0].into() });
    assert_eq!(world.admin.rollup.root(NETWORK).await.unwrap(), header(&statement, both, key).pre_root);

    let settled = submit(both, key).await.unwrap();
    println!("one chunk of each kind, {} + {} bytes: {} gas", state.len(), execution.len(), settled.gas);
    let batch = world.admin.rollup.batch(NETWORK, 1).await.unwrap().unwrap();
    assert_eq!((batch.header, batch.tx), (header(&statement, both, key), settled.tx));
    ends(world, &mut chain, &prover, [first, second], state_verifier).await;
}

/// Verifiers stand for their own kind alone.
async fn begins(world: &World, chain: &Chain, state: Address, execution: Address) {
    let (l1, rollup) = (&world.admin.l1, &world.admin.rollup);
    assert_eq!(l1.verifier(state).kind().await.unwrap(), ProofKind::State);
    assert_eq!(l1.verifier(execution).kind().await.unwrap(), ProofKind::Execution);
    let swapped = rollup.create_network(NETWORK, chain.root(), execution, Some(state)).await;
    assert_eq!(reason(swapped), Revert::WrongKind { verifier: execution, expected: 1, got: 2 });
    let twice = rollup.create_network(NETWORK, chain.root(), state, Some(state)).await;
    assert_eq!(reason(twice), Revert::WrongKind { verifier: state, expected: 2, got: 1 });
    rollup.create_network(NETWORK, chain.root(), state, Some(execution)).await.unwrap();
    let head = rollup.head(NETWORK).await.unwrap().unwrap();
    assert_eq!((head.state_verifier, head.execution_verifier), (state, Some(execution)));
}

/// The admin may go back to attested execution; then nobody reads a proof of it.
async fn ends(world: &World, chain: &mut Chain, prover: &Prover, by: [&Party; 2], verifier: Address) {
    let rollup = &world.admin.rollup;
    rollup.set_verifiers(NETWORK, verifier, None).await.unwrap();
    assert_eq!(rollup.head(NETWORK).await.unwrap().unwrap().execution_verifier, None);
    let (statement, state) = chain.prove_next((now() - 60, now())).await;
    let execution = prover.prove(statement).await;
    let key = rollup.verifier_key(NETWORK).await.unwrap();
    let header = header(&statement, Proofs::of_state(&state), key);
    let attestations = attested(&header, &by);
    let both = rollup.submit_batch(&header, Proofs::of_both(&state, &execution), &attestations).await;
    assert_eq!(reason(both), Revert::UnexpectedProof { got: execution.len().try_into().unwrap() });
    rollup.submit_batch(&header, Proofs::of_state(&state), &attestations).await.unwrap();
}
