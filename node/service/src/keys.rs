//! Proving keys.

use std::path::Path;
use std::sync::Arc;

use nectar_prover::{ProverKey, SetupError, setup_development, setup_from_ptau};

/// The keys of the **insecure** development setup, or those from a directory of Powers-of-Tau files. Takes seconds.
pub(crate) fn proving_keys(ptau: Option<&Path>) -> Result<Arc<ProverKey>, SetupError> {
    let (keys, _) = ptau.map_or_else(setup_development, setup_from_ptau)?;
    Ok(Arc::new(keys))
}
