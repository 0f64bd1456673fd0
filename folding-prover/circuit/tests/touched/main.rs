//! What a call of an example contract touches of its program, registers and memory: what has to be opened and made for it.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that says what calls take")]

mod call;

use std::collections::BTreeSet;

use nectar_vm::Program;

use call::{Touched, consent};

/// Blocks of this size that hold some of these.
fn blocks(touched: &BTreeSet<u32>, size: u32) -> usize {
    touched.iter().map(|place| place / size).collect::<BTreeSet<_>>().len()
}

/// Nodes above these leaves.
fn nodes(leaves: &BTreeSet<u32>) -> usize {
    (1..=14).map(|height| blocks(leaves, 4u32.pow(height))).sum()
}

fn data(program: &Program, words: &BTreeSet<u32>) -> BTreeSet<u32> {
    let image = &program.data;
    let end = image.first + u32::try_from(image.words.len()).unwrap();
    words.range(image.first..end).map(|word| word - image.first).collect()
}

#[test]
fn a_call_touches_a_part_of_its_program() {
    let (program, touched) = consent();
    let Touched { steps, rows, registers, links, globals, words } = &touched;
    let data = data(&program, words);
    let zeros: BTreeSet<u32> =
        words.iter().copied().filter(|word| !data.contains(&word.wrapping_sub(program.data.first))).collect();
    println!(
        "{steps} steps; {} rows of {}, {} nodes above them",
        rows.len(),
        program.rows.len(),
        nodes(rows)
    );
    let by_size = |touched: &BTreeSet<u32>| [1, 2, 4, 8, 16, 32, 64].map(|size| blocks(touched, size));
    println!("rows by 1, 2, 4 .. 64: {:?}", by_size(rows));
    println!("registers {:?}, links {:?}, globals {}", by_size(registers), by_size(links), globals.len());
    println!("words that are zero at first {:?}", by_size(&zeros));
    println!(
        "words of data {:?}, by three {}, nodes {}",
        by_size(&data),
        blocks(&data, 3),
        nodes(&data.iter().map(|word| word / 3).collect())
    );
    assert!(rows.len() < program.rows.len());
}
