//! What execution and state have in common: hashes that a circuit of a run computes, too.

use crate::{Domain, Fr, Key, from_bytes, from_u64, hash4, to_bytes};

/// Bytes of a word.
const WORD: usize = 8;
/// Words of an element: 192 bits.
const WORDS: usize = 3;
/// Elements of a permutation beside the hash so far.
const ELEMENTS: usize = 3;

/// Hash of bytes as a run says or hears them, eight a word: `h = length`, then `h = Poseidon(Words, h, e0, e1, e2)` over
/// elements of three little-endian words each, `w0 + 2^64 w1 + 2^128 w2`, with zeros behind the last byte; once for no bytes.
pub fn hash_words(bytes: &[u8]) -> Fr {
    let step = |hash: Fr, block: &[u8]| {
        let mut elements = block.chunks(WORD * WORDS).map(element);
        let mut next = || elements.next().unwrap_or_default();
        hash4(Domain::Words, [hash, next(), next(), next()])
    };
    let length = from_u64(bytes.len() as u64);
    if bytes.is_empty() {
        return step(length, &[]);
    }
    bytes.chunks(WORD * WORDS * ELEMENTS).fold(length, step)
}

/// At most 24 bytes as a little-endian number.
fn element(bytes: &[u8]) -> Fr {
    let mut wide = [0; 32];
    wide.iter_mut().rev().zip(bytes).for_each(|(to, from)| *to = *from);
    // 192 bits are always below the modulus of 254 bits.
    from_bytes(&wide).unwrap_or_default()
}

/// A state key's place in its contract's tree: the low 248 bits of `Poseidon(StateKey, secret, hash_words(key), 0, 0)`.
/// A pseudorandom function of the key under the contract's secret.
pub fn state_key(secret: &Fr, key: &[u8]) -> Key {
    let hash = hash4(Domain::StateKey, [*secret, hash_words(key), from_u64(0), from_u64(0)]);
    let [_, low @ ..] = to_bytes(&hash);
    Key::new(low)
}

/// A state value's leaf: `Poseidon(Value, salt, hash_words(value), 0, 0)`; the salt is a random element.
pub fn state_value(salt: &Fr, value: &[u8]) -> Fr {
    hash4(Domain::Value, [*salt, hash_words(value), from_u64(0), from_u64(0)])
}

/// What a contract's entry says of its program: `Poseidon(Binding, program commitment, secret, 0, 0)`. Hides which program it is, and fixes
/// the secret under which keys are blinded.
pub fn binding(program: &Fr, secret: &Fr) -> Fr {
    hash4(Domain::Binding, [*program, *secret, from_u64(0), from_u64(0)])
}

/// Where a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EntryPoint {
    /// `instantiate`: env, info, message.
    Instantiate = 1,
    /// `execute`: env, info, message.
    Execute = 2,
    /// `query`: env, message; writes nothing.
    Query = 3,
}

/// What the log says that a run was given: `Poseidon(Inputs, hash_words(env), hash_words(info), hash_words(message), salt)`, with zero for
/// the info of a query.
pub fn run_inputs(env: &[u8], info: Option<&[u8]>, message: &[u8], salt: &Fr) -> Fr {
    let info = info.map(hash_words).unwrap_or_default();
    hash4(Domain::Inputs, [hash_words(env), info, hash_words(message), *salt])
}

/// What a run was answered by its host, and not by another contract's run: no proof says more of it than that it was this.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HostAnswer<'a> {
    /// What was asked; of a compact query only the message.
    pub request: &'a [u8],
    /// What was answered.
    pub answer: &'a [u8],
    /// Key of the contract that a compact query was for; else zero.
    pub contract: Fr,
    /// A random element.
    pub salt: Fr,
}

impl std::fmt::Debug for HostAnswer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostAnswer(..)")
    }
}

impl HostAnswer<'_> {
    /// `Poseidon(Answer, hash_words(request), hash_words(answer), contract, salt)`
    pub fn digest(&self) -> Fr {
        let (request, answer) = (hash_words(self.request), hash_words(self.answer));
        hash4(Domain::Answer, [request, answer, self.contract, self.salt])
    }
}

/// All that hosts have told an invocation's runs, with one more [`HostAnswer::digest`]: `Poseidon(Told, told, answer, of_caller, 0)`, from
/// zero on; `of_caller` is 1 if it answers who calls, asked in bytes, and else 0.
pub fn told_after(told: Fr, answer: Fr, of_caller: bool) -> Fr {
    hash4(Domain::Told, [told, answer, from_u64(of_caller.into()), from_u64(0)])
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RunOutcome<'a> {
    /// Where it began.
    pub entry: EntryPoint,
    /// 0 if it came to its end, else the trap's number and one.
    pub code: u8,
    /// What it cost; its limit, if it ran out of gas.
    pub gas: u64,
    /// What it might have cost.
    pub limit: u64,
    /// The response, or the text of an abort; nothing after another trap.
    pub said: Option<&'a [u8]>,
    /// What hosts had told the invocation's runs by then: [`told_after`].
    pub told: Fr,
}

