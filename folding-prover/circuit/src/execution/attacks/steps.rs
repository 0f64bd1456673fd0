//! Lies about steps: what they compute, where they go on, which cells they find.

use ff::Field;
use nectar_commitment::Fr;
use nectar_vm::{End, Op, Step, Trap, WordAccess};

use super::forgery::{Forgery, Stage, differs};
use super::told::{Call, HONEST, Teller};
use super::world::{arranged, traps};
use crate::execution::Access;
use crate::execution::access::moment;
use crate::execution::bus::Tag;
use crate::execution::chunk::Contents;

/// A name, what refuses it, and the lie.
pub(super) type Lie = (&'static str, &'static str, fn(&Stage) -> Forgery);

/// All of them, but those about results.
pub(super) const LIES: [Lie; 20] = [
    ("a result above 32 bits", "rows", wide_result),
    ("a branch that is not taken, of a machine that takes others", "State", other_branch),
    ("a branch that is not taken, of a slot that says so", "rows", branch_not_taken),
    ("a step that is left out", "State", skipped),
    ("a step that is done twice", "State", repeated),
    ("a call into the middle of a function", "State", middle),
    ("a return to another row than the call's", "Cell", forged_return),
    ("an indirect call of another type", "Element", confused),
    ("a read of what was there before the last write", "Cell", stale),
    ("a read of what is written later", "Limb", future),
    ("a register that is made twice", "Cell Limb Stretch", made_twice),
    ("a register that begins with 7", "Cell", uninitialised),
    ("an access out of bounds that is none", "Run", in_bounds),
    ("an access over the end of memory that is none", "Run", over_the_end),
    ("a trap of an access within bounds", "Limb", out_of_bounds),
    ("an address of 33 bits as one of 32", "Limb Power", wrapped),
    ("more pages than the program may have", "Cell", grown),
    ("a growth that is said to be within the limit", "Limb", grows),
    ("other gas", "State", cheaper),
    ("an end before the end", "State", early),
];

/// Tells of the honest call otherwise.
fn told(stage: &Stage, lie: impl FnOnce(&mut Vec<Step>)) -> Forgery {
    called(stage, &HONEST, lie)
}

fn called(stage: &Stage, call: &Call, lie: impl FnOnce(&mut Vec<Step>)) -> Forgery {
    let program = &stage.named.program;
    let (contents, statement) = arranged(program, vec![Teller::honest(program).tells(call, 1, lie)]);
    stage.forged(contents, statement)
}

/// Tells what the program did in a memory of other pages. Only what says so is not that of the named program.
fn other_pages(stage: &Stage, call: &Call, pages: (u32, u32), grows: bool) -> Forgery {
    let named = &stage.named.program;
    let other = nectar_vm::Program { pages, ..named.clone() };
    let teller = Teller { named, runs: &other, made: if grows { &other } else { named } };
    let (contents, statement) = arranged(&other, vec![teller.tells(call, 1, |_| ())]);
    stage.forged(stage.under_its_name(contents), statement)
}

fn position(stage: &Stage, steps: &[Step], row: &str) -> usize {
    let row = stage.named.row(row);
    steps.iter().position(|step| step.row == row).unwrap()
}

/// The step at a row, as slots show it.
fn shown<'c>(stage: &Stage, contents: &'c mut Contents, row: &str) -> &'c mut crate::execution::Step {
    let pc = 1 << 24 | u64::from(stage.named.row(row));
    contents.steps.values_mut().flatten().find(|step| step.pc == pc).unwrap()
}

/// What a register of the first run ends with.
fn ends_with(contents: &mut Contents, register: u64, value: u64) {
    let address = (1 << 34) + register;
    let block = contents.zeros.iter_mut().rfind(|block| block.first <= address).unwrap();
    block.cells[usize::try_from(address - block.first).unwrap()].value = value;
}

