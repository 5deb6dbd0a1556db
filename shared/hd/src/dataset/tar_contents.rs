//! What is in one tar of images: each image with its label, or with the reason why it is of no use.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::division::of_paths;
use super::label::looks;
use super::stem::stems;
use super::tar_label::{Given, TarLabels, around};
use crate::error::{Error, Result};
use crate::split::Split;
use crate::tar::Tar;

/// What was found in a tar.
pub(super) struct Contents {
    pub(super) tar: Arc<Tar>,
    /// The place of each image relative to the data set's folder, and its label or why it is of no use.
    pub(super) images: Vec<(PathBuf, Result<String, String>)>,
    /// How the images come divided within the tar.
    pub(super) splits: Option<Vec<Split>>,
    /// A label that is a number without a name.
    pub(super) bare_number: Option<String>,
}

/// What is in the tar at `path`.
///
/// # Errors
/// The operating system's: what cannot be read now is not gone.
pub(super) fn contents(root: &Path, path: &Path, names: &[String]) -> Result<Contents> {
    let place = root.join(path);
    let tar = Tar::open(&place).map_err(Error::io(&place, "read"))?;
    let file = tar.file().map_err(Error::io(&place, "read"))?;
    let labels = TarLabels {
        tar: &tar,
        file: &file,
        around: around(path),
        names,
    };
    let stems = stems(tar.members());
    let given: Vec<Result<Option<Given>, String>> =
        stems.iter().map(|stem| labels.given(stem)).collect();
    let written = || {
        given
            .iter()
            .filter_map(|given| given.as_ref().ok()?.as_ref())
    };
    let known: HashSet<String> = written().map(|given| looks(&given.label)).collect();
    let bare_number = written()
        .find(|given| given.is_bare_number)
        .map(|given| given.label.clone());
    let mut images = Vec::new();
    for (stem, given) in stems.iter().zip(&given) {
        for image in &stem.images {
            let label = match (image.trouble(), given) {
                (Some(trouble), _) => Err(trouble.to_owned()),
                (None, Ok(given)) => labels.of(image, given.as_ref(), &known),
                (None, Err(reason)) => Err(reason.clone()),
            };
            images.push((path.join(&image.name), label));
        }
    }
    Ok(Contents {
        splits: of_paths(images.iter().map(|(path, _)| path.as_path())),
        tar: Arc::new(tar),
        images,
        bare_number,
    })
}

/// The labels of all images, sorted.
pub(super) fn labels_of(found: &[Contents]) -> Vec<String> {
    let images = found.iter().flat_map(|contents| &contents.images);
    let labels: BTreeSet<&String> = images
        .filter_map(|(_, label)| label.as_ref().ok())
        .collect();
    labels.into_iter().cloned().collect()
}
