//! The memory that programs may take.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use hd::bottleneck::Samples;
use hd::head::least_memory;

use crate::misuse;

/// The flag of the programs that go over bottlenecks.
#[derive(Args, Clone, Copy, Debug)]
pub struct Budget {
    /// Memory to get along with, such as 500M or 2G, however large the files of bottlenecks are: no result depends on it
    /// [default: a quarter of what there is]
    #[arg(long, value_name = "SIZE")]
    memory: Option<Size>,
}

impl Budget {
    /// Keeps the process within the limit while it goes over `samples`. Where nobody gave one, it is no less than what
    /// they need.
    ///
    /// # Errors
    /// [`misuse`] for a limit that is too small, with the least that would do.
    pub fn keep(self, samples: &mut Samples) -> anyhow::Result<()> {
        let least = least_memory(samples);
        let usual = || Some(Size(quarter()?.max(least)));
        let Some(Size(bytes)) = self.memory.or_else(usual) else {
            return Ok(());
        };
        if bytes < least {
            let megabytes = |bytes: u64| bytes >> 20;
            return misuse(format!(
                "--memory: {} MB are too little for {} of {}: {}M is the least that will do",
                megabytes(bytes),
                hd::counted(samples.len(), "image"),
                hd::counted(samples.labels().len(), "label"),
                megabytes(least) + 1
            ));
        }
        // Files that have room are looked at where they are mapped, which is faster.
        if samples.bytes_of_bottlenecks() > bytes - least {
            samples.read_when_asked();
        }
        Ok(())
    }
}

/// The flag of the programs that decode images.
#[derive(Args, Clone, Copy, Debug)]
pub struct Memory {
    /// Refuse an image that takes more memory than this to decode, such as 500M or 2G [default: a quarter of what there
    /// is]
    #[arg(long, value_name = "SIZE")]
    max_memory: Option<Size>,
}

impl Memory {
    /// Sets the limit. To be called before the first image.
    pub fn limit(self) {
        let usual = || quarter().map(Size);
        if let Some(Size(bytes)) = self.max_memory.or_else(usual) {
            hd::photo::limit_memory(bytes);
        }
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size(u64);

/// From a number with K, M or G behind it, or nothing.
impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, unit) = match text.char_indices().next_back() {
            Some((at, 'K' | 'k')) => (text.get(..at), 1 << 10),
            Some((at, 'M' | 'm')) => (text.get(..at), 1 << 20),
            Some((at, 'G' | 'g')) => (text.get(..at), 1 << 30),
            _ => (Some(text), 1),
        };
        let number = digits.and_then(|digits| digits.parse::<u64>().ok());
        let bytes = number.and_then(|number| number.checked_mul(unit));
        bytes
            .map(Self)
            .ok_or("expected a number of bytes, such as 500M or 2G")
    }
}

/// A quarter of the memory that there is, in bytes.
fn quarter() -> Option<u64> {
    Some(installed()? / 4)
}

/// The bytes of memory that this process may have: the least of what the machine has and of what its groups are allowed.
/// None where the system tells neither.
fn installed() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok();
    let machine = machine.and_then(|text| total(&text));
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().flat_map(limits_of).filter_map(|path| {
        let text = fs::read_to_string(path).ok()?;
        // A group without a limit says so in words, or with a number beyond all memory.
        text.trim().parse().ok()
    });
    machine.into_iter().chain(limits).min()
}

fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The files that may say how much memory a group has, from a line of /proc/self/cgroup: of the group and of all above
/// it, in both versions.
fn limits_of(line: &str) -> Vec<PathBuf> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (Some(kinds), Some(group)) = (fields.next(), fields.next()) else {
        return Vec::new();
    };
    let (root, name) = match kinds {
        "" => ("/sys/fs/cgroup", "memory.max"),
        _ if kinds.split(',').any(|kind| kind == "memory") => {
            ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return Vec::new(),
    };
    let group = Path::new(group.trim_start_matches('/'));
    let within = group
        .ancestors()
        .map(|group| Path::new(root).join(group).join(name));
    within.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [("1", 1), ("2K", 2048), ("500M", 500 << 20), ("2g", 2 << 30)] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "M", "1.5G", "-1", "99999999999G", "1T"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn groups_are_looked_for_where_either_version_has_them() {
        let paths = |line| -> Vec<String> {
            let paths = limits_of(line).into_iter();
            paths
                .map(|path| path.to_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            paths("0::/user/job"),
            [
                "/sys/fs/cgroup/user/job/memory.max",
                "/sys/fs/cgroup/user/memory.max",
                "/sys/fs/cgroup/memory.max"
            ]
        );
        assert_eq!(
            paths("7:cpu,memory:/a"),
            [
                "/sys/fs/cgroup/memory/a/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes"
            ]
        );
        assert!(paths("5:pids:/a").is_empty() && paths("nonsense").is_empty());
    }

    #[test]
    fn a_machine_says_what_it_has() {
        assert_eq!(
            total("MemTotal:       16 kB\nMemFree: 1 kB\n"),
            Some(16_384)
        );
        assert_eq!(total("MemFree: 1 kB\n"), None);
        assert!(!cfg!(target_os = "linux") || installed().is_some());
    }
}
