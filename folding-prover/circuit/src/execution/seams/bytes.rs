//! Words to bytes.

use ff::Field;
use nectar_commitment::{Domain, Fr, hash_words};

use super::judge::{Judged, Seen, Verdict, must, number, power, ranged, sent};
use super::slot::Slot;
use super::withstands_changes;
use crate::execution::bus::Tag;
use crate::execution::outside::{Form, Part, Unread};

/// What a form's number says: direction, one if optional, whether words and length were read.
pub(super) fn form(value: &Fr) -> Judged<Option<(u64, u64, bool, bool)>> {
    let Ok(form) = number(value, 5) else { return Ok(None) };
    let (low, high) = ((form - u64::from(form > 0)) % 4, (form - u64::from(form > 0)) / 4);
    let valid = form > 0 && [0, 1, 3].contains(&high);
    Ok(valid.then_some((1 + low % 2, low / 2, high == 0, high != 3)))
}

/// A part: what it sends follows from the words that it received, and from what came before.
pub(super) fn judge(seen: &mut Seen) -> Judged {
    let before = seen.received(Tag::Part)?;
    let (next, whole) = (seen.sent(Tag::Part)?, seen.sent(Tag::Bytes)?);
    must(next.is_some() != whole.is_some(), "one thing is sent")?;
    // `hash, start, tagged, first, form` of either.
    let out: Vec<Fr> = match (&next, &whole) {
        (Some(part), _) => part[1..6].to_vec(),
        (_, Some(bytes)) => [&bytes[1..2], &bytes[..1], &bytes[3..6]].concat(),
        _ => return Ok(()),
    };
    let Some((direction, optional, words_read, length_read)) = form(&out[4])? else {
        // A form that is none: of a part before it, nobody sends it.
        return sent(before.is_none()).and_then(|()| must(false, "no form"));
    };
    let start = out[1];
    let tagged = match &before {
        Some(part) => number(&part[3], 28)?,
        None if length_read => {
            let word = seen.word(start, direction)?;
            let tagged = u128::from(word) + 1 - u128::from(optional);
            u64::try_from(tagged).map_err(|_| Verdict::NotSent)?
        }
        None => ranged(&out[2], 28, "a length")?,
    };
    must(out[2] == Fr::from(tagged), "another length")?;
    must(tagged > 0 || optional == 1, "nothing where there must be something")?;
    let all = tagged.saturating_sub(1).div_ceil(8);
    let (position, missing) = match &before {
        Some(part) => {
            let missing = number(&part[6], 24)?;
            sent(missing > 0 && missing < all && (all - missing) % 9 == 0)?;
            must(part[2..6] == out[1..5], "bytes that change")?;
            (part[0], missing)
        }
        None => (start + Fr::from(u64::from(length_read)), all),
    };
    let count = missing.min(9);
    must(next.is_some() == (missing > 9), "an end too early or too late")?;
    let hash = if tagged == 0 {
        out[0]
    } else {
        let [head, elements @ .., hash] = seen.hash(Domain::Words)?;
        let expected = before.as_ref().map_or(Fr::from(tagged.saturating_sub(1)), |part| part[1]);
        must(head == expected, "another hash before")?;
        if words_read {
            let mut words = Vec::new();
            for n in 0..count {
                words.push(Fr::from(seen.word(position + Fr::from(n), direction)?));
            }
            if before.is_none() {
                must(out[3] == words.first().copied().unwrap_or_default(), "another first word")?;
            }
            words.resize(9, Fr::ZERO);
            let packed = |words: &[Fr]| words[0] + power(64) * words[1] + power(128) * words[2];
            must(
                elements.to_vec() == words.chunks(3).map(packed).collect::<Vec<_>>(),
                "other words are hashed",
            )?;
        }
        hash
    };
    must(out[0] == hash, "another hash")?;
    let behind = position + Fr::from(if words_read { count } else { 0 });
    match (next, whole) {
        (Some(part), _) => {
            must(part[0] == behind && part[6] == Fr::from(missing - count), "goes on elsewhere")
        }
        (_, Some(bytes)) => must(bytes[2] == behind, "ends elsewhere"),
        _ => Ok(()),
    }
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap() + 1).collect()
}

