//! What the tests of this folder share: making archives, and a place to unpack them.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Limits, Summary, unpack};
use crate::error::Error;

/// A place to unpack one archive.
pub(super) struct Bench(tempfile::TempDir);

impl Bench {
    pub(super) fn new() -> Self {
        Bench(tempfile::tempdir().unwrap())
    }

    /// The folder that is unpacked into.
    pub(super) fn folder(&self) -> PathBuf {
        self.0.path().join("into")
    }

    pub(super) fn unpack(&self, bytes: &[u8]) -> Result<Summary, Error> {
        let keep = |path: &Path| Some(path.to_path_buf());
        self.unpack_with(bytes, &keep, &Limits::default())
    }

    /// Unpacks, and sees that nothing was written outside the folder.
    pub(super) fn unpack_with(
        &self,
        bytes: &[u8],
        keep: &dyn Fn(&Path) -> Option<PathBuf>,
        limits: &Limits,
    ) -> Result<Summary, Error> {
        let archive = self.0.path().join("archive");
        fs::write(&archive, bytes).unwrap();
        let outcome = unpack(&archive, &self.folder(), keep, limits, &());
        let names = fs::read_dir(self.0.path()).unwrap();
        let strange = names.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name != "archive" && name != "into"
        });
        assert_eq!(strange.count(), 0);
        outcome
    }

    /// Names and contents of the files that came out, sorted.
    pub(super) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.folder()).unwrap();
                    let name = name.to_str().unwrap().replace('\\', "/");
                    found.push((name, fs::read(&path).unwrap()));
                }
            }
        }
        found.sort();
        found
    }
}

pub(super) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, body) in files {
        let options = SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(body).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(super) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, body) in files {
        let mut header = Header::new_gnu();
        header.set_size(body.len() as u64);
        builder.append_data(&mut header, name, *body).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
