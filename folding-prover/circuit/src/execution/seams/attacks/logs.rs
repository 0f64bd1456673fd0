//! Accesses, and the entries of the log that they are said to be.

use ff::Field;
use nectar_commitment::Fr;

use super::{CIRCUIT, accesses, places, refused, with_log};
use crate::execution::outside::{StateAccess, StateCall};
use crate::execution::seams::story::{Ending, story};

#[test]
fn accesses_are_in_the_log_in_their_order_and_no_others_are() {
    let truth = story(Ending::Returns);
    let (reads, writes) = (places(&truth, 4), places(&truth, 5));
    for (one, other) in reads.iter().zip(reads.iter().skip(1)).chain(writes.iter().zip(reads.iter().skip(2)))
    {
        refused(&with_log(truth.clone(), |entries| entries.swap(*one, *other)), "in another order");
    }
    for place in reads.iter().chain(&writes) {
        refused(
            &with_log(truth.clone(), |entries| {
                entries.remove(*place);
            }),
            "an access that is left out",
        );
        refused(
            &with_log(truth.clone(), |entries| entries.insert(*place, entries[*place])),
            "an access twice",
        );
        refused(
            &with_log(truth.clone(), |entries| entries[*place].0 = 9 - entries[*place].0),
            "a read as a write",
        );
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
        refused(
            &with_log(truth.clone(), |entries| entries[open].2 += Fr::ONE),
            "another program or secret is open",
        );
        refused(&with_log(truth.clone(), |entries| entries[open].0 = 2), "none is open");
    }
}
