//! The store from outside: on every backend, under faults, after kill -9, and in the hands of who may write its disk.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test whose setting up fails has failed")]

mod backends;
mod common;
mod crash;
#[cfg(target_os = "linux")]
mod measure;
mod model;
mod privacy;
mod runs;
mod sessions;
mod tampering;
