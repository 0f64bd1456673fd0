//! Step 5, continued: who on the chain decides about proofs. It is asked, not assumed.

use nectar_abi::Digest;
use nectar_l1::{BatchHeader, L1Error, Revert, Verifier};
use nectar_verifier::{Kind, development_key};

use super::admit::World;
use super::story::Story;
use crate::error::CliError;
use crate::proving::{Verified, VerifierKeys};

/// What the summary calls the chain's verifiers: `NovaVerifier` with the prover's keys, each of which was seen to take the
/// settled proof of its kind and to refuse it with one bit changed; or nothing that was recognised.
pub(super) async fn recognise(
    story: &mut Story,
    world: &World,
    last: &Verified,
) -> Result<&'static str, CliError> {
    const DOING: &str = "asking the chain for its verifiers";
    let (rollup, network) = (&world.chain.rollup, world.service.info.network);
    let head = rollup.head(network).await.map_err(CliError::chain(DOING))?;
    let head = head.ok_or_else(|| CliError::Failed { doing: DOING, why: "the network is gone".into() })?;
    let told = Digest::new(rollup.verifier_key(network).await.map_err(CliError::chain(DOING))?);
    let ours = [world.service.info.verifier_key, Digest::new(VerifierKeys::development().digest())];
    let same = ours.iter().all(|ours| *ours == told);
    story.must(same, &format!("the network's verifiers have the prover's keys {told}"));

    let executed = head.execution_verifier.zip(last.execution.as_ref());
    let executed = executed.map(|(address, proof)| (Kind::Execution, address, proof));
    let mut recognised = same && executed.is_some();
    let state = (Kind::State, head.state_verifier, &last.proof);
    for (kind, address, proof) in std::iter::once(state).chain(executed) {
        let verifier = world.chain.l1.verifier(address);
        let key =
            verifier.key_digest().await.map_err(CliError::chain(DOING))? == development_key(kind).digest();
        story.must(key, &format!("{address} checks proofs of {kind} under the development key"));
        let accepts = verifier.verify(&last.settled.header, proof).await.is_ok();
        story.must(accepts, "asked again, it accepts the proof for this batch");
        let refuses = refuses_changes(story, &verifier, &last.settled.header, proof).await;
        let refuses = refuses.map_err(CliError::chain(DOING))?;
        story.must(
            refuses,
            "it refuses one bit changed: proof, roots before and after, receipts root, receipts, window",
        );
        recognised &= key && accepts && refuses;
    }
    Ok(if recognised { "nova" } else { "unknown" })
}

async fn refuses_changes(
    story: &Story,
    verifier: &Verifier,
    header: &BatchHeader,
    proof: &[u8],
) -> Result<bool, L1Error> {
    for (what, header, proof) in changed(header, proof) {
        if !refused(verifier, &header, &proof).await? {
            story.line(&format!("it accepts another {what}"));
            return Ok(false);
        }
    }
    Ok(true)
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
