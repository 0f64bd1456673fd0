use ciborium::Value;
use nectar_abi::limits::MAX_TOUCHED;
use nectar_abi::{Digest, NetworkId, PublicKey, tagged_hash};
use nectar_commitment::{Fr, Key, Touched, hash_bytes, receipt_leaf};

use crate::codec::{CodecError, Fields, decode, encode, field_value};

/// Longest encoded receipt, in bytes.
pub const MAX_RECEIPT_BYTES: usize = 4096;
const VERSION: u64 = 1;

/// What was asked of the DSP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ReceiptKind {
    /// A contract was created.
    Instantiate = 1,
    /// A grant was registered.
    Register = 2,
    /// A grant was revoked.
    Revoke = 3,
    /// A method was executed under a grant.
    Execute = 4,
    /// A method was queried under a grant.
    Query = 5,
}

impl ReceiptKind {
    const ALL: [Self; 5] = [Self::Instantiate, Self::Register, Self::Revoke, Self::Execute, Self::Query];

    /// Lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Register => "register",
            Self::Revoke => "revoke",
            Self::Execute => "execute",
            Self::Query => "query",
        }
    }
}

/// What a DSP signs after an invocation. Holds nothing private: digests are salted, entries are hiding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The network.
    pub network: NetworkId,
    /// The DSP's node key.
    pub dsp: PublicKey,
    /// Position in the DSP's log, from zero, without gaps.
    pub position: u64,
    /// SHA-256 of the previous receipt's bytes; zeros at position zero.
    pub previous: Digest,
    /// What was asked.
    pub kind: ReceiptKind,
    /// Salted digest of the request: [`ReceiptOpening::request_digest`].
    pub request: Digest,
    /// Salted digest of the response: [`ReceiptOpening::response_digest`].
    pub response: Digest,
    /// Gas that was used.
    pub gas: u64,
    /// When, in seconds since 1970, by the DSP's clock.
    pub time: u64,
    /// Digest of the host-call log.
    pub log: Fr,
    /// Digest of the grants that were used; zero if the owner or an issuer acted.
    pub auth: Fr,
    /// The contracts that were opened, with their network entries before and after.
    pub touched: Vec<Touched>,
}

impl Receipt {
    /// The canonical bytes, which the DSP signs.
    pub fn encode(&self) -> Vec<u8> {
        let Value::Array(mut items) = self.body_value() else { return Vec::new() };
        items.extend([field_value(&self.log), field_value(&self.auth)]);
        encode(&Value::Array(items))
    }

    /// Reads [`Self::encode`]d bytes.
    ///
    /// # Errors
    /// [`CodecError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        const WHAT: &str = "receipt";
        let mut fields = decode(bytes, MAX_RECEIPT_BYTES, WHAT)?;
        if fields.unsigned()? != VERSION {
            return Err(CodecError::Malformed(WHAT));
        }
        let receipt = Self {
            network: NetworkId(fields.unsigned()?),
            dsp: PublicKey::new(fields.array()?),
            position: fields.unsigned()?,
            previous: Digest::new(fields.array()?),
            kind: {
                let number = fields.unsigned()?;
                let kind = ReceiptKind::ALL.into_iter().find(|k| *k as u64 == number);
                kind.ok_or(CodecError::Malformed(WHAT))?
            },
            request: Digest::new(fields.array()?),
            response: Digest::new(fields.array()?),
            gas: fields.unsigned()?,
            time: fields.unsigned()?,
            touched: fields.list(MAX_TOUCHED + 1, |item| {
                let mut item = Fields::new(item, WHAT)?;
                let touched =
                    Touched { contract: Key::new(item.array()?), pre: item.field()?, post: item.field()? };
                item.end().map(|()| touched)
            })?,
            log: fields.field()?,
            auth: fields.field()?,
        };
        fields.end()?;
        Ok(receipt)
    }

    /// SHA-256 over the tagged bytes: what the next receipt names.
    pub fn digest(&self) -> Digest {
        Digest::new(tagged_hash("nectar/receipt/v1", &[&self.encode()]))
    }

    /// Everything but log and auth, as one element: `hash_bytes` of the canonical encoding without those two.
    pub fn body(&self) -> Fr {
        hash_bytes(&encode(&self.body_value()))
    }

    /// The receipt's leaf in its batch.
    pub fn leaf(&self) -> Fr {
        receipt_leaf(self.log, self.body(), self.auth)
    }

    fn body_value(&self) -> Value {
        let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
        let touched = self.touched.iter().map(|t| {
            Value::Array(vec![bytes(t.contract.as_bytes()), field_value(&t.pre), field_value(&t.post)])
        });
        Value::Array(vec![
            VERSION.into(),
            self.network.0.into(),
            bytes(self.dsp.as_bytes()),
            self.position.into(),
            bytes(self.previous.as_bytes()),
            (self.kind as u64).into(),
            bytes(self.request.as_bytes()),
            bytes(self.response.as_bytes()),
            self.gas.into(),
            self.time.into(),
            Value::Array(touched.collect()),
        ])
    }
}

