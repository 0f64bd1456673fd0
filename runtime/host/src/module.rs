//! What a module must be before it is compiled: small, valid, and asking for nothing that the host does not have.

use nectar_abi::limits::MAX_WASM_BYTES;
use thiserror::Error;
use wasmparser::{
    ExternalKind, FuncToValidate, FuncType, FuncValidatorAllocations, FunctionBody, Imports, MemoryType,
    Parser, Payload, TableType, TypeRef, ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// Most pages (64 KiB) of a contract's memory.
pub const MAX_PAGES: u64 = 512;
/// Most elements of a module's table.
pub const MAX_TABLE_ELEMENTS: u64 = 2500;
/// Most imports of a module.
pub const MAX_IMPORTS: usize = 100;
/// Most functions of a module.
pub const MAX_FUNCTIONS: usize = 20_000;
/// Most parameters of one function.
pub const MAX_PARAMETERS: usize = 100;
/// Most parameters of all functions.
pub const MAX_ALL_PARAMETERS: usize = 10_000;
/// Most results of one function.
pub const MAX_RESULTS: usize = 1;
/// Most locals of one function.
pub const MAX_LOCALS: usize = 100;
/// Most locals of all functions.
pub const MAX_ALL_LOCALS: usize = 10_000;
/// Most globals of a module.
pub const MAX_GLOBALS: usize = 1000;
/// Longest function body, in bytes: what a compiler's time grows with fastest.
pub const MAX_FUNCTION_BYTES: usize = 128 * 1024;

/// The contract interface that is spoken here.
const INTERFACE: &str = "interface_version_8";
const INTERFACE_PREFIX: &str = "interface_version_";
const CAPABILITY_PREFIX: &str = "requires_";
/// Host capabilities beyond the interface itself. The numbered ones stand for imports (1.4 brings `db_next_key` and
/// `db_next_value`) and for queries of modules that no network here has: those are answered as unsupported.
const CAPABILITIES: [&str; 5] = ["iterator", "cosmwasm_1_1", "cosmwasm_1_2", "cosmwasm_1_3", "cosmwasm_1_4"];

/// Name, parameters and result, each a letter: `i` for i32, `I` for i64.
type Signature = (&'static str, &'static str, &'static str);

/// Every import of module `env` that the host links.
pub(crate) const IMPORTS: [Signature; 17] = [
    ("abort", "i", ""),
    ("debug", "i", ""),
    ("db_read", "i", "i"),
    ("db_write", "ii", ""),
    ("db_remove", "i", ""),
    ("db_scan", "iii", "i"),
    ("db_next", "i", "i"),
    ("db_next_key", "i", "i"),
    ("db_next_value", "i", "i"),
    ("addr_validate", "i", "i"),
    ("addr_canonicalize", "ii", "i"),
    ("addr_humanize", "ii", "i"),
    ("query_chain", "i", "i"),
    ("secp256k1_verify", "iii", "i"),
    ("secp256k1_recover_pubkey", "iii", "I"),
    ("ed25519_verify", "iii", "i"),
    ("ed25519_batch_verify", "iii", "i"),
];

const REQUIRED_EXPORTS: [Signature; 4] =
    [(INTERFACE, "", ""), ("allocate", "i", "i"), ("deallocate", "i", ""), ("instantiate", "iii", "i")];
const OPTIONAL_EXPORTS: [Signature; 2] = [("execute", "iii", "i"), ("query", "ii", "i")];

/// Why a module is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModuleError {
    /// Too many bytes.
    #[error("the module has {got} bytes, the limit is {limit}: strip it, or run wasm-opt -Oz")]
    TooLarge {
        /// Bytes given.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not valid WebAssembly with the features that are allowed here.
    #[error("not a valid module: {reason} (at byte {offset})")]
    Invalid {
        /// What the validator says.
        reason: String,
        /// Where.
        offset: usize,
    },
    /// More of something than allowed.
    #[error("the module has {got} {what}, the limit is {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many it has.
        got: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// Not exactly one memory, exported as `memory`.
    #[error("a module has exactly one memory of its own and exports it as `memory`")]
    Memory,
    /// A table without a maximum.
    #[error("a table has a maximum of at most {MAX_TABLE_ELEMENTS} elements")]
    UnboundedTable,
    /// Code that would run before an entry point.
    #[error("a start function is not allowed: leave initialisation to `instantiate`")]
    Start,
    /// No marker, another marker or several.
    #[error(
        "the module must export `{INTERFACE}` and no other interface version: build it on cosmwasm-std 1.5 to 3"
    )]
    Interface,
    /// An export is missing or has another type.
    #[error("the export `{0}` is missing or has the wrong type")]
    Export(&'static str),
    /// An import that the host does not have.
    #[error("the import `{module}.{name}` is not available here")]
    UnknownImport {
        /// The module that it names.
        module: String,
        /// Its name.
        name: String,
    },
    /// An import with another type than the host's.
    #[error("the import `env.{0}` has the wrong type")]
    ImportType(&'static str),
    /// A capability that the host does not have.
    #[error("the module requires `{0}`, which is not available here")]
    Capability(String),
}

impl From<wasmparser::Error> for ModuleError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Invalid { reason: clip(error.message()), offset: error.offset() }
    }
}

