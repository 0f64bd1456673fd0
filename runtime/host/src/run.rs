//! What all frames of one invocation share.

use std::sync::Arc;

use nectar_abi::{CallerGrant, CodeHash, ContractId, NetworkId, PublicKey, compact};
use nectar_commitment::{Fr, HostAnswer};
use nectar_state::{Pair, Session, contract_key};
use nectar_trace::{MAX_TOLD, Told};

use crate::answer;
use crate::engine::{Engine, Ready};
use crate::error::{HostError, Stop};
use crate::failure::{ContractFailure, MAX_STATE_BYTES, MAX_STATE_OPERATIONS};
use crate::program_run::{Made, salt};
use crate::programs::Programs;
use crate::records::{self, ContractRecord};

// Each answer is an operation: an opening holds all of them.
const _: () = assert!(MAX_STATE_OPERATIONS <= MAX_TOLD);

/// One invocation at work: its view of the store, and what it may reach.
pub(crate) struct Run {
    session: Session,
    engine: Arc<Engine>,
    network: NetworkId,
    height: u64,
    time: u64,
    /// Who calls, if a grant is in use.
    pub(crate) caller: Option<CallerGrant>,
    /// The outermost contract's owner: contracts of others are not reached.
    owner: PublicKey,
    touches: Vec<ContractId>,
    /// Frames on top of each other.
    pub(crate) depth: usize,
    operations: usize,
    bytes: usize,
    /// Chunks of a proof that the runs so far take, at most.
    chunks: u64,
    programs: Option<Arc<dyn Programs>>,
    /// Runs in the order in which they began.
    made: Vec<Made>,
    /// Those that have not ended, the outermost first.
    running: Vec<usize>,
    told: Answers,
}

/// What the host has told all frames on its own, in order.
#[derive(Default)]
struct Answers {
    all: Vec<Told>,
    so_far: Fr,
}

/// What an invocation is about.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) network: NetworkId,
    pub(crate) height: u64,
    pub(crate) time: u64,
    pub(crate) caller: Option<CallerGrant>,
    pub(crate) owner: PublicKey,
    pub(crate) touches: Vec<ContractId>,
}

/// An iterator of a frame: it goes to the store for each item, so that what is recorded is what the contract has seen.
#[derive(Debug)]
pub(crate) struct Cursor {
    start: Option<Vec<u8>>,
    end: Option<Vec<u8>>,
    descending: bool,
    done: bool,
}

impl Cursor {
    pub(crate) const fn new(start: Option<Vec<u8>>, end: Option<Vec<u8>>, descending: bool) -> Self {
        Self { start, end, descending, done: false }
    }

    /// Goes on behind `key`.
    fn pass(&mut self, key: &[u8]) {
        if self.descending {
            self.end = Some(key.to_vec());
        } else {
            // The next key in order is this one with a zero behind it.
            self.start = Some([key, &[0]].concat());
        }
    }
}

impl Run {
    pub(crate) fn new(
        session: Session,
        engine: Arc<Engine>,
        programs: Option<Arc<dyn Programs>>,
        scope: Scope,
    ) -> Self {
        let Scope { network, height, time, caller, owner, touches } = scope;
        Self {
            session,
            engine,
            network,
            height,
            time,
            caller,
            owner,
            touches,
            depth: 0,
            operations: 0,
            bytes: 0,
            chunks: 0,
            programs,
            made: Vec::new(),
            running: Vec::new(),
            told: Answers::default(),
        }
    }

    /// What is left when all frames have ended: the session, the runs in the order in which they began, and what they were told.
    pub(crate) fn into_parts(self) -> (Session, Vec<Made>, Vec<Told>) {
        (self.session, self.made, self.told.all)
    }

    /// Notes an answer that is the host's own, in words or at all, and returns its salt.
    pub(crate) fn told(
        &mut self,
        request: &[u8],
        answer: &[u8],
        contract_asked: Option<&ContractId>,
    ) -> Result<Fr, HostError> {
        let salt = salt()?;
        let contract = contract_asked.map(|contract| contract_key(contract).to_field()).unwrap_or_default();
        let digest = HostAnswer { request, answer, contract, salt }.digest();
        // Only a grant may be shown to the one who calls under it, or that there is none.
        let of_caller = contract_asked.is_none() && request == compact::CALLER;
        let told =
            if of_caller { Told::Caller { answer: answer.to_vec(), salt } } else { Told::Other(digest) };
        self.told.so_far = told.after(self.told.so_far);
        self.told.all.push(told);
        Ok(salt)
    }

