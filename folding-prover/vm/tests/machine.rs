//! What the machine does beyond computing: control, calls, memory, limits, and what it tells a tracer. And that no
//! program, however senseless, makes it do anything else than stop.

use std::collections::BTreeMap;

use nectar_vm::{
    DataImage, Element, End, Function, Host, Limits, Machine, Op, Outside, Profile, Program, Refused, Row,
    Step, Stop, Tracer, Trap, Unprovable,
};
use proptest::prelude::*;

fn program(rows: Vec<Row>) -> Program {
    Program {
        rows,
        data: DataImage::default(),
        table: Vec::new(),
        pages: (1, 2),
        entries: BTreeMap::new(),
        functions: Vec::new(),
    }
}

fn row(op: Op, d: u32, a: u16, b: u16) -> Row {
    Row { d, a, b, cost: 1, ..Row::new(op) }
}

/// With a constant as second operand, or as offset, or as number of something.
fn with(op: Op, d: u32, a: u16, imm: u64) -> Row {
    Row { d, a, imm, immediate: true, cost: 1, ..Row::new(op) }
}

fn set(d: u32, value: u64) -> Row {
    with(Op::Copy, d, 0, value)
}

fn call(above: u32, row: u64) -> Row {
    with(Op::Call, above, 0, row)
}

const RETURN: Row = Row::new(Op::Return);

const LIMITS: Limits = Limits { gas: 100_000, registers: 1000, rows: 10_000 };

/// Keeps all steps.
#[derive(Default)]
struct Steps(Vec<Step>);

impl Tracer for Steps {
    fn step(&mut self, step: &Step) {
        self.0.push(*step);
    }
}

/// Gives the numbers from 1 on, and takes a few words.
#[derive(Default)]
struct Counter {
    given: u64,
    taken: Vec<u64>,
}

impl Host for Counter {
    fn emit(&mut self, word: u64) -> Result<(), Refused> {
        self.taken.push(word);
        if self.taken.len() > 100 { Err(Refused) } else { Ok(()) }
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        self.given += 1;
        if self.given > 100 { Err(Refused) } else { Ok(self.given) }
    }
}

/// Result and steps of a run from row 0.
fn trace(program: &Program, arguments: &[u64]) -> (Result<u64, Stop>, Vec<Step>) {
    let mut steps = Steps::default();
    let result = Machine::new(program, LIMITS).run(0, arguments, &mut Counter::default(), &mut steps);
    (result, steps.0)
}

fn run(rows: Vec<Row>, arguments: &[u64]) -> Result<u64, Stop> {
    trace(&program(rows), arguments).0
}

const fn trap(trap: Trap) -> Result<u64, Stop> {
    Err(Stop::Trap(trap))
}

#[test]
fn arguments_lie_in_the_first_registers_and_the_result_in_register_0() {
    assert_eq!(run(vec![row(Op::Sub64, 0, 0, 1), RETURN], &[50, 8]), Ok(42));
}

#[test]
fn a_branch_that_is_not_taken_goes_on_below() {
    let rows = vec![with(Op::BrEq, 3, 0, 7), set(0, 1), RETURN, set(0, 2), RETURN];
    assert_eq!([run(rows.clone(), &[7]), run(rows, &[8])], [Ok(2), Ok(1)]);
}

#[test]
fn a_table_of_branches_takes_the_last_for_every_number_above() {
    let mut rows = vec![with(Op::BrTable, 0, 0, 2)];
    rows.extend([4, 6, 8].map(|to| row(Op::Br, to, 0, 0)));
    for result in [10, 11, 12] {
        rows.extend([set(0, result), RETURN]);
    }
    let results = [0, 1, 2, 3, u64::from(u32::MAX), u64::MAX].map(|n| run(rows.clone(), &[n]));
    assert_eq!(results, [10, 11, 12, 12, 12, 12].map(Ok));
}

#[test]
fn select_takes_its_condition_from_the_register_that_the_constant_names() {
    let select = Row { imm: 2, ..row(Op::Select, 0, 0, 1) };
    for (condition, taken) in [(0, 20), (1, 10), (1 << 63, 10)] {
        assert_eq!(run(vec![select, RETURN], &[10, 20, condition]), Ok(taken));
        let ignored = Row { immediate: true, ..select };
        assert_eq!(run(vec![ignored, RETURN], &[10, 20, condition]), Ok(taken), "b is always a register");
    }
}

