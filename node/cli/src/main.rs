//! The nectar command line.
fn main() {}
