//! From a module in a script to a program, or to the reason why there is none.

use std::collections::BTreeMap;

use nectar_vm::{LowerError, Program, Trap, lower};
use wasmparser::{ConstExpr, ExternalKind, Operator, Parser, Payload, Validator, WasmFeatures};

use crate::Scripted;
use crate::verdict::Verdict;

/// A valid module.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// It was lowered.
    Program {
        program: Program,
        /// Exported globals by name.
        globals: BTreeMap<String, Global>,
    },
    /// It cannot be instantiated: its segments do not fit.
    Traps(Trap),
}

/// An exported global.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Global {
    /// The machine's, with this number.
    Variable(u32),
    /// Its value never changes; rows have it in them.
    Constant(u64),
}

/// Proposals by the names that people know them by, each with what it builds on, to say what a module needs that is
/// not enabled here.
const PROPOSALS: [(&str, WasmFeatures); 13] = [
    ("reference types", REFERENCES),
    ("SIMD", REFERENCES.union(WasmFeatures::SIMD)),
    ("relaxed SIMD", REFERENCES.union(WasmFeatures::SIMD).union(WasmFeatures::RELAXED_SIMD)),
    ("typed function references", REFERENCES.union(WasmFeatures::FUNCTION_REFERENCES)),
    ("garbage collection", GARBAGE_COLLECTION),
    ("exceptions", GARBAGE_COLLECTION.union(WasmFeatures::EXCEPTIONS)),
    ("multiple memories", REFERENCES.union(WasmFeatures::MULTI_MEMORY)),
    ("64-bit memories", REFERENCES.union(WasmFeatures::MEMORY64)),
    ("threads", REFERENCES.union(WasmFeatures::THREADS)),
    ("tail calls", GARBAGE_COLLECTION.union(WasmFeatures::TAIL_CALL)),
    ("extended constants", REFERENCES.union(WasmFeatures::EXTENDED_CONST)),
    ("custom page sizes", REFERENCES.union(WasmFeatures::CUSTOM_PAGE_SIZES)),
    ("wide arithmetic", REFERENCES.union(WasmFeatures::WIDE_ARITHMETIC)),
];
const REFERENCES: WasmFeatures = WasmFeatures::WASM1
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES);
const GARBAGE_COLLECTION: WasmFeatures =
    REFERENCES.union(WasmFeatures::FUNCTION_REFERENCES).union(WasmFeatures::GC);

/// Lowers a module that a script expects to be valid.
pub(crate) fn load(wasm: &[u8]) -> Result<Loaded, Verdict> {
    match lower(wasm, &Scripted) {
        Ok(program) => {
            let globals = exported_globals(wasm).map_err(|error| Verdict::Failed(error.to_string()))?;
            Ok(Loaded::Program { program, globals })
        }
        Err(LowerError::Segment { what: "data", .. }) => Ok(Loaded::Traps(Trap::MemoryOutOfBounds)),
        Err(LowerError::Segment { .. }) => Ok(Loaded::Traps(Trap::TableOutOfBounds)),
        Err(error) => Err(refused(wasm, error)),
    }
}

/// Whether a module that a script expects to be invalid is refused as such.
pub(crate) fn refuses(wasm: &[u8]) -> Verdict {
    match lower(wasm, &Scripted) {
        Ok(_) => Verdict::Failed("an invalid module was lowered".to_owned()),
        Err(LowerError::Invalid { .. }) if !valid(wasm, everything()) => Verdict::Passed,
        // Invalid here for another reason than the script's.
        Err(LowerError::Invalid { .. }) => Verdict::Skipped(needs(wasm)),
        // For its imports, before its fault was seen.
        Err(error) if !valid(wasm, everything()) => refused(wasm, error),
        Err(_) => Verdict::Skipped("valid with proposals that are not enabled".to_owned()),
    }
}

/// What a refusal means for a module that is expected to be valid.
fn refused(wasm: &[u8], error: LowerError) -> Verdict {
    match error {
        LowerError::Invalid { .. } if valid(wasm, everything()) => Verdict::Skipped(needs(wasm)),
        LowerError::Unsupported { what, .. } if what.starts_with("the import") => imports(),
        LowerError::Unsupported { what, .. } => Verdict::Skipped(format!("not lowered: {what}")),
        LowerError::TooMany { what, .. } => Verdict::Skipped(format!("not lowered: too many {what}")),
        LowerError::TooLarge { .. } => Verdict::Skipped("not lowered: too large".to_owned()),
        LowerError::Import { .. } => imports(),
        other => Verdict::Failed(format!("a valid module was refused: {other}")),
    }
}

fn imports() -> Verdict {
    Verdict::Skipped("imports of other modules".to_owned())
}

/// The first proposal that makes the module valid.
fn needs(wasm: &[u8]) -> String {
    let proposal = PROPOSALS.iter().find(|(_, features)| valid(wasm, *features));
    proposal.map_or("several proposals", |(name, _)| name).to_owned()
}

fn everything() -> WasmFeatures {
    WasmFeatures::all() - WasmFeatures::COMPONENT_MODEL
}

fn valid(wasm: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features).validate_all(wasm).is_ok()
}

fn exported_globals(wasm: &[u8]) -> Result<BTreeMap<String, Global>, wasmparser::Error> {
    let (mut globals, mut exported) = (Vec::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::GlobalSection(section) => {
                for (number, global) in (0..).zip(section) {
                    let global = global?;
                    let constant = Global::Constant(constant(&global.init_expr)?);
                    globals.push(if global.ty.mutable { Global::Variable(number) } else { constant });
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let number = usize::try_from(export.index).ok();
                    let global = number.and_then(|number| globals.get(number));
                    if let (ExternalKind::Global, Some(global)) = (export.kind, global) {
                        exported.insert(export.name.to_owned(), *global);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(exported)
}

/// A constant expression's value. Modules without imported globals, which is what is lowered, have literals only.
fn constant(expression: &ConstExpr<'_>) -> Result<u64, wasmparser::Error> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => value.cast_unsigned().into(),
        Operator::I64Const { value } => value.cast_unsigned(),
        Operator::F32Const { value } => value.bits().into(),
        Operator::F64Const { value } => value.bits(),
        _ => 0,
    })
}
