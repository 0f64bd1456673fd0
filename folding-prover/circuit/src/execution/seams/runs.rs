//! Runs, logs and receipts.

use ff::{Field, PrimeField};
use nectar_abi::compact;
use nectar_commitment::{Domain, Fr, Tree, hash_words, hash4};
use nectar_vm::Committed;

use super::bytes::form;
use super::judge::{Judged, Seen, Verdict, must, number, power, ranged, sent, small};
use super::slot::Slot;
use super::story::{Ending, story};
use super::withstands_changes;
use crate::execution::bus::Tag;
use crate::execution::runs::{Inputs, Program, Run};

/// Numbers of 64 bits that a value is made of.
fn chunks(value: &Fr) -> [u64; 4] {
    let bytes: [u8; 32] = value.to_repr().into();
    std::array::from_fn(|n| u64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().unwrap()))
}

/// What a run's slot says of the run, as far as the log has it.
struct Outcome {
    entry: u64,
    code: u64,
    gas: u64,
    limit: u64,
    said: Fr,
    told: Fr,
    digest: Fr,
}

fn outcome(seen: &mut Seen) -> Judged<Outcome> {
    let [numbers, said, _, told, digest] = seen.hash(Domain::Outcome)?;
    let [low, gas, limit, none] = chunks(&numbers);
    must(none == 0 && low >> 16 == 0, "numbers of an end that are none")?;
    let (entry, code) = (low & 0xff, low >> 8);
    must((1..=3).contains(&entry) && code < 16, "no such entry, or end")?;
    Ok(Outcome { entry, code, gas, limit, said, told, digest })
}

/// A run: what it sends follows from its program, its first and last words, and its last state.
pub(super) fn judge(seen: &mut Seen) -> Judged {
    let [before, run] = seen.scan;
    let forward = small(&(run - before));
    must(forward.is_some_and(|by| (1..=1 << 20).contains(&by)), "a run before the one before")?;
    ranged(&run, 20, "a run")?;
    let end = seen.must_receive(Tag::State)?;
    for sum in &end[2..4] {
        sent(small(sum).is_some_and(|sum| sum >> 90 == 0))?;
    }
    let outcome = outcome(seen)?;
    let [of, commitment, pages, data, entries, elements, ..] = seen.must_receive(Tag::Program)?[..] else {
        unreachable!()
    };
    number(&of, 20)?;
    let [rows @ .., zero, hash] = seen.hash(Domain::Program)?;
    must(zero == Fr::ZERO && hash == entries, "entries of another program")?;
    let row = rows[usize::try_from(outcome.entry).unwrap() - 1];
    must(row != Fr::ZERO, "an entry that there is not")?;
    sent(number(&row, 25).is_ok_and(|row| row <= 1 << 24))?;

    let clock = power(34) * run;
    let start = seen.must_send(Tag::State)?;
    let first = [clock + power(57), power(24) * of + row - Fr::ONE, Fr::ZERO, Fr::ZERO];
    must(start[..4] == first, "begins elsewhere")?;
    judge_facts(seen, run, of, [pages, data])?;
    judge_end(&end, clock, &outcome)?;

    let (position, cut, inputs, [env, message]) = judge_inputs(seen, power(32) * run, outcome.entry == 3)?;
    let chain = seen.must_send(Tag::Message)?;
    let [_, before, contract, binding, secret, told, block] = chain[..7] else { unreachable!() };
    ranged(&before, 52, "the place before the first entry")?;
    let last_byte = judge_env(seen, env, block, contract)?;
    let bound = seen.hash_of(Domain::Binding, [commitment, secret, Fr::ZERO, Fr::ZERO])?;
    must(binding == bound, "of another program or secret")?;
    let cut_here = if cut { power(52) } else { Fr::ZERO };
    must(chain[0] == position + cut_here, "messages begin elsewhere")?;
    let last = seen.must_receive(Tag::Message)?;
    must(last[2..7] == [contract, binding, secret, outcome.told, block], "messages of another")?;
    let at = number(&last[0], 53)?;
    let ended = at >> 52 == 1;
    must(!ended || ![0, 11].contains(&outcome.code), "ends without a trap where it has not read all")?;

    let position = Fr::from(at & ((1 << 52) - 1));
    let (behind, ok) = judge_last_words(seen, position, &outcome)?;
    let (pages_cell, program_cell) = (pages, of + power(32) * elements);
    judge_cells(seen, clock, [[pages_cell, Fr::ZERO], [power(32) * run, behind], [program_cell; 2]])?;

    let access = seen.must_send(Tag::Access)?;
    let forward = small(&(access[0] - last[1]));
    must(forward.is_some_and(|by| (1..=1 << 24).contains(&by)), "its entry is not behind its accesses")?;
    let undone = !ok && outcome.entry != 3;
    let expected = [Fr::from(8 + u64::from(undone)), contract, binding, inputs, outcome.digest];
    must(access[1..6] == expected, "another entry")?;
    let Some(answer) = seen.sent(Tag::Answer)? else {
        must(told == Fr::ZERO, "something was told before the first run")?;
        let outermost = seen.must_send(Tag::Outermost)?;
        return must(outermost[0] == access[0], "another entry is the outermost run's");
    };
    must(outcome.entry == 3, "somebody asked for what is no query")?;
    let position = answer[0] - power(60) * before - power(120) * access[0];
    ranged(&position, 52, "the position of the question")?;
    let said = if outcome.code == 0 { outcome.said } else { hash_words(compact::FAILED) };
    let starved = if outcome.code == 9 { power(64) } else { Fr::ZERO };
    let paid = Fr::from(outcome.gas) + starved + power(65) * last_byte;
    must(answer[1..8] == [message, contract, said, outcome.told, told, block, paid], "another answer")
}

