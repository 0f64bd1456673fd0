//! Batches whose execution is proven, too.

use std::sync::{Arc, OnceLock};

use nectar_abi::NetworkId;
use nectar_capability::Destination;
use nectar_circuit::Statement;
use nectar_circuit::execution::{ExecutionCircuit, bucket};
use nectar_l1::Proofs;
use nectar_prover::ProverKey;
use nectar_verifier::{Kind, Proof, verify};

use super::world::{World, keys, small_state_key, wasm};
use crate::api::{BatchState, BatchView};
use crate::client::Client;
use crate::keys::ProvingKeys;
use crate::node::prove_with;
use crate::{RunningNode, StartError, prepare};

fn both_keys() -> Arc<ProvingKeys> {
    static KEYS: OnceLock<Arc<ProvingKeys>> = OnceLock::new();
    let keys = || {
        let execution = Some(ProverKey::development(ExecutionCircuit::default()).unwrap());
        Arc::new(ProvingKeys { state: small_state_key(), execution })
    };
    KEYS.get_or_init(keys).clone()
}

/// A world whose network settles with proofs of execution only.
async fn proving_world() -> World {
    let world = World::admitted().await;
    let deploy = async |kind| {
        let key = both_keys().verifier(kind).unwrap().encode();
        world.admin.l1.deploy_verifier(&key).await.unwrap()
    };
    let (state, execution) = (deploy(Kind::State).await, deploy(Kind::Execution).await);
    world.admin.rollup.set_verifiers(NetworkId::CONTRACTS, state, Some(execution)).await.unwrap();
    world
}

async fn prove(world: &World) -> Option<BatchView> {
    let never = std::future::pending();
    let config = world.config(&[("prover.padding", "buckets")]);
    prove_with(config, world.secrets.clone(), never, |_| (), Some(both_keys())).await.unwrap()
}

async fn instantiate(world: &World, node: &RunningNode) {
    let client = Client::new(&node.url()).unwrap();
    let (owner, module) = (&world.hospital, wasm("lean.wasm"));
    let to: Destination = world.to();
    let order = prepare::upload(owner, to, &module).unwrap();
    let code = client.upload(&order, &module).await.unwrap().code;
    let order = prepare::instantiate(owner, to, code, "lean", br#"{"start":5}"#, &[]).unwrap();
    client.instantiate(&order).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_made_while_no_node_runs_are_what_the_node_settles_with() {
    let world = proving_world().await;
    assert!(prove(&world).await.is_none(), "no receipt is pending");
    let node = world.start_with(&[], both_keys()).await.unwrap();
    instantiate(&world, &node).await;
    node.shutdown().await;

    let proven = prove(&world).await.unwrap();
    let (state, execution) = (proven.proof.unwrap(), proven.execution.unwrap());
    assert!(proven.state == BatchState::Planned && execution.steps > 0 && state.steps > 0);
    let chunks = usize::try_from(execution.chunks).unwrap();
    assert_eq!(chunks, bucket(chunks), "padded");
    assert_eq!(prove(&world).await.unwrap().execution, Some(execution), "kept, not made again");

    let node = world.start_with(&[], both_keys()).await.unwrap();
    let client = Client::new(&node.url()).unwrap();
    assert!(client.info().await.unwrap().proves_execution);
    let settled = loop {
        let view = client.batch(1).await.unwrap();
        if view.state.is_final() {
            break view;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(settled.state, BatchState::Settled, "{:?}", settled.error);
    assert_eq!((settled.proof, settled.execution), (Some(state), Some(execution)));

    let proof = client.execution_proof(1).await.unwrap();
    let held = world.admin.rollup.batch(NetworkId::CONTRACTS, 1).await.unwrap().unwrap();
    let proofs = [client.proof(1).await.unwrap(), proof.clone()];
    assert_eq!(held.header.proof_digest, Proofs::of_both(&proofs[0], &proofs[1]).digest());
    let key = both_keys();
    let key = key.verifier(Kind::Execution).unwrap();
    verify(key, &Statement::from(&settled.statement), &Proof::decode(&proof).unwrap()).unwrap();
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_takes_what_cannot_be_proven_does_not_start_where_execution_is_proven() {
    let world = proving_world().await;
    let refused = world.start_with(&[("prover.execution", "unproven")], both_keys()).await.unwrap_err();
    assert!(matches!(refused, StartError::UnprovenExecution), "{refused}");
    let refused = world.start_with(&[], keys()).await.unwrap_err();
    assert!(matches!(refused, StartError::Sync(_)), "keys for the state alone: {refused}");
}
