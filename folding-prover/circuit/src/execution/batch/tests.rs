use std::collections::HashMap;

use nectar_commitment::{Fr, to_bytes};
use nectar_vm::cosmwasm::MemoryHost;
use nectar_vm::{Limits, Machine};

#[path = "../../../tests/common/recorded.rs"]
pub(in crate::execution) mod recorded;

use super::record::AnswerRecord;
use super::{ArrangeError, Arranged, Batch};
use crate::execution::chunk::log;
use crate::execution::{Asked, Challenges, ExecutionCircuit, Kind, Size, Tally};
use crate::{Boundary, Frame, Phased as _, Position, Statement, Uniform as _};
use recorded::{instantiate, instantiate_with, program, root};

/// Tuples that were sent more or less often than received, by tag.
fn left(arranged: &Arranged, receipts_root: Fr) -> HashMap<u64, Vec<(Vec<Fr>, Fr)>> {
    let mut sums = HashMap::new();
    for (tag, m, mut fields) in log(arranged.contents(), receipts_root) {
        // A coordinate that is zero may be left out.
        while fields.last() == Some(&Fr::zero()) {
            fields.pop();
        }
        let key: (u64, Vec<_>) = (tag as u64, fields.iter().map(to_bytes).collect());
        sums.entry(key).or_insert_with(|| (fields, Fr::zero())).1 += m;
    }
    let mut left: HashMap<u64, Vec<_>> = HashMap::new();
    for ((tag, _), (fields, sum)) in sums {
        if sum != Fr::zero() {
            left.entry(tag).or_default().push((fields, sum));
        }
    }
    left
}

#[test]
fn all_that_a_batch_receives_was_sent() {
    let program = program("consent");
    let calls = [1 << 40, 30_000, 1 << 40];
    let (runs, receipts): (Vec<_>, Vec<_>) =
        (1..).zip(calls).map(|(run, limit)| instantiate(&program, run, limit)).unzip();
    let receipts_root = root(&receipts);
    let batch = Batch { programs: vec![&program], runs, receipts };
    let arranged = Arranged::new(batch, &Size::standard()).unwrap();
    let left = left(&arranged, receipts_root);
    assert!(left.is_empty(), "{:?}", left.keys());
}

fn statement(receipts_root: Fr, receipts: u64) -> Statement {
    let zero = Fr::zero();
    Statement {
        chain_id: 31_337,
        network: 1,
        batch: 2,
        pre_root: zero,
        post_root: zero,
        receipts_root,
        receipts,
        program_registry_root: zero,
        window: (0, 0),
    }
}

#[test]
fn chunks_of_a_batch_satisfy_the_circuit_and_end_with_nothing_left() {
    let program = program("consent");
    let calls = [1 << 40, 30_000];
    let (runs, receipts): (Vec<_>, Vec<_>) =
        (1..).zip(calls).map(|(run, limit)| instantiate(&program, run, limit)).unzip();
    let statement = statement(root(&receipts), 2);
    let size = Size::standard();
    let circuit = ExecutionCircuit::new(size.clone());
    let arranged = Arranged::new(Batch { programs: vec![&program], runs, receipts }, &size).unwrap();
    let challenges = Challenges { gamma: Fr::from(123_456_789), alpha: Fr::from(987_654_321) };
    let mut start = Boundary { values: circuit.start(&statement), salt: Fr::from(3) };
    let chunks = arranged.chunks();
    println!("{chunks} chunks");
    for number in 0..chunks {
        let position = Position { first: number == 0, last: number + 1 == chunks };
        let end_salt = Fr::from(number as u64 + 10);
        let frame = Frame { statement: &statement, position, challenges, start: &start, end_salt };
        let chunk = arranged.chunk(number);
        let assignment = circuit.second(&chunk, &frame);
        assert_eq!(assignment.first, circuit.first(&chunk));
        let violations = assignment.violations(circuit.shape());
        assert!(
            violations.is_empty(),
            "chunk {number}: {} rows, {:?}",
            violations.len(),
            &violations[..4.min(violations.len())]
        );
        start = Boundary { values: assignment.end, salt: end_salt };
    }
    assert!(circuit.may_end(&statement, &start.values));
}

