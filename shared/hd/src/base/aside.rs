//! Keeping what a foreign library says of itself off stderr.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::stdio::dup2_stderr;

/// Where stderr leads, while it leads nowhere.
struct Aside(OwnedFd);

impl Aside {
    fn step() -> io::Result<Self> {
        let stderr = io::stderr().as_fd().try_clone_to_owned()?;
        dup2_stderr(File::options().write(true).open("/dev/null")?)?;
        Ok(Self(stderr))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Without it nothing could be said of the failure either.
        let _ = dup2_stderr(&self.0);
    }
}

/// Does some work, during which nothing that is written to stderr arrives there. For one thread at a time.
///
/// ONNX Runtime's reader of the processor writes there by itself where `/sys` or `/proc` is missing, whatever level of
/// messages is asked for. It then goes on with less knowledge of caches and cores, which changes no result.
pub(super) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    let _aside = Aside::step();
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file that stderr leads to.
    fn place() -> std::path::PathBuf {
        std::fs::read_link("/proc/self/fd/2").unwrap()
    }

    #[test]
    fn stderr_leads_nowhere_for_a_while_and_then_where_it_did() {
        let before = place();
        assert_eq!(quietly(place), std::path::Path::new("/dev/null"));
        assert_eq!(place(), before);
    }
}
