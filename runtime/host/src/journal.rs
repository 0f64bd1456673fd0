//! The node's log: what every commit adds to it, in memory only after it is durable.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use nectar_abi::{NetworkId, PublicKey};
use nectar_capability::{SigningKey, random_bytes};
use nectar_state::{FrameLog, Sealed, Session, StateError, Store};
use nectar_trace::{InvocationTrace, Receipt, ReceiptKind, ReceiptOpening, RunOpening, RunTrace, Told};
use zeroize::Zeroizing;

use crate::audit::{AuditEntry, REFUSED_KEPT, Waiting};
use crate::clock::Clock;
use crate::error::HostError;
use crate::nonces::{Nonce, Nonces};
use crate::program_run::Made;
use crate::receipt::SignedReceipt;
use crate::records::{self, Bytes, ContractRecord, Element, Head, ReceiptRow, Records};

/// Where the log stands. Whoever holds it decides alone on what comes next.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) head: Head,
    /// Who owns a contract here.
    pub(crate) owners: BTreeSet<PublicKey>,
    pub(crate) nonces: Nonces,
    pub(crate) waiting: Waiting,
}

/// What a receipt is about.
pub(crate) struct Event<'a> {
    pub(crate) kind: ReceiptKind,
    /// The bytes that came in.
    pub(crate) request: &'a [u8],
    /// The bytes that the signer can compute from the answer.
    pub(crate) response: &'a [u8],
    pub(crate) gas: u64,
    pub(crate) time: u64,
    pub(crate) nonce: Nonce,
    pub(crate) audit: AuditEntry,
    /// The runs behind it, in the order in which they began.
    pub(crate) runs: Vec<Made>,
    /// What the host told them on its own.
    pub(crate) told: Vec<Told>,
}

/// A receipt that is durable.
pub(crate) struct Committed {
    pub(crate) receipt: SignedReceipt,
    pub(crate) opening: ReceiptOpening,
    /// Opens the outermost run, if there was one.
    pub(crate) run: Option<RunOpening>,
    pub(crate) seal: Duration,
    pub(crate) commit: Duration,
}

impl Journal {
    pub(crate) fn open(store: &Store, dsp: PublicKey) -> Result<Self, HostError> {
        let head = match store.load::<Head>(records::HEAD, b"")? {
            Some(head) if head.dsp != dsp => return Err(HostError::WrongIdentity),
            Some(head) => head,
            None => Head::new(dsp, store.network_root()),
        };
        let mut owners = BTreeSet::new();
        for (_, value) in store.system_scan(records::CONTRACTS)? {
            owners.insert(records::decode::<ContractRecord>(records::CONTRACTS, &value)?.owner);
        }
        Ok(Self { head, owners, nonces: Nonces::load(store)?, waiting: Waiting::default() })
    }

    /// The time: never before the last receipt's, so that a clock that is set back revives nothing.
    pub(crate) fn now(&self, clock: &dyn Clock) -> u64 {
        clock.now().max(self.head.time)
    }

    /// Commits what a session did, with its receipt, in one durable step.
    pub(crate) fn commit_receipt(
        &mut self,
        session: Session,
        network: NetworkId,
        identity: &SigningKey,
        event: Event<'_>,
    ) -> Result<Committed, HostError> {
        self.commit_receipt_with(self.head.clone(), session, network, identity, event)
    }

