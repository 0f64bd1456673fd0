use nectar_abi::NetworkId;
use nectar_l1::{Address, BatchHeader, Proofs, Revert, Status, proof_digest};

use super::chain::Chain;
use super::{Golden, Party, World, attested, now, reason};

pub(super) async fn what_is_not_attested_as_it_is_does_not_settle(
    world: &World,
    first: &Party,
    second: &Party,
) {
    let rollup = &world.admin.rollup;
    assert_eq!(rollup.quorum().await.unwrap(), 2);
    let Golden { header: good, proof, .. } = &world.golden;
    let by = |h: &BatchHeader| attested(h, &[first, second]);
    let honest = by(good);

    let refused = rollup.submit_batch(good, Proofs::of_state(b"another proof"), &honest).await;
    let computed = proof_digest(b"another proof").into();
    assert_eq!(reason(refused), Revert::ProofDigestMismatch { attested: good.proof_digest.into(), computed });

    let wrong = BatchHeader { pre_root: [0xaa; 32], ..*good };
    let refused = rollup.submit_batch(&wrong, Proofs::of_state(proof), &by(&wrong)).await;
    let expected = good.pre_root.into();
    assert_eq!(reason(refused), Revert::WrongPreRoot { expected, got: [0xaa; 32].into() });

    let wrong = BatchHeader { batch: 2, ..*good };
    let refused = rollup.submit_batch(&wrong, Proofs::of_state(proof), &by(&wrong)).await;
    assert_eq!(reason(refused), Revert::WrongNumber { expected: 1, got: 2 });

    let wrong = BatchHeader { verifier_key: [0xbb; 32], ..*good };
    let refused = rollup.submit_batch(&wrong, Proofs::of_state(proof), &by(&wrong)).await;
    let expected = good.verifier_key.into();
    assert_eq!(reason(refused), Revert::WrongVerifierKey { expected, got: [0xbb; 32].into() });

    let wrong = BatchHeader { window: (now(), now() + 100_000), ..*good };
    let refused = rollup.submit_batch(&wrong, Proofs::of_state(proof), &by(&wrong)).await;
    assert!(matches!(reason(refused), Revert::BadWindow { .. }));

    let changed = BatchHeader { post_root: [0x0c; 32], ..*good };
    let refused = rollup.submit_batch(&changed, Proofs::of_state(proof), &honest).await;
    assert!(matches!(reason(refused), Revert::BadAttestation { .. }));

    let refused = rollup.submit_batch(good, Proofs::of_state(proof), &honest[..1]).await;
    assert_eq!(reason(refused), Revert::QuorumNotReached { required: 2, got: 1 });
    let refused = rollup.submit_batch(good, Proofs::of_state(proof), &[]).await;
    assert_eq!(reason(refused), Revert::QuorumNotReached { required: 2, got: 0 });

    let twice = [honest[0].clone(), honest[0].clone()];
    let signer = honest[0].signer;
    let refused = rollup.submit_batch(good, Proofs::of_state(proof), &twice).await;
    assert_eq!(reason(refused), Revert::SignersNotAscending { previous: signer, signer });

    let stranger = world.dsp(5).await;
    let unapproved = [honest[0].clone(), stranger.rollup.attest(good).unwrap()];
    let refused = rollup.submit_batch(good, Proofs::of_state(proof), &unapproved).await;
    assert_eq!(reason(refused), Revert::NotActive { signer: stranger.address() });

    let elsewhere = nectar_l1::attest(stranger.l1.wallet(), 1, rollup.address(), good).unwrap();
    assert_ne!(elsewhere, unapproved[1], "an attestation is for one chain");

    assert_eq!(rollup.root(good.network).await.unwrap(), good.pre_root);
    let unknown = rollup.root(NetworkId(77)).await;
    assert_eq!(reason(unknown), Revert::UnknownNetwork { network: 77 });
    let unknown = rollup.verifier_key(NetworkId(77)).await;
    assert_eq!(reason(unknown), Revert::UnknownNetwork { network: 77 });
    assert_eq!(rollup.head(NetworkId(77)).await.unwrap(), None);
}

