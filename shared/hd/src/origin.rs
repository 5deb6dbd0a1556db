//! `source.json`: where a folder of images came from, recorded beside them by hd-fetch.
//!
//! hd-bottleneck copies it into the bottlenecks, so that a report can say when its images are
//! drawings.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::file;

/// The file's name within the folder of images.
pub const FILE_NAME: &str = "source.json";

/// Where a folder of images came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// True where the images were drawn by hd-fetch and are no photos.
    pub drawings: bool,
    /// The data set's name, or the address that was given instead of one.
    pub name: String,
    /// SHA-256 of the archive; absent for drawings.
    #[serde(default)]
    pub sha256: Option<String>,
    /// The address that the archive came from, or the seed that the drawings were made with.
    pub source: String,
}

impl Origin {
    /// Reads the record of the folder `root`; a folder that hd-fetch did not make has none.
    pub fn beside(root: &Path) -> Result<Option<Self>> {
        let path = root.join(FILE_NAME);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = file::read(&path)?;
        let origin = serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
            path,
            what: "a record of where the images came from",
            reason: error.to_string(),
            maker: "hd-fetch images",
        })?;
        Ok(Some(origin))
    }

    /// Writes the record into the folder `root`.
    pub fn write(&self, root: &Path) -> Result<()> {
        file::replace(&root.join(FILE_NAME), |out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            writeln!(out)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Origin::beside(root.path()).unwrap(), None);
        let origin = Origin {
            drawings: true,
            name: "hotdog".into(),
            sha256: None,
            source: "seed 0".into(),
        };
        origin.write(root.path()).unwrap();
        assert_eq!(Origin::beside(root.path()).unwrap(), Some(origin));
    }

    #[test]
    fn a_foreign_record_is_an_error_that_names_it() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(FILE_NAME), "[1, 2]").unwrap();
        let message = Origin::beside(root.path()).unwrap_err().to_string();
        assert!(message.contains(FILE_NAME), "{message}");
    }
}
