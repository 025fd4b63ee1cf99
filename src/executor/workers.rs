//! Rayon pools that hold as many threads as there are jobs in flight. Knows nothing of what the jobs do.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads of the first pool; each further one doubles the total.
const FIRST: usize = 4;
/// Enough for spawning, pumping and hashing; a thousand of them are address space only.
const STACK: usize = 512 * 1024;

/// Workers. A job starts at once: it never waits for another to end.
#[derive(Default)]
pub(super) struct Workers {
    pools: Vec<Pool>,
}

struct Pool {
    threads: ThreadPool,
    size: usize,
    busy: Arc<AtomicUsize>,
}

impl Workers {
    /// Runs a job on a free worker; on a thread of its own where no pool can be made.
    pub(super) fn run(&mut self, job: impl FnOnce() + Send + 'static) {
        let free = self.pools.iter().position(|pool| pool.busy.load(Ordering::Acquire) < pool.size);
        let index = free.or_else(|| self.grow());
        let Some(pool) = index.and_then(|index| self.pools.get(index)) else {
            // No thread can be had (a limit of the system): the job runs here, late but surely.
            job();
            return;
        };
        pool.busy.fetch_add(1, Ordering::AcqRel);
        let slot = Slot(Arc::clone(&pool.busy));
        pool.threads.spawn(move || {
            let slot = slot;
            job();
            drop(slot);
        });
    }

    fn grow(&mut self) -> Option<usize> {
        let total: usize = self.pools.iter().map(|pool| pool.size).sum();
        let size = total.max(FIRST);
        let threads = ThreadPoolBuilder::new()
            .num_threads(size)
            .stack_size(STACK)
            .thread_name(|index| format!("fleet-worker-{index}"))
            .build()
            .ok()?;
        self.pools.push(Pool { threads, size, busy: Arc::default() });
        Some(self.pools.len() - 1)
    }
}

struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
