use nectar_abi::{CodeHash, ContractId, Digest, GrantHash, GrantId, PatientHandle, PublicKey};

use super::StorageError;

/// Longest part of a key that is not its last part, in bytes.
const MAX_PART_BYTES: usize = u8::MAX as usize;

/// A key of a [`Map`](super::Map), or a part of one.
///
/// A part inside a key delimits itself: fixed-width types are their bytes (integers big-endian), text is one byte of
/// length and its bytes. The last part is bare, so the keys below a prefix are in the order of their last part's
/// bytes. No two keys of a type share an encoding, and none begins with another one's inner parts by accident.
pub trait Key: Sized {
    /// The key as a scan returns it.
    type Owned;

    /// Appends it so that another part can follow.
    ///
    /// # Errors
    /// [`StorageError::KeyPartTooLong`]
    fn write_part(&self, out: &mut Vec<u8>) -> Result<(), StorageError>;

    /// Appends it as the last part.
    ///
    /// # Errors
    /// [`StorageError::KeyPartTooLong`]
    fn write_last(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        self.write_part(out)
    }

    /// Takes it off the front of `bytes`.
    ///
    /// # Errors
    /// [`StorageError::Malformed`]
    fn read_part(bytes: &mut &[u8]) -> Result<Self::Owned, StorageError>;

    /// Reads it from all of `bytes`.
    ///
    /// # Errors
    /// [`StorageError::Malformed`]
    fn read_last(mut bytes: &[u8]) -> Result<Self::Owned, StorageError> {
        let key = Self::read_part(&mut bytes)?;
        if bytes.is_empty() { Ok(key) } else { Err(StorageError::Malformed) }
    }
}

/// Which prefixes a key has, and what remains below each.
pub trait Split<P>: Key {
    /// The part of the key below the prefix.
    type Rest: Key;
}

impl<A: Key, B: Key> Split<A> for (A, B) {
    type Rest = B;
}

impl<A: Key, B: Key, C: Key> Split<A> for (A, B, C) {
    type Rest = (B, C);
}

impl<A: Key, B: Key, C: Key> Split<(A, B)> for (A, B, C) {
    type Rest = C;
}

/// One byte of length, then the bytes.
pub(super) fn write_prefixed(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), StorageError> {
    let too_long = StorageError::KeyPartTooLong { got: bytes.len(), max: MAX_PART_BYTES };
    out.push(u8::try_from(bytes.len()).map_err(|_| too_long)?);
    out.extend_from_slice(bytes);
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], StorageError> {
    let (head, tail) = bytes.split_at_checked(len).ok_or(StorageError::Malformed)?;
    *bytes = tail;
    Ok(head)
}

fn text(bytes: &[u8]) -> Result<String, StorageError> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| StorageError::Malformed)
}

impl Key for &str {
    type Owned = String;

    fn write_part(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        write_prefixed(self.as_bytes(), out)
    }

    fn write_last(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        out.extend_from_slice(self.as_bytes());
        Ok(())
    }

    fn read_part(bytes: &mut &[u8]) -> Result<String, StorageError> {
        let (len, tail) = bytes.split_first().ok_or(StorageError::Malformed)?;
        *bytes = tail;
        text(take(bytes, usize::from(*len))?)
    }

    fn read_last(bytes: &[u8]) -> Result<String, StorageError> {
        text(bytes)
    }
}

macro_rules! fixed_width {
    ($($name:ty: $to:ident, $from:expr;)*) => {$(
        impl Key for $name {
            type Owned = Self;

            fn write_part(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
                out.extend_from_slice(self.$to().as_ref());
                Ok(())
            }

            fn read_part(bytes: &mut &[u8]) -> Result<Self, StorageError> {
                let head = take(bytes, size_of::<Self>())?;
                head.try_into().map($from).map_err(|_| StorageError::Malformed)
            }
        }
    )*};
}

fixed_width! {
    u8: to_be_bytes, u8::from_be_bytes;
    u32: to_be_bytes, u32::from_be_bytes;
    u64: to_be_bytes, u64::from_be_bytes;
    CodeHash: as_bytes, CodeHash::new;
    ContractId: as_bytes, ContractId::new;
    Digest: as_bytes, Digest::new;
    GrantHash: as_bytes, GrantHash::new;
    GrantId: as_bytes, GrantId::new;
    PatientHandle: as_bytes, PatientHandle::new;
    PublicKey: as_bytes, PublicKey::new;
}

impl<A: Key, B: Key> Key for (A, B) {
    type Owned = (A::Owned, B::Owned);

    fn write_part(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        self.0.write_part(out)?;
        self.1.write_part(out)
    }

    fn write_last(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        self.0.write_part(out)?;
        self.1.write_last(out)
    }

    fn read_part(bytes: &mut &[u8]) -> Result<Self::Owned, StorageError> {
        Ok((A::read_part(bytes)?, B::read_part(bytes)?))
    }

    fn read_last(mut bytes: &[u8]) -> Result<Self::Owned, StorageError> {
        Ok((A::read_part(&mut bytes)?, B::read_last(bytes)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    type Owned = (A::Owned, B::Owned, C::Owned);

    fn write_part(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        self.0.write_part(out)?;
        self.1.write_part(out)?;
        self.2.write_part(out)
    }

    fn write_last(&self, out: &mut Vec<u8>) -> Result<(), StorageError> {
        self.0.write_part(out)?;
        self.1.write_part(out)?;
        self.2.write_last(out)
    }

    fn read_part(bytes: &mut &[u8]) -> Result<Self::Owned, StorageError> {
        Ok((A::read_part(bytes)?, B::read_part(bytes)?, C::read_part(bytes)?))
    }

    fn read_last(mut bytes: &[u8]) -> Result<Self::Owned, StorageError> {
        Ok((A::read_part(&mut bytes)?, B::read_part(&mut bytes)?, C::read_last(bytes)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Triple<'a> = (PatientHandle, &'a str, &'a str);

    fn encode<K: Key>(key: K) -> Vec<u8> {
        let mut out = Vec::new();
        key.write_last(&mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn a_key_survives_its_encoding(patient: [u8; 32], a in ".{0,60}", b in ".{0,300}") {
            let bytes = encode((PatientHandle::new(patient), a.as_str(), b.as_str()));
            prop_assert_eq!(Triple::read_last(&bytes), Ok((PatientHandle::new(patient), a, b)));
        }

        #[test]
        fn two_keys_never_share_an_encoding(a in "[ab\0]{0,3}", b in "[ab\0]{0,3}", c in "[ab\0]{0,3}", d in "[ab\0]{0,3}") {
            let same = (&a, &b) == (&c, &d);
            prop_assert_eq!(encode((a.as_str(), b.as_str())) == encode((c.as_str(), d.as_str())), same);
        }

        #[test]
        fn garbage_does_not_panic(bytes: Vec<u8>) {
            let _ = Triple::read_last(&bytes);
            let _ = <(u64, &str, u32)>::read_last(&bytes);
        }

        #[test]
        fn integers_keep_their_order(a: u64, b: u64) {
            prop_assert_eq!(encode(a).cmp(&encode(b)), a.cmp(&b));
        }
    }

    #[test]
    fn only_the_last_part_may_be_long() {
        let long = "x".repeat(256);
        let error = (long.as_str(), "").write_last(&mut Vec::new());
        assert_eq!(error, Err(StorageError::KeyPartTooLong { got: 256, max: 255 }));
        assert_eq!(encode(("", long.as_str())).len(), 257);
    }
}
