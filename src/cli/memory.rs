//! How many tests in virtual machines this machine has room for.

/// Memory for one test, in KiB: a machine of the usual 1 GiB with qemu around it, and some tests have two.
const ONE: u64 = 2 << 20;

/// At least one; `None` where the system does not tell how much memory is free.
pub(super) fn tests_at_once() -> Option<usize> {
    at_once(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

fn at_once(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    usize::try_from(free / ONE).ok().map(|tests| tests.max(1))
}

#[cfg(test)]
mod tests {
    use super::at_once;

    #[test]
    fn there_is_always_room_for_one() {
        for (free, tests) in [("100", 1), ("2097152", 1), ("4194304", 2), ("20971520", 10)] {
            let text = format!("MemTotal:       99999999 kB\nMemAvailable:   {free} kB\n");
            assert_eq!(at_once(&text), Some(tests), "{free}");
        }
        assert_eq!(at_once("MemTotal: 5 kB\n"), None);
        assert_eq!(at_once("MemAvailable: lots\n"), None);
    }
}
