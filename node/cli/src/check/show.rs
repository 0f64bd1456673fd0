//! The same for people.

use std::fmt::Write as _;

use super::run::{Call, Profiled};
use super::{Checked, ProgramFacts};
use crate::table::Table;

/// Most functions of a profile that are shown; `--json` has all.
const SHOWN_FUNCTIONS: usize = 20;
/// Longest name of a function that is shown.
const NAME: usize = 60;

impl Checked {
    /// What was found, as text.
    pub(crate) fn text(&self, file: &str) -> String {
        let mut text = format!("{file}: {} bytes, a node takes it\n", self.wasm_bytes);
        if let Some(program) = &self.program {
            text.push_str(&facts(program));
        }
        if !self.calls.is_empty() {
            let _ = write!(text, "\n{}", calls(&self.calls));
        }
        for call in &self.calls {
            if let Some(profile) = &call.profile {
                let _ = write!(text, "\n{} {}\n{}", call.entry.name(), call.number, functions(call, profile));
                for hint in &profile.hints {
                    let _ = writeln!(text, "{}% {}: {}", hint.percent, hint.what, hint.advice);
                }
            }
        }
        text
    }
}

fn facts(program: &ProgramFacts) -> String {
    let mut text = Table::pairs([
        ("program", program.commitment.clone()),
        ("rows", program.rows.to_string()),
        ("functions", program.functions.to_string()),
        ("data", format!("{} words", program.data_words)),
        ("table", format!("{} elements", program.table_elements)),
        ("memory", format!("{} to {} pages", program.pages, program.maximum_pages)),
        ("not provable", format!("{} functions", program.unproven.len())),
    ])
    .to_string();
    if program.unproven.is_empty() {
        return text;
    }
    let mut table = Table::new(["not provable", "why", "calls may lead there from"]);
    for unproven in &program.unproven {
        let reasons: Vec<String> =
            unproven.reasons.iter().map(|reason| format!("{} ({})", reason.kind, reason.places)).collect();
        let from = unproven.reachable_from.join(", ");
        let from = if from.is_empty() { "nowhere".to_owned() } else { from };
        table.row([clip(&unproven.function), reasons.join(", "), from]);
    }
    let _ = write!(text, "\n{table}");
    text
}

fn calls(calls: &[Call]) -> Table {
    let mut table = Table::new([
        "call",
        "gas",
        "rows",
        "instructions",
        "rows each",
        "words in",
        "words out",
        "state",
        "end",
    ]);
    for call in calls {
        table.row([
            format!("{} {}", call.entry.name(), call.number),
            call.gas.to_string(),
            call.rows.to_string(),
            call.wasm_instructions.to_string(),
            format!("{:.2}", call.rows_per_instruction),
            call.words_in.to_string(),
            call.words_out.to_string(),
            call.state_operations.to_string(),
            call.end.to_string(),
        ]);
    }
    table
}

fn functions(call: &Call, profile: &Profiled) -> Table {
    let mut functions: Vec<_> = profile.functions.iter().collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.rows));
    let mut table = Table::new(["rows", "%", "with callees", "calls", "function"]);
    for function in functions.into_iter().take(SHOWN_FUNCTIONS) {
        let percent = function.rows.saturating_mul(100).checked_div(call.rows).unwrap_or_default();
        table.row([
            function.rows.to_string(),
            percent.to_string(),
            function.rows_inclusive.to_string(),
            function.calls.to_string(),
            clip(&function.function),
        ]);
    }
    table
}

/// The end of a name says more than its beginning.
fn clip(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return name.to_owned();
    }
    format!("..{}", name.chars().skip(length - NAME + 2).collect::<String>())
}
