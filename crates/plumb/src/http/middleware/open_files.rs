//! How many files the system lets this process open: a connection is one.

/// Files for everything else: the database's connections, the journal, models, the log.
const OTHER_FILES: usize = 128;

/// So many connections are served even where the system allows hardly any files.
const CONNECTIONS_MIN: usize = 16;

/// Returns how many connections leave files enough for everything else. Systems start services with a limit of 1,024
/// files; a server that took them all for connections could not begin the next file of its journal.
pub(super) fn connections_max(wanted: usize) -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let Some(files) = files_max(&limits) else { return wanted };
    let possible = files.saturating_sub(OTHER_FILES).max(CONNECTIONS_MIN);
    if wanted > possible {
        tracing::warn!(
            "this process may open {files} files, so it serves {possible} connections at a time and not {wanted}: raise \
             `ulimit -n` (systemd: LimitNOFILE), or lower --connections"
        );
    }
    wanted.min(possible)
}

/// Returns the soft limit of open files; `None` where there is none, or no such file.
fn files_max(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_read() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 524288               files     \n";
        assert_eq!(files_max(limits), Some(1_024));
        assert_eq!(files_max("Max open files            unlimited            unlimited            files"), None);
        assert_eq!(files_max(""), None);
        assert_eq!(connections_max(1), 1);
    }
}
