//! How long a decision takes. Run with `cargo test --release -p nectar-capability --test timing -- --ignored --nocapture`.

mod common;

use std::time::Instant;

use common::*;
use nectar_capability::{authorize, decode_invocation};

#[test]
#[ignore = "a measurement, not a check"]
fn microseconds_from_bytes_to_a_decision() {
    const ROUNDS: u32 = 2000;
    for hops in 0..4 {
        let bytes = signed_call(&chain(hops));
        let (expected, view) = (expected(), View::default());
        let started = Instant::now();
        for _ in 0..ROUNDS {
            decode_invocation(&bytes).unwrap();
        }
        let decode = started.elapsed() / ROUNDS;
        let decoded = decode_invocation(&bytes).unwrap();
        let started = Instant::now();
        for _ in 0..ROUNDS {
            authorize(&decoded, &expected, &view).unwrap();
        }
        let decide = started.elapsed() / ROUNDS;
        println!("{hops} hops, {} bytes: decode {decode:?}, authorize {decide:?}", bytes.len());
    }
}
