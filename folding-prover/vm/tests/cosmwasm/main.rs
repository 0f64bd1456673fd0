//! The interface between contract and host: hand-written modules that keep to it, and many that do not.

mod guest;
mod host;
mod hostile;
mod ordinary;
