//! Programs as a user whom permissions bind.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{Call, Workdir, exe, runtime, take};

/// The user `nobody`, as most systems number it; that there is one is not needed.
const NOBODY: u32 = 65534;

impl Workdir {
    /// As [`Workdir::program`], and not as root: where the tests are root's, to whom all is allowed, it is another user's
    /// program in another user's folder. Wherever the checkout lies, that user reaches the program and ONNX Runtime, since
    /// they are in the folder.
    pub(crate) fn unprivileged(&self, name: &str) -> Call {
        let Call(command) = self.program(name);
        if fs::metadata(self.home()).unwrap().uid() != 0 {
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

/// Gives a folder to that user, with all that is in it. Other names of files that are elsewhere too stay whose they are.
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
