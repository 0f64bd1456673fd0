//! How long a decision takes. Run with `cargo test --release -p nectar-capability --test timing -- --ignored --nocapture`.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

mod common;

use std::time::{Duration, Instant};

use common::*;
use nectar_capability::{authorize, decode_invocation};

/// The fastest of many rounds, which a loaded machine disturbs least.
fn fastest(mut round: impl FnMut()) -> Duration {
    let timed = (0..2000).map(|_| {
        let started = Instant::now();
        round();
        started.elapsed()
    });
    timed.min().unwrap()
}

#[test]
#[ignore = "a measurement, not a check"]
fn microseconds_from_bytes_to_a_decision() {
    for hops in 0..4 {
        let bytes = signed_call(&chain(hops));
        let (expected, view) = (expected(), View::default());
        let decoded = decode_invocation(&bytes).unwrap();
        let decode = fastest(|| drop(decode_invocation(&bytes).unwrap()));
        let decide = fastest(|| drop(authorize(&decoded, &expected, &view).unwrap()));
        println!("{hops} hops, {} bytes: decode {decode:?}, authorize {decide:?}", bytes.len());
    }
}
