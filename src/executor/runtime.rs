//! The coordinator's loop: local futures on one thread, work on rayon workers, one message back for each.
//!
//! A future owns its part of the state and may wait; a job blocks on a worker and must not. No thread is started
//! before a second job exists: a lone job runs on the coordinator's own thread, since nothing else could go on
//! meanwhile. Workers grow with the number of jobs in flight, so that no job waits for another's end: a job that waits
//! in a queue behind a blocked one is what a fixed pool would give.

use super::workers::Workers;
use futures_channel::oneshot;
use futures_executor::{LocalPool, LocalSpawner};
use futures_util::future::RemoteHandle;
use futures_util::task::{ArcWake, LocalSpawnExt as _, waker};
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;

/// A handle on the coordinator. Clones speak of the same one; it does not leave its thread.
#[derive(Clone)]
pub struct Runtime {
    inner: Rc<Inner>,
}

struct Inner {
    spawner: LocalSpawner,
    queue: RefCell<VecDeque<Job>>,
    timers: RefCell<BinaryHeap<Reverse<Timer>>>,
    next_timer: Cell<u64>,
    in_flight: Cell<usize>,
    workers: RefCell<Workers>,
    done: mpsc::Sender<()>,
}

struct Timer {
    at: Instant,
    order: u64,
    wake: oneshot::Sender<()>,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The result of a spawned future; `None` if the coordinator has gone.
pub struct Joined<T>(Option<RemoteHandle<T>>);

impl<T: 'static> Future for Joined<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut self.0 {
            Some(handle) => Pin::new(handle).poll(context).map(Some),
            None => Poll::Ready(None),
        }
    }
}

/// A job's worker ended without an answer: it panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a worker died")]
pub struct WorkerDied;

/// Runs a future to its end, together with all that it spawns.
///
/// `build` gets the handle. What is spawned and not awaited when the future ends is dropped.
pub fn block_on<F: Future>(build: impl FnOnce(Runtime) -> F) -> F::Output {
    let mut pool = LocalPool::new();
    let (done, finished) = mpsc::channel();
    let runtime = Runtime {
        inner: Rc::new(Inner {
            spawner: pool.spawner(),
            queue: RefCell::default(),
            timers: RefCell::default(),
            next_timer: Cell::new(0),
            in_flight: Cell::new(0),
            workers: RefCell::default(),
            done,
        }),
    };
    let future = build(runtime.clone());
    let mut future = std::pin::pin!(future);
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = waker(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    loop {
        while woken.0.swap(false, Ordering::AcqRel) {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            pool.run_until_stalled();
        }
        runtime.turn(&finished);
        pool.run_until_stalled();
    }
}

/// Whether the main future has reason to go on. A wake-up by a worker is followed by its message, so none is missed
/// between the look at this flag and the wait for a message.
struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(this: &Arc<Self>) {
        this.0.store(true, Ordering::Release);
    }
}

impl Runtime {
    /// Starts a future beside the others and gives a handle on its result. Dropping the handle drops the future.
    pub fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Joined<T> {
        // Each future is polled by the pool, never by another one, so depth of calls costs no stack.
        Joined(self.inner.spawner.spawn_local_with_handle(future).ok())
    }

    /// Runs a closure that may block, on a worker.
    ///
    /// # Errors
    /// [`WorkerDied`].
    pub async fn job<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkerDied> {
        let (answer, result) = oneshot::channel();
        self.inner.queue.borrow_mut().push_back(Box::new(move || {
            // The one who asked may be gone: then nobody wants the answer.
            let _ = answer.send(work());
        }));
        result.await.map_err(|oneshot::Canceled| WorkerDied)
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        let (wake, woken) = oneshot::channel();
        let order = self.inner.next_timer.get();
        self.inner.next_timer.set(order + 1);
        let timer = Timer { at: Instant::now() + duration, order, wake };
        self.inner.timers.borrow_mut().push(Reverse(timer));
        let _ = woken.await;
    }

