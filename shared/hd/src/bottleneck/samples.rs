//! Several files of bottlenecks as one set of samples.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hd_rows::Row;

use super::cache::Bottlenecks;
use super::corrections::{Corrected, Corrections};
use super::facts::Facts;
use crate::dataset::{bytes, folder_in};
use crate::digest::{Digest, base_name};
use crate::error::{Error, Result};
use crate::onnx::Network;
use crate::order;
use crate::origin::Origin;
use crate::photo::Preprocess;
use crate::split::{Sample, Split};

/// Labelled bottlenecks from one or more files that were made alike, sorted by path.
#[derive(Debug)]
pub struct Samples {
    first: Bottlenecks,
    rest: Vec<Bottlenecks>,
    labels: Vec<String>,
    without_image: Vec<String>,
    places: Vec<SamplePlace>,
    /// The paths of all samples, one behind the other.
    paths: Vec<u8>,
}

/// Where a sample is, and what is known of it. There may be millions, so that each is as small as it
/// can be: the rows that the files have of them take twice as much.
#[derive(Debug)]
struct SamplePlace {
    digest: Digest,
    facts: Facts,
    /// Where its path begins among those of all samples, and how long it is.
    path: (u64, u32),
    /// The number of its file, and its row there with those of its views behind it.
    file: u32,
    row: u32,
    views: u32,
    /// The number of its label: in its own file while that is read, and then in the common list.
    label: u32,
    split: Option<Split>,
}