    /// The same, with a head that says more than the receipt does.
    pub(crate) fn commit_receipt_with(
        &mut self,
        mut head: Head,
        mut session: Session,
        network: NetworkId,
        identity: &SigningKey,
        event: Event<'_>,
    ) -> Result<Committed, HostError> {
        let start = Instant::now();
        let position = self.head.position;
        let ended = self.nonces.stage(&mut session, &event.nonce, event.time)?;
        let salt = random_bytes::<32>().map_err(|_| HostError::Entropy)?;
        let opening = ReceiptOpening::new(salt, event.request, event.response);
        let mut sealed = session.seal()?;
        let receipt = Receipt {
            network,
            dsp: head.dsp,
            position,
            previous: head.previous,
            kind: event.kind,
            request: opening.request_digest(),
            response: opening.response_digest(),
            gas: event.gas,
            time: event.time,
            log: sealed.log(),
            auth: sealed.auth(),
            touched: sealed.touched().to_vec(),
        };
        let digest = receipt.digest();
        let signed = SignedReceipt::sign(receipt.clone(), identity);
        let mut trace = InvocationTrace {
            receipt,
            runs: traced(event.runs, sealed.take_frames())?,
            slots: sealed.slots().to_vec(),
        };
        let row = ReceiptRow {
            signed: Bytes(signed.bytes().to_vec()),
            post_root: Element(sealed.post_root()),
            salt,
            request: opening.request,
            response: opening.response,
            slots: u64::try_from(trace.slots.len()).unwrap_or(u64::MAX),
        };
        let run = trace.runs.first().and_then(|run| RunOpening::new(run, &trace.slots, event.told));
        let encoded = Zeroizing::new(trace.encode());
        trace.runs.iter_mut().for_each(RunTrace::erase);
        sealed.system_put(records::TRACES, &position.to_be_bytes(), &encoded)?;
        sealed.system_put(records::RECEIPTS, &position.to_be_bytes(), &records::encode(&row)?)?;
        let audit = AuditEntry { receipt: Some(position), digest: Some(digest), ..event.audit };
        (head.position, head.previous, head.time) = (position.saturating_add(1), digest, event.time);
        self.stage(&mut sealed, &mut head, Some(audit))?;
        let seal = start.elapsed();
        sealed.commit()?;
        self.nonces.apply(event.nonce, &ended);
        self.advance(head, event.time);
        Ok(Committed { receipt: signed, opening, run, seal, commit: start.elapsed().saturating_sub(seal) })
    }

    /// Commits what leaves no receipt: an audit entry, if there is one, and system records.
    pub(crate) fn commit_entry(
        &mut self,
        mut session: Session,
        mut head: Head,
        entry: Option<AuditEntry>,
        nonce: Option<Nonce>,
        now: u64,
    ) -> Result<(), HostError> {
        let ended = match &nonce {
            Some(nonce) => self.nonces.stage(&mut session, nonce, self.head.time)?,
            None => Vec::new(),
        };
        self.stage(&mut session, &mut head, entry)?;
        session.seal()?.commit()?;
        if let Some(nonce) = nonce {
            self.nonces.apply(nonce, &ended);
        }
        self.advance(head, now);
        Ok(())
    }

    /// Writes the head, the entry, and the refusals that wait.
    fn stage(
        &self,
        records: &mut impl WriteRecords,
        head: &mut Head,
        entry: Option<AuditEntry>,
    ) -> Result<(), HostError> {
        let (waiting, refused) = self.waiting.numbered(head.refused);
        for entry in &waiting {
            let slot = (entry.sequence % REFUSED_KEPT).to_be_bytes();
            records.put(records::REFUSED, &slot, &records::encode(entry)?)?;
        }
        head.refused = refused;
        if let Some(entry) = entry {
            let entry = AuditEntry { sequence: head.audit, ..entry };
            records.put(records::AUDIT, &head.audit.to_be_bytes(), &records::encode(&entry)?)?;
            head.audit = head.audit.saturating_add(1);
        }
        Ok(records.put(records::HEAD, b"", &records::encode(head)?)?)
    }

    fn advance(&mut self, head: Head, now: u64) {
        self.head = head;
        self.waiting.clear(now);
    }
}

/// What takes system records before a commit.
trait WriteRecords {
    fn put(&mut self, ns: &'static str, key: &[u8], value: &[u8]) -> Result<(), StateError>;
}

impl WriteRecords for Session {
    fn put(&mut self, ns: &'static str, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        self.system_put(ns, key, value)
    }
}

impl WriteRecords for Sealed {
    fn put(&mut self, ns: &'static str, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        self.system_put(ns, key, value)
    }
}

/// Runs with what the log says of them. Frames of directives run nothing.
fn traced(runs: Vec<Made>, frames: Vec<FrameLog>) -> Result<Vec<RunTrace>, HostError> {
    let frames: Vec<FrameLog> = frames.into_iter().filter(|frame| frame.end.is_some()).collect();
    if runs.len() != frames.len() {
        return Err(HostError::Invariant("every run has its frame"));
    }
    runs.into_iter().zip(frames).map(|(run, frame)| run.trace(frame)).collect()
}
