//! The machine against wasmtime, set up as the runtime has it: the same module, the same calls, the same result or
//! trap, memory and globals, and on success the same gas.
//!
//! `NECTAR_FUZZ=10000 cargo test --release -p nectar-conformance --test differential` looks longer.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test whose setting up fails has failed")]

mod contracts;
mod engine;
mod expressions;
mod handwritten;
mod observe;
mod pair;
mod smith;
mod values;

/// How many modules to generate, where `usual` are enough for every day.
fn how_many(usual: u64) -> u64 {
    std::env::var("NECTAR_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}
