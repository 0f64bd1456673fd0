//! FHIR R4 bundles: from files or built in, and the texts in them that must never be found on a disk.

mod built_in;
mod bundle;
mod needles;

pub(crate) use built_in::built_in;
pub(crate) use bundle::{Bundle, Entry, Loaded, load_dir, minified};
pub(crate) use needles::{needles, plaintext};
