//! Runs contracts in wasmtime behind their grants; emits traces and receipts.
