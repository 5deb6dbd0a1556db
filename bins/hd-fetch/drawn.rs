//! Images that are drawn, where no photos can be had.

use std::fs;
use std::path::Path;

use anyhow::Result;
use hd::Error;
use hd::origin::Origin;
use hd::photo::{Rgb, encode_jpeg};
use hd_download::Progress;
use hd_drawings::{Drawing, JPEG_QUALITY, Label, draw};
use rayon::prelude::*;

use crate::folder::make;

/// A set of drawings.
pub(crate) struct Drawings {
    /// Another seed is another set.
    pub(crate) seed: u64,
    /// Drawings a label.
    pub(crate) per_label: u32,
}

impl Drawings {
    /// Makes the folder `out` of drawings, which stand in for the images `name`.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn make(&self, name: &str, out: &Path, progress: &dyn Progress) -> Result<Origin> {
        let origin = Origin {
            drawings: true,
            name: name.to_owned(),
            sha256: None,
            source: format!("drawn with seed {}", self.seed),
        };
        make(out, &origin, &|folder| {
            Label::ALL.into_iter().try_for_each(|label| {
                progress.begin(&format!("drawing {}", label.folder()), None, 0);
                let drawn = self.fill(label, &folder.join(label.folder()));
                progress.end();
                drawn
            })?;
            Ok(folder.to_path_buf())
        })?;
        Ok(origin)
    }

    fn fill(&self, label: Label, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io(folder, "create the folder"))?;
        (0..self.per_label).into_par_iter().try_for_each(|index| {
            let path = folder.join(format!("{index:04}.jpg"));
            let Drawing {
                width,
                height,
                pixels,
            } = draw(self.seed, label, index);
            let image = Rgb {
                width,
                height,
                pixels,
            };
            encode_jpeg(&image, JPEG_QUALITY)
                .and_then(|jpeg| fs::write(&path, jpeg))
                .map_err(Error::io(&path, "write"))?;
            Ok(())
        })
    }
}
