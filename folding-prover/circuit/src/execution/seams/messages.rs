//! Bytes to messages.

use ff::Field;
use nectar_commitment::{Domain, Fr, from_bytes, to_bytes};

use super::bytes::form;
use super::judge::{Judged, Seen, must, number, power, sent, small};
use super::slot::Slot;
use super::story::{Ending, story};
use super::withstands_changes;
use crate::execution::bus::Tag;

const OUT: u64 = 1;

/// Bytes that a message has received.
struct Bytes {
    hash: Fr,
    behind: Fr,
    tagged: u64,
    cut: bool,
}

/// Bytes at a place, written this way: the form's number without what is not read.
fn bytes(seen: &mut Seen, place: Fr, direction: u64, optional: u64) -> Judged<Bytes> {
    let tuple = seen.must_receive(Tag::Bytes)?;
    must(tuple[0] == place, "bytes of another place")?;
    let Some((got, is_optional, words_read, length_read)) = form(&tuple[5])? else {
        return must(false, "no form").map(|()| unreachable!());
    };
    must((got, is_optional) == (direction, optional), "bytes of another form")?;
    must(direction == 2 || words_read, "what is said and not read")?;
    let tagged = number(&tuple[3], 28)?;
    sent(tagged > 0 || optional == 1)?;
    Ok(Bytes { hash: tuple[1], behind: tuple[2], tagged, cut: !words_read || !length_read })
}

fn key(seen: &mut Seen, secret: Fr, hash: Fr) -> Judged<Fr> {
    let whole = seen.hash_of(Domain::StateKey, [secret, hash, Fr::ZERO, Fr::ZERO])?;
    let mut bytes = to_bytes(&whole);
    bytes[0] = 0;
    Ok(from_bytes(&bytes).unwrap())
}

fn value(seen: &mut Seen, hash: Fr) -> Judged<Fr> {
    let [_, of, zero, none, value] = seen.hash(Domain::Value)?;
    must([of, zero, none] == [hash, Fr::ZERO, Fr::ZERO], "another value")?;
    Ok(value)
}

/// A message: what it sends to the log follows from its words and bytes.
pub(super) fn judge(seen: &mut Seen) -> Judged {
    let message = seen.must_receive(Tag::Message)?;
    let [at, place, contract, binding, secret] = message[..5] else { unreachable!() };
    let direction_of_tag = seen.word(at, OUT)?;
    let first = at + Fr::ONE;
    // What ends where, whether nothing follows, and the log's entry.
    let mut entry = None;
    let (behind, cut) = match direction_of_tag {
        3..=5 => {
            let name = bytes(seen, first, OUT, 0)?;
            let (mut behind, mut cut, mut leaf) = (name.behind, false, Fr::ZERO);
            if direction_of_tag < 5 {
                let (direction, optional) = if direction_of_tag == 3 { (2, 1) } else { (OUT, 0) };
                let field = bytes(seen, behind, direction, optional)?;
                (behind, cut) = (field.behind, field.cut);
                if field.tagged > 0 {
                    leaf = value(seen, field.hash)?;
                }
            }
            let code = if direction_of_tag == 3 { 4 } else { 5 };
            entry = Some((code, Some(key(seen, secret, name.hash)?), Some(leaf)));
            (behind, cut)
        }
        7..=9 => {
            seen.word(first, OUT)?;
            let field = bytes(seen, first + Fr::ONE, 2, 1)?;
            let (mut behind, mut cut) = (field.behind, field.cut);
            must(!cut || direction_of_tag != 7, "a key that is cut before its value")?;
            if field.tagged > 0 {
                let mut of = [None, None];
                if direction_of_tag != 9 {
                    of[0] = Some(key(seen, secret, field.hash)?);
                }
                if direction_of_tag == 7 {
                    let second = bytes(seen, behind, 2, 0)?;
                    (behind, cut) = (second.behind, second.cut);
                    of[1] = Some(value(seen, second.hash)?);
                }
                if direction_of_tag == 9 {
                    of[1] = Some(value(seen, field.hash)?);
                }
                entry = Some((4, of[0], of[1]));
            }
            (behind, cut)
        }
        6 => {
            let one = bytes(seen, first, OUT, 1)?;
            let other = bytes(seen, one.behind, OUT, 1)?;
            seen.word(other.behind, OUT)?;
            (other.behind + Fr::ONE, false)
        }
        13 => {
            let request = bytes(seen, first, OUT, 0)?;
            seen.word(request.behind, 2)?;
            let answer = bytes(seen, request.behind + Fr::ONE, 2, 0)?;
            (answer.behind, answer.cut)
        }
        _ => return must(false, "no such message"),
    };
    let mut after = place;
    if let Some((code, key, value)) = entry {
        let access = seen.must_send(Tag::Access)?;
        after = access[0];
        let forward = small(&(after - place));
        must(forward.is_some_and(|by| (1..=1 << 24).contains(&by)), "an entry before the last one")?;
        must(access[1] == Fr::from(code), "another code")?;
        must(access[2..4] == [contract, binding], "of another contract")?;
        must(key.is_none_or(|key| access[4] == key), "another key")?;
        must(value.is_none_or(|value| access[5] == value), "another value")?;
        must(value.is_some() || access[5] != Fr::ZERO, "a key without a value")?;
    }
    let next = seen.must_send(Tag::Message)?;
    // A cut that is claimed of nothing at all ends the run as well.
    let position = [behind, behind + power(52)];
    must(next[0] == position[1] || !cut && next[0] == position[0], "goes on elsewhere")?;
    must(next[1..5] == [after, contract, binding, secret], "goes on for another")
}

#[test]
fn whatever_satisfies_a_message_slot_is_a_message() {
    let mut slots = story(Ending::Returns).slots;
    // The last read of this one is cut.
    let cut = story(Ending::Starves)
        .slots
        .into_iter()
        .rfind(|slot| matches!(slot, Slot::Access(Some(access)) if access.cut));
    slots.push(cut.unwrap());
    for kind in [Slot::Access(None), Slot::Item(None), Slot::Ask(None)] {
        let slots: Vec<_> = slots.iter().filter(|slot| slot.name() == kind.name()).cloned().collect();
        assert!(slots.len() > 2, "{kind:?}");
        withstands_changes(&kind, &slots);
    }
}