    /// Hands out the queued jobs and waits until something has happened.
    fn turn(&self, finished: &mpsc::Receiver<()>) {
        let inner = &self.inner;
        self.drop_dead_timers();
        let alone =
            inner.queue.borrow().len() == 1 && inner.in_flight.get() == 0 && inner.timers.borrow().is_empty();
        if alone {
            let job = inner.queue.borrow_mut().pop_front();
            if let Some(job) = job {
                job();
            }
            return;
        }
        while let Some(job) = inner.queue.borrow_mut().pop_front() {
            inner.in_flight.set(inner.in_flight.get() + 1);
            let done = Done(inner.done.clone());
            inner.workers.borrow_mut().run(move || {
                let done = done;
                job();
                drop(done);
            });
        }
        self.wait(finished);
    }

    fn wait(&self, finished: &mpsc::Receiver<()>) {
        let next = self.inner.timers.borrow().peek().map(|Reverse(timer)| timer.at);
        let first = match next {
            Some(at) => finished.recv_timeout(at.saturating_duration_since(Instant::now())).is_ok(),
            None => self.inner.in_flight.get() > 0 && finished.recv().is_ok(),
        };
        let mut ended = usize::from(first);
        ended += finished.try_iter().count();
        self.inner.in_flight.set(self.inner.in_flight.get().saturating_sub(ended));
        let now = Instant::now();
        let mut timers = self.inner.timers.borrow_mut();
        while timers.peek().is_some_and(|Reverse(timer)| timer.at <= now) {
            if let Some(Reverse(timer)) = timers.pop() {
                let _ = timer.wake.send(());
            }
        }
    }

    fn drop_dead_timers(&self) {
        let mut timers = self.inner.timers.borrow_mut();
        while timers.peek().is_some_and(|Reverse(timer)| timer.wake.is_canceled()) {
            timers.pop();
        }
    }
}

/// Tells the coordinator that a job has ended, also when it panics.
struct Done(mpsc::Sender<()>);

impl Drop for Done {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn a_lone_job_runs_on_the_coordinators_thread() {
        let here = std::thread::current().id();
        let there = block_on(|runtime| async move { runtime.job(|| std::thread::current().id()).await });
        assert_eq!(there, Ok(here));
    }

    #[test]
    fn jobs_that_wait_for_each_other_make_progress_together() {
        let barrier = Arc::new(Barrier::new(300));
        let sum: usize = block_on(|runtime| async move {
            let jobs: Vec<_> = (0..300)
                .map(|_| {
                    let (runtime, barrier) = (runtime.clone(), Arc::clone(&barrier));
                    runtime.clone().spawn(async move {
                        runtime.job(move || usize::from(barrier.wait().is_leader())).await
                    })
                })
                .collect();
            let mut sum = 0;
            for job in jobs {
                sum += job.await.unwrap().unwrap();
            }
            sum
        });
        assert_eq!(sum, 1);
    }

    #[test]
    fn a_chain_of_futures_100_000_deep_needs_no_stack() {
        fn next(runtime: Runtime, depth: u32) -> Pin<Box<dyn Future<Output = u32>>> {
            Box::pin(async move {
                if depth == 0 {
                    return 0;
                }
                let below = runtime.spawn(next(runtime.clone(), depth - 1));
                below.await.unwrap() + 1
            })
        }
        assert_eq!(block_on(|runtime| next(runtime, 100_000)), 100_000);
    }

    #[test]
    fn sleep_lets_jobs_go_on() {
        let order = block_on(|runtime| async move {
            let job = runtime.spawn({
                let runtime = runtime.clone();
                async move { runtime.job(|| 1).await }
            });
            runtime.sleep(Duration::from_millis(1)).await;
            job.await
        });
        assert_eq!(order, Some(Ok(1)));
    }
}
