//! Time of one permutation: `cargo run --release -p nectar-commitment --example measure_hashes`.

use std::io::Write as _;
use std::time::Instant;

use nectar_commitment::{from_u64, permute, to_bytes};

const ROUNDS: u32 = 20_000;

fn main() -> std::io::Result<()> {
    let mut state = [1, 2, 3, 4, 5].map(from_u64);
    permute(&mut state);
    let start = Instant::now();
    for _ in 0..ROUNDS {
        permute(&mut state);
    }
    let each = start.elapsed() / ROUNDS;
    let [first, ..] = to_bytes(&state[0]);
    writeln!(std::io::stdout(), "{each:?} a permutation (last state begins with {first:02x})")
}
