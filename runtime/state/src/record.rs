use nectar_abi::limits::{MAX_KEY_BYTES, MAX_VALUE_BYTES};
use nectar_abi::{ContractId, GrantHash};
use nectar_commitment::{Domain, Fr, Key, from_u64, hash_bytes, hash4, to_bytes};
use zeroize::Zeroizing;

use crate::reader::{Reader, put_bytes};
use crate::vault::Stamp;

/// What the store was after its last commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) network: u64,
    pub(crate) sequence: u64,
    pub(crate) root: Fr,
    /// Sum of the stamps of all other records.
    pub(crate) digest: Stamp,
}

impl Head {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(80);
        out.extend_from_slice(&self.network.to_be_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&to_bytes(&self.root));
        out.extend_from_slice(&self.digest);
        out
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (network, sequence) = (reader.u64()?, reader.u64()?);
        let (root, digest) = (reader.element()?, reader.array()?);
        reader.end()?;
        Some(Self { network, sequence, root, digest })
    }
}

/// A contract: what its entry in the network hides besides its trees.
pub(crate) struct ContractRecord {
    /// Place in the order of creation.
    pub(crate) position: u32,
    pub(crate) id: ContractId,
    pub(crate) program: Fr,
    pub(crate) salt: Fr,
}

impl ContractRecord {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(100);
        out.extend_from_slice(&self.position.to_be_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&to_bytes(&self.program));
        out.extend_from_slice(&to_bytes(&self.salt));
        out
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (position, id) = (reader.u32()?, ContractId::new(reader.array()?));
        let (program, salt) = (reader.element()?, reader.element()?);
        reader.end()?;
        Some(Self { position, id, program, salt })
    }
}

/// One key of a contract's state. The key stays when the value is removed; the salt is then zero.
pub(crate) struct StateRecord<'a> {
    /// Place in the order of insertion.
    pub(crate) leaf: u32,
    /// What the tree holds: zero if the value was removed.
    pub(crate) commitment: Fr,
    pub(crate) salt: Fr,
    pub(crate) key: &'a [u8],
    pub(crate) value: Option<&'a [u8]>,
}

impl<'a> StateRecord<'a> {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let len = 80 + self.key.len() + self.value.map_or(0, <[u8]>::len);
        let mut out = Zeroizing::new(Vec::with_capacity(len));
        out.extend_from_slice(&self.leaf.to_be_bytes());
        out.extend_from_slice(&to_bytes(&self.commitment));
        out.extend_from_slice(&to_bytes(&self.salt));
        put_bytes(&mut out, self.key);
        out.push(u8::from(self.value.is_some()));
        out.extend_from_slice(self.value.unwrap_or_default());
        out
    }

    pub(crate) fn decode(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (leaf, commitment, salt) = (reader.u32()?, reader.element()?, reader.element()?);
        let key = reader.bytes(MAX_KEY_BYTES)?;
        let present = reader.byte()?;
        let rest = reader.rest();
        let value = match present {
            1 if rest.len() <= MAX_VALUE_BYTES => Some(rest),
            0 if rest.is_empty() => None,
            _ => return None,
        };
        Some(Self { leaf, commitment, salt, key, value })
    }
}

/// One grant of a contract.
pub(crate) struct GrantRecord {
    /// Place in the order of registration.
    pub(crate) leaf: u32,
    pub(crate) grant: GrantHash,
    /// What the tree holds: zero if revoked.
    pub(crate) commitment: Fr,
    pub(crate) salt: [u8; 32],
    pub(crate) active: bool,
}

impl GrantRecord {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(104);
        out.extend_from_slice(&self.leaf.to_be_bytes());
        out.extend_from_slice(self.grant.as_bytes());
        out.extend_from_slice(&to_bytes(&self.commitment));
        out.extend_from_slice(&self.salt);
        out.push(u8::from(self.active));
        out
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (leaf, grant) = (reader.u32()?, GrantHash::new(reader.array()?));
        let (commitment, salt) = (reader.element()?, reader.array()?);
        let active = match reader.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        reader.end()?;
        Some(Self { leaf, grant, commitment, salt, active })
    }
}

/// A contract's key in its network: the first 31 bytes of its id, which is a salted hash.
pub fn contract_key(id: &ContractId) -> Key {
    Key::from_digest(id.as_bytes())
}

/// A grant's key in its contract's grant tree: the first 31 bytes of its hash.
pub fn grant_key(grant: &GrantHash) -> Key {
    Key::from_digest(grant.as_bytes())
}

/// `Poseidon(Grant, hash of the grant hash's 32 bytes, salt high, salt low, 0)`
pub fn grant_commitment(salt: &[u8; 32], grant: &GrantHash) -> Fr {
    let (high, low) = halves(salt);
    hash4(Domain::Grant, [hash_bytes(grant.as_bytes()), high, low, from_u64(0)])
}

fn halves(salt: &[u8; 32]) -> (Fr, Fr) {
    let (high, low) = salt.split_at(16);
    let element = |half: &[u8]| {
        let mut wide = [0; 31];
        wide.iter_mut().skip(15).zip(half).for_each(|(to, from)| *to = *from);
        Key::new(wide).to_field()
    };
    (element(high), element(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn records_survive_their_bytes() {
        let head = Head { network: 1, sequence: 9, root: from_u64(5), digest: [3; 32] };
        assert!(Head::decode(&head.encode()) == Some(head));
        let (key, value) = (b"key".as_slice(), b"value".as_slice());
        for value in [Some(value), Some(b"".as_slice()), None] {
            let record = StateRecord { leaf: 4, commitment: from_u64(6), salt: from_u64(8), key, value };
            let bytes = record.encode();
            let again = StateRecord::decode(&bytes).unwrap();
            assert_eq!((again.leaf, again.commitment, again.salt), (4, from_u64(6), from_u64(8)));
            assert_eq!((again.key, again.value), (key, value));
        }
    }

    #[test]
    fn both_halves_of_the_salt_and_the_grant_are_committed() {
        let mut salts = [[0; 32], [0; 32], [0; 32]];
        (salts[1][0], salts[2][31]) = (1, 1);
        let grant = GrantHash::new([1; 32]);
        let mut seen: Vec<Fr> = salts.iter().map(|salt| grant_commitment(salt, &grant)).collect();
        seen.push(grant_commitment(&salts[0], &GrantHash::new([2; 32])));
        for (i, one) in seen.iter().enumerate() {
            assert!(seen.iter().skip(i + 1).all(|other| other != one));
        }
        let mut half = [0; 32];
        half[15] = 2;
        assert_eq!(halves(&half), (from_u64(2), from_u64(0)));
    }

    proptest! {
        #[test]
        fn garbage_is_refused_or_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Head::decode(&bytes).is_none_or(|r| r.encode() == bytes));
            prop_assert!(ContractRecord::decode(&bytes).is_none_or(|r| r.encode() == bytes));
            prop_assert!(GrantRecord::decode(&bytes).is_none_or(|r| r.encode() == bytes));
            prop_assert!(StateRecord::decode(&bytes).is_none_or(|r| *r.encode() == bytes));
        }
    }
}
