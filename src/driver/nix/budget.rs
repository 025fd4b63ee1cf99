//! How much memory and how many processors evaluations may take together.

use super::NixFlake;
use crate::driver::memory;

/// Memory that the evaluation of one NixOS configuration may take, MiB.
pub(super) const HOST_MIB: u64 = 512;
/// Memory that is left to others where nobody has set a limit, MiB.
const SPARED_MIB: u64 = 1024;
/// What is assumed of a machine that does not tell, MiB.
const USUAL_MIB: u64 = 4096;

/// What evaluations may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Memory of all of them, MiB.
    pub(super) memory_mib: u64,
    /// Processors.
    pub(super) cores: usize,
}

impl Budget {
    /// How many hosts it holds at once.
    pub(super) fn hosts(self) -> usize {
        usize::try_from(self.memory_mib / HOST_MIB).unwrap_or(1).max(1)
    }

    /// Processes that share so many hosts: one for each processor where each has enough of them to be worth what it
    /// evaluates anew, such as nixpkgs itself.
    pub(super) fn processes(self, hosts: usize) -> usize {
        const WORTH: usize = 8;
        (hosts / WORTH).clamp(1, self.cores.min(self.hosts()).max(1))
    }
}

impl NixFlake {
    /// What is set in the Fleetfile, or what is free.
    pub(super) fn budget(&self) -> Budget {
        let free = || memory::free_mib().map_or(USUAL_MIB, |free| free.saturating_sub(SPARED_MIB));
        Budget {
            memory_mib: self.memory_mib.unwrap_or_else(free).max(HOST_MIB),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn processes_are_as_many_as_are_worth_it_and_fit() {
        let processes = |memory_mib, cores, hosts| Budget { memory_mib, cores }.processes(hosts);
        assert_eq!(processes(64_000, 8, 4), 1);
        assert_eq!(processes(64_000, 8, 15), 1);
        assert_eq!(processes(64_000, 8, 32), 4);
        assert_eq!(processes(64_000, 8, 500), 8);
        assert_eq!(processes(1024, 8, 500), 2);
        assert_eq!(processes(0, 0, 500), 1);
        assert_eq!(Budget { memory_mib: 3000, cores: 1 }.hosts(), 5);
        assert_eq!(Budget { memory_mib: 100, cores: 1 }.hosts(), 1);
    }
}
