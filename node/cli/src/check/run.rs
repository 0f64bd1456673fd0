//! Calls of a lowered contract, one after the other.

use std::fmt;

use nectar_vm::cosmwasm::{MemoryHost, Said, is_stub};
use nectar_vm::{FunctionCost, Limits, Machine, Profile, Program, Step, Stop, Tracer, Trap};
use serde::Serialize;
use serde_json::Value;

use super::hints::{Hint, hints};
use super::world::{Answers, GAS, World};
use crate::error::CliError;

/// An entry point of a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EntryPoint {
    Instantiate,
    Execute,
    Query,
}

impl EntryPoint {
    /// As modules export it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Execute => "execute",
            Self::Query => "query",
        }
    }
}

/// A call that was asked for.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) entry: EntryPoint,
    pub(crate) message: Vec<u8>,
}

/// A call that was made.
#[derive(Debug, Serialize)]
pub(crate) struct Call {
    pub(crate) entry: EntryPoint,
    /// Counted from one, of those with the same entry point.
    pub(crate) number: usize,
    pub(crate) end: End,
    /// What a receipt would say.
    pub(crate) gas: u64,
    /// Steps of the machine: what a proof covers.
    pub(crate) rows: u64,
    /// Instructions of the contract's own that were charged for: all but plain control flow.
    pub(crate) wasm_instructions: u64,
    /// Rows for each of them.
    pub(crate) rows_per_instruction: f64,
    /// Words that the contract read from outside.
    pub(crate) words_in: u64,
    /// Words that it said.
    pub(crate) words_out: u64,
    /// Reads and writes of its state.
    pub(crate) state_operations: usize,
    /// Where the rows are, if that was asked for.
    pub(crate) profile: Option<Profiled>,
}

/// Where the rows of a call are.
#[derive(Debug, Serialize)]
pub(crate) struct Profiled {
    /// The dearest first, with all that they call.
    pub(crate) functions: Vec<Cost>,
    /// What would be cheaper.
    pub(crate) hints: Vec<Hint>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// With a response.
    Ok,
    /// With an error of the contract's own.
    Error(String),
    /// It aborted, with these words.
    Abort(String),
    /// It trapped.
    Trap(String),
    /// Its response is no JSON of CosmWasm's.
    NoResponse,
    /// It reached an instruction that no proof covers.
    Unprovable {
        /// Where.
        function: String,
        /// What it is.
        reason: String,
    },
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Error(text) => write!(f, "error: {text}"),
            Self::Abort(text) => write!(f, "aborted: {text}"),
            Self::Trap(trap) => write!(f, "trapped: {trap}"),
            Self::NoResponse => f.write_str("the response is no ContractResult"),
            Self::Unprovable { function, reason } => write!(f, "not provable: {reason} in {function}"),
        }
    }
}

/// What a function cost in a call.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cost {
    pub(crate) function: String,
    pub(crate) calls: u64,
    /// Rows of its own.
    pub(crate) rows: u64,
    /// Rows of its own and of all that it calls.
    pub(crate) rows_inclusive: u64,
}

impl From<FunctionCost> for Cost {
    fn from(cost: FunctionCost) -> Self {
        let FunctionCost { name, calls, rows, rows_inclusive, .. } = cost;
        Self { function: name, calls, rows, rows_inclusive }
    }
}

/// Counts what a profile does not.
struct Watch<'p> {
    program: &'p Program,
    profile: Profile<'p>,
    /// For each row: whether WebAssembly instructions stand behind its cost.
    own: Vec<bool>,
    instructions: u64,
}

impl<'p> Watch<'p> {
    fn new(program: &'p Program) -> Self {
        let mut own = vec![true; program.rows.len()];
        for function in program.functions.iter().filter(|function| is_stub(&function.name)) {
            let rows = function.rows.start as usize..function.rows.end as usize;
            own.get_mut(rows).unwrap_or_default().fill(false);
        }
        Self { program, profile: Profile::new(program), own, instructions: 0 }
    }
}

