//! Fixed layouts for MicroSpartan's proof and verifier key.
//!
//! nova-snark keeps their fields to itself and offers serde only. Its encoding (bincode with fixed integers, feature
//! `evm`) writes coordinates and scalars as 32 bytes, big-endian, between lengths of 8 bytes, little-endian. All
//! lengths follow from the number of sum-check rounds, so the layouts here are those bytes without the lengths.

use nectar_commitment::{Fr, from_bytes};
use nova_snark::errors::NovaError;
use nova_snark::traits::snark::{DigestHelperTrait, RelaxedR1CSSNARKTrait};

use super::pairing::{G2_LEN, g2_from_bytes, g2_to_bytes};
use super::points::{POINT_LEN, point_from_bytes};
use super::quiet::quietly;
use super::{RelaxedInstance, Snark, SnarkVerifierKey};

/// Coefficients of a cubic round polynomial that a proof holds: all but the linear one.
const COEFFICIENTS: usize = 3;
/// Points of the matrices' commitment: row, col, A, B, C, row and column timestamps.
const MATRIX_POINTS: usize = 7;
/// Points of Mercury's opening: h, g, q, s, d, quotient of f, w, w'.
const OPENING_POINTS: usize = 8;
/// Its evaluations: g, h, s, each at zeta and at 1 / zeta.
const OPENING_SCALARS: usize = 6;

/// Rounds of the two sum-checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds {
    /// Over the constraints.
    pub outer: u8,
    /// Over the nonzeros of the matrices.
    pub inner: u8,
}

impl Rounds {
    /// Most rounds that decoders accept.
    pub const MAX: u8 = 28;

    fn valid(self) -> bool {
        (1..=self.inner).contains(&self.outer) && self.inner <= Self::MAX
    }
}

enum Segment {
    Length(u64),
    Points(usize),
    Scalars(usize),
}

fn layout(rounds: Rounds) -> Vec<Segment> {
    let (outer, inner) = (usize::from(rounds.outer), usize::from(rounds.inner));
    let mut segments = vec![Segment::Points(6)];
    let sum_check = |segments: &mut Vec<Segment>, rounds: usize| {
        segments.push(Segment::Length(rounds as u64));
        for _ in 0..rounds {
            segments.push(Segment::Length(COEFFICIENTS as u64));
            segments.push(Segment::Scalars(COEFFICIENTS));
        }
    };
    sum_check(&mut segments, outer);
    segments.push(Segment::Scalars(4));
    sum_check(&mut segments, inner);
    segments.push(Segment::Scalars(15));
    segments.push(Segment::Points(OPENING_POINTS));
    segments.push(Segment::Scalars(OPENING_SCALARS));
    segments
}

/// A MicroSpartan proof with its bytes: lengths, scalars and points checked.
#[derive(Clone)]
pub struct Argument {
    rounds: Rounds,
    bytes: Vec<u8>,
    snark: Snark,
}

impl PartialEq for Argument {
    fn eq(&self, other: &Self) -> bool {
        self.rounds == other.rounds && self.bytes == other.bytes
    }
}

impl Eq for Argument {}

impl std::fmt::Debug for Argument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Argument").field("rounds", &self.rounds).finish_non_exhaustive()
    }
}

impl Argument {
    /// Bytes of a proof with these rounds.
    pub fn encoded_len(rounds: Rounds) -> usize {
        layout(rounds)
            .iter()
            .map(|segment| match segment {
                Segment::Length(_) => 0,
                Segment::Points(n) => n * POINT_LEN,
                Segment::Scalars(n) => n * 32,
            })
            .sum()
    }

    /// Lays a proof out; `None` if it has not these rounds or holds an identity point.
    pub fn new(rounds: Rounds, snark: &Snark) -> Option<Self> {
        let encoded = bincode::serde::encode_to_vec(snark, bincode::config::legacy()).ok()?;
        let mut rest = encoded.as_slice();
        let mut bytes = Vec::with_capacity(Self::encoded_len(rounds));
        for segment in layout(rounds) {
            match segment {
                Segment::Length(expected) => (take(&mut rest, 8)? == expected.to_le_bytes()).then_some(())?,
                Segment::Points(n) => bytes.extend(take(&mut rest, n * POINT_LEN)?),
                Segment::Scalars(n) => bytes.extend(take(&mut rest, n * 32)?),
            }
        }
        if !rest.is_empty() {
            return None;
        }
        Self::decode(rounds, &bytes)
    }

    /// Reads [`Self::encode`]; `None` for anything else: other lengths, scalars that are not reduced, points that are
    /// not on the curve, the identity.
    pub fn decode(rounds: Rounds, bytes: &[u8]) -> Option<Self> {
        if !rounds.valid() || bytes.len() != Self::encoded_len(rounds) {
            return None;
        }
        let mut rest = bytes;
        let mut full = Vec::with_capacity(bytes.len() + 8 * (2 * usize::from(rounds.inner) + 4));
        for segment in layout(rounds) {
            match segment {
                Segment::Length(length) => full.extend(length.to_le_bytes()),
                Segment::Points(n) => {
                    for _ in 0..n {
                        let point = take(&mut rest, POINT_LEN)?;
                        point_from_bytes(point.try_into().ok()?)?;
                        full.extend(point);
                    }
                }
                Segment::Scalars(n) => {
                    for _ in 0..n {
                        let scalar = take(&mut rest, 32)?;
                        from_bytes(scalar.try_into().ok()?)?;
                        full.extend(scalar);
                    }
                }
            }
        }
        let (snark, read) = bincode::serde::decode_from_slice(&full, bincode::config::legacy()).ok()?;
        (read == full.len()).then(|| Self { rounds, bytes: bytes.to_vec(), snark })
    }

