//! The versioned trace and its codec: where the runtime and the prover meet.