    /// What the log says of all such answers.
    pub(crate) const fn told_so_far(&self) -> Fr {
        self.told.so_far
    }

    pub(crate) fn programs(&self) -> Option<&Arc<dyn Programs>> {
        self.programs.as_ref()
    }

    pub(crate) fn made(&mut self) -> &mut Vec<Made> {
        &mut self.made
    }

    /// Says that the run that was made last has begun.
    pub(crate) fn begin(&mut self) {
        self.running.extend(self.made.len().checked_sub(1));
    }

    /// The innermost run that has not been left.
    pub(crate) fn current(&mut self) -> Result<&mut Made, HostError> {
        let last = self.running.last().copied();
        let made = last.and_then(|last| self.made.get_mut(last));
        made.ok_or(HostError::Invariant("a program runs"))
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    pub(crate) fn enter(&mut self, contract: &ContractId) -> Result<(), Stop> {
        self.session.enter(contract)?;
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.session.leave();
        self.running.pop();
        self.depth = self.depth.saturating_sub(1);
    }

    /// The code of a contract that a frame of this invocation may query: the holder named it in what they signed, and it
    /// belongs to the owner whose grant is in use.
    pub(crate) fn callee(&self, contract: &ContractId) -> Result<Option<CodeHash>, Stop> {
        if self.touches.binary_search(contract).is_err() {
            return Ok(None);
        }
        let record = ContractRecord::load(&self.session, contract)?;
        Ok(record.filter(|record| record.owner == self.owner).map(|record| record.code))
    }

    /// The compiled module of a contract.
    pub(crate) fn module(&self, code: &CodeHash) -> Result<Ready, Stop> {
        if let Some(ready) = self.engine.cached(code) {
            return Ok(ready);
        }
        let wasm = module_bytes(&self.session, code)?;
        self.engine
            .compile(*code, &wasm)
            .map_err(|_| HostError::Invariant("what compiled once compiles again").into())
    }

    pub(crate) fn env(&self, contract: &ContractId) -> Result<Vec<u8>, Stop> {
        Ok(answer::env(self.network, self.height, self.time, contract)?)
    }

    pub(crate) fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        self.count_operation()?;
        let value = self.session.read(key)?;
        self.count_bytes(key.len(), value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    pub(crate) fn write(&mut self, key: &[u8], value: &[u8]) -> Result<(), Stop> {
        self.count_operation()?;
        self.count_bytes(key.len(), value.len())?;
        Ok(self.session.write(key, value)?)
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Result<(), Stop> {
        self.count_operation()?;
        self.count_bytes(key.len(), 0)?;
        Ok(self.session.remove(key)?)
    }

    pub(crate) fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Pair>, Stop> {
        if cursor.done {
            return Ok(None);
        }
        self.count_operation()?;
        let (start, end) = (cursor.start.as_deref(), cursor.end.as_deref());
        let Some((key, value)) = self.session.scan(start, end, cursor.descending, 1)?.pop() else {
            cursor.done = true;
            return Ok(None);
        };
        self.count_bytes(key.len(), value.len())?;
        cursor.pass(&key);
        Ok(Some((key, value)))
    }

    /// Bounds what a trace can hold: before anything is recorded of the operation. Queries count, too.
    pub(crate) fn count_operation(&mut self) -> Result<(), ContractFailure> {
        self.operations = self.operations.saturating_add(1);
        if self.operations > MAX_STATE_OPERATIONS { Err(ContractFailure::TooManyOperations) } else { Ok(()) }
    }

    /// All chunks of a proof, with those of one more run.
    pub(crate) fn count_chunks(&mut self, chunks: u64) -> u64 {
        self.chunks = self.chunks.saturating_add(chunks);
        self.chunks
    }

    /// The same of keys, values, and what goes between contracts.
    pub(crate) fn count_bytes(&mut self, key: usize, value: usize) -> Result<(), ContractFailure> {
        self.bytes = self.bytes.saturating_add(key).saturating_add(value);
        if self.bytes > MAX_STATE_BYTES { Err(ContractFailure::TooMuchState) } else { Ok(()) }
    }
}

/// The bytes of a module that this node holds.
pub(crate) fn module_bytes(session: &Session, code: &CodeHash) -> Result<Vec<u8>, HostError> {
    session.system_get(records::CODES, code.as_bytes())?.ok_or(HostError::Record(records::CODES))
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("operations", &self.operations).finish_non_exhaustive()
    }
}
