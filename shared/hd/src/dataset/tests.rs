//! Folders of files for tests of data sets and labels.

use std::fs;

/// A folder that vanishes with the test, with these files, each of which holds its name.
pub(crate) fn folder(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    root
}
