use nectar_commitment::Fr;

use super::boundary::ScanVars;
use super::contents::{ChunkContents, Contents, ImageWord};
use super::{Scans, Size};
use crate::builder::{Builder, Filler, ShapeBuilder};
use crate::engine::Shape;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::{cells, hash, outside, program, runs, table};
use crate::lc::{Column, Lc, Var};
use crate::{Frame, PUBLIC_INPUTS, Phased, PhasedAssignment, Statement, Uniform};

/// Number of the tree of receipts among all trees.
const RECEIPTS_TREE: u64 = 3;

/// The chunk circuit of executions.
#[derive(Debug, Clone)]
pub struct ExecutionCircuit {
    size: Size,
    shape: Shape,
    first: usize,
}

impl ExecutionCircuit {
    /// The circuit with so many slots.
    pub fn new(size: Size) -> Self {
        let mut builder = ShapeBuilder::default();
        let chunk = ChunkContents { contents: Contents::default(), scans: Scans::default() };
        let mut inputs = 0;
        let input = |value| {
            let column = Some(Column::Input(inputs));
            inputs += 1;
            Var { column, value }
        };
        synthesize(&mut builder, &size, &chunk, &Edge::default(), [Fr::zero(); PUBLIC_INPUTS], input);
        let first = builder.first_variables();
        Self { size, shape: builder.finish(PUBLIC_INPUTS), first }
    }

    /// How many slots it has of each kind.
    pub fn size(&self) -> &Size {
        &self.size
    }

    fn fill(&self, chunk: &ChunkContents, edge: &Edge, public: [Fr; PUBLIC_INPUTS]) -> (Filler, Ends) {
        self.fill_into(Filler::with_capacity(self.first), chunk, edge, public)
    }

    fn fill_into(
        &self,
        mut filler: Filler,
        chunk: &ChunkContents,
        edge: &Edge,
        public: [Fr; PUBLIC_INPUTS],
    ) -> (Filler, Ends) {
        let ends =
            synthesize(&mut filler, &self.size, chunk, edge, public, |value| Var { column: None, value });
        (filler, ends)
    }

    fn complete(&self, filler: Filler, chunk: &ChunkContents, frame: &Frame<'_>) -> PhasedAssignment {
        let sum = frame.start.values.first().copied().unwrap_or_default();
        let edge = Edge { sum, salts: [frame.start.salt, frame.end_salt] };
        let inputs = frame.public_inputs(Fr::zero(), Fr::zero());
        let (filler, ends) = self.fill_into(filler, chunk, &edge, inputs);
        let Ends { commitments: [start, end], values, .. } = ends;
        let public = frame.public_inputs(start, end);
        PhasedAssignment { first: filler.witness, second: filler.late, public, end: values }
    }
}

/// Tag, multiplicity, coordinates of what goes over the bus.
#[cfg(test)]
type Log = Vec<(Tag, Fr, Vec<Fr>)>;

#[cfg(test)]
impl ExecutionCircuit {
    /// The first phase of a prover who changes these of its values.
    pub(crate) fn first_changed(&self, chunk: &ChunkContents, tampered: &[(usize, Fr)]) -> Vec<Fr> {
        let filler = Filler::tampering(tampered);
        self.fill_into(filler, chunk, &Edge::default(), [Fr::zero(); PUBLIC_INPUTS]).0.witness
    }

    /// What such a prover puts on the bus.
    pub(crate) fn log_changed(
        &self,
        chunk: &ChunkContents,
        tampered: &[(usize, Fr)],
        receipts_root: Fr,
    ) -> Log {
        let mut inputs = [Fr::zero(); PUBLIC_INPUTS];
        inputs[6] = receipts_root;
        self.fill_into(Filler::tampering(tampered), chunk, &Edge::default(), inputs).1.log
    }

    /// All values of such a prover.
    pub(crate) fn second_changed(
        &self,
        chunk: &ChunkContents,
        frame: &Frame<'_>,
        tampered: &[(usize, Fr)],
    ) -> PhasedAssignment {
        self.complete(Filler::tampering(tampered), chunk, frame)
    }
}

/// The circuit of a network's proofs.
impl Default for ExecutionCircuit {
    fn default() -> Self {
        Self::new(Size::standard())
    }
}

impl Uniform for ExecutionCircuit {
    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn slots(&self) -> usize {
        self.size.steps.values().sum::<usize>().max(1)
    }

    fn first_variables(&self) -> usize {
        self.first
    }
}

impl Phased for ExecutionCircuit {
    type Chunk = ChunkContents;

    fn first(&self, chunk: &ChunkContents) -> Vec<Fr> {
        self.fill(chunk, &Edge::default(), [Fr::zero(); PUBLIC_INPUTS]).0.witness
    }

    fn second(&self, chunk: &ChunkContents, frame: &Frame<'_>) -> PhasedAssignment {
        self.complete(Filler::with_capacity(self.first), chunk, frame)
    }

    fn start(&self, _: &Statement) -> Vec<Fr> {
        vec![Fr::zero(); 1 + Scans::COUNT]
    }

    fn may_end(&self, statement: &Statement, end: &[Fr]) -> bool {
        end.first() == Some(&Fr::zero()) && end.last() == Some(&Fr::from(statement.receipts))
    }
}

/// What a chunk is told of its neighbours.
#[derive(Default)]
struct Edge {
    /// The sum before it.
    sum: Fr,
    /// Salts of the commitments at its start and end.
    salts: [Fr; 2],
}

/// What its neighbours are told.
struct Ends {
    commitments: [Fr; 2],
    /// The sum and the scans behind it.
    values: Vec<Fr>,
    /// What went over the bus, for tests.
    #[cfg(test)]
    log: Log,
}

