use std::path::PathBuf;

use thiserror::Error;

/// The binary is not where `cargo test --workspace` builds it.
#[derive(Debug, Error)]
#[error("there is no `nectar` binary at {}: run `cargo test --workspace`, or `cargo build -p nectar` in the same profile", .0.display())]
pub struct BinaryError(PathBuf);

/// The `nectar` binary of the profile that this test was built in.
///
/// # Errors
/// [`BinaryError`]
pub fn nectar() -> Result<PathBuf, BinaryError> {
    // target/PROFILE/deps/TEST
    let test = std::env::current_exe().unwrap_or_default();
    let profile = test.parent().and_then(std::path::Path::parent).unwrap_or(&test);
    let binary = profile.join(format!("nectar{}", std::env::consts::EXE_SUFFIX));
    if binary.is_file() { Ok(binary) } else { Err(BinaryError(binary)) }
}
