//! One life of the contracts, told against any development chain behind a URL.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]
#![expect(clippy::print_stdout, reason = "gas is shown with --nocapture")]

use nectar_abi::{NetworkId, PublicKey};
use nectar_l1::{
    Address, Agreement, Attestation, B256, BatchHeader, Deployment, InsecureAccount, L1, L1Error, Registry,
    Revert, Rollup, Status, Wallet, proof_digest,
};

const NETWORK: NetworkId = NetworkId::CONTRACTS;
const META: [u8; 32] = [1; 32];
const REPORT: [u8; 32] = [2; 32];
const TEXT: [u8; 32] = [3; 32];
const GENESIS: [u8; 32] = [4; 32];
const VERIFIER_KEY: [u8; 32] = [5; 32];
const PROOF: &[u8] = b"a proof's bytes, which the chain does not read";

/// Everything a wallet reaches.
struct Party {
    l1: L1,
    registry: Registry,
    rollup: Rollup,
}

impl Party {
    fn address(&self) -> Address {
        self.l1.address()
    }
}

struct World {
    url: String,
    deployment: Deployment,
    admin: Party,
    authorizer: Party,
    auditor: Party,
}

async fn party(url: &str, deployment: Deployment, account: InsecureAccount) -> Party {
    let l1 = L1::connect(url, Wallet::insecure(account)).await.unwrap();
    let (registry, rollup) = l1.at(deployment).await.unwrap();
    Party { l1, registry, rollup }
}

