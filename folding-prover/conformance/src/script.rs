//! One script file: modules, calls, and what they are expected to do.

use std::collections::{BTreeMap, BTreeSet};

use nectar_vm::{Stop, Trap};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Id;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use crate::instance::{self, Instance};
use crate::module::{self, Loaded};
use crate::value;
use crate::verdict::Verdict;
use crate::{Failure, FileReport};

/// Runs a script. `file` is what the report calls it.
pub fn run_script(file: &str, text: &str) -> FileReport {
    let mut report = FileReport { file: file.to_owned(), ..FileReport::default() };
    if let Err(error) = run(text, &mut report) {
        // Proposals bring words that the parser does not know.
        report.skipped.insert(format!("not a script: {}", error.message()), 1);
    }
    report
}

fn run(text: &str, report: &mut FileReport) -> Result<(), wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer)?;
    let Wast { mut directives } = parser::parse(&buffer)?;
    // Programs first: machines borrow them.
    let loaded: Vec<_> = directives.iter_mut().map(load).collect();
    let mut script = Script::default();
    for (directive, loaded) in directives.into_iter().zip(&loaded) {
        let (line, _) = directive.span().linecol_in(text);
        match script.verdict(directive, loaded.as_ref()) {
            Verdict::Passed => report.passed += 1,
            Verdict::Failed(what) => report.failed.push(Failure { line: line + 1, what }),
            Verdict::Skipped(reason) => *report.skipped.entry(reason).or_default() += 1,
        }
    }
    Ok(())
}

/// The program of a directive that has a module to be run.
fn load(directive: &mut WastDirective<'_>) -> Option<Result<Loaded, Verdict>> {
    let wasm = match directive {
        WastDirective::Module(module) => encode(module),
        WastDirective::AssertTrap { exec: WastExecute::Wat(module), .. }
        | WastDirective::AssertReturn { exec: WastExecute::Wat(module), .. } => encode_text(module),
        _ => return None,
    };
    Some(wasm.map_err(Verdict::Failed).and_then(|wasm| module::load(&wasm)))
}

fn encode(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, String> {
    module.encode().map_err(|error| error.message())
}

fn encode_text(module: &mut Wat<'_>) -> Result<Vec<u8>, String> {
    module.encode().map_err(|error| error.message())
}

/// Instances, or why there is none.
#[derive(Debug, Default)]
struct Script<'p> {
    instances: Vec<Result<Instance<'p>, Verdict>>,
    names: BTreeMap<String, usize>,
    /// Instances that other modules can import from, and change.
    registered: BTreeSet<usize>,
    /// Whether the instance that a directive asks may be in another state than it expects.
    unsure: bool,
}

impl<'p> Script<'p> {
    fn verdict(
        &mut self,
        directive: WastDirective<'_>,
        loaded: Option<&'p Result<Loaded, Verdict>>,
    ) -> Verdict {
        self.unsure = false;
        match self.run(directive, loaded).unwrap_or_else(|verdict| verdict) {
            Verdict::Failed(_) if self.unsure => Verdict::Skipped("after an unprovable call".to_owned()),
            verdict => verdict,
        }
    }

