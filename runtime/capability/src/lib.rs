//! Bytes to a verified grant: the one place that decides yes or no.
