//! One slot, alone.

use ff::Field;
use nectar_commitment::Fr;

use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::execution::bus::{Bus, Tag};
use crate::execution::outside::{
    Address, Item, Part, Query, Scan, StateAccess, access, address, bytes, item, query, scan,
};
use crate::execution::runs::{LogEntry, Receipt, Run, log, receipt, run};
use crate::lc::{Column, Var};

const GAMMA: Fr = Fr::from_raw([11, 5, 7, 1]);
const ALPHA: Fr = Fr::from_raw([3, 9, 2, 6]);

/// Tag, multiplicity, coordinates of what slots put on the bus.
pub(super) type Log = Vec<(Tag, Fr, Vec<Fr>)>;

/// What others see of a slot.
pub(super) struct Terms {
    pub(super) log: Log,
    /// Where a scan came from, and where it has come to.
    pub(super) scan: [Fr; 2],
}

/// Any slot.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Bytes(Option<Part>),
    Access(Option<StateAccess>),
    Item(Option<Item>),
    Scan(Option<Scan>),
    Query(Option<Query>),
    Address(Option<Address>),
    Run(Option<Box<Run>>),
    Log(Option<LogEntry>),
    Receipt(Option<Receipt>),
}

impl Slot {
    /// An unused one of each kind.
    pub(super) fn kinds() -> [Self; 9] {
        [
            Self::Bytes(None),
            Self::Access(None),
            Self::Item(None),
            Self::Scan(None),
            Self::Query(None),
            Self::Address(None),
            Self::Run(None),
            Self::Log(None),
            Self::Receipt(None),
        ]
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes",
            Self::Access(_) => "access",
            Self::Item(_) => "item",
            Self::Scan(_) => "scan",
            Self::Query(_) => "query",
            Self::Address(_) => "address",
            Self::Run(_) => "run",
            Self::Log(_) => "log",
            Self::Receipt(_) => "receipt",
        }
    }

    pub(super) fn unused(&self) -> Self {
        let kinds = Self::kinds();
        kinds.iter().find(|kind| kind.name() == self.name()).unwrap().clone()
    }

    /// Scans go on from `before`, and give what they have come to.
    fn synthesize<B: Builder>(&self, b: &mut B, bus: &mut Bus, before: Var) -> Var {
        match self {
            Self::Bytes(input) => bytes(b, bus, input.as_ref()),
            Self::Access(input) => access(b, bus, input.as_ref()),
            Self::Item(input) => item(b, bus, input.as_ref()),
            Self::Scan(input) => scan(b, bus, input.as_ref()),
            Self::Query(input) => query(b, bus, input.as_ref()),
            Self::Address(input) => address(b, bus, input.as_ref()),
            Self::Log(input) => log(b, bus, input.as_ref()),
            Self::Run(input) => return run(b, bus, before, input.as_deref()),
            Self::Receipt(input) => return receipt(b, bus, before, input.as_ref()),
        }
        before
    }

    fn fill(&self, before: u64, tampered: &[(usize, Fr)]) -> (Filler, Bus, Var) {
        let mut filler = Filler::default();
        filler.tampered = tampered.to_vec();
        let [gamma, alpha, before] =
            [GAMMA, ALPHA, Fr::from(before)].map(|value| Var { column: None, value });
        let mut bus = Bus::new(&mut filler, gamma, alpha);
        let after = self.synthesize(&mut filler, &mut bus, before);
        (filler, bus, after)
    }

    /// What goes over the bus, and the number of first-phase values.
    pub(super) fn terms(&self, before: u64, tampered: &[(usize, Fr)]) -> (Terms, usize) {
        let (filler, bus, after) = self.fill(before, tampered);
        (Terms { log: bus.log, scan: [Fr::from(before), after.value] }, filler.witness.len())
    }

    /// What a scan gives.
    pub(super) fn after(&self, before: u64) -> u64 {
        crate::execution::number::low_bits(&self.fill(before, &[]).2.value)
    }
}

/// The constraints of a slot alone, without tables.
pub(super) struct Bare(Shape);

impl Bare {
    pub(super) fn new(slot: &Slot) -> Self {
        let mut builder = ShapeBuilder::default();
        let [gamma, alpha, before] =
            [0, 1, 2].map(|i| Var { column: Some(Column::Input(i)), value: Fr::ZERO });
        let mut bus = Bus::new(&mut builder, gamma, alpha);
        slot.unused().synthesize(&mut builder, &mut bus, before);
        Self(builder.finish(3))
    }

    /// Rows and nonzeros, without the powers of alpha.
    pub(super) fn size(&self) -> (usize, usize) {
        let powers = 7;
        let nonzeros = self.0.A().len() + self.0.B().len() + self.0.C().len();
        (self.0.num_cons() - powers, nonzeros - 3 * powers)
    }

    /// Whether some row is violated by these values, some of them changed.
    pub(super) fn refuses(&self, slot: &Slot, before: u64, tampered: &[(usize, Fr)]) -> bool {
        !self.violations(slot, before, tampered).is_empty()
    }

    /// The rows that are.
    pub(super) fn violations(&self, slot: &Slot, before: u64, tampered: &[(usize, Fr)]) -> Vec<usize> {
        let (mut filler, _, _) = slot.fill(before, tampered);
        filler.settle();
        let z = [filler.witness, filler.late, vec![Fr::ONE, GAMMA, ALPHA, Fr::from(before)]].concat();
        let (a, b, c) = self.0.multiply_vec(&z).unwrap();
        let rows = a.iter().zip(&b).zip(&c).enumerate();
        rows.filter(|(_, ((a, b), c))| **a * **b != **c).map(|(row, _)| row).collect()
    }
}
