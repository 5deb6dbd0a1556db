//! The images of a report: which of them are shown, and as what.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;

use super::Report;
use crate::bottleneck::Samples;
use crate::dataset::{Tars, root_of};
use crate::photo::{Rgb, Want, decode, encode_jpeg};
use crate::tsv;

/// The longer side of a small image, in pixels.
const SIDE: u32 = 160;

/// The quality of a small image as JPEG, of 100.
const QUALITY: u8 = 75;

/// What all images take at most, so that the rest of the page has room.
const MOST_BYTES: usize = 6_000_000;

/// The images that are shown.
#[derive(Debug)]
pub(super) struct Gallery<'a> {
    samples: &'a Samples,
    root: Option<PathBuf>,
    tars: Tars,
    most: usize,
    /// By their rows, in the order in which they were asked for.
    rows: Vec<usize>,
    numbers: HashMap<usize, usize>,
    small: Vec<Small>,
}

/// A small image in the page, or why there is none.
type Small = Result<String, String>;

/// How an image is shown.
pub(super) struct Shown {
    /// Its number among those that are in the page.
    pub(super) number: Option<usize>,
    /// Why it is not in the page.
    pub(super) missing: String,
    /// Its path.
    pub(super) path: String,
}

impl<'a> Gallery<'a> {
    pub(super) fn of(report: &Report<'a>) -> Self {
        Self {
            samples: report.samples,
            tars: Tars::default(),
            root: report.images.and_then(root_of),
            most: report.most_images,
            rows: Vec::new(),
            numbers: HashMap::new(),
            small: Vec::new(),
        }
    }

    /// Whether there are images to show at all.
    pub(super) fn is_open(&self) -> bool {
        self.root.is_some()
    }

    /// Makes room for the images in these rows, all of them or none.
    pub(super) fn admit(&mut self, rows: &[usize]) -> bool {
        let mut new: Vec<usize> = rows.to_vec();
        new.retain(|row| !self.numbers.contains_key(row));
        new.sort_unstable();
        new.dedup();
        if self.rows.len() + new.len() > self.most {
            return false;
        }
        for row in new {
            self.numbers.insert(row, self.rows.len());
            self.rows.push(row);
        }
        true
    }

    /// Reads the images that were admitted and makes them small.
    pub(super) fn develop(&mut self) {
        let Some(root) = &self.root else { return };
        let small = |row: &usize| match self.samples.image(*row) {
            Some(path) => small(&self.tars, &root.join(path)),
            None => Err("no path".to_owned()),
        };
        let mut all: Vec<Small> = self.rows.par_iter().map(small).collect();
        let mut bytes = 0;
        for one in &mut all {
            bytes += one.as_ref().map_or(0, String::len);
            if bytes > MOST_BYTES {
                *one = Err("left out, so that this page stays small".to_owned());
            }
        }
        self.small = all;
    }

    /// How many images are in the page.
    pub(super) fn count(&self) -> usize {
        self.small.iter().filter(|one| one.is_ok()).count()
    }

    /// The numbers and data URIs of the images that are in the page.
    pub(super) fn styles(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.small.iter().enumerate();
        all.filter_map(|(number, one)| Some((number, one.as_ref().ok()?.as_str())))
    }

    /// How the image of a row is shown.
    pub(super) fn shown(&self, row: &usize) -> Shown {
        let number = self.numbers.get(row).copied();
        let small = number.and_then(|number| self.small.get(number));
        Shown {
            number: number.filter(|_| small.is_some_and(Result::is_ok)),
            missing: match small {
                Some(Err(reason)) => reason.clone(),
                _ => "no image".to_owned(),
            },
            path: self.path(*row),
        }
    }

    /// The path of the image of a row, as tables have it.
    pub(super) fn path(&self, row: usize) -> String {
        String::from_utf8_lossy(&self.field(row)).into_owned()
    }

    /// The bytes of its path, as tables have them, in hexadecimal digits.
    pub(super) fn hex(&self, row: &usize) -> String {
        hex(&self.field(*row))
    }

    /// The bytes of the image of a row, if they can be read.
    pub(super) fn bytes(&self, row: usize) -> Option<Vec<u8>> {
        let path = self.root.as_ref()?.join(self.samples.image(row)?);
        self.tars.read(&path).ok()
    }

    fn field(&self, row: usize) -> Vec<u8> {
        tsv::field(self.samples.image(row).unwrap_or(Path::new("")))
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn small(tars: &Tars, path: &Path) -> Small {
    let bytes = tars.read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "not there any more".to_owned(),
        _ => crate::reason(&error),
    })?;
    let want = Want {
        shorter_side: Some(SIDE),
        truncated: true,
        ..Want::default()
    };
    let image = decode(&bytes, &want).map_err(|error| error.to_string())?;
    let image = image.rgb.fitted(SIDE).map_err(|error| error.to_string())?;
    data_uri(&image, QUALITY)
}

/// An image as an address that holds it.
pub(super) fn data_uri(image: &Rgb, quality: u8) -> Small {
    let jpeg = encode_jpeg(image, quality).map_err(|error| error.to_string())?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)))
}