/// Ways to write bytes outside.
fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    for incoming in [false, true] {
        for optional in [false, true] {
            for unread in [Unread::Nothing, Unread::Words, Unread::All] {
                forms.push(Form { incoming, optional, unread });
            }
        }
    }
    forms
}

#[test]
fn bytes_of_every_length_and_form_are_hashed_as_the_reference_does() {
    let bare = super::Bare::new(&Slot::Bytes(None));
    for length in [0, 1, 7, 8, 9, 71, 72, 73, 80, 143, 144, 145, 300] {
        for form in forms() {
            let bytes = sample(length);
            let parts = Part::all(900, form, Some(&bytes));
            assert_eq!(parts.len(), length.div_ceil(72).max(1));
            for part in &parts {
                let slot = Slot::Bytes(Some(*part));
                assert!(!bare.refuses(&slot, 0, &[]), "{length} {form:?}");
                assert_eq!(super::judge(&slot.terms(0, &[]).0), Ok(()), "{length} {form:?}");
            }
            assert_eq!(parts.last().unwrap().hash(), hash_words(&bytes));
        }
    }
    for unread in [Unread::Nothing, Unread::Words, Unread::All] {
        let slot =
            Slot::Bytes(Some(Part::all(900, Form { incoming: true, optional: true, unread }, None)[0]));
        assert!(!bare.refuses(&slot, 0, &[]));
        assert_eq!(super::judge(&slot.terms(0, &[]).0), Ok(()));
    }
}

#[test]
fn lies_that_take_several_values_are_refused() {
    let bare = super::Bare::new(&Slot::Bytes(None));
    let optional = Form { optional: true, ..Form::default() };
    let part = |form, length: usize| Part::all(50, form, Some(&sample(length)))[0];
    let one = Fr::ONE;
    // First-phase values in order: three booleans, ten of which one says how many words, five flags, start, position, words missing,
    // spare bytes, length and one, nine words, the first, the hash before.
    let [none, spare, tagged, word, first, before] = [15, 21, 22, 23, 32, 33];
    let lies = [
        ("eight bytes that are none", part(optional, 8), vec![(none, one), (tagged, -one)]),
        ("less than no bytes", part(Form::default(), 0), vec![(spare, one), (tagged, -one), (before, -one)]),
        ("a word of no bytes", part(Form::default(), 0), vec![(word, one), (first, one)]),
        ("plain bytes that are none", part(Form::default(), 0), vec![(none, one), (tagged, -one)]),
    ];
    for (why, part, tampered) in lies {
        let rows = bare.violations(&Slot::Bytes(Some(part)), 0, &tampered);
        assert_eq!(rows.len(), 1, "{why}: {rows:?}");
    }
    // One permutation more, of nothing.
    let whole = part(Form::default(), 72);
    let empty = Part { before: Some(whole.hash()), at: whole.at + 9, missing: 0, words: [0; 9], ..whole };
    assert_eq!(bare.violations(&Slot::Bytes(Some(empty)), 0, &[]).len(), 1);
}

#[test]
fn whatever_satisfies_a_slot_of_bytes_is_a_part_of_bytes() {
    let heard = Form { incoming: true, optional: true, unread: Unread::Nothing };
    let said = Form::default();
    let mut parts = Vec::new();
    for (form, bytes) in
        [(heard, None), (heard, Some(sample(5))), (said, Some(sample(0))), (said, Some(sample(200)))]
    {
        parts.extend(Part::all(1000, form, bytes.as_deref()));
    }
    for unread in [Unread::Words, Unread::All] {
        parts.extend(Part::all(1000, Form { unread, ..heard }, Some(&sample(100))));
    }
    let slots: Vec<_> = parts.into_iter().map(|part| Slot::Bytes(Some(part))).collect();
    withstands_changes(&Slot::Bytes(None), &slots);
}
