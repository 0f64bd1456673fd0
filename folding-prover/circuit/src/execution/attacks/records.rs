//! Lies about programs, logs and whole batches.

use nectar_commitment::{Domain, Fr, hash4};
use nectar_vm::{Op, Program};

use super::forgery::{Forgery, Stage};
use super::steps::Lie;
use super::told::{Call, HONEST, Teller};
use super::world::arranged;
use crate::execution::batch::LogRecord;

/// All of them.
pub(super) const LIES: [Lie; 11] = [
    ("a row of the program that is another", "Node", altered_code),
    ("steps over rows that are not the program's", "Row", unopened_code),
    ("a word of data that is another", "Node", altered_data),
    ("an element of the table that is another", "Node", altered_table),
    ("another answer of the host", "Access", answered),
    ("an access that is not in the log", "Access", dropped),
    ("accesses in another order", "Access", reordered),
    ("an entry of the log that nobody made", "Access", invented),
    ("another response", "Word", responded),
    ("another outcome in the log", "Access", outcome),
    ("a chunk of another batch", "Hash Bytes Access Log", foreign_chunk),
];

/// What another program did, opened as if it were the named one.
fn altered(stage: &Stage, change: impl FnOnce(&mut Program)) -> Forgery {
    let mut other = stage.named.program.clone();
    change(&mut other);
    let teller = Teller { named: &other, runs: &other, made: &other };
    let mut told = teller.tells(&HONEST, 1, |_| ());
    // The log is that of the named program's contract.
    let honest = Teller::honest(&stage.named.program).tells(&HONEST, 1, |_| ());
    told.receipt.log[0] = honest.receipt.log[0];
    let (contents, statement) = arranged(&other, vec![told]);
    stage.forged(stage.under_its_name(contents), statement)
}

fn altered_code(stage: &Stage) -> Forgery {
    let row = stage.named.row("Add32") as usize;
    altered(stage, |program| program.rows[row].op = Op::Sub32)
}

fn unopened_code(stage: &Stage) -> Forgery {
    let mut forgery = altered_code(stage);
    for (forged, honest) in forgery.chunks.iter_mut().zip(stage.truth().chunks) {
        let [contents, honest] = [&mut forged.contents.contents, &mut honest.contents.contents.clone()];
        contents.rows.clone_from(&honest.rows);
        contents.nodes.clone_from(&honest.nodes);
        contents.hashes.clone_from(&honest.hashes);
    }
    forgery
}

fn altered_data(stage: &Stage) -> Forgery {
    altered(stage, |program| program.data.words[0] += 1)
}

fn altered_table(stage: &Stage) -> Forgery {
    altered(stage, |program| {
        program.table[1] = program.table[2].map(|element| nectar_vm::Element { ty: 3, ..element })
    })
}

/// The contract is given another value than the log says.
fn answered(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let teller = Teller::honest(program);
    let mut told = teller.tells(&Call { state: 99, ..HONEST }, 1, |_| ());
    told.receipt = teller.tells(&HONEST, 1, |_| ()).receipt;
    let (contents, statement) = arranged(program, vec![told]);
    stage.forged(contents, statement)
}

/// A log that says something else of the honest run.
fn logged(stage: &Stage, change: impl FnOnce(&mut Vec<LogRecord>)) -> Forgery {
    let program = &stage.named.program;
    let mut told = Teller::honest(program).tells(&HONEST, 1, |_| ());
    change(&mut told.receipt.log);
    let (contents, statement) = arranged(program, vec![told]);
    stage.forged(contents, statement)
}

fn dropped(stage: &Stage) -> Forgery {
    // Something that no run has to do with is in its place.
    logged(stage, |log| log[2].code = 7)
}

fn reordered(stage: &Stage) -> Forgery {
    logged(stage, |log| log.swap(1, 2))
}

fn invented(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let mut told = Teller::honest(program).tells(&HONEST, 1, |_| ());
    told.receipt.log.insert(3, told.receipt.log[2]);
    told.run.entry_in_log += 1;
    let (contents, statement) = arranged(program, vec![told]);
    stage.forged(contents, statement)
}

/// What the run said at its end is another word, in the log too.
fn responded(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let other = *b"{\"ok\":[]";
    let told = Teller::honest(program).tells_also(
        &HONEST,
        1,
        |_| (),
        |recording, said| {
            *recording.words.last_mut().unwrap() = (u64::from_le_bytes(other), false);
            *said = Some(other.to_vec());
        },
    );
    let (contents, statement) = arranged(program, vec![told]);
    stage.forged(contents, statement)
}

fn outcome(stage: &Stage) -> Forgery {
    logged(stage, |log| {
        let own = log.iter_mut().find(|entry| entry.code == 8).unwrap();
        own.value = hash4(Domain::Outcome, [own.value, Fr::one(), Fr::one(), Fr::one()]);
    })
}

/// The second chunk is that of a batch with another message.
fn foreign_chunk(stage: &Stage) -> Forgery {
    let program = &stage.named.program;
    let call = Call { state: 77, limit: 1 << 29, ..HONEST };
    let (contents, statement) = arranged(program, vec![Teller::honest(program).tells(&call, 1, |_| ())]);
    let mut forgery = stage.truth();
    forgery.chunks[1] = stage.forged(contents, statement).chunks.remove(1);
    forgery
}
