//! What the verifier on the chain accepts and refuses, asked without a transaction.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

#[path = "scenario/golden.rs"]
mod golden;

use golden::Golden;
use nectar_l1::{Address, BatchHeader, DevChain, InsecureAccount, L1, L1Error, Revert, Verifier, Wallet};

/// A chain with a verifier of this vector's key.
struct World {
    chain: DevChain,
    l1: L1,
    verifier: Verifier,
    golden: Golden,
}

async fn world(vector: &str) -> World {
    let chain = DevChain::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let l1 = L1::connect(&chain.url(), Wallet::insecure(InsecureAccount::Admin)).await.unwrap();
    let golden = Golden::read(vector);
    let verifier = l1.verifier(l1.deploy_verifier(&golden.key).await.unwrap());
    World { chain, l1, verifier, golden }
}

impl World {
    async fn refusal(&self, header: &BatchHeader, proof: &[u8]) -> Revert {
        let refused = self.verifier.verify(header, proof).await;
        refused.expect_err("this is not what was proven").revert().expect("a refusal with a reason").clone()
    }
}

fn flip<const N: usize>(bytes: [u8; N], bit: usize) -> [u8; N] {
    let mut bytes = bytes;
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn flip_number(number: u64, bit: usize) -> u64 {
    number ^ (1 << bit)
}

/// Every header that differs from this one in one bit of what its proof is about.
fn neighbours(header: &BatchHeader) -> Vec<BatchHeader> {
    let h = *header;
    let mut all = Vec::new();
    for bit in 0..256 {
        all.push(BatchHeader { pre_root: flip(h.pre_root, bit), ..h });
        all.push(BatchHeader { post_root: flip(h.post_root, bit), ..h });
        all.push(BatchHeader { receipts_root: flip(h.receipts_root, bit), ..h });
        all.push(BatchHeader { program_root: flip(h.program_root, bit), ..h });
    }
    for bit in 0..64 {
        all.push(BatchHeader { network: nectar_abi::NetworkId(flip_number(h.network.0, bit)), ..h });
        all.push(BatchHeader { batch: flip_number(h.batch, bit), ..h });
        all.push(BatchHeader { receipts: flip_number(h.receipts, bit), ..h });
        all.push(BatchHeader { window: (flip_number(h.window.0, bit), h.window.1), ..h });
        all.push(BatchHeader { window: (h.window.0, flip_number(h.window.1, bit)), ..h });
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_anywhere_in_the_statement_is_refused() {
    let world = world("small-5").await;
    let Golden { header, proof, .. } = &world.golden;
    world.verifier.verify(header, proof).await.unwrap();
    for neighbour in neighbours(header) {
        let refused = world.refusal(&neighbour, proof).await;
        assert!(refused.refuses_proof(), "{neighbour:?}: {refused}");
    }
    world.chain.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_anywhere_in_the_proof_is_refused() {
    let world = world("small-3").await;
    let Golden { header, proof, .. } = &world.golden;
    world.verifier.verify(header, proof).await.unwrap();
    // One bit in every eleventh byte: each word of 32 bytes is met, and bits take turns.
    for at in (0..proof.len()).step_by(11) {
        let mut tampered = proof.clone();
        tampered[at] ^= 1 << (at % 8);
        let refused = world.refusal(header, &tampered).await;
        assert!(refused.refuses_proof(), "byte {at}: {refused}");
    }
    world.chain.shutdown().await;
}

#[tokio::test]
async fn a_proof_of_another_length_is_refused() {
    let world = world("small-1").await;
    let Golden { header, proof, .. } = &world.golden;
    world.verifier.verify(header, proof).await.unwrap();
    for cut in [0, 1, 12, 13, proof.len() - 32, proof.len() - 1] {
        let refused = world.refusal(header, &proof[..cut]).await;
        assert!(refused.refuses_proof(), "{cut} bytes: {refused}");
    }
    let longer = [proof.as_slice(), &[0]].concat();
    let (expected, got) = (proof.len().try_into().unwrap(), longer.len().try_into().unwrap());
    assert_eq!(world.refusal(header, &longer).await, Revert::BadLength { expected, got });
}

#[tokio::test]
async fn what_no_proof_is_about_does_not_matter_to_the_verifier() {
    let world = world("small-2").await;
    let Golden { header, proof, .. } = &world.golden;
    let other = BatchHeader { audit_root: [1; 32], proof_digest: [2; 32], verifier_key: [3; 32], ..*header };
    world.verifier.verify(&other, proof).await.unwrap();
}

#[tokio::test]
async fn a_proof_of_another_circuit_is_refused() {
    let world = world("full-1").await;
    let Golden { header, proof, .. } = &world.golden;
    world.verifier.verify(header, proof).await.unwrap();
    let small = Golden::read("small-1");
    assert_eq!(world.refusal(&small.header, &small.proof).await, Revert::BadHeader);
    let other = world.l1.verifier(world.l1.deploy_verifier(&small.key).await.unwrap());
    assert_ne!(other.key_digest().await.unwrap(), world.verifier.key_digest().await.unwrap());
}

#[tokio::test]
async fn what_is_no_verifier_key_is_not_deployed() {
    let world = world("small-1").await;
    let key = &world.golden.key;
    let longer = [key.as_slice(), &[0]].concat();
    for bad in [b"".as_slice(), b"key", &key[..key.len() - 1], &longer] {
        let refused = world.l1.deploy_verifier(bad).await.unwrap_err();
        assert_eq!(refused.revert(), Some(&Revert::BadKey), "{} bytes", bad.len());
    }
}

#[tokio::test]
async fn an_address_without_a_verifier_accepts_nothing() {
    let world = world("small-1").await;
    let Golden { header, proof, .. } = &world.golden;
    let address = Address::repeat_byte(1);
    let nobody = world.l1.verifier(address);
    assert_eq!(nobody.verify(header, proof).await, Err(L1Error::NotDeployed { address }));
    assert_eq!(nobody.key_digest().await, Err(L1Error::NotDeployed { address }));
}
