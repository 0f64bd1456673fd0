//! A statement and a proof, as both verifiers are given them.

use std::path::{Path, PathBuf};

use nectar_circuit::Statement;
use nectar_commitment::{from_bytes, to_bytes};
use nectar_l1::{BatchHeader, DEV_CHAIN_ID, proof_digest};
use serde_json::Value;

/// A statement in bytes: roots need not be reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) network: u64,
    pub(crate) batch: u64,
    pub(crate) pre_root: [u8; 32],
    pub(crate) post_root: [u8; 32],
    pub(crate) receipts_root: [u8; 32],
    pub(crate) receipts: u64,
    pub(crate) program_root: [u8; 32],
    pub(crate) window: (u64, u64),
}

impl Claim {
    pub(crate) fn of(s: &Statement) -> Self {
        Self {
            network: s.network,
            batch: s.batch,
            pre_root: to_bytes(&s.pre_root),
            post_root: to_bytes(&s.post_root),
            receipts_root: to_bytes(&s.receipts_root),
            receipts: s.receipts,
            program_root: to_bytes(&s.program_registry_root),
            window: s.window,
        }
    }

    /// For the Rust verifier; nothing if a root is not reduced.
    pub(crate) fn statement(&self, chain_id: u64) -> Option<Statement> {
        Some(Statement {
            chain_id,
            network: self.network,
            batch: self.batch,
            pre_root: from_bytes(&self.pre_root)?,
            post_root: from_bytes(&self.post_root)?,
            receipts_root: from_bytes(&self.receipts_root)?,
            receipts: self.receipts,
            program_registry_root: from_bytes(&self.program_root)?,
            window: self.window,
        })
    }

    /// For the chain.
    pub(crate) fn header(&self, proof: &[u8]) -> BatchHeader {
        BatchHeader {
            network: nectar_abi::NetworkId(self.network),
            batch: self.batch,
            pre_root: self.pre_root,
            post_root: self.post_root,
            receipts_root: self.receipts_root,
            audit_root: [0; 32],
            program_root: self.program_root,
            window: self.window,
            receipts: self.receipts,
            proof_digest: proof_digest(proof),
            verifier_key: [0; 32],
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) claim: Claim,
    pub(crate) proof: Vec<u8>,
}

/// A file of `tests/vectors`.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) key: Vec<u8>,
    pub(crate) case: Case,
}

/// All files whose names start like this, in order.
pub(crate) fn vectors(prefix: &str) -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    files.iter().filter(|path| name(path).starts_with(prefix)).map(|path| read(path, name(path))).collect()
}

fn read(path: &Path, name: String) -> Vector {
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let s = &all["statement"];
    let number = |value: &Value| value.as_u64().unwrap();
    let root = |member: &str| <[u8; 32]>::try_from(bytes(&s[member])).unwrap();
    assert_eq!(number(&s["chain_id"]), DEV_CHAIN_ID, "{name}");
    let claim = Claim {
        network: number(&s["network"]),
        batch: number(&s["batch"]),
        pre_root: root("pre_root"),
        post_root: root("post_root"),
        receipts_root: root("receipts_root"),
        receipts: number(&s["receipts"]),
        program_root: root("program_registry_root"),
        window: (number(&s["window"][0]), number(&s["window"][1])),
    };
    Vector { name, key: bytes(&all["key"]), case: Case { claim, proof: bytes(&all["proof"]) } }
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().strip_prefix("0x").unwrap()).unwrap()
}
