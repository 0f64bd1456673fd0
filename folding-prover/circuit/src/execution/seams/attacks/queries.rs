//! Queries, and the runs that are said to have answered them.

use ff::Field;
use nectar_commitment::{Fr, hash_words};

use super::{places, refused, with_log};
use crate::execution::outside::{Answerer, Query, Unread};
use crate::execution::runs::{Receipt, Run};
use crate::execution::seams::slot::Slot;
use crate::execution::seams::story::{Ending, MAIN, Story, story};

/// Changes a query of the main run, by its number.
fn with_query(ending: Ending, number: usize, change: impl FnOnce(&mut Query)) -> Story {
    let mut story = story(ending);
    let queries = story.slots.iter_mut().filter_map(|slot| match slot {
        Slot::Query(Some(query)) if query.message.at >> 32 == MAIN => Some(query),
        _ => None,
    });
    change(queries.into_iter().nth(number).unwrap());
    story
}

/// Changes a run that was asked.
fn with_asked(ending: Ending, number: u64, change: impl FnOnce(&mut Run)) -> Story {
    let mut story = story(ending);
    let asked = story.slots.iter_mut().find_map(|slot| match slot {
        Slot::Run(Some(run)) if run.message.at >> 32 == number => Some(run),
        _ => None,
    });
    change(asked.unwrap());
    story
}

/// Which of the main run's queries: to the host, and to other contracts.
const HOST: usize = 0;
const RETURNS: usize = 1;
const JSON: usize = 2;
const ABORTS: usize = 3;
const UNKNOWN: usize = 4;

/// What a query's slot says otherwise.
type Lie = fn(&mut Query);
/// What a run's slot does.
type OfRun = fn(&mut Run);
/// The same of who answered it.
type OfAnswerer = fn(&mut Answerer);

#[test]
fn an_answer_is_that_of_the_run_that_was_asked() {
    let lies: [(OfAnswerer, &str); 7] = [
        (|run| run.contract += Fr::ONE, "another contract"),
        (|run| run.last ^= 1, "another last byte of its id"),
        (|run| run.message += Fr::ONE, "another message"),
        (|run| run.answer = hash_words(b"{\"ok\":\"bm8=\"}"), "another answer"),
        (|run| run.told += Fr::ONE, "other things were told"),
        (|run| run.starved = true, "no gas was left"),
        (|run| run.gap += 1, "a later entry"),
    ];
    for (lie, why) in lies {
        for number in [RETURNS, JSON, ABORTS] {
            let change = |query: &mut Query| lie(query.answerer.as_mut().unwrap());
            refused(&with_query(Ending::Returns, number, change), why);
        }
    }
}

#[test]
fn a_query_says_what_was_asked_and_answered() {
    let lies: [(usize, Lie, &str); 9] = [
        (RETURNS, |query| query.answer.hash += Fr::ONE, "another answer than the words"),
        (RETURNS, |query| query.gas += 1, "other gas"),
        (RETURNS, |query| query.id = Some([1, 2, 3, 4]), "another id"),
        (RETURNS, |query| query.contract += Fr::ONE, "the key of another contract"),
        (RETURNS, |query| query.answerer = None, "nobody has answered"),
        (JSON, |query| query.answerer = None, "the host alone has answered"),
        (HOST, |query| query.salt += Fr::ONE, "another salt"),
        (HOST, |query| query.gas = 5, "gas that nobody spent"),
        (UNKNOWN, |query| query.answer.hash = hash_words(b"{\"ok\":\"bm8=\"}"), "an answer of nobody's"),
    ];
    for (number, lie, why) in lies {
        refused(&with_query(Ending::Returns, number, lie), why);
    }
}

/// The prover has its own answer told as if it were a query in JSON, or to nobody.
#[test]
fn a_compact_query_is_not_answered_by_the_host() {
    let said = |story: &mut Story| {
        let words = story.slots.iter().filter_map(|slot| match slot {
            Slot::Query(Some(query)) if query.message.at >> 32 == MAIN => Some(*query),
            _ => None,
        });
        words.collect::<Vec<_>>()[RETURNS]
    };
    let mut lie = story(Ending::Returns);
    let query = said(&mut lie);
    // The slot as an honest one of JSON has it: its tag is another one's.
    let json = Query { id: None, contract: Fr::ZERO, ..query };
    for slot in &mut lie.slots {
        if matches!(slot, Slot::Query(Some(other)) if *other == query) {
            *slot = Slot::Query(Some(json));
        }
    }
    refused(&lie, "a compact query as one in JSON");
}

#[test]
fn a_run_that_was_asked_is_where_and_when_it_was_asked() {
    let lies: [(OfRun, &str); 9] = [
        (|run| run.asked = None, "nobody has asked"),
        (|run| run.asked = run.asked.map(|at| at + 1), "another position"),
        (|run| run.asked = run.asked.map(|at| at - (1 << 32)), "another run has asked"),
        (|run| run.place += 1, "it began later"),
        (|run| run.place -= 1, "it began earlier"),
        (|run| run.told += Fr::ONE, "other things were told before"),
        (|run| run.inputs.block += Fr::ONE, "another block"),
        (|run| run.inputs.address[0] += Fr::ONE, "another address"),
        (|run| run.inputs.last ^= 1, "another last byte"),
    ];
    for (lie, why) in lies {
        for number in [1, 2, 3] {
            refused(&with_asked(Ending::Returns, number, lie), why);
        }
    }
    refused(&with_asked(Ending::Returns, MAIN, |run| run.asked = Some(MAIN << 32)), "it has asked itself");
    refused(
        &with_asked(Ending::Returns, MAIN, |run| run.told = Fr::ONE),
        "something was told before the first",
    );
}

#[test]
fn an_answer_does_not_come_from_another_time() {
    // Entries of the log are where they are: a run that is moved behind the next access of who asked is not in order.
    let truth = story(Ending::Returns);
    let own = places(&truth, 8);
    let moved = with_log(truth, |entries| {
        let entry = entries.remove(own[0]);
        entries.insert(own[0] + 4, entry);
    });
    refused(&moved, "it ends behind what was asked next");
}

#[test]
fn who_asked_a_run_without_gas_does_not_go_on() {
    let lies: [(Lie, &str); 3] = [
        (|query| query.unread = Unread::Nothing, "all was read"),
        (|query| query.answerer.as_mut().unwrap().starved = false, "gas was left"),
        (|query| query.gas -= 1, "it paid less"),
    ];
    let last = 7;
    for (lie, why) in lies {
        refused(&with_query(Ending::Asks, last, lie), why);
    }
    // With gas enough it would have ended otherwise; with less it has no such end.
    refused(&with_asked(Ending::Asks, 4, |run| run.end.limit += 3), "gas that suffices");
    refused(&with_asked(Ending::Asks, 4, |run| run.end.limit -= 1), "another limit");
}

#[test]
fn a_receipt_has_one_outermost_run() {
    let with = |change: fn(&mut Receipt)| {
        let mut lie = story(Ending::Returns);
        let receipts = lie.slots.iter_mut().filter_map(|slot| match slot {
            Slot::Receipt(Some(receipt)) => Some(receipt),
            _ => None,
        });
        receipts.take(1).for_each(change);
        lie
    };
    refused(&with(|receipt| receipt.outermost = None), "no run");
    refused(&with(|receipt| receipt.outermost = receipt.outermost.map(|at| at + 1)), "another entry");
    refused(
        &with(|receipt| receipt.outermost = receipt.outermost.map(|at| at + (1 << 32))),
        "another receipt's",
    );
}
