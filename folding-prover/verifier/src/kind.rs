/// What a proof is about, and so in how many phases its witnesses are committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Operations on committed state: one phase.
    State,
    /// Runs of programs: two phases, with challenges between them.
    Execution,
}

impl Kind {
    /// 1 or 2.
    pub fn byte(self) -> u8 {
        match self {
            Self::State => 1,
            Self::Execution => 2,
        }
    }

    /// Reads [`Self::byte`].
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::State),
            2 => Some(Self::Execution),
            _ => None,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::State => "state",
            Self::Execution => "execution",
        })
    }
}
