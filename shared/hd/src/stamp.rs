//! The stamp of a file, which tells that it is unchanged without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A file changed within this many seconds before it was read may change again without a trace in
/// its times.
const SETTLED: i64 = 2;

/// A file's size, times and number.
///
/// Two files of one size and time that change places keep both; each keeps its number as well, and
/// the time at which its name changed is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// The number of the file on its file system.
    pub inode: u64,
    /// When its content changed last.
    pub modified: Time,
    /// When anything about it changed last: content, name or rights. No program can set it.
    pub changed: Time,
}

/// A time since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Time {
    /// Seconds.
    pub seconds: i64,
    /// Nanoseconds beyond them.
    pub nanoseconds: i64,
}

impl Stamp {
    /// The stamp of a file with this metadata.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.len(),
            inode: metadata.ino(),
            modified: Time {
                seconds: metadata.mtime(),
                nanoseconds: metadata.mtime_nsec(),
            },
            changed: Time {
                seconds: metadata.ctime(),
                nanoseconds: metadata.ctime_nsec(),
            },
        }
    }

    /// The stamp, if a change from now on is sure to show in it.
    pub fn settled(self) -> Option<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        let settled = Time {
            seconds: now.as_secs() as i64 - SETTLED,
            nanoseconds: now.subsec_nanos().into(),
        };
        (self.modified.max(self.changed) < settled).then_some(self)
    }
}
