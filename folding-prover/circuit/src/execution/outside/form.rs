use nectar_commitment::Fr;

use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// What of bytes a run that trapped has not read. Their hash is theirs all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Unread {
    /// All was read.
    #[default]
    Nothing,
    /// The length was read and nothing behind it.
    Words,
    /// Not even the length.
    All,
}

/// How bytes are written outside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// The run hears them; else it says them.
    pub(crate) incoming: bool,
    /// Their first word is their length and one, or zero if there are none; else their length.
    pub(crate) optional: bool,
    /// What the run has not read.
    pub(crate) unread: Unread,
}

/// Numbers of forms in tuples: each form has one of its own.
impl Form {
    /// Bytes that a run says.
    pub(crate) const SAID: u64 = 1;
    /// Optional bytes that it says.
    pub(crate) const SAID_OPTIONAL: u64 = 3;
    /// Bytes that it hears.
    pub(crate) const HEARD: u64 = 2;
    /// Optional bytes that it hears.
    pub(crate) const HEARD_OPTIONAL: u64 = 4;
    /// More, if the words were not read.
    pub(crate) const CUT: u64 = 4;
    /// Still more, if the length was not read either.
    pub(crate) const UNREAD: u64 = 8;
}

/// What was not read, as two booleans.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnreadBits {
    /// The words.
    pub(crate) cut: Var,
    /// Nor the length.
    pub(crate) all: Var,
}

impl UnreadBits {
    pub(crate) fn alloc<B: Builder>(b: &mut B, unread: Unread) -> Self {
        let cut = b.boolean(unread != Unread::Nothing);
        let all = b.boolean(unread == Unread::All);
        b.zero_if(all.into(), || Lc::one() - cut);
        Self { cut, all }
    }

    /// The form's part.
    pub(crate) fn number(self) -> Lc {
        self.cut * Fr::from(Form::CUT) + self.all * Fr::from(Form::UNREAD)
    }
}