/// Every active DSP attests whatever is asked: the proof alone stands against them.
pub(super) async fn what_is_not_proven_does_not_settle(world: &World, first: &Party, second: &Party) {
    let rollup = &world.admin.rollup;
    let Golden { header: good, proof, .. } = &world.golden;
    let flipped = |root: [u8; 32]| {
        let mut root = root;
        root[31] ^= 1;
        root
    };
    let headers = [
        BatchHeader { post_root: flipped(good.post_root), ..*good },
        BatchHeader { post_root: good.pre_root, ..*good },
        BatchHeader { receipts_root: flipped(good.receipts_root), ..*good },
        BatchHeader { program_root: flipped(good.program_root), ..*good },
        BatchHeader { receipts: good.receipts + 1, ..*good },
        BatchHeader { window: (good.window.0 - 1, good.window.1), ..*good },
        BatchHeader { window: (good.window.0, good.window.1 + 1), ..*good },
        // Above the field's order: the same residue would have two encodings.
        BatchHeader { post_root: [0xff; 32], ..*good },
    ];
    for header in headers {
        let refused = reason(
            rollup.submit_batch(&header, Proofs::of_state(proof), &attested(&header, &[first, second])).await,
        );
        assert!(refused.refuses_proof(), "{header:?}: {refused}");
    }
    let mut proofs = vec![Vec::new(), b"no proof".to_vec(), proof[..proof.len() - 1].to_vec()];
    proofs.push([proof.as_slice(), &[0]].concat());
    for at in (0..proof.len()).step_by(proof.len() / 7) {
        let mut tampered = proof.clone();
        tampered[at] ^= 1;
        proofs.push(tampered);
    }
    for proof in proofs {
        let header = BatchHeader { proof_digest: proof_digest(&proof), ..*good };
        let refused = reason(
            rollup
                .submit_batch(&header, Proofs::of_state(&proof), &attested(&header, &[first, second]))
                .await,
        );
        assert!(refused.refuses_proof(), "{} bytes: {refused}", proof.len());
    }
    assert_eq!(rollup.root(good.network).await.unwrap(), good.pre_root);
}

pub(super) async fn a_proof_counts_for_one_network(world: &World, first: &Party, second: &Party) {
    let rollup = &world.admin.rollup;
    let Golden { header: good, proof, .. } = &world.golden;
    let other = NetworkId(good.network.0 + 1);
    let unreduced = rollup.create_network(other, [0xff; 32], world.verifier, None).await;
    assert_eq!(reason(unreduced), Revert::RootNotReduced { root: [0xff; 32].into() });
    rollup.create_network(other, good.pre_root, world.verifier, None).await.unwrap();
    let replayed = BatchHeader { network: other, ..*good };
    let refused =
        rollup.submit_batch(&replayed, Proofs::of_state(proof), &attested(&replayed, &[first, second])).await;
    assert!(reason(refused).refuses_proof());
    assert_eq!(rollup.root(other).await.unwrap(), good.pre_root);
}

pub(super) async fn a_proven_and_attested_batch_settles(world: &World, first: &Party, second: &Party) {
    let rollup = &world.admin.rollup;
    let Golden { header, proof, .. } = &world.golden;
    let verifier = world.admin.l1.verifier(world.verifier);
    assert_eq!(verifier.key_digest().await.unwrap(), header.verifier_key);
    assert_eq!(rollup.verifier_key(header.network).await.unwrap(), header.verifier_key);
    assert!(!verifier.setup_is_secure().await.unwrap());
    verifier.verify(header, proof).await.unwrap();

    let attestations = attested(header, &[first, second]);
    let settled = rollup.submit_batch(header, Proofs::of_state(proof), &attestations).await.unwrap();
    println!("eight chunks, {} bytes of proof: {} gas", proof.len(), settled.gas);
    assert!(settled.gas < 800_000, "{} gas", settled.gas);
    assert_eq!(rollup.root(header.network).await.unwrap(), header.post_root);
    let again = rollup.submit_batch(header, Proofs::of_state(proof), &attestations).await;
    assert_eq!(reason(again), Revert::WrongNumber { expected: 2, got: 1 });
}

