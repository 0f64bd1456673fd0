//! Words, and the bytes that they are said to be.

use ff::Field;
use nectar_commitment::{Domain, Fr, hash4};

use super::{accesses, refused, with_log};
use crate::execution::bus::Tag;
use crate::execution::outside::{Field as Bytes, Form, Part, StateCall, Unread};
use crate::execution::seams::slot::{Bare, Slot};
use crate::execution::seams::story::{Ending, MAIN, Story, story};

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
            && part.start >> 32 == MAIN
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
            assert_eq!(
                refused(&lie, "words in another order"),
                "not received as sent, by tag: [12, 12, 12, 12]"
            );
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
            None => lies.extend([
                Part { length: Some(0), ..part },
                Part { length: None, form: Form { optional: false, ..part.form }, ..part },
            ]),
            Some(length) => {
                lies.extend([
                    Part { length: Some(length + 1), ..part },
                    Part { length: Some(length.saturating_sub(1)), ..part },
                ]);
                // One byte less, if the first word is read as that of optional bytes, or one more.
                let form = Form { optional: !part.form.optional, ..part.form };
                let other = if part.form.optional { length + 1 } else { length.saturating_sub(1) };
                lies.push(Part { length: Some(other), form, ..part });
                lies.push(Part {
                    length: None,
                    form: Form { optional: true, ..part.form },
                    missing: 0,
                    words: [0; 9],
                    ..part
                });
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