/// One more (or less, of a flag) than what an operation gives; registers, and what is done with them later, say the same.
pub(super) fn wrong_result(stage: &Stage, op: Op) -> Forgery {
    let row = format!("{op:?}");
    let mut by = Fr::ONE;
    let mut forgery = told(stage, |steps| {
        let at = position(stage, steps, &row);
        let result = steps[at].d.unwrap();
        let flag = (Op::Eq..=Op::GeS64).contains(&op);
        if flag && result == 1 || result == u64::MAX {
            by = -Fr::ONE;
        }
        steps[at].d = Some(if by == Fr::ONE { result + 1 } else { result - 1 });
    });
    stage.tamper(&mut forgery, &row, by, |truth, lie| differs(truth, lie, Tag::Cell, Fr::ONE, 1, by));
    forgery
}

fn wide_result(stage: &Stage) -> Forgery {
    let mut forgery = told(stage, |steps| {
        let at = position(stage, steps, "Add32");
        steps[at].d = steps[at].d.map(|result| result + (1 << 32));
    });
    let by = Fr::from(1 << 32);
    stage.tamper(&mut forgery, "Add32", Fr::ONE, |truth, lie| differs(truth, lie, Tag::Cell, Fr::ONE, 1, by));
    forgery
}

/// The machine's steps behind the branch are those of one that is not taken.
fn other_branch(stage: &Stage) -> Forgery {
    let other = stage.named.with("branch", |row| row.op = Op::BrNe);
    let named = &stage.named.program;
    let teller = Teller { named, runs: &other, made: named };
    let (contents, statement) = arranged(named, vec![teller.tells(&HONEST, 1, |_| ())]);
    stage.forged(contents, statement)
}

fn branch_not_taken(stage: &Stage) -> Forgery {
    let mut forgery = other_branch(stage);
    // The row behind is one row further, the target two.
    let by = -Fr::ONE;
    stage.tamper(&mut forgery, "branch", by, |truth, lie| differs(truth, lie, Tag::State, Fr::ONE, 1, by));
    forgery
}

fn skipped(stage: &Stage) -> Forgery {
    told(stage, |steps| {
        steps.remove(position(stage, steps, "Add32"));
    })
}

fn repeated(stage: &Stage) -> Forgery {
    told(stage, |steps| {
        let at = position(stage, steps, "Add32");
        steps.insert(at, steps[at]);
    })
}

fn middle(stage: &Stage) -> Forgery {
    let middle = u64::from(stage.named.row("middle"));
    let other = stage.named.with("call", |row| row.imm = middle);
    let named = &stage.named.program;
    let teller = Teller { named, runs: &other, made: named };
    let (contents, statement) = arranged(named, vec![teller.tells(&HONEST, 1, |_| ())]);
    stage.forged(contents, statement)
}

/// Both the return and the steps behind it say that the run went on one row further.
fn forged_return(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let told = Teller::honest(program).tells(&HONEST, 1, |steps| {
        let behind = position(stage, steps, "behind");
        steps.remove(behind);
        steps[behind..].iter_mut().for_each(|step| step.gas -= 1);
    });
    let (mut contents, statement) = arranged(program, vec![told]);
    shown(stage, &mut contents, "leave").link.pc += 1;
    stage.forged(contents, statement)
}

fn confused(stage: &Stage) -> Forgery {
    let other = stage.named.with("indirect", |row| row.imm = 9);
    let named = &stage.named.program;
    let teller = Teller { named, runs: &other, made: named };
    let call = Call { message: 2, ..HONEST };
    let (contents, statement) = arranged(named, vec![teller.tells(&call, 1, |_| ())]);
    stage.forged(contents, statement)
}

/// Moments from the access `order` of a step to a later one of another, less one.
fn gap(contents: &mut Contents, stage: &Stage, from: (&str, u32), to: (&str, u32)) -> u32 {
    let moment =
        |contents: &mut Contents, (row, order): (&str, u32)| 8 * shown(stage, contents, row).time + order;
    moment(contents, to) - moment(contents, from) - 1
}

fn stale(stage: &Stage) -> Forgery {
    let mut contents = stage.contents.clone();
    let gap = gap(&mut contents, stage, ("first written", 3), ("read again", 2));
    shown(stage, &mut contents, "read again").b = Access { value: 1, gap };
    ends_with(&mut contents, 52, 1);
    stage.forged(contents, stage.statement)
}