/// A call that has an access, changed before it is arranged.
fn refused(change: impl FnOnce(&mut Batch<'_>)) -> ArrangeError {
    let program = program("counter");
    let (run, receipt) = instantiate_with(&program, 1, 1 << 40, r#"{"start":3}"#);
    let mut batch = Batch { programs: vec![&program], runs: vec![run], receipts: vec![receipt] };
    change(&mut batch);
    Arranged::new(batch, &Size::standard()).unwrap_err()
}

#[test]
fn runs_that_do_not_belong_to_their_records_are_refused() {
    assert_eq!(refused(|batch| batch.runs[0].program = 1), ArrangeError::Program { run: 1 });
    assert!(matches!(
        refused(|batch| batch.runs[0].inputs[2].push(b' ')),
        ArrangeError::Words { run: 1, .. }
    ));
    assert!(matches!(
        refused(|batch| drop(batch.runs[0].accesses.pop())),
        ArrangeError::Words { run: 1, .. }
    ));
    assert!(matches!(
        refused(|batch| batch.runs[0].accesses[0].key.push(0)),
        ArrangeError::Words { run: 1, .. }
    ));
    assert!(matches!(
        refused(|batch| {
            let salt = Some(Fr::one());
            batch.runs[0].answers.push(AnswerRecord { bytes: Vec::new(), by_run: false, salt });
        }),
        ArrangeError::Words { run: 1, .. }
    ));
    let by_run = || AnswerRecord { bytes: Vec::new(), by_run: true, salt: None };
    assert_eq!(refused(|batch| batch.runs[0].answers.push(by_run())), ArrangeError::Order { run: 1 });
    let changes: [fn(&mut Batch<'_>); 3] = [
        |batch| batch.runs[0].inputs[0][150] ^= 1,
        |batch| batch.runs[0].inputs[0].truncate(210),
        |batch| batch.runs[0].contract[31] ^= 1,
    ];
    for change in changes {
        assert_eq!(refused(change), ArrangeError::Env { run: 1 });
    }
    assert!(matches!(refused(|batch| batch.runs[0].entry_in_log = 0), ArrangeError::Log { run: 1, .. }));
    assert!(matches!(refused(|batch| batch.receipts.clear()), ArrangeError::Log { run: 1, .. }));
    assert_eq!(refused(|batch| batch.runs[0].recording.ended = false), ArrangeError::Unfinished { run: 1 });
}

#[test]
fn a_chunk_without_slots_for_a_step_is_refused() {
    let program = program("consent");
    let (run, receipt) = instantiate(&program, 1, 1 << 40);
    let batch = Batch { programs: vec![&program], runs: vec![run], receipts: vec![receipt] };
    let size = Size { steps: Size::default().steps, ..Size::standard() };
    assert_eq!(Arranged::new(batch, &size).unwrap_err(), ArrangeError::NoSlots);
}

/// What is counted of a run while the machine runs it, and the chunks that its proof takes.
fn counted(name: &str, message: &str, limit: u64, size: &Size) -> (u64, u64) {
    let program = program(name);
    let (run, receipt) = instantiate_with(&program, 1, limit, message);
    let mut host = MemoryHost::new();
    host.begin(&run.inputs).unwrap();
    let mut tally = Tally::new(&program);
    let mut machine = Machine::new(&program, Limits { gas: limit, ..Limits::default() });
    let _ = machine.run(program.entries["instantiate"], &[], &mut host, &mut tally);
    let heard = run.inputs.iter().map(|input| input.len().div_ceil(8) as u64).sum::<u64>();
    let asked = Asked { accesses: run.accesses.len() as u64, heard, ..Asked::default() };
    let batch = Batch { programs: vec![&program], runs: vec![run], receipts: vec![receipt] };
    let arranged = Arranged::new(batch, size).unwrap();
    (tally.chunks(size, asked), arranged.chunks() as u64)
}

#[test]
fn a_run_takes_no_more_chunks_than_are_counted_while_it_runs() {
    let standard = Size::standard();
    let mut sizes = vec![standard.clone(), standard.map(|slots| slots.div_ceil(7))];
    // One kind of step has few slots: that decides.
    for kind in [Kind::Shift, Kind::LoadByte, Kind::BranchUnsigned, Kind::Call, Kind::Advise, Kind::Store] {
        let mut size = standard.clone();
        size.steps.insert(kind, 1);
        sizes.push(size);
    }
    sizes.push(Size { zeros: 1, ..standard.clone() });
    sizes.push(Size { links: 1, ..standard.clone() });
    sizes.push(Size { image: 1, ..standard.clone() });
    sizes.push(Size { parts: 1, ..standard.clone() });
    sizes.push(Size { data: 1, ..standard.clone() });
    sizes.push(Size { nodes: 9, ..standard });
    let calls =
        [("counter", r#"{"start":3}"#, 1 << 40), ("consent", "{}", 1 << 40), ("consent", "{}", 30_000)];
    for (name, message, limit) in calls {
        for (at, size) in sizes.iter().enumerate() {
            let (most, chunks) = counted(name, message, limit, size);
            assert!(
                most >= chunks,
                "{name} {limit}, size {at}: {most} chunks were counted, {chunks} are taken"
            );
            // Accesses may all be items, of which a chunk has few slots, and strings as long as strings can be.
            assert!(most <= 2 * chunks + 8, "{name} {limit}, size {at}: {most} for {chunks}");
        }
    }
}

#[test]
fn steps_without_slots_take_more_chunks_than_there_are() {
    let size = Size { steps: Size::default().steps, ..Size::standard() };
    let program = program("counter");
    let mut tally = Tally::new(&program);
    assert_eq!(tally.chunks(&size, Asked::default()), 1, "what every run takes");
    let mut host = MemoryHost::new();
    let _ = Machine::new(&program, Limits::default()).run(0, &[], &mut host, &mut tally);
    assert_eq!(tally.chunks(&size, Asked::default()), u64::MAX);
}
