//! The memory that mapped bottlenecks take.
//!
//! A page of a map counts as memory of the process from when it is read until the system needs it for
//! something else. Where the process is to stay within a limit, those who read rows say so, and now
//! and then one of them looks at what the process has. Where that comes near the limit, the pages of all
//! maps are given back. They stay in the system's cache as long as it has room, and come back when
//! they are read again. So no result depends on the limit.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use memmap2::{Mmap, UncheckedAdvice};

/// So many bytes come with one that is read, at most: the system maps sixteen pages where one is wanted.
const BROUGHT: u64 = 16;

/// A look is taken after no fewer bytes of rows, since it costs as much as reading some of them.
const LEAST: u64 = 1 << 18;

/// Who keeps the process within a limit, as far as that can be done with some maps.
#[derive(Debug)]
pub(super) struct Keeper {
    maps: Vec<Arc<Mmap>>,
    /// What the process may have.
    limit: u64,
    /// Bytes of rows that were read, and at how many of them the next look is due.
    passed: AtomicU64,
    due: Mutex<u64>,
}

impl Keeper {
    /// Keeps the process within `limit` bytes.
    pub(super) fn new(maps: Vec<Arc<Mmap>>, limit: u64) -> Self {
        Self {
            maps,
            limit,
            passed: AtomicU64::new(0),
            due: Mutex::new(0),
        }
    }

    /// Has it that so many bytes of rows are being read.
    pub(super) fn passed(&self, bytes: usize) {
        let bytes = bytes as u64;
        let passed = self.passed.fetch_add(bytes, Ordering::Relaxed) + bytes;
        // Looks are rare, but each row asks: most of the time all see that it is not yet time.
        if passed / LEAST != (passed - bytes) / LEAST {
            self.look(passed);
        }
    }

    /// While one gives pages back, others wait, or they would bring more of them meanwhile.
    fn look(&self, passed: u64) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if passed < *due {
            return;
        }
        let Some(mut resident) = resident() else {
            return;
        };
        if resident > self.limit - self.limit / 8 {
            self.maps.iter().for_each(|map| give_back(map));
            resident = self::resident().unwrap_or(resident);
        }
        *due = passed + self.limit.saturating_sub(resident) / BROUGHT;
    }
}

/// The bytes of memory that this process has, those of files that it maps among them.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[allow(
    unsafe_code,
    reason = "only so memory goes back to the system before that asks for it"
)]
fn give_back(map: &Mmap) {
    // SAFETY: the map is of a file and read only, so that a page that is gone comes back with the same bytes.
    let given = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
    // A system that refuses keeps the pages, and takes them when it needs them.
    drop(given);
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;
    use crate::file;

    #[test]
    fn what_was_given_back_is_read_again() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        let map = file::map(&File::open(file.path()).unwrap()).unwrap();
        assert!(map.iter().all(|&byte| byte == 7));
        give_back(&map);
        assert!(map.iter().all(|&byte| byte == 7));
        assert!(resident().unwrap() > 100_000);
    }
}
