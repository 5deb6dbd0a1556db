//! Work on many items at once, with results in the items' order.

use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::error::{Error, Result};

/// Results that may wait for the one thread that takes them, for each worker.
const WAITING: usize = 8;

/// Does `work` on each of `items`, `jobs` at a time, and gives the results to `take` in the items' order as they
/// become ready. Every worker has a state of its own, made by `state`. Items are asked for one by one as workers become
/// free, so that there may be any number of them.
///
/// # Errors
/// The first that `work` or `take` returns, in the items' order; what is under way is then finished and dropped.
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
    let (items, stop) = (Mutex::new(items.enumerate()), AtomicBool::new(false));
    pool.in_place_scope(|scope| {
        let (results, receiver) = sync_channel(jobs * WAITING);
        let (items, stop, state, work) = (&items, &stop, &state, &work);
        scope.spawn_broadcast(move |_, _| worker(items, stop, state, work, results.clone()));
        let outcome = deliver(receiver, &mut take);
        stop.store(true, Ordering::Relaxed);
        outcome
    })
}

/// An item with its number, and what came of it.
type Done<T, R> = (usize, T, Result<R>);

/// Claims items one by one until there are none, or nobody wants the results any more.
fn worker<I: Iterator, S, R>(
    items: &Mutex<Enumerate<I>>,
    stop: &AtomicBool,
    state: impl Fn() -> S,
    work: impl Fn(&mut S, &I::Item) -> Result<R>,
    results: SyncSender<Done<I::Item, R>>,
) {
    let mut state = state();
    while !stop.load(Ordering::Relaxed) {
        // Where asking has panicked in another worker, there may be more to ask for all the same.
        let next = items
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .next();
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
    take: &mut impl FnMut(T, R) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut due = 0;
    for (index, item, result) in results {
        early.insert(index, (item, result));
        while let Some((item, result)) = early.remove(&due) {
            take(item, result?)?;
            due += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

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
            // No more wait than what two workers and their results can be.
            while taken.load(Ordering::SeqCst) + 2 * (WAITING + 2) < item {
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
    fn no_items_is_no_work() {
        ordered(jobs(4), [(); 0], || (), |_, ()| Ok(()), |(), ()| Ok(())).unwrap();
    }
}
