//! Folders of labelled images: out of an archive, or drawn where none can be had.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::archive::{Limits, unpack};
use super::base::chain;
use super::catalog::{self, Catalog, Mirror};
use super::progress::Progress;
use super::source::{Sources, is_address};
use super::{cache_folder, digest, synthetic};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file;
use crate::origin::Origin;
use crate::photo::encode_jpeg;

/// Where no mirror has the images.
const REMEDY: &str = "bring an archive of them from elsewhere and name it: hd-fetch images FILE";

/// The quality at which drawings are saved, that of most photos on the web.
const JPEG_QUALITY: u8 = 88;

/// What is wanted.
#[derive(Debug)]
pub struct Want<'a> {
    /// A name in the catalogue, an address, or the path of an archive.
    pub what: &'a str,
    /// The folder to make.
    pub out: &'a Path,
    /// Where to look instead of the addresses that are known.
    pub mirror: Option<&'a str>,
    /// Whether, and how, to draw.
    pub drawings: Drawings,
}

/// Whether drawings may stand in for photos.
#[derive(Clone, Copy, Debug)]
pub enum Drawings {
    /// Only photos will do.
    Never,
    /// Where no photos can be had.
    Fallback(Images),
    /// No photos are wanted.
    Always(Images),
}

/// A set of drawings.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    /// Another seed is another set.
    pub seed: u64,
    /// Drawings a label.
    pub per_label: u32,
}

/// Makes the folder of images that is wanted. Nothing has its name before it is complete.
///
/// # Errors
/// A folder of that name; a name that is not listed; no mirror in reach where drawings are no substitute; an archive
/// that is damaged, hostile, or does not hold one folder per label.
pub fn fetch_images(want: &Want, progress: &dyn Progress) -> Result<Origin> {
    if want.out.exists() {
        return Err(Error::Occupied {
            path: want.out.to_path_buf(),
            detail: String::new(),
        });
    }
    let path = Path::new(want.what);
    if is_address(want.what) || path.is_file() {
        return from_anywhere(want, progress);
    }
    if want.what.contains(['/', '.']) {
        return Err(no_archive(path));
    }
    let catalog = Catalog::built_in()?;
    let listed = catalog.images(want.what)?;
    match want.drawings {
        Drawings::Always(images) if listed.drawings => draw(want, images, progress),
        Drawings::Always(_) => Err(Error::Unreachable {
            what: want.what.to_owned(),
            tried: vec!["there are no drawings of it".to_owned()],
            remedy: REMEDY,
        }),
        _ => from_mirrors(want, listed, progress),
    }
}

fn no_archive(path: &Path) -> Error {
    match path.is_dir() {
        true => Error::Dataset {
            path: path.to_path_buf(),
            reason: "it is a folder already: give it to hd-bottleneck as it is".to_owned(),
        },
        false => Error::io(path, "open")(std::io::ErrorKind::NotFound.into()),
    }
}

/// From the first mirror that has it. Drawings stand in for it only where none could be reached: trouble on this machine,
/// or an archive that is not what it should be, is not to be papered over.
fn from_mirrors(want: &Want, listed: &catalog::Images, progress: &dyn Progress) -> Result<Origin> {
    let mut tried = Vec::new();
    let mut reached = false;
    for mirror in &listed.mirror {
        match from_mirror(want, mirror, progress) {
            Ok(origin) => return Ok(origin),
            Err(error) => {
                reached |= !matches!(&error, Error::Fetch(error) if error.is_of_network());
                tried.push(chain(&error));
            }
        }
    }
    match want.drawings {
        Drawings::Fallback(images) if listed.drawings && !reached && want.mirror.is_none() => {
            tried.iter().for_each(|failure| progress.note(failure));
            progress.note(
                "no mirror can be reached, so images are drawn instead (--no-synthetic forbids it)",
            );
            draw(want, images, progress)
        }
        _ => Err(Error::Unreachable {
            what: want.what.to_owned(),
            tried,
            remedy: REMEDY,
        }),
    }
}

