use std::collections::BTreeSet;
use std::ops::Range;

use wasmparser::{FunctionBody, Operator};

use super::LowerError;
use super::error::at_most;
use super::operands::{Operand, Operands};

/// Blocks in one another, at most. Compilers nest as deep as a `match` has arms.
const MAX_NESTING: u64 = 10_000;

/// What is to be known of a function before its first row is written.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// For each block, in order of their opening: the numbers of its `else` and of its `end`.
    ends: Vec<(Option<u32>, u32)>,
    /// Number of the function's own `end`.
    pub(super) end: u32,
    /// For each local the numbers of instructions that write it, in order.
    writes: Vec<Vec<u32>>,
    /// The same of all locals.
    all_writes: Vec<(u32, u16)>,
    /// Locals that may be read before they are written.
    pub(super) zeroed: Vec<bool>,
}

/// A set of locals.
type Set = Vec<u64>;

#[derive(Debug)]
struct Block {
    /// Place in [`Survey::ends`].
    number: usize,
    is_loop: bool,
    /// What is written on every way out that has been seen.
    at_exit: Option<Set>,
    /// What is written when the other arm of an `if` begins.
    other_arm: Option<Set>,
}

impl Survey {
    /// Looks through a function of a valid module.
    pub(super) fn of(
        body: &FunctionBody<'_>,
        parameters: u16,
        locals: u16,
        place: &str,
    ) -> Result<Self, LowerError> {
        let count = usize::from(locals);
        let mut written = vec![0; count.div_ceil(64)];
        (0..u32::from(parameters)).for_each(|local| insert(&mut written, local));
        let mut pass = Pass {
            survey: Self { writes: vec![Vec::new(); count], zeroed: vec![false; count], ..Self::default() },
            blocks: vec![],
            written: Some(written),
        };
        let mut reader = body.get_operators_reader()?;
        let mut number = 0;
        while !reader.eof() {
            pass.operator(&reader.read()?, number)?;
            at_most("blocks in one another", place, pass.blocks.len() as u64, MAX_NESTING)?;
            number += 1;
        }
        Ok(pass.survey)
    }

    /// Numbers of the `else` and of the `end` of the block which was the `opened`th to be opened.
    pub(super) fn end_of(&self, opened: usize) -> (Option<u32>, u32) {
        self.ends.get(opened).copied().unwrap_or((None, u32::MAX))
    }

    /// Which of the operands at these depths are locals that an instruction between these two writes, lowest first. No more is
    /// looked at than there are operands, or instructions between, so that blocks cost no more than their length.
    pub(super) fn written(
        &self,
        after: u32,
        before: u32,
        operands: &Operands,
        depths: Range<usize>,
    ) -> Vec<usize> {
        if depths.len() < before.saturating_sub(after) as usize {
            let is_written = |depth: &usize| match operands.get(*depth).map(|taken| taken.operand) {
                Some(Operand::Local(local)) => self.is_written(local, after, before),
                _ => false,
            };
            return depths.filter(is_written).collect();
        }
        let from = self.all_writes.partition_point(|(number, _)| *number <= after);
        let writes = self.all_writes.iter().skip(from).take_while(|(number, _)| *number < before);
        let locals: BTreeSet<u16> = writes.map(|(_, local)| *local).collect();
        let found: BTreeSet<usize> = locals.into_iter().flat_map(|local| operands.depths_of(local)).collect();
        found.range(depths).copied().collect()
    }

    fn is_written(&self, local: u16, after: u32, before: u32) -> bool {
        self.writes.get(usize::from(local)).is_some_and(|writes| {
            let next = writes.partition_point(|number| *number <= after);
            writes.get(next).is_some_and(|number| *number < before)
        })
    }
}

/// One pass, in which `written` is what has been written on every way here; nothing, if there is no way here.
///
/// Ways back to a loop's start come from behind it, where no less is written: so one pass is enough.
struct Pass {
    survey: Survey,
    blocks: Vec<Block>,
    written: Option<Set>,
}