impl Samples {
    /// Opens `paths`, of which there is at least one.
    ///
    /// # Errors
    /// A file that is none of bottlenecks; two that were made with different bases or
    /// preprocessing; no file.
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let (mut files, mut places, mut of_all) = (Vec::new(), Vec::new(), Vec::new());
        for (number, path) in (0..).zip(paths) {
            let mut file = Bottlenecks::open(path)?;
            add_places(number, &file, &mut places, &mut of_all);
            file.forget_rows()?;
            files.push(file);
        }
        if files.is_empty() {
            return Err(Error::NoBottlenecks);
        }
        let first = files.remove(0);
        let mut samples = Self {
            first,
            rest: files,
            labels: Vec::new(),
            without_image: Vec::new(),
            places,
            paths: of_all,
        };
        samples
            .rest
            .iter()
            .try_for_each(|file| check_alike(&samples.first, file))?;
        (samples.labels, samples.without_image) = samples.all_labels();
        samples.number_labels();
        samples.sort();
        samples.check_distinct()?;
        Ok(samples)
    }

    /// The bytes of all bottlenecks, those of distorted views among them.
    pub fn bytes_of_bottlenecks(&self) -> u64 {
        self.files().map(Bottlenecks::bytes_of_matrix).sum()
    }

    /// From now on brings each bottleneck from its file when it is asked for, and not from where the
    /// file is mapped, whose pages would all come to count as memory of this process.
    pub fn read_when_asked(&mut self) {
        let files = std::iter::once(&mut self.first).chain(&mut self.rest);
        files.for_each(Bottlenecks::read_when_asked);
    }

    /// Gives samples other labels, or leaves them out, as `corrections` say.
    ///
    /// # Errors
    /// A label that no sample has.
    pub fn correct(&mut self, corrections: &Corrections) -> Result<Corrected> {
        let mut corrected = Corrected::default();
        let mut found = 0;
        for mut place in std::mem::take(&mut self.places) {
            let said = corrections.of(self.path_of(&place), &self.labels)?;
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
        for place in &self.places {
            if let Some(label) = self.labels.get(place.label as usize)
                && !folders.contains_key(label)
                && let Some(folder) = folder_in(self.path_of(place), label)
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

    /// The bytes of the paths of all.
    pub(crate) fn bytes_of_paths(&self) -> usize {
        self.paths.len()
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
    pub fn view(&self, index: usize, view: u32) -> Row<'_> {
        let place = self.places.get(index);
        let row = place.and_then(|place| {
            let file = self.file(place)?;
            Some(Row::At(file, (place.row + view) as usize))
        });
        row.unwrap_or(Row::Here(&[]))
    }

    /// How many distorted views the sample `index` has beside itself.
    pub fn views(&self, index: usize) -> u32 {
        self.places.get(index).map_or(0, |place| place.views)
    }

    /// Each sample, as it can be divided.
    pub fn images(&self) -> Vec<Sample<'_>> {
        let image = |place| self.sample(place);
        self.places.iter().map(image).collect()
    }

    fn sample<'a>(&'a self, place: &SamplePlace) -> Sample<'a> {
        Sample {
            digest: place.digest,
            group: place.digest,
            label: place.label,
            path: self.path_of(place),
            given: place.split,
        }
    }

    /// Whether any of the images was given a split by its folder or its list.
    pub fn is_divided(&self) -> bool {
        self.places.iter().any(|place| place.split.is_some())
    }

    /// The path of the sample `index`, relative to its folder of images.
    pub fn image(&self, index: usize) -> Option<&Path> {
        Some(self.path_of(self.places.get(index)?))
    }

    /// The digest of the image of the sample `index`.
    pub fn digest(&self, index: usize) -> Option<&Digest> {
        Some(&self.places.get(index)?.digest)
    }

    /// What is known of the image of the sample `index`.
    pub fn facts(&self, index: usize) -> Option<&Facts> {
        Some(&self.places.get(index)?.facts)
    }

    /// The label of the sample `index`.
    pub fn label(&self, index: usize) -> Option<u32> {
        Some(self.places.get(index)?.label)
    }

    /// The bottleneck of the sample `index`, for when it is needed.
    pub fn row(&self, index: usize) -> Row<'_> {
        self.view(index, 0)
    }

    /// The bottleneck of the sample `index`: D floats, none where there is no such sample.
    pub fn bottleneck(&self, index: usize) -> Cow<'_, [f32]> {
        self.row(index).floats()
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
        let digests: BTreeSet<Digest> = self.places.iter().map(|place| place.digest).collect();
        digests.len() > 1
    }

    /// The images whose content stands under another label too: that of the first of them.
    pub fn contradictions(&self) -> Vec<&Path> {
        let order = order::by(self.places.len(), |index| self.digest(index));
        let label_of = |index: &usize| self.label(*index);
        let of_content = order.chunk_by(|a, b| self.digest(*a) == self.digest(*b));
        let contradicting = of_content.flat_map(|some| {
            let first = some.first().and_then(label_of);
            some.iter().filter(move |index| label_of(index) != first)
        });
        let mut contradicting: Vec<usize> = contradicting.copied().collect();
        contradicting.sort_unstable();
        let paths = contradicting.into_iter();
        paths.filter_map(|index| self.image(index)).collect()
    }

    fn files(&self) -> impl Iterator<Item = &Bottlenecks> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    fn file(&self, place: &SamplePlace) -> Option<&Bottlenecks> {
        match place.file {
            0 => Some(&self.first),
            later => self.rest.get(later as usize - 1),
        }
    }

    fn path_of(&self, place: &SamplePlace) -> &Path {
        Path::new(OsStr::from_bytes(path_in(&self.paths, place)))
    }

    /// An image that two files hold would count twice.
    fn check_distinct(&self) -> Result<()> {
        let content = |place: &SamplePlace| (path_in(&self.paths, place), place.digest);
        let mut pairs = self.places.iter().zip(self.places.iter().skip(1));
        let twice = pairs.find(|(a, b)| content(a) == content(b));
        let files = twice.and_then(|(a, b)| Some((a, self.file(a)?, self.file(b)?)));
        let Some((place, one, other)) = files else {
            return Ok(());
        };
        let reason = format!(
            "it holds {}, which {} holds too",
            self.path_of(place).display(),
            one.path().display()
        );
        Err(Error::Mismatch {
            path: other.path().to_path_buf(),
            reason,
        })
    }

    /// The labels of all files, those with images and those without.
    fn all_labels(&self) -> (Vec<String>, Vec<String>) {
        let mut has_image: Vec<Vec<bool>> = (self.files())
            .map(|file| vec![false; file.labels().len()])
            .collect();
        for place in &self.places {
            let of_file = has_image.get_mut(place.file as usize);
            if let Some(has_image) = of_file.and_then(|all| all.get_mut(place.label as usize)) {
                *has_image = true;
            }
        }
        let mut labels: BTreeMap<&String, bool> = BTreeMap::new();
        for (file, has_image) in self.files().zip(has_image) {
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

    /// Gives each sample the number of its label in the common list.
    fn number_labels(&mut self) {
        let number = |name: &String| self.labels.binary_search(name).unwrap_or_default() as u32;
        let of_file = |file: &Bottlenecks| file.labels().iter().map(number).collect();
        let numbers: Vec<Vec<u32>> = self.files().map(of_file).collect();
        for place in &mut self.places {
            let of_file = numbers.get(place.file as usize);
            let number = of_file.and_then(|all| all.get(place.label as usize));
            place.label = number.copied().unwrap_or_default();
        }
    }

    /// Sorts the samples by path, so that it does not matter how images are spread over files.
    fn sort(&mut self) {
        let paths = &self.paths;
        let key = |place: &SamplePlace| (path_in(paths, place), place.file, place.row);
        // Sorting in place takes no memory.
        self.places.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// The path of a sample, in those of all.
fn path_in<'a>(paths: &'a [u8], place: &SamplePlace) -> &'a [u8] {
    let (from, length) = place.path;
    let path = paths.get(from as usize..from as usize + length as usize);
    path.unwrap_or_default()
}

/// Adds the images of a file.
fn add_places(number: u32, file: &Bottlenecks, places: &mut Vec<SamplePlace>, paths: &mut Vec<u8>) {
    let views = file.distortion().map_or(0, |it| it.variants);
    places.reserve(file.rows().len() / (views as usize + 1));
    let rows = (0..).zip(file.rows());
    for (at, row) in rows.filter(|(_, row)| row.variant == 0) {
        let path = bytes(&row.path);
        places.push(SamplePlace {
            digest: row.digest,
            facts: row.facts,
            path: (paths.len() as u64, path.len() as u32),
            file: number,
            row: at,
            views,
            label: row.label,
            split: row.split,
        });
        paths.extend_from_slice(path);
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
    if first.precision() != other.precision() {
        let (a, b) = (other.precision(), first.precision());
        return Err(differs(format!(
            "its numbers are {a}, but those of {} are {b}: make all with --half, or all without",
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
