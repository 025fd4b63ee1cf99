//! How many tasks run at once (`--concurrency`). A task gives its place back while it waits for others.

use futures_channel::oneshot;
use std::cell::RefCell;
use std::collections::VecDeque;

/// Places for tasks, first come first served.
pub(super) struct Limit {
    state: RefCell<State>,
}

struct State {
    /// `None`: no limit.
    free: Option<usize>,
    waiting: VecDeque<oneshot::Sender<()>>,
}

impl Limit {
    /// At most so many at once; 0 and `None` are no limit.
    pub(super) fn new(limit: Option<usize>) -> Self {
        Self {
            state: RefCell::new(State { free: limit.filter(|limit| *limit > 0), waiting: VecDeque::new() }),
        }
    }

    /// Waits for a place.
    pub(super) async fn acquire(&self) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            match &mut state.free {
                None => return,
                Some(0) => {
                    let (sender, receiver) = oneshot::channel();
                    state.waiting.push_back(sender);
                    receiver
                }
                Some(free) => {
                    *free -= 1;
                    return;
                }
            }
        };
        let _ = waiting.await;
    }

    /// Gives a place back.
    pub(super) fn release(&self) {
        let mut state = self.state.borrow_mut();
        if state.free.is_none() {
            return;
        }
        while let Some(next) = state.waiting.pop_front() {
            // One that was dropped while it waited has no use for the place.
            if next.send(()).is_ok() {
                return;
            }
        }
        if let Some(free) = &mut state.free {
            *free += 1;
        }
    }
}
