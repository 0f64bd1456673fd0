use super::{ExecutionCircuit, Size};
use crate::Uniform as _;

/// Constraints by what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Constraints {
    /// Steps.
    pub steps: usize,
    /// Permutations, whoever asks for them.
    pub hashes: usize,
    /// What is opened of programs, and inner nodes of the tree of receipts.
    pub programs: usize,
    /// Cells: how they begin and end.
    pub cells: usize,
    /// Runs, their words outside, logs and receipts.
    pub outside: usize,
    /// Tables and boundaries: every chunk has them.
    pub tables: usize,
}

impl Constraints {
    /// All of them.
    pub const fn total(&self) -> usize {
        let Self { steps, hashes, programs, cells, outside, tables } = *self;
        steps + hashes + programs + cells + outside + tables
    }
}

impl Size {
    /// Constraints of a chunk with these slots.
    pub fn constraints(&self) -> Constraints {
        let empty = rows(Self::default());
        let all = |slots: usize, one: Self| slots.saturating_mul(rows(one).saturating_sub(empty));
        let no = Self::default;
        Constraints {
            steps: self.steps.iter().map(|(kind, slots)| slots.saturating_mul(kind.rows())).sum(),
            hashes: all(self.hashes, Self { hashes: 1, ..no() }),
            programs: all(self.nodes, Self { nodes: 1, ..no() })
                + all(self.rows, Self { rows: 1, ..no() })
                + all(self.data, Self { data: 1, ..no() })
                + all(self.elements, Self { elements: 1, ..no() })
                + all(self.programs, Self { programs: 1, ..no() }),
            cells: all(self.growths, Self { growths: 1, ..no() })
                + all(self.zeros, Self { zeros: 1, ..no() })
                + all(self.links, Self { links: 1, ..no() })
                + all(self.image, Self { image: 1, ..no() }),
            outside: all(self.runs, Self { runs: 1, ..no() })
                + all(self.parts, Self { parts: 1, ..no() })
                + all(self.accesses, Self { accesses: 1, ..no() })
                + all(self.items, Self { items: 1, ..no() })
                + all(self.scans, Self { scans: 1, ..no() })
                + all(self.queries, Self { queries: 1, ..no() })
                + all(self.addresses, Self { addresses: 1, ..no() })
                + all(self.entries, Self { entries: 1, ..no() })
                + all(self.receipts, Self { receipts: 1, ..no() }),
            tables: empty,
        }
    }
}

fn rows(size: Size) -> usize {
    ExecutionCircuit::new(size).shape().num_cons()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_chunk_add_up_to_all_of_it() {
        let size = Size::standard();
        assert_eq!(size.constraints().total(), rows(size));
    }
}
