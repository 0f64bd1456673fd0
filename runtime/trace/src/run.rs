use ciborium::Value;
use nectar_abi::{CodeHash, ContractId};
use nectar_commitment::{EntryPoint, Fr, RunOutcome, run_inputs, state_value};
use zeroize::Zeroize as _;

use crate::codec::{CodecError, Fields, field_value};
use crate::trace::WHAT;

const MAX_INPUTS: usize = 3;
const MAX_CALLS: usize = 64 * 1024;
const MAX_ANSWERS: usize = 64 * 1024;

/// What a contract asked of its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum HostOp {
    /// A read, alone or as an item of a scan.
    Read = 1,
    /// A write.
    Write = 2,
    /// A removal.
    Remove = 3,
    /// The next item of a scan that has no more; the log has no entry of it.
    End = 4,
}

/// One host call with its answer, in plaintext: private.
#[derive(Clone, PartialEq, Eq)]
pub struct HostCall {
    /// What.
    pub op: HostOp,
    /// The key as the contract gave it; empty at the end of a scan.
    pub key: Vec<u8>,
    /// The value read or written; `None` if nothing was there, for a removal, and at the end of a scan.
    pub value: Option<Vec<u8>>,
    /// The salt under which the state commits to the value.
    pub salt: Option<Fr>,
    /// Which entry of the invocation's log this is, from zero; at the end of a scan, the one that comes next.
    pub place: u32,
}

impl HostCall {
    /// The value as the log and the state have it: zero for none.
    pub fn committed(&self) -> Fr {
        self.value.as_ref().zip(self.salt).map(|(value, salt)| state_value(&salt, value)).unwrap_or_default()
    }
}

impl std::fmt::Debug for HostCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostCall").field("op", &self.op).finish_non_exhaustive()
    }
}

/// What a query of something else than the contract's own state was answered: private.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The bytes that the contract got.
    pub bytes: Vec<u8>,
    /// Gas that was used elsewhere for it.
    pub gas: u64,
    /// Who answered.
    pub by: AnsweredBy,
}

/// Who answered a query. A host's answers are in the log's [`nectar_commitment::told_after`], each under its salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// A run of another contract, to a compact query: the bytes are what it said, or say that it failed.
    Run,
    /// The same to a query in JSON, in the host's words.
    RunInJson(Fr),
    /// The host, without a run.
    Host(Fr),
}

impl std::fmt::Debug for QueryAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("QueryAnswer(..)")
    }
}

/// One run of a contract's program, as a prover repeats it: private.
#[derive(Clone, PartialEq, Eq)]
pub struct RunTrace {
    /// Whose.
    pub contract: ContractId,
    /// The module.
    pub code: CodeHash,
    /// What the contract's binding says of its program.
    pub program: Fr,
    /// The secret under which its keys are blinded.
    pub secret: Fr,
    /// Where the run began.
    pub entry: EntryPoint,
    /// The arguments of the entry point, each as the bytes that the contract read: env, info (not of a query), message.
    pub inputs: Vec<Vec<u8>>,
    /// What it may have cost.
    pub limit: u64,
    /// What it cost.
    pub gas: u64,
    /// 0 if it came to its end, else the trap's number and one.
    pub trap: u8,
    /// The response, or the text of an abort; nothing after another trap.
    pub said: Option<Vec<u8>>,
    /// What hosts had told the invocation's runs when it ended: [`nectar_commitment::told_after`].
    pub told: Fr,
    /// Entries of the invocation's log before the run began.
    pub start: u32,
    /// Place of the run's own entry.
    pub end: u32,
    /// Salt of what the entry says of the inputs.
    pub inputs_salt: Fr,
    /// Salt of what it says of the outcome.
    pub outcome_salt: Fr,
    /// Host calls in order.
    pub calls: Vec<HostCall>,
    /// Answers to queries in order.
    pub answers: Vec<QueryAnswer>,
}

