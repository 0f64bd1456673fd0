use nectar_commitment::Fr;

use crate::builder::Builder;
use crate::lc::{Lc, Var};

/// What of bytes a run that trapped has not read. Their hash is theirs all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unread {
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
pub struct Form {
    /// The run hears them; else it says them.
    pub incoming: bool,
    /// Their first word is their length and one, or zero if there are none; else their length.
    pub optional: bool,
    /// What the run has not read.
    pub unread: Unread,
}

impl Form {
    /// Bytes that a run says.
    pub const SAID: u64 = 1;
    /// Optional bytes that it says.
    pub const SAID_OPTIONAL: u64 = 3;
    /// Bytes that it hears.
    pub const HEARD: u64 = 2;
    /// Optional bytes that it hears.
    pub const HEARD_OPTIONAL: u64 = 4;
    /// More, if the words were not read.
    pub const CUT: u64 = 4;
    /// Still more, if the length was not read either.
    pub const UNREAD: u64 = 8;

    /// The form in tuples: each has a number of its own.
    pub fn number(self) -> u64 {
        let unread = match self.unread {
            Unread::Nothing => 0,
            Unread::Words => Self::CUT,
            Unread::All => Self::CUT + Self::UNREAD,
        };
        1 + u64::from(self.incoming) + 2 * u64::from(self.optional) + unread
    }
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
