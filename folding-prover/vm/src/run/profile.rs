use std::collections::BTreeMap;

use crate::{Op, Program};

use super::{End, Step, Tracer};

/// Most call paths that are told apart; what is called beyond counts for its caller.
const MAX_PATHS: usize = 1 << 16;
/// Stands for rows of no function.
const NO_FUNCTION: &str = "outside of any function";

/// Counts rows and costs of runs by function, and by path of calls.
///
/// A function that calls itself, directly or by way of others, keeps one path: its first.
#[derive(Debug)]
pub struct Profile<'p> {
    program: &'p Program,
    nodes: Vec<Node>,
    /// Path and function called from there: the path that leads to.
    children: BTreeMap<(usize, Option<usize>), usize>,
    /// The path of each frame that is open.
    open: Vec<usize>,
    gas: u64,
}

#[derive(Debug, Clone)]
struct Node {
    parent: Option<usize>,
    function: Option<usize>,
    calls: u64,
    rows: u64,
    gas: u64,
}

/// What a function cost, in all of its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCost {
    /// Its name.
    pub name: String,
    /// How often it was called.
    pub calls: u64,
    /// Rows of its own.
    pub rows: u64,
    /// Their costs.
    pub gas: u64,
    /// Rows of its own and of what it called.
    pub rows_inclusive: u64,
    /// Their costs.
    pub gas_inclusive: u64,
}

/// What one path of calls cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCost {
    /// Names, outermost first.
    pub path: Vec<String>,
    /// Rows of the last one, called this way.
    pub rows: u64,
    /// Their costs.
    pub gas: u64,
}

impl<'p> Profile<'p> {
    /// Nothing counted yet.
    pub fn new(program: &'p Program) -> Self {
        Self { program, nodes: Vec::new(), children: BTreeMap::new(), open: Vec::new(), gas: 0 }
    }

    /// Costs by function; the dearest first, by what it costs with all that it calls.
    pub fn functions(&self) -> Vec<FunctionCost> {
        let mut costs: BTreeMap<Option<usize>, FunctionCost> = BTreeMap::new();
        for node in &self.nodes {
            let cost = costs.entry(node.function).or_insert_with(|| self.nothing(node.function));
            cost.calls += node.calls;
            cost.rows += node.rows;
            cost.gas += node.gas;
            for function in self.functions_on_path(node) {
                let cost = costs.entry(function).or_insert_with(|| self.nothing(function));
                cost.rows_inclusive += node.rows;
                cost.gas_inclusive += node.gas;
            }
        }
        let mut costs: Vec<_> = costs.into_values().collect();
        costs.sort_by(|a, b| (b.rows_inclusive, b.rows, &a.name).cmp(&(a.rows_inclusive, a.rows, &b.name)));
        costs
    }

    /// Costs by path of calls, in the order in which paths were first taken.
    pub fn paths(&self) -> Vec<PathCost> {
        let path = |node: &Node| {
            let mut path: Vec<_> =
                self.ancestors(node).map(|node| self.name(node.function).to_owned()).collect();
            path.reverse();
            PathCost { path, rows: node.rows, gas: node.gas }
        };
        self.nodes.iter().map(path).collect()
    }

    /// A node and what called it.
    fn ancestors<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        std::iter::successors(Some(node), |node| self.nodes.get(node.parent?))
    }

    /// Each once.
    fn functions_on_path(&self, node: &Node) -> Vec<Option<usize>> {
        let mut functions: Vec<_> = self.ancestors(node).map(|node| node.function).collect();
        functions.sort_unstable();
        functions.dedup();
        functions
    }

    fn nothing(&self, function: Option<usize>) -> FunctionCost {
        let name = self.name(function).to_owned();
        FunctionCost { name, calls: 0, rows: 0, gas: 0, rows_inclusive: 0, gas_inclusive: 0 }
    }

    fn name(&self, function: Option<usize>) -> &'p str {
        let function = function.and_then(|function| self.program.functions.get(function));
        function.map_or(NO_FUNCTION, |function| &function.name)
    }

    /// The path that leads from one to the function at `row`.
    fn child(&mut self, parent: Option<usize>, row: u32) -> usize {
        let function = self.function_at(row);
        let before =
            parent.and_then(|at| self.ancestors(self.nodes.get(at)?).position(|n| n.function == function));
        if let Some(levels) = before {
            return self.above(parent.unwrap_or(0), levels);
        }
        let key = (parent.map_or(0, |parent| parent + 1), function);
        if let Some(known) = self.children.get(&key) {
            return *known;
        }
        match parent {
            Some(parent) if self.nodes.len() >= MAX_PATHS => parent,
            _ => {
                let new = self.nodes.len();
                self.nodes.push(Node { parent, function, calls: 0, rows: 0, gas: 0 });
                self.children.insert(key, new);
                new
            }
        }
    }

    fn above(&self, node: usize, levels: usize) -> usize {
        (0..levels).fold(node, |at, _| self.nodes.get(at).and_then(|node| node.parent).unwrap_or(at))
    }

    fn function_at(&self, row: u32) -> Option<usize> {
        let after = self.program.functions.partition_point(|function| function.rows.start <= row);
        let last = after.checked_sub(1)?;
        self.program.functions.get(last)?.rows.contains(&row).then_some(last)
    }

    fn enter(&mut self, row: u32) {
        let node = self.child(self.open.last().copied(), row);
        if let Some(node) = self.nodes.get_mut(node) {
            node.calls += 1;
        }
        self.open.push(node);
    }
}

impl Tracer for Profile<'_> {
    fn step(&mut self, step: &Step) {
        if self.open.is_empty() {
            self.gas = 0;
            self.enter(step.row);
        }
        let gas = step.gas.saturating_sub(self.gas);
        self.gas = step.gas;
        if let Some(node) = self.open.last().and_then(|open| self.nodes.get_mut(*open)) {
            node.rows += 1;
            node.gas = node.gas.saturating_add(gas);
        }
        let op = self.program.rows.get(step.row as usize).map(|row| row.op);
        match (step.end, op) {
            (Some(End::Returned | End::Trapped(_)), _) => self.open.clear(),
            (None, Some(Op::Call | Op::CallIndirect)) => self.enter(step.next),
            (None, Some(Op::Return)) => {
                self.open.pop();
            }
            _ => {}
        }
    }
}