    /// The bytes.
    pub fn encode(&self) -> &[u8] {
        &self.bytes
    }

    /// Rounds of its sum-checks.
    pub fn rounds(&self) -> Rounds {
        self.rounds
    }

    /// Checks the argument for an instance.
    ///
    /// # Errors
    /// [`NovaError`] if it does not hold.
    pub fn verify(&self, key: &SnarkVerifierKey, instance: &RelaxedInstance) -> Result<(), NovaError> {
        self.snark.verify(key, instance)
    }
}

/// What MicroSpartan's verifier key consists of, beside the generators.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SnarkKeyParts {
    /// Logarithm of the padded number of constraints.
    pub constraints: u8,
    /// Logarithm of the padded number of variables.
    pub variables: u8,
    /// Logarithm of the padded number of nonzeros.
    pub nonzeros: u8,
    /// `tau` times the generator of the second group: x.c0, x.c1, y.c0, y.c1.
    pub tau: [u8; G2_LEN],
    /// Commitments to rows, columns, values of A, B, C, row and column timestamps.
    pub matrices: [[u8; POINT_LEN]; MATRIX_POINTS],
}

impl std::fmt::Debug for SnarkKeyParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { constraints, variables, nonzeros, .. } = self;
        let sizes = [constraints, variables, nonzeros];
        f.debug_struct("SnarkKeyParts").field("logarithms", &sizes).finish_non_exhaustive()
    }
}

/// The generator of the second group, as [`SnarkKeyParts::tau`].
fn g2_generator() -> Option<[u8; G2_LEN]> {
    use nova_snark::provider::traits::{DlogGroup, PairingGroup};
    g2_to_bytes(&<super::Point as PairingGroup>::G2::r#gen().affine())
}

/// The circuit's nine public inputs and the constant one lie in the upper half of the columns: nova-snark's evaluation of
/// that half takes no fewer.
const MIN_VARIABLES: u8 = 5;

impl SnarkKeyParts {
    /// Takes a key apart; `None` if it is none that nova-snark 0.76 sets up.
    pub fn of(key: &SnarkVerifierKey) -> Option<Self> {
        let encoded = bincode::serde::encode_to_vec(key, bincode::config::legacy()).ok()?;
        let mut rest = encoded.as_slice();
        let constraints = logarithm(take(&mut rest, 8)?)?;
        let variables = logarithm(take(&mut rest, 8)?)?;
        take(&mut rest, POINT_LEN + G2_LEN)?;
        let tau = take(&mut rest, G2_LEN)?.try_into().ok()?;
        let nonzeros = logarithm(take(&mut rest, 8)?)?;
        let mut matrices = [[0; POINT_LEN]; MATRIX_POINTS];
        for point in &mut matrices {
            *point = take(&mut rest, POINT_LEN)?.try_into().ok()?;
        }
        rest.is_empty().then_some(Self { constraints, variables, nonzeros, tau, matrices })
    }

    /// Puts a key together; `None` if sizes do not fit each other, or a point is none of its group or the identity.
    pub fn key(&self) -> Option<SnarkVerifierKey> {
        let rounds = self.rounds();
        if !rounds.valid() || self.variables < MIN_VARIABLES || self.variables >= self.nonzeros {
            return None;
        }
        if self.tau.iter().all(|byte| *byte == 0) {
            return None;
        }
        let mut full = Vec::new();
        full.extend(power(self.constraints));
        full.extend(power(self.variables));
        full.extend(super::points::point_to_bytes(&super::generator()));
        full.extend(g2_generator()?);
        full.extend(self.tau);
        full.extend(power(self.nonzeros));
        for point in &self.matrices {
            point_from_bytes(point)?;
            full.extend(point);
        }
        let decode = || bincode::serde::decode_from_slice(&full, bincode::config::legacy());
        let (key, read) = quietly(decode).ok()?;
        (read == full.len()).then_some(key)
    }

    /// `tau` as a point. That it is in the second group, [`Self::key`] has seen to.
    pub fn tau(&self) -> Option<super::G2Affine> {
        g2_from_bytes(&self.tau)
    }

    /// Rounds of the sum-checks of its proofs.
    pub fn rounds(&self) -> Rounds {
        Rounds { outer: self.constraints, inner: self.nonzeros }
    }
}

/// What MicroSpartan's transcript starts with: nova-snark's SHA3-256 of its own encoding of the key, 250 bits.
///
/// The chain cannot compute it, so [`super`]'s users carry it along with the key.
pub fn transcript_digest(key: &SnarkVerifierKey) -> Fr {
    key.digest()
}

fn power(logarithm: u8) -> [u8; 8] {
    1u64.checked_shl(u32::from(logarithm)).unwrap_or_default().to_le_bytes()
}

fn logarithm(bytes: &[u8]) -> Option<u8> {
    let size = u64::from_le_bytes(bytes.try_into().ok()?);
    size.is_power_of_two().then(|| u8::try_from(size.trailing_zeros()).ok()).flatten()
}

fn take<'a>(rest: &mut &'a [u8], n: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(n)?;
    *rest = tail;
    Some(head)
}

/// `sum of scalar * point`, in variable time: for public values.
pub fn combine(terms: &[(Fr, super::Affine)]) -> super::Point {
    use nova_snark::provider::traits::DlogGroupExt;
    let (scalars, points): (Vec<Fr>, Vec<super::Affine>) = terms.iter().copied().unzip();
    super::Point::vartime_multiscalar_mul(&scalars, &points)
}
