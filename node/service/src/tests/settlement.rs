use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nectar_abi::{Digest, NetworkId};
use nectar_circuit::Statement;
use nectar_commitment::to_bytes;
use nectar_l1::{BatchHeader, Revert};
use nectar_runtime::verify_receipt;
use nectar_trace::Inclusion;
use nectar_verifier::{Kind, Proof, development_key, verify};

use super::world::{Hosted, World, keys, small_state_key};
use crate::api::{BatchState, Root};
use crate::client::{Client, ClientError};
use crate::keys::ProvingKeys;
use crate::settle::SyncError;
use crate::{StartError, prepare};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn swap(world: &World, backup: &Path) {
    std::fs::remove_dir_all(world.data_dir()).unwrap();
    copy(backup, &world.data_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_proven_settled_and_shown_and_older_stores_catch_up_or_are_refused() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Hosted::new(&world, &node).await;
    node.shutdown().await;
    let older = world.dir.path().join("older");
    copy(&world.data_dir(), &older);
    let node = world.start().await;
    let hosted = Hosted { client: Client::new(&node.url()).unwrap(), ..hosted };
    let stored = hosted.store("c1").await.unwrap();
    let before = hosted.client.info().await.unwrap();
    node.shutdown().await;
    let unsettled = world.dir.path().join("unsettled");
    copy(&world.data_dir(), &unsettled);

    let node = world.start().await;
    let hosted = Hosted { client: Client::new(&node.url()).unwrap(), ..hosted };
    let batch = hosted.settle(&world.operator).await;
    assert_eq!(batch.state, BatchState::Settled, "{:?}", batch.error);
    assert_eq!((batch.batch, batch.first, batch.receipts), (1, 0, before.pending));
    let figures = batch.proof.unwrap();
    let bytes = hosted.client.proof(1).await.unwrap();
    assert_eq!(figures.proof_bytes, bytes.len() as u64);
    let proof = Proof::decode(&bytes).unwrap();
    verify(keys().state.verifier(), &Statement::from(&batch.statement), &proof).unwrap();
    let held = world.admin.rollup.batch(hosted.to.network, 1).await.unwrap().unwrap();
    assert_eq!(held.header.post_root, to_bytes(&batch.statement.post_root.0));
    assert_eq!(batch.l1.unwrap().tx, held.tx.to_string());
    // It was no formality: the network's verifier takes this proof for this batch, and no other.
    let head = world.admin.rollup.head(hosted.to.network).await.unwrap().unwrap();
    let verifier = world.admin.l1.verifier(head.state_verifier);
    verifier.verify(&held.header, &bytes).await.unwrap();
    let other = BatchHeader { receipts: held.header.receipts + 1, ..held.header };
    let refused = verifier.verify(&other, &bytes).await.unwrap_err();
    assert!(refused.revert().is_some_and(Revert::refuses_proof), "{refused}");

    let receipt = verify_receipt(&stored.receipt.0).unwrap();
    let shown = hosted.client.receipt(receipt.position).await.unwrap();
    assert_eq!(shown.batch, Some(1));
    let path = Inclusion::decode(&shown.inclusion.unwrap().0).unwrap();
    assert_eq!(Root(path.root(&receipt)), batch.statement.receipts_root);
    let info = hosted.client.info().await.unwrap();
    assert_eq!((info.pending, info.settled.batch, info.settled.root), (0, 1, batch.statement.post_root));
    let order = prepare::settle(&world.operator, hosted.to).unwrap();
    let nothing = hosted.client.settle(&order).await;
    assert!(matches!(nothing, Err(ClientError::Status { code: 409, .. })), "{nothing:?}");
    node.shutdown().await;

    // As if the node had stopped after L1 accepted the batch and before it noted that.
    swap(&world, &unsettled);
    let node = world.start().await;
    let client = Client::new(&node.url()).unwrap();
    let info = client.info().await.unwrap();
    assert_eq!((info.settled.batch, info.settled.root), (1, batch.statement.post_root));
    assert_eq!(client.batch(1).await.unwrap().state, BatchState::Settled);
    node.shutdown().await;

    // A copy that lacks a settled receipt.
    swap(&world, &older);
    let behind = world.try_start(&[]).await.unwrap_err();
    assert!(matches!(behind, StartError::Sync(SyncError::StoreBehind { chain: 1, local: 0 })), "{behind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_interrupted_goes_on_with_the_same_receipts() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Hosted::new(&world, &node).await;
    hosted.store("c1").await.unwrap();
    let order = prepare::settle(&world.operator, hosted.to).unwrap();
    assert_eq!(hosted.client.settle(&order).await.unwrap().batch, 1);
    let planned = hosted.client.batch(1).await.unwrap();
    let busy = hosted.client.settle(&prepare::settle(&world.operator, hosted.to).unwrap()).await;
    assert!(matches!(busy, Err(ClientError::Status { code: 409, .. })), "{busy:?}");
    // Invocations are served while a batch is proven.
    hosted.store("c2").await.unwrap();
    node.shutdown().await;

    let node = world.start().await;
    let hosted = Hosted { client: Client::new(&node.url()).unwrap(), ..hosted };
    let settled = hosted.settled(1).await;
    assert_eq!(settled.state, BatchState::Settled, "{:?}", settled.error);
    assert_eq!(settled.statement, planned.statement);
    assert_eq!(hosted.client.info().await.unwrap().pending, 1);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_knows_nothing_of_a_settled_batch_is_refused() {
    let world = World::admitted().await;
    let node = world.start().await;
    let hosted = Hosted::new(&world, &node).await;
    assert_eq!(hosted.settle(&world.operator).await.state, BatchState::Settled);
    node.shutdown().await;

    let mut other = World::new().await;
    other.secrets = world.secrets.clone();
    other.apply().await;
    other.authorise().await;
    other.audit().await;
    other.agree().await;
    copy(&world.data_dir(), &other.data_dir());
    let behind = other.try_start(&[]).await.unwrap_err();
    assert!(matches!(behind, StartError::Sync(SyncError::ChainBehind { chain: 0, local: 1 })), "{behind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_proofs_the_networks_verifier_would_refuse_does_not_start() {
    let world = World::admitted().await;
    // The key of a circuit with more slots.
    let verifier = world.admin.l1.deploy_verifier(&development_key(Kind::State).encode()).await.unwrap();
    world.admin.rollup.set_verifiers(NetworkId::CONTRACTS, verifier, None).await.unwrap();
    let refused = world.try_start(&[]).await.unwrap_err();
    let named = [Digest::new(development_key(Kind::State).digest()), keys().digest()];
    let says = refused.to_string();
    assert!(
        matches!(refused, StartError::Sync(SyncError::VerifierKey { chain, local }) if [chain, local] == named),
        "{says}"
    );
    assert!(says.contains("prover.setup") && says.contains("nectar l1 verifier"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_has_the_next_random_instance_made_when_it_has_started_and_after_each_batch() {
    let world = World::admitted().await;
    let keys = Arc::new(ProvingKeys { state: small_state_key(), execution: None });
    let made = async || {
        let wait = async {
            while !keys.state.is_prepared() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(120), wait).await.unwrap();
    };
    let node = world.start_with(&[], keys.clone()).await.unwrap();
    made().await;
    let hosted = Hosted::new(&world, &node).await;
    let batch = hosted.settle(&world.operator).await;
    assert_eq!(batch.state, BatchState::Settled, "{:?}", batch.error);
    made().await;
    node.shutdown().await;
}
