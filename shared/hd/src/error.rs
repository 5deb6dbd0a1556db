//! Everything that can go wrong, one variant a way, each with the path or the address it went wrong at.
//!
//! Messages are lower case, begin with the place and say what was expected and what was found. A variant with
//! a source does not repeat it: the programs print the whole chain. [`Error::hint`] adds the remedy.

use std::io;
use std::path::{Path, PathBuf};

use crate::counted::counted;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error, with the place where it happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to read, write, list or move something.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The verb for the attempt, as in "cannot read".
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },

    /// A file that begins like something else.
    #[error("{}: not {expected} (it {found})", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The kind of file that was expected, with its article.
        expected: &'static str,
        /// How it begins or ends instead.
        found: String,
    },

    /// A file of this project in another version of its format.
    #[error("{}: {what} of format version {found}, where version {expected} was expected", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// The kind of file.
        what: &'static str,
        /// Its version.
        found: u32,
        /// The version this build reads and writes.
        expected: u32,
        /// The program that makes such files.
        maker: &'static str,
    },

    /// A file of the right kind whose content is not whole.
    #[error("{}: {what}, but damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The kind of file, with its article.
        what: &'static str,
        /// The part that does not fit.
        reason: String,
        /// The program that makes such files.
        maker: &'static str,
    },

    /// Bottlenecks of which some are not what was written.
    #[error("{}: damaged: the bottlenecks of {} to {} are not what was written", path.display(), first.display(), last.display())]
    DamagedRows {
        /// The file.
        path: PathBuf,
        /// The first image of the rows among which the damage lies.
        first: PathBuf,
        /// The last of them.
        last: PathBuf,
    },

    /// Two files that do not belong together.
    #[error("{}: made with the base {made_with}, but {} is the base {given}", path.display(), other.display())]
    OtherBase {
        /// The file that was made with another base.
        path: PathBuf,
        /// The architecture and digest of the base it was made with.
        made_with: String,
        /// The file that it was to be used with.
        other: PathBuf,
        /// The architecture and digest of that one.
        given: String,
    },

    /// A file that another process is writing.
    #[error("{}: another hd-bottleneck is at work on it", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },

    /// The user wanted no more.
    #[error("{}: interrupted after {done} of {}", path.display(), counted(*files, "file"))]
    Interrupted {
        /// The file that was to be brought up to date.
        path: PathBuf,
        /// How many files were read.
        done: usize,
        /// How many were to be read.
        files: usize,
    },

    /// Files of bottlenecks that cannot be used together.
    #[error("{}: {reason}", path.display())]
    Mismatch {
        /// The file that does not fit the ones before it.
        path: PathBuf,
        /// The difference.
        reason: String,
    },

    /// A folder of images that is not arranged as one subfolder per label.
    #[error("{}: {reason}", path.display())]
    Dataset {
        /// The folder.
        path: PathBuf,
        /// The reason: something is missing or in the way.
        reason: String,
    },

    /// A file of labels that cannot be used.
    #[error("{}: {reason}", path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },

    /// No file of bottlenecks where at least one is needed.
    #[error("no file of bottlenecks was given")]
    NoBottlenecks,

    /// Bottlenecks of no image at all.
    #[error("{}: no image in it", path.display())]
    NoImage {
        /// The file of bottlenecks.
        path: PathBuf,
    },

    /// A split that a head is to be scored on, with no image in it.
    #[error(
        "{}: no images for {split}: the head was trained with {validation} % for validation and {testing} % for testing",
        path.display()
    )]
    EmptySplit {
        /// The file of bottlenecks.
        path: PathBuf,
        /// The name of the split.
        split: &'static str,
        /// The percentage of the images for validation.
        validation: u32,
        /// The percentage of the images for testing.
        testing: u32,
    },

    /// Images of one label only.
    #[error("{}: '{label}' is its only label, and telling labels apart takes at least two", path.display())]
    OneLabel {
        /// The file of bottlenecks.
        path: PathBuf,
        /// The label.
        label: String,
    },

    /// A label that division by path leaves out of a split.
    #[error(
        "label '{label}': by their paths or folders none of its images is for {split}; divide by content, or give it more images"
    )]
    LabelNotInSplit {
        /// The label.
        label: String,
        /// The name of the split.
        split: &'static str,
    },

    /// A label too many of whose images stand under another label too.
    #[error(
        "label '{label}': {shared} of its {} {} under another label too, and without {} there \
         are too few for {}",
        counted(*images, "image"),
        if *shared == 1 { "stands" } else { "stand" },
        if *shared == 1 { "it" } else { "them" },
        counted(*splits, "split")
    )]
    LabelShared {
        /// The label.
        label: String,
        /// How many of its images another label has too.
        shared: usize,
        /// How many different images it has.
        images: usize,
        /// How many splits were asked for.
        splits: usize,
    },

    /// A file of class weights that cannot be used.
    #[error("{}: {reason}", path.display())]
    ClassWeights {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },

    /// A file of corrections that cannot be used.
    #[error("{}: {reason}", path.display())]
    Corrections {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },

    /// A name for the probabilities that something else in the graph has.
    #[error(
        "the probabilities cannot be called '{name}': {} has a tensor of that name already, or the head has",
        path.display()
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The base.
        path: PathBuf,
    },

    /// Threads that the operating system would not start.
    #[error("cannot start {}: {reason}", counted(*count, "thread"))]
    Threads {
        /// How many threads were to be started.
        count: usize,
        /// The reason.
        reason: String,
    },

    /// A label with too few images to appear in every split.
    #[error(
        "label '{label}' has {}, too few for {}: each of them needs at least one",
        counted(*images, "different image"),
        counted(*splits, "split")
    )]
    LabelTooSmall {
        /// The label.
        label: String,
        /// How many different images it has.
        images: usize,
        /// How many splits were asked for.
        splits: usize,
    },

    /// No ONNX Runtime library where it is looked for.
    #[error("no ONNX Runtime library at {}", path.display())]
    NoRuntime {
        /// The last place that was looked at.
        path: PathBuf,
        /// The command that brings it.
        bring: &'static str,
    },

    /// A library in the cache that is not the one that was brought.
    #[error("{}: the ONNX Runtime library is damaged: it is not what was brought", path.display())]
    DamagedRuntime {
        /// The library.
        path: PathBuf,
        /// The command that brings it.
        bring: &'static str,
    },

    /// ONNX Runtime could not be loaded, or refused a network.
    #[error("{}: {reason}", path.display())]
    Runtime {
        /// The library or the network.
        path: PathBuf,
        /// ONNX Runtime's own words.
        reason: String,
    },

    /// An image that cannot be turned into a network's input.
    #[error("{}: {reason}", path.display())]
    Image {
        /// The image.
        path: PathBuf,
        /// Why, in the decoder's words.
        reason: String,
    },

    /// PyTorch weights that are not the network they are taken for.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The file of weights.
        path: PathBuf,
        /// The part that is missing or malformed.
        reason: String,
    },

    /// Neither a home nor a cache folder to keep things in.
    #[error(
        "neither XDG_CACHE_HOME nor HOME names a folder to keep downloads in, and this user has no home"
    )]
    NoCache,

    /// A cache in which nothing can be kept.
    #[error("{}: nothing can be written in this folder of the cache", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },

    /// Something in the place of what was to be made, which must not be lost.
    #[error("{}: it is there already{detail}", path.display())]
    Occupied {
        /// The file or folder.
        path: PathBuf,
        /// Anything else there is to say, after a comma; or nothing.
        detail: String,
    },
}

