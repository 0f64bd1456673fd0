//! Contracts that try to harm their host: each run ends with a trap or is not provable.

use nectar_vm::cosmwasm::{HostFault, MemoryHost};
use nectar_vm::{Host, Limits, Machine, Program, Refused, Stop, Trap, Unprovable};
use proptest::prelude::*;

use crate::guest::{FREE, Guest, KEY, RESPONSE, VALUE, run, run_with};

const REFUSED: Result<u64, Stop> = Err(Stop::Trap(Trap::HostCall));

/// Puts a region at 5000.
fn region(offset: u32, capacity: u32, length: u32) -> String {
    format!(
        "(i32.store (i32.const 5000) (i32.const {offset})) (i32.store (i32.const 5004) (i32.const {capacity}))
         (i32.store (i32.const 5008) (i32.const {length}))"
    )
}

#[test]
fn regions_that_lie_are_refused_wherever_they_are_passed() {
    let lies = [
        region(0, 1, 1),
        region(6000, 2, 3),
        region(131_072, 1, 1),
        region(131_071, 2, 1),
        region(u32::MAX, u32::MAX, 0),
        region(6000, u32::MAX, u32::MAX),
    ];
    for lie in lies {
        let at = "(i32.const 5000)";
        for call in [
            format!("(drop (call $read {at})) {RESPONSE}"),
            format!("(call $write {at} {VALUE}) {RESPONSE}"),
            format!("(call $write {KEY} {at}) {RESPONSE}"),
            format!("(call $remove {at}) {RESPONSE}"),
            format!("(drop (call $scan {at} (i32.const 0) (i32.const 1))) {RESPONSE}"),
            format!("(drop (call $scan (i32.const 0) {at} (i32.const 1))) {RESPONSE}"),
            format!("(drop (call $canonicalize {at} {FREE})) {RESPONSE}"),
            format!("(drop (call $query_chain {at})) {RESPONSE}"),
            format!("(call $debug {at}) {RESPONSE}"),
            format!("(call $abort {at}) {RESPONSE}"),
            at.to_owned(),
        ] {
            assert_eq!(Guest::execute(&format!("{lie} {call}")).run(), REFUSED, "{lie} {call}");
        }
    }
}

#[test]
fn pointers_to_nothing_are_refused() {
    for pointer in ["0", "131072", "131061", "-1", "-12"] {
        for body in [
            format!("(drop (call $read (i32.const {pointer}))) {RESPONSE}"),
            format!("(call $write {KEY} (i32.const {pointer})) {RESPONSE}"),
            format!("(i32.const {pointer})"),
        ] {
            assert_eq!(Guest::execute(&body).run(), REFUSED, "{body}");
        }
    }
    assert!(
        Guest::execute(&format!("(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 1))) {RESPONSE}"))
            .run()
            .is_ok()
    );
}

#[test]
fn what_is_longer_than_its_limit_is_refused_and_what_is_as_long_is_not() {
    let at = "(i32.const 5000)";
    let calls: [(u32, String); 6] = [
        (1024, format!("(drop (call $read {at})) {RESPONSE}")),
        (256 * 1024, format!("(call $write {KEY} {at}) {RESPONSE}")),
        (256, format!("(drop (call $canonicalize {at} {FREE})) {RESPONSE}")),
        (16 * 1024, format!("(call $debug {at}) {RESPONSE}")),
        (512 * 1024, format!("(drop (call $query_chain {at})) {RESPONSE}")),
        (4 * 1024 * 1024, at.to_owned()),
    ];
    for (limit, call) in calls {
        let run = |length: u32| {
            let room = "(drop (memory.grow (i32.const 80)))";
            Guest::execute(&format!("{room} {} {call}", region(6000, length, length))).run()
        };
        assert!(run(limit).is_ok(), "{call}: {:?}", run(limit));
        assert_eq!(run(limit + 1), REFUSED, "{call}");
    }
}

#[test]
fn an_allocate_that_returns_nonsense_is_refused() {
    let small = format!("{} (i32.const 5000)", region(6000, 2, 0));
    for allocate in
        ["(i32.const 0)", "(i32.const -1)", "(i32.const 131072)", "(i32.const 6500)", small.as_str()]
    {
        let guest = Guest { allocate: allocate.into(), ..Guest::default() };
        assert_eq!(guest.run(), REFUSED, "{allocate}");
    }
    let trap = Guest { allocate: "(unreachable)".into(), ..Guest::default() };
    assert_eq!(trap.run(), Err(Stop::Trap(Trap::Unreachable)));
}

