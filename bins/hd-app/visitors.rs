//! The connections that are open. There is room for so many; when one more comes, the oldest that has no work under way has
//! to go, so that whoever opens thousands of them and asks nothing is in nobody's way.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Visitor {
    /// Requests whose picture has come as a whole and whose answer has not gone.
    working: AtomicUsize,
    leave: Notify,
}

impl Visitor {
    /// Counts a request as under way until what is returned is dropped.
    pub(crate) fn working(self: &Arc<Self>) -> Working {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(Arc::clone(self))
    }

    /// Returns when the connection has to be closed.
    pub(crate) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Working(Arc<Visitor>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All connections.
#[derive(Debug)]
pub(crate) struct Visitors {
    most: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// By their numbers, in the order in which they came.
    visitors: BTreeMap<u64, Arc<Visitor>>,
    next: u64,
}

impl Visitors {
    pub(crate) fn new(most: NonZeroUsize) -> Arc<Self> {
        Arc::new(Self {
            most: most.get(),
            open: Mutex::default(),
        })
    }

    /// Lets one in, and has another leave if there are too many. None if all others are at work.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Visit> {
        let mut open = self.open();
        if open.visitors.len() >= self.most {
            let idle = |visitor: &Visitor| visitor.working.load(Ordering::Relaxed) == 0;
            let oldest = open.visitors.iter().find(|(_, visitor)| idle(visitor));
            let number = oldest.map(|(number, _)| *number)?;
            let visitor = open.visitors.remove(&number)?;
            visitor.leave.notify_one();
        }
        let (number, visitor) = (open.next, Arc::new(Visitor::default()));
        open.next += 1;
        open.visitors.insert(number, Arc::clone(&visitor));
        Some(Visit {
            visitors: Arc::clone(self),
            number,
            visitor,
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's stay, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Visit {
    visitors: Arc<Visitors>,
    number: u64,
    pub(crate) visitor: Arc<Visitor>,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.visitors.open().visitors.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_has_no_work_has_to_go() {
        let visitors = Visitors::new(NonZeroUsize::new(2).unwrap());
        let (first, second) = (visitors.enter().unwrap(), visitors.enter().unwrap());
        let working = first.visitor.working();
        let third = visitors.enter().unwrap();
        let there: Vec<u64> = visitors.open().visitors.keys().copied().collect();
        assert_eq!(there, [0, 2]);
        // All are at work: nobody else can come.
        let also = third.visitor.working();
        assert!(visitors.enter().is_none());
        drop((working, also, second));
        drop(first);
        assert!(visitors.enter().is_some());
    }
}
