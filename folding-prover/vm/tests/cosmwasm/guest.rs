//! Small modules by hand, and how they are run.

use nectar_vm::cosmwasm::{CosmWasm, MemoryHost};
use nectar_vm::{Limits, LowerError, Machine, Program, Stop, lower};

/// The gas that each run has.
pub(crate) const GAS: u64 = 2_000_000_000;
/// Regions at fixed places: the response, the key `key`, the value `value`, and one without bytes but with room for 64.
pub(crate) const RESPONSE: &str = "(i32.const 16)";
pub(crate) const KEY: &str = "(i32.const 48)";
pub(crate) const VALUE: &str = "(i32.const 64)";
pub(crate) const FREE: &str = "(i32.const 80)";

const ALLOCATE: &str = "
    (local $region i32)
    (local.set $region (global.get $heap))
    (global.set $heap (i32.add (i32.add (local.get $region) (i32.const 12)) (local.get $size)))
    (loop $grow
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
        (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable))) (br $grow))))
    (i32.store (local.get $region) (i32.add (local.get $region) (i32.const 12)))
    (i32.store offset=4 (local.get $region) (local.get $size))
    (local.get $region)";

/// What to change of an ordinary module.
pub(crate) struct Guest {
    /// Body of `allocate`.
    pub(crate) allocate: String,
    /// Body of `execute`.
    pub(crate) execute: String,
    /// Body of `query`.
    pub(crate) query: String,
    /// Anything else.
    pub(crate) more: String,
}

impl Default for Guest {
    fn default() -> Self {
        Self {
            allocate: ALLOCATE.into(),
            execute: RESPONSE.into(),
            query: RESPONSE.into(),
            more: String::new(),
        }
    }
}

impl Guest {
    /// An ordinary module whose `execute` is this.
    pub(crate) fn execute(body: &str) -> Self {
        Self { execute: body.into(), ..Self::default() }
    }

    pub(crate) fn wat(&self) -> String {
        let Self { allocate, execute, query, more } = self;
        let region = |at: u32, offset: u32, length: u32| {
            let words = [offset, 64, length];
            let hex: String = words
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .map(|byte| format!("\\{byte:02x}"))
                .collect();
            format!("(data (i32.const {at}) \"{hex}\")")
        };
        format!(
            r#"(module
              (import "env" "abort" (func $abort (param i32)))
              (import "env" "debug" (func $debug (param i32)))
              (import "env" "db_read" (func $read (param i32) (result i32)))
              (import "env" "db_write" (func $write (param i32 i32)))
              (import "env" "db_remove" (func $remove (param i32)))
              (import "env" "db_scan" (func $scan (param i32 i32 i32) (result i32)))
              (import "env" "db_next" (func $next (param i32) (result i32)))
              (import "env" "db_next_key" (func $next_key (param i32) (result i32)))
              (import "env" "addr_validate" (func $validate (param i32) (result i32)))
              (import "env" "addr_humanize" (func $humanize (param i32 i32) (result i32)))
              (import "env" "addr_canonicalize" (func $canonicalize (param i32 i32) (result i32)))
              (import "env" "query_chain" (func $query_chain (param i32) (result i32)))
              (import "env" "ed25519_verify" (func $verify (param i32 i32 i32) (result i32)))
              (memory (export "memory") 2)
              (global $heap (mut i32) (i32.const 8192))
              (func (export "allocate") (param $size i32) (result i32) {allocate})
              (func (export "instantiate") (param i32 i32 i32) (result i32) {RESPONSE})
              (func (export "execute") (param $env i32) (param $info i32) (param $msg i32) (result i32)
                (local $i i32) {execute})
              (func (export "query") (param $env i32) (param $msg i32) (result i32) (local $i i32) {query})
              {} {} {} {}
              (data (i32.const 1024) "done") (data (i32.const 3072) "key") (data (i32.const 3200) "value")
              {more})"#,
            region(16, 1024, 4),
            region(48, 3072, 3),
            region(64, 3200, 5),
            region(80, 4096, 0),
        )
    }

    pub(crate) fn lower(&self) -> Result<Program, LowerError> {
        lower(&wat::parse_str(self.wat()).unwrap(), &CosmWasm)
    }

    /// How `execute` ends.
    pub(crate) fn run(&self) -> Result<u64, Stop> {
        run(&self.lower().unwrap(), "execute", &mut MemoryHost::new())
    }
}

/// How an entry point with ordinary inputs ends.
pub(crate) fn run(program: &Program, entry: &str, host: &mut MemoryHost) -> Result<u64, Stop> {
    run_with(program, entry, GAS, host)
}

/// The same with this much gas.
pub(crate) fn run_with(program: &Program, entry: &str, gas: u64, host: &mut MemoryHost) -> Result<u64, Stop> {
    let inputs: &[&str] = if entry == "query" { &["env", "message"] } else { &["env", "info", "message"] };
    let inputs: Vec<Vec<u8>> = inputs.iter().map(|input| input.as_bytes().to_vec()).collect();
    host.begin(&inputs).unwrap();
    let mut machine = Machine::new(program, Limits { gas, ..Limits::default() });
    machine.run(program.entries[entry], &[], host, &mut ())
}
