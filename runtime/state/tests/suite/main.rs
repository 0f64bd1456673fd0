//! The store from outside: on every backend, under faults, after kill -9, and in the hands of who may write its disk.

mod backends;
mod common;
mod crash;
mod model;
mod privacy;
mod sessions;
mod tampering;