/// Names and messages come from the module: what is repeated of them is short and printable.
fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// MVP, and what compilers have emitted by default for years. No SIMD, threads, garbage collection, exceptions, tail
/// calls, 64-bit or several memories: none is needed, and each is one more thing to make deterministic and to prove.
fn features() -> WasmFeatures {
    WasmFeatures::MVP
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::CALL_INDIRECT_OVERLONG
}

/// Checks a module. Nothing is compiled.
///
/// # Errors
/// [`ModuleError`]
pub fn check_module(wasm: &[u8]) -> Result<(), ModuleError> {
    if wasm.len() > MAX_WASM_BYTES {
        return Err(ModuleError::TooLarge { got: wasm.len(), limit: MAX_WASM_BYTES });
    }
    let mut validator = Validator::new_with_features(features());
    let mut shape = Shape::default();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            shape.function(function, &body)?;
        }
        shape.section(payload)?;
    }
    shape.finish()
}

/// What has been seen of a module.
#[derive(Default)]
struct Shape {
    types: Vec<FuncType>,
    /// Type index of each function, imported ones first.
    functions: Vec<u32>,
    exports: Vec<(String, u32)>,
    capabilities: Vec<String>,
    memories: usize,
    memory_exported: bool,
    parameters: usize,
    locals: usize,
    allocations: FuncValidatorAllocations,
}