/// The env is that of the contract, with this before its id. Gives the id's last byte.
fn judge_env(seen: &mut Seen, env: Fr, block: Fr, contract: Fr) -> Judged<Fr> {
    let text = seen.must_receive(Tag::Address)?;
    must(text[0] == contract, "the id of another contract")?;
    let tail = Fr::from(u64::from_le_bytes(*b"\"}}\0\0\0\0\0"));
    let hash = seen.hash_of(Domain::Words, [block, text[1], text[2], text[3] + power(128) * tail])?;
    must(hash == env, "the env of another contract")?;
    Ok(text[4])
}

fn judge_facts(seen: &mut Seen, run: Fr, program: Fr, [pages, data]: [Fr; 2]) -> Judged {
    let Some((_, fact)) = seen.fact(Tag::Run) else { return Ok(()) };
    let halves = |value: &Fr| -> Judged<[Fr; 2]> {
        let value = number(value, 64)?;
        Ok([Fr::from(value & 0xffff_ffff), Fr::from(value >> 32)])
    };
    let [initial, maximum] = halves(&pages)?;
    let [first, count] = halves(&data)?;
    sent([initial, maximum].iter().all(|pages| number(pages, 24).is_ok()))?;
    must(fact[..5] == [run, program, initial * Fr::from(8192), first, count], "memory begins otherwise")
}

fn judge_end(end: &[Fr], clock: Fr, outcome: &Outcome) -> Judged {
    let time = (end[0] - clock) * power(57).invert().unwrap();
    ranged(&time, 24, "the time of the end")?;
    must(end[1] == Fr::from(outcome.code), "another end")?;
    sent(outcome.code <= 11)?;
    let [price, gas] = [&end[2], &end[3]].map(|sum| small(sum).ok_or(Verdict::NotSent));
    let (price, gas) = (price?, gas?);
    must(gas <= u128::from(outcome.limit), "gas above the limit")?;
    if outcome.code == 9 {
        must(outcome.gas == outcome.limit, "out of gas, and not all of it paid")?;
        return must(u128::from(outcome.limit) < gas + price, "gas that suffices");
    }
    must(gas == u128::from(outcome.gas), "other gas")?;
    must(price == 0, "a price without want")
}

