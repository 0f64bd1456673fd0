//! What `nectar check` finds out about a module.

mod hints;
mod run;
mod show;
mod world;

use nectar_runtime::check_module;
use nectar_vm::cosmwasm::CosmWasm;
use nectar_vm::{LowerError, Program, Unprovable, Unproven, lower};
use serde::Serialize;

pub(crate) use run::{Call, End, EntryPoint, Planned};
pub(crate) use world::World;

use crate::error::CliError;

/// What is known of a module that a node would take.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    /// The module's size.
    pub(crate) wasm_bytes: usize,
    /// What a proof would be about, if it was asked for.
    pub(crate) program: Option<ProgramFacts>,
    /// Calls, in the order in which they ran.
    pub(crate) calls: Vec<Call>,
}

/// A lowered module.
#[derive(Debug, Serialize)]
pub(crate) struct ProgramFacts {
    /// What proofs name it by.
    pub(crate) commitment: String,
    /// Rows of code.
    pub(crate) rows: usize,
    /// Functions, stubs included.
    pub(crate) functions: usize,
    /// Words of eight bytes that memory holds at the start.
    pub(crate) data_words: usize,
    /// Elements of the table of functions, empty ones included.
    pub(crate) table_elements: usize,
    /// Pages of memory at the start.
    pub(crate) pages: u32,
    /// Pages of memory at most.
    pub(crate) maximum_pages: u32,
    /// Functions with instructions that no proof covers.
    pub(crate) unproven: Vec<UnprovenFunction>,
}

/// A function that no proof covers all of.
#[derive(Debug, Serialize)]
pub(crate) struct UnprovenFunction {
    /// Its name.
    pub(crate) function: String,
    /// What no proof covers.
    pub(crate) reasons: Vec<Reason>,
    /// Entry points from which calls may lead there.
    pub(crate) reachable_from: Vec<String>,
}

/// Why no proof covers something, and in how many places.
#[derive(Debug, Serialize)]
pub(crate) struct Reason {
    /// What they are.
    pub(crate) kind: String,
    /// Places where a run would end.
    pub(crate) places: u32,
}

/// Checks a module, lowers it, and runs the calls.
pub(crate) fn check(
    wasm: &[u8],
    provable: bool,
    calls: &[Planned],
    profile: bool,
    world: &World,
) -> Result<Checked, CliError> {
    check_module(wasm)
        .map_err(|error| CliError::DoesNotHold(format!("a node takes this module: {error}")))?;
    let mut checked = Checked { wasm_bytes: wasm.len(), program: None, calls: Vec::new() };
    if provable {
        let program = lower(wasm, &CosmWasm).map_err(|error| not_provable(&error))?;
        checked.program = Some(ProgramFacts::of(&program));
        checked.calls = run::run(&program, calls, profile, world)?;
    }
    Ok(checked)
}

fn not_provable(error: &LowerError) -> CliError {
    CliError::DoesNotHold(format!("the module can be lowered: {error}"))
}

impl ProgramFacts {
    fn of(program: &Program) -> Self {
        let unproven = program.unproven().into_iter().filter_map(UnprovenFunction::of);
        Self {
            commitment: hex::encode(nectar_commitment::to_bytes(&program.commitment())),
            rows: program.rows.len(),
            functions: program.functions.len(),
            data_words: program.data.words.len(),
            table_elements: program.table.len(),
            pages: program.pages.0,
            maximum_pages: program.pages.1,
            unproven: unproven.collect(),
        }
    }
}

impl UnprovenFunction {
    /// None if it is only an import's guard: every contract has those.
    fn of(unproven: Unproven) -> Option<Self> {
        let kinds = unproven.kinds.into_iter().filter(|(kind, _)| *kind != Unprovable::Reentry);
        let reasons: Vec<Reason> =
            kinds.map(|(kind, places)| Reason { kind: kind.to_string(), places }).collect();
        let Unproven { function, entries: reachable_from, .. } = unproven;
        (!reasons.is_empty()).then_some(Self { function, reasons, reachable_from })
    }
}

impl Checked {
    /// What the process says at its end.
    pub(crate) fn verdict(&self) -> Result<(), CliError> {
        let of = |call: &Call| format!("{} {}", call.entry.name(), call.number);
        let unproven = self.calls.iter().find_map(|call| match &call.end {
            End::Unprovable { function, reason } => Some((call, function, reason)),
            _ => None,
        });
        if let Some((call, function, reason)) = unproven {
            let why = format!("{} reaches {reason} in {function}", of(call));
            return Err(CliError::Failed { doing: "not provable", why });
        }
        match self.calls.iter().find(|call| !matches!(call.end, End::Ok)) {
            Some(Call { end: End::Error(text), .. }) => Err(CliError::Contract(text.clone())),
            Some(call) => Err(CliError::Contract(format!("{}: {}", of(call), call.end))),
            None => Ok(()),
        }
    }
}