/// The operating system's reason for an error in words of our own, and what to do, for those that people meet.
pub fn reason(error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "look for a mistake in its name",
        io::ErrorKind::PermissionDenied => "chmod or its owner can allow it",
        io::ErrorKind::AlreadyExists => "name another, or remove it first",
        io::ErrorKind::StorageFull => "make room, or write elsewhere",
        io::ErrorKind::ReadOnlyFilesystem => "write elsewhere",
        _ => return words(error),
    };
    format!("{}; {advice}", words(error))
}

/// The same without advice, as tables of files have it.
pub(crate) fn words(error: &io::Error) -> String {
    let words = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder",
        io::ErrorKind::PermissionDenied => "this user may not do that",
        io::ErrorKind::IsADirectory => "it is a folder, and has to be a file",
        io::ErrorKind::NotADirectory => "a part of its path is a file, and has to be a folder",
        io::ErrorKind::AlreadyExists => "a file is there already",
        io::ErrorKind::StorageFull => "the disk is full",
        io::ErrorKind::ReadOnlyFilesystem => "nothing can be written there",
        io::ErrorKind::AddrInUse => "another program listens there already",
        io::ErrorKind::AddrNotAvailable => "this machine has no such address",
        _ => return error.to_string(),
    };
    words.to_owned()
}

impl Error {
    /// An I/O error at `path`, for `map_err(Error::io(path, "read"))`.
    pub fn io(path: impl AsRef<Path>, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.as_ref().to_path_buf(),
            action,
            source,
        }
    }

    /// The remedy, where there is one that the message does not already name.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Version { path, maker, .. } | Self::Damaged { path, maker, .. } => {
                format!("remove {} and make it again with {maker}", path.display())
            }
            Self::Foreign { found, .. } if found.contains("no hd.architecture") => {
                "hd-label takes any classifier of images, with --labels".to_owned()
            }
            Self::DamagedRows { .. } => {
                "run hd-bottleneck again with --verify: it computes what is damaged anew, and nothing else".to_owned()
            }
            Self::OtherBase { .. } => {
                "run hd-bottleneck and then hd-train again with the base you mean".to_owned()
            }
            Self::LabelTooSmall { splits, .. } => {
                match splits {
                    2 => "add images, remove the label, or train with --testing-percentage 0 --validation-percentage 0",
                    _ => "add images, remove the label, or train with --testing-percentage 0, or with \
                          --validation-percentage 0 too",
                }
                .to_owned()
            }
            Self::NoRuntime { bring, .. } => {
                format!("run `{bring}`, or name a library with --runtime or ORT_DYLIB_PATH")
            }
            Self::DamagedRuntime { bring, .. } => {
                format!("run `{bring}`, which brings it again, or name a library with --runtime or ORT_DYLIB_PATH")
            }
            Self::NoCache | Self::Cache { .. } => {
                "name a folder in XDG_CACHE_HOME, or an ONNX Runtime with --runtime or ORT_DYLIB_PATH".to_owned()
            }
            Self::Runtime { reason, .. } if reason.contains("cuDNN") => {
                "run `hd-fetch runtime --device cuda`, which brings it, or take --device cpu".to_owned()
            }
            Self::Runtime { reason, .. } if reason.contains("dlopen") => {
                "it may be for another kind of machine, or its folder may be mounted noexec: name another, or a copy \
                 elsewhere, with --runtime or ORT_DYLIB_PATH"
                    .to_owned()
            }
            Self::Interrupted { .. } => "run it again to go on from there".to_owned(),
            // A device is not to be removed.
            Self::Occupied { path, .. } if path.exists() && !path.is_file() && !path.is_dir() => {
                "name a file with -o".to_owned()
            }
            Self::Occupied { path, .. } => format!("name another with -o, or remove {} first", path.display()),
            _ => return None,
        })
    }
}
