//! Memory that this process has, and that the machine has left. Only Linux tells.

/// Returns the bytes that this process has allocated and touched.
pub(super) fn allocated() -> Option<u64> {
    field("/proc/self/status", "RssAnon:")
}

/// Returns the bytes that the machine can still give away.
pub(super) fn available() -> Option<u64> {
    field("/proc/meminfo", "MemAvailable:")
}

/// Reads a line such as `RssAnon:   1024 kB`.
fn field(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn touched_memory_is_counted() {
        let before = allocated().expect("Linux tells");
        let touched = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = allocated().expect("Linux tells");
        assert!(after >= before + (32 << 20), "{before} {after} {}", touched.len());
        assert!(available().expect("Linux tells") > 0);
    }
}