pub(super) async fn batches_follow_each_other_and_read_back(world: &World, first: &Party, second: &Party) {
    const NETWORK: NetworkId = NetworkId(40);
    let rollup = &world.admin.rollup;
    let mut chain = Chain::new(NETWORK).await;
    let verifier = world.admin.l1.deploy_verifier(&chain.key()).await.unwrap();
    rollup.create_network(NETWORK, chain.root(), world.verifier, None).await.unwrap();
    let nobody = Address::repeat_byte(1);
    let refused = rollup.set_verifiers(NETWORK, nobody, None).await;
    assert_eq!(reason(refused), Revert::NoVerifier { verifier: nobody });
    rollup.set_verifiers(NETWORK, verifier, None).await.unwrap();
    let start = world.admin.l1.block_number().await.unwrap();
    for number in 1..=2 {
        let (header, proof) = chain.next((now() - 60, now())).await;
        // Any order will do.
        let attestations = attested(&header, &[second, first]);
        let settled = rollup.submit_batch(&header, Proofs::of_state(&proof), &attestations).await.unwrap();
        assert_eq!(rollup.root(NETWORK).await.unwrap(), header.post_root);

        let batch = rollup.batch(NETWORK, number).await.unwrap().unwrap();
        assert_eq!((batch.header, batch.tx, batch.l1_block), (header, settled.tx, settled.block));
        let mut signers = vec![first.address(), second.address()];
        signers.sort();
        assert_eq!(batch.signers, signers);
        let head = rollup.head(NETWORK).await.unwrap().unwrap();
        assert_eq!((head.number, head.block_hash), (number, batch.hash));
        assert_eq!((head.root, head.window_end), (header.post_root, header.window.1));
        assert_eq!((head.state_verifier, head.execution_verifier), (verifier, None));
    }
    assert_eq!(rollup.batch(NETWORK, 3).await.unwrap(), None);
    a_suspended_dsp_does_not_attest(world, first, second, &mut chain).await;

    let all = rollup.settled_since(start).await.unwrap();
    assert_eq!(all.iter().map(|b| b.header.batch).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(all.windows(2).all(|pair| pair[0].hash == pair[1].previous_hash));
}

async fn a_suspended_dsp_does_not_attest(world: &World, first: &Party, second: &Party, chain: &mut Chain) {
    world.authorizer.registry.suspend(second.address(), [1; 32]).await.unwrap();
    let rollup = &world.admin.rollup;
    assert_eq!(rollup.quorum().await.unwrap(), 1);
    let (header, proof) = chain.next((now() - 60, now())).await;
    let refused = rollup.submit_batch(&header, Proofs::of_state(&proof), &attested(&header, &[second])).await;
    assert_eq!(reason(refused), Revert::NotActive { signer: second.address() });
    rollup.submit_batch(&header, Proofs::of_state(&proof), &attested(&header, &[first])).await.unwrap();

    world.authorizer.registry.reinstate(second.address()).await.unwrap();
    assert!(world.admin.registry.is_active(second.address()).await.unwrap());
    world.auditor.registry.revoke_audit(second.address(), super::REPORT).await.unwrap();
    assert!(!world.admin.registry.is_active(second.address()).await.unwrap());
    world.admin.registry.suspend_lapsed(second.address()).await.unwrap();
    assert_eq!(world.admin.registry.status(second.address()).await.unwrap(), Status::Suspended);
}