#[test]
fn an_allocate_without_end_ends() {
    let deep = Guest { allocate: "(call $deep (local.get $size))".into(), ..Guest::default() };
    let deep =
        Guest { more: "(func $deep (param i32) (result i32) (call $deep (local.get 0)))".into(), ..deep };
    assert_eq!(deep.run(), Err(Stop::Trap(Trap::StackOverflow)));
    let long = Guest { allocate: "(loop $on (br $on)) (unreachable)".into(), ..Guest::default() };
    let ended = run_with(&long.lower().unwrap(), "execute", 10_000_000, &mut MemoryHost::new());
    assert_eq!(ended, Err(Stop::Trap(Trap::OutOfGas)));
}

#[test]
fn an_allocate_that_calls_the_host_is_not_provable() {
    for call in [
        format!("(drop (call $read {KEY}))"),
        format!("(call $abort {KEY})"),
        format!("(call $write {KEY} {VALUE})"),
        "(drop (call $next (i32.const 1)))".into(),
    ] {
        let guest = Guest { allocate: format!("{call} (i32.const 0)"), ..Guest::default() };
        let ended = guest.run();
        assert!(
            matches!(ended, Err(Stop::Unprovable { kind: Unprovable::Reentry, .. })),
            "{call}: {ended:?}"
        );
    }
}

#[test]
fn a_region_in_its_own_buffer_gets_its_length_last() {
    // The message's first four bytes lie where the region has its length.
    let allocate = "(i32.store (i32.const 7000) (i32.const 7008)) (i32.store (i32.const 7004) (i32.const 64)) (i32.const 7000)";
    let guest = Guest {
        allocate: allocate.into(),
        execute: format!(
            "(if (i32.ne (i32.load (i32.const 7008)) (i32.const 7)) (then (unreachable))) {RESPONSE}"
        ),
        ..Guest::default()
    };
    assert!(guest.run().is_ok());
}

#[test]
fn queries_do_not_write() {
    for call in [format!("(call $write {KEY} {VALUE})"), format!("(call $remove {KEY})")] {
        let guest = Guest {
            execute: format!("{call} {RESPONSE}"),
            query: format!("{call} {RESPONSE}"),
            ..Guest::default()
        };
        let program = guest.lower().unwrap();
        let mut host = MemoryHost::new();
        assert!(run(&program, "execute", &mut host).is_ok());
        assert_eq!(run(&program, "query", &mut host), REFUSED);
        assert!(host.accesses().is_empty());
    }
}

#[test]
fn empty_values_are_not_written() {
    assert_eq!(Guest::execute(&format!("(call $write {KEY} {FREE}) {RESPONSE}")).run(), REFUSED);
}

#[test]
fn iterators_that_were_not_opened_and_orders_that_do_not_exist_are_refused() {
    for id in ["0", "1", "-1"] {
        for import in ["next", "next_key"] {
            let body = format!("(drop (call ${import} (i32.const {id}))) {RESPONSE}");
            assert_eq!(Guest::execute(&body).run(), REFUSED, "{body}");
        }
    }
    for order in ["0", "3", "-1"] {
        let body = format!("(drop (call $scan (i32.const 0) (i32.const 0) (i32.const {order}))) {RESPONSE}");
        assert_eq!(Guest::execute(&body).run(), REFUSED, "{order}");
    }
    let many = |count: u32| {
        format!(
            "(loop $more (drop (call $scan {KEY} (i32.const 0) (i32.const 2)))
               (local.set $i (i32.add (local.get $i) (i32.const 1)))
               (br_if $more (i32.lt_u (local.get $i) (i32.const {count})))) {RESPONSE}"
        )
    };
    assert!(Guest::execute(&many(128)).run().is_ok());
    assert_eq!(Guest::execute(&many(129)).run(), REFUSED);
}

#[test]
fn a_start_function_that_calls_the_host_is_not_provable() {
    let more = format!("(func $begin (drop (call $read {KEY}))) (start $begin)");
    let ended = Guest { more, ..Guest::default() }.run();
    assert!(matches!(ended, Err(Stop::Unprovable { kind: Unprovable::Reentry, .. })), "{ended:?}");
}

/// A host that gives these words, whatever is said.
struct Words(Vec<u64>);

impl Host for Words {
    fn emit(&mut self, _: u64) -> Result<(), Refused> {
        Ok(())
    }

    fn advise(&mut self) -> Result<u64, Refused> {
        self.0.pop().ok_or(Refused)
    }
}

