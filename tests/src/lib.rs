//! End-to-end, conformance and crash tests.