/// From an archive whose layout is known.
fn from_mirror(want: &Want, mirror: &Mirror, progress: &dyn Progress) -> Result<Origin> {
    let keep = |path: &Path| {
        let mut folders = mirror.folders.iter().map(Path::new);
        folders.find_map(|folder| below(path, folder))
    };
    let root = |folder: &Path, archive: &Path| match is_label_root(folder) {
        true => Ok(folder.to_path_buf()),
        false => Err(Error::Dataset {
            path: archive.to_path_buf(),
            reason: format!(
                "it does not hold images in {}",
                mirror.folders.join(" and ")
            ),
        }),
    };
    let layout = Layout {
        keep: &keep,
        root: &root,
    };
    layout.fetch(want, &mirror.url, mirror.sha256.as_deref(), progress)
}

/// From an archive at any address or path.
fn from_anywhere(want: &Want, progress: &dyn Progress) -> Result<Origin> {
    let layout = Layout {
        keep: &|path| Some(path.to_path_buf()),
        root: &label_root,
    };
    match is_address(want.what) {
        true => layout.fetch(want, want.what, None, progress),
        false => layout.unpack(want, Path::new(want.what), want.what.to_owned(), progress),
    }
}

/// Where the images are in an archive.
struct Layout<'a> {
    /// Where a file goes, if it is wanted.
    keep: &'a dyn Fn(&Path) -> Option<PathBuf>,
    /// The folder of labels in the folder that the archive, the second, was unpacked into.
    root: &'a dyn Fn(&Path, &Path) -> Result<PathBuf>,
}

impl Layout<'_> {
    /// Makes the folder that is wanted from the archive at `url`, which is kept only as long as it takes.
    fn fetch(
        &self,
        want: &Want,
        url: &str,
        sha256: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<Origin> {
        let archive = download_path(url)?;
        let sources = Sources {
            mirror: want.mirror,
            progress,
        };
        let source = sources.file(url, sha256, &archive)?;
        let origin = self.unpack(want, &archive, source, progress)?;
        fs::remove_file(&archive).map_err(Error::io(&archive, "delete"))?;
        Ok(origin)
    }

    /// Makes the folder that is wanted from `archive`, which came from `source`.
    fn unpack(
        &self,
        want: &Want,
        archive: &Path,
        source: String,
        progress: &dyn Progress,
    ) -> Result<Origin> {
        let origin = Origin {
            drawings: false,
            name: want.what.to_owned(),
            sha256: Some(digest::of_file(archive).map_err(Error::io(archive, "read"))?),
            source,
        };
        make(want.out, &origin, &|folder| {
            unpack(archive, folder, self.keep, &Limits::default(), progress)?;
            (self.root)(folder, archive)
        })?;
        Ok(origin)
    }
}

fn draw(want: &Want, images: Images, progress: &dyn Progress) -> Result<Origin> {
    let origin = Origin {
        drawings: true,
        name: want.what.to_owned(),
        sha256: None,
        source: format!("drawn with seed {}", images.seed),
    };
    make(want.out, &origin, &|folder| {
        for label in synthetic::Label::ALL {
            let name = label.folder();
            let folder = folder.join(name);
            fs::create_dir_all(&folder).map_err(Error::io(&folder, "create the folder"))?;
            progress.begin(&format!("drawing {name}"), None, 0);
            let drawn = (0..images.per_label).into_par_iter().try_for_each(|index| {
                let path = folder.join(format!("{index:04}.jpg"));
                let image = synthetic::draw(images.seed, label, index);
                encode_jpeg(&image, JPEG_QUALITY)
                    .and_then(|jpeg| fs::write(&path, jpeg))
                    .map_err(Error::io(&path, "write"))
            });
            progress.end();
            drawn?;
        }
        Ok(folder.to_path_buf())
    })?;
    Ok(origin)
}

/// Makes the folder `out` by way of a hidden one beside it. `fill` makes the folder that it is given, and says which
/// folder in it is the one that is wanted.
fn make(out: &Path, origin: &Origin, fill: &dyn Fn(&Path) -> Result<PathBuf>) -> Result<()> {
    let parent = file::make_folder_of(out)?;
    let hidden = tempfile::Builder::new()
        .prefix(".hd-fetch.")
        .tempdir_in(parent);
    let hidden = hidden.map_err(Error::io(parent, "write in"))?;
    let root = fill(&hidden.path().join("images"))?;
    origin.write(&root)?;
    fs::rename(&root, out).map_err(Error::io(out, "create"))
}

