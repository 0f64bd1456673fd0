//! One module, twice: in wasmtime and in the machine.

use std::collections::BTreeMap;

use nectar_conformance::Scripted;
use nectar_vm::{
    Assembler, Exports, Import, Label, Limits, Linkage, LowerError, Machine, Op, Program, Row, Stop, Trap,
    Unprovable, lower,
};
use wasmparser::{ExternalKind, Parser, Payload};
use wasmtime::{Engine, Extern, Instance, Module, Mutability, Val};

use crate::engine::{self, Context, FUEL};
use crate::observe::Observer;
use crate::values::register;

/// What was compared.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) modules: u64,
    /// Not lowered, by name.
    pub(crate) refused: u64,
    pub(crate) results: u64,
    pub(crate) traps: u64,
    /// Calls that reached something that no proof covers.
    pub(crate) unprovable: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.modules += other.modules;
        self.refused += other.refused;
        self.results += other.results;
        self.traps += other.traps;
        self.unprovable += other.unprovable;
    }
}

/// Both instances.
pub(crate) struct Pair<'p> {
    store: Context,
    instance: Instance,
    machine: Machine<'p>,
    program: &'p Program,
    observer: Observer<'p>,
    /// Exported globals: name and number.
    globals: BTreeMap<String, usize>,
    /// Said with every difference.
    name: String,
    tally: Tally,
}

/// How a call ended on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Results,
    Trapped(Trap),
    /// The machine went another way than wasmtime, rightly: the instances differ from now on.
    Apart,
}

