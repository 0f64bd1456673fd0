//! Deterministic CBOR (RFC 8949, section 4.2) for arrays of plain items: what is decoded must encode to the same bytes.

use ciborium::Value;
use nectar_commitment::{Fr, from_bytes, to_bytes};
use thiserror::Error;

/// Why bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Longer than allowed.
    #[error("{what} has {got} bytes, the limit is {limit}")]
    TooLong {
        /// What was read.
        what: &'static str,
        /// Bytes given.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not this version's layout, or not canonical.
    #[error("{0} is not in its canonical encoding")]
    Malformed(&'static str),
}

/// Nesting that any of our values needs, and a little more.
const MAX_DEPTH: usize = 8;

pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to memory does not fail, and our values hold no type that the encoder refuses.
    let _ = ciborium::into_writer(value, &mut out);
    out
}

/// Reads an array and checks that it is the canonical encoding of itself.
pub(crate) fn decode(bytes: &[u8], limit: usize, what: &'static str) -> Result<Fields, CodecError> {
    if bytes.len() > limit {
        return Err(CodecError::TooLong { what, got: bytes.len(), limit });
    }
    let malformed = CodecError::Malformed(what);
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(bytes, MAX_DEPTH).map_err(|_| malformed)?;
    if encode(&value) != bytes {
        return Err(malformed);
    }
    Fields::new(value, what)
}

/// The items of an array, taken one by one.
pub(crate) struct Fields {
    items: std::vec::IntoIter<Value>,
    what: &'static str,
}

impl Fields {
    pub(crate) fn new(value: Value, what: &'static str) -> Result<Self, CodecError> {
        let items = value.into_array().map_err(|_| CodecError::Malformed(what))?.into_iter();
        Ok(Self { items, what })
    }

    fn malformed(&self) -> CodecError {
        CodecError::Malformed(self.what)
    }

    fn next(&mut self) -> Result<Value, CodecError> {
        self.items.next().ok_or(CodecError::Malformed(self.what))
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, CodecError> {
        let integer = self.next()?.into_integer().map_err(|_| self.malformed())?;
        u64::try_from(integer).map_err(|_| self.malformed())
    }

    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, CodecError> {
        self.next()?.into_bytes().map_err(|_| self.malformed())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.bytes()?.try_into().map_err(|_| self.malformed())
    }

    pub(crate) fn field(&mut self) -> Result<Fr, CodecError> {
        from_bytes(&self.array()?).ok_or(self.malformed())
    }

    /// A number of 32 bits.
    pub(crate) fn place(&mut self) -> Result<u32, CodecError> {
        u32::try_from(self.unsigned()?).map_err(|_| self.malformed())
    }

    pub(crate) fn optional_field(&mut self) -> Result<Option<Fr>, CodecError> {
        let Some(bytes) = self.optional_bytes()? else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|_| self.malformed())?;
        from_bytes(&bytes).map(Some).ok_or(self.malformed())
    }

    pub(crate) fn optional_bytes(&mut self) -> Result<Option<Vec<u8>>, CodecError> {
        match self.next()? {
            Value::Null => Ok(None),
            value => value.into_bytes().map(Some).map_err(|_| self.malformed()),
        }
    }

    /// An inner array of at most `most` items, each read by `read`.
    pub(crate) fn list<T>(
        &mut self,
        most: usize,
        read: impl Fn(Value) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, CodecError> {
        let items = self.next()?.into_array().map_err(|_| self.malformed())?;
        if items.len() > most {
            return Err(CodecError::TooLong { what: self.what, got: items.len(), limit: most });
        }
        items.into_iter().map(read).collect()
    }

    pub(crate) fn end(mut self) -> Result<(), CodecError> {
        self.items.next().map_or(Ok(()), |_| Err(CodecError::Malformed(self.what)))
    }
}

pub(crate) fn field_value(value: &Fr) -> Value {
    Value::Bytes(to_bytes(value).to_vec())
}