/// Where the archive at `url` is kept while it is needed. Archives of one name at two addresses are two.
fn download_path(url: &str) -> Result<PathBuf> {
    let name = url
        .rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or("archive");
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || ".-_".contains(*c))
        .collect();
    let folder = Digest::of(url.as_bytes()).short();
    Ok(cache_folder()?.join("downloads").join(folder).join(name))
}

/// If `path` runs through `folder`, what remains of it from the last part of `folder` on.
fn below(path: &Path, folder: &Path) -> Option<PathBuf> {
    let label = folder.file_name()?;
    let inside = path
        .ancestors()
        .find(|ancestor| ancestor.ends_with(folder))?;
    Some(Path::new(label).join(path.strip_prefix(inside).ok()?))
}

/// The one folder in `root` whose subfolders hold files.
fn label_root(root: &Path, archive: &Path) -> Result<PathBuf> {
    let wrong = |reason: String| Error::Dataset {
        path: archive.to_path_buf(),
        reason,
    };
    let mut level = vec![root.to_path_buf()];
    while !level.is_empty() {
        let candidates: Vec<&PathBuf> = level
            .iter()
            .filter(|folder| is_label_root(folder))
            .collect();
        match candidates.as_slice() {
            [] => level = level.iter().flat_map(|folder| subfolders(folder)).collect(),
            [one] => return Ok((*one).clone()),
            [one, another, ..] => {
                let name = |path: &Path| {
                    path.strip_prefix(root)
                        .unwrap_or(path)
                        .display()
                        .to_string()
                };
                let (one, another) = (name(one), name(another));
                return Err(wrong(format!(
                    "both {one} and {another} in it look like folders of labels"
                )));
            }
        }
    }
    Err(wrong(
        "it does not hold one folder of files per label".to_owned(),
    ))
}

fn is_label_root(folder: &Path) -> bool {
    let holds_files = |folder: &PathBuf| {
        fs::read_dir(folder)
            .is_ok_and(|entries| entries.flatten().any(|entry| entry.path().is_file()))
    };
    subfolders(folder)
        .iter()
        .filter(|folder| holds_files(folder))
        .count()
        >= 2
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let visible = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    let mut folders: Vec<PathBuf> = visible
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.retain(|path| !path.ends_with("__MACOSX"));
    folders.sort();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::tests::folder;

    #[test]
    fn takes_a_catalogued_folder_from_wherever_it_lies() {
        let folder = Path::new("train/hot_dog");
        let taken = |path| below(Path::new(path), folder);
        assert_eq!(
            taken("repository-3535/train/hot_dog/a.jpg"),
            Some("hot_dog/a.jpg".into())
        );
        assert_eq!(
            taken("train/hot_dog/deep/a.jpg"),
            Some("hot_dog/deep/a.jpg".into())
        );
        assert_eq!(taken("repository-3535/test/hot_dog/a.jpg"), None);
        assert_eq!(taken("repository-3535/train/not_hot_dog/a.jpg"), None);
    }

    #[test]
    fn finds_the_folder_of_labels_below_wrapping_folders() {
        let root = folder(&[
            "flowers-1.0/LICENSE",
            "flowers-1.0/photos/rose/a.jpg",
            "flowers-1.0/photos/tulip/b.jpg",
        ]);
        let found = label_root(root.path(), Path::new("x.zip")).unwrap();
        assert_eq!(found, root.path().join("flowers-1.0/photos"));
    }

    #[test]
    fn names_two_folders_between_which_it_cannot_choose() {
        let root = folder(&["train/a/1", "train/b/1", "test/a/1", "test/b/1"]);
        let message = label_root(root.path(), Path::new("x.zip"))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("test") && message.contains("train"),
            "{message}"
        );
    }

    #[test]
    fn an_archive_without_labels_is_an_error() {
        let root = folder(&["photos/a.jpg", "photos/b.jpg"]);
        assert!(label_root(root.path(), Path::new("x.zip")).is_err());
    }

    #[test]
    fn archives_of_one_name_are_kept_apart() {
        let a = download_path("https://a.example/x.zip?y=1").unwrap();
        let b = download_path("https://b.example/x.zip?y=1").unwrap();
        assert_ne!(a, b);
        assert!(a.ends_with("x.zipy1"));
    }
}
