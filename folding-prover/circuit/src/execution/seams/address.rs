//! Ids of contracts.

use ff::PrimeField;
use nectar_commitment::Fr;

use super::judge::{Judged, Seen, must};
use super::slot::Slot;
use super::withstands_changes;
use crate::execution::bus::Tag;
use crate::execution::outside::Address;

/// Bytes of a value, the lowest first.
fn bytes(value: &Fr) -> [u8; 32] {
    value.to_repr().into()
}

/// An id: its text is 64 digits, its bytes are what they say, and its key the first 31 of these.
pub(super) fn judge(seen: &mut Seen) -> Judged {
    let (text, words) = (seen.fact(Tag::Address), seen.fact(Tag::Id));
    let mut keys = Vec::new();
    if let Some((_, fact)) = text {
        let text: Vec<u8> =
            fact[1..4].iter().zip([24, 24, 16]).flat_map(|(e, n)| bytes(e)[..n].to_vec()).collect();
        let all: Vec<u8> = fact[1..4].iter().flat_map(bytes).filter(|byte| *byte != 0).collect();
        must(text == all && text.len() == 64, "a text that is not as long as an id's")?;
        let digits = text.iter().map(|c| match c {
            b'0'..=b'9' => Some(c - b'0'),
            b'a'..=b'f' => Some(c - b'a' + 10),
            _ => None,
        });
        let Some(digits) = digits.collect::<Option<Vec<u8>>>() else { return must(false, "no digits") };
        let id = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<u8>>();
        keys.push((fact[0], fact[4], id));
    }
    if let Some((_, fact)) = words {
        let (low, high) = (bytes(&fact[1]), bytes(&fact[2]));
        must(low[16..] == [0; 16] && high[16..] == [0; 16], "words of more than 64 bits")?;
        keys.push((fact[0], fact[3], [&low[..16], &high[..16]].concat()));
    }
    for (key, last, id) in &keys {
        let mut expected = bytes(key);
        expected.reverse();
        must(expected[0] == 0 && expected[1..] == id[..31], "another key")?;
        must(*last == Fr::from(u64::from(id[31])), "another last byte")?;
        must(*id == keys[0].2, "text and bytes of two ids")?;
    }
    Ok(())
}

#[test]
fn whatever_satisfies_a_slot_of_an_address_is_one() {
    let mut bytes = (9u8..).step_by(7);
    let id = [(); 32].map(|()| bytes.next().unwrap());
    let slot = Slot::Address(Some(Address { id, in_envs: 2, in_queries: 3 }));
    withstands_changes(&Slot::Address(None), &[slot]);
}
