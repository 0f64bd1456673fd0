use nectar_circuit::engine::{
    Affine, G2Affine, POINT_LEN, SnarkKeyParts, SnarkVerifierKey, g2_times, g2_to_bytes, hiding_generator,
    point_to_bytes, transcript_digest,
};
use nectar_commitment::{Fr, to_bytes};

use crate::reader::Reader;
use crate::transcript::{Digest, challenge, keccak};
use crate::{DecodeError, Kind};

/// What the powers of tau come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setup {
    /// INSECURE: tau is hashed from a public label, so that anyone can forge proofs. For development chains only.
    Development,
    /// A Powers-of-Tau ceremony.
    PowersOfTau,
}

impl std::fmt::Display for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Development => "development (insecure)",
            Self::PowersOfTau => "powers of tau",
        })
    }
}

/// What the development setup's tau is hashed from.
pub const DEVELOPMENT_LABEL: &[u8] = b"nectar development setup: insecure, everybody knows this tau";

/// The development setup's tau. Known to everybody: proofs under it convince nobody.
pub fn development_tau() -> Fr {
    challenge(&keccak(&[DEVELOPMENT_LABEL]))
}

/// What [`development_key`] reads. Made anew by `nectar l1 verifier-key` when a circuit changes.
const DEVELOPMENT_KEY: &[u8] = include_bytes!("../keys/development.nvky");
const DEVELOPMENT_EXECUTION_KEY: &[u8] = include_bytes!("../keys/development-execution.nvky");

/// The verifier key of the INSECURE development setup of the circuit in use for this kind of proof. It follows from public
/// values alone, but takes seconds to make; so its bytes are kept.
///
/// # Panics
/// Never: a test reads the same bytes, and another makes them.
pub fn development_key(kind: Kind) -> VerifierKey {
    let bytes = match kind {
        Kind::State => DEVELOPMENT_KEY,
        Kind::Execution => DEVELOPMENT_EXECUTION_KEY,
    };
    VerifierKey::decode(bytes).expect("the bytes are a key")
}

const MAGIC: [u8; 4] = *b"NVKY";
const VERSION: u8 = 3;

/// What a verifier knows of the circuit and the setup.
#[derive(Clone)]
pub struct VerifierKey {
    setup: Setup,
    slots: u32,
    /// Zero for one phase.
    first_variables: u32,
    parts: SnarkKeyParts,
    snark: SnarkVerifierKey,
    tau: G2Affine,
    hiding: Affine,
    digest: Digest,
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for VerifierKey {}

impl std::fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifierKey")
            .field("setup", &self.setup)
            .field("kind", &self.kind())
            .field("slots", &self.slots)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

impl VerifierKey {
    /// Length of [`Self::encode`].
    pub const ENCODED_LEN: usize = 18 + 128 + 8 * POINT_LEN + 32;

    /// Wraps MicroSpartan's key for a circuit of state.
    ///
    /// # Errors
    /// [`DecodeError::Key`] if the sizes or points do not fit each other, or the setup is not what it is called: the
    /// development tau is never a ceremony's.
    pub fn new(setup: Setup, slots: u32, parts: SnarkKeyParts) -> Result<Self, DecodeError> {
        Self::with_phases(setup, slots, 0, parts)
    }

    /// The same for a circuit of execution, with this many variables in the first phase: at least one, and fewer than all.
    ///
    /// # Errors
    /// [`DecodeError::Key`], also if there are no variables of one phase.
    pub fn phased(
        setup: Setup,
        slots: u32,
        first_variables: u32,
        parts: SnarkKeyParts,
    ) -> Result<Self, DecodeError> {
        if first_variables == 0 {
            return Err(DecodeError::Key);
        }
        Self::with_phases(setup, slots, first_variables, parts)
    }

