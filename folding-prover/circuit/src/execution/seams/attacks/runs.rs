//! Runs, and how they are said to have begun and ended; receipts.

use ff::Field;
use nectar_commitment::{EntryPoint, Fr};

use super::{places, refused, with_log, with_run};
use crate::execution::outside::Unread;
use crate::execution::runs::{End, Receipt, Run};
use crate::execution::seams::slot::Slot;
use crate::execution::seams::story::{Ending, story};

/// What a run's slot says otherwise.
type Lie = fn(&mut Run);

#[test]
fn a_runs_entry_is_behind_its_accesses_and_says_how_it_ended() {
    for ending in [Ending::Returns, Ending::Errs, Ending::Aborts, Ending::Starves] {
        let truth = story(ending);
        let code = if ending == Ending::Returns { 8 } else { 9 };
        let own = *places(&truth, code).last().unwrap();
        let early = with_log(truth.clone(), |entries| entries.swap(own - 1, own));
        refused(&early, "an entry before the last access");
        refused(
            &with_log(truth.clone(), |entries| entries[own].0 = 17 - code),
            "success for failure, or the reverse",
        );
        refused(
            &with_log(truth.clone(), |entries| {
                entries.remove(own);
            }),
            "no entry",
        );
        refused(&with_log(truth, |entries| entries[own].2 += Fr::ONE), "another outcome");
    }
}

#[test]
fn a_run_says_the_truth_about_its_end() {
    let lies: [(Ending, Lie, &str); 14] = [
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
    let lies: [(Lie, &str); 15] = [
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
    let ends: Vec<End> = lie
        .slots
        .iter()
        .filter_map(|slot| if let Slot::Run(Some(run)) = slot { Some(run.end) } else { None })
        .collect();
    let mut others = ends.into_iter().rev();
    for slot in &mut lie.slots {
        if let Slot::Run(Some(run)) = slot {
            let other = others.next().unwrap();
            (run.end.gas, run.end.limit, run.end.code, run.end.price) =
                (other.gas, other.limit, other.code, other.price);
        }
    }
    refused(&lie, "the end of another run");
}

#[test]
fn receipts_are_those_of_the_tree_with_their_whole_log() {
    let truth = story(Ending::Returns);
    let change = |by: fn(&mut Receipt)| {
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
    let at: Vec<usize> =
        (0..swapped.slots.len()).filter(|at| matches!(swapped.slots[*at], Slot::Receipt(_))).collect();
    swapped.slots.swap(at[0], at[1]);
    refused(&swapped, "receipts in another order");
}
