//! Batches of calls of the small program.

use nectar_commitment::Fr;
use nectar_vm::{End, Program, Step, Trap};

use super::program::{CASES, MAIN, Named, program};
use super::told::{Call, HONEST, Teller, Told};
use crate::Statement;
use crate::execution::batch::tests::recorded;
use crate::execution::batch::{Arranged, Batch, RunRecord};
use crate::execution::chunk::{Contents, Size};

/// Ends a run at its last step.
pub(super) fn traps(steps: &mut [Step], trap: Trap) {
    if let Some(last) = steps.last_mut() {
        last.end = Some(End::Trapped(trap));
        (last.d, last.words) = (None, [None, None]);
    }
}

/// What is claimed of a batch with these receipts.
pub(super) fn statement(receipts_root: Fr, receipts: u64) -> Statement {
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

/// Slots' contents for a batch of one program, and what is claimed.
pub(super) fn arranged(program: &Program, told: Vec<Told>) -> (Contents, Statement) {
    let (mut runs, mut receipts) = (Vec::new(), Vec::new());
    for (receipt, told) in (0..).zip(told) {
        for run in std::iter::once(told.run).chain(told.asked) {
            runs.push(RunRecord { receipt, ..run });
        }
        receipts.push(told.receipt);
    }
    let claimed = statement(recorded::root(&receipts), receipts.len() as u64);
    let size = Size::ample();
    let arranged = Arranged::new(Batch { programs: vec![program], runs, receipts }, &size).unwrap();
    (arranged.contents().clone(), claimed)
}

/// One call of the program with a read and a write.
pub(super) fn small() -> (Named, Contents, Statement) {
    let named = program(false);
    let told = Teller::honest(&named.program).tells(&HONEST, 1, |_| ());
    let (contents, claimed) = arranged(&named.program, vec![told]);
    (named, contents, claimed)
}

/// Calls that need every kind of slot.
pub(super) fn whole() -> (Contents, Statement) {
    let named = program(true);
    let teller = Teller::honest(&named.program);
    let steps = teller.tells(&HONEST, 1, |_| ()).run.recording.steps.clone();
    let at = steps.iter().position(|step| step.pc & 0xff_ffff == u64::from(named.row("charge"))).unwrap();
    let mut calls = vec![HONEST];
    calls.extend((0..CASES).filter(|case| *case != MAIN).map(|case| Call { case, ..HONEST }));
    calls.extend([40, steps[at].gas + 5].map(|limit| Call { limit, ..HONEST }));
    calls.push(Call { case: 8, query: true, ..HONEST });
    let mut told: Vec<Told> = Vec::new();
    let mut run = 1;
    for call in &calls {
        told.push(teller.tells(call, run, |_| ()));
        run += 1 + u32::from(told.last().is_some_and(|told| told.asked.is_some()));
    }
    arranged(&named.program, told)
}
