//! The connections that are open. There is room for so many; when one more comes, one has to go that has no work under way, so
//! that whoever opens thousands of them and asks nothing is in nobody's way.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Visitor {
    /// Requests that have begun and are not answered.
    asking: AtomicUsize,
    /// Those of them whose image has come as a whole.
    working: AtomicUsize,
    leave: Notify,
}

/// How much would be lost if a visitor had to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    Nothing,
    /// What has come of an image.
    Upload,
    Work,
}

impl Visitor {
    /// Counts a request as begun until what is returned is dropped.
    pub(crate) fn asking(self: &Arc<Self>) -> Counted {
        Counted::new(self, |visitor| &visitor.asking)
    }

    /// Counts a request as worked on until what is returned is dropped.
    pub(crate) fn working(self: &Arc<Self>) -> Counted {
        Counted::new(self, |visitor| &visitor.working)
    }

    /// Returns when the connection has to be closed.
    pub(crate) async fn told_to_leave(&self) {
        self.leave.notified().await;
    }

    fn loss(&self) -> Loss {
        let any = |count: &AtomicUsize| count.load(Ordering::Relaxed) > 0;
        match (any(&self.working), any(&self.asking)) {
            (true, _) => Loss::Work,
            (false, true) => Loss::Upload,
            (false, false) => Loss::Nothing,
        }
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Counted {
    visitor: Arc<Visitor>,
    count: fn(&Visitor) -> &AtomicUsize,
}

impl Counted {
    fn new(visitor: &Arc<Visitor>, count: fn(&Visitor) -> &AtomicUsize) -> Self {
        count(visitor).fetch_add(1, Ordering::Relaxed);
        let visitor = Arc::clone(visitor);
        Self { visitor, count }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.count)(&self.visitor).fetch_sub(1, Ordering::Relaxed);
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
            open.send_one_away()?;
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

    /// Makes room where the system has none for more connections.
    pub(crate) fn send_one_away(&self) {
        self.open().send_one_away();
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Has the one leave that loses least; of equals the oldest. None if all are at work.
    fn send_one_away(&mut self) -> Option<()> {
        let losses = self.visitors.iter();
        let losses = losses.map(|(number, visitor)| (visitor.loss(), *number));
        let (_, number) = losses.min().filter(|(loss, _)| *loss < Loss::Work)?;
        self.visitors.remove(&number)?.leave.notify_one();
        Some(())
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
    fn who_loses_least_has_to_go_and_of_equals_the_oldest() {
        let visitors = Visitors::new(NonZeroUsize::new(3).unwrap());
        let there = || -> Vec<u64> { visitors.open().visitors.keys().copied().collect() };
        let first = visitors.enter().unwrap();
        let (asking, working) = (first.visitor.asking(), first.visitor.working());
        let second = visitors.enter().unwrap();
        let uploading = second.visitor.asking();
        let third = visitors.enter().unwrap();
        let fourth = visitors.enter().unwrap();
        assert_eq!(there(), [0, 1, 3]);
        let also = fourth.visitor.working();
        let fifth = visitors.enter().unwrap();
        assert_eq!(there(), [0, 3, 4]);
        // All are at work: nobody else can come.
        let last = fifth.visitor.working();
        assert!(visitors.enter().is_none());
        drop((asking, working, uploading, also, last, second, third));
        drop(first);
        assert!(visitors.enter().is_some());
    }
}
