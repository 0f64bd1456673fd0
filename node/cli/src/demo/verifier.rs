//! Step 5, continued: who on the chain decides about proofs. It is asked, not assumed.

use nectar_abi::Digest;
use nectar_l1::{BatchHeader, L1Error, Revert, Verifier};
use nectar_verifier::development_key;

use super::admit::World;
use super::story::Story;
use crate::error::CliError;
use crate::proving::Verified;

/// What the summary calls the chain's verifier: `NovaVerifier` with the prover's key, which was seen to take the settled
/// proof and to refuse it with one bit changed; or nothing that was recognised.
pub(super) async fn recognise(
    story: &mut Story,
    world: &World,
    last: &Verified,
) -> Result<&'static str, CliError> {
    const DOING: &str = "asking the chain for its verifier";
    let (rollup, network) = (&world.chain.rollup, world.service.info.network);
    let head = rollup.head(network).await.map_err(CliError::chain(DOING))?;
    let head = head.ok_or_else(|| CliError::Failed { doing: DOING, why: "the network is gone".into() })?;
    let verifier = world.chain.l1.verifier(head.state_verifier);
    let key = Digest::new(verifier.key_digest().await.map_err(CliError::chain(DOING))?);
    let told = Digest::new(rollup.verifier_key(network).await.map_err(CliError::chain(DOING))?);
    let ours = [world.service.info.verifier_key, Digest::new(development_key().digest())];
    let same = key == told && ours.iter().all(|ours| *ours == key);
    story.must(same, &format!("the network's verifier {} has the prover's key {key}", head.state_verifier));

    let (header, proof) = (&last.settled.header, &last.proof);
    let accepts = verifier.verify(header, proof).await.is_ok();
    story.must(accepts, "asked again, it accepts the proof for this batch");
    let mut refuses = true;
    for (what, header, proof) in changed(header, proof) {
        refuses &= refused(&verifier, &header, &proof).await.map_err(CliError::chain(DOING))?;
        if !refuses {
            story.line(&format!("it accepts another {what}"));
            break;
        }
    }
    story.must(
        refuses,
        "it refuses one bit changed: proof, roots before and after, receipts root, receipts, window",
    );
    Ok(if same && accepts && refuses { "nova" } else { "unknown" })
}

/// The batch and its proof with one bit changed, each in another place.
fn changed(header: &BatchHeader, proof: &[u8]) -> [(&'static str, BatchHeader, Vec<u8>); 6] {
    let with = |what, change: &dyn Fn(&mut BatchHeader)| {
        let mut header = *header;
        change(&mut header);
        (what, header, proof.to_vec())
    };
    [
        ("proof", *header, one_bit_changed(proof)),
        with("root before", &|h| h.pre_root[31] ^= 1),
        with("root after", &|h| h.post_root[31] ^= 1),
        with("receipts root", &|h| h.receipts_root[31] ^= 1),
        with("number of receipts", &|h| h.receipts ^= 1),
        with("window", &|h| h.window.0 ^= 1),
    ]
}

/// A proof with one bit changed, in the middle.
pub(super) fn one_bit_changed(proof: &[u8]) -> Vec<u8> {
    let mut proof = proof.to_vec();
    let middle = proof.len() / 2;
    if let Some(byte) = proof.get_mut(middle) {
        *byte ^= 1;
    }
    proof
}

/// Whether the verifier refuses a proof. Any other failure tells nothing about it.
async fn refused(verifier: &Verifier, header: &BatchHeader, proof: &[u8]) -> Result<bool, L1Error> {
    match verifier.verify(header, proof).await {
        Ok(()) => Ok(false),
        Err(error) if error.revert().is_some_and(Revert::refuses_proof) => Ok(true),
        Err(error) => Err(error),
    }
}