impl std::fmt::Debug for RunOutcome<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOutcome").field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl RunOutcome<'_> {
    /// A response that begins otherwise is an error of the contract's.
    pub const OK: &'static [u8] = br#"{"ok":"#;

    /// Whether what the run did is undone: it trapped, or its response is an error.
    pub fn failed(&self) -> bool {
        self.code != 0 || !self.said.is_some_and(|said| said.starts_with(Self::OK))
    }

    /// What the log says of it: `Poseidon(Outcome, entry + 2^8 code + 2^64 gas + 2^128 limit, hash_words(said), salt, told)`, with zero for
    /// the hash if nothing was said.
    pub fn digest(&self, salt: &Fr) -> Fr {
        let shift = from_u64(1 << 32).square();
        let low = from_u64(self.entry as u64 | u64::from(self.code) << 8);
        let packed = low + shift * (from_u64(self.gas) + shift * from_u64(self.limit));
        let said = self.said.map(hash_words).unwrap_or_default();
        hash4(Domain::Outcome, [packed, said, *salt, self.told])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_element_is_little_endian_words() {
        let bytes: Vec<u8> = (1..=24).collect();
        let word = |at: usize| from_u64(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()));
        let shift = from_u64(1 << 32).square();
        assert_eq!(element(&bytes), word(0) + shift * (word(8) + shift * word(16)));
        assert_eq!(element(&[7]), from_u64(7));
    }

    #[test]
    fn bytes_of_a_permutation_and_one_more_are_chained() {
        let zero = from_u64(0);
        let mut bytes = [0; 73];
        bytes[72] = 1;
        let first = hash4(Domain::Words, [from_u64(73), zero, zero, zero]);
        assert_eq!(hash_words(&bytes), hash4(Domain::Words, [first, from_u64(1), zero, zero]));
        assert_eq!(hash_words(&[]), hash4(Domain::Words, [zero; 4]));
    }

    #[test]
    fn only_a_response_that_says_ok_is_kept() {
        let outcome = |code, said| RunOutcome {
            entry: EntryPoint::Execute,
            code,
            gas: 1,
            limit: 2,
            said,
            told: from_u64(0),
        };
        assert!(!outcome(0, Some(br#"{"ok":{}}"#.as_slice())).failed());
        for failed in [
            outcome(0, Some(br#"{"error":"no"}"#.as_slice())),
            outcome(0, Some(br#" {"ok":{}}"#)),
            outcome(0, None),
            outcome(1, None),
            outcome(11, Some(br#"{"ok":{}}"#)),
        ] {
            assert!(failed.failed());
        }
    }

    proptest! {
        #[test]
        fn zeros_behind_bytes_change_their_hash(bytes in proptest::collection::vec(any::<u8>(), 0..200), zeros in 1usize..80) {
            let longer = [bytes.as_slice(), &vec![0; zeros]].concat();
            prop_assert_ne!(hash_words(&bytes), hash_words(&longer));
        }

        #[test]
        fn every_part_of_an_answer_counts(request: Vec<u8>, answer: Vec<u8>) {
            let one = HostAnswer { request: &request, answer: &answer, contract: from_u64(1), salt: from_u64(2) };
            let longer = [answer.as_slice(), &[0]].concat();
            let others = [
                HostAnswer { request: &longer, ..one },
                HostAnswer { answer: &longer, ..one },
                HostAnswer { contract: from_u64(2), ..one },
                HostAnswer { salt: from_u64(1), ..one },
            ];
            for other in others {
                prop_assert!(other == one || other.digest() != one.digest());
            }
            let (first, second) = (one.digest(), others[2].digest());
            let none = from_u64(0);
            let told = |answers: [Fr; 2]| answers.into_iter().fold(none, |told, answer| told_after(told, answer, false));
            prop_assert_ne!(told([first, second]), told([second, first]));
            prop_assert_ne!(told_after(none, first, false), told([first, first]));
            prop_assert_ne!(told_after(none, first, false), told_after(none, first, true));
        }

        #[test]
        fn every_part_of_an_outcome_counts(gas in 0..u64::MAX, limit in 0..u64::MAX) {
            let salt = from_u64(9);
            let told = from_u64(3);
            let one = RunOutcome { entry: EntryPoint::Execute, code: 0, gas, limit, said: Some(b"said"), told };
            let others = [
                RunOutcome { entry: EntryPoint::Query, ..one },
                RunOutcome { code: 1, ..one },
                RunOutcome { gas: gas + 1, ..one },
                RunOutcome { limit: limit + 1, ..one },
                RunOutcome { said: Some(b"Said"), ..one },
                RunOutcome { said: None, ..one },
                RunOutcome { told: from_u64(4), ..one },
            ];
            for other in others {
                prop_assert_ne!(other.digest(&salt), one.digest(&salt));
            }
        }
    }
}
