//! From a WebAssembly module to a program.

mod arithmetic;
mod bulk;
mod compute;
mod control;
mod data;
mod emitter;
mod error;
mod function;
mod linkage;
mod module;
mod operands;
mod survey;

use std::collections::BTreeMap;

pub use error::LowerError;
pub use linkage::{Exported, Exports, Import, Linkage, Plain};

use crate::{Assembler, Element, Function, Label, Op, Program, Row};
use error::clip;
use module::Module;

/// Lowers a module. The same bytes and linkage give the same program, everywhere.
///
/// # Errors
/// [`LowerError`]
pub fn lower(wasm: &[u8], linkage: &dyn Linkage) -> Result<Program, LowerError> {
    let module = Module::read(wasm)?;
    let mut code = Assembler::default();
    let places = Places::of(&module, &mut code);
    let exports = exports(&module, &places);
    let mut functions = Functions::default();

    functions.begin(&code, "[initialise]".into())?;
    initialise(&module, &places, &mut code)?;
    for (number, (from, name)) in (0..).zip(&module.imports) {
        functions.begin(&code, clip(&format!("[import {from}.{name}]")))?;
        places.place(number, &mut code)?;
        let Some(ty) = module.type_of(number) else { continue };
        let (parameters, results) = (ty.params(), ty.results());
        let import = Import { number, module: from, name, parameters, results };
        linkage.import(&import, &exports, &mut code)?;
    }
    let imported = u32::try_from(module.imports.len()).unwrap_or(u32::MAX);
    for (number, body) in (imported..).zip(&module.bodies) {
        functions.begin(&code, module.name_of(number))?;
        places.place(number, &mut code)?;
        function::lower_function(&module, &places, number, body, &mut code)?;
    }
    functions.begin(&code, "[memory.copy]".into())?;
    code.place(places.copy)?;
    bulk::copy(&mut code)?;
    functions.begin(&code, "[memory.fill]".into())?;
    code.place(places.fill)?;
    bulk::fill(&mut code)?;
    functions.begin(&code, "[entries]".into())?;
    let own = code.next()?;
    let entries = linkage.entries(&exports, &mut code)?;

    let row_of = |label: Label| code.place_of(label).unwrap_or_default();
    let element = |function: &Option<u32>| {
        let function = (*function)? as usize;
        let label = *places.functions.get(function)?;
        let ty = module.type_numbers.get(*module.functions.get(function)? as usize)?;
        Some(Element { row: row_of(label), ty: *ty })
    };
    let table = module.table.iter().map(element).collect();
    let entries: BTreeMap<_, _> = entries.into_iter().map(|(name, label)| (name, row_of(label))).collect();
    for (name, row) in entries.iter().filter(|(_, row)| **row >= own) {
        functions.starts.insert(*row, clip(&format!("[entry {name}]")));
    }
    let rows = code.finish()?;
    let functions = functions.finish(rows.len());
    Ok(Program { rows, data: module.data, table, pages: module.pages, entries, functions })
}

/// Where functions and routines will be.
struct Places {
    functions: Vec<Label>,
    initialise: Label,
    copy: Label,
    fill: Label,
}

impl Places {
    fn of(module: &Module<'_>, code: &mut Assembler) -> Self {
        let functions = module.functions.iter().map(|_| code.label()).collect();
        Self { functions, initialise: code.label(), copy: code.label(), fill: code.label() }
    }

    fn place(&self, function: u32, code: &mut Assembler) -> Result<(), LowerError> {
        if let Some(label) = self.functions.get(function as usize) {
            code.place(*label)?;
        }
        Ok(())
    }
}

/// Where each function begins, for people.
#[derive(Default)]
struct Functions {
    starts: BTreeMap<u32, String>,
}

impl Functions {
    fn begin(&mut self, code: &Assembler, name: String) -> Result<(), LowerError> {
        self.starts.insert(code.next()?, name);
        Ok(())
    }

    fn finish(self, rows: usize) -> Vec<Function> {
        let end = u32::try_from(rows).unwrap_or(u32::MAX);
        let ends: Vec<u32> = self.starts.keys().copied().skip(1).chain(std::iter::once(end)).collect();
        let spans = self.starts.into_iter().zip(ends);
        spans.map(|((start, name), end)| Function { name, rows: start..end }).collect()
    }
}

fn exports(module: &Module<'_>, places: &Places) -> Exports {
    let exported = |(name, function): (&&str, &u32)| {
        let label = *places.functions.get(*function as usize)?;
        let ty = module.type_of(*function)?;
        let (parameters, results) = (ty.params().to_vec(), ty.results().to_vec());
        Some(((*name).to_owned(), Exported { label, parameters, results }))
    };
    Exports {
        functions: module.exports.iter().filter_map(exported).collect(),
        initialise: places.initialise,
        globals: u32::try_from(module.globals.len()).unwrap_or(u32::MAX),
    }
}

/// A function that sets the globals that do not start at zero, and runs the start function. It costs nothing by itself.
fn initialise(module: &Module<'_>, places: &Places, code: &mut Assembler) -> Result<(), LowerError> {
    code.place(places.initialise)?;
    for (number, global) in
        (0..).zip(&module.globals).filter(|(_, global)| global.mutable && global.start != 0)
    {
        code.push(Row { immediate: true, imm: global.start, ..Row::new(Op::Copy) });
        code.push(Row { imm: number, ..Row::new(Op::GlobalSet) });
    }
    if let Some(label) = module.start.and_then(|start| places.functions.get(start as usize)) {
        // A frame behind this one's beginning, where the way back from here is kept.
        code.push_to(Row { d: 1, ..Row::new(Op::Call) }, *label);
    }
    code.push(Row::new(Op::Return));
    Ok(())
}