#[test]
fn a_callee_sees_its_arguments_and_leaves_the_frames_below_alone() {
    let rows = vec![set(5, 30), set(6, 12), call(5, 4), row(Op::Copy, 0, 0, 5), RETURN];
    let callee = vec![row(Op::Add64, 0, 0, 1), set(2, 9), RETURN];
    // The caller's row 4 returns: the callee begins behind it.
    let rows = [rows, callee].concat();
    let rows = rows.into_iter().map(|row| if row.op == Op::Call { Row { imm: 5, ..row } } else { row });
    let (result, steps) = trace(&program(rows.collect()), &[1, 2]);
    assert_eq!(result, Ok(42));
    let places: Vec<_> = steps.iter().map(|step| (step.row, step.fp, step.next, step.next_fp)).collect();
    assert_eq!(places[2..6], [(2, 0, 5, 5), (5, 5, 6, 5), (6, 5, 7, 5), (7, 5, 3, 0)]);
    assert_eq!(steps.last().map(|step| (step.row, step.end)), Some((4, Some(End::Returned))));
}

#[test]
fn recursion_without_an_end_traps_at_the_limit_of_registers() {
    let (result, steps) = trace(&program(vec![call(7, 0)]), &[]);
    assert_eq!(result, trap(Trap::StackOverflow));
    assert_eq!(steps.last().map(|step| (step.fp, step.next_fp)), Some((994, 994)), "1000 / 7 frames");
    assert_eq!(run(vec![call(u32::MAX, 0)], &[]), trap(Trap::StackOverflow));
    let highest = vec![call(1000, 2), RETURN, set(65_535, 1), RETURN];
    assert_eq!(run(highest, &[]), Ok(0), "a frame at the limit has all of its registers");
}

#[test]
fn more_arguments_than_a_frame_has_registers_overflow_it() {
    assert_eq!(run(vec![RETURN], &[5; 65_536]), Ok(5));
    assert_eq!(run(vec![RETURN], &[5; 65_537]), trap(Trap::StackOverflow));
}

#[test]
fn indirect_calls_check_element_then_emptiness_then_type() {
    let rows = vec![
        Row { imm: 3, ..row(Op::CallIndirect, 1, 0, 0) },
        row(Op::Copy, 0, 0, 1),
        RETURN,
        set(0, 7),
        RETURN,
    ];
    let table = vec![Some(Element { row: 3, ty: 3 }), None, Some(Element { row: 3, ty: 4 })];
    let program = Program { table, ..program(rows) };
    let results = [0, 1, 2, 3, u64::MAX].map(|element| trace(&program, &[element]).0);
    let out = trap(Trap::TableOutOfBounds);
    assert_eq!(results, [Ok(7), trap(Trap::IndirectCallToNull), trap(Trap::BadSignature), out, out]);
}

#[test]
fn rows_that_a_program_does_not_have_are_unreachable() {
    for rows in
        [vec![], vec![row(Op::Nop, 0, 0, 0)], vec![row(Op::Br, u32::MAX, 0, 0)], vec![call(1, 1 << 32)]]
    {
        assert_eq!(run(rows, &[]), trap(Trap::Unreachable));
    }
    let program = program(vec![RETURN]);
    let result = Machine::new(&program, LIMITS).run(u32::MAX, &[], &mut (), &mut ());
    assert_eq!(result, trap(Trap::Unreachable));
}

#[test]
fn traps_have_their_number_and_unknown_ones_are_unreachable() {
    for number in 0..=10 {
        let expected = Trap::from_number(number).unwrap();
        assert_eq!(run(vec![with(Op::Trap, 0, 0, number)], &[]), trap(expected));
    }
    assert_eq!(run(vec![with(Op::Trap, 0, 0, 11)], &[]), trap(Trap::Unreachable));
    let (result, steps) = trace(&program(vec![RETURN, with(Op::Unprovable, 0, 0, 1)]), &[]);
    assert_eq!((result, steps.len()), (Ok(0), 1));
    let (result, steps) = trace(&program(vec![set(0, 1), with(Op::Unprovable, 0, 0, 1)]), &[]);
    assert_eq!(result, Err(Stop::Unprovable { kind: Unprovable::Float, row: 1 }));
    assert_eq!(steps.len(), 1, "an unprovable row is no step");
}

