use core::fmt;
use core::marker::PhantomData;
use core::str::{self, FromStr};

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::hexadecimal;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text has another length than the id in lower-case hexadecimal.
    #[error("expected {expected} hexadecimal digits, got {got}")]
    Length {
        /// Digits that the id has.
        expected: usize,
        /// Digits that were given.
        got: usize,
    },
    /// A character is not a lower-case hexadecimal digit.
    #[error("an id is written in lower-case hexadecimal digits")]
    Digit,
}

/// Reads an id from its text, without a copy of it.
struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err = IdError>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<T, E> {
        match str::from_utf8(bytes) {
            Ok(text) => self.visit_str(text),
            Err(_) => Err(E::invalid_value(Unexpected::Bytes(bytes), &self)),
        }
    }
}

macro_rules! byte_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// Wraps the bytes as they are.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads exactly [`Self::LEN`] bytes.
            ///
            /// # Errors
            /// [`IdError::Length`], counted in hexadecimal digits, for any other length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                bytes
                    .try_into()
                    .map(Self)
                    .map_err(|_| IdError::Length { expected: $len * 2, got: bytes.len() * 2 })
            }

            /// Shows the id's text.
            fn text<T>(&self, show: impl FnOnce(&str) -> T) -> T {
                let mut text = [b'0'; $len * 2];
                hexadecimal::encode(&self.0, &mut text);
                // Digits are text.
                show(str::from_utf8(&text).unwrap_or_default())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.text(|text| f.write_str(text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                hexadecimal::decode(text.as_bytes()).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                self.text(|text| s.serialize_str(text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_str(Text(PhantomData))
            }
        }
    };
}

byte_id! {
    /// A contract's address: 32 bytes, hash of network, code, owner and salt.
    ContractId, 32
}
byte_id! {
    /// SHA-256 of a contract module.
    CodeHash, 32
}
byte_id! {
    /// A patient as a contract knows them: 32 bytes, salted, never a medical record number.
    PatientHandle, 32
}
byte_id! {
    /// An Ed25519 public key (RFC 8032), compressed.
    PublicKey, 32
}
byte_id! {
    /// A grant's own id: 16 random bytes.
    GrantId, 16
}
byte_id! {
    /// Tagged SHA-256 of a grant's claims, not its signature: what parents, registration and revocation refer to.
    GrantHash, 32
}
byte_id! {
    /// A SHA-256 digest of something else.
    Digest, 32
}

/// A network: a chain of rollup blocks of one service type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NetworkId(pub u64);

impl NetworkId {
    /// The network of contracts.
    pub const CONTRACTS: Self = Self(1);
}

/// SHA-256 over a tag and length-prefixed parts, so that no two lists of parts share an encoding.
///
/// Layout: `len(tag) as u8 || tag || (len(part) as u64 BE || part)*`.
pub fn tagged_hash(tag: &'static str, parts: &[&[u8]]) -> [u8; 32] {
    debug_assert!(tag.len() < 256);
    let mut hash = Sha256::new();
    hash.update([tag.len().to_be_bytes()[size_of::<usize>() - 1]]);
    hash.update(tag.as_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text(bytes: [u8; 32]) {
            let id = ContractId::new(bytes);
            prop_assert_eq!(id.to_string().parse::<ContractId>(), Ok(id));
        }

        #[test]
        fn garbage_is_no_id(text in ".{0,80}") {
            if let Ok(id) = text.parse::<GrantId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn upper_case_is_refused_so_that_an_id_has_one_text() {
        assert_eq!("AB".repeat(32).parse::<ContractId>(), Err(IdError::Digit));
    }

    #[test]
    fn moving_a_byte_between_parts_changes_the_hash() {
        assert_ne!(tagged_hash("t", &[b"ab", b"c"]), tagged_hash("t", &[b"a", b"bc"]));
        assert_ne!(tagged_hash("t", &[b"ab"]), tagged_hash("ta", &[b"b"]));
    }
}
