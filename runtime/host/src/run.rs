//! What all frames of one invocation share.

use std::sync::Arc;

use nectar_abi::{CallerGrant, CodeHash, ContractId, NetworkId, PublicKey};
use nectar_state::{Pair, Session};

use crate::answer;
use crate::engine::{Engine, Ready};
use crate::error::{HostError, Stop};
use crate::failure::{ContractFailure, MAX_STATE_BYTES, MAX_STATE_OPERATIONS};
use crate::records::{self, ContractRecord};

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
    pub(crate) fn new(session: Session, engine: Arc<Engine>, scope: Scope) -> Self {
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
        }
    }

    pub(crate) fn into_session(self) -> Session {
        self.session
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
        let wasm = self.session.system_get(records::CODES, code.as_bytes())?;
        let wasm = wasm.ok_or(HostError::Record("code"))?;
        self.engine
            .compile(*code, &wasm)
            .map_err(|_| HostError::Invariant("what compiled once compiles again").into())
    }

    pub(crate) fn env(&self, contract: &ContractId) -> Result<Vec<u8>, Stop> {
        Ok(answer::env(self.network, self.height, self.time, contract)?)
    }

    pub(crate) fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Stop> {
        let value = self.session.read(key)?;
        self.count(key.len(), value.as_ref().map_or(0, Vec::len))?;
        Ok(value)
    }

    pub(crate) fn write(&mut self, key: &[u8], value: &[u8]) -> Result<(), Stop> {
        self.count(key.len(), value.len())?;
        Ok(self.session.write(key, value)?)
    }

    pub(crate) fn remove(&mut self, key: &[u8]) -> Result<(), Stop> {
        self.count(key.len(), 0)?;
        Ok(self.session.remove(key)?)
    }

    pub(crate) fn next(&mut self, cursor: &mut Cursor) -> Result<Option<Pair>, Stop> {
        if cursor.done {
            return Ok(None);
        }
        let (start, end) = (cursor.start.as_deref(), cursor.end.as_deref());
        let Some((key, value)) = self.session.scan(start, end, cursor.descending, 1)?.pop() else {
            cursor.done = true;
            return Ok(None);
        };
        self.count(key.len(), value.len())?;
        cursor.pass(&key);
        Ok(Some((key, value)))
    }

    /// Bounds what a trace can hold.
    fn count(&mut self, key: usize, value: usize) -> Result<(), ContractFailure> {
        self.operations = self.operations.saturating_add(1);
        self.bytes = self.bytes.saturating_add(key).saturating_add(value);
        if self.operations > MAX_STATE_OPERATIONS {
            return Err(ContractFailure::TooManyOperations);
        }
        if self.bytes > MAX_STATE_BYTES {
            return Err(ContractFailure::TooMuchState);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("operations", &self.operations).finish_non_exhaustive()
    }
}