/// The first read finds what is written behind it: each cell's accesses are one chain, but one of them goes back.
fn future(stage: &Stage) -> Forgery {
    let mut contents = stage.contents.clone();
    let written = gap(&mut contents, stage, ("first written", 3), ("written", 3));
    let again = gap(&mut contents, stage, ("read", 2), ("read again", 2));
    let back = gap(&mut contents, stage, ("read", 2), ("written", 3)) + 1;
    let honest = shown(stage, &mut contents, "read").b.gap;
    shown(stage, &mut contents, "read").b.value = 2;
    shown(stage, &mut contents, "written").d.gap = written;
    shown(stage, &mut contents, "read again").b.gap = again;
    ends_with(&mut contents, 47, 2);
    let mut forgery = stage.forged(contents, stage.statement);
    // A gap of less than nothing.
    let by = -Fr::from(u64::from(honest) + 1 + u64::from(back));
    let moments = -by * moment(1);
    stage.tamper(&mut forgery, "read", by, |truth, lie| differs(truth, lie, Tag::Cell, -Fr::ONE, 0, moments));
    forgery
}

fn made_twice(stage: &Stage) -> Forgery {
    let mut contents = stage.contents.clone();
    let mut again = contents.zeros[0];
    again.cells = Default::default();
    contents.zeros.insert(1, again);
    contents.begun[0].times[0] += 1;
    stage.forged(contents, stage.statement)
}

fn uninitialised(stage: &Stage) -> Forgery {
    let mut contents = stage.contents.clone();
    shown(stage, &mut contents, "fresh").b.value = 7;
    [49, 63].into_iter().for_each(|register| ends_with(&mut contents, register, 7));
    stage.forged(contents, stage.statement)
}

/// Memory of two pages from the start.
fn in_bounds(stage: &Stage) -> Forgery {
    other_pages(stage, &Call { case: 3, ..HONEST }, (2, 2), false)
}

fn over_the_end(stage: &Stage) -> Forgery {
    other_pages(stage, &Call { case: 10, ..HONEST }, (2, 2), false)
}

fn out_of_bounds(stage: &Stage) -> Forgery {
    told(stage, |steps| {
        steps.truncate(position(stage, steps, "image") + 1);
        traps(steps, Trap::MemoryOutOfBounds);
    })
}

fn wrapped(stage: &Stage) -> Forgery {
    let word = stage.named.program.data.words[0];
    let call = Call { case: 9, ..HONEST };
    let mut forgery = called(stage, &call, |steps| {
        let at = position(stage, steps, "wraps");
        let mut behind = steps[at];
        (behind.row, behind.gas) = (behind.row + 1, behind.gas + 1);
        behind.end = Some(End::Trapped(Trap::HostCall));
        steps[at].end = None;
        steps[at].d = Some(word >> 16 & 0xff);
        steps[at].words = [Some(WordAccess { word: 8, before: word, after: word }), None];
        steps.push(behind);
    });
    let by = -Fr::from(1 << 29);
    stage.tamper(&mut forgery, "wraps", by, |truth, lie| {
        let moved = truth.iter().zip(lie).filter(|(one, other)| one != other);
        moved.clone().count() == 2
            && moved.into_iter().all(|(one, other)| one.0 == Tag::Cell && other.2[0] == one.2[0] + by)
    });
    forgery
}

fn grown(stage: &Stage) -> Forgery {
    other_pages(stage, &HONEST, (1, 9), true)
}

/// The step that may not have a page more says that it may, and has it.
fn grows(stage: &Stage) -> Forgery {
    let mut forgery = told(stage, |steps| {
        let at = position(stage, steps, "too much");
        steps[at].d = Some(2);
        for step in &mut steps[at..] {
            step.pages = 3;
        }
    });
    stage.choose_other(&mut forgery, "too much", [2, 1]);
    forgery
}

fn cheaper(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let told = Teller::honest(program).tells_also(&HONEST, 1, |_| (), |recording, _| recording.gas -= 1);
    let (contents, statement) = arranged(program, vec![told]);
    stage.forged(contents, statement)
}

/// Without the return.
fn early(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let teller = Teller::honest(program);
    let cut = |steps: &mut Vec<Step>| steps.truncate(steps.len() - 1);
    let told = teller.tells_also(&HONEST, 1, cut, |recording, _| recording.ended = true);
    let (contents, statement) = arranged(program, vec![told]);
    stage.forged(contents, statement)
}
