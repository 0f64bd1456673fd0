use std::sync::Arc;
use std::time::{Duration, Instant};

use cosmwasm_std::{Binary, ContractResult};
use nectar_abi::{CodeHash, ContractId, NetworkId, PublicKey, tagged_hash};
use nectar_capability::{RefusalReason, SigningKey, VerifiedDirective, verify_directive};
use nectar_commitment::Fr;
use nectar_state::{Session, Store};
use nectar_trace::Told;
use parking_lot::Mutex;

use crate::answer;
use crate::audit::AuditEntry;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::engine::Engine;
use crate::error::{CallError, HostError, Invalid, Stop};
use crate::failure::ContractFailure;
use crate::frame::Entry;
use crate::journal::Journal;
use crate::nonces::Nonce;
use crate::program_run::{Made, ProgramCall, Ran, run_program};
use crate::programs::{Programs, program_commitment};
use crate::records::ContractRecord;
use crate::run::Run;

mod audit;
mod batches;
mod code;
mod contracts;
mod grants;
mod invoke;

pub use batches::MAX_REFERENCE_BYTES;
pub use grants::MAX_USES;

/// Runs contracts over a store, in the name of one DSP. One request at a time changes state; each is durable before it
/// is answered.
#[derive(Debug)]
pub struct Executor {
    config: Config,
    store: Store,
    identity: SigningKey,
    dsp: PublicKey,
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    programs: Option<Arc<dyn Programs>>,
    /// Locked before a session begins, never after.
    journal: Mutex<Journal>,
}

/// Where the time of an invocation went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// Reading the request, signatures, grants, nonce.
    pub authorise: Duration,
    /// The contract, with those that it queried.
    pub run: Duration,
    /// Trees, openings, receipt and trace.
    pub seal: Duration,
    /// Encryption and the durable step.
    pub commit: Duration,
}

/// The id of a contract: SHA-256 over network, code, owner and salt.
pub fn contract_id(network: NetworkId, code: &CodeHash, owner: &PublicKey, salt: &[u8; 16]) -> ContractId {
    let parts: [&[u8]; 4] = [&network.0.to_be_bytes(), code.as_bytes(), owner.as_bytes(), salt];
    ContractId::new(tagged_hash("nectar/contract/v1", &parts))
}

impl Executor {
    /// Opens the executor of the DSP with this key over its store, by the machine's clock.
    ///
    /// # Errors
    /// [`HostError::WrongIdentity`] if the store's log was signed by another key, [`HostError::WrongNetwork`], or the
    /// store's and the engine's.
    pub fn open(config: Config, store: Store, identity: SigningKey) -> Result<Self, HostError> {
        Self::with_clock(config, store, identity, Arc::new(SystemClock))
    }

    /// The same, by another clock.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with_clock(
        config: Config,
        store: Store,
        identity: SigningKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, HostError> {
        if store.network() != config.network {
            return Err(HostError::WrongNetwork { expected: config.network.0, stored: store.network().0 });
        }
        // No call may find out that its network's number is too long.
        answer::env(config.network, u64::MAX, u64::MAX, &ContractId::new([0; 32]))?;
        let dsp = identity.public();
        let journal = Mutex::new(Journal::open(&store, dsp)?);
        let engine = Arc::new(Engine::new(config.limits.compiled_modules)?);
        Ok(Self { config, store, identity, dsp, engine, clock, programs: None, journal })
    }

    /// Lets nothing be taken, and no run be committed, that these programs cannot prove. Contracts keep the program commitment
    /// that they were created with, so a store belongs to a network with or without execution proofs for good.
    #[must_use]
    pub fn with_programs(mut self, programs: Arc<dyn Programs>) -> Self {
        self.programs = Some(programs);
        self
    }

    /// What a contract's entry says of the program of this module.
    fn program(
        &self,
        code: &CodeHash,
        module: impl FnOnce() -> Result<Vec<u8>, HostError>,
    ) -> Result<Fr, CallError> {
        let Some(programs) = &self.programs else { return Ok(program_commitment(code)) };
        Ok(programs.commitment(code, &module()?).map_err(Invalid::from)?)
    }

    /// The DSP's key.
    pub const fn dsp(&self) -> PublicKey {
        self.dsp
    }

    /// The network.
    pub const fn network(&self) -> NetworkId {
        self.config.network
    }

    /// Root of the network after the last receipt.
    pub fn network_root(&self) -> Fr {
        self.store.network_root()
    }

    /// Number of commits of the store so far.
    pub fn sequence(&self) -> u64 {
        self.store.sequence()
    }

    /// A contract, as this node knows it. For the node itself: it names owner and label.
    ///
    /// # Errors
    /// [`HostError`]
    pub fn contract(&self, contract: &ContractId) -> Result<Option<ContractRecord>, HostError> {
        ContractRecord::load(&self.store, contract)
    }

    /// An order that is for this node, now, and was not given before; the signer's right to give it is not checked yet.
    fn verify(&self, journal: &mut Journal, bytes: &[u8], now: u64) -> Result<Order, CallError> {
        let verified = match verify_directive(bytes, now, self.config.network, self.dsp) {
            Ok(verified) => verified,
            Err(refusal) => return Err(self.refuse(journal, AuditEntry::refused(refusal.reason(), now))),
        };
        let VerifiedDirective { signer, directive, nonce, expires, .. } = verified;
        let nonce = Nonce { expires, signer, nonce };
        let order = Order { signer, directive, nonce, now };
        if journal.nonces.seen(&signer, &nonce.nonce) {
            return Err(self.refuse_order(journal, &order, RefusalReason::Replayed));
        }
        Ok(order)
    }

