//! Proving keys.

use std::path::Path;
use std::sync::Arc;

use nectar_prover::{ProverKey, SetupError, setup_development, setup_from_ptau};
use parking_lot::Mutex;

/// Made once in a process: it takes a while and follows from public values alone.
static DEVELOPMENT: Mutex<Option<Arc<ProverKey>>> = Mutex::new(None);

/// The **insecure** development keys, made on the first call and shared afterwards. Blocks.
///
/// # Errors
/// [`SetupError`]
pub fn development_keys() -> Result<Arc<ProverKey>, SetupError> {
    let mut keys = DEVELOPMENT.lock();
    if let Some(keys) = &*keys {
        return Ok(keys.clone());
    }
    let made = Arc::new(setup_development()?.0);
    *keys = Some(made.clone());
    Ok(made)
}

/// Keys from a directory of Powers-of-Tau files. Blocks.
///
/// # Errors
/// [`SetupError`]
pub(crate) fn ptau_keys(dir: &Path) -> Result<Arc<ProverKey>, SetupError> {
    Ok(Arc::new(setup_from_ptau(dir)?.0))
}
