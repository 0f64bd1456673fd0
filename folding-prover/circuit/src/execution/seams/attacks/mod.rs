//! Everything together: what is true is accepted, and each lie that a prover might tell is not.

mod bytes;
mod logs;
mod queries;
mod runs;

use std::sync::LazyLock;

use ff::Field;
use nectar_commitment::{Domain, Fr, hash4};

use super::slot::Slot;
use super::story::{Ending, MAIN, Story, story};
use super::world::Circuit;
use crate::execution::bus::Tag;
use crate::execution::outside::StateAccess;
use crate::execution::runs::{LogEntry, Run};

static CIRCUIT: LazyLock<Circuit> = LazyLock::new(Circuit::new);

fn refused(story: &Story, why: &str) -> String {
    match CIRCUIT.accepts(story) {
        Ok(()) => panic!("accepted: {why}"),
        Err(reason) => reason,
    }
}

/// Changes the runs that a story is mainly of.
fn with_run(ending: Ending, change: impl Fn(&mut Run)) -> Story {
    let mut story = story(ending);
    for slot in &mut story.slots {
        if let Slot::Run(Some(run)) = slot
            && run.message.at >> 32 == MAIN
        {
            change(run);
        }
    }
    story
}

fn accesses(story: &mut Story) -> Vec<&mut StateAccess> {
    let slots = story.slots.iter_mut();
    slots
        .filter_map(|slot| match slot {
            Slot::Access(Some(access)) if access.message.at >> 32 == MAIN => Some(access),
            _ => None,
        })
        .collect()
}

/// Writes the first receipt's log anew, as a state proof might have it, with its leaf.
fn with_log(mut story: Story, change: impl Fn(&mut Vec<(u64, Fr, Fr)>)) -> Story {
    let mut entries = Vec::new();
    story.slots.retain(|slot| match slot {
        Slot::Log(Some(entry)) if entry.place >> 32 == 0 => {
            entries.push((entry.code, entry.key, entry.value));
            false
        }
        _ => true,
    });
    change(&mut entries);
    let (mut log, mut contract, mut binding) = (Fr::ZERO, Fr::ZERO, Fr::ZERO);
    for (place, (code, key, value)) in (0..).zip(&entries) {
        let entry = LogEntry { place, log, contract, binding, code: *code, key: *key, value: *value };
        story.slots.push(Slot::Log(Some(entry)));
        log = hash4(Domain::Log, [log, Fr::from(*code), *key, *value]);
        match code {
            1 => (contract, binding) = (*key, *value),
            2 | 9 => (contract, binding) = (Fr::ZERO, Fr::ZERO),
            _ => {}
        }
    }
    let mut leaf = Fr::ZERO;
    let receipt = story.slots.iter_mut().find_map(|slot| match slot {
        Slot::Receipt(Some(receipt)) => Some(receipt),
        _ => None,
    });
    if let Some(receipt) = receipt {
        (receipt.log, receipt.entries) = (log, entries.len() as u64);
        leaf = hash4(Domain::Receipt, [log, receipt.body, receipt.auth, Fr::ZERO]);
    }
    let (_, _, node) = story.world.log.iter_mut().find(|(tag, ..)| *tag == Tag::Node).unwrap();
    node[2] = leaf;
    story
}

/// Where in the log entries with this code are.
fn places(story: &Story, code: u64) -> Vec<usize> {
    let mut places = Vec::new();
    for slot in &story.slots {
        if let Slot::Log(Some(entry)) = slot
            && entry.place >> 32 == 0
            && entry.code == code
        {
            places.push(usize::try_from(entry.place).unwrap());
        }
    }
    places
}

#[test]
fn runs_of_every_ending_are_accepted_with_their_receipts() {
    for ending in
        [Ending::Returns, Ending::Errs, Ending::Aborts, Ending::Starves, Ending::Early, Ending::Asks]
    {
        assert_eq!(CIRCUIT.accepts(&story(ending)), Ok(()), "{ending:?}");
        // The log that is written anew is the same.
        assert_eq!(CIRCUIT.accepts(&with_log(story(ending), |_| ())), Ok(()), "{ending:?}");
    }
}

#[test]
fn no_slot_may_be_missing_or_there_twice() {
    for ending in [Ending::Returns, Ending::Asks] {
        let truth = story(ending);
        for at in 0..truth.slots.len() {
            let mut less = truth.clone();
            let slot = less.slots.remove(at);
            refused(&less, &format!("{slot:?} is missing"));
            let mut more = truth.clone();
            more.slots.insert(at, slot);
            refused(&more, "a slot twice");
        }
    }
}
