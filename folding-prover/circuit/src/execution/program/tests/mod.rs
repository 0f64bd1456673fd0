//! What opens programs: honest programs open, and nothing else does, whatever is changed.

mod call;
mod judge;
mod touched;

use std::collections::BTreeMap;

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{Assembler, Committed, DataImage, Element, Op, Program, Row, Unprovable};

use super::{Data, Listed, Node, Opened, Opening, Scanned, Wanted};
use crate::execution::bus::Tag;
use crate::execution::hash::Hash;
use crate::execution::trial::{Bare, Log, Slot, run, unbalanced};

use call::artifact;
use judge::Scan;
pub(in crate::execution) use judge::judge_operation;

/// A program with rows of all classes, data and a table.
fn small() -> Program {
    let mut assembler = Assembler::default();
    let (back, function) = (assembler.label(), assembler.label());
    assembler.place(back).unwrap();
    assembler.push(Row { d: 3, imm: 7, immediate: true, cost: 1, ..Row::new(Op::Copy) });
    assembler.push(Row { d: 4, a: 3, b: 3, imm: 5, ..Row::new(Op::Select) });
    assembler.push(Row { a: 4, imm: 2, ..Row::new(Op::GlobalSet) });
    assembler.push(Row { a: 4, imm: 1 << 31, d: u32::MAX, immediate: true, ..Row::new(Op::Store64) });
    assembler.push(Row { d: 4, a: 4, imm: u64::MAX, immediate: true, ..Row::new(Op::Add64) });
    assembler.push(Row { d: 4, a: 4, imm: 0xffff_ffff, immediate: true, ..Row::new(Op::Mul32) });
    assembler.push_to(Row { a: 3, b: 4, ..Row::new(Op::BrNe) }, back);
    assembler.push_to(Row { d: 9, ..Row::new(Op::Call) }, function);
    assembler.push(Row { a: 3, imm: 1, ..Row::new(Op::BrTable) });
    assembler.push_to(Row::new(Op::Br), back);
    assembler.push_to(Row::new(Op::Br), function);
    assembler.push(Row { imm: 9, ..Row::new(Op::Trap) });
    assembler.place(function).unwrap();
    assembler.push(Row::new(Op::Return));
    Program {
        rows: assembler.finish().unwrap(),
        data: DataImage { first: 8, words: vec![1, u64::MAX, 3, 4, 5, 6, 7, 0] },
        table: vec![None, Some(Element { row: 12, ty: 3 }), Some(Element { row: 0, ty: u32::MAX })],
        pages: (1, 2),
        entries: BTreeMap::from([("execute".to_owned(), 0)]),
        functions: Vec::new(),
    }
}

/// Everything of a program, each part in another number.
fn all(program: &Program) -> Wanted {
    let some =
        |count: usize| (0..u32::try_from(count).unwrap()).map(|at| (at, u64::from(at % 3) + 1)).collect();
    Wanted {
        program: 2,
        rows: some(program.rows.len() + 2),
        words: some(program.data.words.len()),
        elements: some(program.table.len() + 1),
    }
}

fn open(program: &Program, number: u32, wanted: &Wanted) -> (Committed, Opening) {
    let committed = program.committed();
    let opening = Opening::new(number, program, &committed, wanted);
    (committed, opening)
}

/// Logs of all slots that the opening needs, the hashes' too.
fn logs(opening: &Opening, before: u64) -> Vec<Log> {
    let mut outcomes = vec![run(&Scan(before, Some(opening.program)), &[])];
    outcomes.extend(opening.nodes.iter().map(|node| run(&Some(*node), &[])));
    outcomes.extend(opening.rows.iter().map(|row| run(&Some(*row), &[])));
    outcomes.extend(opening.data.iter().map(|data| run(&Some(*data), &[])));
    outcomes.extend(opening.elements.iter().map(|element| run(&Some(*element), &[])));
    let hashes = Hash::distinct(outcomes.iter().flat_map(|outcome| outcome.hashes.clone()));
    let mut logs: Vec<Log> = outcomes.into_iter().map(|outcome| outcome.log).collect();
    logs.extend(hashes.into_iter().map(|hash| run(&Some(hash), &[]).log));
    logs
}

