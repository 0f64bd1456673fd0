use nectar_circuit::engine::{Affine, point_to_bytes};
use nectar_circuit::execution::Challenges;
use nectar_circuit::{Position, Statement};
use nectar_commitment::{Fr, from_bytes, to_bytes};
use sha3::{Digest as _, Keccak256};

use crate::RandomInstance;

/// A Keccak-256 hash.
pub type Digest = [u8; 32];

/// The transcript of one proof's fold, as a tree of hashes: a node's hash binds everything that went into the folded
/// instance beneath it, and is the node's challenge.
///
/// Where witnesses have two phases, [`Self::phased`] comes first, and the second phase's commitments are given to
/// [`Self::leaf`] and [`Self::seal`].
#[derive(Debug, Clone)]
pub struct Transcript {
    /// What leaves and the seal start from.
    base: Digest,
}

impl Transcript {
    const LABEL: &'static [u8; 16] = b"nectar/fold/v2\0\0";

    /// `context = Keccak(label, key digest, encoded statement)`
    pub fn new(key: &Digest, statement: &Statement) -> Self {
        Self { base: keccak(&[Self::LABEL, key, &statement.encode()]) }
    }

    /// `first = Keccak(3, context, number of chunks, commitments to their first phases)`, which takes the place of the
    /// context. The challenges are those of `Keccak(4, first)` and `Keccak(5, first)`.
    pub fn phased(&self, first: &[Affine]) -> (Self, Challenges) {
        let chunks = u32::try_from(first.len()).unwrap_or(u32::MAX);
        let points: Vec<u8> = first.iter().flat_map(point_to_bytes).collect();
        let base = keccak(&[&[3], &self.base, &chunks.to_be_bytes(), &points]);
        let [gamma, alpha] = [4, 5].map(|tag: u8| challenge(&keccak(&[&[tag], &base])));
        (Self { base }, Challenges { gamma, alpha })
    }

    /// `Keccak(0, base, number, flags, witness commitment of each phase, start, end)`; flags: 1 for the first, 2 for the
    /// last chunk.
    pub fn leaf(
        &self,
        number: u32,
        position: Position,
        witness: &Affine,
        second: Option<&Affine>,
        [start, end]: [&Fr; 2],
    ) -> Digest {
        let flags = u8::from(position.first) | u8::from(position.last) << 1;
        keccak(&[
            &[0],
            &self.base,
            &number.to_be_bytes(),
            &[flags],
            &point_to_bytes(witness),
            &second.map(|point| point_to_bytes(point).to_vec()).unwrap_or_default(),
            &to_bytes(start),
            &to_bytes(end),
        ])
    }

    /// `Keccak(1, left, right, cross term)`
    pub fn node(&self, left: &Digest, right: &Digest, cross_term: &Affine) -> Digest {
        keccak(&[&[1], left, right, &point_to_bytes(cross_term)])
    }

    /// `Keccak(2, base, chunks, root, random instance, cross term)`; the random instance's commitment to a second phase
    /// follows that to its first.
    pub fn seal(
        &self,
        chunks: u32,
        root: &Digest,
        random: &RandomInstance,
        second: Option<&Affine>,
        cross_term: &Affine,
    ) -> Digest {
        let x: Vec<u8> = random.x.iter().flat_map(to_bytes).collect();
        keccak(&[
            &[2],
            &self.base,
            &chunks.to_be_bytes(),
            root,
            &point_to_bytes(&random.comm_w),
            &second.map(|point| point_to_bytes(point).to_vec()).unwrap_or_default(),
            &point_to_bytes(&random.comm_e),
            &to_bytes(&random.u),
            &x,
            &point_to_bytes(cross_term),
        ])
    }

    /// `Keccak(6, seal, blinds of witness, error term and second phase, shifted)`: where the folded second phase is
    /// opened.
    pub fn point(seal: &Digest, blinds: [&Fr; 3], shifted: &Affine) -> Digest {
        let [w, e, second] = blinds.map(to_bytes);
        keccak(&[&[6], seal, &w, &e, &second, &point_to_bytes(shifted)])
    }

    /// `Keccak(7, point, quotient, Mercury's last challenge)`: joins the opening's pairing equation to Mercury's, where a
    /// verifier checks both as one.
    ///
    /// Mercury's challenge binds all of its messages. Without it they could be chosen after this hash, such that two
    /// equations that do not hold make up for each other.
    pub fn join(point: &Digest, quotient: &Affine, pairing: &Fr) -> Digest {
        keccak(&[&[7], point, &point_to_bytes(quotient), &to_bytes(pairing)])
    }
}

/// The first 31 bytes of a hash, big-endian: uniform below 2^248.
pub fn challenge(digest: &Digest) -> Fr {
    let mut bytes = [0; 32];
    bytes.iter_mut().skip(1).zip(digest).for_each(|(to, from)| *to = *from);
    from_bytes(&bytes).unwrap_or_default()
}

pub(crate) fn keccak(parts: &[&[u8]]) -> Digest {
    let mut hash = Keccak256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nectar_circuit::engine::generator;

    fn hash(bytes: &[&[u8]]) -> Digest {
        Keccak256::digest(bytes.concat()).into()
    }

    /// The generator is (1, 2).
    const POINT: [u8; 64] = {
        let mut bytes = [0; 64];
        (bytes[31], bytes[63]) = (1, 2);
        bytes
    };

    fn number(n: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[31] = n;
        bytes
    }

    #[test]
    fn what_two_phases_add_is_hashed_as_it_is_laid_out() {
        let base = Transcript { base: [9; 32] };
        let (phased, challenges) = base.phased(&[generator(); 2]);
        let first = hash(&[&[3], &[9; 32], &[0, 0, 0, 2], &POINT, &POINT]);
        assert_eq!(phased.base, first);
        assert_eq!(challenges.gamma, challenge(&hash(&[&[4], &first])));
        assert_eq!(challenges.alpha, challenge(&hash(&[&[5], &first])));

        let position = Position { first: false, last: true };
        let [one, two, three] = [1, 2, 3].map(Fr::from);
        let leaf = phased.leaf(1, position, &generator(), Some(&generator()), [&one, &two]);
        let expected = hash(&[&[0], &first, &[0, 0, 0, 1, 2], &POINT, &POINT, &number(1), &number(2)]);
        assert_eq!(leaf, expected);

        let random = RandomInstance { comm_w: generator(), comm_e: generator(), u: one, x: [two; 9] };
        let seal = phased.seal(2, &[8; 32], &random, Some(&generator()), &generator());
        let points: &[u8] = &[POINT; 3].concat();
        let x = [number(2); 9].concat();
        let expected = hash(&[&[2], &first, &[0, 0, 0, 2], &[8; 32], points, &number(1), &x, &POINT]);
        assert_eq!(seal, expected);

        let point = Transcript::point(&seal, [&one, &two, &three], &generator());
        assert_eq!(point, hash(&[&[6], &seal, &number(1), &number(2), &number(3), &POINT]));
        let join = Transcript::join(&point, &generator(), &three);
        assert_eq!(join, hash(&[&[7], &point, &POINT, &number(3)]));
    }
}