fn key_of(dsp: u8) -> PublicKey {
    PublicKey::new([0x40 + dsp; 32])
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn reason<T: std::fmt::Debug>(result: Result<T, L1Error>) -> Revert {
    result.unwrap_err().revert().expect("the contract's refusal").clone()
}

impl World {
    async fn new(url: &str) -> Self {
        nectar_l1::fund_insecure_accounts(url).await.unwrap();
        let l1 = L1::connect(url, Wallet::insecure(InsecureAccount::Admin)).await.unwrap();
        let deployment = l1.deploy().await.unwrap();
        let admin = party(url, deployment, InsecureAccount::Admin).await;
        let authorizer = party(url, deployment, InsecureAccount::Authorizer).await;
        let auditor = party(url, deployment, InsecureAccount::Auditor).await;
        admin.registry.grant_authorizer(authorizer.address()).await.unwrap();
        admin.registry.grant_auditor(auditor.address()).await.unwrap();
        admin.rollup.create_network(NETWORK, GENESIS, VERIFIER_KEY).await.unwrap();
        Self { url: url.to_owned(), deployment, admin, authorizer, auditor }
    }

    async fn dsp(&self, number: u8) -> Party {
        party(&self.url, self.deployment, InsecureAccount::Dsp(number)).await
    }

    fn agreement(dsp: &Party, number: u8) -> Agreement {
        let valid_until = now() + 86_400;
        Agreement { dsp: dsp.address(), node_key: key_of(number), text: TEXT, version: 1, valid_until }
    }

    /// Takes a DSP through the whole admission, looking at every stage.
    async fn admit(&self, number: u8) -> Party {
        let dsp = self.dsp(number).await;
        let address = dsp.address();
        let status = || self.admin.registry.status(address);
        assert_eq!(status().await.unwrap(), Status::None);
        dsp.registry.apply(key_of(number), META).await.unwrap();
        assert_eq!(status().await.unwrap(), Status::Applied);
        self.authorizer.registry.authorise(address, key_of(number), META).await.unwrap();
        assert_eq!(status().await.unwrap(), Status::Authorised);
        self.auditor.registry.audit(address, REPORT, now() + 86_400).await.unwrap();
        assert_eq!(status().await.unwrap(), Status::Audited);
        assert!(!self.admin.registry.is_active(address).await.unwrap());

        let agreement = Self::agreement(&dsp, number);
        let by_dsp = dsp.registry.sign_agreement(&agreement).unwrap();
        let by_authorizer = self.authorizer.registry.sign_agreement(&agreement).unwrap();
        dsp.registry.submit_agreement(&agreement, &by_dsp, &by_authorizer).await.unwrap();
        assert_eq!(status().await.unwrap(), Status::Active);
        assert!(self.admin.registry.is_active(address).await.unwrap());
        dsp
    }
}

fn header(batch: u64, pre_root: [u8; 32]) -> BatchHeader {
    BatchHeader {
        network: NETWORK,
        batch,
        pre_root,
        post_root: [0x60 + u8::try_from(batch).unwrap(); 32],
        receipts_root: [7; 32],
        audit_root: [8; 32],
        program_root: [9; 32],
        window: (now() - 60, now()),
        receipts: 3,
        proof_digest: proof_digest(PROOF),
        verifier_key: VERIFIER_KEY,
    }
}

/// Admission, settlement, and everything that is refused on the way.
pub(crate) async fn plays_out(url: &str) {
    let world = World::new(url).await;
    admission_refuses_what_is_out_of_order(&world).await;
    let first = world.admit(0).await;
    let second = world.admit(1).await;
    the_registry_tells_who_is_active(&world, &first, &second).await;
    what_is_not_attested_as_it_is_does_not_settle(&world, &first, &second).await;
    batches_settle_and_read_back(&world, &first, &second).await;
    a_suspended_dsp_does_not_attest(&world, &first, &second).await;
}

async fn admission_refuses_what_is_out_of_order(world: &World) {
    let dsp = world.dsp(7).await;
    let address = dsp.address();
    let early = world.auditor.registry.audit(address, REPORT, now() + 60).await;
    assert_eq!(reason(early), Revert::WrongStatus { dsp: address, status: 0 });
    assert_eq!(reason(dsp.registry.apply(PublicKey::new([0; 32]), META).await), Revert::ZeroHash);
    dsp.registry.apply(key_of(7), META).await.unwrap();

    let other = world.authorizer.registry.authorise(address, key_of(6), META).await;
    let (expected, got) = (B256::repeat_byte(0x47), B256::repeat_byte(0x46));
    assert_eq!(reason(other), Revert::WrongNodeKey { expected, got });
    let stranger = dsp.registry.authorise(address, key_of(7), META).await;
    assert!(matches!(reason(stranger), Revert::MissingRole { account, .. } if account == address));

    world.authorizer.registry.authorise(address, key_of(7), META).await.unwrap();
    world.auditor.registry.audit(address, REPORT, now() + 3600).await.unwrap();
    let agreement = World::agreement(&dsp, 7);
    let by_dsp = dsp.registry.sign_agreement(&agreement).unwrap();
    let by_auditor = world.auditor.registry.sign_agreement(&agreement).unwrap();
    let refused = dsp.registry.submit_agreement(&agreement, &by_dsp, &by_auditor).await;
    assert_eq!(reason(refused), Revert::NotAuthorizer { account: world.auditor.address() });
    let by_authorizer = world.authorizer.registry.sign_agreement(&agreement).unwrap();
    let changed = Agreement { text: [9; 32], ..agreement };
    let refused = dsp.registry.submit_agreement(&changed, &by_dsp, &by_authorizer).await;
    assert_eq!(reason(refused), Revert::BadSignature { signer: address });

    world.authorizer.registry.remove(address, [1; 32]).await.unwrap();
    assert_eq!(world.admin.registry.status(address).await.unwrap(), Status::Removed);
}

async fn the_registry_tells_who_is_active(world: &World, first: &Party, second: &Party) {
    let active = world.admin.registry.active_dsps().await.unwrap();
    let mut expected = vec![(first.address(), key_of(0)), (second.address(), key_of(1))];
    expected.sort();
    assert_eq!(active.iter().map(|d| (d.operator, d.node_key)).collect::<Vec<_>>(), expected);
    let operator = world.admin.registry.operator_of(key_of(0)).await.unwrap();
    assert_eq!(operator, Some(first.address()));
    assert_eq!(world.admin.registry.operator_of(key_of(5)).await.unwrap(), None);
    let dsp = world.admin.registry.dsp(first.address()).await.unwrap();
    assert_eq!((dsp.node_key, dsp.metadata, dsp.audit_report), (key_of(0), META, REPORT));
    assert_eq!((dsp.agreement, dsp.agreement_version), (TEXT, 1));
}

async fn what_is_not_attested_as_it_is_does_not_settle(world: &World, first: &Party, second: &Party) {
    let rollup = &world.admin.rollup;
    assert_eq!(rollup.quorum().await.unwrap(), 2);
    let good = header(1, GENESIS);
    let by = |h: &BatchHeader| -> Vec<Attestation> {
        [first, second].map(|p| p.rollup.attest(h).unwrap()).to_vec()
    };
    let attested = by(&good);

    let tampered = rollup.submit_batch(&good, b"another proof", &attested).await;
    let computed = proof_digest(b"another proof").into();
    let attested_digest = good.proof_digest.into();
    assert_eq!(reason(tampered), Revert::ProofDigestMismatch { attested: attested_digest, computed });

    let wrong = header(1, [0xaa; 32]);
    let refused = rollup.submit_batch(&wrong, PROOF, &by(&wrong)).await;
    assert_eq!(reason(refused), Revert::WrongPreRoot { expected: GENESIS.into(), got: [0xaa; 32].into() });

    let wrong = header(2, GENESIS);
    let refused = rollup.submit_batch(&wrong, PROOF, &by(&wrong)).await;
    assert_eq!(reason(refused), Revert::WrongNumber { expected: 1, got: 2 });

    let wrong = BatchHeader { verifier_key: [0xbb; 32], ..good };
    let refused = rollup.submit_batch(&wrong, PROOF, &by(&wrong)).await;
    assert!(matches!(reason(refused), Revert::WrongVerifierKey { .. }));

    let wrong = BatchHeader { window: (now(), now() + 100_000), ..good };
    let refused = rollup.submit_batch(&wrong, PROOF, &by(&wrong)).await;
    assert!(matches!(reason(refused), Revert::BadWindow { .. }));

    let changed = BatchHeader { post_root: [0xcc; 32], ..good };
    let refused = rollup.submit_batch(&changed, PROOF, &attested).await;
    assert!(matches!(reason(refused), Revert::BadAttestation { .. }));

    let refused = rollup.submit_batch(&good, PROOF, &attested[..1]).await;
    assert_eq!(reason(refused), Revert::QuorumNotReached { required: 2, got: 1 });

    let twice = [attested[0].clone(), attested[0].clone()];
    let signer = attested[0].signer;
    let refused = rollup.submit_batch(&good, PROOF, &twice).await;
    assert_eq!(reason(refused), Revert::SignersNotAscending { previous: signer, signer });

    let stranger = world.dsp(5).await;
    let unapproved = [attested[0].clone(), stranger.rollup.attest(&good).unwrap()];
    let refused = rollup.submit_batch(&good, PROOF, &unapproved).await;
    assert_eq!(reason(refused), Revert::NotActive { signer: stranger.address() });

    let elsewhere = nectar_l1::attest(stranger.l1.wallet(), 1, rollup.address(), &good).unwrap();
    assert_ne!(elsewhere, unapproved[1], "an attestation is for one chain");

    assert_eq!(rollup.root(NETWORK).await.unwrap(), GENESIS);
    let unknown = rollup.root(NetworkId(77)).await;
    assert_eq!(reason(unknown), Revert::UnknownNetwork { network: 77 });
    assert_eq!(rollup.head(NetworkId(77)).await.unwrap(), None);
}

async fn batches_settle_and_read_back(world: &World, first: &Party, second: &Party) {
    let rollup = &world.admin.rollup;
    let start = world.admin.l1.block_number().await.unwrap();
    let mut pre_root = GENESIS;
    let long: Vec<u8> = (1..=250u8).cycle().take(9_000).collect();
    for (number, proof) in [(1, PROOF), (2, PROOF), (3, &long)] {
        let header = BatchHeader { proof_digest: proof_digest(proof), ..header(number, pre_root) };
        // Any order will do.
        let attestations = [second, first].map(|p| p.rollup.attest(&header).unwrap());
        let settled = rollup.submit_batch(&header, proof, &attestations).await.unwrap();
        println!("batch {number}, {} bytes of proof: {} gas", proof.len(), settled.gas);
        assert_eq!(rollup.root(NETWORK).await.unwrap(), header.post_root);

        let batch = rollup.batch(NETWORK, number).await.unwrap().unwrap();
        assert_eq!((batch.header, batch.tx, batch.l1_block), (header, settled.tx, settled.block));
        let mut signers = vec![first.address(), second.address()];
        signers.sort();
        assert_eq!(batch.signers, signers);
        let head = rollup.head(NETWORK).await.unwrap().unwrap();
        assert_eq!((head.number, head.block_hash), (number, batch.hash));
        assert_eq!((head.attested_root, head.window_end), (header.post_root, header.window.1));
        pre_root = header.post_root;

        let again = rollup.submit_batch(&header, proof, &attestations).await;
        assert_eq!(reason(again), Revert::WrongNumber { expected: number + 1, got: number });
    }
    assert_eq!(rollup.batch(NETWORK, 4).await.unwrap(), None);
    let all = rollup.settled_since(start).await.unwrap();
    assert_eq!(all.iter().map(|b| b.header.batch).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(all.windows(2).all(|pair| pair[0].hash == pair[1].previous_hash));
}

async fn a_suspended_dsp_does_not_attest(world: &World, first: &Party, second: &Party) {
    world.authorizer.registry.suspend(second.address(), [1; 32]).await.unwrap();
    let rollup = &world.admin.rollup;
    assert_eq!(rollup.quorum().await.unwrap(), 1);
    let header = header(4, rollup.root(NETWORK).await.unwrap());
    let refused = rollup.submit_batch(&header, PROOF, &[second.rollup.attest(&header).unwrap()]).await;
    assert_eq!(reason(refused), Revert::NotActive { signer: second.address() });
    rollup.submit_batch(&header, PROOF, &[first.rollup.attest(&header).unwrap()]).await.unwrap();

    world.authorizer.registry.reinstate(second.address()).await.unwrap();
    assert!(world.admin.registry.is_active(second.address()).await.unwrap());
    world.auditor.registry.revoke_audit(second.address(), REPORT).await.unwrap();
    assert!(!world.admin.registry.is_active(second.address()).await.unwrap());
    world.admin.registry.suspend_lapsed(second.address()).await.unwrap();
    assert_eq!(world.admin.registry.status(second.address()).await.unwrap(), Status::Suspended);
}
