//! What a call of an example contract touches of its program, registers and memory, and what opening and making that costs.

use std::collections::{BTreeMap, BTreeSet};

use nectar_vm::Program;

use super::call::{Touched, consent};
use super::{Opened, Wanted, gives, open, receivers};
use crate::execution::cells;
use crate::execution::hash::Hash;
use crate::execution::program::{Data, Node};
use crate::execution::trial::{Bare, Slot};

/// Blocks of this size that hold some of these.
fn blocks(touched: &BTreeSet<u32>, size: u32) -> usize {
    touched.iter().map(|place| place / size).collect::<BTreeSet<_>>().len()
}

fn rows(slot: &impl Slot) -> usize {
    Bare::new(slot).size().0
}

/// Words of the image, by number.
fn of_image(program: &Program, words: &BTreeSet<u32>) -> BTreeSet<u32> {
    let image = &program.data;
    let end = image.first + u32::try_from(image.words.len()).unwrap();
    words.range(image.first..end).map(|word| word - image.first).collect()
}

#[test]
fn what_a_call_touches_opens_and_costs_what_the_argument_says() {
    let (program, touched) = consent();
    let Touched { steps, rows: opened, registers, links, globals, words } = &touched;
    let data = of_image(&program, words);
    let zeros: BTreeSet<u32> =
        words.iter().copied().filter(|word| !data.contains(&word.wrapping_sub(program.data.first))).collect();
    let once = |places: &BTreeSet<u32>| places.iter().map(|place| (*place, 1)).collect();
    let wanted = Wanted { program: 1, rows: once(opened), words: once(&data), elements: BTreeMap::new() };
    let (committed, opening) = open(&program, 7, &wanted);
    assert!(gives(&opening, &receivers(7, &program, &committed, &wanted)));

    let node = rows(&None::<Node>) + rows(&None::<Hash>);
    let made = [registers, &zeros].map(|cells| blocks(cells, 8)).iter().sum::<usize>() + 1;
    let costs = [
        opening.nodes.len() * node,
        opening.rows.len() * rows(&None::<Opened>),
        opening.data.len() * rows(&None::<Data>),
        made * rows(&cells::tests::Zeros(0, None)),
        blocks(links, 8) * rows(&cells::tests::Links(0, None)),
        data.len() * rows(&cells::tests::Image(0, None)),
    ];
    let nodes = opening.nodes.len();
    println!("{steps} steps; {} rows of {}, {nodes} nodes", opened.len(), program.rows.len());
    println!("rows by 1, 2, 4 .. 64: {:?}", [1, 2, 4, 8, 16, 32, 64].map(|size| blocks(opened, size)));
    println!("{} registers, {} globals, {} links", registers.len(), globals.len(), links.len());
    println!("{} words of zero, {} of data in {} leaves", zeros.len(), data.len(), opening.data.len());
    println!("constraints of nodes, rows, leaves of data, zeros, links, image: {costs:?}");
    // What is made is next to nothing; what is opened is less than two thirds of what a run's steps take, 68 each.
    assert!(costs[3..].iter().sum::<usize>() < 10_000 && costs[..3].iter().sum::<usize>() < 2_000_000);
}
