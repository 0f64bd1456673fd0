use nectar_commitment::{Domain, Fr};

use crate::builder::{Builder, Second};
use crate::lc::{Lc, Var};
use crate::poseidon::hash_of;

/// The last place of each scan; all begin at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Scans {
    /// Behind the last block of zeros that was made.
    pub(crate) zeros: u64,
    /// Behind the last block of links.
    pub(crate) links: u64,
    /// Behind the last word of an image.
    pub(crate) image: u64,
    /// The last run.
    pub(crate) run: u64,
    /// The last program.
    pub(crate) program: u64,
    /// Receipts so far.
    pub(crate) receipts: u64,
}

impl Scans {
    /// How many.
    pub(crate) const COUNT: usize = 6;

    /// In order of declaration.
    pub(crate) fn to_fields(self) -> [Fr; Self::COUNT] {
        let Self { zeros, links, image, run, program, receipts } = self;
        [zeros, links, image, run, program, receipts].map(Fr::from)
    }
}

/// [`Scans`] as variables of the first phase.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanVars {
    pub(crate) zeros: Var,
    pub(crate) links: Var,
    pub(crate) image: Var,
    pub(crate) run: Var,
    pub(crate) program: Var,
    pub(crate) receipts: Var,
}

impl ScanVars {
    pub(crate) fn alloc<B: Builder>(b: &mut B, scans: Scans) -> Self {
        let [zeros, links, image, run, program, receipts] = scans.to_fields().map(|place| b.alloc(place));
        Self { zeros, links, image, run, program, receipts }
    }

    pub(crate) fn all(&self) -> [Var; Scans::COUNT] {
        [self.zeros, self.links, self.image, self.run, self.program, self.receipts]
    }

    /// `hash4(Boundary, hash4(Boundary, sum, zeros, links, image), hash4(Boundary, run, program, receipts, salt), 0, 0)`, in the second phase:
    /// the sum is known only then.
    pub(crate) fn commit<B: Builder>(&self, b: &mut B, sum: Lc, salt: Fr) -> Var {
        let b = &mut Second(b);
        let salt = b.alloc(salt);
        let Self { zeros, links, image, run, program, receipts } = *self;
        let halves = [
            [sum, zeros.into(), links.into(), image.into()],
            [run.into(), program.into(), receipts.into(), salt.into()],
        ];
        let [made, scanned] = halves.map(|half| Lc::from(hash_of(b, Domain::Boundary, half)));
        hash_of(b, Domain::Boundary, [made, scanned, Lc::default(), Lc::default()])
    }

    /// Requires that nothing was before, if `first` is not zero.
    pub(crate) fn require_start<B: Builder>(&self, b: &mut B, first: Var, sum: Lc) {
        b.zero_if(first.into(), || sum);
        for place in self.all() {
            b.zero_if(first.into(), || place.into());
        }
    }

    /// Requires that the sum is zero and all receipts were seen, if `last` is not zero.
    pub(crate) fn require_end<B: Builder>(&self, b: &mut B, last: Var, sum: Lc, receipts: Var) {
        b.zero_if(last.into(), || sum);
        b.zero_if(last.into(), || self.receipts - receipts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Filler;
    use nectar_commitment::hash4;

    #[test]
    fn the_commitment_is_of_the_second_phase_and_every_part_counts() {
        let commit = |scans: [u64; Scans::COUNT], sum: u64, salt: u64| {
            let mut b = Filler::default();
            let [zeros, links, image, run, program, receipts] = scans;
            let vars = ScanVars::alloc(&mut b, Scans { zeros, links, image, run, program, receipts });
            let commitment = vars.commit(&mut b, Lc::constant(Fr::from(sum)), Fr::from(salt)).value;
            assert_eq!(b.witness.len(), Scans::COUNT, "all else is of the second phase");
            commitment
        };
        let of = |values: [u64; 4]| hash4(Domain::Boundary, values.map(Fr::from));
        let zero = Fr::zero();
        let expected = hash4(Domain::Boundary, [of([7, 1, 2, 3]), of([4, 5, 6, 8]), zero, zero]);
        assert_eq!(commit([1, 2, 3, 4, 5, 6], 7, 8), expected);
        let mut seen = vec![commit([0; 6], 0, 0), commit([0; 6], 1, 0), commit([0; 6], 0, 1)];
        seen.extend((0..6).map(|at| commit(std::array::from_fn(|i| u64::from(i == at)), 0, 0)));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 9);
    }
}
