use nectar_abi::limits::{MAX_KEY_BYTES, MAX_MESSAGE_BYTES, MAX_RESPONSE_BYTES, MAX_VALUE_BYTES};

use super::MAX_TEXT_BYTES;

/// The word that a message from a contract begins with. Numbers are part of every program: one is never used
/// again, and 10 to 12 have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Tag {
    /// The response; the run is at its end.
    Response = 1,
    /// The contract aborts with a text; the run is at its end.
    Abort = 2,
    /// `db_read`
    Read = 3,
    /// `db_write`
    Write = 4,
    /// `db_remove`
    Remove = 5,
    /// `db_scan`
    Scan = 6,
    /// `db_next`
    Next = 7,
    /// `db_next_key`
    NextKey = 8,
    /// `db_next_value`
    NextValue = 9,
    /// `query_chain`
    Query = 13,
    /// The same, if the request is a compact query of another contract.
    Smart = 14,
}

/// What follows a tag, part by part.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// A length, at most this, and the bytes.
    Bytes(usize),
    /// Zero, or a length and one, and the bytes.
    Optional(usize),
    /// One word.
    Number,
}

impl Tag {
    /// The tag with this number.
    pub fn from_number(number: u64) -> Option<Self> {
        use Tag::{Abort, Next, NextKey, NextValue, Query, Read, Remove, Response, Scan, Smart, Write};
        let all = [Response, Abort, Read, Write, Remove, Scan, Next, NextKey, NextValue, Query, Smart];
        all.into_iter().find(|tag| *tag as u64 == number)
    }

    pub(super) const fn parts(self) -> &'static [Part] {
        match self {
            Self::Response => &[Part::Bytes(MAX_RESPONSE_BYTES)],
            Self::Abort => &[Part::Bytes(MAX_TEXT_BYTES)],
            Self::Read | Self::Remove => &[Part::Bytes(MAX_KEY_BYTES)],
            Self::Write => &[Part::Bytes(MAX_KEY_BYTES), Part::Bytes(MAX_VALUE_BYTES)],
            Self::Scan => &[Part::Optional(MAX_KEY_BYTES), Part::Optional(MAX_KEY_BYTES), Part::Number],
            Self::Next | Self::NextKey | Self::NextValue => &[Part::Number],
            Self::Query => &[Part::Bytes(MAX_MESSAGE_BYTES)],
            Self::Smart => {
                &[Part::Number, Part::Number, Part::Number, Part::Number, Part::Bytes(MAX_MESSAGE_BYTES)]
            }
        }
    }
}
