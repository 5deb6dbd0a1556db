//! Work on many items at once, with results in the items' order.
//!
//! An item is under way from when a worker claims it until its result is taken. No more than a
//! fixed number of items are under way at a time, so that one slow item makes the others wait
//! instead of filling the memory with their results.

use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Items that may be under way at a time, for each worker. An item that takes so many times as long
/// as the others keeps nobody waiting.
const UNDER_WAY: usize = 32;

/// Does `work` on each of `items`, `jobs` at a time, and gives the results to `take` in the items'
/// order as they become ready. Every worker has its state, made by `state`. Items are asked for one
/// by one as workers become free, so that there may be any number of them.
///
/// # Errors
/// The first that `work` or `take` returns, in the items' order; what is under way is then finished
/// and dropped.
pub fn ordered<I, S, R>(
    jobs: NonZeroUsize,
    items: I,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &I::Item) -> Result<R> + Sync,
    mut take: impl FnMut(I::Item, R) -> Result<()>,
) -> Result<()>
where
    I: IntoIterator<Item: Send, IntoIter: Send>,
    R: Send,
{
    let items = items.into_iter();
    let most = items.size_hint().1.unwrap_or(usize::MAX);
    let jobs = jobs.get().min(most).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool = pool.map_err(|error| Error::Threads {
        count: jobs,
        reason: error.to_string(),
    })?;
    let (items, room) = (Mutex::new(items.enumerate()), Room::new(jobs * UNDER_WAY));
    pool.in_place_scope(|scope| {
        let (results, receiver) = channel();
        let (items, room, state, work) = (&items, &room, &state, &work);
        scope.spawn_broadcast(move |_, _| worker(items, room, state, work, &results.clone()));
        let outcome = deliver(receiver, room, &mut take);
        room.close();
        outcome
    })
}

/// An item with its number, and its result.
type Done<T, R> = (usize, T, Result<R>);

/// Claims items one by one until there are none, or nobody wants the results any more.
fn worker<I: Iterator, S, R>(
    items: &Mutex<Enumerate<I>>,
    room: &Room,
    state: impl Fn() -> S,
    work: impl Fn(&mut S, &I::Item) -> Result<R>,
    results: &Sender<Done<I::Item, R>>,
) {
    let _closing = CloseOnPanic(room);
    let mut state = state();
    while room.enter() {
        let next = lock(items).next();
        let Some((index, item)) = next else { return };
        let result = work(&mut state, &item);
        if results.send((index, item, result)).is_err() {
            return;
        }
    }
}

/// Hands results on in order, keeping back the ones that came too early.
fn deliver<T, R>(
    results: Receiver<Done<T, R>>,
    room: &Room,
    take: &mut impl FnMut(T, R) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut due = 0;
    for (index, item, result) in results {
        early.insert(index, (item, result));
        while let Some((item, result)) = early.remove(&due) {
            take(item, result?)?;
            room.leave();
            due += 1;
        }
    }
    Ok(())
}

/// The room for items under way.
struct Room {
    places: Mutex<Places>,
    changed: Condvar,
}

struct Places {
    free: usize,
    /// Nobody may enter any more.
    closed: bool,
}

impl Room {
    fn new(places: usize) -> Self {
        Self {
            places: Mutex::new(Places {
                free: places,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits for a free place and takes it; false where the room is closed.
    fn enter(&self) -> bool {
        let full = |places: &mut Places| places.free == 0 && !places.closed;
        let places = self.changed.wait_while(lock(&self.places), full);
        let mut places = places.unwrap_or_else(PoisonError::into_inner);
        if places.closed {
            return false;
        }
        places.free -= 1;
        true
    }

    fn leave(&self) {
        lock(&self.places).free += 1;
        self.changed.notify_one();
    }

    fn close(&self) {
        lock(&self.places).closed = true;
        self.changed.notify_all();
    }
}

/// Closes the room where a worker panics: the result of its item will never come, and the others
/// would wait for ever.
struct CloseOnPanic<'a>(&'a Room);

impl Drop for CloseOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

/// Locks, also where another thread has panicked: its panic is passed on when all are done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn jobs(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..500).collect();
        for count in [1, 2, 7] {
            let mut taken = Vec::new();
            let slow_first = |_: &mut (), &&item: &&u64| {
                std::thread::sleep(std::time::Duration::from_micros(if item % 50 == 0 {
                    900
                } else {
                    1
                }));
                Ok(item * 2)
            };
            ordered(
                jobs(count),
                &items,
                || (),
                slow_first,
                |&item, double| {
                    taken.push((item, double));
                    Ok(())
                },
            )
            .unwrap();
            assert!(
                taken
                    .iter()
                    .copied()
                    .eq(items.iter().map(|&item| (item, item * 2)))
            );
        }
    }

    #[test]
    fn every_worker_has_one_state_of_its_own() {
        let made = AtomicUsize::new(0);
        let state = || made.fetch_add(1, Ordering::Relaxed);
        ordered(jobs(3), [(); 100], state, |_, ()| Ok(()), |(), ()| Ok(())).unwrap();
        assert!((1..=3).contains(&made.load(Ordering::Relaxed)));
    }

    #[test]
    fn the_first_error_in_order_ends_the_work() {
        let items: Vec<u32> = (0..10_000).collect();
        let done = AtomicUsize::new(0);
        let work = |_: &mut (), &&item: &&u32| {
            done.fetch_add(1, Ordering::Relaxed);
            if item >= 20 {
                Err(Error::NoImage {
                    path: item.to_string().into(),
                })
            } else {
                Ok(())
            }
        };
        let error = ordered(jobs(4), &items, || (), work, |_, ()| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "20: no image in it");
        assert!(done.load(Ordering::Relaxed) < 1000);
    }

    #[test]
    fn results_are_taken_before_the_last_item_is_known() {
        let taken = AtomicUsize::new(0);
        let items = (0..100).inspect(|&item| {
            let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
            // No more are under way than two workers may have.
            while taken.load(Ordering::SeqCst) + 2 * UNDER_WAY < item {
                assert!(std::time::Instant::now() < patience, "nothing was taken");
            }
        });
        let take = |_, ()| {
            taken.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        ordered(jobs(2), items, || (), |_, _| Ok(()), take).unwrap();
        assert_eq!(taken.into_inner(), 100);
    }

    #[test]
    fn a_slow_item_holds_the_others_back() {
        let (claimed, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let most = AtomicUsize::new(0);
        let items = (0..2000).inspect(|_| {
            let under_way =
                claimed.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
            most.fetch_max(under_way, Ordering::SeqCst);
        });
        let first_is_slow = |_: &mut (), &item: &usize| {
            if item == 0 {
                std::thread::sleep(std::time::Duration::from_millis(200));
            }
            Ok(())
        };
        let take = |_, ()| {
            taken.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        ordered(jobs(2), items, || (), first_is_slow, take).unwrap();
        assert_eq!(taken.into_inner(), 2000);
        // While the first is slow, the others fill the room; and it is never fuller.
        assert_eq!(most.into_inner(), 2 * UNDER_WAY);
    }

    #[test]
    #[should_panic(expected = "a bug in the work")]
    fn a_worker_that_panics_keeps_nobody_waiting() {
        let panics = |_: &mut (), &item: &usize| {
            assert!(item != 3, "a bug in the work");
            Ok(())
        };
        let _ = ordered(jobs(2), 0..10_000, || (), panics, |_, ()| Ok(()));
    }

    #[test]
    fn no_items_is_no_work() {
        ordered(jobs(4), [(); 0], || (), |_, ()| Ok(()), |(), ()| Ok(())).unwrap();
    }
}
