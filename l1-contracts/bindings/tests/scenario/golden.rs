use alloy::primitives::{B256, Bytes};
use nectar_abi::NetworkId;
use nectar_l1::{BatchHeader, proof_digest};
use serde::Deserialize;

/// A batch with its proof under the development setup, made once and kept in `tests/vectors`.
pub(crate) struct Golden {
    /// Bytes of the verifier key.
    pub(crate) key: Vec<u8>,
    /// What the proof shows; the audit root is none of its business.
    pub(crate) header: BatchHeader,
    pub(crate) proof: Vec<u8>,
}

#[derive(Deserialize)]
struct Vector {
    key: Bytes,
    statement: Statement,
    proof: Bytes,
}

#[derive(Deserialize)]
struct Statement {
    chain_id: u64,
    network: u64,
    batch: u64,
    pre_root: B256,
    post_root: B256,
    receipts_root: B256,
    receipts: u64,
    program_registry_root: B256,
    window: (u64, u64),
}

impl Golden {
    pub(crate) fn read(name: &str) -> Self {
        let path = format!("{}/../../tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}")).unwrap();
        let Vector { key, statement, proof } = serde_json::from_str(&text).unwrap();
        assert_eq!(statement.chain_id, nectar_l1::DEV_CHAIN_ID);
        let header = BatchHeader {
            network: NetworkId(statement.network),
            batch: statement.batch,
            pre_root: statement.pre_root.0,
            post_root: statement.post_root.0,
            receipts_root: statement.receipts_root.0,
            audit_root: [8; 32],
            program_root: statement.program_registry_root.0,
            window: statement.window,
            receipts: statement.receipts,
            proof_digest: proof_digest(&proof),
            verifier_key: alloy::primitives::keccak256(&key).0,
        };
        Self { key: key.to_vec(), header, proof: proof.to_vec() }
    }
}
