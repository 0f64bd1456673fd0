//! Typed storage: [`Item`] for one value, [`Map`] for values by key. `DESIGN.md` has the byte layout.

mod codec;
mod item;
mod key;
mod map;

pub use codec::{Codec, Compact, Raw};
pub use item::Item;
pub use key::{Key, Split};
pub use map::{Map, Scope};

use nectar_abi::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use thiserror::Error;

/// Why typed storage refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// A part of a key that is not the last one is longer than its length prefix can say.
    #[error("a part of a key has {got} bytes: at most {max}, unless it is the last part")]
    KeyPartTooLong {
        /// Bytes it has.
        got: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// The whole key is longer than the host accepts.
    #[error("the key has {got} bytes: at most {max}")]
    KeyTooLong {
        /// Bytes it has.
        got: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// The value is longer than the host accepts.
    #[error("the value has {got} bytes: at most {max}; split it")]
    ValueTooLarge {
        /// Bytes it has.
        got: usize,
        /// Bytes it may have.
        max: usize,
    },
    /// There is no such value.
    #[error("nothing is stored under this key of {namespace:?}")]
    NotFound {
        /// The namespace of the item or map.
        namespace: &'static str,
    },
    /// A stored key or value is none that this version wrote.
    #[error("stored bytes are no key or value of this type")]
    Malformed,
}

/// A namespace as keys begin with it: its length in one byte, then its bytes. No two namespaces share a beginning.
fn open_key(namespace: &'static str) -> Result<Vec<u8>, StorageError> {
    let mut key = Vec::with_capacity(96);
    key::write_prefixed(namespace.as_bytes(), &mut key)?;
    Ok(key)
}

fn checked_key(key: Vec<u8>) -> Result<Vec<u8>, StorageError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StorageError::KeyTooLong { got: key.len(), max: MAX_KEY_BYTES });
    }
    Ok(key)
}

fn checked_value(value: &[u8]) -> Result<&[u8], StorageError> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(StorageError::ValueTooLarge { got: value.len(), max: MAX_VALUE_BYTES });
    }
    Ok(value)
}
