use std::collections::BTreeMap;

use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, Export, ExternalKind, FuncType, FuncValidatorAllocations,
    FunctionBody, Imports, KnownCustom, MemoryType, Name, Operator, Parser, Payload, TableType, TypeRef,
    ValidPayload, Validator, WasmFeatures,
};

use super::LowerError;
use super::data::DataSegments;
use super::error::{at_most, clip};
use crate::{DataImage, MAX_GLOBALS, MAX_PAGES};

/// Most bytes of a module: the contract interface's limit.
const MAX_WASM_BYTES: usize = 2 * 1024 * 1024;
/// Most elements of a table.
const MAX_TABLE_ELEMENTS: u64 = 10_000;
/// Most parameters or results of a block, and results of a function. Compilers use one.
const MAX_VALUES: u64 = 32;

const MODULE: &str = "the module";

/// What the lowering needs of a valid module.
#[derive(Default)]
pub(super) struct Module<'a> {
    pub(super) types: Vec<FuncType>,
    /// The first type that equals this one, for each.
    pub(super) type_numbers: Vec<u32>,
    /// Type of each function, imported ones first.
    pub(super) functions: Vec<u32>,
    /// Module and name of each import.
    pub(super) imports: Vec<(&'a str, &'a str)>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    pub(super) globals: Vec<Global>,
    /// Functions in the table.
    pub(super) table: Vec<Option<u32>>,
    pub(super) data: DataImage,
    pub(super) pages: (u32, u32),
    pub(super) exports: BTreeMap<&'a str, u32>,
    pub(super) start: Option<u32>,
    /// Number of each type.
    signatures: BTreeMap<FuncType, u32>,
    names: BTreeMap<u32, String>,
}

/// A global of the module's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Global {
    pub(super) mutable: bool,
    pub(super) start: u64,
}

/// The features that the runtime allows: MVP, and what compilers have emitted by default for years.
fn features() -> WasmFeatures {
    WasmFeatures::MVP
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::CALL_INDIRECT_OVERLONG
}