fn synthesize<B: Builder>(
    b: &mut B,
    size: &Size,
    chunk: &ChunkContents,
    edge: &Edge,
    inputs: [Fr; PUBLIC_INPUTS],
    input: impl FnMut(Fr) -> Var,
) -> Ends {
    let [claimed_start, claimed_end, first, last, gamma, alpha, receipts_root, receipts, _] =
        inputs.map(input);
    let mut bus = Bus::new(b, gamma, alpha);
    let start = ScanVars::alloc(b, chunk.scans);
    let end = slots(b, &mut bus, size, &chunk.contents, start);

    send_facts(b, &mut bus, chunk.contents.receipts_root, receipts_root);

    #[cfg(test)]
    let log = std::mem::take(&mut bus.log);
    let sum = Lc::from(b.late(edge.sum));
    let total = sum.clone() + bus.total(b);
    let behind = b.late(total.value);
    b.zero(|| total - behind);
    let total = Lc::from(behind);
    let [start_salt, end_salt] = edge.salts;
    let commitments = [start.commit(b, sum.clone(), start_salt), end.commit(b, total.clone(), end_salt)];
    let [start_commitment, end_commitment] = commitments;
    b.zero(|| start_commitment - claimed_start);
    b.zero(|| end_commitment - claimed_end);
    start.require_start(b, first, sum);
    end.require_end(b, last, total.clone(), receipts);
    let values = std::iter::once(total.value).chain(end.all().map(|place| place.value)).collect();
    let commitments = commitments.map(|commitment| commitment.value);
    Ends {
        commitments,
        values,
        #[cfg(test)]
        log,
    }
}

/// Tells whoever asks for the root of the receipts' tree the statement's, and sends the tables.
fn send_facts<B: Builder>(b: &mut B, bus: &mut Bus, times: u64, receipts_root: Var) {
    let times = b.alloc(Fr::from(times));
    let root = bus.weigh(b, 2, receipts_root);
    let fields = vec![bus.constant(1, Fr::from(RECEIPTS_TREE)), root];
    bus.send(b, times.into(), Tuple { tag: Tag::Node, first: Lc::one(), fields });
    table::send_all(b, bus);
}

/// All slots but the tables'. Gives where the scans are behind them.
fn slots<B: Builder>(
    b: &mut B,
    bus: &mut Bus,
    size: &Size,
    contents: &Contents,
    scans: ScanVars,
) -> ScanVars {
    for (kind, slots) in &size.steps {
        let steps = contents.steps.get(kind).map(Vec::as_slice).unwrap_or_default();
        padded(steps, *slots).for_each(|step| kind.slot(b, bus, step));
    }
    let ScanVars { mut zeros, mut links, mut image, mut run, mut program, mut receipts } = scans;
    for item in padded(&contents.programs, size.programs) {
        program = program::program(b, bus, program, item);
    }
    padded(&contents.nodes, size.nodes).for_each(|item| program::node(b, bus, item));
    padded(&contents.rows, size.rows).for_each(|item| program::row(b, bus, item));
    padded(&contents.data, size.data).for_each(|item| program::data(b, bus, item));
    padded(&contents.elements, size.elements).for_each(|item| program::element(b, bus, item));

    for item in padded(&contents.runs, size.runs) {
        run = runs::run(b, bus, run, item);
    }
    padded(&contents.begun, size.runs).for_each(|item| cells::begin(b, bus, item));
    padded(&contents.growths, size.growths).for_each(|item| cells::grow(b, bus, item));
    for item in padded(&contents.zeros, size.zeros) {
        zeros = cells::zeros(b, bus, zeros, item);
    }
    for item in padded(&contents.links, size.links) {
        links = cells::links(b, bus, links, item);
    }
    for item in padded(&contents.image, size.image) {
        let item = item.map(|(block, word): &ImageWord| (block, *word));
        image = cells::image(b, bus, image, item);
    }

    padded(&contents.parts, size.parts).for_each(|item| outside::bytes(b, bus, item));
    padded(&contents.accesses, size.accesses).for_each(|item| outside::access(b, bus, item));
    padded(&contents.items, size.items).for_each(|item| outside::item(b, bus, item));
    padded(&contents.scans, size.scans).for_each(|item| outside::scan(b, bus, item));
    padded(&contents.queries, size.queries).for_each(|item| outside::query(b, bus, item));
    padded(&contents.addresses, size.addresses).for_each(|item| outside::address(b, bus, item));
    padded(&contents.entries, size.entries).for_each(|item| runs::log(b, bus, item));
    for item in padded(&contents.receipts, size.receipts) {
        receipts = runs::receipt(b, bus, receipts, item);
    }
    padded(&contents.hashes, size.hashes).for_each(|item| hash::hash(b, bus, item));
    ScanVars { zeros, links, image, run, program, receipts }
}

/// What is in the slots of one kind: `None` where there is nothing left.
fn padded<T>(items: &[T], slots: usize) -> impl Iterator<Item = Option<&T>> {
    items.iter().map(Some).chain(std::iter::repeat(None)).take(slots)
}

/// Everything that goes over the bus, of one chunk that has slots for all of it.
#[cfg(test)]
pub(crate) fn log(contents: &Contents, receipts_root: Fr) -> Vec<(Tag, Fr, Vec<Fr>)> {
    let mut filler = Filler::default();
    let b = &mut filler;
    let any = |value: Fr| Var { column: None, value };
    let mut bus = Bus::new(b, any(Fr::from(77)), any(Fr::from(99)));
    let scans = ScanVars::alloc(b, Scans::default());
    slots(b, &mut bus, &Size::exactly(contents), contents, scans);
    send_facts(b, &mut bus, contents.receipts_root, any(receipts_root));
    std::mem::take(&mut bus.log)
}
