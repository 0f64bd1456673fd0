use nectar_commitment::{Fr, Key};

use crate::error::StateError;

/// Random bytes of the operating system.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], StateError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StateError::Entropy)?;
    Ok(bytes)
}

/// A random element of 248 bits: a salt.
pub(crate) fn random_element() -> Result<Fr, StateError> {
    Ok(Key::new(random_bytes()?).to_field())
}