impl Tracer for Watch<'_> {
    fn step(&mut self, step: &Step) {
        let row = step.row as usize;
        if let (Some(row), Some(true)) = (self.program.rows.get(row), self.own.get(row)) {
            self.instructions += u64::from(row.cost);
        }
        self.profile.step(step);
    }
}

/// Runs the calls on a store that begins empty.
pub(super) fn run(
    program: &Program,
    calls: &[Planned],
    profile: bool,
    world: &World,
) -> Result<Vec<Call>, CliError> {
    let answers = Answers { caller: None, answer: world.answer.clone() };
    let mut host = MemoryHost::with_queries(answers);
    let mut done: Vec<Call> = Vec::new();
    for (height, call) in (0..).zip(calls) {
        let number = 1 + done.iter().filter(|before| before.entry == call.entry).count();
        host.queries().caller = world.caller(call);
        let call = run_one(program, call, number, &world.inputs(call, height), &mut host)?;
        done.push(Call { profile: call.profile.filter(|_| profile), ..call });
    }
    Ok(done)
}

fn run_one(
    program: &Program,
    call: &Planned,
    number: usize,
    inputs: &[Vec<u8>],
    host: &mut MemoryHost<Answers>,
) -> Result<Call, CliError> {
    let missing = || CliError::Contract(format!("it has no entry point `{}`", call.entry.name()));
    let row = program.entries.get(call.entry.name()).ok_or_else(missing)?;
    let failed = |why: String| CliError::Failed { doing: "running the contract", why };
    host.begin(inputs).map_err(|fault| failed(fault.to_string()))?;
    let mut machine = Machine::new(program, Limits { gas: GAS, ..Limits::default() });
    let mut watch = Watch::new(program);
    let end = match machine.run(*row, &[], host, &mut watch) {
        Ok(_) => match host.said() {
            Some(Said::Response(bytes)) => response(bytes),
            _ => End::NoResponse,
        },
        Err(Stop::Trap(Trap::Abort)) => match host.said() {
            Some(Said::Abort(text)) => End::Abort(String::from_utf8_lossy(text).into_owned()),
            _ => End::Trap(Trap::Abort.to_string()),
        },
        Err(Stop::Trap(trap)) => End::Trap(trap.to_string()),
        Err(Stop::Unprovable { kind, row }) => {
            let function = program.function_at(row).map_or("code of no function", |function| &function.name);
            End::Unprovable { function: function.to_owned(), reason: kind.to_string() }
        }
        Err(stop) => return Err(failed(host.fault().map_or(stop.to_string(), |fault| fault.to_string()))),
    };
    if end != End::Ok {
        host.undo();
    }
    let functions: Vec<Cost> = watch.profile.functions().into_iter().map(Cost::from).collect();
    let (rows, (words_in, words_out)) = (machine.rows(), host.words());
    Ok(Call {
        entry: call.entry,
        number,
        end,
        gas: machine.gas(),
        rows,
        wasm_instructions: watch.instructions,
        rows_per_instruction: ratio(rows, watch.instructions),
        words_in,
        words_out,
        state_operations: host.accesses().len(),
        profile: Some(Profiled { hints: hints(&functions, rows), functions }),
    })
}

/// What CosmWasm's `ContractResult` says.
fn response(bytes: &[u8]) -> End {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(result)) if result.contains_key("ok") => End::Ok,
        Ok(Value::Object(result)) => match result.get("error").and_then(Value::as_str) {
            Some(error) => End::Error(error.to_owned()),
            None => End::NoResponse,
        },
        _ => End::NoResponse,
    }
}

/// To two digits: the same text on every machine.
fn ratio(rows: u64, instructions: u64) -> f64 {
    let hundredths = rows.saturating_mul(100).checked_div(instructions).unwrap_or_default();
    hundredths as f64 / 100.0
}
