use nectar_abi::{CodeHash, ContractId, EntryPoint, GrantHash, PublicKey};
use nectar_capability::{
    Authorized, Expected, GrantStatus, GrantView, SignedInvocation, StaleView, authorize, decode_invocation,
};
use nectar_state::{GrantState, Session};
use nectar_trace::ReceiptKind;

use super::{Call, Executor, Timing, Watch};
use crate::answer;
use crate::audit::{AuditEntry, AuditEvent};
use crate::error::{CallError, HostError};
use crate::frame::Entry;
use crate::journal::{Event, Journal};
use crate::nonces::{Nonce, Nonces};
use crate::records::{self, ContractRecord, Records as _, Use};
use crate::reply::Reply;
use crate::run::{Run, Scope};

/// What [`authorize`] asks.
struct View<'a> {
    session: &'a Session,
    nonces: &'a Nonces,
}

impl GrantView for View<'_> {
    fn grant_status(&self, contract: &ContractId, grant: &GrantHash) -> Result<GrantStatus, StaleView> {
        Ok(match self.session.grant_status(contract, grant) {
            GrantState::Unknown => GrantStatus::Unknown,
            GrantState::Active => GrantStatus::Active,
            GrantState::Revoked => GrantStatus::Revoked,
        })
    }

    fn nonce_seen(&self, holder: &PublicKey, nonce: &[u8; 16]) -> Result<bool, StaleView> {
        Ok(self.nonces.seen(holder, nonce))
    }
}

impl Executor {
    /// Calls a method of a contract under a grant.
    ///
    /// # Errors
    /// [`CallError::Refused`], or [`CallError::Host`] with nothing done. A contract's own errors are in the reply.
    pub fn invoke(&self, bytes: &[u8]) -> Result<Reply, CallError> {
        let mut watch = Watch::start();
        // Signatures first, outside of the lock: whoever sends garbage waits for nobody.
        let decoded = decode_invocation(bytes);
        let mut journal = self.journal.lock();
        let now = journal.now(&*self.clock);
        let invocation = match decoded {
            Ok(invocation) => invocation,
            Err(refusal) => return Err(self.refuse(&mut journal, AuditEntry::refused(refusal.reason(), now))),
        };
        let session = self.store.begin();
        let record = ContractRecord::load(&session, &invocation.claims().contract)?;
        let expected = self.expected(record.as_ref(), now);
        let view = View { session: &session, nonces: &journal.nonces };
        let authorized = match authorize(&invocation, &expected, &view) {
            Ok(authorized) => authorized,
            Err(refusal) => {
                let entry = refused(&session, &invocation, AuditEntry::refused(refusal.reason(), now));
                drop(session);
                return Err(self.refuse(&mut journal, entry));
            }
        };
        let authorise = watch.lap();
        let allowed = Allowed { bytes, invocation: &invocation, authorized, now };
        let mut reply = self.call(&mut journal, session, &allowed, expected.code)?;
        reply.timing.authorise = authorise;
        Ok(reply)
    }

    /// A contract that does not exist has an owner whom nobody can be: the answer is no, after the same work.
    fn expected(&self, record: Option<&ContractRecord>, now: u64) -> Expected {
        Expected {
            now,
            network: self.config.network,
            dsp: self.dsp,
            owner: record.map_or(PublicKey::new([0; 32]), |record| record.owner),
            code: record.map_or(CodeHash::new([0; 32]), |record| record.code),
        }
    }

