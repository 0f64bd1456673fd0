//! Step 5: the node proves and settles the receipts; the proof is verified here too; the chain refuses what is wrong.

use nectar_abi::Digest;
use nectar_l1::{Attestation, BatchHeader, InsecureAccount, L1Error, Proofs, Revert, Wallet, attest};
use nectar_node::prepare;

use super::admit::World;
use super::story::Story;
use super::summary::{L1Figures, ProofFigures};
use super::verifier::{self, one_bit_changed};
use crate::commands::wait_for_batch;
use crate::error::CliError;
use crate::evidence::Check;
use crate::progress::Progress;
use crate::proving::{Verified, VerifierKeys, verify_batch};
use crate::service::{Service, unsigned};
use crate::time::show_ms;

/// What of the statement today's proofs show. Of the authorisation they show one part: that every grant is a leaf of the
/// contract's grant tree and not revoked. That part alone is not called authorisation.
const COVERS: [&str; 3] = ["state", "receipts", "execution"];

/// What the other steps need of this one.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) proof: ProofFigures,
    pub(super) l1: L1Figures,
    /// The root after each batch.
    pub(super) roots: Vec<[u8; 32]>,
    /// Receipts that are in none.
    pub(super) pending: u64,
}

/// Settles one batch, or every receipt.
pub(super) async fn run(story: &mut Story, world: &World, full: bool) -> Result<Settled, CliError> {
    const DOING: &str = "asking the chain for the root";
    story.begin("settle", "State and execution are folded into two proofs, which L1 verifies and settles");
    let network = world.service.info.network;
    let root = || async { world.chain.rollup.root(network).await.map_err(CliError::chain(DOING)) };
    let pre_root = root().await?;
    let (batches, proof, gas) = settle(story, world, full).await?;
    let last = batches.last().ok_or_else(|| missing("batch"))?;
    let post_root = root().await?;

    let service = Service::connect(world.service.client.address()).await?;
    let moved = post_root == last.settled.header.post_root && post_root != pre_root;
    story.must(moved, &format!("L1 holds the new root {}", Digest::new(post_root)));
    let agrees = service.info.settled.root.to_string() == Digest::new(post_root).to_string();
    story.must(agrees, "the node's own root is the same");

    let verifier = verifier::recognise(story, world, last).await?;
    let [tampered, wrong_pre_root, unapproved] = chain_refusals(story, world, last).await?;
    story.must(root().await? == post_root, "the root has not moved");
    story.end();
    let l1 = L1Figures {
        chain: world.chain_name,
        chain_id: world.chain.l1.chain_id(),
        verifier,
        gas,
        pre_root: Digest::new(pre_root).to_string(),
        post_root: Digest::new(post_root).to_string(),
        tampered_refused: tampered,
        wrong_pre_root_refused: wrong_pre_root,
        unapproved_refused: unapproved,
    };
    let roots = batches.iter().map(|batch| batch.settled.header.post_root).collect();
    Ok(Settled { proof, l1, roots, pending: service.info.pending })
}

/// Settles one batch, or until nothing is pending, and verifies every proof.
async fn settle(
    story: &mut Story,
    world: &World,
    full: bool,
) -> Result<(Vec<Verified>, ProofFigures, u64), CliError> {
    let mut batches = Vec::new();
    let mut figures = ProofFigures { covers: COVERS.to_vec(), ..ProofFigures::default() };
    let mut gas = 0;
    loop {
        let order = prepare::settle(&world.people.operator, world.service.destination()).map_err(unsigned)?;
        let started = world.service.client.settle(&order).await;
        let number = started.map_err(CliError::node("starting the settlement"))?.batch;
        let progress = Progress::new(story.is_json());
        let view = wait_for_batch(&world.service, number, &progress).await?;
        progress.clear();
        let proof = view.proof.ok_or_else(|| missing("figures of its proof"))?;
        let execution = view.execution.ok_or_else(|| missing("figures of its proof of execution"))?;
        let l1 = view.l1.as_ref().ok_or_else(|| missing("reference to L1"))?;
        let (receipts, calls) = (view.receipts, proof.steps);
        story.line(&format!("batch {number}: {receipts} receipts, {calls} operations on state"));
        told_proof(story, "state", &proof);
        story.line(&format!("{} instructions of the contracts' programs", execution.steps));
        told_proof(story, "execution", &execution);
        let used = l1.gas.ok_or_else(|| missing("gas that L1 took"))?;
        story.line(&format!("settled in L1 block {}, {used} gas, transaction {}", l1.block, l1.tx));
        let network = world.service.info.network;
        let verified =
            verify_batch(&world.service, &world.chain, network, number, VerifierKeys::development());
        let verified = verified.await?;
        for Check { what, holds, .. } in &verified.checks {
            story.must(*holds, what);
        }
        story.line(
            "they cover state, receipts, runs of programs, and that each grant was registered, not revoked",
        );
        story.line("what they do not cover, authorisation above all, the DSP attests");
        gas += used;
        for made in [&proof, &execution] {
            figures.chunks += made.chunks;
            figures.bytes += made.proof_bytes;
            figures.fold_ms += made.fold_ms;
            figures.compress_ms += made.compress_ms;
        }
        figures.instructions += execution.steps;
        figures.verify_ms += verified.verify_ms;
        let info = world.service.client.info().await.map_err(CliError::node("asking what is pending"))?;
        batches.push(verified);
        if info.pending == 0 || !full {
            story.line(&format!("{} receipts wait for another batch", info.pending));
            return Ok((batches, figures, gas));
        }
    }
}

