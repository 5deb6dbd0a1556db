//! Work on many items at once, with results in the items' order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::error::{Error, Result};

/// Results that may wait for the one thread that takes them, for each worker.
const WAITING: usize = 8;

/// Does `work` on each of `items`, `jobs` at a time, and gives the results to `take` in the items' order as they
/// become ready. Every worker has a state of its own, made by `state`.
///
/// # Errors
/// The first that `work` or `take` returns, in the items' order; what is under way is then finished and dropped.
pub fn ordered<T, S, R>(
    jobs: NonZeroUsize,
    items: &[T],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &T) -> Result<R> + Sync,
    mut take: impl FnMut(&T, R) -> Result<()>,
) -> Result<()>
where
    T: Sync,
    R: Send,
{
    let jobs = jobs.get().min(items.len()).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
    let pool =
        pool.map_err(|error| Error::Training(format!("cannot start {jobs} threads: {error}")))?;
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    pool.in_place_scope(|scope| {
        let (results, receiver) = sync_channel(jobs * WAITING);
        let (next, stop, state, work) = (&next, &stop, &state, &work);
        scope.spawn_broadcast(move |_, _| worker(items, next, stop, state, work, results.clone()));
        let outcome = deliver(items, receiver, &mut take);
        stop.store(true, Ordering::Relaxed);
        outcome
    })
}

/// Claims items one by one until there are none, or nobody wants the results any more.
fn worker<T, S, R>(
    items: &[T],
    next: &AtomicUsize,
    stop: &AtomicBool,
    state: impl Fn() -> S,
    work: impl Fn(&mut S, &T) -> Result<R>,
    results: SyncSender<(usize, Result<R>)>,
) {
    let mut state = state();
    while !stop.load(Ordering::Relaxed) {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = items.get(index) else { return };
        if results.send((index, work(&mut state, item))).is_err() {
            return;
        }
    }
}

/// Hands results on in order, keeping back the ones that came too early.
fn deliver<T, R>(
    items: &[T],
    results: Receiver<(usize, Result<R>)>,
    take: &mut impl FnMut(&T, R) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut due = items.iter().enumerate().peekable();
    for (index, result) in results {
        early.insert(index, result);
        while let Some(result) = due.peek().and_then(|(index, _)| early.remove(index)) {
            if let Some((_, item)) = due.next() {
                take(item, result?)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..500).collect();
        for count in [1, 2, 7] {
            let mut taken = Vec::new();
            let slow_first = |_: &mut (), &item: &u64| {
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
        ordered(jobs(3), &[(); 100], state, |_, ()| Ok(()), |(), ()| Ok(())).unwrap();
        assert!((1..=3).contains(&made.load(Ordering::Relaxed)));
    }

    #[test]
    fn the_first_error_in_order_ends_the_work() {
        let items: Vec<u32> = (0..10_000).collect();
        let done = AtomicUsize::new(0);
        let work = |_: &mut (), &item: &u32| {
            done.fetch_add(1, Ordering::Relaxed);
            if item >= 20 {
                Err(Error::Training(item.to_string()))
            } else {
                Ok(())
            }
        };
        let error = ordered(jobs(4), &items, || (), work, |_, ()| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "20");
        assert!(done.load(Ordering::Relaxed) < 1000);
    }

    #[test]
    fn no_items_is_no_work() {
        ordered(jobs(4), &[] as &[u8], || (), |_, _| Ok(()), |_, ()| Ok(())).unwrap();
    }
}
