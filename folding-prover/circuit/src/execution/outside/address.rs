use nectar_commitment::Fr;

use crate::builder::Builder;
use crate::execution::bus::{Bus, Tag, Tuple};
use crate::execution::number::two_to_the;
use crate::lc::{Lc, Var};

/// Words of a contract's id.
pub(crate) const ID_WORDS: usize = 4;
/// Bytes of an id.
const ID_BYTES: usize = 8 * ID_WORDS;
/// Bytes of it that are the contract's key.
const KEY_BYTES: u32 = 31;
/// Words of its text, two digits a byte.
const TEXT_WORDS: usize = 2 * ID_WORDS;

/// An id in its three forms: as a key, in bytes, and in digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// The id, as an env has it.
    pub(crate) id: [u8; ID_BYTES],
    /// How often its text is received.
    pub(crate) in_envs: u64,
    /// How often its bytes are.
    pub(crate) in_queries: u64,
}

/// The key of a contract with this id: the first 31 bytes, the highest first.
pub(crate) fn key_of(id: &[u8; ID_BYTES]) -> Fr {
    id.iter()
        .take(KEY_BYTES as usize)
        .fold(Fr::zero(), |key, byte| key * Fr::from(256) + Fr::from(u64::from(*byte)))
}

/// The byte of an id that its key has not.
pub(crate) fn last_of(id: &[u8; ID_BYTES]) -> u8 {
    let [.., last] = *id;
    last
}

/// The words of an id.
pub(crate) fn words_of(id: &[u8; ID_BYTES]) -> [u64; ID_WORDS] {
    let mut words = id.chunks(8).map(|word| word.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)));
    [(); ID_WORDS].map(|()| words.next().unwrap_or_default())
}

/// The id of these words.
pub(crate) fn id_of(words: [u64; ID_WORDS]) -> [u8; ID_BYTES] {
    let mut id = [0; ID_BYTES];
    for (to, word) in id.chunks_mut(8).zip(words) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    id
}

/// The text of an id in elements of three words, the last of two, as the hash of an env has them.
pub(crate) fn text_of(id: &[u8; ID_BYTES]) -> [Fr; 3] {
    let digits = id.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let text: Vec<u8> =
        digits.map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }).collect();
    let element = |from: usize| {
        let bytes = text.iter().skip(from).take(24).rev();
        bytes.fold(Fr::zero(), |sum, byte| sum * Fr::from(256) + Fr::from(u64::from(*byte)))
    };
    [element(0), element(24), element(48)]
}

/// An id: sends its key with its text and its last byte, which the key has not, and with its bytes and that one; as facts.
pub(crate) fn address<B: Builder>(b: &mut B, bus: &mut Bus, address: Option<&Address>) {
    let id = address.map_or([0; ID_BYTES], |address| address.id);
    let mut key = Lc::default();
    let mut words = [(); ID_WORDS].map(|()| Lc::default());
    let mut text = [(); TEXT_WORDS].map(|()| Lc::default());
    let mut last = Lc::default();
    for (at, byte) in (0u32..).zip(id) {
        let digits = [byte >> 4, byte & 15].map(|digit| Digit::new(b, digit));
        let [high, low] = &digits;
        let value = high.value.clone() * Fr::from(16) + low.value.clone();
        if at < KEY_BYTES {
            key = key + value.clone() * two_to_the(8 * (KEY_BYTES - 1 - at));
        } else {
            last = value.clone();
        }
        add(&mut words, at, value);
        for (digit, at) in digits.into_iter().zip(2 * at..) {
            add(&mut text, at, digit.character);
        }
    }
    let key = b.alias(key);
    let [in_envs, in_queries] =
        address.map_or([0; 2], |address| [address.in_envs, address.in_queries]).map(|n| b.alloc(Fr::from(n)));
    let mut fields = elements::<_, 3>(b, bus, &text);
    fields.push(bus.weigh(b, 4, last.clone()));
    bus.send(b, in_envs.into(), Tuple { tag: Tag::Address, first: key.into(), fields });
    let mut fields = elements::<_, 2>(b, bus, &words);
    fields.push(bus.weigh(b, 3, last));
    bus.send(b, in_queries.into(), Tuple { tag: Tag::Id, first: key.into(), fields });
}

/// Puts a byte to its place in words.
fn add(words: &mut [Lc], at: u32, byte: Lc) {
    if let Some(word) = usize::try_from(at / 8).ok().and_then(|word| words.get_mut(word)) {
        *word = std::mem::take(word) + byte * two_to_the(8 * (at % 8));
    }
}

/// Elements of so many words each, weighed.
fn elements<B: Builder, const WORDS: usize>(
    b: &mut B,
    bus: &Bus,
    words: &[Lc],
) -> Vec<crate::execution::bus::Weighed> {
    let element = |words: &[Lc]| {
        (0u32..).zip(words).fold(Lc::default(), |sum, (at, word)| sum + word.clone() * two_to_the(64 * at))
    };
    words.chunks(WORDS).zip(1..).map(|(words, power)| bus.weigh(b, power, element(words))).collect()
}

/// A digit of base 16.
struct Digit {
    value: Lc,
    /// `0` to `9`, `a` to `f`.
    character: Lc,
}

impl Digit {
    fn new<B: Builder>(b: &mut B, digit: u8) -> Self {
        let [one, two, four, eight] = [0, 1, 2, 3].map(|bit| b.boolean(digit >> bit & 1 == 1));
        // From ten on: eight and one of two and four.
        let both: Var = b.product(two.into(), four.into());
        let letter = b.product(eight.into(), two + four - both);
        let value = one + two * Fr::from(2) + four * Fr::from(4) + eight * Fr::from(8);
        let character = value.clone() + Lc::constant(Fr::from(48)) + letter * Fr::from(39);
        Self { value, character }
    }
}
