//! Chunks, folds, blinds and compresses a batch into one proof.
