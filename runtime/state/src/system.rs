use nectar_abi::limits::MAX_KEY_BYTES;
use zeroize::Zeroizing;

use crate::backend::{Backend, Pair};
use crate::error::{Part, StateError};
use crate::layout::{self, NAMESPACE};
use crate::reader::{Reader, put_bytes};
use crate::vault::Vault;

/// Largest value of a system record, in bytes.
pub const MAX_SYSTEM_VALUE: usize = 64 * 1024 * 1024;

/// Where a system record lies: its name and its namespace's are blinded.
pub(crate) fn place(vault: &Vault, ns: &str, key: &[u8]) -> Vec<u8> {
    layout::system(&namespace(vault, ns), &Vault::blind(vault, ns, key))
}

pub(crate) fn check(key: &[u8], value: &[u8]) -> Result<(), StateError> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StateError::KeyTooLong { got: key.len() });
    }
    if value.len() > MAX_SYSTEM_VALUE {
        return Err(StateError::SystemValueTooLong { got: value.len() });
    }
    Ok(())
}

/// Key behind its length, then the value.
pub(crate) fn encode(key: &[u8], value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(4 + key.len() + value.len()));
    put_bytes(&mut out, key);
    out.extend_from_slice(value);
    out
}

/// One system record, decrypted.
pub(crate) fn get(
    backend: &dyn Backend,
    vault: &Vault,
    ns: &str,
    key: &[u8],
) -> Result<Option<Vec<u8>>, StateError> {
    let at = place(vault, ns, key);
    let Some(stored) = backend.get(&at)? else { return Ok(None) };
    let (found, value) = open(vault, &at, &stored)?;
    if found == key { Ok(Some(value)) } else { Err(StateError::Tampered(Part::System)) }
}

/// All records of a namespace in order of their keys.
pub(crate) fn scan(backend: &dyn Backend, vault: &Vault, ns: &str) -> Result<Vec<Pair>, StateError> {
    let mut found = backend
        .scan_prefix(&layout::namespace(&namespace(vault, ns)))
        .map(|pair| {
            let (at, stored) = pair?;
            open(vault, &at, &stored)
        })
        .collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn open(vault: &Vault, at: &[u8], stored: &[u8]) -> Result<Pair, StateError> {
    let (_, body) = vault.decrypt(at, stored, Part::System)?;
    let mut reader = Reader::new(&body);
    let key = reader.bytes(MAX_KEY_BYTES).ok_or(StateError::Tampered(Part::System))?;
    Ok((key.to_vec(), reader.rest().to_vec()))
}

fn namespace(vault: &Vault, ns: &str) -> [u8; NAMESPACE] {
    let mut out = [0; NAMESPACE];
    out.iter_mut().zip(vault.mac("namespace", &[ns.as_bytes()])).for_each(|(to, from)| *to = from);
    out
}
