//! What of real contracts runs without a host: the allocator.

use std::fs;
use std::path::Path;

use wasmtime::Val;

use crate::engine::engine;
use crate::pair::{Outcome, Pair, compare};
use crate::values::Random;

/// Allocates regions of many sizes, and gives some back in another order. Returns the number of calls.
fn allocate(pair: &mut Pair<'_>) -> u64 {
    const CALLS: u64 = 300;
    let mut random = Random::new(7);
    let mut regions = Vec::new();
    for _ in 0..CALLS {
        if regions.is_empty() || random.below(3) > 0 {
            let size = i32::try_from(1 + random.below(6000)).unwrap();
            assert_eq!(pair.call("allocate", &[Val::I32(size)]), Outcome::Results);
            regions.push(u32::try_from(pair.result()).unwrap());
        } else {
            let region = regions.swap_remove(random.below(regions.len()));
            assert_eq!(pair.call("deallocate", &[Val::I32(region.cast_signed())]), Outcome::Results);
        }
    }
    CALLS
}

#[test]
fn the_allocators_of_the_example_contracts_do_the_same() {
    let artifacts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/examples/artifacts");
    let engine = engine();
    for contract in ["consent", "health_records"] {
        let wasm = fs::read(artifacts.join(contract).with_extension("wasm")).unwrap();
        let mut calls = 1;
        let tally = compare(&engine, contract, &wasm, |pair| {
            assert_eq!(pair.call("interface_version_8", &[]), Outcome::Results);
            calls += allocate(pair);
        });
        assert_eq!((tally.refused, tally.unprovable, tally.traps), (0, 0, 0), "{contract}");
        assert_eq!(tally.results, calls, "{contract}");
    }
}
