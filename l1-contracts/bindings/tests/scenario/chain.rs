use std::sync::Arc;

use nectar_abi::NetworkId;
use nectar_circuit::{Circuit, Statement};
use nectar_commitment::{Fr, Key, Ledger, ReceiptTree, to_bytes};
use nectar_l1::{BatchHeader, DEV_CHAIN_ID, Proofs};
use nectar_prover::{ProverKey, prove};
use tokio::task::spawn_blocking;

/// A network of its own, whose every batch is proven here: one operation a chunk, so that a proof takes seconds.
pub(crate) struct Chain {
    key: Arc<ProverKey>,
    ledger: Ledger,
    network: NetworkId,
    batches: u8,
}

impl Chain {
    pub(crate) async fn new(network: NetworkId) -> Self {
        let key = spawn_blocking(|| ProverKey::development(Circuit::new(1)).unwrap()).await.unwrap();
        Self { key: Arc::new(key), ledger: Ledger::default(), network, batches: 0 }
    }

    /// Bytes of the verifier key.
    pub(crate) fn key(&self) -> Vec<u8> {
        self.key.verifier().encode()
    }

    pub(crate) fn root(&self) -> [u8; 32] {
        to_bytes(&self.ledger.root())
    }

    /// The next batch of a network without execution verifier.
    pub(crate) async fn next(&mut self, window: (u64, u64)) -> (BatchHeader, Vec<u8>) {
        let (statement, proof) = self.prove_next(window).await;
        (header(&statement, Proofs::of_state(&proof), self.key.verifier().digest()), proof)
    }

    /// The next batch creates a contract, within this window.
    pub(crate) async fn prove_next(&mut self, window: (u64, u64)) -> (Statement, Vec<u8>) {
        self.batches += 1;
        let (ledger, mut receipts) = (&mut self.ledger, ReceiptTree::default());
        let pre_root = ledger.root();
        ledger.begin();
        ledger.create(Key::new([self.batches; 31]), Fr::from(1), Fr::from(2)).unwrap();
        let (log, auth) = (ledger.log(), ledger.auth());
        let mut operations = ledger.finish().0;
        operations.push(receipts.append(log, Fr::from(3), auth).unwrap());
        let statement = Statement {
            chain_id: DEV_CHAIN_ID,
            network: self.network.0,
            batch: self.batches.into(),
            pre_root,
            post_root: ledger.root(),
            receipts_root: receipts.root(),
            receipts: 1,
            program_registry_root: Fr::from(4),
            window,
        };
        let key = Arc::clone(&self.key);
        let proof = spawn_blocking(move || prove(&key, &statement, operations.into_iter(), &()).unwrap().0);
        (statement, proof.await.unwrap().encode())
    }
}

pub(crate) fn header(statement: &Statement, proofs: Proofs<'_>, verifier_key: [u8; 32]) -> BatchHeader {
    BatchHeader {
        network: NetworkId(statement.network),
        batch: statement.batch,
        pre_root: to_bytes(&statement.pre_root),
        post_root: to_bytes(&statement.post_root),
        receipts_root: to_bytes(&statement.receipts_root),
        audit_root: [8; 32],
        program_root: to_bytes(&statement.program_registry_root),
        window: statement.window,
        receipts: statement.receipts,
        proof_digest: proofs.digest(),
        verifier_key,
    }
}