/// What somebody receives so often.
fn wants(tag: Tag, fields: Vec<Fr>, times: u64) -> Log {
    vec![(tag, -Fr::from(times), fields)]
}

/// What runs receive.
fn receivers(number: u32, program: &Program, committed: &Committed, wanted: &Wanted) -> Vec<Log> {
    let (fr, number) = (Fr::from, u64::from(number));
    let base = number << 24;
    let mut logs = Vec::new();
    for (at, times) in &wanted.rows {
        let row = program.rows.get(*at as usize).map_or(Row::new(Op::Trap), |row| row.relative(*at));
        let head = row.op as u64 | u64::from(row.immediate) << 8;
        let (pc, [cost, a, b]) = (base + u64::from(*at), [row.cost, row.a, row.b].map(u64::from));
        let fields = [0, pc, head, cost, row.d.into(), a, b, row.imm].map(fr);
        logs.push(wants(Tag::Row, fields.to_vec(), *times));
    }
    for (at, times) in &wanted.words {
        let word = program.data.words[*at as usize];
        logs.push(wants(Tag::Data, [u64::from(*at), word, number].map(fr).to_vec(), *times));
    }
    for (at, times) in &wanted.elements {
        let element = program.table.get(*at as usize).copied().flatten();
        let [place, ty] =
            element.map_or([0, 0], |element| [base + u64::from(element.row), element.ty.into()]);
        logs.push(wants(Tag::Element, [u64::from(*at), number, place, ty].map(fr).to_vec(), *times));
    }
    let [pages, data] = [committed.pages, committed.data].map(fr);
    let fields = vec![
        fr(number),
        program.commitment(),
        pages,
        data,
        committed.entries_digest(),
        fr(committed.elements),
    ];
    logs.push(wants(Tag::Program, fields, wanted.program));
    logs
}

/// Whether the opening gives these receivers what they want.
fn gives(opening: &Opening, receivers: &[Log]) -> bool {
    unbalanced(logs(opening, 3).iter().chain(receivers)).is_empty()
}

#[test]
fn all_of_a_small_program_opens_and_satisfies_its_slots() {
    let (program, wanted) = (small(), all(&small()));
    let (committed, opening) = open(&program, 5, &wanted);
    assert!(gives(&opening, &receivers(5, &program, &committed, &wanted)));
    let (node, row) = (Bare::new(&None::<Node>), Bare::new(&None::<Opened>));
    let (data, element) = (Bare::new(&None::<Data>), Bare::new(&None::<Listed>));
    assert!(opening.nodes.iter().all(|input| !node.refuses(&Some(*input))));
    assert!(opening.rows.iter().all(|input| !row.refuses(&Some(*input))));
    assert!(opening.data.iter().all(|input| !data.refuses(&Some(*input))));
    assert!(opening.elements.iter().all(|input| !element.refuses(&Some(*input))));
    assert!(!Bare::new(&Scan(0, None)).refuses(&Scan(3, Some(opening.program))));
}

#[test]
fn unused_slots_are_satisfied_and_say_nothing() {
    fn idle(slot: &impl Slot) {
        assert!(!Bare::new(slot).refuses(slot));
        let log = run(slot, &[]).log;
        assert!(log.iter().all(|(tag, ..)| [Tag::Limb, Tag::Operation].contains(tag)));
    }
    idle(&None::<Node>);
    idle(&None::<Opened>);
    idle(&None::<Data>);
    idle(&None::<Listed>);
    idle(&Scan(7, None));
    idle(&Scan((1 << 20) - 1, None));
}

#[test]
fn whatever_is_changed_in_a_slot_what_it_sends_is_in_the_program() {
    let (program, wanted) = (small(), all(&small()));
    let (_, opening) = open(&program, 5, &wanted);
    let mut refused = 0;
    let bare = Bare::new(&None::<Node>);
    for (seed, node) in (0..).zip(opening.nodes.iter().take(3).copied().map(Some).chain([None])) {
        refused += bare.tried(&node, seed);
    }
    let bare = Bare::new(&None::<Opened>);
    for (seed, row) in (0..).zip(opening.rows.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&row, seed);
    }
    let bare = Bare::new(&None::<Data>);
    for (seed, data) in (0..).zip(opening.data.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&data, seed);
    }
    let bare = Bare::new(&None::<Listed>);
    for (seed, element) in (0..).zip(opening.elements.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&element, seed);
    }
    let bare = Bare::new(&Scan(0, None));
    for (seed, scan) in [(1, Scan(3, Some(opening.program))), (2, Scan(3, None))] {
        refused += bare.tried(&scan, seed);
    }
    assert!(refused > 1000, "{refused}");
}