    fn with_phases(
        setup: Setup,
        slots: u32,
        first_variables: u32,
        parts: SnarkKeyParts,
    ) -> Result<Self, DecodeError> {
        let snark = parts.key().ok_or(DecodeError::Key)?;
        let tau = parts.tau().ok_or(DecodeError::Key)?;
        let development = g2_to_bytes(&g2_times(&development_tau())) == Some(parts.tau);
        let variables = 1u32.checked_shl(parts.variables.into()).ok_or(DecodeError::Key)?;
        if development != (setup == Setup::Development) || slots == 0 || first_variables >= variables {
            return Err(DecodeError::Key);
        }
        let (hiding, digest) = (hiding_generator(), Digest::default());
        let mut key = Self { setup, slots, first_variables, parts, snark, tau, hiding, digest };
        key.digest = keccak(&[&key.encode()]);
        Ok(key)
    }

    /// What its proofs are about.
    pub fn kind(&self) -> Kind {
        if self.first_variables == 0 { Kind::State } else { Kind::Execution }
    }

    /// Variables of a chunk's first phase; 0 if there is only one.
    pub fn first_variables(&self) -> u32 {
        self.first_variables
    }

    /// Tau in the second group.
    pub fn tau(&self) -> &G2Affine {
        &self.tau
    }

    /// Whether the setup is a secure one. The digest binds it.
    pub fn setup_kind(&self) -> Setup {
        self.setup
    }

    /// Slots of a chunk.
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// Keccak-256 over [`Self::encode`].
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Sizes and points, as a verifier elsewhere needs them.
    pub fn parts(&self) -> &SnarkKeyParts {
        &self.parts
    }

    /// MicroSpartan's key.
    pub fn snark(&self) -> &SnarkVerifierKey {
        &self.snark
    }

    /// The generator of blinds.
    pub fn hiding(&self) -> &Affine {
        &self.hiding
    }

    /// Canonical bytes, all integers big-endian: `NVKY`, version (1), setup (1; 0 is insecure), kind (1), slots (4),
    /// variables of the first phase (4), logarithms of constraints, variables, nonzeros (1 each), tau in the second group
    /// (128), generator of blinds (64), seven commitments to the matrices (64 each), what MicroSpartan's transcript starts
    /// with (32).
    pub fn encode(&self) -> Vec<u8> {
        let setup = match self.setup {
            Setup::Development => 0,
            Setup::PowersOfTau => 1,
        };
        let SnarkKeyParts { constraints, variables, nonzeros, tau, matrices } = &self.parts;
        let mut out = Vec::with_capacity(Self::ENCODED_LEN);
        out.extend(MAGIC);
        out.extend([VERSION, setup, self.kind().byte()]);
        out.extend(self.slots.to_be_bytes());
        out.extend(self.first_variables.to_be_bytes());
        out.extend([*constraints, *variables, *nonzeros]);
        out.extend(tau);
        out.extend(point_to_bytes(&self.hiding));
        out.extend(matrices.iter().flatten());
        out.extend(to_bytes(&transcript_digest(&self.snark)));
        out
    }

    /// Reads [`Self::encode`] and nothing else.
    ///
    /// # Errors
    /// [`DecodeError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(MAGIC, VERSION, "Nectar verifier key")?;
        if bytes.len() != Self::ENCODED_LEN {
            return Err(DecodeError::Length { expected: Self::ENCODED_LEN, got: bytes.len() });
        }
        let setup = match reader.byte()? {
            0 => Setup::Development,
            1 => Setup::PowersOfTau,
            _ => return Err(DecodeError::Key),
        };
        let got = reader.byte()?;
        let kind = Kind::from_byte(got).ok_or(DecodeError::Kind { got })?;
        let (slots, first_variables) = (reader.u32()?, reader.u32()?);
        let (constraints, variables, nonzeros) = (reader.byte()?, reader.byte()?, reader.byte()?);
        let tau = reader.array()?;
        let hiding = reader.point()?;
        let mut matrices = [[0; POINT_LEN]; 7];
        for point in &mut matrices {
            *point = reader.array()?;
        }
        let transcript = reader.scalar()?;
        let parts = SnarkKeyParts { constraints, variables, nonzeros, tau, matrices };
        let key = Self::with_phases(setup, slots, first_variables, parts)?;
        // All three follow from the rest; verifiers that cannot derive the last two read them here.
        if key.kind() != kind || key.hiding != hiding || transcript_digest(&key.snark) != transcript {
            return Err(DecodeError::Key);
        }
        Ok(key)
    }
}
