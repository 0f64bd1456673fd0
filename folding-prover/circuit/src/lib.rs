//! The uniform chunk circuit and the public statement of a batch.
