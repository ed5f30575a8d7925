//! How much memory the process may still take: the least of what its container, its own limits and the machine leave.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns how many bytes the process may still take; `None` where the system does not say.
pub(super) fn room() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident = kilobytes(&status, "VmRSS:")?;
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let addresses = limit(&limits, "Max address space").zip(kilobytes(&status, "VmSize:"));
    let data = limit(&limits, "Max data size").zip(kilobytes(&status, "VmData:"));
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let container = container_limit(&groups, Path::new("/sys/fs/cgroup"));
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let machine = kilobytes(&meminfo, "MemTotal:");
    let used_of_limits =
        [addresses, data, container.map(|limit| (limit, resident)), machine.map(|total| (total, resident))];
    used_of_limits.into_iter().flatten().map(|(limit, used)| limit.saturating_sub(used)).min()
}

/// Returns the bytes that a line such as `VmRSS:   1024 kB` states.
fn kilobytes(text: &str, name: &str) -> Option<usize> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse::<usize>().ok()?.checked_mul(1024)
}

/// Returns a soft limit of the process in bytes; `None` if it has none.
fn limit(text: &str, name: &str) -> Option<usize> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Returns the least limit of the groups that the process is in, of either version of control groups.
fn container_limit(groups: &str, root: &Path) -> Option<usize> {
    let limits = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/');
        match controllers {
            "" => least(root.to_owned(), path, "memory.max"),
            "memory" => least(root.join("memory"), path, "memory.limit_in_bytes"),
            _ => None,
        }
    });
    limits.min()
}

/// Returns the least limit of a group and of those that it is in. Within a container the path may be one that only the
/// machine outside knows, but the container's own limit stands at the root.
fn least(root: PathBuf, path: &str, file: &str) -> Option<usize> {
    let group = root.join(path);
    let groups = group.ancestors().take_while(|group| group.starts_with(&root));
    // A group without a limit says `max`, or a number beyond any machine.
    let limits = groups.filter_map(|group| fs::read_to_string(group.join(file)).ok()?.trim().parse().ok());
    limits.filter(|limit| *limit < usize::MAX >> 8).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_the_system_writes_them() {
        assert_eq!(kilobytes("VmPeak:\t  10 kB\nVmRSS:\t  8192 kB\n", "VmRSS:"), Some(8 << 20));
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max data size             unlimited            unlimited            bytes     \n\
                      Max address space         536870912            unlimited            bytes     \n";
        assert_eq!(limit(limits, "Max address space"), Some(512 << 20));
        assert_eq!(limit(limits, "Max data size"), None);
    }

    #[test]
    fn the_least_limit_of_the_groups_counts() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, text).expect("it can be written");
        };
        write("app/memory.max", "max\n");
        write("app/one/memory.max", "1073741824\n");
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        let found = |groups: &str| container_limit(groups, folder.path());
        assert_eq!(found("0::/app/one\n"), Some(1 << 30));
        assert_eq!(found("0::/app\n"), None);
        assert_eq!(found("5:memory:/outside\n3:cpu:/app/one\n"), None, "no limit at all is no limit");
        write("app/memory.max", "536870912\n");
        assert_eq!(found("0::/app/one\n"), Some(512 << 20), "a group is within those above it");
        write("memory/memory.limit_in_bytes", "268435456\n");
        assert_eq!(found("5:memory:/outside\n"), Some(256 << 20), "the container's own stands at its root");
    }

    #[test]
    fn this_process_has_room() {
        assert!(room().is_none_or(|room| room > 0));
    }
}