#[test]
fn loads_extend_as_they_say_and_stores_take_the_low_bytes() {
    let cases = [
        (Op::Load8U, 0xf8),
        (Op::Load16U, 0xf7f8),
        (Op::Load32U, 0xf5f6_f7f8),
        (Op::Load64, 0xf1f2_f3f4_f5f6_f7f8),
        (Op::Load8S32, 0xffff_fff8),
        (Op::Load16S32, 0xffff_f7f8),
        (Op::Load8S64, 0xffff_ffff_ffff_fff8),
        (Op::Load16S64, 0xffff_ffff_ffff_f7f8),
        (Op::Load32S64, 0xffff_ffff_f5f6_f7f8),
    ];
    let value = 0xf1f2_f3f4_f5f6_f7f8;
    for (load, expected) in cases {
        let store = Row { imm: 13, ..row(Op::Store64, 0, 0, 1) };
        let rows = vec![store, with(load, 0, 0, 13), RETURN];
        assert_eq!(run(rows, &[0, value]), Ok(expected), "{load:?}");
    }
    for (store, expected) in [(Op::Store8, 0xf8), (Op::Store16, 0xf7f8), (Op::Store32, 0xf5f6_f7f8)] {
        let rows = vec![row(store, 0, 0, 1), row(Op::Load64, 0, 0, 0), RETURN];
        assert_eq!(run(rows, &[65_528, value]), Ok(expected), "{store:?}");
        let constant = vec![with(store, 0xf5f6_f7f8, 0, 0), row(Op::Load64, 0, 0, 0), RETURN];
        assert_eq!(run(constant, &[8, 1]), Ok(expected), "{store:?} of a constant");
    }
}

#[test]
fn a_step_tells_the_words_that_an_access_touches_before_and_after() {
    let store = Row { imm: 5, ..row(Op::Store64, 0, 0, 1) };
    let (_, steps) = trace(
        &program(vec![store, with(Op::Load8U, 2, 0, 5), row(Op::Load64, 2, 1, 0), RETURN]),
        &[8, u64::MAX],
    );
    let words = |n: usize| steps[n].words.map(|word| word.map(|word| (word.word, word.before, word.after)));
    let (low, high) = (!0u64 << 40, !0u64 >> 24);
    assert_eq!(words(0), [Some((1, 0, low)), Some((2, 0, high))]);
    assert_eq!(words(1), [Some((1, low, low)), None]);
    assert_eq!(steps[1].d, Some(255));
    assert_eq!((words(2), steps[2].end), ([None, None], Some(End::Trapped(Trap::MemoryOutOfBounds))));
    assert_eq!((steps[0].a, steps[0].c), (8, u64::MAX));
}

#[test]
fn a_trap_leaves_everything_as_it_was() {
    let rows = vec![with(Op::GlobalSet, 0, 0, 4), row(Op::DivU, 0, 0, 1), RETURN];
    let program = program(rows);
    let mut machine = Machine::new(&program, LIMITS);
    assert_eq!(machine.run(0, &[9, 0], &mut (), &mut ()), trap(Trap::DivisionByZero));
    assert_eq!((machine.registers()[0], machine.global(4), machine.global(5)), (9, 9, 0));
    assert_eq!(
        machine.run(1, &[9], &mut (), &mut ()),
        trap(Trap::DivisionByZero),
        "register 1 is zero again"
    );
    assert_eq!((machine.global(4), machine.rows(), machine.gas()), (9, 1, 1), "globals stay between runs");
}

#[test]
fn globals_have_numbers_of_16_bits() {
    let rows = |number| vec![with(Op::GlobalSet, 0, 0, number), with(Op::GlobalGet, 0, 1, number), RETURN];
    assert_eq!(run(rows(65_535), &[3]), Ok(3));
    assert_eq!(run(rows(65_536), &[3]), trap(Trap::Unreachable));
    assert_eq!(run(vec![with(Op::GlobalGet, 0, 1, u64::MAX), RETURN], &[3]), trap(Trap::Unreachable));
}

#[test]
fn memory_grows_to_its_maximum() {
    let rows = vec![row(Op::MemoryGrow, 0, 0, 0), row(Op::MemorySize, 1, 0, 0), RETURN];
    let program = program(rows);
    let failed = u64::from(u32::MAX);
    for (more, before, after) in
        [(0, 1, 1), (1, 1, 2), (2, failed, 1), (failed, failed, 1), (u64::MAX, failed, 1)]
    {
        let mut machine = Machine::new(&program, LIMITS);
        assert_eq!(machine.run(0, &[more], &mut (), &mut ()), Ok(before));
        assert_eq!((machine.registers()[1], machine.memory().len() as u64), (after, after * 65_536));
    }
}