/// What opens a receipt: given to the one who asked, kept (encrypted) for auditors.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiptOpening {
    /// 32 random bytes.
    pub salt: [u8; 32],
    /// SHA-256 of the request's bytes.
    pub request: Digest,
    /// SHA-256 of the response's bytes.
    pub response: Digest,
}

impl std::fmt::Debug for ReceiptOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptOpening(..)")
    }
}

impl ReceiptOpening {
    /// Opens the digests of a request and its response.
    pub fn new(salt: [u8; 32], request: &[u8], response: &[u8]) -> Self {
        Self {
            salt,
            request: Digest::new(tagged_hash("nectar/request/v1", &[request])),
            response: Digest::new(tagged_hash("nectar/response/v1", &[response])),
        }
    }

    /// The receipt's `request` field.
    pub fn request_digest(&self) -> Digest {
        Digest::new(tagged_hash("nectar/receipt/request/v1", &[&self.salt, self.request.as_bytes()]))
    }

    /// The receipt's `response` field.
    pub fn response_digest(&self) -> Digest {
        Digest::new(tagged_hash("nectar/receipt/response/v1", &[&self.salt, self.response.as_bytes()]))
    }

    /// Whether this opens that receipt.
    pub fn opens(&self, receipt: &Receipt) -> bool {
        self.request_digest() == receipt.request && self.response_digest() == receipt.response
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample(position: u64) -> Receipt {
        let opening = ReceiptOpening::new([7; 32], b"request", b"response");
        Receipt {
            network: NetworkId::CONTRACTS,
            dsp: PublicKey::new([1; 32]),
            position,
            previous: Digest::new([2; 32]),
            kind: ReceiptKind::Query,
            request: opening.request_digest(),
            response: opening.response_digest(),
            gas: 28_000,
            time: 1_800_000_000,
            log: Fr::from(5),
            auth: Fr::from(6),
            touched: vec![Touched { contract: Key::new([3; 31]), pre: Fr::from(1), post: Fr::from(2) }],
        }
    }

    #[test]
    fn a_receipt_survives_its_bytes() {
        let receipt = sample(3);
        assert_eq!(Receipt::decode(&receipt.encode()), Ok(receipt));
    }

    #[test]
    fn every_field_moves_the_leaf() {
        let receipt = sample(3);
        let changed = [
            Receipt { network: NetworkId(2), ..receipt.clone() },
            Receipt { dsp: PublicKey::new([9; 32]), ..receipt.clone() },
            Receipt { position: 4, ..receipt.clone() },
            Receipt { previous: Digest::new([9; 32]), ..receipt.clone() },
            Receipt { kind: ReceiptKind::Execute, ..receipt.clone() },
            Receipt { request: Digest::new([9; 32]), ..receipt.clone() },
            Receipt { response: Digest::new([9; 32]), ..receipt.clone() },
            Receipt { gas: 1, ..receipt.clone() },
            Receipt { time: 1, ..receipt.clone() },
            Receipt { log: Fr::from(9), ..receipt.clone() },
            Receipt { auth: Fr::from(9), ..receipt.clone() },
            Receipt { touched: Vec::new(), ..receipt.clone() },
        ];
        for other in changed {
            assert_ne!(other.leaf(), receipt.leaf(), "{other:?}");
        }
    }

    #[test]
    fn only_the_right_request_and_response_open_a_receipt() {
        let receipt = sample(0);
        assert!(ReceiptOpening::new([7; 32], b"request", b"response").opens(&receipt));
        assert!(!ReceiptOpening::new([7; 32], b"request", b"other").opens(&receipt));
        assert!(!ReceiptOpening::new([8; 32], b"request", b"response").opens(&receipt));
    }

    proptest! {
        #[test]
        fn a_mutated_receipt_is_refused_or_another_receipt(at in 0usize..300, flip in 1u8..=255) {
            let receipt = sample(3);
            let mut bytes = receipt.encode();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(other) = Receipt::decode(&bytes) {
                prop_assert_ne!(other.leaf(), receipt.leaf());
                prop_assert_eq!(other.encode(), bytes);
            }
        }

        #[test]
        fn garbage_is_no_receipt(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(Receipt::decode(&bytes).is_err());
        }
    }
}
