//! Ways to change the bytes of a verifier key.

use nectar_circuit::engine::{
    DlogGroup as _, POINT_LEN, SnarkKeyParts, combine, g2_times, g2_to_bytes, generator, point_to_bytes,
};
use nectar_verifier::{Kind as ProofKind, Setup, VerifierKey};

use crate::dice::Dice;
use crate::layout::{WORD, put, sum, word};

/// Where in a key its parts start.
const KIND: usize = 6;
pub(crate) const SLOTS: usize = 7;
pub(crate) const FIRST_PHASE: usize = 11;
const SIZES: usize = 15;
const TAU: usize = 18;
pub(crate) const HIDING: usize = 146;
const MATRICES: usize = 210;
pub(crate) const TRANSCRIPT: usize = 658;

/// Order of the field of coordinates.
const COORDINATES: &str = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";

/// On the curve of the second group with x = 1, but not in the group.
const OUTSIDE_THE_GROUP: [&str; 4] = [
    "0000000000000000000000000000000000000000000000000000000000000001",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb",
    "0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4",
];

/// Name, and the change.
pub(crate) type Kind = (&'static str, fn(&mut Vec<u8>, &mut Dice));

pub(crate) const KINDS: &[Kind] = &[
    ("bit: flipped", |key, dice| {
        let bit = dice.below(key.len() * 8);
        key[bit / 8] ^= 1 << (bit % 8);
    }),
    ("header: a byte", |key, dice| key[dice.below(TAU)] = dice.byte()),
    ("header: slots", |key, dice| put(key, SLOTS, &dice.bytes::<4>())),
    ("header: no slots", |key, _| put(key, SLOTS, &[0; 4])),
    ("header: sizes", |key, dice| put(key, SIZES, &[(); 3].map(|()| dice.byte() % 30))),
    ("header: kind", |key, dice| key[KIND] = dice.byte() % 4),
    ("header: first phase", |key, dice| {
        let size = first_phase(key, dice);
        put(key, FIRST_PHASE, &size);
    }),
    ("word: zero", |key, dice| put(key, any_word(dice), &[0; WORD])),
    ("word: all ones", |key, dice| put(key, any_word(dice), &[0xff; WORD])),
    ("word: not reduced", |key, dice| {
        let at = TAU + WORD * dice.below((TRANSCRIPT - TAU) / WORD);
        let order = hex::decode(COORDINATES).unwrap().try_into().unwrap();
        let changed = sum(word(key, at), order);
        put(key, at, &changed);
    }),
    ("point: another", |key, dice| put(key, any_point(dice), &random_point(dice))),
    ("point: identity", |key, dice| put(key, any_point(dice), &[0; POINT_LEN])),
    ("points: swapped", |key, dice| {
        let [a, b] = dice.pair(7).map(|i| MATRICES + i * POINT_LEN);
        (0..POINT_LEN).for_each(|i| key.swap(a + i, b + i));
    }),
    ("tau: another", |key, dice| put(key, TAU, &random_tau(dice))),
    ("tau: another, of a ceremony", |key, dice| {
        key[5] = 1;
        put(key, TAU, &random_tau(dice));
    }),
    ("tau: outside its group", |key, _| {
        key[5] = 1;
        put(key, TAU, &hex::decode(OUTSIDE_THE_GROUP.concat()).unwrap());
    }),
    ("tau: identity", |key, _| {
        key[5] = 1;
        put(key, TAU, &[0; 128]);
    }),
    ("bytes: truncated", |key, dice| key.truncate(dice.below(key.len()))),
    ("bytes: extended", |key, dice| key.extend(dice.bytes::<32>())),
    ("well-formed: of other matrices", |key, dice| {
        put(key, MATRICES + dice.below(7) * POINT_LEN, &random_point(dice));
        *key = completed(key).unwrap();
    }),
    ("well-formed: of other phases", |key, dice| {
        let size = first_phase(key, dice);
        put(key, FIRST_PHASE, &size);
        key[KIND] = if size == [0; 4] { ProofKind::State.byte() } else { ProofKind::Execution.byte() };
        if let Some(completed) = completed(key) {
            *key = completed;
        }
    }),
    ("well-formed: of another ceremony", |key, dice| {
        key[5] = 1;
        put(key, TAU, &random_tau(dice));
        *key = completed(key).unwrap();
    }),
    ("well-formed: of other sizes", |key, dice| {
        let outer = 1 + dice.byte() % 28;
        let inner = outer.max(2) + dice.byte() % (29 - outer.max(2));
        let variables = 1 + dice.byte() % (inner - 1);
        put(key, SIZES, &[outer, variables, inner]);
        if let Some(completed) = completed(key) {
            *key = completed;
        }
    }),
];

/// What a key's bytes become when the two parts that follow from all others are made anew: the generator of blinds and what
/// MicroSpartan's transcript starts with. Nothing, if the others are none of a key.
pub(crate) fn completed(key: &[u8]) -> Option<Vec<u8>> {
    if key.len() != VerifierKey::ENCODED_LEN || key[..5] != *b"NVKY\x03" {
        return None;
    }
    let setup = match key[5] {
        0 => Setup::Development,
        1 => Setup::PowersOfTau,
        _ => return None,
    };
    let number = |at: usize| u32::from_be_bytes(key[at..at + 4].try_into().unwrap());
    let (slots, first_phase) = (number(SLOTS), number(FIRST_PHASE));
    let mut matrices = [[0; POINT_LEN]; 7];
    matrices
        .iter_mut()
        .zip(key[MATRICES..].chunks(POINT_LEN))
        .for_each(|(to, from)| to.copy_from_slice(from));
    let parts = SnarkKeyParts {
        constraints: key[SIZES],
        variables: key[SIZES + 1],
        nonzeros: key[SIZES + 2],
        tau: key[TAU..HIDING].try_into().unwrap(),
        matrices,
    };
    let whole = match ProofKind::from_byte(key[KIND])? {
        ProofKind::State if first_phase != 0 => return None,
        ProofKind::State => VerifierKey::new(setup, slots, parts),
        ProofKind::Execution => VerifierKey::phased(setup, slots, first_phase, parts),
    };
    Some(whole.ok()?.encode())
}

/// A number of variables of the first phase, around those that are allowed.
fn first_phase(key: &[u8], dice: &mut Dice) -> [u8; 4] {
    let all = 1u32 << (key[SIZES + 1] % 32);
    dice.one_of(&[0, 1, all / 2, all - 1, all, u32::MAX]).to_be_bytes()
}

fn any_word(dice: &mut Dice) -> usize {
    TAU + WORD * dice.below((VerifierKey::ENCODED_LEN - TAU) / WORD)
}

fn any_point(dice: &mut Dice) -> usize {
    HIDING + POINT_LEN * dice.below(8)
}

fn random_point(dice: &mut Dice) -> [u8; POINT_LEN] {
    point_to_bytes(&combine(&[(dice.scalar(), generator())]).affine())
}

fn random_tau(dice: &mut Dice) -> [u8; 128] {
    g2_to_bytes(&g2_times(&dice.scalar())).unwrap()
}