/// Instantiates a module in both, and lets `calls` call it.
pub(crate) fn compare(engine: &Engine, name: &str, wasm: &[u8], calls: impl FnOnce(&mut Pair<'_>)) -> Tally {
    let mut tally = Tally { modules: 1, ..Tally::default() };
    let module = Module::from_binary(engine, wasm).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let (store, instance) = engine::instantiate(&module);
    let program = match (lower(wasm, &Imports), &instance) {
        (Ok(program), _) => program,
        // The module cannot be instantiated: the machine is never asked to.
        (Err(LowerError::Segment { what, .. }), Err(error)) => {
            let trap = if what == "data" { Trap::MemoryOutOfBounds } else { Trap::TableOutOfBounds };
            assert_eq!(engine::trap(error), trap, "{name}");
            tally.refused = 1;
            return tally;
        }
        (Err(LowerError::Unsupported { .. } | LowerError::TooMany { .. }), _) => {
            tally.refused = 1;
            return tally;
        }
        (Err(error), instance) => panic!("{name}: not lowered: {error}; wasmtime: {:?}", instance.is_ok()),
    };
    start(name, wasm, &program, store, instance, tally, calls)
}

fn start(
    name: &str,
    wasm: &[u8],
    program: &Program,
    store: Context,
    instance: Result<Instance, wasmtime::Error>,
    mut tally: Tally,
    calls: impl FnOnce(&mut Pair<'_>),
) -> Tally {
    let limits = Limits { gas: FUEL, ..Limits::default() };
    let mut machine = Machine::new(program, limits);
    let mut observer = Observer::new(program);
    observer.begin(&[]);
    let started = machine.run(program.entries["initialise"], &[], &mut (), &mut observer);
    match (started, instance) {
        (Ok(_), Ok(instance)) => {
            // wasmtime starts instances with code of its own, which costs too. The runtime allows no start functions.
            if machine.gas() == 0 {
                assert_eq!(store.get_fuel().unwrap(), FUEL, "{name}: gas of the start");
            }
            let (globals, name) = (exported_globals(wasm), name.to_owned());
            let mut pair = Pair { store, instance, machine, program, observer, globals, name, tally };
            pair.same_state("the start");
            calls(&mut pair);
            pair.tally
        }
        // wasmtime's stack is the smaller one.
        (_, Err(error)) if engine::trap(&error) == Trap::StackOverflow => {
            tally.traps += 1;
            tally
        }
        (Err(Stop::Trap(trap)), Err(error)) => {
            assert_eq!(trap, engine::trap(&error), "{name}: the start");
            tally.traps += 1;
            tally
        }
        (Err(Stop::Unprovable { .. }), _) => {
            tally.unprovable += 1;
            tally
        }
        (machine, wasmtime) => panic!("{name}: the start: {machine:?}, wasmtime {wasmtime:?}"),
    }
}

impl Pair<'_> {
    /// The first result of the last call.
    pub(crate) fn result(&self) -> u64 {
        self.machine.registers()[0]
    }

    /// Names and types of exported functions, in order.
    pub(crate) fn functions(&mut self) -> Vec<(String, wasmtime::FuncType)> {
        let exports: Vec<_> = self
            .instance
            .exports(&mut self.store)
            .filter_map(|export| Some((export.name().to_owned(), export.into_func()?)))
            .collect();
        exports.into_iter().map(|(name, function)| (name, function.ty(&self.store))).collect()
    }

    /// Calls an exported function in both.
    pub(crate) fn call(&mut self, function: &str, arguments: &[Val]) -> Outcome {
        let shown = format!("{}: {function}({arguments:?})", self.name);
        let registers: Vec<_> = arguments.iter().map(register).collect();
        self.observer.begin(&registers);
        let row = self.program.entries[&Scripted::entry(function)];
        let machine = self.machine.run(row, &registers, &mut (), &mut self.observer);

        self.store.set_fuel(FUEL).unwrap();
        let callee = self.instance.get_func(&mut self.store, function).unwrap();
        let mut results = vec![Val::I32(0); callee.ty(&self.store).results().len()];
        let wasmtime = callee.call(&mut self.store, arguments, &mut results);

        match (machine, wasmtime) {
            (Ok(_), Ok(())) => {
                let expected: Vec<_> = results.iter().map(register).collect();
                assert_eq!(self.machine.registers()[..expected.len()], expected, "{shown}: results");
                let used = FUEL - self.store.get_fuel().unwrap();
                assert_eq!(self.machine.gas(), used, "{shown}: gas");
                self.tally.results += 1;
                self.same_state(&shown);
                Outcome::Results
            }
            // wasmtime's stack is the smaller one: what was done before it ended, or after, differs.
            (machine, Err(error)) if engine::trap(&error) == Trap::StackOverflow => {
                self.tally.traps += 1;
                let both = machine == Err(Stop::Trap(Trap::StackOverflow));
                if both { Outcome::Trapped(Trap::StackOverflow) } else { Outcome::Apart }
            }
            (Err(Stop::Trap(trap)), Err(error)) => {
                assert_eq!(trap, engine::trap(&error), "{shown}: trap");
                self.tally.traps += 1;
                self.same_state(&shown);
                Outcome::Trapped(trap)
            }
            (Err(Stop::Unprovable { .. }), _) => {
                self.tally.unprovable += 1;
                Outcome::Apart
            }
            (machine, wasmtime) => panic!("{shown}: {machine:?}, wasmtime {wasmtime:?} {results:?}"),
        }
    }

    /// Memory and exported globals are the same.
    fn same_state(&mut self, when: &str) {
        let exports = self.instance.exports(&mut self.store);
        let exports: Vec<(String, Extern)> =
            exports.map(|export| (export.name().to_owned(), export.into_extern())).collect();
        for (name, export) in exports {
            match export {
                Extern::Memory(memory) => {
                    let (theirs, ours) = (memory.data(&self.store), self.machine.memory());
                    assert_eq!(ours.len(), theirs.len(), "{when}: size of memory");
                    let different = ours.iter().zip(theirs).position(|(ours, theirs)| ours != theirs);
                    assert_eq!(different, None, "{when}: memory");
                }
                // Constants are folded into rows.
                Extern::Global(global) if global.ty(&self.store).mutability() == Mutability::Var => {
                    let value = global.get(&mut self.store);
                    let ours = self.machine.global(self.globals[&name]);
                    assert_eq!(ours, register(&value), "{when}: global {name}");
                }
                _ => {}
            }
        }
    }
}

/// As scripts have it; wasmtime's imports trap, the machine's are not provable.
struct Imports;

impl Linkage for Imports {
    fn import(&self, _: &Import<'_>, _: &Exports, code: &mut Assembler) -> Result<(), LowerError> {
        code.push(Row { imm: Unprovable::Import as u64, ..Row::new(Op::Unprovable) });
        Ok(())
    }

    fn entries(&self, exports: &Exports, code: &mut Assembler) -> Result<Vec<(String, Label)>, LowerError> {
        Scripted.entries(exports, code)
    }
}

fn exported_globals(wasm: &[u8]) -> BTreeMap<String, usize> {
    let sections = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload {
        Ok(Payload::ExportSection(section)) => Some(section),
        _ => None,
    });
    let exports = sections.flatten().map(Result::unwrap);
    let globals = exports.filter(|export| export.kind == ExternalKind::Global);
    globals.map(|export| (export.name.to_owned(), export.index as usize)).collect()
}
