//! Each address is made once, where there may be a cell, with what it begins with.

mod judge;

use std::collections::BTreeMap;

use ff::Field;
use nectar_commitment::Fr;

use super::*;
use crate::execution::access::{GLOBALS, MEMORY, moment};
use crate::execution::bus::Tag;
use crate::execution::cells::making::NoCell;
use crate::execution::trial::{Bare, Log, bits, run, unbalanced};

pub(in crate::execution) use judge::{Image, Links, Zeros};

fn fr(number: u64) -> Fr {
    Fr::from(number)
}

/// A run that touches a cell of each kind.
fn lived(run: u32) -> Lived {
    let last = |value: u64, moment: u32| Last { value, moment };
    let memory = |word: u64| MEMORY + word;
    Lived {
        run,
        program: 3,
        words: 2 * 8192,
        data: (16, (100..116).collect()),
        grown: vec![(40, 2, 3), (50, 3, 5)],
        cells: BTreeMap::from([
            (0, last(1, 9)),
            (7, last(2, 17)),
            (1 << 20, last(3, 33)),
            (memory(0), last(4, 10)),
            (memory(15), last(5, 11)),
            (memory(16), last(6, 12)),
            (memory(31), last(115, 0)),
            (memory(32), last(7, 14)),
            (memory(2 * 8192 - 1), last(8, 15)),
            (memory(2 * 8192), last(9, 330)),
            (memory(5 * 8192 - 1), last(10, 500)),
            (GLOBALS, last(11, 18)),
            (GLOBALS + 0xffff, last(12, 19)),
        ]),
        links: BTreeMap::from([
            (0, LastLink { pc: 0, fp: 0, moment: 800 }),
            (5, LastLink { pc: 77, fp: 0, moment: 100 }),
            (1 << 20, LastLink { pc: 78, fp: 5, moment: 101 }),
        ]),
    }
}

/// All slots of runs, in order, each scan from zero.
fn slots(makings: &[Making]) -> Vec<Log> {
    let mut logs = Vec::new();
    let mut last = [0; 3];
    for making in makings {
        logs.push(run(&Some(making.begun), &[]).log);
        logs.extend(making.grown.iter().map(|grown| run(&Some(*grown), &[]).log));
        for block in &making.zeros {
            logs.push(run(&Zeros(last[0], Some(*block)), &[]).log);
            last[0] = block.first + 8;
        }
        for block in &making.links {
            logs.push(run(&Links(last[1], Some(*block)), &[]).log);
            last[1] = block.first + 8;
        }
        for block in &making.image {
            logs.push(run(&Image(last[2], Some(*block)), &[]).log);
            last[2] = block.0.first + 1;
        }
    }
    logs
}

/// What the other slots of a run put on the bus: the run, its growths, its data, and one access of each cell.
fn others(lived: &Lived) -> Vec<Log> {
    let base = u64::from(lived.run) << 34;
    let (first, image) = &lived.data;
    let [run, program, words, first, count] =
        [lived.run, lived.program, lived.words, *first, u32::try_from(image.len()).unwrap()].map(u64::from);
    let mut logs = vec![vec![(Tag::Run, Fr::ONE, [run, program, words, first, count].map(fr).to_vec())]];
    for (time, before, after) in &lived.grown {
        let clock = fr(base) + moment(u64::from(*time) << 3);
        logs.push(vec![(Tag::Growth, Fr::ONE, vec![clock, fr((*before).into()), fr((*after).into())])]);
    }
    for (address, last) in &lived.cells {
        let place = fr(base + address);
        let word = address.wrapping_sub(MEMORY);
        let at = word.wrapping_sub(first);
        let mut begins = vec![place];
        if at < count && *address >= MEMORY && *address < GLOBALS {
            begins.push(fr(image[usize::try_from(at).unwrap()]));
            logs.push(vec![(
                Tag::Data,
                Fr::ONE,
                [at, image[usize::try_from(at).unwrap()], program].map(fr).to_vec(),
            )]);
        }
        let page = u32::try_from(word / 8192).unwrap_or(u32::MAX);
        if let Some((time, ..)) =
            lived.grown.iter().find(|(_, before, after)| (*before..*after).contains(&page))
        {
            begins[0] += moment(u64::from(*time) << 3);
        }
        if last.moment > 0 {
            let ends = vec![place + moment(last.moment.into()), fr(last.value)];
            logs.push(vec![(Tag::Cell, -Fr::ONE, begins), (Tag::Cell, Fr::ONE, ends)]);
        }
    }
    for (frame, last) in &lived.links {
        let place = fr(base + 3 * (1 << 32) + frame);
        let ends = vec![place + moment(last.moment.into()), fr(last.pc), fr(last.fp.into())];
        logs.push(vec![(Tag::Cell, -Fr::ONE, vec![place]), (Tag::Cell, Fr::ONE, ends)]);
    }
    logs
}

