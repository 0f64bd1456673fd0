//! Everything together: what is true is accepted, and each lie that a prover might tell is not.

use std::sync::LazyLock;

use ff::Field;
use nectar_commitment::{Domain, EntryPoint, Fr, hash4};

use super::slot::{Bare, Slot};
use super::story::{Ending, Story, story};
use super::world::Circuit;
use crate::execution::bus::Tag;
use crate::execution::{End, Field as Bytes, Form, LogEntry, Part, Run, StateAccess, StateCall, Unread};

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
            && run.message.at >> 32 == 3
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
            Slot::Access(Some(access)) if access.message.at >> 32 == 3 => Some(access),
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
    for ending in [Ending::Returns, Ending::Errs, Ending::Aborts, Ending::Starves, Ending::Early] {
        assert_eq!(CIRCUIT.accepts(&story(ending)), Ok(()), "{ending:?}");
        // The log that is written anew is the same.
        assert_eq!(CIRCUIT.accepts(&with_log(story(ending), |_| ())), Ok(()), "{ending:?}");
    }
}

#[test]
fn no_slot_may_be_missing_or_there_twice() {
    for ending in [Ending::Returns, Ending::Starves] {
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

#[test]
fn words_are_absorbed_as_they_were_said() {
    let truth = story(Ending::Returns);
    let words = |story: &Story| story.world.log.iter().filter(|(tag, ..)| *tag == Tag::Word).count();
    let at_word = |n: usize| {
        truth.world.log.iter().enumerate().filter(|(_, (tag, ..))| *tag == Tag::Word).nth(n).unwrap().0
    };
    for n in 0..words(&truth) {
        // Any word changed, gone, the other way, or in the next one's place.
        let mut lies = [(); 4].map(|()| truth.clone());
        let [changed, gone, turned, moved] = &mut lies;
        changed.world.log[at_word(n)].2[1] += Fr::ONE;
        gone.world.log.remove(at_word(n));
        let direction = turned.world.log[at_word(n)].2[2];
        turned.world.log[at_word(n)].2[2] = Fr::from(3) - direction;
        moved.world.log[at_word(n)].2[0] += Fr::ONE;
        for lie in &lies {
            refused(lie, "other words");
        }
    }
}

/// A story whose first read is of another value than the words say, all slots and the log of the same mind.
#[test]
fn bytes_in_another_order_are_other_bytes() {
    let mut lie = story(Ending::Returns);
    let (mut place, mut first) = (0, None);
    for slot in &mut lie.slots {
        if let Slot::Bytes(Some(part)) = slot
            && part.missing == 4
            && part.start >> 32 == 3
            && part.form.incoming
        {
            part.words.swap(0, 1);
            part.first = part.words[0];
            first = Some((part.start, part.hash(), part.first));
            break;
        }
    }
    let (start, hash, word) = first.unwrap();
    for access in accesses(&mut lie) {
        if access.key.behind == start {
            let value = access.value.as_mut().unwrap();
            (value.hash, value.first) = (hash, word);
            let leaf = hash4(Domain::Value, [access.salt, hash, Fr::ZERO, Fr::ZERO]);
            place = usize::try_from(access.message.place + access.gap + 1).unwrap();
            let lie = with_log(lie.clone(), |entries| entries[place].2 = leaf);
            assert_eq!(refused(&lie, "words in another order"), "not received as sent, by tag: [12, 12, 12, 12]");
            return;
        }
    }
    panic!("a read at {place}");
}

#[test]
fn words_are_not_moved_from_one_permutation_to_the_next() {
    let bare = Bare::new(&Slot::Bytes(None));
    let part = Part::all(50, Form::default(), Some(&[1; 80]))[0];
    let slot = Slot::Bytes(Some(part));
    assert!(!bare.refuses(&slot, 0, &[]));
    // Booleans: opens, continues, more, and then how many words: nine become eight.
    let mut changes = vec![(3 + 9, -Fr::ONE), (3 + 8, Fr::ONE)];
    assert!(bare.refuses(&slot, 0, &changes));
    // The ninth word behind flags, and start, position, words missing, spare bytes, length.
    changes.push((3 + 10 + 5 + 5 + 8, -Fr::from(part.words[8])));
    let terms = slot.terms(0, &changes).0;
    let read = terms.log.iter().filter(|(tag, ..)| *tag == Tag::Word).count();
    assert_eq!(read, 1 + 8, "the length and eight words");
    assert!(bare.refuses(&slot, 0, &changes), "eight words and more to come");
}

#[test]
fn lengths_do_not_lie_and_nothing_is_not_the_same_as_empty() {
    let truth = story(Ending::Returns);
    for at in 0..truth.slots.len() {
        let Slot::Bytes(Some(part)) = truth.slots[at] else { continue };
        if part.before.is_some() {
            continue;
        }
        let mut lies = Vec::new();
        match part.length {
            None => lies.extend([Part { length: Some(0), ..part }, Part { length: None, form: Form { optional: false, ..part.form }, ..part }]),
            Some(length) => {
                lies.extend([Part { length: Some(length + 1), ..part }, Part { length: Some(length.saturating_sub(1)), ..part }]);
                // One byte less, if the first word is read as that of optional bytes, or one more.
                let form = Form { optional: !part.form.optional, ..part.form };
                let other = if part.form.optional { length + 1 } else { length.saturating_sub(1) };
                lies.push(Part { length: Some(other), form, ..part });
                lies.push(Part { length: None, form: Form { optional: true, ..part.form }, missing: 0, words: [0; 9], ..part });
            }
        }
        lies.push(Part { form: Form { unread: Unread::Words, ..part.form }, ..part });
        lies.push(Part { form: Form { unread: Unread::All, ..part.form }, at: part.start, ..part });
        for lie in lies.into_iter().filter(|lie| *lie != part) {
            let mut story = truth.clone();
            story.slots[at] = Slot::Bytes(Some(lie));
            refused(&story, &format!("{part:?} as {lie:?}"));
        }
    }
}

#[test]
fn a_read_that_found_something_did_not_find_nothing() {
    let mut lie = story(Ending::Returns);
    let access = &mut *accesses(&mut lie)[0];
    let place = usize::try_from(access.message.place + access.gap + 1).unwrap();
    assert_eq!(access.call, StateCall::Read);
    let value = access.value.as_mut().unwrap();
    let behind = value.behind;
    *value = Bytes { behind, ..Bytes::default() };
    refused(&with_log(lie, |entries| entries[place].2 = Fr::ZERO), "nothing was found");
}

#[test]
fn accesses_are_in_the_log_in_their_order_and_no_others_are() {
    let truth = story(Ending::Returns);
    let (reads, writes) = (places(&truth, 4), places(&truth, 5));
    for (one, other) in reads.iter().zip(reads.iter().skip(1)).chain(writes.iter().zip(reads.iter().skip(2))) {
        refused(&with_log(truth.clone(), |entries| entries.swap(*one, *other)), "in another order");
    }
    for place in reads.iter().chain(&writes) {
        refused(&with_log(truth.clone(), |entries| drop(entries.remove(*place))), "an access that is left out");
        refused(&with_log(truth.clone(), |entries| entries.insert(*place, entries[*place])), "an access twice");
        refused(&with_log(truth.clone(), |entries| entries[*place].0 = 9 - entries[*place].0), "a read as a write");
        refused(&with_log(truth.clone(), |entries| entries[*place].1 += Fr::ONE), "another key");
        refused(&with_log(truth.clone(), |entries| entries[*place].2 += Fr::ONE), "another value");
        refused(&with_log(truth.clone(), |entries| entries[*place].0 = 3), "an access that nobody made");
    }
    // What others are responsible for may be there: the run's gaps tell.
    let free = with_log(truth, |entries| entries.push((7, Fr::ONE, Fr::ONE)));
    assert_eq!(CIRCUIT.accepts(&free), Ok(()));
}

#[test]
fn an_access_is_of_the_contract_and_the_secret_that_are_open() {
    for change in [
        (|access: &mut StateAccess| access.message.contract += Fr::ONE) as fn(&mut StateAccess),
        |access| access.message.binding += Fr::ONE,
        |access| access.message.secret += Fr::ONE,
        |access| access.message.place += 1,
        |access| access.gap += 1,
        |access| access.salt += Fr::ONE,
        |access| access.key.behind += 1,
        |access| access.call = StateCall::Remove,
    ] {
        let mut lie = story(Ending::Returns);
        change(accesses(&mut lie)[0]);
        refused(&lie, "another owner, place, salt or call");
    }
    let truth = story(Ending::Returns);
    for open in places(&truth, 1) {
        refused(&with_log(truth.clone(), |entries| entries[open].1 += Fr::ONE), "another contract is open");
        refused(&with_log(truth.clone(), |entries| entries[open].2 += Fr::ONE), "another program or secret is open");
        refused(&with_log(truth.clone(), |entries| entries[open].0 = 2), "none is open");
    }
}

#[test]
fn a_runs_entry_is_behind_its_accesses_and_says_how_it_ended() {
    for ending in [Ending::Returns, Ending::Errs, Ending::Aborts, Ending::Starves] {
        let truth = story(ending);
        let code = if ending == Ending::Returns { 8 } else { 9 };
        let own = *places(&truth, code).last().unwrap();
        let early = with_log(truth.clone(), |entries| entries.swap(own - 1, own));
        refused(&early, "an entry before the last access");
        refused(&with_log(truth.clone(), |entries| entries[own].0 = 17 - code), "success for failure, or the reverse");
        refused(&with_log(truth.clone(), |entries| drop(entries.remove(own))), "no entry");
        refused(&with_log(truth, |entries| entries[own].2 += Fr::ONE), "another outcome");
    }
}

#[test]
fn a_run_says_the_truth_about_its_end() {
    let lies: [(Ending, fn(&mut Run), &str); 14] = [
        (Ending::Returns, |run| run.end.limit = 899, "gas above the limit"),
        (Ending::Returns, |run| run.end.gas -= 1, "less gas"),
        (Ending::Starves, |run| run.end.limit = 1001, "gas that suffices"),
        (Ending::Starves, |run| run.end.limit = 998, "gas above the limit, and out of it"),
        (Ending::Starves, |run| run.end.price = 3, "another price"),
        (Ending::Starves, |run| run.end.code = 1, "another trap"),
        (Ending::Starves, |run| run.cut = false, "all was read"),
        (Ending::Returns, |run| run.end.code = 11, "an abort"),
        (Ending::Returns, |run| run.cut = true, "not all was read"),
        (Ending::Aborts, |run| run.end.code = 0, "a response"),
        (Ending::Errs, |run| run.end.said = None, "nothing said"),
        (Ending::Early, |run| run.end.code = 0, "a return"),
        (Ending::Early, |run| run.end.time += 1, "another time"),
        (Ending::Returns, |run| run.cells.times[1] += 1, "another last access"),
    ];
    for (ending, lie, why) in lies {
        refused(&with_run(ending, lie), why);
    }
}

#[test]
fn a_run_begins_where_its_program_says_with_what_it_was_given() {
    let lies: [(fn(&mut Run), &str); 15] = [
        (|run| run.entry = EntryPoint::Instantiate, "another entry"),
        (|run| run.entry = EntryPoint::Query, "a query"),
        (|run| run.program.entries[1] += 1, "another row"),
        (|run| run.program.entries[1] = 0, "no row"),
        (|run| run.program.number = 2, "another program"),
        (|run| run.program.commitment += Fr::ONE, "another commitment"),
        (|run| run.program.pages += 1, "more pages"),
        (|run| run.program.maximum -= 1, "fewer pages"),
        (|run| run.program.data += 1, "other data"),
        (|run| run.program.elements += 1, "another table"),
        (|run| run.gap += 1, "another number"),
        (|run| run.inputs.fields.swap(0, 1), "inputs in another order"),
        (|run| run.inputs.fields[0].1 = Unread::Words, "an input that was not read"),
        (|run| run.message.secret += Fr::ONE, "another secret"),
        (|run| run.makes += 1, "memory that nobody makes"),
    ];
    for (lie, why) in lies {
        refused(&with_run(Ending::Returns, lie), why);
    }
}

#[test]
fn runs_do_not_change_their_ends() {
    let mut lie = story(Ending::Returns);
    let ends: Vec<End> = lie.slots.iter().filter_map(|slot| if let Slot::Run(Some(run)) = slot { Some(run.end) } else { None }).collect();
    let mut others = ends.into_iter().rev();
    for slot in &mut lie.slots {
        if let Slot::Run(Some(run)) = slot {
            let other = others.next().unwrap();
            (run.end.gas, run.end.limit, run.end.code, run.end.price) = (other.gas, other.limit, other.code, other.price);
        }
    }
    refused(&lie, "the end of another run");
}

#[test]
fn receipts_are_those_of_the_tree_with_their_whole_log() {
    let truth = story(Ending::Returns);
    let change = |by: fn(&mut crate::execution::Receipt)| {
        let mut lie = truth.clone();
        lie.slots.iter_mut().for_each(|slot| {
            if let Slot::Receipt(Some(receipt)) = slot {
                by(receipt);
            }
        });
        lie
    };
    for lie in [
        change(|receipt| receipt.entries += 1),
        change(|receipt| receipt.entries -= 1),
        change(|receipt| receipt.log += Fr::ONE),
        change(|receipt| receipt.body += Fr::ONE),
        change(|receipt| receipt.auth += Fr::ONE),
    ] {
        refused(&lie, "another receipt");
    }
    // One more entry, of a kind that nobody need have made, with a log of the same length as the receipt claims.
    let mut longer = with_log(truth.clone(), |entries| entries.push((3, Fr::ONE, Fr::ONE)));
    longer.world = truth.world.clone();
    refused(&longer, "one more entry");
    let mut swapped = truth.clone();
    let at: Vec<usize> = (0..swapped.slots.len()).filter(|at| matches!(swapped.slots[*at], Slot::Receipt(_))).collect();
    swapped.slots.swap(at[0], at[1]);
    refused(&swapped, "receipts in another order");
}