impl Pass {
    fn operator(&mut self, operator: &Operator<'_>, number: u32) -> Result<(), LowerError> {
        match operator {
            Operator::Block { .. } => self.open(false, false),
            Operator::Loop { .. } => self.open(true, false),
            Operator::If { .. } => self.open(false, true),
            Operator::Else => {
                self.branch(0);
                let ends = self.blocks.last().and_then(|block| self.survey.ends.get_mut(block.number));
                if let Some((arm, _)) = ends {
                    *arm = Some(number);
                }
                self.written = self.blocks.last_mut().and_then(|block| block.other_arm.take());
            }
            Operator::End => self.close(number),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.written = None;
            }
            Operator::BrIf { relative_depth } => self.branch(*relative_depth),
            Operator::BrTable { targets } => {
                for target in targets.targets() {
                    self.branch(target?);
                }
                self.branch(targets.default());
                self.written = None;
            }
            Operator::Return | Operator::Unreachable => self.written = None,
            Operator::LocalGet { local_index } => {
                if self.written.as_ref().is_some_and(|written| !contains(written, *local_index))
                    && let Some(zeroed) = self.survey.zeroed.get_mut(*local_index as usize)
                {
                    *zeroed = true;
                }
            }
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                if let Some(writes) = self.survey.writes.get_mut(*local_index as usize) {
                    writes.push(number);
                }
                if let Ok(local) = u16::try_from(*local_index) {
                    self.survey.all_writes.push((number, local));
                }
                if let Some(written) = &mut self.written {
                    insert(written, *local_index);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, is_loop: bool, is_if: bool) {
        let number = self.survey.ends.len();
        self.survey.ends.push((None, u32::MAX));
        let other_arm = self.written.as_ref().filter(|_| is_if).cloned();
        self.blocks.push(Block { number, is_loop, at_exit: None, other_arm });
    }

    fn close(&mut self, number: u32) {
        let Some(block) = self.blocks.pop() else {
            self.survey.end = number;
            return;
        };
        if let Some((_, end)) = self.survey.ends.get_mut(block.number) {
            *end = number;
        }
        for way in [block.at_exit, block.other_arm].into_iter().flatten() {
            meet(&mut self.written, &way);
        }
    }

    fn branch(&mut self, depth: u32) {
        let Some(place) = self.blocks.len().checked_sub(1 + depth as usize) else { return };
        if let (Some(block), Some(written)) = (self.blocks.get_mut(place), &self.written)
            && !block.is_loop
        {
            meet(&mut block.at_exit, written);
        }
    }
}

/// What is written on both ways.
fn meet(set: &mut Option<Set>, way: &Set) {
    match set {
        Some(set) => set.iter_mut().zip(way).for_each(|(bits, other)| *bits &= other),
        None => *set = Some(way.clone()),
    }
}

fn insert(set: &mut Set, local: u32) {
    if let Some(bits) = set.get_mut(local as usize / 64) {
        *bits |= 1 << (local % 64);
    }
}

fn contains(set: &Set, local: u32) -> bool {
    set.get(local as usize / 64).is_some_and(|bits| bits >> (local % 64) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Parser, Payload};

    /// Which of a function's locals are set to zero, for a function with one parameter and three locals.
    fn zeroed(code: &str) -> Vec<u16> {
        let wasm = wat::parse_str(format!("(module (func (param i32) (local i32 i32 i32) {code}))")).unwrap();
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                let survey = Survey::of(&body, 1, 4, "here").unwrap();
                return (0..4).filter(|local| survey.zeroed[usize::from(*local)]).collect();
            }
        }
        unreachable!()
    }

    #[test]
    fn parameters_and_what_is_written_first_are_not_zeroed() {
        assert_eq!(zeroed("local.get 0 local.set 1 local.get 1 drop local.get 2 drop"), [2]);
    }

    #[test]
    fn what_only_one_arm_writes_is_zeroed() {
        assert_eq!(zeroed("local.get 0 if i32.const 1 local.set 1 end local.get 1 drop"), [1]);
        let both = "local.get 0 if i32.const 1 local.set 1 else i32.const 2 local.set 1 end local.get 1 drop";
        assert_eq!(zeroed(both), []);
        let leaves = "local.get 0 if i32.const 1 local.set 1 else return end local.get 1 drop";
        assert_eq!(zeroed(leaves), []);
    }

    #[test]
    fn a_way_round_a_write_counts() {
        let around = "block local.get 0 br_if 0 i32.const 1 local.set 1 end local.get 1 drop";
        assert_eq!(zeroed(around), [1]);
        let before =
            "block i32.const 1 local.set 1 local.get 0 br_if 0 i32.const 1 local.set 2 end local.get 1 drop";
        assert_eq!(zeroed(before), []);
    }

    #[test]
    fn a_loop_reads_what_its_first_round_has() {
        assert_eq!(zeroed("loop local.get 1 local.get 0 local.set 1 br_if 0 end"), [1]);
        assert_eq!(zeroed("loop local.get 0 local.tee 1 br_if 0 end local.get 1 drop"), []);
    }

    #[test]
    fn code_that_is_not_reached_reads_nothing() {
        assert_eq!(zeroed("return local.get 1 drop"), []);
        assert_eq!(zeroed("block br 0 local.get 1 drop end local.get 2 drop"), [2]);
    }
}
