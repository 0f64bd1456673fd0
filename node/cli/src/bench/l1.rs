use std::sync::Arc;

use nectar_abi::NetworkId;
use nectar_capability::SigningKey;
use nectar_circuit::{SLOTS_PER_CHUNK, Statement};
use nectar_commitment::to_bytes;
use nectar_l1::{BatchHeader, InsecureAccount, Proofs, proof_digest};
use nectar_prover::{ProverKey, setup_development};
use nectar_verifier::verify;
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::batch::{Place, Synthetic};
use super::prove::size;
use crate::chain::Chain;
use crate::development::{Contracts, Development};
use crate::error::CliError;
use crate::output::{Report, say};
use crate::progress::Progress;
use crate::table::Table;
use crate::time::now;

/// What one settlement took.
#[derive(Debug, Clone, Serialize)]
struct Row {
    chunks: usize,
    gas: u64,
    proof_bytes: usize,
}

/// Settles a batch of each number of chunks on a development chain: the given node's, or one in this process.
pub(crate) async fn measure_l1(chunks: Vec<u32>, url: Option<String>) -> Result<Report, CliError> {
    let chain = Development::new(url.as_deref()).await?;
    let rows = measure(&chain, chunks).await;
    chain.end().await;
    let rows = rows?;
    let mut table = Table::new(["chunks", "gas", "proof"]);
    for Row { chunks, gas, proof_bytes } in &rows {
        table.row([chunks.to_string(), gas.to_string(), format!("{proof_bytes} bytes")]);
    }
    Ok(Report::new(rows, table.to_string()))
}

async fn measure(chain: &Development, chunks: Vec<u32>) -> Result<Vec<Row>, CliError> {
    say(true, "deploying the contracts and admitting a DSP");
    let contracts = chain.deploy().await?;
    let dsp = Chain::at(chain.connect(InsecureAccount::Dsp(0)).await?, contracts.admin.deployment).await?;
    let node_key = SigningKey::generate().map_err(|e| CliError::failed("making a node key")(e.into()))?;
    chain.admit(&contracts, &dsp, node_key.public()).await?;

    say(true, "making the development setup");
    let keys = Arc::new(blocking(development_keys).await?);
    let mut rows = Vec::new();
    // A network for each, so that each batch is a first one, as costly as that is.
    for (network, chunks) in (1..).zip(chunks.into_iter().map(size)) {
        say(true, &format!("proving and settling {chunks} chunks"));
        rows.push(settle(&contracts, &dsp, &keys, NetworkId(network), chunks).await?);
    }
    Ok(rows)
}

async fn settle(
    contracts: &Contracts,
    dsp: &Chain,
    keys: &Arc<ProverKey>,
    network: NetworkId,
    chunks: usize,
) -> Result<Row, CliError> {
    let failed = CliError::chain("settling a batch");
    let now = now();
    let place = Place { chain_id: dsp.l1.chain_id(), network: network.0, window: (now - 60, now - 30) };
    let batch = Synthetic::new(chunks.saturating_mul(SLOTS_PER_CHUNK), place)?;
    let statement = batch.statement;
    let prover = keys.clone();
    let (bytes, timings) = blocking(move || {
        let (proof, bytes, timings) = batch.prove(&prover, &Progress::new(false))?;
        // A DSP attests nothing on the prover's word.
        let holds = verify(prover.verifier(), &statement, &proof);
        holds.map_err(|e| CliError::DoesNotHold(format!("the proof: {e}")))?;
        Ok((bytes, timings))
    })
    .await?;
    let header = header(&statement, &bytes, keys.verifier().digest());
    let settled = async {
        let rollup = &contracts.admin.rollup;
        rollup.create_network(network, header.pre_root, contracts.verifiers[0], None).await?;
        let attestation = dsp.rollup.attest(&header)?;
        let mined = dsp.rollup.submit_batch(&header, Proofs::of_state(&bytes), &[attestation]).await?;
        Ok((mined, rollup.root(network).await?))
    };
    let (mined, root) = settled.await.map_err(failed)?;
    if root != header.post_root {
        return Err(CliError::DoesNotHold("the root that L1 holds is the batch's".into()));
    }
    Ok(Row { chunks: timings.chunks, gas: mined.gas, proof_bytes: bytes.len() })
}

fn header(statement: &Statement, proof: &[u8], verifier_key: [u8; 32]) -> BatchHeader {
    BatchHeader {
        network: NetworkId(statement.network),
        batch: statement.batch,
        pre_root: to_bytes(&statement.pre_root),
        post_root: to_bytes(&statement.post_root),
        receipts_root: to_bytes(&statement.receipts_root),
        // A digest of no log: its bytes cost as much as those of any other.
        audit_root: proof_digest(b"synthetic"),
        program_root: to_bytes(&statement.program_registry_root),
        window: statement.window,
        receipts: statement.receipts,
        proof_digest: proof_digest(proof),
        verifier_key,
    }
}

fn development_keys() -> Result<ProverKey, CliError> {
    let made = setup_development();
    Ok(made.map_err(|e| CliError::failed("making the development setup")(e.into()))?.0)
}

async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    spawn_blocking(job).await.map_err(|e| CliError::failed("measuring")(e.into()))?
}