/// Facts are sent as often as they are received; cells' coordinates that are missing are zero.
fn leftover(logs: &[Log]) -> usize {
    let facts = [Tag::Run, Tag::Growth, Tag::Data];
    let mut padded: Vec<Log> = logs.to_vec();
    for (tag, _, fields) in padded.iter_mut().flatten() {
        if *tag == Tag::Cell {
            fields.resize(3, Fr::ZERO);
        }
    }
    let sums = unbalanced(&padded);
    sums.into_iter().filter(|((tag, _), sum)| !facts.contains(tag) || bits(sum, 63).is_none()).count()
}

fn balanced(makings: &[Making], lives: &[Lived]) -> bool {
    let logs: Vec<Log> = slots(makings).into_iter().chain(lives.iter().flat_map(others)).collect();
    leftover(&logs) == 0
}

fn makings(lives: &[Lived]) -> Vec<Making> {
    lives.iter().map(|lived| Making::new(lived).unwrap()).collect()
}

#[test]
fn two_runs_have_all_their_cells() {
    let lives = [lived(1), lived(4)];
    let makings = makings(&lives);
    assert!(balanced(&makings, &lives));
    let (zeros, links, image) =
        (Bare::new(&Zeros(0, None)), Bare::new(&Links(0, None)), Bare::new(&Image(0, None)));
    let (begin, grow) = (Bare::new(&None::<Begun>), Bare::new(&None::<Grown>));
    for making in &makings {
        assert!(!begin.refuses(&Some(making.begun)));
        assert!(making.grown.iter().all(|grown| !grow.refuses(&Some(*grown))));
        assert!(making.zeros.iter().all(|block| !zeros.refuses(&Zeros(0, Some(*block)))));
        assert!(making.links.iter().all(|block| !links.refuses(&Links(0, Some(*block)))));
        assert!(making.image.iter().all(|block| !image.refuses(&Image(0, Some(*block)))));
    }
    assert!(!begin.refuses(&None::<Begun>) && !grow.refuses(&None::<Grown>));
    let last = u64::MAX >> 10;
    assert!(
        !zeros.refuses(&Zeros(last, None))
            && !links.refuses(&Links(last, None))
            && !image.refuses(&Image(last, None))
    );
}

#[test]
fn a_cell_where_there_is_none_is_named() {
    let with = |address: u64| {
        let mut lived = lived(1);
        lived.cells.insert(address, Last { value: 1, moment: 9 });
        Making::new(&lived).err()
    };
    for address in [MEMORY + 5 * 8192, GLOBALS + (1 << 16), (1 << 20) + (1 << 16)] {
        assert_eq!(with(address), Some(NoCell(1 << 34 | address)));
    }
    assert_eq!(with(MEMORY + 4 * 8192), None);
}

