use ciborium::Value;
use nectar_commitment::Slot;

use crate::codec::{CodecError, decode, encode};
use crate::receipt::Receipt;
use crate::run::RunTrace;

/// Longest encoded trace, in bytes.
pub const MAX_TRACE_BYTES: usize = 64 * 1024 * 1024;
const MAX_SLOTS: usize = 32 * 1024;
const MAX_RUNS: usize = 8 * 1024;
const VERSION: u64 = 3;
pub(crate) const WHAT: &str = "trace";

/// What a proof needs of one invocation: private.
#[derive(Clone, PartialEq, Eq)]
pub struct InvocationTrace {
    /// The receipt that it led to.
    pub receipt: Receipt,
    /// Runs of programs in the order in which they began, the outermost first; none for directives that run nothing.
    pub runs: Vec<RunTrace>,
    /// The openings that take the network from its root before to its root after.
    pub slots: Vec<Slot>,
}

impl std::fmt::Debug for InvocationTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvocationTrace")
            .field("receipt", &self.receipt)
            .field("runs", &self.runs.len())
            .field("slots", &self.slots.len())
            .finish_non_exhaustive()
    }
}

impl InvocationTrace {
    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        encode(&Value::Array(vec![
            VERSION.into(),
            Value::Bytes(self.receipt.encode()),
            Value::Array(self.runs.iter().map(RunTrace::value).collect()),
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
        let slot = |item: Value| {
            let bytes = item.into_bytes().map_err(|_| malformed)?;
            Slot::decode(&bytes).ok_or(malformed)
        };
        let trace = Self {
            receipt: Receipt::decode(&fields.bytes()?)?,
            runs: fields.list(MAX_RUNS, RunTrace::from_value)?,
            slots: fields.list(MAX_SLOTS, slot)?,
        };
        fields.end()?;
        Ok(trace)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::run::tests::sample as run;
    use proptest::prelude::*;

    pub(crate) fn sample(position: u64) -> InvocationTrace {
        let (receipt, slots) = (crate::receipt::tests::sample(position), vec![Slot::nop()]);
        InvocationTrace { receipt, runs: vec![run(), run()], slots }
    }

    #[test]
    fn a_trace_survives_its_bytes() {
        let trace = sample(1);
        assert_eq!(InvocationTrace::decode(&trace.encode()), Ok(trace));
    }

    #[test]
    fn a_trace_of_the_first_version_is_refused() {
        let mut bytes = sample(1).encode();
        bytes[1] = 1;
        assert_eq!(InvocationTrace::decode(&bytes), Err(CodecError::Malformed(WHAT)));
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
