//! Programs run as a user who is not root, for tests of permissions.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{Call, Workdir, exe, runtime, take};

/// The number that most systems give the user `nobody`. It need not exist.
const NOBODY: u32 = 65534;

impl Workdir {
    /// As [`Workdir::program`], but never as root, who may read and write everything: where root
    /// runs the tests, the program runs as another user, to whom the folder of the test is given.
    /// The program and ONNX Runtime are put there too, since that user may not be able to reach the
    /// checkout.
    pub(crate) fn unprivileged(&self, name: &str) -> Call {
        let Call(command) = self.program(name);
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Call(command);
        }
        let (program, library) = (self.home().join(name), self.home().join("onnxruntime.so"));
        take(Path::new(exe(name)), &program);
        take(&runtime(), &library);
        let mut theirs = Command::new(program);
        theirs.envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        theirs
            .current_dir(self.path(""))
            .env("ORT_DYLIB_PATH", library);
        give(self.0.path());
        theirs.uid(NOBODY).gid(NOBODY);
        Call(theirs)
    }
}

/// Gives a folder to that user, with all that is in it. Hard links to files elsewhere keep their
/// owner, since that is the files'.
fn give(path: &Path) {
    let metadata = fs::symlink_metadata(path).unwrap();
    if metadata.is_symlink() || metadata.is_file() && metadata.nlink() > 1 {
        return;
    }
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}
