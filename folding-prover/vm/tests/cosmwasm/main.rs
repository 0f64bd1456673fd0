//! The interface between contract and host: hand-written modules that keep to it, and many that do not.
#![expect(clippy::unwrap_used, reason = "a test whose setting up fails has failed")]

mod addresses;
mod guest;
mod host;
mod hostile;
mod ordinary;
mod replay;
