//! Limits on what an archive may unpack to, measured while it is read.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

/// How much an archive may unpack to before it is taken for an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Number of entries, folders and those left out included.
    pub entries: u64,
    /// Bytes after decompression. In a tar file the headers and the entries left out count too.
    pub bytes: u64,
    /// Bytes after decompression for each byte of the archive; not applied to the first MiB, for
    /// small archives of text or of padding compress far better than large ones.
    pub ratio: u64,
}

/// A million entries, 64 GiB and a ratio of 200: room for any set of images, which hardly
/// compress, while deflate can reach a ratio of 1032.
impl Default for Limits {
    fn default() -> Self {
        Limits {
            entries: 1_000_000,
            bytes: 64 << 30,
            ratio: 200,
        }
    }
}

/// Up to here no ratio is suspicious.
const RATIO_FREE: u64 = 1 << 20;

/// Counts what comes out of one archive.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    packed: u64,
    entries: Cell<u64>,
    bytes: Cell<u64>,
    passed: RefCell<Option<String>>,
}

impl Meter {
    /// A meter for an archive of `packed` bytes.
    pub(super) fn new(limits: Limits, packed: u64) -> Self {
        Meter {
            limits,
            packed,
            entries: Cell::new(0),
            bytes: Cell::new(0),
            passed: RefCell::new(None),
        }
    }

    /// Counts entries.
    pub(super) fn add_entries(&self, count: u64) -> io::Result<()> {
        self.entries.set(self.entries.get().saturating_add(count));
        let limit = self.limits.entries;
        self.check(self.entries.get() > limit, || format!("{limit} entries"))
    }

    /// Counts bytes after decompression.
    pub(super) fn add_bytes(&self, count: u64) -> io::Result<()> {
        let bytes = self.bytes.get().saturating_add(count);
        self.bytes.set(bytes);
        let Limits {
            bytes: most, ratio, ..
        } = self.limits;
        self.check(bytes > most, || format!("{most} bytes"))?;
        let allowed = self.packed.saturating_mul(ratio).max(RATIO_FREE);
        self.check(bytes > allowed, || format!("{ratio} times its size"))
    }

    /// The limit that was passed, if one was.
    pub(super) fn passed(&self) -> Option<String> {
        self.passed.borrow().clone()
    }

    fn check(&self, over: bool, limit: impl Fn() -> String) -> io::Result<()> {
        if over {
            self.passed.replace(Some(limit()));
            return Err(io::Error::other("over the limit"));
        }
        Ok(())
    }
}

/// A reader whose bytes are counted.
pub(super) struct Metered<'a, R> {
    inner: R,
    meter: &'a Meter,
    ended: bool,
}

impl<'a, R> Metered<'a, R> {
    /// Counts the bytes of `inner`.
    pub(super) fn new(inner: R, meter: &'a Meter) -> Self {
        Metered {
            inner,
            meter,
            ended: false,
        }
    }

    /// Whether someone has tried to read beyond the end.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.ended |= count == 0 && !buffer.is_empty();
        self.meter.add_bytes(count as u64)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows_exactly_the_limit() {
        let limits = Limits {
            entries: 2,
            bytes: 10,
            ratio: 1,
        };
        let meter = Meter::new(limits, 100);
        assert!(meter.add_entries(2).is_ok() && meter.add_bytes(10).is_ok());
        assert_eq!(meter.passed(), None);
        assert!(meter.add_entries(1).is_err());
        assert_eq!(meter.passed().unwrap(), "2 entries");
        assert!(meter.add_bytes(1).is_err());
        assert_eq!(meter.passed().unwrap(), "10 bytes");
    }

    #[test]
    fn applies_the_ratio_beyond_the_first_mebibyte() {
        let meter = Meter::new(Limits::default(), 10);
        assert!(meter.add_bytes(RATIO_FREE).is_ok());
        assert!(meter.add_bytes(1).is_err());
        assert_eq!(meter.passed().unwrap(), "200 times its size");
        let meter = Meter::new(Limits::default(), RATIO_FREE);
        assert!(meter.add_bytes(200 * RATIO_FREE).is_ok());
    }
}
