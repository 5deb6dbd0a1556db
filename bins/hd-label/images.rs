//! The images to label: files, what lies in folders and tars, what lists name, or what comes by stdin. They are found one
//! by one while others are labelled already.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::iter;
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hd::dataset::Tars;
use hd::{Error, dataset, photo};

/// Stands for stdin.
pub(crate) const STDIN: &str = "-";

/// Bytes that an image on stdin can have.
const MOST: u64 = 1 << 30;

/// An image to label.
pub(crate) enum Image {
    /// A file that was named, which may turn out to be none.
    File(PathBuf),
    /// A file that lies in a folder or a tar, where not everything need be an image.
    InFolder(PathBuf),
    /// The bytes of an image on stdin.
    Bytes(Vec<u8>),
    /// Something in the place of one, and why it is of no use.
    Unusable(PathBuf, String),
}

impl Image {
    /// Its name in the output.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::InFolder(path) | Self::Unusable(path, _) => path,
            Self::Bytes(_) => Path::new(STDIN),
        }
    }
}

/// Images, one after the other.
pub(crate) type Images = Box<dyn Iterator<Item = Image> + Send>;

/// Those that arguments name. `end` ends the paths of a list on stdin.
pub(crate) fn from_arguments(arguments: Vec<PathBuf>, end: u8, tars: &Arc<Tars>) -> Images {
    let tars = Arc::clone(tars);
    Box::new(
        arguments
            .into_iter()
            .flat_map(move |argument| match argument {
                path if path.as_os_str() == STDIN => from_stdin(end, &tars),
                path => from_path(path, &tars),
            }),
    )
}

/// Those that the file `list` names, or stdin.
///
/// # Errors
/// A list that cannot be read.
pub(crate) fn from_list(list: &Path, end: u8, tars: &Arc<Tars>) -> hd::Result<Images> {
    if list.as_os_str() == STDIN {
        return Ok(from_records(BufReader::new(io::stdin()), end, list, tars));
    }
    let file = File::open(list).map_err(Error::io(list, "read"))?;
    Ok(from_records(BufReader::new(file), end, list, tars))
}

/// The image on stdin, if it begins like one, or else those of a list there.
fn from_stdin(end: u8, tars: &Arc<Tars>) -> Images {
    let name = Path::new(STDIN);
    let mut stdin = BufReader::new(io::stdin());
    match stdin.fill_buf().map(photo::is_image) {
        Ok(false) => from_records(stdin, end, name, tars),
        Ok(true) => {
            let mut bytes = Vec::new();
            Box::new(iter::once(match stdin.take(MOST).read_to_end(&mut bytes) {
                Ok(_) => Image::Bytes(bytes),
                Err(error) => unreadable(name, &error),
            }))
        }
        Err(error) => Box::new(iter::once(unreadable(name, &error))),
    }
}

/// An image, or those in a folder or a tar.
fn from_path(path: PathBuf, tars: &Arc<Tars>) -> Images {
    if !path.is_dir() {
        return from_tar(&path, tars).unwrap_or_else(|| Box::new(iter::once(Image::File(path))));
    }
    let tars = Arc::clone(tars);
    let files = dataset::files(&path);
    Box::new(files.flat_map(move |(path, found)| match found {
        Ok(_) => {
            from_tar(&path, &tars).unwrap_or_else(|| Box::new(iter::once(Image::InFolder(path))))
        }
        Err(trouble) => Box::new(iter::once(Image::Unusable(path, trouble.reason))),
    }))
}

/// The images in the tar at `path`, and what is wrong with it; none where there is no tar.
fn from_tar(path: &Path, tars: &Tars) -> Option<Images> {
    let found = match tars.images(path) {
        Ok(found) => found?,
        Err(error) => return Some(Box::new(iter::once(unreadable(path, &error)))),
    };
    let broken = found
        .broken
        .map(|reason| Image::Unusable(path.to_path_buf(), reason));
    let images = found.paths.into_iter().map(Image::InFolder);
    Some(Box::new(images.chain(broken)))
}

/// Those whose paths `reader` gives, each ended by `end`.
fn from_records(
    mut reader: impl BufRead + Send + 'static,
    end: u8,
    name: &Path,
    tars: &Arc<Tars>,
) -> Images {
    let (name, tars) = (name.to_path_buf(), Arc::clone(tars));
    let (mut over, mut first) = (false, true);
    let unusable = move |reason| {
        let image = Image::Unusable(name.clone(), reason);
        Some(Box::new(iter::once(image)) as Images)
    };
    let paths = iter::from_fn(move || {
        let mut record = Vec::new();
        while !over {
            match reader.read_until(end, &mut record) {
                Ok(0) => over = true,
                Ok(_) => {
                    let text = match mem::take(&mut first) {
                        true => dataset::without_mark(&record),
                        false => Ok(record.as_slice()),
                    };
                    let path = match text {
                        Ok(text) => path_in(text, end),
                        Err(reason) => {
                            over = true;
                            return unusable(reason);
                        }
                    };
                    if !path.is_empty() {
                        return Some(from_path(OsStr::from_bytes(path).into(), &tars));
                    }
                    record.clear();
                }
                Err(error) => {
                    over = true;
                    return unusable(hd::reason(&error));
                }
            }
        }
        None
    });
    Box::new(paths.flatten())
}

/// The path in a record of a list. Where lines end records, a label and a tab may stand before it.
fn path_in(record: &[u8], end: u8) -> &[u8] {
    let record = dataset::without_end(record, end);
    let tab = record.iter().position(|byte| *byte == b'\t');
    let path = tab
        .filter(|_| end == b'\n')
        .and_then(|tab| record.get(tab + 1..));
    path.unwrap_or(record)
}

fn unreadable(name: &Path, error: &io::Error) -> Image {
    Image::Unusable(name.to_path_buf(), hd::reason(error))
}
