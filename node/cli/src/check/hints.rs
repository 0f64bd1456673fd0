//! What a profile says that its reader can act on. Every hint is a sum of rows that the profile shows.

use serde::Serialize;

use super::run::Cost;

/// Shares below this, in per cent, are not worth a word.
const WORTH_SAYING: u64 = 5;

/// Where many rows are, and what would make them fewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Hint {
    /// What the rows do.
    pub(crate) what: &'static str,
    /// How many they are.
    pub(crate) rows: u64,
    /// Their part of all rows, in per cent, rounded down.
    pub(crate) percent: u64,
    /// What to try.
    pub(crate) advice: &'static str,
}

struct Kind {
    what: &'static str,
    /// Parts of function names, mangled or not.
    names: &'static [&'static str],
    advice: &'static str,
}

/// A function counts for the first kind that its name says.
const KINDS: [Kind; 4] = [
    Kind {
        what: "copying and filling memory",
        names: &["memory.copy", "memory.fill", "memcpy", "memmove", "memset"],
        advice: "pass references instead of clones, and give vectors and strings their capacity at once",
    },
    Kind {
        what: "parsing and writing JSON",
        names: &["serde", "_json", "base64"],
        advice: "use fewer and shorter fields, and store bytes in a compact encoding instead of JSON",
    },
    Kind {
        what: "allocating memory",
        names: &["alloc", "malloc", "RawVec", "raw_vec"],
        advice: "borrow from the message instead of owning strings, and reuse buffers",
    },
    Kind {
        what: "formatting text",
        names: &["core3fmt", "core::fmt", "alloc3fmt", "alloc::fmt"],
        advice: "make texts only where an error needs one",
    },
];

const UNNAMED: Kind = Kind {
    what: "functions without names",
    names: &[],
    advice: "check a build that keeps its name section to see which they are: strip = false, wasm-opt --debuginfo",
};

/// Hints for a call with these costs.
pub(super) fn hints(functions: &[Cost], rows: u64) -> Vec<Hint> {
    let kind_of = |function: &Cost| {
        let named = |kind: &Kind| kind.names.iter().any(|name| function.function.contains(name));
        KINDS.iter().position(named)
    };
    let hint = |kind: &Kind, counts: &dyn Fn(&Cost) -> bool| {
        let sum =
            functions.iter().filter(|function| counts(function)).map(|function| function.rows).sum::<u64>();
        let percent = sum.saturating_mul(100).checked_div(rows).unwrap_or_default();
        Hint { what: kind.what, rows: sum, percent, advice: kind.advice }
    };
    let kinds = KINDS.iter().enumerate();
    let mut hints: Vec<Hint> =
        kinds.map(|(index, kind)| hint(kind, &|function| kind_of(function) == Some(index))).collect();
    hints.push(hint(&UNNAMED, &|function| function.function.starts_with("func[")));
    hints.retain(|hint| hint.percent >= WORTH_SAYING);
    hints.sort_by_key(|hint| std::cmp::Reverse(hint.rows));
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(function: &str, rows: u64) -> Cost {
        Cost { function: function.into(), calls: 1, rows, rows_inclusive: rows }
    }

    #[test]
    fn a_hint_is_the_sum_of_the_rows_of_its_functions() {
        let costs = [
            cost("_ZN10serde_json2de5parse17h0E", 300),
            cost("cosmwasm_std::serde::from_json", 100),
            cost("memory.copy", 200),
            cost("_ZN5alloc7raw_vec4grow17h0E", 40),
            cost("func[7]", 160),
            cost("instantiate", 200),
        ];
        let hints = hints(&costs, 1000);
        let found: Vec<_> = hints.iter().map(|hint| (hint.what, hint.rows, hint.percent)).collect();
        let expected = [
            ("parsing and writing JSON", 400, 40),
            ("copying and filling memory", 200, 20),
            ("functions without names", 160, 16),
        ];
        assert_eq!(found, expected, "and four per cent are not worth a word");
    }

    #[test]
    fn nothing_has_no_hints() {
        assert_eq!(hints(&[], 0), []);
    }
}
