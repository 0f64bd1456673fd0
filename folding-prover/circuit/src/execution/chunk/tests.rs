use std::collections::BTreeMap;

use super::{ExecutionCircuit, Size};
use crate::Uniform as _;
use crate::execution::Kind;

/// Rows and nonzeros.
fn measure(size: Size) -> (usize, usize) {
    let circuit = ExecutionCircuit::new(size);
    let shape = circuit.shape();
    (shape.num_cons(), shape.A().len() + shape.B().len() + shape.C().len())
}

#[test]
fn slots_have_the_sizes_that_are_said() {
    let empty = measure(Size::default());
    println!("empty {empty:?}");
    let less = |(rows, nonzeros): (usize, usize)| (rows - empty.0, nonzeros - empty.1);
    for kind in Kind::ALL {
        let (rows, nonzeros) = less(measure(Size { steps: BTreeMap::from([(kind, 1)]), ..Size::default() }));
        println!("{kind:?} {rows} {nonzeros}");
    }
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
        ("ask", Size { asks: 1, ..size() }),
        ("entry", Size { entries: 1, ..size() }),
        ("receipt", Size { receipts: 1, ..size() }),
    ];
    for (name, size) in sizes {
        println!("{name} {:?}", less(measure(size)));
    }
}

#[test]
fn the_standard_chunk_is_just_below_a_power_of_two() {
    let (rows, nonzeros) = measure(Size::standard());
    println!("{rows} rows, {nonzeros} nonzeros");
    assert!(nonzeros < 1 << 20);
}
