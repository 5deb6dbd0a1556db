//! The product: each answer is printed, and painted and sorted where that is wanted.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hd::dataset::is_in_tar;
use hd::label::{Answer, Heatmap, Sorter, Table};
use hd::photo::Notes;
use hd::{Error, counted, file};
use hd_cli::Bar;

use crate::images::Image;

/// The reason why a second image is refused.
pub(crate) const ONE_IMAGE: &str = "--heatmap is of one image";

/// A worker's result for an image.
pub(crate) struct Done {
    /// Probabilities, or a bottleneck.
    pub(crate) result: Vec<f32>,
    pub(crate) heatmap: Option<Heatmap>,
    pub(crate) notes: Notes,
    pub(crate) took: Duration,
}

/// The places that results go to.
pub(crate) struct Product<'a, W: Write> {
    /// The labels that results are probabilities of; without them they are bottlenecks.
    pub(crate) labels: Option<&'a [String]>,
    pub(crate) table: Table,
    pub(crate) heatmap: Option<PathBuf>,
    pub(crate) sorter: Option<Sorter>,
    /// Whether also what lies in folders has to be images.
    pub(crate) strict: bool,
    pub(crate) out: W,
    /// What messages call `out`.
    pub(crate) to: &'a Path,
    pub(crate) bar: &'a Bar,
    pub(crate) tally: Tally,
}

/// Images so far, and what became of them.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) images: usize,
    /// Those of each label.
    pub(crate) labels: BTreeMap<String, usize>,
    /// Files in folders that are no images.
    pub(crate) skipped: usize,
    /// Those that should have been labelled and could not be.
    pub(crate) failed: usize,
}

impl Tally {
    /// All of it in a sentence.
    pub(crate) fn tell(&self) {
        let labelled: usize = self.labels.values().sum();
        let mut told = format!("{} labelled", counted(labelled, "image"));
        for (before, (label, count)) in [": "]
            .into_iter()
            .chain([", "].into_iter().cycle())
            .zip(&self.labels)
        {
            told.push_str(&format!("{before}{count} {label}"));
        }
        for (count, what) in [
            (self.skipped, "skipped"),
            (self.failed, "could not be labelled"),
        ] {
            if count > 0 {
                told.push_str(&format!("; {count} {what}"));
            }
        }
        log::info!("{told}");
    }
}

impl<W: Write> Product<'_, W> {
    /// Takes the result for the next image. An error of that image is told and counted.
    pub(crate) fn take(&mut self, image: &Image, done: hd::Result<Done>) -> hd::Result<()> {
        self.tally.images += 1;
        self.bar.advance(1);
        self.check_heatmap(image)?;
        match done.and_then(|done| self.sort(image, &done).map(|()| done)) {
            Ok(done) => {
                if done.notes != Notes::default() {
                    log::warn!("{}: {}", image.path().display(), done.notes);
                }
                self.print(image.path(), &done)
                    .map_err(Error::io(self.to, "write"))?;
                self.paint(&done)
            }
            Err(Error::Image { path, reason }) if self.skips(image) => {
                self.tally.skipped += 1;
                log::warn!("{}: skipped: {reason}", path.display());
                Ok(())
            }
            Err(error) => {
                self.tally.failed += 1;
                log::error!("{}", hd_cli::told(&error.into()));
                Ok(())
            }
        }
    }

    /// Whether it is no matter if this is no image.
    fn skips(&self, image: &Image) -> bool {
        !self.strict && matches!(image, Image::InFolder(_))
    }

    fn print(&mut self, path: &Path, done: &Done) -> io::Result<()> {
        let (table, out) = (&self.table, &mut self.out);
        match self.labels {
            None => table.write_bottleneck(path, &done.result, out)?,
            Some(labels) => {
                let answer = Answer::new(labels, &done.result);
                let label = answer.label(table.threshold).to_owned();
                *self.tally.labels.entry(label).or_default() += 1;
                table.write(path, &answer, done.notes, done.took, out)?
            }
        }
        // A program that reads this may wait for each line.
        out.flush()
    }

    fn sort(&mut self, image: &Image, done: &Done) -> hd::Result<()> {
        let (Some(sorter), Some(labels)) = (&mut self.sorter, self.labels) else {
            return Ok(());
        };
        match image {
            Image::File(path) | Image::InFolder(path) if is_in_tar(path) => Err(Error::Dataset {
                path: path.clone(),
                reason:
                    "it lies in a tar, which no link leads into: unpack the tar to sort its images"
                        .to_owned(),
            }),
            Image::File(path) | Image::InFolder(path) => {
                let label = Answer::new(labels, &done.result).label(self.table.threshold);
                let folder = self.table.folders.get(label).map_or(label, String::as_str);
                sorter.put(path, folder).map(|_| ())
            }
            _ => Err(Error::Dataset {
                path: image.path().to_path_buf(),
                reason: "no file that could be sorted into a folder".to_owned(),
            }),
        }
    }

    /// Refuses to paint a second image over the first, or any over itself.
    fn check_heatmap(&self, image: &Image) -> hd::Result<()> {
        let Some(path) = &self.heatmap else {
            return Ok(());
        };
        let real = |path: &Path| path.canonicalize().ok();
        let itself = real(path).is_some_and(|there| real(image.path()) == Some(there));
        let reason = match (self.tally.images, itself) {
            (1, false) => return Ok(()),
            (1, true) => "it is the image itself, and would be overwritten",
            _ => ONE_IMAGE,
        };
        Err(Error::Dataset {
            path: path.clone(),
            reason: reason.to_owned(),
        })
    }

    fn paint(&self, done: &Done) -> hd::Result<()> {
        match (&self.heatmap, &done.heatmap) {
            (Some(path), Some(heatmap)) => {
                let painted = match is_jpeg(path) {
                    true => heatmap.jpeg()?,
                    false => heatmap.png()?,
                };
                file::replace(path, |out| out.write_all(&painted))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a heatmap of this name is to be a JPEG, and no PNG.
fn is_jpeg(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ["jpg", "jpeg"]
        .iter()
        .any(|jpeg| ending.eq_ignore_ascii_case(jpeg))
}

/// Whether its name says that a heatmap is to be something that can be painted. What is no file, such as /dev/stdout,
/// need not say so.
pub(crate) fn is_paintable(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    is_jpeg(path) || ending.eq_ignore_ascii_case("png") || (path.exists() && !path.is_file())
}
