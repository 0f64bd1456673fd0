use nectar_circuit::engine::{Affine, point_to_bytes};
use nectar_circuit::{Position, Statement};
use nectar_commitment::{Fr, from_bytes, to_bytes};
use sha3::{Digest as _, Keccak256};

use crate::RandomInstance;

/// A Keccak-256 hash.
pub type Digest = [u8; 32];

/// The transcript of one proof's fold, as a tree of hashes: a node's hash binds everything that went into the folded
/// instance beneath it, and is the node's challenge.
#[derive(Debug, Clone)]
pub struct Transcript {
    context: Digest,
}

impl Transcript {
    const LABEL: &'static [u8; 16] = b"nectar/fold/v1\0\0";

    /// `context = Keccak(label, key digest, encoded statement)`
    pub fn new(key: &Digest, statement: &Statement) -> Self {
        Self { context: keccak(&[Self::LABEL, key, &statement.encode()]) }
    }

    /// `Keccak(0, context, number, flags, witness commitment, start, end)`; flags: 1 for the first, 2 for the last chunk.
    pub fn leaf(&self, number: u32, position: Position, witness: &Affine, start: &Fr, end: &Fr) -> Digest {
        let flags = u8::from(position.first) | u8::from(position.last) << 1;
        keccak(&[
            &[0],
            &self.context,
            &number.to_be_bytes(),
            &[flags],
            &point_to_bytes(witness),
            &to_bytes(start),
            &to_bytes(end),
        ])
    }

    /// `Keccak(1, left, right, cross term)`
    pub fn node(&self, left: &Digest, right: &Digest, cross_term: &Affine) -> Digest {
        keccak(&[&[1], left, right, &point_to_bytes(cross_term)])
    }

    /// `Keccak(2, context, chunks, root, random instance, cross term)`
    pub fn seal(&self, chunks: u32, root: &Digest, random: &RandomInstance, cross_term: &Affine) -> Digest {
        let x: Vec<u8> = random.x.iter().flat_map(to_bytes).collect();
        keccak(&[
            &[2],
            &self.context,
            &chunks.to_be_bytes(),
            root,
            &point_to_bytes(&random.comm_w),
            &point_to_bytes(&random.comm_e),
            &to_bytes(&random.u),
            &x,
            &point_to_bytes(cross_term),
        ])
    }
}

/// The first 31 bytes of a hash, big-endian: uniform below 2^248.
pub fn challenge(digest: &Digest) -> Fr {
    let mut bytes = [0; 32];
    bytes.iter_mut().skip(1).zip(digest).for_each(|(to, from)| *to = *from);
    from_bytes(&bytes).unwrap_or_default()
}

pub(crate) fn keccak(parts: &[&[u8]]) -> Digest {
    let mut hash = Keccak256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}
