use ff::PrimeField;

/// The scalar field of BN254: what commitments, roots and circuits are made of.
pub type Fr = halo2curves::bn256::Fr;

/// 32 bytes, big-endian, always below the modulus.
pub fn to_bytes(value: &Fr) -> [u8; 32] {
    let mut bytes: [u8; 32] = value.to_repr().into();
    bytes.reverse();
    bytes
}

/// Reads 32 bytes, big-endian; `None` unless they are below the modulus, so that an element has one encoding.
pub fn from_bytes(bytes: &[u8; 32]) -> Option<Fr> {
    let mut little = *bytes;
    little.reverse();
    Fr::from_repr(little.into()).into()
}

/// The element with this value.
pub fn from_u64(value: u64) -> Fr {
    Fr::from(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_element_has_one_encoding(bytes: [u8; 32]) {
            if let Some(value) = from_bytes(&bytes) {
                prop_assert_eq!(to_bytes(&value), bytes);
            }
        }
    }

    #[test]
    fn the_modulus_itself_is_refused() {
        let mut modulus = to_bytes(&-Fr::from(1));
        modulus[31] += 1;
        assert_eq!(from_bytes(&modulus), None);
        assert_eq!(from_bytes(&[0xff; 32]), None);
    }
}