impl Shape {
    fn section(&mut self, payload: Payload<'_>) -> Result<(), ModuleError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.function_type(ty?)?;
                }
            }
            Payload::ImportSection(section) => {
                at_most("imports", section.count().into(), MAX_IMPORTS)?;
                for group in section {
                    self.import(group?)?;
                }
            }
            Payload::FunctionSection(section) => {
                at_most("functions", section.count().into(), MAX_FUNCTIONS)?;
                for index in section {
                    let index = index?;
                    self.functions.push(index);
                    self.parameters += self.ty(index).map_or(0, |ty| ty.params().len());
                }
                at_most("parameters of functions in total", self.parameters as u64, MAX_ALL_PARAMETERS)?;
            }
            Payload::TableSection(section) => {
                at_most("tables", section.count().into(), 1)?;
                section.into_iter().try_for_each(|table| table_fits(&table?.ty))?;
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    memory_fits(&memory?)?;
                    self.memories += 1;
                }
            }
            Payload::GlobalSection(section) => at_most("globals", section.count().into(), MAX_GLOBALS)?,
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.export(export.name, export.kind, export.index);
                }
            }
            Payload::StartSection { .. } => return Err(ModuleError::Start),
            _ => {}
        }
        Ok(())
    }

    fn function_type(&mut self, ty: FuncType) -> Result<(), ModuleError> {
        at_most("parameters of one function", ty.params().len() as u64, MAX_PARAMETERS)?;
        at_most("results of one function", ty.results().len() as u64, MAX_RESULTS)?;
        self.types.push(ty);
        Ok(())
    }

    fn import(&mut self, imports: Imports<'_>) -> Result<(), ModuleError> {
        // The validator has refused the compact forms, which are a proposal.
        let Imports::Single(_, import) = imports else { return Ok(()) };
        let known = IMPORTS.iter().find(|(name, ..)| import.module == "env" && *name == import.name);
        let Some((name, parameters, result)) = known else {
            return Err(ModuleError::UnknownImport { module: clip(import.module), name: clip(import.name) });
        };
        let TypeRef::Func(index) = import.ty else { return Err(ModuleError::ImportType(name)) };
        if !self.has_type(index, parameters, result) {
            return Err(ModuleError::ImportType(name));
        }
        self.functions.push(index);
        Ok(())
    }

    fn export(&mut self, name: &str, kind: ExternalKind, index: u32) {
        if kind == ExternalKind::Memory && name == "memory" {
            self.memory_exported = true;
        }
        if kind != ExternalKind::Func {
            return;
        }
        if let Some(capability) = name.strip_prefix(CAPABILITY_PREFIX) {
            self.capabilities.push(clip(capability));
        }
        let ours = REQUIRED_EXPORTS.iter().chain(&OPTIONAL_EXPORTS).any(|(export, ..)| *export == name);
        if ours || name.starts_with(INTERFACE_PREFIX) {
            self.exports.push((name.to_owned(), index));
        }
    }

    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), ModuleError> {
        at_most("bytes in one function", body.range().len() as u64, MAX_FUNCTION_BYTES)?;
        let mut locals: u64 = 0;
        for local in body.get_locals_reader()? {
            locals += u64::from(local?.0);
        }
        at_most("locals in one function", locals, MAX_LOCALS)?;
        // The line above keeps this far below overflow.
        self.locals += usize::try_from(locals).unwrap_or(MAX_LOCALS);
        at_most("locals of functions in total", self.locals as u64, MAX_ALL_LOCALS)?;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        validator.validate(body)?;
        self.allocations = validator.into_allocations();
        Ok(())
    }

    fn finish(self) -> Result<(), ModuleError> {
        if self.memories != 1 || !self.memory_exported {
            return Err(ModuleError::Memory);
        }
        let mut versions = self.exports.iter().filter(|(name, _)| name.starts_with(INTERFACE_PREFIX));
        if versions.next().is_none_or(|(name, _)| name != INTERFACE) || versions.next().is_some() {
            return Err(ModuleError::Interface);
        }
        if let Some(missing) = self.capabilities.iter().find(|name| !CAPABILITIES.contains(&name.as_str())) {
            return Err(ModuleError::Capability(missing.clone()));
        }
        let wrong = |(name, parameters, result): &Signature, optional: bool| {
            let found = self.exports.iter().find(|(export, _)| export == name);
            let fits = found.map_or(optional, |(_, index)| {
                let ty = usize::try_from(*index).ok().and_then(|index| self.functions.get(index));
                ty.is_some_and(|ty| self.has_type(*ty, parameters, result))
            });
            (!fits).then_some(*name)
        };
        let required = REQUIRED_EXPORTS.iter().find_map(|export| wrong(export, false));
        match required.or_else(|| OPTIONAL_EXPORTS.iter().find_map(|export| wrong(export, true))) {
            Some(name) => Err(ModuleError::Export(name)),
            None => Ok(()),
        }
    }

    fn ty(&self, index: u32) -> Option<&FuncType> {
        self.types.get(usize::try_from(index).ok()?)
    }

    fn has_type(&self, index: u32, parameters: &str, result: &str) -> bool {
        let letters = |types: &[ValType]| -> Option<String> {
            types
                .iter()
                .map(|ty| match ty {
                    ValType::I32 => Some('i'),
                    ValType::I64 => Some('I'),
                    _ => None,
                })
                .collect()
        };
        self.ty(index).is_some_and(|ty| {
            letters(ty.params()).as_deref() == Some(parameters)
                && letters(ty.results()).as_deref() == Some(result)
        })
    }
}

fn at_most(what: &'static str, got: u64, limit: usize) -> Result<(), ModuleError> {
    let limit = limit as u64;
    if got > limit { Err(ModuleError::TooMany { what, got, limit }) } else { Ok(()) }
}

fn memory_fits(memory: &MemoryType) -> Result<(), ModuleError> {
    if memory.shared || memory.memory64 {
        return Err(ModuleError::Memory);
    }
    let largest = memory.maximum.unwrap_or(memory.initial).max(memory.initial);
    if largest > MAX_PAGES {
        return Err(ModuleError::TooMany { what: "pages of memory", got: largest, limit: MAX_PAGES });
    }
    Ok(())
}

fn table_fits(table: &TableType) -> Result<(), ModuleError> {
    match table.maximum {
        Some(got) if got <= MAX_TABLE_ELEMENTS => Ok(()),
        Some(got) => Err(ModuleError::TooMany { what: "table elements", got, limit: MAX_TABLE_ELEMENTS }),
        None => Err(ModuleError::UnboundedTable),
    }
}
