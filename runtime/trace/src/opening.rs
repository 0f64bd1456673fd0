use ciborium::Value;
use nectar_abi::compact;
use nectar_commitment::{
    EntryPoint, Fr, HostAnswer, Key, LogEntry, Op, RunOutcome, Slot, run_inputs, told_after,
};
use thiserror::Error;

use crate::codec::{CodecError, Fields, decode, encode, field_value};
use crate::{Receipt, RunTrace};

/// Longest encoded opening, in bytes: a response and little else.
pub const MAX_OPENING_BYTES: usize = 8 * 1024 * 1024;
/// Most answers that hosts give on their own in one invocation.
pub const MAX_TOLD: usize = 4096;
const MAX_BEHIND: usize = 1024;
const VERSION: u64 = 3;
const WHAT: &str = "run opening";

/// Opens the outermost run in a receipt's log: given to the one who asked. Private.
#[derive(Clone, PartialEq, Eq)]
pub struct RunOpening {
    /// The log before the run's entry; before the last opening of its contract, if the run failed.
    pub before: Fr,
    /// What was opened then; `None` if the run did not fail, because its close says it.
    pub binding: Option<Fr>,
    /// Salt of what the entry says of the inputs.
    pub inputs_salt: Fr,
    /// Salt of what it says of the outcome.
    pub outcome_salt: Fr,
    /// 0 if it came to its end, else the trap's number and one.
    pub trap: u8,
    /// What it might have cost.
    pub limit: u64,
    /// The bytes that the contract answered, or the text of an abort; nothing after another trap.
    pub said: Option<Vec<u8>>,
    /// What hosts answered on their own to this run and to all that it asked, in order.
    pub told: Vec<Told>,
    /// What stands behind the run's entry.
    pub behind: Vec<LogEntry>,
}

/// An answer that no contract's run gave, as the client may see it.
#[derive(Clone, PartialEq, Eq)]
pub enum Told {
    /// To [`compact::CALLER`]: the caller's grant, which the client knows, or that there is none.
    Caller {
        /// What was answered.
        answer: Vec<u8>,
        /// Its salt.
        salt: Fr,
    },
    /// To anything else, as [`HostAnswer::digest`]: it may hold what the client must not see.
    Other(Fr),
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Caller { .. } => "Caller(..)",
            Self::Other(_) => "Other(..)",
        })
    }
}

impl Told {
    /// [`HostAnswer::digest`]
    pub fn digest(&self) -> Fr {
        match self {
            Self::Caller { answer, salt } => {
                let (request, contract, salt) = (compact::CALLER, Fr::default(), *salt);
                HostAnswer { request, answer, contract, salt }.digest()
            }
            Self::Other(digest) => *digest,
        }
    }

    /// [`told_after`]
    pub fn after(&self, told: Fr) -> Fr {
        told_after(told, self.digest(), matches!(self, Self::Caller { .. }))
    }

    fn to_value(&self) -> Value {
        Value::Array(match self {
            Self::Caller { answer, salt } => vec![Value::Bytes(answer.clone()), field_value(salt)],
            Self::Other(digest) => vec![Value::Null, field_value(digest)],
        })
    }

    fn from_value(value: Value) -> Result<Self, CodecError> {
        let mut fields = Fields::new(value, WHAT)?;
        let (answer, field) = (fields.optional_bytes()?, fields.field()?);
        fields.end()?;
        Ok(match answer {
            Some(answer) => Self::Caller { answer, salt: field },
            None => Self::Other(field),
        })
    }
}

impl std::fmt::Debug for RunOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunOpening(..)")
    }
}

/// What the one who asked knows of the run.
#[derive(Debug, Clone, Copy)]
pub struct AskedRun<'a> {
    /// The contract's key in its network.
    pub contract: Key,
    /// Where the run began.
    pub entry: EntryPoint,
    /// What it was given.
    pub env: &'a [u8],
    /// The sender, unless it was a query.
    pub info: Option<&'a [u8]>,
    /// The message.
    pub message: &'a [u8],
}

/// Why an opening does not open a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The log is another's.
    #[error("the receipt's log does not hold this run with these inputs and this outcome")]
    Log,
    /// Behind the run there is more than its end.
    #[error("the receipt's log has more behind the run than what closes its contracts")]
    Behind,
    /// The log does not say that the run was that contract's.
    #[error("the run in the receipt's log is another contract's")]
    Contract,
}

