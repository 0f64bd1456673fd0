//! Generated modules: whatever is valid without floats, references and what else no contract may have.

use arbitrary::Unstructured;
use nectar_vm::Trap;
use wasm_smith::{Config, Module};

use crate::engine::engine;
use crate::how_many;
use crate::pair::{Outcome, Pair, Tally, compare};
use crate::values::Random;

/// Loops and calls that a generated function may make.
const TERMINATION: u32 = 30_000;

fn config(random: &mut Random) -> Config {
    // With bulk memory come `table.copy`, `memory.init` and so on, which are not lowered; they need tables and segments.
    let bulk = random.below(4) == 0;
    Config {
        max_imports: 0,
        max_memories: 1,
        min_memories: u32::from(bulk),
        max_tables: usize::from(!bulk),
        max_tags: 0,
        max_types: 12,
        max_funcs: 12,
        min_funcs: 3,
        max_globals: 12,
        max_instructions: 60 + random.below(400),
        max_memory32_bytes: 4 << 16,
        max_data_segments: if bulk { 0 } else { 4 },
        max_element_segments: if bulk { 0 } else { 4 },
        max_elements: 12,
        max_table_elements: 100,
        table_max_size_required: true,
        export_everything: true,
        allow_floats: false,
        allow_start_export: random.below(8) == 0,
        bulk_memory_enabled: bulk,
        disallow_traps: random.below(2) == 0,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: random.below(2) == 0,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        shared_everything_threads_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}

/// The module of a seed; none if its random bytes do not make one.
fn generate(seed: u64) -> Option<Vec<u8>> {
    let mut random = Random::new(seed);
    let config = config(&mut random);
    let length = 5000 + random.below(20_000);
    let bytes = random.bytes(length);
    let mut module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(TERMINATION).ok()?;
    Some(module.to_bytes())
}

/// Each function a few times, until the two sides differ rightly.
fn calls(pair: &mut Pair<'_>, random: &mut Random) {
    for (name, ty) in pair.functions() {
        for _ in 0..4 {
            match pair.call(&name, &random.arguments(&ty)) {
                Outcome::Apart | Outcome::Trapped(Trap::StackOverflow) => return,
                Outcome::Results | Outcome::Trapped(_) => {}
            }
        }
    }
}

#[test]
fn generated_modules_do_the_same() {
    let engine = engine();
    let mut tally = Tally::default();
    for seed in 0..how_many(300) {
        let Some(wasm) = generate(seed) else { continue };
        let mut random = Random::new(!seed);
        tally += compare(&engine, &format!("seed {seed}"), &wasm, |pair| calls(pair, &mut random));
    }
    println!("{tally:?}");
    // Otherwise the generator makes nothing that says anything.
    assert!(tally.modules * 10 > how_many(300) * 9, "{tally:?}");
    assert!(tally.refused * 4 < tally.modules, "{tally:?}");
    assert!(tally.results > tally.modules && tally.traps > 0, "{tally:?}");
    assert_eq!(tally.unprovable, 0, "{tally:?}");
}
