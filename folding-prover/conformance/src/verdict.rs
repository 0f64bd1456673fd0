/// What came of a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed(String),
    /// It says nothing about this machine, for this reason.
    Skipped(String),
}