/// The position behind the inputs, whether not all were read, their hash, and those of env and message.
fn judge_inputs(seen: &mut Seen, start: Fr, query: bool) -> Judged<(Fr, bool, Fr, [Fr; 2])> {
    let (mut position, mut cut, mut hashes) = (start, false, Vec::new());
    for n in 0..3 {
        if query && n == 1 {
            hashes.push(Fr::ZERO);
            continue;
        }
        let bytes = seen.must_receive(Tag::Bytes)?;
        must(bytes[0] == position, "an input of another place")?;
        let Some((direction, optional, words_read, length_read)) = form(&bytes[5])? else {
            return must(false, "no form").map(|()| unreachable!());
        };
        must((direction, optional) == (2, 0), "an input of another form")?;
        must(!cut || !length_read, "an input that is read behind one that was not")?;
        cut |= !words_read;
        position = bytes[2];
        hashes.push(bytes[1]);
    }
    let [inputs @ .., _, hash] = seen.hash(Domain::Inputs)?;
    must(inputs.to_vec() == hashes, "other inputs")?;
    Ok((position, cut, hash, [hashes[0], hashes[2]]))
}

/// The position behind what was said, and whether it is no error.
fn judge_last_words(seen: &mut Seen, position: Fr, outcome: &Outcome) -> Judged<(Fr, bool)> {
    if ![0, 11].contains(&outcome.code) {
        must(outcome.said == Fr::ZERO, "something is said")?;
        return Ok((position, false));
    }
    let tag = seen.word(position, 1)?;
    must(tag == if outcome.code == 0 { 1 } else { 2 }, "another last message")?;
    let bytes = seen.must_receive(Tag::Bytes)?;
    must(bytes[0] == position + Fr::ONE && bytes[5] == Fr::ONE, "other last words")?;
    must(bytes[1] == outcome.said, "something else is said")?;
    let first = number(&bytes[4], 64)?.to_le_bytes();
    Ok((bytes[2], outcome.code == 0 && &first[..6] == b"{\"ok\":"))
}

/// The special cells: of the first, what it holds at last is free.
fn judge_cells(seen: &mut Seen, clock: Fr, held: [[Fr; 2]; 3]) -> Judged {
    for (n, [first, last]) in held.into_iter().enumerate() {
        let cell = clock + power(33) + power(16) + Fr::from(n as u64);
        let made = seen.must_send(Tag::Cell)?;
        must(made[..2] == [cell, first], "a cell that is made otherwise")?;
        let left = seen.must_receive(Tag::Cell)?;
        let time = (left[0] - cell) * power(54).invert().unwrap();
        ranged(&time, 24, "the last access of a cell")?;
        sent(n != 1 || number(&left[1], 52).is_ok())?;
        must(n == 0 || left[1] == last, "a cell that holds something else at last")?;
    }
    Ok(())
}

/// An entry of a log.
pub(super) fn judge_log(seen: &mut Seen) -> Judged {
    let before = seen.must_receive(Tag::Log)?;
    let [place, log, contract, binding] = before[..4] else { unreachable!() };
    let [head, code, key, value, out] = seen.hash(Domain::Log)?;
    must(head == log, "another log")?;
    let code_number = ranged(&code, 4, "a code")?;
    must((1..=9).contains(&code_number), "no such entry")?;
    if [4, 5, 8, 9].contains(&code_number) {
        let access = seen.must_receive(Tag::Access)?;
        must(access[..6] == [place, code, contract, binding, key, value], "an entry that nobody made")?;
    }
    let open = match code_number {
        1 => [key, value],
        2 | 9 => [Fr::ZERO; 2],
        _ => [contract, binding],
    };
    let after = seen.must_send(Tag::Log)?;
    must(after[..4] == [place + Fr::ONE, out, open[0], open[1]], "another log after it")
}