impl<'a> Module<'a> {
    /// Validates a module and takes it apart.
    pub(super) fn read(wasm: &'a [u8]) -> Result<Self, LowerError> {
        if wasm.len() > MAX_WASM_BYTES {
            return Err(LowerError::TooLarge { got: wasm.len(), limit: MAX_WASM_BYTES });
        }
        let mut module = Self::default();
        let mut data = DataSegments::default();
        let mut validator = Validator::new_with_features(features());
        let mut allocations = FuncValidatorAllocations::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                let mut validator = function.into_validator(std::mem::take(&mut allocations));
                validator.validate(&body)?;
                allocations = validator.into_allocations();
                module.bodies.push(body);
            }
            module.section(payload, &mut data)?;
        }
        module.data = data.image(module.pages.0)?;
        for (name, function) in &module.exports {
            module.names.entry(*function).or_insert_with(|| clip(name));
        }
        Ok(module)
    }

    fn section(&mut self, payload: Payload<'a>, data: &mut DataSegments<'a>) -> Result<(), LowerError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.function_type(ty?)?;
                }
            }
            Payload::ImportSection(section) => {
                for group in section {
                    self.import(group?)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                section.into_iter().try_for_each(|table| self.add_table(&table?.ty))?;
            }
            Payload::MemorySection(section) => {
                section.into_iter().try_for_each(|memory| self.add_memory(&memory?))?;
            }
            Payload::GlobalSection(section) => {
                at_most("globals", MODULE, section.count().into(), MAX_GLOBALS as u64)?;
                for global in section {
                    let global = global?;
                    let start = constant(&global.init_expr)?;
                    self.globals.push(Global { mutable: global.ty.mutable, start });
                }
            }
            Payload::ExportSection(section) => {
                section.into_iter().try_for_each(|export| self.export(&export?))?
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => {
                for (number, element) in (0..).zip(section) {
                    let element = element?;
                    let offset = match &element.kind {
                        ElementKind::Active { offset_expr, .. } => constant(offset_expr)?,
                        ElementKind::Passive => return Err(passive("element")),
                        ElementKind::Declared => continue,
                    };
                    self.fill_table(number, offset, element.items)?;
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment?;
                    match &segment.kind {
                        DataKind::Active { offset_expr, .. } => {
                            data.add(constant(offset_expr)?, segment.data)
                        }
                        DataKind::Passive => return Err(passive("data")),
                    }
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // Names are for people: what cannot be read is left out.
                    names.into_iter().map_while(Result::ok).for_each(|name| self.add_names(name));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn function_type(&mut self, ty: FuncType) -> Result<(), LowerError> {
        at_most("results of a function or block", MODULE, ty.results().len() as u64, MAX_VALUES)?;
        let number = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        self.type_numbers.push(*self.signatures.entry(ty.clone()).or_insert(number));
        self.types.push(ty);
        Ok(())
    }

    fn import(&mut self, imports: Imports<'a>) -> Result<(), LowerError> {
        // The validator has refused the compact forms, which are a proposal.
        let Imports::Single(_, import) = imports else { return Ok(()) };
        let TypeRef::Func(ty) = import.ty else {
            return Err(LowerError::Unsupported {
                what: format!("the import `{}.{}`", clip(import.module), clip(import.name)),
                place: MODULE.into(),
                instead: "only functions are imported; have memory, table and globals in the module",
            });
        };
        self.imports.push((import.module, import.name));
        self.functions.push(ty);
        Ok(())
    }

    fn add_table(&mut self, table: &TableType) -> Result<(), LowerError> {
        at_most("table elements", MODULE, table.initial, MAX_TABLE_ELEMENTS)?;
        self.table = vec![None; usize::try_from(table.initial).unwrap_or_default()];
        Ok(())
    }

    fn add_memory(&mut self, memory: &MemoryType) -> Result<(), LowerError> {
        let limit = u64::from(MAX_PAGES);
        at_most("pages of memory", MODULE, memory.initial, limit)?;
        let page = |pages: u64| u32::try_from(pages.min(limit)).unwrap_or(MAX_PAGES);
        self.pages = (page(memory.initial), page(memory.maximum.unwrap_or(limit)));
        Ok(())
    }

    fn export(&mut self, export: &Export<'a>) -> Result<(), LowerError> {
        if export.kind == ExternalKind::Func {
            self.exports.insert(export.name, export.index);
        }
        Ok(())
    }

    fn fill_table(&mut self, number: u32, offset: u64, items: ElementItems<'_>) -> Result<(), LowerError> {
        let functions = match items {
            ElementItems::Functions(functions) => functions
                .into_iter()
                .map(|function| Ok(Some(function?)))
                .collect::<Result<Vec<_>, LowerError>>()?,
            ElementItems::Expressions(_, expressions) => expressions
                .into_iter()
                .map(|expression| match expression?.get_operators_reader().read()? {
                    Operator::RefFunc { function_index } => Ok(Some(function_index)),
                    _ => Ok(None),
                })
                .collect::<Result<Vec<_>, LowerError>>()?,
        };
        let outside = LowerError::Segment { what: "element", number };
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.checked_add(functions.len());
        let Some(place) = end.and_then(|end| self.table.get_mut(start..end)) else { return Err(outside) };
        place.copy_from_slice(&functions);
        Ok(())
    }

    fn add_names(&mut self, name: Name<'_>) {
        if let Name::Function(names) = name {
            let names = names.into_iter().map_while(Result::ok);
            self.names.extend(names.map(|naming| (naming.index, clip(naming.name))));
        }
    }

    /// The type of a function.
    pub(super) fn type_of(&self, function: u32) -> Option<&FuncType> {
        self.types.get(*self.functions.get(function as usize)? as usize)
    }

    /// What people call a function.
    pub(super) fn name_of(&self, function: u32) -> String {
        self.names.get(&function).cloned().unwrap_or_else(|| format!("func[{function}]"))
    }
}

/// Blocks may have as many parameters as functions may have results.
pub(super) fn block_fits(place: &str, ty: &FuncType) -> Result<(), LowerError> {
    at_most("parameters of a block", place, ty.params().len() as u64, MAX_VALUES)
}

/// The value of an initialiser, as its bits.
fn constant(expression: &ConstExpr<'_>) -> Result<u64, LowerError> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => Ok(value.cast_unsigned()),
        Operator::F32Const { value } => Ok(u64::from(value.bits())),
        Operator::F64Const { value } => Ok(value.bits()),
        _ => Err(LowerError::Unsupported {
            what: "an initialiser that is not a constant".into(),
            place: MODULE.into(),
            instead: "write the number itself",
        }),
    }
}

fn passive(what: &str) -> LowerError {
    LowerError::Unsupported {
        what: format!("a passive {what} segment"),
        place: MODULE.into(),
        instead: "use active segments: compile without shared memory, and without -Z or --passive options",
    }
}
