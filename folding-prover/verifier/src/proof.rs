use nectar_circuit::PUBLIC_INPUTS;
use nectar_circuit::engine::{Affine, Argument, POINT_LEN, Rounds, point_to_bytes};
use nectar_commitment::{Fr, to_bytes};

use crate::reader::Reader;
use crate::{DecodeError, Kind};

/// Most chunks of one proof.
pub const MAX_CHUNKS: u32 = 4096;

const MAGIC: [u8; 4] = *b"NPRF";
const VERSION: u8 = 3;
const SCALAR_LEN: usize = 32;
/// Magic, version, kind, rounds, number of chunks.
const HEADER_LEN: usize = 12;

/// The random relaxed instance that hides the folded witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomInstance {
    /// Commitment to its witness, or to the first phase of it.
    pub comm_w: Affine,
    /// Commitment to its error term.
    pub comm_e: Affine,
    /// Its scalar.
    pub u: Fr,
    /// Its public inputs.
    pub x: [Fr; PUBLIC_INPUTS],
}

/// What is proven of a witness's second phase: it has zeros in the places of the first, so that it cannot change what
/// was chosen before the challenges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondPhase {
    /// Commitments to the chunks' second phases, in the places behind the first.
    pub witnesses: Vec<Affine>,
    /// That of the random instance.
    pub random: Affine,
    /// Blind of the folded one.
    pub blind: Fr,
    /// Commitment to the folded second phase from place 0 on (V).
    pub shifted: Affine,
    /// Quotient of the opening that shows so (Q).
    pub quotient: Affine,
}

/// A proof of a batch: that it took its pre-root to its post-root ([`Kind::State`]), or of its runs
/// ([`Kind::Execution`]). Holds nothing private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Commitments to the registers before each chunk, and after the last: one more than there are chunks.
    pub boundaries: Vec<Fr>,
    /// Commitments to the chunks' witnesses, or to the first phases of them.
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
    /// What belongs to the second phase, if there is one.
    pub second: Option<SecondPhase>,
    /// MicroSpartan's argument that the folded instance, without its blinds, has a witness.
    pub argument: Argument,
}

impl Proof {
    /// Number of chunks.
    pub fn chunks(&self) -> usize {
        self.witnesses.len()
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        if self.second.is_none() { Kind::State } else { Kind::Execution }
    }

    /// Canonical bytes, all integers big-endian: `NPRF`, version (1), kind (1), outer rounds (1), inner rounds (1), chunks
    /// (4), boundaries (32 each), witness commitments (64 each; of execution all of the first phase, then all of the
    /// second), cross terms (64 each), random instance (64, of execution twice, 64 + 32 + 9 * 32), its cross term (64),
    /// blinds (32 + 32), of execution the second phase's blind, shifted commitment and quotient (32 + 64 + 64), argument.
    pub fn encode(&self) -> Vec<u8> {
        let rounds = self.argument.rounds();
        let chunks = u32::try_from(self.chunks()).unwrap_or(u32::MAX);
        let second = self.second.as_ref();
        let mut out = Vec::with_capacity(encoded_len(self.kind(), self.chunks(), rounds));
        out.extend(MAGIC);
        out.extend([VERSION, self.kind().byte(), rounds.outer, rounds.inner]);
        out.extend(chunks.to_be_bytes());
        self.boundaries.iter().for_each(|scalar| out.extend(to_bytes(scalar)));
        let points = self.witnesses.iter().chain(second.iter().flat_map(|second| &second.witnesses));
        let points = points.chain(&self.cross_terms).chain([&self.random.comm_w]);
        let points = points.chain(second.map(|second| &second.random)).chain([&self.random.comm_e]);
        points.for_each(|point| out.extend(point_to_bytes(point)));
        out.extend(to_bytes(&self.random.u));
        self.random.x.iter().for_each(|scalar| out.extend(to_bytes(scalar)));
        out.extend(point_to_bytes(&self.random_cross_term));
        out.extend(to_bytes(&self.blind_w));
        out.extend(to_bytes(&self.blind_e));
        if let Some(second) = second {
            out.extend(to_bytes(&second.blind));
            out.extend(point_to_bytes(&second.shifted));
            out.extend(point_to_bytes(&second.quotient));
        }
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
        let got = reader.byte()?;
        let kind = Kind::from_byte(got).ok_or(DecodeError::Kind { got })?;
        let rounds = Rounds { outer: reader.byte()?, inner: reader.byte()? };
        let got = reader.u32()?;
        if !(1..=MAX_CHUNKS).contains(&got) {
            return Err(DecodeError::Chunks { got });
        }
        if rounds.outer > Rounds::MAX || rounds.inner > Rounds::MAX {
            return Err(DecodeError::Argument);
        }
        let chunks = usize::try_from(got).map_err(|_| DecodeError::Chunks { got })?;
        let expected = encoded_len(kind, chunks, rounds);
        if bytes.len() != expected {
            return Err(DecodeError::Length { expected, got: bytes.len() });
        }
        Self::body(reader, kind, chunks, rounds)
    }

    fn body(mut reader: Reader<'_>, kind: Kind, chunks: usize, rounds: Rounds) -> Result<Self, DecodeError> {
        let phased = kind == Kind::Execution;
        let boundaries = (0..=chunks).map(|_| reader.scalar()).collect::<Result<_, _>>()?;
        let witnesses = reader.points(chunks)?;
        let second_witnesses = reader.points(if phased { chunks } else { 0 })?;
        let cross_terms = reader.points(chunks.saturating_sub(1))?;
        let comm_w = reader.point()?;
        let second_random = if phased { Some(reader.point()?) } else { None };
        let (comm_e, u) = (reader.point()?, reader.scalar()?);
        let mut x = [Fr::default(); PUBLIC_INPUTS];
        for scalar in &mut x {
            *scalar = reader.scalar()?;
        }
        let random_cross_term = reader.point()?;
        let (blind_w, blind_e) = (reader.scalar()?, reader.scalar()?);
        let second = match second_random {
            Some(random) => {
                let (blind, shifted, quotient) = (reader.scalar()?, reader.point()?, reader.point()?);
                Some(SecondPhase { witnesses: second_witnesses, random, blind, shifted, quotient })
            }
            None => None,
        };
        let argument = reader.bytes(Argument::encoded_len(rounds))?;
        let argument = Argument::decode(rounds, argument).ok_or(DecodeError::Argument)?;
        let random = RandomInstance { comm_w, comm_e, u, x };
        Ok(Self {
            boundaries,
            witnesses,
            cross_terms,
            random,
            random_cross_term,
            blind_w,
            blind_e,
            second,
            argument,
        })
    }
}

/// Saturates; callers have bounded the number of chunks.
fn encoded_len(kind: Kind, chunks: usize, rounds: Rounds) -> usize {
    let phased = usize::from(kind == Kind::Execution);
    let length = |scalars: usize, points: usize| {
        scalars.saturating_mul(SCALAR_LEN).saturating_add(points.saturating_mul(POINT_LEN))
    };
    // Per chunk: a boundary, a witness commitment of each phase, a cross term; one boundary more and one cross term
    // fewer, which the random instance's makes up for.
    let per_chunk = length(1, phased.saturating_add(2));
    // Beside them: that boundary, u, x and blinds; the random instance's commitments; what shows the second phase.
    let once = length(
        PUBLIC_INPUTS.saturating_add(4).saturating_add(phased),
        phased.saturating_mul(3).saturating_add(2),
    );
    per_chunk
        .saturating_mul(chunks)
        .saturating_add(once)
        .saturating_add(HEADER_LEN)
        .saturating_add(Argument::encoded_len(rounds))
}
