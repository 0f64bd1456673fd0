//! Who takes part: a key each, made for this run and forgotten after it.

use nectar_abi::{PatientHandle, tagged_hash};
use nectar_capability::{SigningKey, random_bytes};
use zeroize::Zeroizing;

use crate::error::CliError;

/// Everyone's keys, and the hospital's secret.
#[derive(Debug)]
pub(super) struct People {
    pub(super) hospital: SigningKey,
    pub(super) patient: SigningKey,
    pub(super) clinician: SigningKey,
    pub(super) lab: SigningKey,
    pub(super) locum: SigningKey,
    pub(super) researcher: SigningKey,
    pub(super) insurer: SigningKey,
    pub(super) auditor: SigningKey,
    pub(super) operator: SigningKey,
    /// The node's identity.
    pub(super) dsp: SigningKey,
    salt: Salt,
}

/// What makes patient handles unguessable.
struct Salt(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl People {
    pub(super) fn new() -> Result<Self, CliError> {
        let failed = |e: nectar_capability::EntropyError| CliError::failed("making keys")(e.into());
        let key = || SigningKey::generate().map_err(failed);
        Ok(Self {
            hospital: key()?,
            patient: key()?,
            clinician: key()?,
            lab: key()?,
            locum: key()?,
            researcher: key()?,
            insurer: key()?,
            auditor: key()?,
            operator: key()?,
            dsp: key()?,
            salt: Salt(Zeroizing::new(random_bytes().map_err(failed)?)),
        })
    }

    /// A patient as contracts know them: a hash of the hospital's id under its secret.
    pub(super) fn handle(&self, id: &str) -> PatientHandle {
        PatientHandle::new(tagged_hash("nectar/patient/v1", &[self.salt.0.as_slice(), id.as_bytes()]))
    }
}
