//! Encrypted, committed key-value state over a small Backend trait.
