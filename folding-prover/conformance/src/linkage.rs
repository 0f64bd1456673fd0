use nectar_vm::{Assembler, Exports, Import, Label, Linkage, LowerError, Op, Row};

/// Name of the entry that brings a fresh instance to its start.
pub(crate) const INITIALISE: &str = "initialise";

/// What scripts expect around a module: exported functions are entries under their names with a colon before them,
/// since scripts export functions with any name, and the printing functions of the module `spectest` can be imported.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scripted;

impl Scripted {
    /// Name of an exported function's entry.
    pub fn entry(function: &str) -> String {
        format!(":{function}")
    }
}

impl Linkage for Scripted {
    fn import(&self, import: &Import<'_>, _: &Exports, code: &mut Assembler) -> Result<(), LowerError> {
        if import.module != "spectest" || !import.name.starts_with("print") || !import.results.is_empty() {
            return Err(LowerError::Import { module: import.module.into(), name: import.name.into() });
        }
        code.push(Row::new(Op::Return));
        Ok(())
    }

    fn entries(&self, exports: &Exports, _: &mut Assembler) -> Result<Vec<(String, Label)>, LowerError> {
        let functions = exports.functions.iter();
        let mut entries: Vec<_> =
            functions.map(|(name, function)| (Self::entry(name), function.label)).collect();
        entries.push((INITIALISE.to_owned(), exports.initialise));
        Ok(entries)
    }
}
