//! Several files of bottlenecks as one set of samples.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::cache::Bottlenecks;
use super::corrections::{Corrected, Corrections};
use super::facts::Facts;
use super::layout::Row;
use crate::dataset::{bytes, folder_in};
use crate::digest::{Digest, base_name};
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::origin::Origin;
use crate::photo::Preprocess;
use crate::split::Sample;

/// Labelled bottlenecks from one or more files that were made alike, sorted by path.
#[derive(Debug)]
pub struct Samples {
    first: Bottlenecks,
    rest: Vec<Bottlenecks>,
    labels: Vec<String>,
    without_image: Vec<String>,
    places: Vec<SamplePlace>,
}

/// Where a sample is: its file, its row there with those of its views behind it, and its label in
/// the common list.
#[derive(Debug)]
struct SamplePlace {
    file: usize,
    row: usize,
    views: u32,
    label: u32,
}

impl Samples {
    /// Opens `paths`, of which there is at least one.
    ///
    /// # Errors
    /// A file that is none of bottlenecks; two that were made with different bases or
    /// preprocessing; no file.
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let mut files = paths
            .iter()
            .map(|path| Bottlenecks::open(path))
            .collect::<Result<Vec<_>>>()?;
        if files.is_empty() {
            return Err(Error::NoBottlenecks);
        }
        let first = files.remove(0);
        let mut samples = Self {
            first,
            rest: files,
            labels: Vec::new(),
            without_image: Vec::new(),
            places: Vec::new(),
        };
        samples
            .rest
            .iter()
            .try_for_each(|file| check_alike(&samples.first, file))?;
        (samples.labels, samples.without_image) = samples.all_labels();
        samples.places = samples.all_places();
        samples.check_distinct()?;
        Ok(samples)
    }

    /// Gives samples other labels, or leaves them out, as `corrections` say.
    ///
    /// # Errors
    /// A label that no sample has.
    pub fn correct(&mut self, corrections: &Corrections) -> Result<Corrected> {
        let mut corrected = Corrected::default();
        let mut found = 0;
        for mut place in std::mem::take(&mut self.places) {
            let path = self.row(&place).map_or(Path::new(""), |row| &row.path);
            let said = corrections.of(path, &self.labels)?;
            found += usize::from(said.is_some());
            match said {
                Some(None) => {
                    corrected.left_out += 1;
                    continue;
                }
                Some(Some(label)) if label as u32 != place.label => {
                    corrected.relabelled += 1;
                    place.label = label as u32;
                }
                _ => {}
            }
            self.places.push(place);
        }
        corrected.strangers = corrections.len() - found;
        self.drop_empty_labels();
        Ok(corrected)
    }

    /// Takes out of the labels those that no sample has any more.
    fn drop_empty_labels(&mut self) {
        let mut has_image = vec![false; self.labels.len()];
        for place in &self.places {
            if let Some(has_image) = has_image.get_mut(place.label as usize) {
                *has_image = true;
            }
        }
        let mut numbers = Vec::new();
        let mut kept = Vec::new();
        for (label, has_image) in std::mem::take(&mut self.labels).into_iter().zip(has_image) {
            numbers.push(kept.len() as u32);
            match has_image {
                true => kept.push(label),
                false => self.without_image.push(label),
            }
        }
        self.labels = kept;
        for place in &mut self.places {
            place.label = numbers
                .get(place.label as usize)
                .copied()
                .unwrap_or_default();
        }
    }

    /// The labels of all samples, sorted; a sample's label is an index into them.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The name of the folder of each label that is called otherwise: the folder of its first image, by
    /// path.
    pub fn folders(&self) -> BTreeMap<String, String> {
        let mut folders: BTreeMap<&String, String> = BTreeMap::new();
        for image in self.images() {
            if let Some(label) = self.labels.get(image.label as usize)
                && !folders.contains_key(label)
                && let Some(folder) = folder_in(image.path, label)
            {
                folders.insert(label, folder.into_owned());
            }
        }
        let others = folders
            .into_iter()
            .filter(|(label, folder)| *label != folder);
        others
            .map(|(label, folder)| (label.clone(), folder))
            .collect()
    }

    /// The labels of which none of the files has an image that can be used.
    pub fn labels_without_image(&self) -> &[String] {
        &self.without_image
    }

    /// How many samples there are, not counting distorted views of them.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The size D of a bottleneck.
    pub fn size(&self) -> usize {
        self.first.size()
    }

    /// The name of the base.
    pub fn architecture(&self) -> &str {
        self.first.architecture()
    }

    /// The digest of the base's file.
    pub fn base(&self) -> Digest {
        self.first.base()
    }

    /// The preprocessing of the images.
    pub fn preprocess(&self) -> &Preprocess {
        self.first.preprocess()
    }

    /// Identifies the preprocessing, and the version of the code that did it.
    pub fn fingerprint(&self) -> Digest {
        self.first.fingerprint()
    }

    /// The file that messages about all of them name.
    pub fn path(&self) -> &Path {
        self.first.path()
    }

    /// Whether any of the images are drawings that hd-fetch made.
    pub fn has_drawings(&self) -> bool {
        self.files()
            .any(|file| file.origin().is_some_and(|origin| origin.drawings))
    }

    /// Where the images of the files came from, as far as that is known.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.files().filter_map(Bottlenecks::origin)
    }

    /// Errors unless all files were made with `base`.
    ///
    /// # Errors
    /// [`Error::OtherBase`], naming both.
    pub fn check_base(&self, base: &Network) -> Result<()> {
        self.first.check_base(base)
    }

    /// The bottleneck of a sample's view, and of the sample itself where `view` is 0.
    pub fn view(&self, index: usize, view: u32) -> &[f32] {
        let place = self.places.get(index);
        place
            .and_then(|place| Some(self.file(place)?.bottleneck(place.row + view as usize)))
            .unwrap_or_default()
    }

    /// How many distorted views the sample `index` has beside itself.
    pub fn views(&self, index: usize) -> u32 {
        self.places.get(index).map_or(0, |place| place.views)
    }

    /// Each sample, as it can be divided.
    pub fn images(&self) -> Vec<Sample<'_>> {
        let image = |place: &SamplePlace| {
            let row = self.row(place)?;
            Some(Sample {
                digest: row.digest,
                group: row.digest,
                label: place.label,
                path: &row.path,
                given: row.split,
            })
        };
        // Every place is one of a row.
        self.places.iter().filter_map(image).collect()
    }

    /// Whether any of the images was given a split by its folder or its list.
    pub fn is_divided(&self) -> bool {
        self.images().iter().any(|image| image.given.is_some())
    }

    /// The path of the sample `index`, relative to its folder of images.
    pub fn image(&self, index: usize) -> Option<&Path> {
        Some(&self.row(self.places.get(index)?)?.path)
    }

    /// What is known of the image of the sample `index`.
    pub fn facts(&self, index: usize) -> Option<&Facts> {
        Some(&self.row(self.places.get(index)?)?.facts)
    }

    /// The label of the sample `index`.
    pub fn label(&self, index: usize) -> Option<u32> {
        Some(self.places.get(index)?.label)
    }

    /// The bottleneck of the sample `index`: D floats, none where there is no such sample.
    pub fn bottleneck(&self, index: usize) -> &[f32] {
        self.view(index, 0)
    }

    /// Errors if any bottleneck is not what was written, or holds something that is no number.
    ///
    /// # Errors
    /// [`Error::DamagedRows`] and [`Error::Damaged`], naming the file.
    pub fn check(&self) -> Result<()> {
        self.files().try_for_each(Bottlenecks::check)
    }

    /// Whether all bottlenecks are the same, although the images are not.
    pub fn are_alike(&self) -> bool {
        let first = self.bottleneck(0);
        // The first other one answers for nearly all data sets.
        if (1..self.len()).any(|index| self.bottleneck(index) != first) {
            return false;
        }
        let digests = self.places.iter().filter_map(|place| self.row(place));
        let digests: BTreeSet<Digest> = digests.map(|row| row.digest).collect();
        digests.len() > 1
    }

    /// The images whose content stands under another label too.
    pub fn contradictions(&self) -> Vec<&Path> {
        let mut labels: HashMap<Digest, u32> = HashMap::new();
        let images = self.images();
        let contradicts =
            |image: &Sample| *labels.entry(image.digest).or_insert(image.label) != image.label;
        let indices: Vec<bool> = images.iter().map(contradicts).collect();
        indices
            .iter()
            .enumerate()
            .filter(|(_, c)| **c)
            .filter_map(|(index, _)| self.image(index))
            .collect()
    }

    fn files(&self) -> impl Iterator<Item = &Bottlenecks> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    fn file(&self, place: &SamplePlace) -> Option<&Bottlenecks> {
        match place.file {
            0 => Some(&self.first),
            later => self.rest.get(later - 1),
        }
    }

    fn row(&self, place: &SamplePlace) -> Option<&Row> {
        self.file(place)?.rows().get(place.row)
    }

    /// An image that two files hold would count twice.
    fn check_distinct(&self) -> Result<()> {
        let rows = || {
            self.places
                .iter()
                .filter_map(|place| Some((self.file(place)?, self.row(place)?)))
        };
        let twice = rows()
            .zip(rows().skip(1))
            .find(|((_, a), (_, b))| (&a.path, a.digest) == (&b.path, b.digest));
        let Some(((one, row), (other, _))) = twice else {
            return Ok(());
        };
        let reason = format!(
            "it holds {}, which {} holds too",
            row.path.display(),
            one.path().display()
        );
        Err(Error::Mismatch {
            path: other.path().to_path_buf(),
            reason,
        })
    }

    /// The labels of all files, those with images and those without.
    fn all_labels(&self) -> (Vec<String>, Vec<String>) {
        let mut labels: BTreeMap<&String, bool> = BTreeMap::new();
        for file in self.files() {
            let mut has_image = vec![false; file.labels().len()];
            for row in file.rows() {
                if let Some(has_image) = has_image.get_mut(row.label as usize) {
                    *has_image = true;
                }
            }
            for (label, has_image) in file.labels().iter().zip(has_image) {
                *labels.entry(label).or_default() |= has_image;
            }
        }
        let (with, without): (Vec<_>, Vec<_>) =
            labels.into_iter().partition(|(_, has_image)| *has_image);
        let names = |labels: Vec<(&String, bool)>| {
            let names = labels.into_iter().map(|(label, _)| label.clone());
            names.collect()
        };
        (names(with), names(without))
    }

    /// The rows of all files, sorted by path, so that it does not matter how images are spread over
    /// files.
    fn all_places(&self) -> Vec<SamplePlace> {
        let mut places = Vec::new();
        for (index, file) in self.files().enumerate() {
            let number = |name| self.labels.binary_search(name).unwrap_or_default() as u32;
            let numbers: Vec<u32> = file.labels().iter().map(number).collect();
            let views = file
                .distortion()
                .map_or(0, |distortion| distortion.variants);
            let rows = file.rows().iter().enumerate();
            let samples = rows.filter(|(_, content)| content.variant == 0);
            places.extend(samples.filter_map(|(row, content)| {
                let label = *numbers.get(content.label as usize)?;
                Some(SamplePlace {
                    file: index,
                    row,
                    views,
                    label,
                })
            }));
        }
        let path = |place: &SamplePlace| self.row(place).map(|row| bytes(&row.path));
        places.sort_by(|a, b| path(a).cmp(&path(b)));
        places
    }
}

fn check_alike(first: &Bottlenecks, other: &Bottlenecks) -> Result<()> {
    let differs = |reason: String| Error::Mismatch {
        path: other.path().to_path_buf(),
        reason,
    };
    if first.base() != other.base() {
        let (a, b) = (
            base_name(other.architecture(), &other.base()),
            base_name(first.architecture(), &first.base()),
        );
        return Err(differs(format!(
            "made with the base {a}, but {} with {b}",
            first.path().display()
        )));
    }
    if (first.fingerprint(), first.size()) != (other.fingerprint(), other.size()) {
        let reason = format!(
            "its images were prepared otherwise than those of {}",
            first.path().display()
        );
        return Err(differs(reason));
    }
    Ok(())
}