impl std::fmt::Debug for RunTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunTrace")
            .field("entry", &self.entry)
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl RunTrace {
    /// How it ended.
    pub fn outcome(&self) -> RunOutcome<'_> {
        let Self { entry, trap: code, gas, limit, .. } = *self;
        RunOutcome { entry, code, gas, limit, said: self.said.as_deref(), told: self.told }
    }

    /// Key and value of its entry in the log; `None` if the inputs are not those of its entry point.
    pub fn logged(&self) -> Option<(Fr, Fr)> {
        let inputs = match (self.entry, self.inputs.as_slice()) {
            (EntryPoint::Query, [env, message]) => run_inputs(env, None, message, &self.inputs_salt),
            (EntryPoint::Instantiate | EntryPoint::Execute, [env, info, message]) => {
                run_inputs(env, Some(info), message, &self.inputs_salt)
            }
            _ => return None,
        };
        Some((inputs, self.outcome().digest(&self.outcome_salt)))
    }

    /// Overwrites what is in plaintext, and the secret.
    pub fn erase(&mut self) {
        self.inputs.iter_mut().for_each(|input| input.zeroize());
        self.said.zeroize();
        for call in &mut self.calls {
            call.key.zeroize();
            call.value.zeroize();
        }
        self.answers.iter_mut().for_each(|answer| answer.bytes.zeroize());
        self.secret = Fr::default();
    }

    pub(crate) fn value(&self) -> Value {
        let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
        let optional = |b: &Option<Vec<u8>>| b.as_deref().map_or(Value::Null, bytes);
        let calls = self.calls.iter().map(|call| {
            let salt = call.salt.as_ref().map_or(Value::Null, field_value);
            let op = Value::from(call.op as u64);
            Value::Array(vec![op, bytes(&call.key), optional(&call.value), salt, call.place.into()])
        });
        let answers = self.answers.iter().map(|answer| {
            let (by, salt) = match &answer.by {
                AnsweredBy::Run => (1, Value::Null),
                AnsweredBy::RunInJson(salt) => (2, field_value(salt)),
                AnsweredBy::Host(salt) => (3, field_value(salt)),
            };
            Value::Array(vec![bytes(&answer.bytes), answer.gas.into(), by.into(), salt])
        });
        Value::Array(vec![
            bytes(self.contract.as_bytes()),
            bytes(self.code.as_bytes()),
            field_value(&self.program),
            field_value(&self.secret),
            (self.entry as u64).into(),
            Value::Array(self.inputs.iter().map(|input| bytes(input)).collect()),
            self.limit.into(),
            self.gas.into(),
            self.trap.into(),
            optional(&self.said),
            field_value(&self.told),
            self.start.into(),
            self.end.into(),
            field_value(&self.inputs_salt),
            field_value(&self.outcome_salt),
            Value::Array(calls.collect()),
            Value::Array(answers.collect()),
        ])
    }

    pub(crate) fn from_value(value: Value) -> Result<Self, CodecError> {
        let malformed = CodecError::Malformed(WHAT);
        let mut fields = Fields::new(value, WHAT)?;
        let run = Self {
            contract: ContractId::new(fields.array()?),
            code: CodeHash::new(fields.array()?),
            program: fields.field()?,
            secret: fields.field()?,
            entry: match fields.unsigned()? {
                1 => EntryPoint::Instantiate,
                2 => EntryPoint::Execute,
                3 => EntryPoint::Query,
                _ => return Err(malformed),
            },
            inputs: fields.list(MAX_INPUTS, |item| item.into_bytes().map_err(|_| malformed))?,
            limit: fields.unsigned()?,
            gas: fields.unsigned()?,
            trap: u8::try_from(fields.unsigned()?).map_err(|_| malformed)?,
            said: fields.optional_bytes()?,
            told: fields.field()?,
            start: fields.place()?,
            end: fields.place()?,
            inputs_salt: fields.field()?,
            outcome_salt: fields.field()?,
            calls: fields.list(MAX_CALLS, HostCall::from_value)?,
            answers: fields.list(MAX_ANSWERS, |item| {
                let mut item = Fields::new(item, WHAT)?;
                let (bytes, gas) = (item.bytes()?, item.unsigned()?);
                let by = match (item.unsigned()?, item.optional_field()?) {
                    (1, None) => AnsweredBy::Run,
                    (2, Some(salt)) => AnsweredBy::RunInJson(salt),
                    (3, Some(salt)) => AnsweredBy::Host(salt),
                    _ => return Err(malformed),
                };
                item.end().map(|()| QueryAnswer { bytes, gas, by })
            })?,
        };
        fields.end()?;
        let arguments = if run.entry == EntryPoint::Query { 2 } else { 3 };
        if run.inputs.len() == arguments { Ok(run) } else { Err(malformed) }
    }
}

