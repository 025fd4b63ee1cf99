//! The processes below a process, for signals to a tree that shares our process group.

use rustix::process::Pid;
use std::collections::HashMap;

/// A process and all below it, parents first. One that was orphaned before is not found.
pub(super) fn tree(root: Pid) -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for (pid, parent) in processes() {
        children.entry(parent).or_default().push(pid);
    }
    let mut tree = vec![root.as_raw_pid()];
    let mut next = 0;
    while let Some(&pid) = tree.get(next) {
        tree.extend(children.remove(&pid).unwrap_or_default());
        next += 1;
    }
    tree.into_iter().filter_map(Pid::from_raw).collect()
}

/// Every process with its parent: `/proc/PID/stat`, proc(5).
#[cfg(target_os = "linux")]
fn processes() -> Vec<(i32, i32)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let process = |entry: std::io::Result<std::fs::DirEntry>| {
        let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // The name before it stands in parentheses and may hold any character.
        let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?;
        Some((pid, parent.parse().ok()?))
    };
    entries.filter_map(process).collect()
}

/// Every process with its parent, by `ps` (POSIX).
#[cfg(not(target_os = "linux"))]
fn processes() -> Vec<(i32, i32)> {
    let listed = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let text = listed.map(|output| output.stdout).unwrap_or_default();
    let process = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    String::from_utf8_lossy(&text).lines().filter_map(process).collect()
}
