use std::collections::BTreeMap;

use wasmparser::ValType;

use super::LowerError;
use crate::{Assembler, Label, Op, Row};

/// What stands around a module's own code: imports and entries.
pub trait Linkage {
    /// Writes the body of an import: a function like any other, with its arguments in registers 0.., its result in register 0, and
    /// `Return` at its end. A frame that it calls into begins at register 1 or later.
    ///
    /// # Errors
    /// [`LowerError::Import`] if there is no such import, [`LowerError::TooManyRows`]
    fn import(&self, import: &Import<'_>, exports: &Exports, code: &mut Assembler) -> Result<(), LowerError>;

    /// Writes code that runs begin with, and returns each entry's name and label.
    ///
    /// # Errors
    /// [`LowerError::Export`] if an entry needs a function that is not exported, [`LowerError::TooManyRows`]
    fn entries(&self, exports: &Exports, code: &mut Assembler) -> Result<Vec<(String, Label)>, LowerError>;
}

/// A function that a module imports.
#[derive(Debug, Clone, Copy)]
pub struct Import<'m> {
    /// Which of the module's imports it is.
    pub number: u32,
    /// The module that it names.
    pub module: &'m str,
    /// Its name there.
    pub name: &'m str,
    /// Types of its arguments.
    pub parameters: &'m [ValType],
    /// Types of its results.
    pub results: &'m [ValType],
}

/// A function that a module exports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its first row.
    pub label: Label,
    /// Types of its arguments.
    pub parameters: Vec<ValType>,
    /// Types of its results.
    pub results: Vec<ValType>,
}

/// What code around a module can call and use of it.
#[derive(Debug, Clone)]
pub struct Exports {
    /// Exported functions by name.
    pub functions: BTreeMap<String, Exported>,
    /// A function without arguments or result that brings a fresh instance to its start: sets globals, runs the start function.
    pub initialise: Label,
    /// The module uses globals with lower numbers than this; others are free for the linkage.
    pub globals: u32,
}

impl Exports {
    /// An exported function, if it has this type.
    ///
    /// # Errors
    /// [`LowerError::Export`]
    pub fn function(
        &self,
        name: &str,
        parameters: &[ValType],
        results: &[ValType],
    ) -> Result<Label, LowerError> {
        self.functions
            .get(name)
            .filter(|function| function.parameters == parameters && function.results == results)
            .map(|function| function.label)
            .ok_or_else(|| LowerError::Export(super::error::clip(name)))
    }
}

/// For tests and measurements: every exported function is an entry under its name, the initialisation is the entry "" (which
/// has to be run first). An import emits its number and its arguments, and is given its results.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Linkage for Plain {
    fn import(&self, import: &Import<'_>, _: &Exports, code: &mut Assembler) -> Result<(), LowerError> {
        let too_many = |_| LowerError::Import { module: import.module.into(), name: import.name.into() };
        let arguments = u16::try_from(import.parameters.len()).map_err(too_many)?;
        let results = u16::try_from(import.results.len()).map_err(too_many)?;
        let number = u64::from(import.number);
        code.push(Row { d: arguments.into(), immediate: true, imm: number, ..Row::new(Op::Copy) });
        code.push(Row { a: arguments, ..Row::new(Op::Emit) });
        for a in 0..arguments {
            code.push(Row { a, ..Row::new(Op::Emit) });
        }
        for result in 0..results {
            code.push(Row { d: result.into(), ..Row::new(Op::Advise) });
        }
        code.push(Row::new(Op::Return));
        Ok(())
    }

    fn entries(&self, exports: &Exports, _: &mut Assembler) -> Result<Vec<(String, Label)>, LowerError> {
        let functions = exports.functions.iter().map(|(name, function)| (name.clone(), function.label));
        Ok(std::iter::once((String::new(), exports.initialise)).chain(functions).collect())
    }
}
