//! Bindings to the L1 contracts and the in-process development chain.