impl RunOpening {
    /// Opens this run in the log of these operations, with what hosts told it; `None` if it does not stand there.
    pub fn new(run: &RunTrace, slots: &[Slot], told: Vec<Told>) -> Option<Self> {
        let entries: Vec<LogEntry> = slots.iter().filter_map(Slot::log_entry).collect();
        let at = usize::try_from(run.end).ok()?;
        let behind = entries.get(at.checked_add(1)?..)?.to_vec();
        let failed = entries.get(at)?.code == Op::Fail.log_code();
        // A failed run's contract is opened just before its entry.
        let first = if failed { at.checked_sub(1)? } else { at };
        let binding = if failed { Some(entries.get(first)?.value) } else { None };
        Some(Self {
            before: entries.get(..first)?.iter().fold(Fr::default(), |log, entry| entry.after(log)),
            binding,
            inputs_salt: run.inputs_salt,
            outcome_salt: run.outcome_salt,
            trap: run.trap,
            limit: run.limit,
            said: run.said.clone(),
            told,
            behind,
        })
    }

    /// Checks that the receipt's log ends with this run, and with nothing behind it but what closes its contracts. What was said is
    /// then what the run said, the receipt's gas is what it cost, and [`Self::told`] is all that hosts told it and those that it asked.
    ///
    /// # Errors
    /// [`OpeningError`]
    pub fn check(&self, receipt: &Receipt, asked: &AskedRun<'_>) -> Result<(), OpeningError> {
        let (said, gas) = (self.said.as_deref(), receipt.gas);
        let told = self.told.iter().fold(Fr::default(), |told, next| next.after(told));
        let outcome = RunOutcome { entry: asked.entry, code: self.trap, gas, limit: self.limit, said, told };
        let undone = outcome.failed() && asked.entry != EntryPoint::Query;
        let contract = asked.contract.to_field();
        let mut log = self.before;
        match (undone, self.binding) {
            (true, Some(value)) => {
                log = LogEntry { code: Op::Open.log_code(), key: contract, value }.after(log);
            }
            (false, None) => {}
            _ => return Err(OpeningError::Contract),
        }
        let op = if undone { Op::Fail } else { Op::Run };
        let key = run_inputs(asked.env, asked.info, asked.message, &self.inputs_salt);
        log = LogEntry { code: op.log_code(), key, value: outcome.digest(&self.outcome_salt) }.after(log);
        self.check_behind(undone, contract)?;
        log = self.behind.iter().fold(log, |log, entry| entry.after(log));
        if log == receipt.log { Ok(()) } else { Err(OpeningError::Log) }
    }

    /// Its contract's close, or contracts that are opened and closed without anything between.
    fn check_behind(&self, undone: bool, contract: Fr) -> Result<(), OpeningError> {
        let is = |entry: &LogEntry, op: Op| entry.code == op.log_code();
        if !undone {
            return match self.behind.as_slice() {
                [close] if is(close, Op::Close) && close.key == contract => Ok(()),
                [close] if is(close, Op::Close) => Err(OpeningError::Contract),
                _ => Err(OpeningError::Behind),
            };
        }
        let mut pairs = self.behind.chunks_exact(2);
        let closed = pairs.all(|pair| match pair {
            [open, close] => is(open, Op::Open) && is(close, Op::Close) && open.key == close.key,
            _ => false,
        });
        if closed && pairs.remainder().is_empty() { Ok(()) } else { Err(OpeningError::Behind) }
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let behind = self.behind.iter().map(|entry| {
            Value::Array(vec![entry.code.into(), field_value(&entry.key), field_value(&entry.value)])
        });
        encode(&Value::Array(vec![
            VERSION.into(),
            field_value(&self.before),
            self.binding.as_ref().map_or(Value::Null, field_value),
            field_value(&self.inputs_salt),
            field_value(&self.outcome_salt),
            self.trap.into(),
            self.limit.into(),
            self.said.as_ref().map_or(Value::Null, |said| Value::Bytes(said.clone())),
            Value::Array(self.told.iter().map(Told::to_value).collect()),
            Value::Array(behind.collect()),
        ]))
    }