/// The example contracts, lowered.
fn examples() -> [Program; 2] {
    ["consent", "health_records"].map(artifact)
}

#[test]
fn every_row_of_the_example_contracts_can_be_opened_unless_it_is_unprovable() {
    let bare = Bare::new(&None::<Opened>);
    for program in examples() {
        let mut seen = std::collections::HashSet::new();
        for (number, row) in (0..).zip(&program.rows) {
            let row = row.relative(number);
            // Those that are alike but for what is ranged as widely as it is packed are tried once.
            let shape = (row.op, row.immediate, row.d >> 15, row.imm >> 12);
            if seen.insert(shape) {
                let opened = Some(Opened { program: 1, number, row, times: 1 });
                assert_eq!(bare.refuses(&opened), row.op == Op::Unprovable, "{number}: {row:?}");
            }
        }
        assert!(program.data.first.is_multiple_of(8) && program.data.words.len().is_multiple_of(8));
    }
}

#[test]
fn a_part_of_an_example_contract_opens_by_its_commitment() {
    let program = artifact("consent");
    let wanted = Wanted {
        program: 1,
        rows: (100..120).chain([66_000]).map(|row| (row, 3)).collect(),
        words: [0, 1, 50].map(|word| (word, 1)).into(),
        elements: BTreeMap::new(),
    };
    let (committed, opening) = open(&program, 9, &wanted);
    assert!(gives(&opening, &receivers(9, &program, &committed, &wanted)));
}

#[test]
fn a_row_that_breaks_a_rule_cannot_be_opened() {
    let bare = Bare::new(&None::<Opened>);
    let refuses = |number: u32, row: Row| bare.refuses(&Some(Opened { program: 1, number, row, times: 1 }));
    let half = 1u32 << 31;
    let branch = |d| Row { d, ..Row::new(Op::BrEq) };
    let call = |imm| Row { imm, ..Row::new(Op::Call) };
    let fine = [
        (5, branch(half - 5)),
        (5, branch(half + (1 << 24) - 6)),
        (5, call(u64::from(half) - 5)),
        (5, Row { imm: (1 << 24) - 7, ..Row::new(Op::BrTable) }),
        (5, Row { d: 0xffff, ..Row::new(Op::Add32) }),
        (5, Row { imm: 10, ..Row::new(Op::Trap) }),
        ((1 << 24) - 2, Row::new(Op::Nop)),
    ];
    assert!(fine.iter().all(|(number, row)| !refuses(*number, *row)));
    let wrong = [
        (5, branch(half - 6)),
        (5, branch(half + (1 << 24) - 5)),
        (5, branch(0)),
        (5, call(u64::from(half) - 6)),
        (5, call(u64::from(half) + (1 << 24) - 5)),
        (5, call(u64::MAX)),
        (5, Row { d: 1 << 16, ..call(u64::from(half)) }),
        (5, Row { imm: (1 << 24) - 6, ..Row::new(Op::BrTable) }),
        (5, Row { d: 1 << 16, ..Row::new(Op::Add32) }),
        (5, Row { d: 1 << 16, ..Row::new(Op::Store8) }),
        (5, Row { imm: 1 << 16, ..Row::new(Op::Select) }),
        // The link of frame 3, if global numbers were added to addresses as they are.
        (5, Row { imm: (1 << 32) + 3, ..Row::new(Op::GlobalSet) }),
        (5, Row { imm: 1 << 32, ..Row::new(Op::Load8U) }),
        (5, Row { imm: 1 << 32, immediate: true, ..Row::new(Op::Add32) }),
        (5, Row { immediate: true, ..Row::new(Op::Wrap) }),
        (5, Row { immediate: true, ..Row::new(Op::Select) }),
        (5, Row { imm: 11, ..Row::new(Op::Trap) }),
        (5, Row { imm: Unprovable::Float as u64, ..Row::new(Op::Unprovable) }),
        // Row 5 of the next program; and one whose next row would be that program's first.
        ((1 << 24) + 5, Row::new(Op::Nop)),
        ((1 << 24) - 1, Row::new(Op::Nop)),
    ];
    for (number, row) in wrong {
        assert!(refuses(number, row), "{number}: {row:?}");
    }
}