    fn run(
        &mut self,
        directive: WastDirective<'_>,
        loaded: Option<&'p Result<Loaded, Verdict>>,
    ) -> Result<Verdict, Verdict> {
        match directive {
            WastDirective::Module(module) => self.module(module.name(), loaded),
            WastDirective::AssertInvalid { mut module, .. } => Ok(match encode(&mut module) {
                Ok(wasm) => module::refuses(&wasm),
                Err(_) => Verdict::Passed,
            }),
            WastDirective::AssertMalformed { mut module, .. } => Ok(match encode(&mut module) {
                Ok(wasm) => module::refuses(&wasm),
                Err(_) => Verdict::Passed,
            }),
            WastDirective::Invoke(call) => match self.call(&call)? {
                Ok(_) => Ok(Verdict::Passed),
                Err(stop) => Err(stopped(stop)),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.returns(&exec, &results, loaded),
            WastDirective::AssertTrap { exec, message, .. } => self.traps(&exec, message, loaded),
            WastDirective::AssertExhaustion { call, .. } => {
                expect(Trap::StackOverflow, self.call(&call)?.err())
            }
            WastDirective::Register { module, .. } => {
                self.registered.extend(self.place(module));
                Err(linking())
            }
            WastDirective::AssertUnlinkable { .. } => Err(linking()),
            WastDirective::ModuleDefinition(_) | WastDirective::ModuleInstance { .. } => {
                Err(Verdict::Skipped("definitions of modules".to_owned()))
            }
            WastDirective::AssertInvalidCustom { .. } | WastDirective::AssertMalformedCustom { .. } => {
                Err(Verdict::Skipped("contents of custom sections".to_owned()))
            }
            WastDirective::AssertException { .. } => Err(Verdict::Skipped("exceptions".to_owned())),
            WastDirective::AssertSuspension { .. } => Err(Verdict::Skipped("stack switching".to_owned())),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => {
                Err(Verdict::Skipped("threads".to_owned()))
            }
        }
    }

    fn module(
        &mut self,
        name: Option<Id<'_>>,
        loaded: Option<&'p Result<Loaded, Verdict>>,
    ) -> Result<Verdict, Verdict> {
        let instance = start(loaded).and_then(|started| started.map_err(stopped));
        let verdict = match &instance {
            Ok(_) => Verdict::Passed,
            Err(verdict) => verdict.clone(),
        };
        // A module without a name does not hide one that has one.
        if let Some(name) = name {
            self.names.insert(name.name().to_owned(), self.instances.len());
        }
        self.instances.push(instance);
        if let Verdict::Skipped(_) = verdict {
            self.forget_registered();
        }
        Ok(verdict)
    }

    fn returns(
        &mut self,
        exec: &WastExecute<'_>,
        expected: &[WastRet<'_>],
        loaded: Option<&'p Result<Loaded, Verdict>>,
    ) -> Result<Verdict, Verdict> {
        match exec {
            WastExecute::Invoke(call) => match self.call(call)? {
                Ok(registers) => compare(expected, registers),
                Err(stop) => Err(stopped(stop)),
            },
            WastExecute::Get { module, global, .. } => {
                let value = self.instance(*module)?.global(global)?;
                compare(expected, &[value])
            }
            WastExecute::Wat(_) => match start(loaded)? {
                Ok(_) => Ok(Verdict::Passed),
                Err(stop) => Err(stopped(stop)),
            },
        }
    }

    fn traps(
        &mut self,
        exec: &WastExecute<'_>,
        message: &str,
        loaded: Option<&'p Result<Loaded, Verdict>>,
    ) -> Result<Verdict, Verdict> {
        let stop = match exec {
            WastExecute::Invoke(call) => self.call(call)?.err(),
            WastExecute::Wat(_) => match start(loaded) {
                Ok(started) => started.err(),
                Err(verdict) => {
                    self.forget_registered();
                    return Err(verdict);
                }
            },
            WastExecute::Get { .. } => None,
        };
        if let Some(Stop::Unprovable { .. }) = stop {
            return Err(Verdict::Skipped("unprovable".to_owned()));
        }
        let trap = instance::trap(message);
        expect(trap.ok_or_else(|| Verdict::Failed(format!("no trap is known as \"{message}\"")))?, stop)
    }

    fn call(&mut self, call: &WastInvoke<'_>) -> Result<Result<&[u64], Stop>, Verdict> {
        let instance = self.instance(call.module)?;
        let arguments = call.args.iter().map(value::argument).collect::<Result<Vec<_>, _>>()?;
        instance.call(call.name, &arguments)
    }

    /// Place of the instance of that name, or of the last one.
    fn place(&self, name: Option<Id<'_>>) -> Option<usize> {
        match name {
            Some(name) => self.names.get(name.name()).copied(),
            None => self.instances.len().checked_sub(1),
        }
    }

    /// What a module that was not run would have changed of those that it imports from, nobody knows.
    fn forget_registered(&mut self) {
        for place in &self.registered {
            if let Some(instance) = self.instances.get_mut(*place) {
                *instance = Err(linking());
            }
        }
    }

    /// The instance of that name, or the last one.
    fn instance(&mut self, name: Option<Id<'_>>) -> Result<&mut Instance<'p>, Verdict> {
        match self.place(name).and_then(|place| self.instances.get_mut(place)) {
            Some(Ok(instance)) => {
                self.unsure = instance.is_unsure();
                Ok(instance)
            }
            Some(Err(Verdict::Skipped(reason))) => Err(Verdict::Skipped(reason.clone())),
            Some(Err(_)) => Err(Verdict::Skipped("its module failed".to_owned())),
            None => Err(Verdict::Skipped("definitions of modules".to_owned())),
        }
    }
}

fn linking() -> Verdict {
    Verdict::Skipped("linking of modules".to_owned())
}

fn start(loaded: Option<&Result<Loaded, Verdict>>) -> Result<Result<Instance<'_>, Stop>, Verdict> {
    match loaded {
        Some(Ok(loaded)) => Instance::start(loaded),
        Some(Err(verdict)) => Err(verdict.clone()),
        None => Err(Verdict::Failed("there is no module".to_owned())),
    }
}

/// A run that was expected to go on to its end.
fn stopped(stop: Stop) -> Verdict {
    match stop {
        Stop::Unprovable { .. } => Verdict::Skipped("unprovable".to_owned()),
        other => Verdict::Failed(other.to_string()),
    }
}

fn expect(trap: Trap, stop: Option<Stop>) -> Result<Verdict, Verdict> {
    match stop {
        Some(Stop::Trap(got)) if got == trap => Ok(Verdict::Passed),
        Some(Stop::Unprovable { .. }) => Err(Verdict::Skipped("unprovable".to_owned())),
        Some(other) => Err(Verdict::Failed(format!("expected trap \"{trap}\", got {other}"))),
        None => Err(Verdict::Failed(format!("expected trap \"{trap}\", got a result"))),
    }
}

fn compare(expected: &[WastRet<'_>], registers: &[u64]) -> Result<Verdict, Verdict> {
    for (number, expected) in expected.iter().enumerate() {
        let register = registers.get(number).copied().unwrap_or(0);
        if !value::matches(expected, register)? {
            return Err(Verdict::Failed(format!("result {number} is {register:#x}, expected {expected:?}")));
        }
    }
    Ok(Verdict::Passed)
}