    /// Reads [`Self::encode`]d bytes.
    ///
    /// # Errors
    /// [`CodecError`]
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let malformed = CodecError::Malformed(WHAT);
        let mut fields = decode(bytes, MAX_OPENING_BYTES, WHAT)?;
        if fields.unsigned()? != VERSION {
            return Err(malformed);
        }
        let opening = Self {
            before: fields.field()?,
            binding: fields.optional_field()?,
            inputs_salt: fields.field()?,
            outcome_salt: fields.field()?,
            trap: u8::try_from(fields.unsigned()?).map_err(|_| malformed)?,
            limit: fields.unsigned()?,
            said: fields.optional_bytes()?,
            told: fields.list(MAX_TOLD, Told::from_value)?,
            behind: fields.list(MAX_BEHIND, |item| {
                let mut item = Fields::new(item, WHAT)?;
                let entry = LogEntry { code: item.unsigned()?, key: item.field()?, value: item.field()? };
                item.end().map(|()| entry)
            })?,
        };
        fields.end()?;
        Ok(opening)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nectar_commitment::Ledger;
    use proptest::prelude::*;

    const CONTRACT: u8 = 1;

    fn key(n: u8) -> Key {
        Key::new([n; 31])
    }

    fn told() -> Vec<Told> {
        let caller = |salt: u64| Told::Caller { answer: b"grant".to_vec(), salt: Fr::from(salt) };
        vec![caller(31), Told::Other(Fr::from(32)), caller(33)]
    }

    /// A receipt of a run in a ledger, and its opening.
    fn receipt(change: impl FnOnce(&mut RunTrace)) -> (Receipt, RunTrace, RunOpening) {
        let mut run = crate::run::tests::sample();
        run.told = told().iter().fold(Fr::default(), |told, next| next.after(told));
        change(&mut run);
        let mut ledger = Ledger::default();
        ledger.create(key(CONTRACT), Fr::from(11), Fr::from(12)).unwrap();
        ledger.finish();
        ledger.open(key(CONTRACT)).unwrap();
        ledger.read(key(5)).unwrap();
        let (inputs, outcome) = run.logged().unwrap();
        if run.outcome().failed() && run.entry != EntryPoint::Query {
            ledger.close(Fr::from(1)).unwrap();
            ledger.open(key(CONTRACT)).unwrap();
            ledger.fail(inputs, outcome).unwrap();
            ledger.open(key(CONTRACT)).unwrap();
            run.end = 4;
        } else {
            ledger.run(inputs, outcome).unwrap();
            run.end = 2;
        }
        ledger.close(Fr::from(2)).unwrap();
        let mut receipt = crate::receipt::tests::sample(3);
        (receipt.log, receipt.gas) = (ledger.log(), run.gas);
        let opening = RunOpening::new(&run, ledger.slots(), told()).unwrap();
        (receipt, run, opening)
    }