#[test]
fn leaves_beyond_the_last_place_are_refused() {
    let bare = Bare::new(&None::<Data>);
    let data = |leaf| Some(Data { leaf, times: [1; 3], ..Data::default() });
    assert!(!bare.refuses(&data((1 << 24) - 1)) && bare.refuses(&data(1 << 24)));
    let bare = Bare::new(&None::<Listed>);
    let listed = |index, row| {
        let element = Some(Element { row, ty: 1 });
        Some(Listed { program: 1, index, element, times: 1 })
    };
    assert!(!bare.refuses(&listed(3, 9)) && bare.refuses(&listed(1 << 24, 9)));
    assert!(bare.refuses(&listed(3, 1 << 24)), "a function in the next program");
}

#[test]
fn a_program_number_is_used_once() {
    let (program, wanted) = (small(), all(&small()));
    let bare = Bare::new(&Scan(0, None));
    let scan = |last, number| Scan(last, Some(open(&program, number, &wanted).1.program));
    assert!(!bare.refuses(&scan(4, 5)) && !bare.refuses(&scan(0, (1 << 20) - 1)));
    for (last, number) in [(5, 5), (6, 5), (0, 0), ((1 << 20) - 1, 1 << 20), (0, 1 << 20)] {
        assert!(bare.refuses(&scan(last, number)), "{number} after {last}");
    }
}

#[test]
fn what_is_not_in_the_program_is_received_by_nobody() {
    let (program, wanted) = (small(), all(&small()));
    let (committed, honest) = open(&program, 5, &wanted);
    let receivers = receivers(5, &program, &committed, &wanted);
    let alter = |change: &dyn Fn(&mut Opening)| {
        let mut opening = honest.clone();
        change(&mut opening);
        gives(&opening, &receivers)
    };
    assert!(alter(&|_| ()));
    // Every field of a row; a row at another place; of another program, with this one's path.
    let changes: [fn(&mut Row); 6] = [
        |row| row.op = Op::Nop,
        |row| row.cost ^= 1,
        |row| row.d ^= 1,
        |row| row.a ^= 1,
        |row| row.b ^= 1,
        |row| row.imm ^= 1,
    ];
    for change in changes {
        assert!(!alter(&|opening| change(&mut opening.rows[4].row)));
    }
    assert!(!alter(&|opening| opening.rows[4].number = 5));
    assert!(!alter(&|opening| opening.rows[4].program = 6));
    assert!(!alter(&|opening| opening.rows.iter_mut().for_each(|row| row.program = 6)));
    // A node's child, its tree, its place; words, elements; a root and what stands beside it.
    assert!(!alter(&|opening| opening.nodes[0].children[1] += Fr::ONE));
    assert!(!alter(&|opening| opening.nodes[0].tree += 4));
    assert!(!alter(&|opening| opening.nodes[0].id += 1));
    assert!(!alter(&|opening| opening.data[1].words[0] ^= 1));
    assert!(!alter(&|opening| opening.data[1].leaf = 0));
    assert!(!alter(&|opening| opening.elements[1].element = None));
    assert!(!alter(&|opening| opening.elements[1].index = 0));
    assert!(!alter(&|opening| opening.program.roots[1] += Fr::ONE));
    assert!(!alter(&|opening| opening.program.meta[3] += Fr::ONE));
    assert!(!alter(&|opening| opening.program.number = 6));
    let other = Opening::new(5, &Program { pages: (1, 3), ..program.clone() }, &committed, &wanted);
    assert!(gives(&other, &receivers), "what is opened follows from what is committed to");
}

#[test]
fn slots_that_open_programs_have_the_sizes_that_are_said() {
    let sizes = [
        Bare::new(&None::<Node>).size(),
        Bare::new(&None::<Opened>).size(),
        Bare::new(&None::<Data>).size(),
        Bare::new(&None::<Listed>).size(),
        Bare::new(&Scan(0, None::<Scanned>)).size(),
    ];
    assert_eq!(sizes, [(21, 93), (58, 286), (39, 206), (22, 106), (37, 162)]);
}