    fn is_auditor(&self, signer: &PublicKey) -> bool {
        self.config.auditors.contains(signer)
    }

    /// Whether this key may upload modules and own contracts here.
    fn may_own(&self, signer: &PublicKey) -> bool {
        self.config.owners.as_ref().is_none_or(|owners| owners.contains(signer))
    }

    /// Whether this key is listed, or owns a contract here: what such a caller does wrong is recorded at once.
    fn is_known(&self, journal: &Journal, signer: &PublicKey) -> bool {
        let listed = self.config.owners.as_ref().is_some_and(|owners| owners.contains(signer));
        listed || self.is_auditor(signer) || journal.owners.contains(signer)
    }

    fn refuse_order(&self, journal: &mut Journal, order: &Order, reason: RefusalReason) -> CallError {
        let entry = AuditEntry::refused(reason, order.now);
        let known = self.is_known(journal, &order.signer);
        self.refuse(journal, AuditEntry { signer: Some(order.signer), known, ..entry })
    }

    /// Passes a result on, and records that an order was allowed but could not be carried out.
    fn noted<T>(
        &self,
        journal: &mut Journal,
        entry: AuditEntry,
        result: Result<T, CallError>,
    ) -> Result<T, CallError> {
        if let (Err(CallError::Invalid(invalid)), Some(signer)) = (&result, &entry.signer) {
            let known = self.is_known(journal, signer);
            self.note(journal, AuditEntry { known, outcome: invalid.code().to_owned(), ..entry });
        }
        result
    }

    /// Says no, and leaves a line in the audit log.
    fn refuse(&self, journal: &mut Journal, entry: AuditEntry) -> CallError {
        self.note(journal, entry);
        CallError::Refused
    }

    /// Records what changed nothing. Callers who hold nothing here cannot make the log grow, or others wait for a disk.
    fn note(&self, journal: &mut Journal, entry: AuditEntry) {
        let now = entry.time;
        let at_once = match &entry.signer {
            Some(signer) if entry.known => journal.waiting.within_budget(signer, now),
            _ => false,
        };
        let head = journal.head.clone();
        let written = if at_once {
            journal.commit_entry(self.store.begin(), head, Some(entry.clone()), None, now)
        } else {
            journal.waiting.push(entry.clone());
            if !journal.waiting.is_due(now) {
                return;
            }
            journal.commit_entry(self.store.begin(), head, None, None, now)
        };
        if let Err(error) = written {
            tracing::warn!(target: "nectar_runtime", %error, "an audit entry waits to be recorded");
            if at_once {
                journal.waiting.push(entry);
            }
        }
    }

    /// Runs an entry point inside of its entered contract and reads its answer. Whatever goes wrong in the contract is
    /// an outcome; its state changes are then taken back.
    fn run_entry(&self, run: Box<Run>, call: Call) -> Result<Ended, HostError> {
        let host = |stop| match stop {
            Stop::Host(error) => error,
            Stop::Contract(_) => HostError::Invariant("no contract is running yet"),
        };
        let module = run.module(&call.code).map_err(host)?;
        let (gas, limit) = (self.config.limits.gas, self.config.limits.gas);
        let Call { code, entry, inputs } = call;
        let ran = run_program(run, ProgramCall { code, module: &module, entry, inputs, gas, limit })?;
        let Ran { mut run, answer, gas: left } = ran;
        let answer = match answer {
            Ok(bytes) => answer::read(entry, &bytes)?,
            Err(failure) => Err(failure),
        };
        let (result, failure) = match answer {
            Ok(result) => (result, None),
            Err(failure) => (ContractResult::Err(failure.to_string()), Some(failure)),
        };
        if run.log_run(true)? != result.is_err() {
            return Err(HostError::Invariant("log and answer agree on whether a run failed"));
        }
        run.leave();
        let (session, runs, told) = run.into_parts();
        Ok(Ended { session, runs, told, result, failure, gas: gas.saturating_sub(left) })
    }
}

/// A verified directive.
struct Order {
    signer: PublicKey,
    directive: nectar_capability::Directive,
    nonce: Nonce,
    now: u64,
}

/// A call of a contract's entry point.
struct Call {
    code: CodeHash,
    entry: Entry,
    inputs: Vec<Vec<u8>>,
}

/// How it ended.
struct Ended {
    session: Session,
    runs: Vec<Made>,
    told: Vec<Told>,
    result: ContractResult<Binary>,
    failure: Option<ContractFailure>,
    gas: u64,
}

impl Ended {
    /// `ok`, `error`, or the name of the failure.
    fn outcome(&self) -> &'static str {
        match (&self.failure, &self.result) {
            (Some(failure), _) => failure.code(),
            (None, ContractResult::Ok(_)) => "ok",
            (None, ContractResult::Err(_)) => "error",
        }
    }
}

impl From<Stop> for CallError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Host(error) => Self::Host(error),
            Stop::Contract(failure) => Self::Invalid(Invalid::Failed(failure)),
        }
    }
}

/// Measures one stage after the other.
struct Watch(Instant);

impl Watch {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}
