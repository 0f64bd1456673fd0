use ciborium::Value;
use nectar_abi::{CodeHash, ContractId};
use nectar_commitment::Slot;

use crate::codec::{CodecError, Fields, decode, encode};
use crate::receipt::Receipt;

/// Longest encoded trace, in bytes.
pub const MAX_TRACE_BYTES: usize = 64 * 1024 * 1024;
const MAX_SLOTS: usize = 32 * 1024;
const MAX_CALLS: usize = 64 * 1024;
const VERSION: u64 = 1;
const WHAT: &str = "trace";

/// What a contract asked of its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum HostOp {
    /// A read, alone or as an item of a scan.
    Read = 1,
    /// A write.
    Write = 2,
    /// A removal.
    Remove = 3,
}

/// One host call with its answer, in plaintext: private.
#[derive(Clone, PartialEq, Eq)]
pub struct HostCall {
    /// Whose state.
    pub contract: ContractId,
    /// What.
    pub op: HostOp,
    /// The key as the contract gave it.
    pub key: Vec<u8>,
    /// The value read or written; `None` if nothing was there, or for a removal.
    pub value: Option<Vec<u8>>,
}

impl std::fmt::Debug for HostCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostCall").field("op", &self.op).finish_non_exhaustive()
    }
}

/// What a proof needs of one invocation: private.
#[derive(Clone, PartialEq, Eq)]
pub struct InvocationTrace {
    /// The receipt that it led to.
    pub receipt: Receipt,
    /// The outermost contract's module; `None` for directives that run none.
    pub code: Option<CodeHash>,
    /// The entry point that was called; empty for directives that run none.
    pub entry: String,
    /// The arguments of the entry point, each as the bytes that the contract read.
    pub inputs: Vec<Vec<u8>>,
    /// Host calls in order.
    pub calls: Vec<HostCall>,
    /// The bytes that the entry point returned.
    pub result: Vec<u8>,
    /// The openings that take the network from its root before to its root after.
    pub slots: Vec<Slot>,
}

impl std::fmt::Debug for InvocationTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvocationTrace")
            .field("receipt", &self.receipt)
            .field("slots", &self.slots.len())
            .finish_non_exhaustive()
    }
}

impl InvocationTrace {
    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
        let calls = self.calls.iter().map(|call| {
            let value = call.value.as_deref().map_or(Value::Null, bytes);
            Value::Array(vec![
                bytes(call.contract.as_bytes()),
                (call.op as u64).into(),
                bytes(&call.key),
                value,
            ])
        });
        encode(&Value::Array(vec![
            VERSION.into(),
            bytes(&self.receipt.encode()),
            self.code.as_ref().map_or(Value::Null, |c| bytes(c.as_bytes())),
            Value::Text(self.entry.clone()),
            Value::Array(self.inputs.iter().map(|i| bytes(i)).collect()),
            Value::Array(calls.collect()),
            bytes(&self.result),
            Value::Array(self.slots.iter().map(|s| Value::Bytes(s.encode())).collect()),
        ]))
    }

    /// Reads [`Self::encode`]d bytes.
    ///
    /// # Errors
    /// [`CodecError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let malformed = CodecError::Malformed(WHAT);
        let mut fields = decode(bytes, MAX_TRACE_BYTES, WHAT)?;
        if fields.unsigned()? != VERSION {
            return Err(malformed);
        }
        let raw = |item: Value| item.into_bytes().map_err(|_| malformed);
        let trace = Self {
            receipt: Receipt::decode(&fields.bytes()?)?,
            code: match fields.optional_bytes()? {
                Some(code) => Some(CodeHash::from_slice(&code).map_err(|_| malformed)?),
                None => None,
            },
            entry: fields.text()?,
            inputs: fields.list(8, raw)?,
            calls: fields.list(MAX_CALLS, |item| {
                let mut item = Fields::new(item, WHAT)?;
                let contract = ContractId::new(item.array()?);
                let op = match item.unsigned()? {
                    1 => HostOp::Read,
                    2 => HostOp::Write,
                    3 => HostOp::Remove,
                    _ => return Err(malformed),
                };
                let call = HostCall { contract, op, key: item.bytes()?, value: item.optional_bytes()? };
                item.end().map(|()| call)
            })?,
            result: fields.bytes()?,
            slots: fields.list(MAX_SLOTS, |item| Slot::decode(&raw(item)?).ok_or(malformed))?,
        };
        fields.end()?;
        Ok(trace)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample(position: u64) -> InvocationTrace {
        InvocationTrace {
            receipt: crate::receipt::tests::sample(position),
            code: Some(CodeHash::new([4; 32])),
            entry: "query".into(),
            inputs: vec![b"env".to_vec(), b"message".to_vec()],
            calls: vec![HostCall {
                contract: ContractId::new([1; 32]),
                op: HostOp::Read,
                key: b"key".to_vec(),
                value: None,
            }],
            result: b"result".to_vec(),
            slots: vec![Slot::nop()],
        }
    }

    #[test]
    fn a_trace_survives_its_bytes() {
        let trace = sample(1);
        assert_eq!(InvocationTrace::decode(&trace.encode()), Ok(trace));
    }

    #[test]
    fn debug_shows_nothing_private() {
        let shown = format!("{:?}", sample(1));
        assert!(!shown.contains("message") && !shown.contains("result\""), "{shown}");
    }

    proptest! {
        #[test]
        fn a_mutated_trace_is_refused_or_canonical(at in 0usize..4000, flip in 1u8..=255) {
            let mut bytes = sample(1).encode();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(other) = InvocationTrace::decode(&bytes) {
                prop_assert_eq!(other.encode(), bytes);
            }
        }

        #[test]
        fn garbage_is_no_trace(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(InvocationTrace::decode(&bytes).is_err());
        }
    }
}
