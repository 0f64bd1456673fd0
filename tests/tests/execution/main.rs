//! The machine whose runs are proven against the runtime whose results are signed: the same inputs and the same state give
//! the same response, the same reads and writes, and the same gas.

mod examples;
mod imports;
mod node;
mod replay;