fn told_proof(story: &Story, of: &str, proof: &nectar_node::api::ProofFigures) {
    story.line(&format!(
        "proof of {of}: {} chunks, folded in {}, compressed in {}, {} bytes",
        proof.chunks,
        show_ms(proof.fold_ms),
        show_ms(proof.compress_ms),
        proof.proof_bytes,
    ));
}

fn missing(what: &str) -> CliError {
    CliError::Failed { doing: "settling the batch", why: format!("the node gives no {what}") }
}

/// Three transactions that continue the chain but for one thing each, and that the chain must refuse for that thing.
async fn chain_refusals(story: &mut Story, world: &World, last: &Verified) -> Result<[bool; 3], CliError> {
    let settled = &last.settled.header;
    let dsp = world.chain.l1.wallet();
    let next = BatchHeader { batch: settled.batch + 1, pre_root: settled.post_root, ..*settled };
    // An active DSP vouches for each of these two: only the proofs can give them away.
    let state = one_bit_changed(&last.proof);
    let tampered = Proofs { state: &state, ..last.proofs() };
    let header = BatchHeader { proof_digest: tampered.digest(), ..next };
    let error = submit(world, &header, tampered, &[attestation(world, dsp, &header)?]).await;
    let refused = refuses_proof(error.as_ref());
    told(story, "tampered proof, attested by a DSP", refused, error.as_ref());
    let error = submit(world, &next, last.proofs(), &[attestation(world, dsp, &next)?]).await;
    let reused = refuses_proof(error.as_ref());
    told(story, "proofs of another batch, attested by a DSP", reused, error.as_ref());
    let (keys, chain_id) = (VerifierKeys::development(), world.chain.l1.chain_id());
    let agrees = !keys.hold(chain_id, settled, tampered)[0]
        && keys.hold(chain_id, &next, last.proofs()) == [false, false];
    story.must(agrees, "the verifier here refuses both, too");

    let old = BatchHeader { pre_root: settled.pre_root, ..next };
    let error = submit(world, &old, last.proofs(), &[attestation(world, dsp, &old)?]).await;
    let wrong_root = matches!(error.as_ref().and_then(L1Error::revert), Some(Revert::WrongPreRoot { .. }));
    told(story, "wrong pre-root", wrong_root, error.as_ref());

    let stranger = Wallet::insecure(InsecureAccount::Dsp(1));
    let error = submit(world, &next, last.proofs(), &[attestation(world, &stranger, &next)?]).await;
    let unapproved = matches!(error.as_ref().and_then(L1Error::revert), Some(Revert::NotActive { .. }));
    told(story, "batch signed by an unapproved DSP", unapproved, error.as_ref());
    Ok([refused && reused && agrees, wrong_root, unapproved])
}

/// Sends a batch; the error, if it is refused.
async fn submit(
    world: &World,
    header: &BatchHeader,
    proofs: Proofs<'_>,
    attestations: &[Attestation],
) -> Option<L1Error> {
    world.chain.rollup.submit_batch(header, proofs, attestations).await.err()
}

fn attestation(world: &World, wallet: &Wallet, header: &BatchHeader) -> Result<Attestation, CliError> {
    let signed = attest(wallet, world.chain.l1.chain_id(), world.chain.rollup.address(), header);
    signed.map_err(|e| CliError::failed("signing an attestation")(e.into()))
}

fn refuses_proof(error: Option<&L1Error>) -> bool {
    error.and_then(L1Error::revert).is_some_and(Revert::refuses_proof)
}

fn told(story: &mut Story, case: &str, refused: bool, error: Option<&L1Error>) {
    let how = error.map_or_else(|| "it was accepted".to_owned(), ToString::to_string);
    story.must(refused, &format!("L1 refused: {case} ({how})"));
}
