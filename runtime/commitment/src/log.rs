use crate::{Domain, Fr, Slot, hash4};

/// One entry of an invocation's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntry {
    /// [`crate::Op::log_code`]
    pub code: u64,
    /// The key, or what a run was given.
    pub key: Fr,
    /// The value, an opened contract's binding, or how a run ended.
    pub value: Fr,
}

impl LogEntry {
    /// The log with this entry behind what it has: `Poseidon(Log, log, code, key, value)`.
    pub fn after(&self, log: Fr) -> Fr {
        hash4(Domain::Log, [log, Fr::from(self.code), self.key, self.value])
    }
}

impl Slot {
    /// What the log says of it; `None` if nothing.
    pub fn log_entry(&self) -> Option<LogEntry> {
        let code = self.op.log_code();
        (code != 0).then(|| LogEntry { code, key: self.key, value: self.logged_value() })
    }
}
