//! One life of the contracts, told against any development chain behind a URL.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]
#![expect(clippy::print_stdout, reason = "gas is shown with --nocapture")]

mod chain;
mod execution;
mod golden;
mod settlement;
#[path = "../../../../folding-prover/prover/tests/common/tally.rs"]
mod tally;

use nectar_abi::PublicKey;
use nectar_l1::{
    Address, Agreement, Attestation, B256, BatchHeader, Deployment, InsecureAccount, L1, L1Error, Registry,
    Revert, Rollup, Status, Wallet,
};

use golden::Golden;

const META: [u8; 32] = [1; 32];
const REPORT: [u8; 32] = [2; 32];
const TEXT: [u8; 32] = [3; 32];

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
    /// Of the golden batch's key.
    verifier: Address,
    golden: Golden,
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

/// Attestations of a header by these parties.
fn attested(header: &BatchHeader, by: &[&Party]) -> Vec<Attestation> {
    by.iter().map(|party| party.rollup.attest(header).unwrap()).collect()
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
        let golden = Golden::read("full-8");
        let verifier = l1.deploy_verifier(&golden.key).await.unwrap();
        let Golden { header, .. } = &golden;
        admin.rollup.create_network(header.network, header.pre_root, verifier, None).await.unwrap();
        Self { url: url.to_owned(), deployment, admin, authorizer, auditor, verifier, golden }
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

/// Admission, settlement, and everything that is refused on the way.
pub(crate) async fn plays_out(url: &str) {
    let world = World::new(url).await;
    admission_refuses_what_is_out_of_order(&world).await;
    let first = world.admit(0).await;
    let second = world.admit(1).await;
    the_registry_tells_who_is_active(&world, &first, &second).await;
    settlement::what_is_not_attested_as_it_is_does_not_settle(&world, &first, &second).await;
    settlement::what_is_not_proven_does_not_settle(&world, &first, &second).await;
    settlement::a_proof_counts_for_one_network(&world, &first, &second).await;
    settlement::a_proven_and_attested_batch_settles(&world, &first, &second).await;
    execution::a_network_may_demand_a_proof_of_execution_too(&world, &first, &second).await;
    settlement::batches_follow_each_other_and_read_back(&world, &first, &second).await;
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
