use std::cmp::Reverse;

use nectar_abi::{ContractId, GrantHash, PublicKey};
use nectar_capability::{Directive, ExpectedToken, GrantSummary, RefusalReason, Token, verify_token};
use nectar_state::{GrantState, Session};
use nectar_trace::ReceiptKind;

use super::{Executor, Order};
use crate::audit::{AuditEntry, AuditEvent};
use crate::error::{CallError, HostError, Invalid};
use crate::journal::{Committed, Event, Journal};
use crate::records::{self, ContractRecord, GrantRow, Records as _};
use crate::reply::{GrantRecord, GrantStanding, Registered, Revoked};

/// Most uses of one grant that [`Executor::grants`] lists: the newest.
pub const MAX_USES: u64 = 1000;

impl Executor {
    /// Puts a token's grants into the contract's grant tree, those that are not there yet. The directive is the owner's,
    /// or that of an issuer of the chain.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn register(&self, directive: &[u8]) -> Result<Registered, CallError> {
        let mut journal = self.journal.lock();
        let now = journal.now(&*self.clock);
        let order = self.verify(&mut journal, directive, now)?;
        let Directive::Register { token } = &order.directive else {
            return Err(self.refuse_order(&mut journal, &order, RefusalReason::Malformed));
        };
        let token = match Token::decode(token) {
            Ok(token) => token,
            Err(error) => {
                let reason = nectar_capability::Refusal::from(error).reason();
                return Err(self.refuse_order(&mut journal, &order, reason));
            }
        };
        let (contract, grant) = (token.leaf().grant().contract, token.leaf().hash());
        let entry = grant_entry(AuditEvent::Register, &order, contract, grant);
        let result = self.register_token(&mut journal, directive, &order, &token, entry.clone());
        let committed = self.noted(&mut journal, entry, result)?;
        Ok(Registered { grant, receipt: committed.receipt, opening: committed.opening })
    }

    fn register_token(
        &self,
        journal: &mut Journal,
        directive: &[u8],
        order: &Order,
        token: &Token,
        entry: AuditEntry,
    ) -> Result<Committed, CallError> {
        let mut session = self.store.begin();
        if let Err(reason) = self.may_register(&session, order, token)? {
            drop(session);
            return Err(self.refuse_grant(journal, &entry, reason));
        }
        let leaf = token.leaf();
        if session.grant_status(&leaf.grant().contract, &leaf.hash()) == GrantState::Active {
            return Err(Invalid::GrantExists.into());
        }
        self.add_grants(&mut session, token, order.now, journal.head.position)?;
        Ok(self.commit_order(journal, session, directive, order, ReceiptKind::Register, entry)?)
    }

    /// Ends a grant, and with it its children. The directive is the owner's, or that of an issuer of the grant's chain.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn revoke(&self, directive: &[u8]) -> Result<Revoked, CallError> {
        let mut journal = self.journal.lock();
        let now = journal.now(&*self.clock);
        let order = self.verify(&mut journal, directive, now)?;
        let Directive::Revoke { contract, grant } = order.directive else {
            return Err(self.refuse_order(&mut journal, &order, RefusalReason::Malformed));
        };
        let entry = grant_entry(AuditEvent::Revoke, &order, contract, grant);
        let result = self.revoke_grant(&mut journal, directive, &order, (contract, grant), entry.clone());
        let committed = self.noted(&mut journal, entry, result)?;
        Ok(Revoked { receipt: committed.receipt, opening: committed.opening })
    }

    fn revoke_grant(
        &self,
        journal: &mut Journal,
        directive: &[u8],
        order: &Order,
        (contract, grant): (ContractId, GrantHash),
        entry: AuditEntry,
    ) -> Result<Committed, CallError> {
        let mut session = self.store.begin();
        let key = records::grant_key(&contract, &grant);
        let row: Option<GrantRow> = session.load(records::GRANTS, &key)?;
        let owner =
            ContractRecord::load(&session, &contract)?.is_some_and(|record| record.owner == order.signer);
        let issuer = match &row {
            Some(row) => row.token()?.may_revoke(&order.signer, &grant),
            None => false,
        };
        if !owner && !issuer {
            drop(session);
            return Err(self.refuse_grant(journal, &entry, RefusalReason::WrongIssuer));
        }
        let Some(mut row) = row else { return Err(Invalid::UnknownGrant.into()) };
        if session.grant_status(&contract, &grant) != GrantState::Active {
            return Err(Invalid::AlreadyRevoked.into());
        }
        session.enter(&contract).map_err(HostError::from)?;
        session.revoke_grant(&grant).map_err(HostError::from)?;
        session.leave();
        (row.revoked_at, row.revoked_position) = (Some(order.now), Some(journal.head.position));
        session.system_put(records::GRANTS, &key, &records::encode(&row)?).map_err(HostError::from)?;
        Ok(self.commit_order(journal, session, directive, order, ReceiptKind::Revoke, entry)?)
    }

    /// Grants with their uses, oldest first: all of a contract to its owner, all of the node's to its auditors, and
    /// without a contract to an owner those of their contracts. Reading is recorded, too.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn grants(&self, directive: &[u8]) -> Result<Vec<GrantRecord>, CallError> {
        let mut journal = self.journal.lock();
        let (order, contract) = self.read_order(&mut journal, directive, AuditEvent::ReadGrants)?;
        drop(journal);
        let mut found = Vec::new();
        for (key, value) in self.store.system_scan(records::GRANTS).map_err(HostError::from)? {
            let Some((id, grant)) = key.split_first_chunk::<32>() else {
                return Err(HostError::Record(records::GRANTS).into());
            };
            let id = ContractId::new(*id);
            let grant = GrantHash::from_slice(grant).map_err(|_| HostError::Record(records::GRANTS))?;
            if contract.is_none_or(|contract| contract == id) && self.may_read(&order.signer, &id)? {
                found.push(self.grant_record(&id, &grant, records::decode(records::GRANTS, &value)?)?);
            }
        }
        // Of a chain that was registered at once, the root first.
        found.sort_by_key(|record| (record.registered_position, Reverse(record.summary.depth.clone())));
        Ok(found)
    }

    fn grant_record(
        &self,
        contract: &ContractId,
        grant: &GrantHash,
        row: GrantRow,
    ) -> Result<GrantRecord, HostError> {
        let token = row.token()?;
        let count: u64 =
            self.store.load(records::USE_COUNTS, &records::grant_key(contract, grant))?.unwrap_or_default();
        let mut uses = Vec::new();
        for number in count.saturating_sub(MAX_USES)..count {
            let used = self.store.load(records::USES, &records::use_key(contract, grant, number))?;
            uses.push(used.ok_or(HostError::Record(records::USES))?);
        }
        Ok(GrantRecord {
            summary: GrantSummary::from(token.leaf()),
            status: if row.revoked_at.is_some() { GrantStanding::Revoked } else { GrantStanding::Active },
            registered_at: row.registered_at,
            registered_position: row.registered_position,
            revoked_at: row.revoked_at,
            revoked_position: row.revoked_position,
            use_count: count,
            uses,
            token: row.into_token_bytes(),
        })
    }

    /// Whether the signer may register this token, and whether the token may be registered at all.
    fn may_register(
        &self,
        session: &Session,
        order: &Order,
        token: &Token,
    ) -> Result<Result<(), RefusalReason>, HostError> {
        let contract = token.leaf().grant().contract;
        let Some(record) = ContractRecord::load(session, &contract)? else {
            return Ok(Err(RefusalReason::WrongContract));
        };
        let expected = ExpectedToken { now: order.now, contract, owner: record.owner, code: record.code };
        if let Err(refusal) = verify_token(token, &expected) {
            return Ok(Err(refusal.reason()));
        }
        if !token.grants().any(|grant| grant.grant().issuer == order.signer) {
            return Ok(Err(RefusalReason::WrongIssuer));
        }
        let revoked = |grant| session.grant_status(&contract, &grant) == GrantState::Revoked;
        if token.grants().any(|grant| revoked(grant.hash())) {
            return Ok(Err(RefusalReason::Revoked));
        }
        Ok(Ok(()))
    }

    fn add_grants(
        &self,
        session: &mut Session,
        token: &Token,
        now: u64,
        position: u64,
    ) -> Result<(), HostError> {
        let contract = token.leaf().grant().contract;
        session.enter(&contract)?;
        let grants: Vec<_> = token.grants().cloned().collect();
        for (index, grant) in grants.iter().enumerate() {
            if session.grant_status(&contract, &grant.hash()) != GrantState::Unknown {
                continue;
            }
            session.register_grant(&grant.hash())?;
            let children = grants.get(1..=index).unwrap_or_default().to_vec();
            let row = GrantRow::new(&Token::unchecked(token.first().clone(), children), now, position);
            let key = records::grant_key(&contract, &grant.hash());
            session.system_put(records::GRANTS, &key, &records::encode(&row)?)?;
        }
        session.leave();
        Ok(())
    }

    fn commit_order(
        &self,
        journal: &mut Journal,
        session: Session,
        directive: &[u8],
        order: &Order,
        kind: ReceiptKind,
        audit: AuditEntry,
    ) -> Result<Committed, HostError> {
        let grant = audit.grant.map(|grant| *grant.as_bytes()).unwrap_or_default();
        let event = Event {
            kind,
            request: directive,
            response: &grant,
            gas: 0,
            time: order.now,
            nonce: order.nonce,
            audit,
            runs: Vec::new(),
            told: Vec::new(),
        };
        journal.commit_receipt(session, self.config.network, &self.identity, event)
    }

    /// Refuses an order about a grant; `entry` says which.
    fn refuse_grant(&self, journal: &mut Journal, entry: &AuditEntry, reason: RefusalReason) -> CallError {
        let known = entry.signer.is_some_and(|signer| self.is_known(journal, &signer));
        let refused = AuditEntry::refused(reason, entry.time);
        let (signer, contract, grant) = (entry.signer, entry.contract, entry.grant);
        self.refuse(journal, AuditEntry { known, signer, contract, grant, ..refused })
    }

    /// Whether this key may read the grants and audit entries of a contract.
    pub(super) fn may_read(&self, signer: &PublicKey, contract: &ContractId) -> Result<bool, HostError> {
        if self.is_auditor(signer) {
            return Ok(true);
        }
        Ok(ContractRecord::load(&self.store, contract)?.is_some_and(|record| record.owner == *signer))
    }
}

fn grant_entry(event: AuditEvent, order: &Order, contract: ContractId, grant: GrantHash) -> AuditEntry {
    AuditEntry {
        signer: Some(order.signer),
        contract: Some(contract),
        grant: Some(grant),
        ..AuditEntry::new(event, order.now)
    }
}