#[test]
fn gas_is_what_rows_cost_and_what_they_charge_and_has_a_limit() {
    let program = program(vec![row(Op::Charge, 0, 0, 0), Row { cost: 9, ..RETURN }]);
    let gas = |limit, argument| {
        let mut machine = Machine::new(&program, Limits { gas: limit, ..LIMITS });
        (machine.run(0, &[argument], &mut (), &mut ()), machine.gas())
    };
    assert_eq!(gas(1000, 90), (Ok(90), 100));
    assert_eq!(gas(100, 90), (Ok(90), 100), "all of it may be used");
    assert_eq!(gas(99, 90).0, trap(Trap::OutOfGas));
    assert_eq!(gas(90, 90).0, trap(Trap::OutOfGas), "the charge itself is too much");
    assert_eq!(gas(u64::MAX - 1, u64::MAX).0, trap(Trap::OutOfGas), "and nothing wraps");
}

#[test]
fn circles_that_cost_nothing_end_at_the_limit_of_rows() {
    assert_eq!(run(vec![Row::new(Op::Br)], &[]), Err(Stop::TooManyRows { limit: LIMITS.rows }));
    let lost_link = vec![with(Op::Call, 1, 0, 1), with(Op::Call, 0, 0, 2), Row::new(Op::Return)];
    let free = lost_link.into_iter().map(|row| Row { cost: 0, ..row }).collect();
    assert_eq!(run(free, &[]), Err(Stop::TooManyRows { limit: LIMITS.rows }));
}

#[test]
fn words_leave_and_come_in_order_and_a_refusal_ends_the_run() {
    let rows = vec![row(Op::Advise, 1, 0, 0), row(Op::Emit, 0, 1, 0), row(Op::Advise, 0, 0, 0), RETURN];
    let program = program(rows);
    let (mut host, mut steps) = (Counter::default(), Steps::default());
    assert_eq!(Machine::new(&program, LIMITS).run(0, &[], &mut host, &mut steps), Ok(2));
    assert_eq!(host.taken, [1]);
    let outside: Vec<_> = steps.0.iter().filter_map(|step| step.outside).collect();
    assert_eq!(outside, [Outside::Advised(1), Outside::Emitted(1), Outside::Advised(2)]);
    let refused = Machine::new(&program, LIMITS).run(0, &[], &mut (), &mut steps);
    assert_eq!((refused, steps.0.len()), (Err(Stop::Host(Refused)), 4), "a refused row is no step");
}

#[test]
fn nothing_that_is_computed_with_shows_in_debug() {
    let program = program(vec![Row { imm: 0, ..row(Op::Store64, 0, 0, 1) }, row(Op::Emit, 0, 1, 0), RETURN]);
    let mut steps = Steps::default();
    let mut machine = Machine::new(&program, LIMITS);
    machine.run(0, &[16, 7_171_717], &mut Counter::default(), &mut steps).unwrap();
    let shown = format!("{machine:?} {:?} {:?} {:?}", steps.0, steps.0[0].words, steps.0[1].outside);
    assert!(!shown.contains("7171717") && shown.contains("Emitted"), "{shown}");
}

#[test]
fn a_profile_counts_by_function_and_by_path() {
    // main calls twice(x) which calls leaf twice, and itself once.
    let rows = vec![
        call(1, 3),
        call(1, 8),
        RETURN,
        call(1, 8),
        call(1, 8),
        with(Op::BrEq, 7, 9, 1),
        RETURN,
        RETURN,
        set(0, 1),
        RETURN,
    ];
    let function = |name: &str, rows| Function { name: name.to_owned(), rows };
    let functions = vec![function("main", 0..3), function("twice", 3..8), function("leaf", 8..10)];
    let program = Program { functions, ..program(rows) };
    let mut profile = Profile::new(&program);
    for _ in 0..2 {
        Machine::new(&program, LIMITS).run(0, &[], &mut (), &mut profile).unwrap();
    }
    let costs: Vec<_> = profile
        .functions()
        .into_iter()
        .map(|cost| (cost.name, cost.calls, cost.rows, cost.gas, cost.rows_inclusive, cost.gas_inclusive))
        .collect();
    let expected = [("main", 2, 6, 4, 26, 16), ("twice", 2, 8, 6, 16, 10), ("leaf", 6, 12, 6, 12, 6)];
    assert_eq!(costs, expected.map(|(name, c, r, g, ri, gi)| (name.to_owned(), c, r, g, ri, gi)));
    let paths: Vec<_> = profile.paths().into_iter().map(|path| (path.path.join(";"), path.rows)).collect();
    let expected = [("main", 6), ("main;twice", 8), ("main;twice;leaf", 8), ("main;leaf", 4)];
    assert_eq!(paths, expected.map(|(path, rows)| (path.to_owned(), rows)));
}

