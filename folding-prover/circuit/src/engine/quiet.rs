//! halo2curves 0.9 prints 62 lines to standard output whenever it checks that a point of BN254's second group is in the
//! right subgroup, which nova-snark does whenever it reads a key. Programs that write JSON there cannot have that.

use std::io::Write;

/// Runs `work` while what this thread prints goes nowhere. Other threads that print wait.
#[cfg(unix)]
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let mut out = std::io::stdout().lock();
    // Without a place to divert to, better noise than no work.
    let Ok(_restore) = divert(&mut out) else { return work() };
    let done = work();
    let _ = out.flush();
    done
}

#[cfg(not(unix))]
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(unix)]
struct Restore(std::os::fd::OwnedFd);

#[cfg(unix)]
impl Drop for Restore {
    fn drop(&mut self) {
        let _ = rustix::stdio::dup2_stdout(&self.0);
    }
}

#[cfg(unix)]
fn divert(out: &mut std::io::StdoutLock<'_>) -> std::io::Result<Restore> {
    use std::os::fd::AsFd;
    out.flush()?;
    let nowhere = std::fs::File::options().write(true).open("/dev/null")?;
    let kept = Restore(out.as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdout(&nowhere)?;
    Ok(kept)
}