/// A receipt.
pub(super) fn judge_receipt(seen: &mut Seen) -> Judged {
    let [before, after] = seen.scan;
    must(after == before + Fr::ONE, "another number of receipts")?;
    let node = seen.must_receive(Tag::Node)?;
    let leaf = Fr::from((4u64.pow(14) - 1) / 3 + 1) + before;
    must(node[..2] == [leaf, Fr::from(3)], "another leaf")?;
    let [log, _, _, zero, hash] = seen.hash(Domain::Receipt)?;
    must(zero == Fr::ZERO && hash == node[2], "another receipt")?;
    let place = power(32) * before;
    let start = seen.must_send(Tag::Log)?;
    must(start[..4] == [place, Fr::ZERO, Fr::ZERO, Fr::ZERO], "a log that does not begin empty")?;
    let end = seen.must_receive(Tag::Log)?;
    ranged(&(end[0] - place), 24, "the number of entries")?;
    must(end[1..4] == [log, Fr::ZERO, Fr::ZERO], "another log, or a contract that is open")?;
    match seen.received(Tag::Outermost)? {
        Some(outermost) => ranged(&(outermost[0] - place), 24, "the outermost run's entry").map(|_| ()),
        None => Ok(()),
    }
}

#[test]
fn whatever_satisfies_a_slot_of_a_run_is_one() {
    let endings =
        [Ending::Returns, Ending::Errs, Ending::Aborts, Ending::Starves, Ending::Early, Ending::Asks];
    let mut slots = Vec::new();
    for ending in endings {
        slots.extend(story(ending).slots.into_iter().filter(|slot| matches!(slot, Slot::Run(_))));
        // The last run of each story is the same.
        slots.pop();
    }
    for slot in &slots {
        withstands_changes(&Slot::Run(None), std::slice::from_ref(slot));
    }
}

#[test]
fn a_run_receives_its_program_as_its_commitment_has_it() {
    let committed = Committed {
        trees: [(); 3].map(|()| Tree::from_leaves(vec![Fr::ONE])),
        pages: 17 + (65536 << 32),
        data: 131_072 + (9 << 32),
        entries: [1, 0, 77],
        elements: 12,
    };
    let program = Program::of(5, &committed);
    let tail = power(128) * Fr::from(u64::from_le_bytes(*b"\"}}\0\0\0\0\0"));
    let mut inputs = Inputs::default();
    inputs.fields[0].0.hash = hash4(Domain::Words, [Fr::ZERO, Fr::ZERO, Fr::ZERO, tail]);
    let slot = Slot::Run(Some(Box::new(Run { program, inputs, makes: 1, ..Run::default() })));
    assert!(!super::Bare::new(&slot).refuses(&slot, 0, &[]));
    let log = slot.terms(0, &[]).0.log;
    let tuple = |tag| log.iter().find(|entry| entry.0 == tag).map(|entry| entry.2.clone()).unwrap();
    let [pages, data, elements] = [committed.pages, committed.data, committed.elements].map(Fr::from);
    let expected = [Fr::from(5), committed.hash(), pages, data, committed.entries_digest(), elements];
    assert_eq!(tuple(Tag::Program), expected);
    assert_eq!(tuple(Tag::Run), [1, 5, 17 * 8192, 131_072, 9].map(Fr::from));
}

#[test]
fn whatever_satisfies_a_slot_of_a_log_is_an_entry() {
    let slots: Vec<_> = [Ending::Returns, Ending::Errs]
        .iter()
        .flat_map(|ending| story(*ending).slots)
        .filter(|slot| matches!(slot, Slot::Log(_)))
        .step_by(2)
        .collect();
    withstands_changes(&Slot::Log(None), &slots);
}

#[test]
fn whatever_satisfies_a_slot_of_a_receipt_is_one() {
    let slots: Vec<_> =
        story(Ending::Returns).slots.into_iter().filter(|slot| matches!(slot, Slot::Receipt(_))).collect();
    withstands_changes(&Slot::Receipt(None), &slots);
}