fn with_words(program: &Program, words: &[u64]) -> Result<u64, Stop> {
    let words = words.iter().rev().copied().collect();
    let mut machine = Machine::new(program, Limits { gas: 50_000_000, ..Limits::default() });
    machine.run(program.entries["query"], &[], &mut Words(words), &mut ())
}

#[test]
fn a_host_that_lies_is_refused() {
    let read = Guest { query: format!("(call $read {KEY})"), ..Guest::default() }.lower().unwrap();
    assert!(with_words(&read, &[0, 0, 1 + 3, 0xff_ffff]).is_ok());
    assert_eq!(with_words(&read, &[0, 0, 1 + 3, 0x1ff_ffff]), REFUSED, "a byte behind the last");
    assert_eq!(with_words(&read, &[0, 0, 1 + 256 * 1024 + 1]), REFUSED, "too long a value");
    assert_eq!(with_words(&read, &[0, 0, u64::MAX]), REFUSED);
    assert_eq!(with_words(&read, &[512 * 1024 + 1]), REFUSED, "too long an input");
    assert_eq!(with_words(&read, &[1 << 32]), REFUSED);
    assert_eq!(with_words(&read, &[1, 0x100]), REFUSED);
    assert_eq!(with_words(&read, &[0, 0]), Err(Stop::Host(Refused)));
    let next = Guest {
        query: "(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 1))) (call $next (i32.const 1))"
            .into(),
        ..Guest::default()
    };
    let next = next.lower().unwrap();
    assert!(with_words(&next, &[0, 0, 1 + 1, 7, 1, 8]).is_ok());
    assert_eq!(with_words(&next, &[0, 0, 1 + 1025, 7, 1, 8]), REFUSED);
    assert_eq!(with_words(&next, &[0, 0, 1 + 1, 7, 1 << 40, 8]), REFUSED);
    assert_eq!(with_words(&next, &[0, 0, 1 + 1, 0x100, 1, 8]), REFUSED, "a byte behind the key");
    let query = Guest { query: format!("(call $query_chain {KEY})"), ..Guest::default() }.lower().unwrap();
    assert!(with_words(&query, &[0, 0, 5, 1, 7]).is_ok());
    assert_eq!(with_words(&query, &[0, 0, u64::MAX, 1, 7]), Err(Stop::Trap(Trap::OutOfGas)));
    assert_eq!(with_words(&query, &[0, 0, 5, u64::MAX]), REFUSED);
}

#[test]
fn a_loop_of_reads_meets_the_limit_of_one_call() {
    let body = format!("(loop $on (call $remove {KEY}) (br $on)) {RESPONSE}");
    let program = Guest::execute(&body).lower().unwrap();
    let mut host = MemoryHost::new();
    host.begin(&[Vec::new(), Vec::new(), Vec::new()]).unwrap();
    let mut machine = Machine::new(&program, Limits::default());
    let ended = machine.run(program.entries["execute"], &[], &mut host, &mut ());
    assert_eq!((ended, host.fault()), (Err(Stop::Host(Refused)), Some(HostFault::TooMuchState)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_region_of_any_contract_does_more_than_end_the_run(
        words in prop::array::uniform3(prop_oneof![any::<u32>(), 0u32..140_000, 0u32..20]),
        pointer in prop_oneof![any::<i32>(), 4990i32..5010, 131_050i32..131_080],
    ) {
        let body = format!(
            "{} (drop (call $read (i32.const {pointer}))) (call $write {KEY} (i32.const {pointer}))
             (drop (call $scan (i32.const {pointer}) (i32.const 5000) (i32.const 2))) (call $next (i32.const 1))",
            region(words[0], words[1], words[2])
        );
        let ended = Guest::execute(&body).run();
        prop_assert!(matches!(ended, Ok(_) | Err(Stop::Trap(Trap::HostCall))), "{:?}", ended);
    }

    #[test]
    fn no_words_of_any_host_do_more_than_end_the_run(
        words in prop::collection::vec(prop_oneof![any::<u64>(), 0u64..40], 0..60),
    ) {
        let guest = Guest {
            query: format!(
                "(drop (call $read {KEY})) (drop (call $canonicalize {KEY} {FREE}))
                 (drop (call $scan (i32.const 0) (i32.const 0) (i32.const 1)))
                 (drop (call $next (i32.const 1))) (call $query_chain {KEY})"
            ),
            ..Guest::default()
        };
        let ended = with_words(&guest.lower().unwrap(), &words);
        let expected = matches!(
            ended,
            Ok(_) | Err(Stop::Trap(Trap::HostCall | Trap::OutOfGas) | Stop::Host(Refused))
        );
        prop_assert!(expected, "{:?}", ended);
    }
}