#[test]
fn recursion_keeps_one_path() {
    let rows = vec![call(1, 2), RETURN, with(Op::Add32, 9, 9, 1), call(1, 0), RETURN];
    let function = |name: &str, rows| Function { name: name.to_owned(), rows };
    let program = Program { functions: vec![function("even", 0..2), function("odd", 2..5)], ..program(rows) };
    let mut profile = Profile::new(&program);
    assert_eq!(Machine::new(&program, LIMITS).run(0, &[], &mut (), &mut profile), trap(Trap::StackOverflow));
    assert_eq!(profile.paths().len(), 2);
    let rows: u64 = profile.functions().iter().map(|cost| cost.rows).sum();
    assert_eq!(profile.functions()[0].rows_inclusive, rows);
}

/// Small numbers, so that rows meet, and all others.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0u64..12, 1 => Just(u64::from(u32::MAX)), 1 => Just(65_528u64), 1 => any::<u64>()]
}

fn any_row() -> impl Strategy<Value = Row> {
    let small = || prop_oneof![4 => 0u16..12, 1 => any::<u16>()];
    let d = prop_oneof![4 => 0u32..12, 1 => any::<u32>()];
    let fields = (0..Op::ALL.len(), any::<bool>(), 0u16..3, d, small(), small(), number());
    fields.prop_map(|(op, immediate, cost, d, a, b, imm)| Row {
        op: Op::ALL[op],
        immediate,
        cost,
        d,
        a,
        b,
        imm,
    })
}

fn any_program() -> impl Strategy<Value = Program> {
    let element = prop::option::of((number(), 0u32..3)).prop_map(|element| {
        element.map(|(row, ty)| Element { row: u32::try_from(row).unwrap_or(u32::MAX), ty })
    });
    let data = (prop_oneof![0u32..20, any::<u32>()], prop::collection::vec(any::<u64>(), 0..4));
    let pages = (prop_oneof![0u32..3, Just(u32::MAX)], prop_oneof![0u32..3, Just(u32::MAX)]);
    // Memory of the largest size in a hundredth of the cases only: it takes time to make.
    let pages = (0..100, pages).prop_map(|(n, (a, b))| if n == 0 { (a, b) } else { (a.min(2), b.min(4)) });
    let rows = prop::collection::vec(any_row(), 1..24);
    (rows, prop::collection::vec(element, 0..4), data, pages).prop_map(
        |(rows, table, (first, words), pages)| {
            let functions = vec![Function { name: "all".to_owned(), rows: 0..9 }];
            Program { data: DataImage { first, words }, table, pages, functions, ..program(rows) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_program_only_stops_and_its_steps_form_a_chain(program in any_program(), arguments in prop::collection::vec(number(), 0..12)) {
        let limits = Limits { gas: 5000, registers: 3000, rows: 2000 };
        let mut machine = Machine::new(&program, limits);
        let mut steps = Steps::default();
        let watched = machine.run(0, &arguments, &mut Counter::default(), &mut steps);
        let mut alone = Machine::new(&program, limits);
        prop_assert_eq!(alone.run(0, &arguments, &mut Counter::default(), &mut ()), watched, "watching changes nothing");
        prop_assert_eq!((alone.gas(), alone.rows(), alone.memory() == machine.memory()), (machine.gas(), machine.rows(), true));

        let mut place = (0, 0);
        let mut gas = 0;
        for step in &steps.0 {
            prop_assert_eq!((step.row, step.fp), place);
            prop_assert!(step.gas >= gas);
            (place, gas) = ((step.next, step.next_fp), step.gas);
        }
        let end = steps.0.last().and_then(|step| step.end);
        prop_assert!(steps.0.iter().rev().skip(1).all(|step| step.end.is_none()));
        match watched {
            Ok(_) => prop_assert_eq!(end, Some(End::Returned)),
            Err(Stop::Trap(trap)) => prop_assert_eq!(end, Some(End::Trapped(trap))),
            Err(_) => prop_assert_eq!(end, None),
        }

        let mut profile = Profile::new(&program);
        let _ = Machine::new(&program, limits).run(0, &arguments, &mut Counter::default(), &mut profile);
        let counted: u64 = profile.paths().iter().map(|path| path.rows).sum();
        prop_assert_eq!(counted, steps.0.len() as u64);
    }
}
