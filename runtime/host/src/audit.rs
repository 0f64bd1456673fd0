use std::collections::{BTreeMap, VecDeque};

use nectar_abi::{ContractId, Digest, GrantHash, Method, PublicKey, Purpose};
use nectar_capability::RefusalReason;
use serde::{Deserialize, Serialize};

/// Refusals of unknown callers that are kept: the newest ones.
pub const REFUSED_KEPT: u64 = 4096;
/// Most entries that one reading of the audit log gives: the newest ones.
pub const MAX_AUDIT_ENTRIES: usize = 10_000;
/// Refusals that one known caller may have recorded in a minute; more are counted with those of unknown callers.
pub const REFUSALS_PER_MINUTE: u32 = 60;

/// Refusals of unknown callers that wait in memory for a commit.
const MAX_WAITING: usize = 256;
/// Seconds after which they cause one of their own.
const FLUSH_SECONDS: u64 = 1;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuditEvent {
    /// A module was uploaded.
    Upload,
    /// A contract was created, or could not be.
    Instantiate,
    /// A grant was registered.
    Register,
    /// A grant was revoked.
    Revoke,
    /// A method was executed.
    Execute,
    /// A method was queried.
    Query,
    /// Someone read grants.
    ReadGrants,
    /// Someone read audit entries.
    ReadAudit,
    /// Something was refused.
    Refused,
}

/// One line of the audit log. It names no patient and nothing of a message, but who did what, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditEntry {
    /// Its number: entries by known callers count from zero without gaps, and so do refusals of unknown ones.
    pub sequence: u64,
    /// When, in seconds since 1970.
    pub time: u64,
    /// What.
    pub event: AuditEvent,
    /// Who signed it; none if no signature held.
    pub signer: Option<PublicKey>,
    /// Whether the signer holds a registered grant, owns a contract or audits here.
    pub known: bool,
    /// The contract.
    pub contract: Option<ContractId>,
    /// The grant.
    pub grant: Option<GrantHash>,
    /// The method.
    pub method: Option<Method>,
    /// The purpose.
    pub purpose: Option<Purpose>,
    /// Why it was refused, as [`RefusalReason::code`]; for everything else `ok`, `error` or the name of a
    /// [`crate::ContractFailure`].
    pub outcome: String,
    /// The receipt.
    pub receipt: Option<u64>,
    /// That receipt's digest.
    pub digest: Option<Digest>,
    /// Whether it was break-glass access.
    pub emergency: bool,
    /// Whether someone has looked at it: break-glass access waits until then.
    pub reviewed: bool,
}

impl AuditEntry {
    pub(crate) fn new(event: AuditEvent, time: u64) -> Self {
        Self {
            sequence: 0,
            time,
            event,
            signer: None,
            known: true,
            contract: None,
            grant: None,
            method: None,
            purpose: None,
            outcome: "ok".to_owned(),
            receipt: None,
            digest: None,
            emergency: false,
            reviewed: false,
        }
    }

    pub(crate) fn refused(reason: RefusalReason, time: u64) -> Self {
        let outcome = reason.code().to_owned();
        Self { known: false, outcome, ..Self::new(AuditEvent::Refused, time) }
    }
}

/// Refusals of callers who hold nothing here. They cost an attacker nothing, so they must cost little here: they wait in
/// memory for somebody else's commit, or for one a second, and end in a ring of fixed size.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    entries: VecDeque<AuditEntry>,
    /// Refusals that were never written, because too many came at once: the sequence shows the gap.
    skipped: u64,
    flushed: u64,
    known: BTreeMap<PublicKey, (u64, u32)>,
}

impl Waiting {
    /// Whether a known caller's refusal is still recorded at once.
    pub(crate) fn within_budget(&mut self, signer: &PublicKey, now: u64) -> bool {
        let minute = now / 60;
        let (since, count) = self.known.entry(*signer).or_insert((minute, 0));
        if *since != minute {
            (*since, *count) = (minute, 0);
        }
        *count = count.saturating_add(1);
        *count <= REFUSALS_PER_MINUTE
    }

    pub(crate) fn push(&mut self, entry: AuditEntry) {
        if self.entries.len() >= MAX_WAITING {
            self.entries.pop_front();
            self.skipped = self.skipped.saturating_add(1);
        }
        self.entries.push_back(entry);
    }

    /// Whether they have waited long enough for a commit of their own.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        !self.entries.is_empty() && now.abs_diff(self.flushed) >= FLUSH_SECONDS
    }

    /// Numbers the waiting entries from `next` on; the number after them comes with them.
    pub(crate) fn numbered(&self, next: u64) -> (Vec<AuditEntry>, u64) {
        let first = next.saturating_add(self.skipped);
        let numbered = (first..).zip(&self.entries);
        let entries: Vec<_> =
            numbered.map(|(sequence, entry)| AuditEntry { sequence, ..entry.clone() }).collect();
        let after = first.saturating_add(u64::try_from(entries.len()).unwrap_or(u64::MAX));
        (entries, after)
    }

    /// They have been committed.
    pub(crate) fn clear(&mut self, now: u64) {
        self.entries.clear();
        (self.skipped, self.flushed) = (0, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_keeps_the_newest_and_counts_the_rest() {
        let mut waiting = Waiting::default();
        for time in 0..1000 {
            waiting.push(AuditEntry::refused(RefusalReason::Malformed, time));
        }
        let (entries, after) = waiting.numbered(10);
        assert_eq!((entries.len(), after), (MAX_WAITING, 1010));
        assert_eq!(entries.last().map(|e| (e.sequence, e.time)), Some((1009, 999)));
        assert!(waiting.is_due(5));
        waiting.clear(5);
        assert!(!waiting.is_due(9));
    }

    #[test]
    fn a_known_caller_has_a_budget_a_minute() {
        let mut waiting = Waiting::default();
        let key = PublicKey::new([1; 32]);
        assert!((0..REFUSALS_PER_MINUTE).all(|_| waiting.within_budget(&key, 60)));
        assert!(!waiting.within_budget(&key, 119));
        assert!(waiting.within_budget(&key, 120));
    }
}
