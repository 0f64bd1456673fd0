use std::collections::{BTreeMap, BTreeSet};

use crate::{Function, Op, Program, Row, Unprovable};

/// A function with instructions that no proof covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproven {
    /// Its name.
    pub function: String,
    /// How many rows for such instructions it has, by kind: one for each place where a run would end.
    pub kinds: BTreeMap<Unprovable, u32>,
    /// Entries from which calls may lead to it: it is not said that they do.
    pub entries: Vec<String>,
}

impl Program {
    /// Functions with instructions that no proof covers, in order of their rows. What they are reached from is what the
    /// calls in the rows say; an indirect call may reach every function of its type in the table.
    pub fn unproven(&self) -> Vec<Unproven> {
        let calls = Calls::of(self);
        let entries = self.entries.iter();
        let reached: Vec<_> = entries.map(|(name, row)| (name, calls.reached(place(self, *row)))).collect();
        let unproven = |(index, function): (usize, &Function)| {
            let mut kinds = BTreeMap::new();
            for row in rows(self, function).iter().filter(|row| row.op == Op::Unprovable) {
                *kinds.entry(Unprovable::from_number(row.imm)?).or_default() += 1;
            }
            let entries = reached.iter().filter(|(_, functions)| functions.contains(&index));
            let entries = entries.map(|(name, _)| (*name).clone()).collect();
            (!kinds.is_empty()).then(|| Unproven { function: function.name.clone(), kinds, entries })
        };
        self.functions.iter().enumerate().filter_map(unproven).collect()
    }
}

/// Which functions call which, by their places in the program's list.
struct Calls {
    /// Of each function: the functions that it calls, and the types that it calls indirectly.
    from: Vec<(BTreeSet<usize>, BTreeSet<u64>)>,
    /// Functions in the table, by type.
    table: BTreeMap<u64, BTreeSet<usize>>,
}

impl Calls {
    fn of(program: &Program) -> Self {
        let from = program.functions.iter().map(|function| {
            let mut from = (BTreeSet::new(), BTreeSet::new());
            for row in rows(program, function) {
                match row.op {
                    Op::Call => {
                        from.0.extend(u32::try_from(row.imm).ok().and_then(|row| place(program, row)))
                    }
                    Op::CallIndirect => {
                        from.1.insert(row.imm);
                    }
                    _ => {}
                }
            }
            from
        });
        let mut table: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
        for element in program.table.iter().flatten() {
            table.entry(element.ty.into()).or_default().extend(place(program, element.row));
        }
        Self { from: from.collect(), table }
    }

    /// The function itself and all that its calls lead to.
    fn reached(&self, function: Option<usize>) -> BTreeSet<usize> {
        let (mut reached, mut types) = (BTreeSet::new(), BTreeSet::new());
        let mut open: Vec<usize> = function.into_iter().collect();
        while let Some(index) = open.pop() {
            if !reached.insert(index) {
                continue;
            }
            let Some((direct, indirect)) = self.from.get(index) else { continue };
            open.extend(direct.difference(&reached));
            for ty in indirect {
                if types.insert(*ty) {
                    open.extend(self.table.get(ty).into_iter().flatten());
                }
            }
        }
        reached
    }
}

fn rows<'p>(program: &'p Program, function: &Function) -> &'p [Row] {
    program.rows.get(function.rows.start as usize..function.rows.end as usize).unwrap_or_default()
}

fn place(program: &Program, row: u32) -> Option<usize> {
    let after = program.functions.partition_point(|function| function.rows.start <= row);
    let place = after.checked_sub(1)?;
    program.functions.get(place)?.rows.contains(&row).then_some(place)
}
