use nectar_commitment::{Domain, Fr, hash4};

use crate::builder::{Builder, Second};
use crate::lc::{Lc, Var};
use crate::poseidon::hash_of;

/// What a chunk hands to the next one, behind a salted commitment.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Boundary {
    /// The sum of all terms so far.
    pub sum: Fr,
    /// Where the scans are.
    pub scans: Scans,
    /// Hides the rest.
    pub salt: Fr,
}

/// The last place of each scan; all begin at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scans {
    /// The last cell that was made and starts at zero: register, link or global.
    pub plain: u64,
    /// The last word of memory that was made.
    pub memory: u64,
    /// The last run.
    pub run: u64,
    /// The last program.
    pub program: u64,
    /// Receipts so far.
    pub receipts: u64,
}

impl Boundary {
    /// `hash4(Boundary, hash4(Boundary, sum, plain, memory, run), program, receipts, salt)`
    pub fn commit(&self) -> Fr {
        let Scans { plain, memory, run, program, receipts } = self.scans;
        let head = hash4(Domain::Boundary, [self.sum, plain.into(), memory.into(), run.into()]);
        hash4(Domain::Boundary, [head, program.into(), receipts.into(), self.salt])
    }
}

impl std::fmt::Debug for Boundary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Boundary(..)")
    }
}

/// [`Scans`] as variables of the first phase.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScanVars {
    pub(crate) plain: Var,
    pub(crate) memory: Var,
    pub(crate) run: Var,
    pub(crate) program: Var,
    pub(crate) receipts: Var,
}

impl ScanVars {
    pub(crate) fn alloc<B: Builder>(b: &mut B, scans: &Scans) -> Self {
        let mut alloc = |place: u64| b.alloc(Fr::from(place));
        Self {
            plain: alloc(scans.plain),
            memory: alloc(scans.memory),
            run: alloc(scans.run),
            program: alloc(scans.program),
            receipts: alloc(scans.receipts),
        }
    }

    /// What [`Boundary::commit`] computes, in the second phase: the sum is known only then.
    pub(crate) fn commit<B: Builder>(&self, b: &mut B, sum: Lc, salt: Fr) -> Var {
        let b = &mut Second(b);
        let salt = b.alloc(salt);
        let Self { plain, memory, run, program, receipts } = *self;
        let head = hash_of(b, Domain::Boundary, [sum, plain.into(), memory.into(), run.into()]);
        hash_of(b, Domain::Boundary, [head.into(), program.into(), receipts.into(), salt.into()])
    }

    /// Requires that nothing was before, if `first` is not zero.
    pub(crate) fn require_start<B: Builder>(&self, b: &mut B, first: Var, sum: Lc) {
        let Self { plain, memory, run, program, receipts } = *self;
        b.zero_if(first.into(), || sum);
        for place in [plain, memory, run, program, receipts] {
            b.zero_if(first.into(), || place.into());
        }
    }

    /// Requires that the sum is zero and all receipts were seen, if `last` is not zero.
    pub(crate) fn require_end<B: Builder>(&self, b: &mut B, last: Var, sum: Lc, receipts: Lc) {
        b.zero_if(last.into(), || sum);
        b.zero_if(last.into(), || self.receipts - receipts);
    }

    /// The values.
    pub(crate) fn values(&self) -> Scans {
        let number = |var: Var| super::number::low_bits(&var.value);
        Scans {
            plain: number(self.plain),
            memory: number(self.memory),
            run: number(self.run),
            program: number(self.program),
            receipts: number(self.receipts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::Filler;

    #[test]
    fn the_gadget_commits_to_what_the_boundary_says() {
        let scans = Scans { plain: 1, memory: 2, run: 3, program: 4, receipts: 5 };
        let boundary = Boundary { sum: Fr::from(6), scans, salt: Fr::from(7) };
        let mut b = Filler::default();
        let vars = ScanVars::alloc(&mut b, &scans);
        let first = b.witness.len();
        assert_eq!(vars.commit(&mut b, Lc::constant(boundary.sum), boundary.salt).value, boundary.commit());
        assert_eq!(b.witness.len(), first, "all of it is of the second phase");
        assert_eq!(vars.values(), scans);
    }

    #[test]
    fn every_part_counts() {
        let boundary = Boundary::default();
        let with = |scans| Boundary { scans, ..boundary };
        let others = [
            Boundary { sum: Fr::one(), ..boundary },
            Boundary { salt: Fr::one(), ..boundary },
            with(Scans { plain: 1, ..Scans::default() }),
            with(Scans { memory: 1, ..Scans::default() }),
            with(Scans { run: 1, ..Scans::default() }),
            with(Scans { program: 1, ..Scans::default() }),
            with(Scans { receipts: 1, ..Scans::default() }),
        ];
        let mut all: Vec<_> = others.iter().map(Boundary::commit).chain([boundary.commit()]).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 8);
    }
}
