//! The machine whose runs are proven against the runtime whose results are signed: the same inputs and the same state give
//! the same response, the same reads and writes, and the same gas.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test whose setting up fails has failed; it says what runs take"
)]

mod counters;
mod examples;
mod imports;
mod node;
mod proven;
mod replay;
