//! How much memory this process held at most.

/// Peak resident memory in MB (10^6 bytes); `None` where the system has no `/proc/self/status`.
pub(crate) fn peak_rss_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024 / 1_000_000)
}

/// Lets the peak begin anew at what is held now, where the system can do that: Linux, see proc_pid_clear_refs(5).
pub(crate) fn forget_peak() {
    // Elsewhere the peak goes on to count from the start of the process.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_holds_some_memory_and_a_peak_can_be_forgotten() {
        let large = vec![1_u8; 200_000_000];
        let peak = super::peak_rss_mb().unwrap();
        assert!(large.len() / 1_000_000 <= usize::try_from(peak).unwrap());
        drop(large);
        super::forget_peak();
        assert!(super::peak_rss_mb().unwrap() < peak);
    }
}