#[test]
fn whatever_is_changed_in_a_slot_it_makes_cells_once_and_where_they_may_be() {
    let making = Making::new(&lived(4)).unwrap();
    let mut refused = 0;
    let bare = Bare::new(&Zeros(0, None));
    for (seed, block) in (0..).zip(making.zeros.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&Zeros(block.map_or(99, |block| block.first - 5 * seed), block), seed);
    }
    let bare = Bare::new(&Links(0, None));
    for (seed, block) in (0..).zip(making.links.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&Links(block.map_or(99, |block| block.first - 5 * seed), block), seed);
    }
    let bare = Bare::new(&Image(0, None));
    for (seed, block) in (0..).zip(making.image.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&Image(block.map_or(99, |block| block.0.first - 5 * seed), block), seed);
    }
    let bare = Bare::new(&None::<Begun>);
    refused += bare.tried(&Some(making.begun), 1) + bare.tried(&None::<Begun>, 2);
    let bare = Bare::new(&None::<Grown>);
    for (seed, grown) in (0..).zip(making.grown.iter().copied().map(Some).chain([None])) {
        refused += bare.tried(&grown, seed);
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn an_address_is_made_once_and_in_order() {
    let making = Making::new(&lived(4)).unwrap();
    let (zero, link, word) = (making.zeros[1], making.links[1], making.image[1]);
    let (zeros, links, image) =
        (Bare::new(&Zeros(0, None)), Bare::new(&Links(0, None)), Bare::new(&Image(0, None)));
    assert!(!zeros.refuses(&Zeros(zero.first, Some(zero))));
    for behind in [1, 7, 8, 1 << 20, 1 << 54] {
        assert!(zeros.refuses(&Zeros(zero.first + behind, Some(zero))), "{behind}");
        assert!(links.refuses(&Links(link.first + behind, Some(link))), "{behind}");
        assert!(image.refuses(&Image(word.0.first + behind, Some(word))), "{behind}");
    }
    // A second life of the same address, at a later moment.
    let later = Block { first: zero.first + (1 << 54), ..zero };
    assert!(zeros.refuses(&Zeros(zero.first + 8, Some(later))));
}

#[test]
fn cells_are_made_within_their_stretch_alone() {
    let making = Making::new(&lived(4)).unwrap();
    let bare = Bare::new(&Zeros(0, None));
    let [registers, globals, _, before, behind, data] = making.begun.stretches();
    let grown = making.grown[0].stretch();
    let refuses = |stretch: Stretch, first: u64| {
        bare.refuses(&Zeros(0, Some(Block { stretch, first, cells: [Last::default(); 8] })))
    };
    for stretch in [registers, globals, before, behind, grown] {
        assert!(!refuses(stretch, stretch.from) && !refuses(stretch, stretch.to - 8));
        assert!(refuses(stretch, stretch.to - 7) && refuses(stretch, stretch.from - 1));
    }
    // A word of data as zero: before the image, behind it, and as if memory had grown.
    for stretch in [before, behind, grown] {
        assert!(refuses(stretch, data.from) && refuses(stretch, data.to - 8));
    }
    // A special cell of the run, and one of the next run.
    assert!(refuses(globals, globals.from + (1 << 16)) && refuses(registers, registers.from + (1 << 34)));
}

#[test]
fn stretches_are_those_of_the_run_and_of_its_growths() {
    let lives = [lived(4)];
    let alter = |change: &dyn Fn(&mut Making)| {
        let mut making = makings(&lives).remove(0);
        change(&mut making);
        balanced(&[making], &lives)
    };
    assert!(alter(&|_| ()));
    assert!(!alter(&|making| making.begun.words += 8192), "pages that are not there");
    assert!(!alter(&|making| making.begun.data.1 -= 8), "a word of data that is not");
    assert!(!alter(&|making| making.begun.program += 1), "another program's data");
    assert!(!alter(&|making| making.grown[0].run = 5), "another run's growth");
    assert!(!alter(&|making| making.grown[0].time -= 1), "a page before it is there");
    assert!(!alter(&|making| making.grown[0].pages.1 += 1), "more pages than came");
    assert!(!alter(&|making| making.zeros[0].stretch.to += 8), "a longer stretch");
    assert!(!alter(&|making| making.image[0].1 += 1), "another word");
    assert!(!alter(&|making| making.image.truncate(1)), "a cell that is not made");
    // Page 2 as a page that was there at the start, and the moment of its coming left out.
    let at_start = |making: &mut Making| {
        let behind = making.begun.stretches()[4];
        making
            .zeros
            .iter_mut()
            .filter(|block| block.stretch.detail == 40)
            .for_each(|block| block.stretch = behind);
    };
    assert!(!alter(&at_start));
    // The clock of run R at step T is not that of run R + 2^23 at an earlier one.
    let bare = Bare::new(&None::<Grown>);
    let grown = makings(&lives).remove(0).grown[0];
    assert!(bare.refuses(&Some(Grown { run: grown.run + (1 << 23), ..grown })));
    assert!(
        bare.refuses(&Some(Grown { run: 1 << 20, ..grown }))
            && bare.refuses(&Some(Grown { time: 1 << 21, ..grown }))
    );
    let bare = Bare::new(&None::<Begun>);
    let begun = makings(&lives).remove(0).begun;
    assert!(bare.refuses(&Some(Begun { run: 1 << 20, ..begun })));
    assert!(bare.refuses(&Some(Begun { data: (16, 2 * 8192 - 15), ..begun })), "an image beyond memory");
}

#[test]
fn slots_that_make_cells_have_the_sizes_that_are_said() {
    let sizes = [
        Bare::new(&Zeros(0, None)).size(),
        Bare::new(&Links(0, None)).size(),
        Bare::new(&Image(0, None)).size(),
        Bare::new(&None::<Begun>).size(),
        Bare::new(&None::<Grown>).size(),
    ];
    assert_eq!(sizes, [(38, 235), (46, 260), (19, 106), (34, 173), (16, 79)]);
}