impl HostCall {
    fn from_value(value: Value) -> Result<Self, CodecError> {
        let malformed = CodecError::Malformed(WHAT);
        let mut fields = Fields::new(value, WHAT)?;
        let op = match fields.unsigned()? {
            1 => HostOp::Read,
            2 => HostOp::Write,
            3 => HostOp::Remove,
            4 => HostOp::End,
            _ => return Err(malformed),
        };
        let (key, value) = (fields.bytes()?, fields.optional_bytes()?);
        let (salt, place) = (fields.optional_field()?, fields.place()?);
        fields.end()?;
        let allowed = match op {
            HostOp::Read => true,
            HostOp::Write => value.is_some(),
            HostOp::Remove => value.is_none(),
            HostOp::End => value.is_none() && key.is_empty(),
        };
        // Nobody could open the commitment to a value without its salt.
        if !allowed || value.is_some() != salt.is_some() {
            return Err(malformed);
        }
        Ok(Self { op, key, value, salt, place })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> RunTrace {
        let call = |op, value: Option<&[u8]>, place| HostCall {
            op,
            key: if op == HostOp::End { Vec::new() } else { b"key".to_vec() },
            value: value.map(<[u8]>::to_vec),
            salt: value.map(|_| Fr::from(9)),
            place,
        };
        RunTrace {
            contract: ContractId::new([1; 32]),
            code: CodeHash::new([4; 32]),
            program: Fr::from(2),
            secret: Fr::from(3),
            entry: EntryPoint::Execute,
            inputs: vec![b"env".to_vec(), b"info".to_vec(), b"message".to_vec()],
            limit: 1_999_999_999,
            gas: 28_000,
            trap: 0,
            said: Some(b"{\"ok\":{}}".to_vec()),
            told: Fr::from(7),
            start: 2,
            end: 6,
            inputs_salt: Fr::from(5),
            outcome_salt: Fr::from(6),
            calls: vec![
                call(HostOp::Read, None, 2),
                call(HostOp::Read, Some(b"value"), 3),
                call(HostOp::End, None, 4),
                call(HostOp::Write, Some(b"value"), 4),
                call(HostOp::Remove, None, 5),
            ],
            answers: [AnsweredBy::Run, AnsweredBy::RunInJson(Fr::from(8)), AnsweredBy::Host(Fr::from(9))]
                .map(|by| QueryAnswer { bytes: b"answer".to_vec(), gas: 3, by })
                .to_vec(),
        }
    }

    fn again(run: &RunTrace) -> Result<RunTrace, CodecError> {
        RunTrace::from_value(run.value())
    }

    #[test]
    fn a_run_survives_its_bytes() {
        assert_eq!(again(&sample()), Ok(sample()));
    }

    #[test]
    fn what_no_run_can_be_is_refused() {
        let refused = |change: fn(&mut RunTrace)| {
            let mut run = sample();
            change(&mut run);
            assert_eq!(again(&run), Err(CodecError::Malformed(WHAT)));
        };
        refused(|run| run.entry = EntryPoint::Query);
        refused(|run| drop(run.inputs.pop()));
        refused(|run| run.calls[0].salt = Some(Fr::from(1)));
        refused(|run| run.calls[1].salt = None);
        refused(|run| run.calls[2].key.push(1));
        refused(|run| (run.calls[3].value, run.calls[3].salt) = (None, None));
        refused(|run| run.calls[4].op = HostOp::Write);
    }

    #[test]
    fn an_entry_of_the_log_depends_on_all_that_it_is_of() {
        let entry = sample().logged().unwrap();
        let changes: [fn(&mut RunTrace); 5] = [
            |run| run.inputs[0].push(0),
            |run| run.inputs[1].push(0),
            |run| run.inputs[2].push(0),
            |run| run.inputs_salt += Fr::from(1),
            |run| run.inputs.swap(0, 1),
        ];
        for change in changes {
            let mut run = sample();
            change(&mut run);
            let other = run.logged().unwrap();
            assert_ne!(other.0, entry.0);
            assert_eq!(other.1, entry.1);
        }
        let changes: [fn(&mut RunTrace); 7] = [
            |run| run.told += Fr::from(1),
            |run| run.trap = 1,
            |run| run.gas += 1,
            |run| run.limit += 1,
            |run| run.said = None,
            |run| run.outcome_salt += Fr::from(1),
            |run| run.entry = EntryPoint::Instantiate,
        ];
        for change in changes {
            let mut run = sample();
            change(&mut run);
            let other = run.logged().unwrap();
            assert_ne!(other.1, entry.1);
            assert_eq!(other.0, entry.0);
        }
    }

    #[test]
    fn erasing_leaves_no_plaintext_and_no_secret() {
        let mut run = sample();
        run.erase();
        assert!(run.calls.iter().all(|call| call.key.is_empty() && call.value.is_none()));
        assert!(run.inputs.iter().all(Vec::is_empty) && run.said.is_none() && run.secret == Fr::default());
        assert!(run.answers.iter().all(|answer| answer.bytes.is_empty()));
    }
}