    fn call(
        &self,
        journal: &mut Journal,
        session: Session,
        allowed: &Allowed<'_>,
        code: CodeHash,
    ) -> Result<Reply, CallError> {
        let mut watch = Watch::start();
        let Allowed { bytes, invocation, authorized, now } = allowed;
        let claims = &authorized.invocation;
        let scope = Scope {
            network: self.config.network,
            height: journal.head.position,
            time: *now,
            caller: Some(authorized.caller.clone()),
            owner: authorized.caller.owner,
            touches: claims.touches.clone(),
        };
        let mut run = Box::new(Run::new(session, self.engine.clone(), self.programs.clone(), scope));
        run.enter(&claims.contract)?;
        for grant in &authorized.chain {
            run.session().use_grant(grant).map_err(HostError::from)?;
        }
        let (env, message) = (run.env(&claims.contract)?, invocation.message().to_vec());
        let (entry, kind, event, inputs) = match claims.method.entry() {
            EntryPoint::Query => (Entry::Query, ReceiptKind::Query, AuditEvent::Query, vec![env, message]),
            EntryPoint::Execute => {
                let info = answer::info(&authorized.caller.holder)?;
                (Entry::Execute, ReceiptKind::Execute, AuditEvent::Execute, vec![env, info, message])
            }
        };
        let mut ended = self.run_entry(run, Call { code, entry, inputs })?;
        let run_time = watch.lap();
        let outcome = ended.outcome();
        self.record_use(&mut ended.session, allowed, journal.head.position, outcome)?;
        let response = answer::result_bytes(&ended.result)?;
        let committed = journal.commit_receipt(
            ended.session,
            self.config.network,
            &self.identity,
            Event {
                kind,
                request: bytes,
                response: &response,
                gas: ended.gas,
                time: *now,
                nonce: Nonce {
                    expires: claims.expires,
                    signer: authorized.caller.holder,
                    nonce: claims.nonce,
                },
                audit: accepted(event, allowed, outcome),
                runs: ended.runs,
                told: ended.told,
            },
        )?;
        let timing =
            Timing { run: run_time, seal: committed.seal, commit: committed.commit, ..Timing::default() };
        let run = committed.run.ok_or(HostError::Invariant("an invocation has a run"))?;
        let (receipt, opening) = (committed.receipt, committed.opening);
        Ok(Reply {
            result: ended.result,
            failure: ended.failure,
            receipt,
            opening,
            run,
            gas: ended.gas,
            timing,
        })
    }

    /// One more use of the token's leaf, for those who review grants.
    fn record_use(
        &self,
        session: &mut Session,
        allowed: &Allowed<'_>,
        position: u64,
        outcome: &str,
    ) -> Result<(), HostError> {
        let claims = &allowed.authorized.invocation;
        let key = records::grant_key(&claims.contract, &claims.grant);
        let count: u64 = session.load(records::USE_COUNTS, &key)?.unwrap_or_default();
        let used = Use {
            position,
            time: allowed.now,
            method: claims.method.clone(),
            purpose: claims.purpose,
            outcome: outcome.to_owned(),
        };
        let use_key = records::use_key(&claims.contract, &claims.grant, count);
        session.system_put(records::USES, &use_key, &records::encode(&used)?)?;
        session.system_put(records::USE_COUNTS, &key, &records::encode(&count.saturating_add(1))?)?;
        Ok(())
    }
}

/// An invocation that may be carried out.
struct Allowed<'a> {
    bytes: &'a [u8],
    invocation: &'a SignedInvocation,
    authorized: Authorized,
    now: u64,
}

fn accepted(event: AuditEvent, allowed: &Allowed<'_>, outcome: &str) -> AuditEntry {
    let claims = &allowed.authorized.invocation;
    AuditEntry {
        signer: Some(allowed.authorized.caller.holder),
        contract: Some(claims.contract),
        grant: Some(claims.grant),
        method: Some(claims.method.clone()),
        purpose: Some(claims.purpose),
        outcome: outcome.to_owned(),
        emergency: allowed.authorized.emergency,
        ..AuditEntry::new(event, allowed.now)
    }
}

/// Who asked for what: their signature holds, so that this much is known.
fn refused(session: &Session, invocation: &SignedInvocation, entry: AuditEntry) -> AuditEntry {
    let claims = invocation.claims();
    let known = session.grant_status(&claims.contract, &claims.grant) != GrantState::Unknown;
    AuditEntry {
        signer: Some(invocation.holder()),
        known,
        contract: Some(claims.contract),
        grant: Some(claims.grant),
        method: Some(claims.method.clone()),
        purpose: Some(claims.purpose),
        ..entry
    }
}
