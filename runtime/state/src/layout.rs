//! Places of records in the backend: a letter, then blinded names only.

use nectar_commitment::Key;

use crate::vault::Scope;

/// The head: the one record outside the set digest.
pub(crate) const HEAD: &[u8] = b"H";
/// Prefix of system records.
pub(crate) const SYSTEM_RECORDS: &[u8] = b"Y";

/// Length of a blinded namespace.
pub(crate) const NAMESPACE: usize = 16;

/// Manifest of a scope's key.
pub(crate) fn manifest(scope: &Scope, epoch: u32) -> Vec<u8> {
    [b"M", scope.as_slice(), &epoch.to_be_bytes()].concat()
}

/// Prefix of all contracts' records.
pub(crate) const CONTRACTS: &[u8] = b"C";

/// A contract's record.
pub(crate) fn contract(scope: &Scope) -> Vec<u8> {
    [CONTRACTS, scope].concat()
}

/// Prefix of a contract's state.
pub(crate) fn states(scope: &Scope) -> Vec<u8> {
    [b"S", scope.as_slice()].concat()
}

/// A state record.
pub(crate) fn state(scope: &Scope, key: &Key) -> Vec<u8> {
    [b"S", scope.as_slice(), key.as_bytes()].concat()
}

/// Prefix of a contract's grants.
pub(crate) fn grants(scope: &Scope) -> Vec<u8> {
    [b"G", scope.as_slice()].concat()
}

/// A grant's record.
pub(crate) fn grant(scope: &Scope, key: &Key) -> Vec<u8> {
    [b"G", scope.as_slice(), key.as_bytes()].concat()
}

/// Prefix of a namespace's system records.
pub(crate) fn namespace(ns: &[u8; NAMESPACE]) -> Vec<u8> {
    [SYSTEM_RECORDS, ns].concat()
}

/// A system record.
pub(crate) fn system(ns: &[u8; NAMESPACE], key: &Key) -> Vec<u8> {
    [SYSTEM_RECORDS, ns, key.as_bytes()].concat()
}
