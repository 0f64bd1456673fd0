use nectar_commitment::{Domain, EntryPoint, Fr, Tree, from_u64, hash4};

use crate::{Element, Program};

/// Entry points that are committed to, and their names among a program's entries.
const ENTRIES: [(EntryPoint, &str); 3] = [
    (EntryPoint::Instantiate, "instantiate"),
    (EntryPoint::Execute, "execute"),
    (EntryPoint::Query, "query"),
];

/// What a program's commitment is made of: what a prover needs to open it.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Packed rows ([`crate::Row::relative`], [`crate::Row::pack`]); three words of data a leaf; packed elements.
    pub trees: [Tree; 3],
    /// Pages at the start, and 2^32 times the most.
    pub pages: u64,
    /// Number of the first word of data, and 2^32 times how many there are.
    pub data: u64,
    /// Row and one of `instantiate`, `execute` and `query`; 0 for one that is not there.
    pub entries: [u64; 3],
    /// Elements of the table.
    pub elements: u64,
}

impl Committed {
    pub(crate) fn of(program: &Program) -> Self {
        let rows = (0..).zip(&program.rows).map(|(at, row)| row.relative(at).pack()).collect();
        let data = program.data.words.chunks(3).map(pack_words).collect();
        let table = program.table.iter().map(|element| element.map_or(Fr::zero(), Element::pack)).collect();
        let (pages, maximum) = program.pages;
        let entry = |name| program.entries.get(name).map_or(0, |row| u64::from(*row) + 1);
        let mut entries = [0; 3];
        for (point, name) in ENTRIES {
            if let Some(place) = entries.get_mut(usize::from(point as u8) - 1) {
                *place = entry(name);
            }
        }
        Self {
            trees: [rows, data, table].map(Tree::from_leaves),
            pages: pair(pages, maximum),
            data: u64::from(program.data.first) | (program.data.words.len() as u64) << 32,
            entries,
            elements: program.table.len() as u64,
        }
    }

    /// `hash4(Program, entries, 0)`
    pub fn entries_digest(&self) -> Fr {
        let [instantiate, execute, query] = self.entries.map(from_u64);
        hash4(Domain::Program, [instantiate, execute, query, Fr::zero()])
    }

    /// `hash4(Program, pages, data, entries, elements)`
    pub fn meta(&self) -> Fr {
        let [pages, data, elements] = [self.pages, self.data, self.elements].map(from_u64);
        hash4(Domain::Program, [pages, data, self.entries_digest(), elements])
    }

    /// The commitment: `hash4(Program, root of rows, root of data, root of elements, meta)`.
    pub fn hash(&self) -> Fr {
        let [rows, data, table] = &self.trees;
        hash4(Domain::Program, [rows.root(), data.root(), table.root(), self.meta()])
    }
}

impl Element {
    /// `1 + row + 2^32 type`, so that no element packs to what an empty one does.
    fn pack(self) -> Fr {
        from_u64(1) + from_u64(pair(self.row, self.ty))
    }
}

fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

fn pack_words(words: &[u64]) -> Fr {
    let shift = from_u64(1 << 32).square();
    words.iter().rev().fold(Fr::zero(), |packed, word| packed * shift + from_u64(*word))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{DataImage, Op, Row};

    fn program() -> Program {
        Program {
            rows: vec![Row::new(Op::Nop), Row::new(Op::Return)],
            data: DataImage { first: 3, words: vec![1, 2, 3, 4] },
            table: vec![None, Some(Element { row: 1, ty: 2 })],
            pages: (1, 2),
            entries: BTreeMap::from([("execute".to_owned(), 1), ("query".to_owned(), 0)]),
            functions: Vec::new(),
        }
    }

    #[test]
    fn the_commitment_is_the_pinned_one() {
        let bytes = nectar_commitment::to_bytes(&program().commitment());
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(text, "218fc12d573c9da3c993ee85d86a7bca031e9fb773386989b57a3af75350443f");
    }

    #[test]
    fn entries_are_told_from_each_other_and_from_none_and_no_other_name_counts() {
        let at = |entries: &[(&str, u32)]| Program {
            entries: entries.iter().map(|(name, row)| ((*name).to_owned(), *row)).collect(),
            ..program()
        };
        assert_eq!(program().committed().entries, [0, 2, 1]);
        let base = program().commitment();
        for other in [
            at(&[]),
            at(&[("execute", 1)]),
            at(&[("query", 0)]),
            at(&[("execute", 0), ("query", 1)]),
            at(&[("instantiate", 1), ("query", 0)]),
        ] {
            assert_ne!(other.commitment(), base);
        }
        assert_eq!(at(&[("execute", 1), ("query", 0), ("migrate", 1)]).commitment(), base);
    }

    #[test]
    fn every_part_of_a_program_counts() {
        let base = program();
        let (mut more_rows, mut other_data, mut more_elements) = (base.clone(), base.clone(), base.clone());
        more_rows.rows.push(Row::new(Op::Nop));
        other_data.data.words[3] = 5;
        // An empty element is a leaf of zero, as is none: the number of them tells.
        more_elements.table.push(None);
        let others = [
            more_rows,
            other_data,
            more_elements,
            Program { data: DataImage { first: 4, ..base.data.clone() }, ..base.clone() },
            Program { data: DataImage { words: vec![1, 2, 3, 4, 0], ..base.data.clone() }, ..base.clone() },
            Program { pages: (2, 2), ..base.clone() },
            Program { pages: (1, 3), ..base.clone() },
        ];
        assert!(others.iter().all(|other| other.commitment() != base.commitment()));
    }
}
