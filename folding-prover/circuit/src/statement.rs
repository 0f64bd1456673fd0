use nectar_commitment::{Fr, from_bytes, to_bytes};
use sha3::{Digest, Keccak256};

/// What a batch's proof is about: public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Id of the chain that settles the batch (EIP-155).
    pub chain_id: u64,
    /// Number of the network.
    pub network: u64,
    /// Number of the batch in it.
    pub batch: u64,
    /// Root of the network's contracts before the batch.
    pub pre_root: Fr,
    /// Root after it.
    pub post_root: Fr,
    /// Root over the batch's receipts.
    pub receipts_root: Fr,
    /// Number of receipts.
    pub receipts: u64,
    /// Root of the program registry.
    pub program_registry_root: Fr,
    /// First and last second, Unix time, in which the invocations fell.
    pub window: (u64, u64),
}

impl Statement {
    /// Length of [`Self::encode`]: eleven words of 32 bytes, as Solidity's `abi.encode` lays them out.
    pub const ENCODED_LEN: usize = 352;

    /// First word: the version.
    const LABEL: &'static [u8; 32] = b"nectar/statement/v2\0\0\0\0\0\0\0\0\0\0\0\0\0";

    /// Eleven big-endian words of 32 bytes: label, chain id, network, batch, pre-root, post-root, receipts root, receipts,
    /// program registry root, start and end of the window.
    pub fn encode(&self) -> [u8; Self::ENCODED_LEN] {
        let words = [
            *Self::LABEL,
            word(self.chain_id),
            word(self.network),
            word(self.batch),
            to_bytes(&self.pre_root),
            to_bytes(&self.post_root),
            to_bytes(&self.receipts_root),
            word(self.receipts),
            to_bytes(&self.program_registry_root),
            word(self.window.0),
            word(self.window.1),
        ];
        let mut out = [0; Self::ENCODED_LEN];
        out.chunks_exact_mut(32).zip(words).for_each(|(to, word)| to.copy_from_slice(&word));
        out
    }

    /// The first 31 bytes of Keccak-256 over [`Self::encode`], big-endian.
    pub fn digest(&self) -> Fr {
        let hash: [u8; 32] = Keccak256::digest(self.encode()).into();
        let mut bytes = [0; 32];
        bytes.iter_mut().skip(1).zip(hash).for_each(|(to, from)| *to = from);
        // 248 bits are always below the modulus of 254 bits.
        from_bytes(&bytes).unwrap_or_default()
    }
}

fn word(value: u64) -> [u8; 32] {
    let mut word = [0; 32];
    word.iter_mut().skip(24).zip(value.to_be_bytes()).for_each(|(to, from)| *to = from);
    word
}
