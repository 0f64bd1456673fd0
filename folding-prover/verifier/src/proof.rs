use nectar_circuit::PUBLIC_INPUTS;
use nectar_circuit::engine::{Affine, Argument, POINT_LEN, Rounds, point_to_bytes};
use nectar_commitment::{Fr, to_bytes};

use crate::DecodeError;
use crate::reader::Reader;

/// Most chunks of one proof.
pub const MAX_CHUNKS: u32 = 4096;

const MAGIC: [u8; 4] = *b"NPRF";
const VERSION: u8 = 2;
const SCALAR_LEN: usize = 32;
/// Magic, version, rounds, number of chunks.
const HEADER_LEN: usize = 11;

/// The random relaxed instance that hides the folded witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomInstance {
    /// Commitment to its witness.
    pub comm_w: Affine,
    /// Commitment to its error term.
    pub comm_e: Affine,
    /// Its scalar.
    pub u: Fr,
    /// Its public inputs.
    pub x: [Fr; PUBLIC_INPUTS],
}

/// A proof that a batch took its pre-root to its post-root. Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Commitments to the registers before each chunk, and after the last: one more than there are chunks.
    pub boundaries: Vec<Fr>,
    /// Commitments to the chunks' witnesses.
    pub witnesses: Vec<Affine>,
    /// Commitments to the cross terms, in the order in which [`crate::FoldTree`] merges: one fewer than chunks.
    pub cross_terms: Vec<Affine>,
    /// The random instance.
    pub random: RandomInstance,
    /// Commitment to the cross term of folding it in.
    pub random_cross_term: Affine,
    /// Blind of the folded witness commitment.
    pub blind_w: Fr,
    /// Blind of the folded error commitment.
    pub blind_e: Fr,
    /// MicroSpartan's argument that the folded instance, without its blinds, has a witness.
    pub argument: Argument,
}

impl Proof {
    /// Number of chunks.
    pub fn chunks(&self) -> usize {
        self.witnesses.len()
    }

    /// Canonical bytes, all integers big-endian: `NPRF`, version (1), outer rounds (1), inner rounds (1), chunks (4),
    /// boundaries (32 each), witness commitments (64 each), cross terms (64 each), random instance (64 + 64 + 32 + 9 *
    /// 32), its cross term (64), blinds (32 + 32), argument.
    pub fn encode(&self) -> Vec<u8> {
        let rounds = self.argument.rounds();
        let chunks = u32::try_from(self.chunks()).unwrap_or(u32::MAX);
        let mut out = Vec::with_capacity(encoded_len(self.chunks(), rounds));
        out.extend(MAGIC);
        out.extend([VERSION, rounds.outer, rounds.inner]);
        out.extend(chunks.to_be_bytes());
        self.boundaries.iter().for_each(|scalar| out.extend(to_bytes(scalar)));
        let points = self.witnesses.iter().chain(&self.cross_terms);
        points.chain([&self.random.comm_w, &self.random.comm_e]).for_each(|p| out.extend(point_to_bytes(p)));
        out.extend(to_bytes(&self.random.u));
        self.random.x.iter().for_each(|scalar| out.extend(to_bytes(scalar)));
        out.extend(point_to_bytes(&self.random_cross_term));
        out.extend(to_bytes(&self.blind_w));
        out.extend(to_bytes(&self.blind_e));
        out.extend(self.argument.encode());
        out
    }

    /// Reads [`Self::encode`] and nothing else.
    ///
    /// # Errors
    /// [`DecodeError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.header(MAGIC, VERSION, "Nectar proof")?;
        let rounds = Rounds { outer: reader.byte()?, inner: reader.byte()? };
        let got = reader.u32()?;
        if !(1..=MAX_CHUNKS).contains(&got) {
            return Err(DecodeError::Chunks { got });
        }
        if rounds.outer > Rounds::MAX || rounds.inner > Rounds::MAX {
            return Err(DecodeError::Argument);
        }
        let chunks = usize::try_from(got).map_err(|_| DecodeError::Chunks { got })?;
        let expected = encoded_len(chunks, rounds);
        if bytes.len() != expected {
            return Err(DecodeError::Length { expected, got: bytes.len() });
        }
        let boundaries = (0..=chunks).map(|_| reader.scalar()).collect::<Result<_, _>>()?;
        let witnesses = (0..chunks).map(|_| reader.point()).collect::<Result<_, _>>()?;
        let cross_terms = (1..chunks).map(|_| reader.point()).collect::<Result<_, _>>()?;
        let (comm_w, comm_e, u) = (reader.point()?, reader.point()?, reader.scalar()?);
        let mut x = [Fr::default(); PUBLIC_INPUTS];
        for scalar in &mut x {
            *scalar = reader.scalar()?;
        }
        let random_cross_term = reader.point()?;
        let (blind_w, blind_e) = (reader.scalar()?, reader.scalar()?);
        let argument = reader.bytes(Argument::encoded_len(rounds))?;
        let argument = Argument::decode(rounds, argument).ok_or(DecodeError::Argument)?;
        let random = RandomInstance { comm_w, comm_e, u, x };
        Ok(Self { boundaries, witnesses, cross_terms, random, random_cross_term, blind_w, blind_e, argument })
    }
}

/// Saturates; callers have bounded the number of chunks.
fn encoded_len(chunks: usize, rounds: Rounds) -> usize {
    // Per chunk: a boundary, a witness commitment, a cross term; one boundary more and one cross term fewer, which the
    // random instance's makes up for.
    let per_chunk = SCALAR_LEN.saturating_add(POINT_LEN).saturating_add(POINT_LEN);
    let scalars = PUBLIC_INPUTS.saturating_add(4).saturating_mul(SCALAR_LEN);
    let points = POINT_LEN.saturating_mul(2);
    per_chunk
        .saturating_mul(chunks)
        .saturating_add(scalars)
        .saturating_add(points)
        .saturating_add(HEADER_LEN)
        .saturating_add(Argument::encoded_len(rounds))
}
