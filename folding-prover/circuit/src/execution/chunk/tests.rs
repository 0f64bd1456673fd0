use std::collections::BTreeMap;

use nectar_commitment::{Domain, Fr};

use super::contents::Contents;
use super::{ChunkContents, ExecutionCircuit, Scans, Size};
use crate::execution::hash::Hash;
use crate::execution::{Challenges, Kind};
use crate::{Boundary, Frame, Phased as _, Position, Statement, Uniform as _};

/// Rows and nonzeros.
fn measure(size: Size) -> (usize, usize) {
    let circuit = ExecutionCircuit::new(size);
    let shape = circuit.shape();
    (shape.num_cons(), shape.A().len() + shape.B().len() + shape.C().len())
}

/// What one more slot takes, beside what every chunk has.
fn slot(size: Size) -> (usize, usize) {
    let (empty, with) = (measure(Size::default()), measure(size));
    (with.0 - empty.0, with.1 - empty.1)
}

#[test]
fn slots_have_the_sizes_that_are_said() {
    assert_eq!(measure(Size::default()), (10_607, 68_443), "no slots but the tables");
    let size = Size::default;
    let sizes = [
        ("hash", Size { hashes: 1, ..size() }),
        ("node", Size { nodes: 1, ..size() }),
        ("row", Size { rows: 1, ..size() }),
        ("data", Size { data: 1, ..size() }),
        ("element", Size { elements: 1, ..size() }),
        ("program", Size { programs: 1, ..size() }),
        ("run", Size { runs: 1, ..size() }),
        ("growth", Size { growths: 1, ..size() }),
        ("zeros", Size { zeros: 1, ..size() }),
        ("links", Size { links: 1, ..size() }),
        ("image", Size { image: 1, ..size() }),
        ("part", Size { parts: 1, ..size() }),
        ("access", Size { accesses: 1, ..size() }),
        ("item", Size { items: 1, ..size() }),
        ("scan", Size { scans: 1, ..size() }),
        ("query", Size { queries: 1, ..size() }),
        ("address", Size { addresses: 1, ..size() }),
        ("entry", Size { entries: 1, ..size() }),
        ("receipt", Size { receipts: 1, ..size() }),
    ];
    let said = [
        ("hash", (372, 1_798)),
        ("node", (21, 99)),
        ("row", (58, 320)),
        ("data", (39, 235)),
        ("element", (22, 118)),
        ("program", (37, 174)),
        ("run", (258, 1_415)),
        ("growth", (16, 89)),
        ("zeros", (38, 261)),
        ("links", (46, 286)),
        ("image", (19, 119)),
        ("part", (91, 533)),
        ("access", (88, 495)),
        ("item", (95, 521)),
        ("scan", (26, 124)),
        ("query", (87, 414)),
        ("address", (394, 2_157)),
        ("entry", (32, 200)),
        ("receipt", (20, 99)),
    ];
    assert_eq!(sizes.map(|(name, size)| (name, slot(size))), said);
}

#[test]
fn a_step_takes_as_much_as_its_kind_says() {
    for kind in Kind::ALL {
        let (rows, _) = slot(Size { steps: BTreeMap::from([(kind, 1)]), ..Size::default() });
        assert_eq!(rows, kind.rows(), "{kind:?}");
    }
}

/// A chunk with one hash that is sent once, and received by nobody.
fn unreceived() -> ChunkContents {
    let hash = Hash { domain: Domain::Node, inputs: [Fr::one(); 4], times: 1 };
    ChunkContents {
        contents: Contents { hashes: vec![hash], ..Contents::default() },
        scans: Scans::default(),
    }
}

fn empty() -> ChunkContents {
    ChunkContents { contents: Contents::default(), scans: Scans::default() }
}

/// Rows that a chunk violates at a place in its batch, which claims so many receipts, behind this sum.
fn violated(chunk: &ChunkContents, (first, last): (bool, bool), receipts: u64, sum: u64) -> usize {
    let zero = Fr::zero();
    let statement = Statement {
        chain_id: 1,
        network: 2,
        batch: 3,
        pre_root: zero,
        post_root: zero,
        receipts_root: Fr::from(4),
        receipts,
        program_registry_root: zero,
        window: (0, 0),
    };
    let circuit = ExecutionCircuit::new(Size { hashes: 1, ..Size::default() });
    let mut values = vec![Fr::from(sum)];
    values.extend(chunk.scans.to_fields());
    let start = Boundary { values, salt: Fr::from(5) };
    let frame = Frame {
        statement: &statement,
        position: Position { first, last },
        challenges: Challenges { gamma: Fr::from(1_234_567), alpha: Fr::from(7_654_321) },
        start: &start,
        end_salt: Fr::from(6),
    };
    circuit.second(chunk, &frame).violations(circuit.shape()).len()
}

#[test]
fn a_batch_ends_only_with_nothing_left_on_the_bus() {
    assert_eq!(violated(&empty(), (true, true), 0, 0), 0);
    assert_eq!(violated(&unreceived(), (true, false), 0, 0), 0, "another chunk may receive it");
    assert_eq!(violated(&unreceived(), (true, true), 0, 0), 1);
    assert_eq!(violated(&empty(), (false, true), 0, 9), 1, "left by a chunk before");
}

#[test]
fn a_batch_begins_with_nothing_and_ends_with_all_receipts() {
    assert_eq!(violated(&empty(), (false, false), 0, 9), 0);
    assert_eq!(violated(&empty(), (true, false), 0, 9), 1);
    assert_eq!(violated(&empty(), (true, true), 1, 0), 1, "a receipt was not seen");
    let scans = [
        Scans { zeros: 1, ..Scans::default() },
        Scans { links: 1, ..Scans::default() },
        Scans { image: 1, ..Scans::default() },
        Scans { run: 1, ..Scans::default() },
        Scans { program: 1, ..Scans::default() },
        Scans { receipts: 1, ..Scans::default() },
    ];
    for scans in scans {
        let chunk = ChunkContents { scans, ..empty() };
        assert_eq!(violated(&chunk, (false, false), 0, 0), 0);
        assert_eq!(violated(&chunk, (true, false), 0, 0), 1, "{scans:?}");
    }
}

#[test]
fn a_boundary_is_committed_to_with_everything_in_it() {
    let circuit = ExecutionCircuit::new(Size::default());
    let assignment = |sum: u64, public: usize| {
        let statement = Statement {
            chain_id: 1,
            network: 2,
            batch: 3,
            pre_root: Fr::zero(),
            post_root: Fr::zero(),
            receipts_root: Fr::zero(),
            receipts: 0,
            program_registry_root: Fr::zero(),
            window: (0, 0),
        };
        let mut values = vec![Fr::from(sum)];
        values.extend(Scans::default().to_fields());
        let frame = Frame {
            statement: &statement,
            position: Position { first: false, last: false },
            challenges: Challenges { gamma: Fr::from(1_234_567), alpha: Fr::from(7_654_321) },
            start: &Boundary { values, salt: Fr::from(5) },
            end_salt: Fr::from(6),
        };
        let mut assignment = circuit.second(&empty(), &frame);
        assignment.public[public] += Fr::from(u64::from(sum == 1));
        assignment.violations(circuit.shape()).len()
    };
    assert_eq!([assignment(0, 0), assignment(0, 1)], [0, 0]);
    assert_eq!([assignment(1, 0), assignment(1, 1)], [1, 1], "another start, another end");
}
