//! Bytes to messages.

use ff::Field;
use nectar_abi::compact;
use nectar_commitment::{Domain, Fr, from_bytes, hash_words, to_bytes};

use super::bytes::form;
use super::judge::{Judged, Seen, Verdict, must, number, power, sent, small};
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
    let [at, place, contract, binding, secret, told, block] = message[..7] else { unreachable!() };
    let direction_of_tag = seen.word(at, OUT)?;
    let first = at + Fr::ONE;
    // What ends where, whether nothing follows, and the log's entry.
    let mut entry = None;
    let (mut told_after, mut answered) = (told, None);
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
        tag @ (13 | 14) => {
            let query = judge_query(seen, tag == 14, first, [at, place, told, block])?;
            (told_after, answered) = (query.told, query.entry);
            (query.behind, query.cut)
        }
        _ => return must(false, "no such message"),
    };
    let mut after = answered.unwrap_or(place);
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
    must(next[1..7] == [after, contract, binding, secret, told_after, block], "goes on for another")
}

/// A query, by what follows from it.
struct Query {
    behind: Fr,
    cut: bool,
    told: Fr,
    /// Place of the entry of the run that has answered.
    entry: Option<Fr>,
}

fn judge_query(
    seen: &mut Seen,
    compact: bool,
    first: Fr,
    [at, place, told, block]: [Fr; 4],
) -> Judged<Query> {
    let asked = if compact { Some(asked_contract(seen, first)?) } else { None };
    let contract = asked.map(|[contract, _]| contract);
    let request = bytes(seen, first + Fr::from(if compact { 4 } else { 0 }), OUT, 0)?;
    let gas = seen.word(request.behind, 2)?;
    let answer = bytes(seen, request.behind + Fr::ONE, 2, 0)?;
    let run = seen.received(Tag::Answer)?;
    must(run.is_some() || gas == 0, "gas that nobody spent")?;
    let mut query = Query { behind: answer.behind, cut: answer.cut, told, entry: None };
    if let Some(run) = &run {
        query.entry = Some(judge_answer(run, [at, place], [told, block], gas, answer.cut)?);
        query.told = run[4];
    }
    if let (Some(run), Some([contract, last])) = (&run, asked) {
        must(run[1..4] == [request.hash, contract, answer.hash], "another question, or answer")?;
        must(
            small(&run[7]).zip(small(&last)).is_some_and(|(numbers, last)| numbers >> 65 == last),
            "another id",
        )?;
    } else {
        must(!compact || answer.hash == hash_words(compact::UNKNOWN), "an answer of nobody")?;
        let digest = own_answer(seen, [request.hash, answer.hash, contract.unwrap_or_default()])?;
        let of_caller = Fr::from(u64::from(!compact && request.hash == hash_words(compact::CALLER)));
        query.told = seen.hash_of(Domain::Told, [query.told, digest, of_caller, Fr::ZERO])?;
    }
    Ok(query)
}

/// Key and last byte of the contract whose id's words are said.
fn asked_contract(seen: &mut Seen, first: Fr) -> Judged<[Fr; 2]> {
    let mut words = [Fr::ZERO; 4];
    for (n, word) in (0u64..).zip(&mut words) {
        *word = Fr::from(seen.word(first + Fr::from(n), OUT)?);
    }
    let id = seen.must_receive(Tag::Id)?;
    let [one, two, three, four] = words;
    must(id[1..3] == [one + power(64) * two, three + power(64) * four], "another contract's id")?;
    Ok([id[0], id[3]])
}

/// The place of the entry of a run that has answered.
fn judge_answer(run: &[Fr], [at, place]: [Fr; 2], shared: [Fr; 2], gas: u64, cut: bool) -> Judged<Fr> {
    let entry = (run[0] - at - power(60) * place) * power(120).invert().unwrap();
    let forward = small(&(entry - place));
    must(forward.is_some_and(|by| (1..=1 << 24).contains(&by)), "an answer from before the question")?;
    must(run[5..7] == shared, "of another invocation")?;
    let numbers = small(&run[7]).ok_or(Verdict::NotSent)?;
    must(numbers & u128::from(u64::MAX) == u128::from(gas), "other gas")?;
    must(numbers >> 64 & 1 == 0 || cut, "goes on without gas")?;
    Ok(entry)
}

/// What is told of an answer of the host's.
fn own_answer(seen: &mut Seen, inputs: [Fr; 3]) -> Judged<Fr> {
    let [of @ .., _, digest] = seen.hash(Domain::Answer)?;
    must(of == inputs, "another answer is told")?;
    Ok(digest)
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
    slots.extend(story(Ending::Asks).slots.into_iter().rfind(|slot| matches!(slot, Slot::Query(_))));
    for (kind, least) in
        [(Slot::Access(None), 3), (Slot::Item(None), 3), (Slot::Scan(None), 1), (Slot::Query(None), 5)]
    {
        let slots: Vec<_> = slots.iter().filter(|slot| slot.name() == kind.name()).cloned().collect();
        assert!(slots.len() >= least, "{kind:?}");
        withstands_changes(&kind, &slots);
    }
}
