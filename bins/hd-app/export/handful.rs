//! The images that a page and hd-label both label, to see how far they are apart.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use hd::dataset::files;
use hd::photo::{Rgb, encode_jpeg, encode_png, is_image};
use hd_drawings::{Drawing, JPEG_QUALITY, Label, draw};

/// How many there are at most.
const HANDFUL: usize = 8;

/// Some images of a folder as they are in their files, evenly spread over all.
///
/// # Errors
/// A folder without images.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let mut paths: Vec<PathBuf> = files(folder)
        .filter_map(|(path, file)| file.ok().map(|_| path))
        .collect();
    paths.sort();
    let step = paths.len().div_ceil(HANDFUL).max(1);
    let some = paths
        .iter()
        .step_by(step)
        .filter_map(|path| fs::read(path).ok());
    let images: Vec<Vec<u8>> = some.filter(|bytes| is_image(bytes)).collect();
    match images.is_empty() {
        true => bail!("{}: there is no image to compare with", folder.display()),
        false => Ok(images),
    }
}

/// Drawings, half of them JPEG and half PNG, for when no folder is named.
///
/// # Errors
/// None that can be expected.
pub(super) fn drawn() -> Result<Vec<Vec<u8>>> {
    let numbers = 0..HANDFUL as u32 / 4;
    let drawings = numbers.flat_map(|number| Label::ALL.map(|label| draw(0, label, number)));
    let files = drawings.flat_map(|drawing| {
        let Drawing {
            width,
            height,
            pixels,
        } = drawing;
        let image = Rgb {
            width,
            height,
            pixels,
        };
        [encode_jpeg(&image, JPEG_QUALITY), encode_png(&image)]
    });
    Ok(files.collect::<Result<_, _>>()?)
}
