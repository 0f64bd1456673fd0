use nectar_abi::ContractId;
use nectar_capability::{Directive, RefusalReason};

use super::{Executor, Order};
use crate::audit::{AuditEntry, AuditEvent, MAX_AUDIT_ENTRIES, REFUSED_KEPT};
use crate::error::{CallError, HostError};
use crate::journal::Journal;
use crate::records::{self, Records as _};

impl Executor {
    /// The audit log, oldest first, at most [`MAX_AUDIT_ENTRIES`]: of a contract to its owner and to the node's auditors;
    /// without a contract all of it to auditors, refusals of unknown callers included, and to an owner what concerns
    /// their contracts. Reading is recorded, too.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn audit(&self, directive: &[u8]) -> Result<Vec<AuditEntry>, CallError> {
        let mut journal = self.journal.lock();
        let (order, contract) = self.read_order(&mut journal, directive, AuditEvent::ReadAudit)?;
        let (last, refused) = (journal.head.audit, journal.head.refused);
        drop(journal);
        let auditor = self.is_auditor(&order.signer);
        let mut found = Vec::new();
        for sequence in (0..last).rev() {
            let Some(entry) = self.store.load::<AuditEntry>(records::AUDIT, &sequence.to_be_bytes())? else {
                return Err(HostError::Record(records::AUDIT).into());
            };
            if self.shows(&order, contract.as_ref(), auditor, &entry)? {
                found.push(entry);
            }
            if found.len() >= MAX_AUDIT_ENTRIES {
                break;
            }
        }
        for sequence in (refused.saturating_sub(REFUSED_KEPT)..refused).rev() {
            let slot = (sequence % REFUSED_KEPT).to_be_bytes();
            // A flood leaves gaps: entries that were counted and never written.
            let entry = self.store.load::<AuditEntry>(records::REFUSED, &slot)?;
            let Some(entry) = entry.filter(|entry| entry.sequence == sequence) else { continue };
            if self.shows(&order, contract.as_ref(), auditor, &entry)? {
                found.push(entry);
            }
        }
        found.sort_by_key(|entry| (entry.time, !entry.known, entry.sequence));
        Ok(found)
    }

    /// Refusals of callers who hold nothing here, so far: for metrics.
    pub fn unknown_refusals(&self) -> u64 {
        self.journal.lock().head.refused
    }

    fn shows(
        &self,
        order: &Order,
        contract: Option<&ContractId>,
        auditor: bool,
        entry: &AuditEntry,
    ) -> Result<bool, HostError> {
        match (contract, &entry.contract) {
            (Some(asked), of) => Ok(Some(asked) == of.as_ref()),
            (None, _) if auditor => Ok(true),
            (None, Some(of)) => self.may_read(&order.signer, of),
            (None, None) => Ok(false),
        }
    }

    /// An order to show something: of one contract by its owner, of all by an auditor, or of their own by an owner.
    pub(super) fn read_order(
        &self,
        journal: &mut Journal,
        directive: &[u8],
        event: AuditEvent,
    ) -> Result<(Order, Option<ContractId>), CallError> {
        let now = journal.now(&*self.clock);
        let order = self.verify(journal, directive, now)?;
        let Directive::ReadAudit { contract } = order.directive else {
            return Err(self.refuse_order(journal, &order, RefusalReason::Malformed));
        };
        let allowed = match &contract {
            Some(contract) => self.may_read(&order.signer, contract)?,
            None => self.is_auditor(&order.signer) || journal.owners.contains(&order.signer),
        };
        if !allowed {
            return Err(self.refuse_order(journal, &order, RefusalReason::WrongIssuer));
        }
        let entry = AuditEntry { signer: Some(order.signer), contract, ..AuditEntry::new(event, order.now) };
        let head = journal.head.clone();
        journal.commit_entry(self.store.begin(), head, Some(entry), Some(order.nonce), order.now)?;
        Ok((order, contract))
    }
}
