//! The interface between a CosmWasm contract and its host, as rows of the machine.
//!
//! Entry code and imports are functions like any other: they check what the contract passes as the runtime does, charge
//! what the runtime charges, move bytes between memory and the outside, and nothing else. So a proof of a run covers
//! them, and what leaves and comes in is a **log** of words with one meaning.
//!
//! # The log
//!
//! A word has 64 bits. *Bytes* are their number, and then eight of them a word, little-endian, with zeros behind the
//! last. *Optional bytes* are zero for none, or their number and one, and then the same. Limits are in bytes.
//!
//! A run reads its inputs as bytes, at most 512 KiB each: env, info and message, or for `query` env and message. Then it
//! says messages, each a [`Tag`] and what follows, and reads the answer to each before it says anything more:
//!
//! | Tag | what the contract says | what it reads |
//! |---|---|---|
//! | 1 `Response` | bytes of the response (4 MiB) | the run is at its end |
//! | 2 `Abort` | bytes of a text (16 KiB) | the run is at its end, with [`Trap::Abort`](crate::Trap::Abort) |
//! | 3 `Read` | bytes of a key (1 KiB) | optional bytes of its value (256 KiB) |
//! | 4 `Write` | bytes of a key, bytes of a value that is not empty | |
//! | 5 `Remove` | bytes of a key | |
//! | 6 `Scan` | optional bytes of the first key, optional bytes of the key to stop before, order: 1 ascending, 2 descending | |
//! | 7 `Next` | number of an iterator | optional bytes of the key, and if there are any, bytes of the value |
//! | 8 `NextKey` | number of an iterator | optional bytes of the key |
//! | 9 `NextValue` | number of an iterator | optional bytes of the value |
//! | 13 `Query` | bytes of a request (512 KiB) | gas that the answer took elsewhere, bytes of the answer (8 MiB) |
//! | 14 `Smart` | four words of a contract's id, bytes of a message (512 KiB) | the same |
//!
//! So a message is its tag, then fields, then fields of the answer, and a field is a number (one word), bytes or optional
//! bytes. Numbers 10 to 12 were tags once: what an address is needs no host, so programs know the rule themselves.
//!
//! Iterators of a run are numbered from one, in the order of their `Scan`s, 128 at most; the program counts them. An
//! answer that exceeds its limit or has more than zeros behind its last byte ends the run with
//! [`Trap::HostCall`](crate::Trap::HostCall), and so does everything that the runtime refuses: a region that lies, a write in
//! a query. A run says a message as a whole or not at all; but it may trap behind the length of an input or of an answer, or
//! behind the gas of a query, and then the words that were to follow are never read. What a store holds is not the
//! program's business: whoever uses a log checks its answers.
//!
//! `debug` says nothing: nothing depends on it. The four signature checks are not proven, and a host call that the
//! contract's `allocate` makes while it runs for a host call is not either, because it would stand in the middle of
//! another message: such runs end as unprovable.
//!
//! # Globals
//!
//! Behind the module's own stand two of the machine's: what the contract may do now, and how many iterators it has opened.

mod addresses;
mod call;
mod cursor;
mod entries;
mod gas;
mod host;
mod imports;
mod log;
mod outside;
mod regions;
mod replay;
mod tag;
mod writer;

pub use call::HostFault;
pub use host::MemoryHost;
pub use log::{Ask, Decoder, LogError};
pub use outside::{Access, AccessKind, NoQueries, Queries, QueryAnswer, Said};
pub use replay::{Recorded, ReplayHost};
pub use tag::Tag;

use wasmparser::ValType;

use entries::ENTRIES;
use imports::{IMPORTS, Stubs};
use regions::Guest;
use writer::Writer;

use crate::{Assembler, Exports, Import, Label, Linkage, LowerError};

/// Longest text of an abort or a debug message.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Most iterators of a frame.
const MAX_ITERATORS: u64 = 128;
/// Longest answer to a query: a response, encoded once more.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Lowers CosmWasm contracts of interface version 8: entries `instantiate`, `execute` and `query`, as far as the module
/// exports them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CosmWasm;

impl Linkage for CosmWasm {
    fn import(&self, import: &Import<'_>, exports: &Exports, code: &mut Assembler) -> Result<(), LowerError> {
        let unknown = || LowerError::Import { module: clip(import.module), name: clip(import.name) };
        let signature = IMPORTS.iter().find(|(name, ..)| *name == import.name && import.module == "env");
        let &(name, arguments, result) = signature.ok_or_else(unknown)?;
        if !has_type(import, arguments, result) {
            return Err(unknown());
        }
        let stubs = stubs(exports)?;
        Ok(stubs.write(name, Writer::new(code, arguments)).ok_or_else(unknown)??)
    }

    fn entries(&self, exports: &Exports, code: &mut Assembler) -> Result<Vec<(String, Label)>, LowerError> {
        let guest = stubs(exports)?.guest;
        let mut entries = Vec::new();
        for entry in ENTRIES {
            if entry.optional && !exports.functions.contains_key(entry.name) {
                continue;
            }
            let arguments = vec![ValType::I32; entry.inputs];
            let function = exports.function(entry.name, &arguments, &[ValType::I32])?;
            let label = code.label();
            code.place(label)?;
            entry.write(Writer::new(code, 0), &guest, exports.initialise, function)?;
            entries.push((entry.name.to_owned(), label));
        }
        Ok(entries)
    }
}

/// Whether a function of a lowered contract is an import's or an entry's, of which the module has no instruction; by
/// the name that the lowering gives it.
pub fn is_stub(name: &str) -> bool {
    ["[import ", "[entry ", "[initialise]"].iter().any(|stub| name.starts_with(stub))
}

/// What the stubs need of the module.
fn stubs(exports: &Exports) -> Result<Stubs, LowerError> {
    let allocate = exports.function("allocate", &[ValType::I32], &[ValType::I32])?;
    let mode = u64::from(exports.globals);
    Ok(Stubs { guest: Guest { allocate, mode }, iterators: mode + 1 })
}

fn has_type(import: &Import<'_>, arguments: u16, result: &str) -> bool {
    let results: &[ValType] = match result {
        "i" => &[ValType::I32],
        "I" => &[ValType::I64],
        _ => &[],
    };
    import.parameters.len() == usize::from(arguments)
        && import.parameters.iter().all(|parameter| *parameter == ValType::I32)
        && import.results == results
}

/// Names come from the module: what is repeated of them is short and printable.
fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}