    fn asked(run: &RunTrace) -> AskedRun<'_> {
        let (info, message) = match run.inputs.as_slice() {
            [_, info, message] => (Some(info.as_slice()), message),
            [_, message] => (None, message),
            _ => panic!("two or three inputs"),
        };
        AskedRun { contract: key(CONTRACT), entry: run.entry, env: &run.inputs[0], info, message }
    }

    fn cases() -> Vec<(Receipt, RunTrace, RunOpening)> {
        let failed = |run: &mut RunTrace| (run.trap, run.said) = (10, None);
        let refused = |run: &mut RunTrace| run.said = Some(b"{\"error\":\"no\"}".to_vec());
        let query = |run: &mut RunTrace| {
            run.entry = EntryPoint::Query;
            run.inputs.remove(1);
        };
        let failed_query = |run: &mut RunTrace| {
            query(run);
            run.trap = 1;
        };
        vec![receipt(|_| ()), receipt(failed), receipt(refused), receipt(query), receipt(failed_query)]
    }

    #[test]
    fn an_opening_opens_its_receipt_and_survives_its_bytes() {
        for (receipt, run, opening) in cases() {
            assert_eq!(opening.check(&receipt, &asked(&run)), Ok(()));
            assert_eq!(RunOpening::decode(&opening.encode()), Ok(opening));
        }
    }

    #[test]
    fn any_other_run_or_receipt_is_refused() {
        for (receipt, run, opening) in cases() {
            let good = asked(&run);
            let runs = [
                AskedRun { contract: key(2), ..good },
                AskedRun { env: b"other", ..good },
                AskedRun { info: Some(b"other"), ..good },
                AskedRun { message: b"other", ..good },
                AskedRun { entry: EntryPoint::Instantiate, ..good },
            ];
            for other in runs {
                assert!(opening.check(&receipt, &other).is_err());
            }
            let receipts =
                [Receipt { gas: 1, ..receipt.clone() }, Receipt { log: Fr::from(1), ..receipt.clone() }];
            for other in receipts {
                assert!(opening.check(&other, &good).is_err());
            }
        }
    }

    #[test]
    fn any_changed_opening_is_refused() {
        let changes: [fn(&mut RunOpening); 16] = [
            |o| o.before += Fr::from(1),
            |o| o.binding = Some(o.binding.unwrap_or_default() + Fr::from(1)),
            |o| o.inputs_salt += Fr::from(1),
            |o| o.outcome_salt += Fr::from(1),
            |o| o.trap += 1,
            |o| o.limit += 1,
            |o| o.said = Some(b"{\"ok\":1}".to_vec()),
            |o| o.told.clear(),
            |o| o.told.truncate(2),
            |o| o.told.push(Told::Other(Fr::default())),
            |o| o.told.swap(0, 1),
            |o| o.told[1] = Told::Other(Fr::from(33)),
            |o| o.told[0] = Told::Caller { answer: b"Grant".to_vec(), salt: Fr::from(31) },
            |o| o.told[0] = Told::Caller { answer: b"grant".to_vec(), salt: Fr::from(32) },
            |o| o.behind.truncate(0),
            |o| o.behind[0].key += Fr::from(1),
        ];
        for (receipt, run, opening) in cases() {
            for change in changes {
                let mut other = opening.clone();
                change(&mut other);
                assert!(other.check(&receipt, &asked(&run)).is_err());
            }
        }
    }

    /// The log says which answers are of the caller.
    #[test]
    fn a_grant_is_neither_kept_back_nor_made_up() {
        let (receipt, run, honest) = receipt(|_| ());
        let mut opening = honest.clone();
        opening.told[0] = Told::Other(opening.told[0].digest());
        assert_eq!(opening.check(&receipt, &asked(&run)), Err(OpeningError::Log));
        opening = honest;
        assert_eq!(opening.check(&receipt, &asked(&run)), Ok(()));
        let Told::Other(digest) = opening.told[1] else { panic!("not a grant") };
        opening.told[1] = Told::Caller { answer: b"grant".to_vec(), salt: digest };
        assert_eq!(opening.check(&receipt, &asked(&run)), Err(OpeningError::Log));
    }

    #[test]
    fn what_was_told_has_a_limit_and_no_other_spelling() {
        let (_, _, mut opening) = receipt(|_| ());
        opening.told = vec![Told::Caller { answer: vec![7; 216], salt: Fr::from(1) }; MAX_TOLD];
        assert_eq!(RunOpening::decode(&opening.encode()), Ok(opening.clone()), "the most fits the bytes");
        opening.told.push(Told::Other(Fr::from(1)));
        let (got, limit) = (MAX_TOLD + 1, MAX_TOLD);
        let refused = Err(CodecError::TooLong { what: WHAT, got, limit });
        assert_eq!(RunOpening::decode(&opening.encode()), refused);
        let (bytes, salt) = (Value::Bytes(vec![7]), field_value(&Fr::from(1)));
        for other in [
            Value::Null,
            Value::Array(vec![]),
            Value::Array(vec![bytes.clone()]),
            Value::Array(vec![Value::Null, bytes.clone()]),
            Value::Array(vec![bytes, salt.clone(), salt.clone()]),
            Value::Array(vec![1.into(), salt]),
        ] {
            assert_eq!(Told::from_value(other), Err(CodecError::Malformed(WHAT)));
        }
    }

    /// The log of a whole other invocation behind the run is no end of it.
    #[test]
    fn nothing_but_closing_stands_behind_a_run() {
        let (receipt, run, mut opening) = receipt(|_| ());
        let write = LogEntry { code: 5, key: Fr::from(1), value: Fr::from(2) };
        opening.behind.insert(0, write);
        let key = run.logged().unwrap();
        let entry = LogEntry { code: 8, key: key.0, value: key.1 }.after(opening.before);
        let log = opening.behind.iter().fold(entry, |log, entry| entry.after(log));
        let receipt = Receipt { log, ..receipt };
        assert_eq!(opening.check(&receipt, &asked(&run)), Err(OpeningError::Behind));
    }

    proptest! {
        #[test]
        fn garbage_is_no_opening(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(RunOpening::decode(&bytes).is_err());
        }

        #[test]
        fn a_mutated_opening_is_refused_or_canonical(at in 0usize..2000, flip in 1u8..=255) {
            let (_, _, opening) = receipt(|_| ());
            let mut bytes = opening.encode();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(other) = RunOpening::decode(&bytes) {
                prop_assert_ne!(&other, &opening);
                prop_assert_eq!(other.encode(), bytes);
            }
        }
    }
}
