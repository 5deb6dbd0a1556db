//! Taking archives apart without trusting them. Whoever made the archive chose its names, sizes and
//! kinds of entries, so each name is checked before anything is written, sizes are measured while
//! unpacking rather than believed, and nothing but plain files comes out.

mod kind;
mod member;
mod meter;
mod name;
mod tarball;
mod unpacker;
mod zipfile;

#[cfg(test)]
mod bench;

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use self::kind::{Kind, head};
pub use self::member::extract_member;
pub use self::meter::Limits;
pub use self::unpacker::Summary;
use self::unpacker::Unpacker;
use crate::error::Error;
use crate::progress::Progress;

/// Unpacks the zip, tar or tar.gz `archive`, recognised by its content and not by its name, into
/// the new folder `into`.
///
/// `keep` maps the path of a file inside the archive, relative and free of `.` and `..`, to where it
/// goes below `into`; `None` leaves it out. Folders arise as files need them, so an empty folder of
/// the archive does not appear. Permissions, owners and times are not restored. `progress` counts
/// bytes of the archive, not of the files.
///
/// After an error part of the files may be there: unpack into a temporary folder and rename it.
///
/// # Errors
///
/// The whole archive is refused, whether or not `keep` wants the entry, if it has an absolute name,
/// one with `..`, a backslash, a drive letter or a NUL, or a link, device or other special file. It
/// is an error if the archive passes a limit, is damaged or cut short, is encrypted or compressed by
/// an unknown method, or if two entries become the same file; and if `into` is there already.
pub fn unpack(
    archive: &Path,
    into: &Path,
    keep: &dyn Fn(&Path) -> Option<PathBuf>,
    limits: &Limits,
    progress: &dyn Progress,
) -> Result<Summary, Error> {
    let mut file = File::open(archive).map_err(Error::file(archive, "open"))?;
    let packed = file.metadata().map_err(Error::file(archive, "read"))?.len();
    let head = head(&mut file).map_err(Error::file(archive, "read"))?;
    file.rewind().map_err(Error::file(archive, "read"))?;
    let kind = Kind::of(&head).ok_or_else(|| Error::NotAnArchive {
        archive: archive.to_path_buf(),
    })?;
    fs::create_dir(into).map_err(Error::file(into, "create"))?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    progress.begin(&name, Some(packed), 0);
    let unpacker = Unpacker::new(archive, into, keep, progress, limits, packed);
    let summary = unpack_kind(kind, BufReader::new(file), &unpacker);
    progress.end();
    summary
}

fn unpack_kind(kind: Kind, file: BufReader<File>, unpacker: &Unpacker) -> Result<Summary, Error> {
    match kind {
        Kind::Zip => zipfile::unpack(file, unpacker),
        Kind::Tar => tarball::unpack(unpacker.watch(file), unpacker),
        Kind::Gzip => {
            let mut inflated = MultiGzDecoder::new(unpacker.watch(file));
            let first = head(&mut inflated).map_err(|error| unpacker.damaged(error))?;
            match Kind::of(&first) {
                Some(Kind::Tar) => tarball::unpack(first.chain(inflated), unpacker),
                _ => Err(unpacker.no_archive()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::bench::{Bench, gzip, tar_of, zip_of};
    use super::*;

    const IMAGES: [(&str, &[u8]); 4] = [
        ("set/train/hot_dog/1.jpg", b"one"),
        ("set/train/hot_dog/2.jpg", b"two two"),
        ("set/test/hot_dog/3.jpg", b"three"),
        ("__MACOSX/set/._1.jpg", b"junk"),
    ];

    fn archives() -> [(&'static str, Vec<u8>); 3] {
        let tar = tar_of(&IMAGES);
        [
            ("zip", zip_of(&IMAGES)),
            ("tar.gz", gzip(&tar)),
            ("tar", tar),
        ]
    }

    #[test]
    fn unpacks_each_format_by_its_content() {
        for (format, bytes) in archives() {
            let bench = Bench::new();
            let summary = bench.unpack(&bytes).unwrap();
            let expected = Summary {
                files: 4,
                bytes: 19,
            };
            assert_eq!(summary, expected, "{format}");
            let mut files: Vec<_> = IMAGES.map(|(name, body)| (name.into(), body.into())).into();
            files.sort();
            assert_eq!(bench.files(), files, "{format}");
        }
    }

    #[test]
    fn puts_the_files_where_the_caller_wants_them() {
        for (format, bytes) in archives() {
            let bench = Bench::new();
            let keep = |path: &Path| {
                let kept = path.starts_with("set/train/hot_dog");
                kept.then(|| Path::new("dogs").join(path.file_name().unwrap()))
            };
            let summary = bench
                .unpack_with(&bytes, &keep, &Limits::default())
                .unwrap();
            assert_eq!(summary.files, 2, "{format}");
            let names: Vec<_> = bench.files().into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["dogs/1.jpg", "dogs/2.jpg"], "{format}");
        }
    }

    #[test]
    fn refuses_two_files_that_become_one() {
        for (format, bytes) in archives() {
            let keep = |_: &Path| Some(PathBuf::from("same.jpg"));
            let outcome = Bench::new().unpack_with(&bytes, &keep, &Limits::default());
            assert!(
                matches!(outcome, Err(Error::DuplicateEntry { .. })),
                "{format}: {outcome:?}"
            );
        }
    }

    #[test]
    fn refuses_a_target_outside_the_folder() {
        for target in ["../x", "/tmp/x", ""] {
            let keep = |_: &Path| Some(PathBuf::from(target));
            let bytes = zip_of(&IMAGES);
            let outcome = Bench::new().unpack_with(&bytes, &keep, &Limits::default());
            assert!(
                matches!(outcome, Err(Error::UnsafeEntry { .. })),
                "{outcome:?}"
            );
        }
    }

    #[test]
    fn refuses_every_archive_that_is_cut_short() {
        for (format, bytes) in archives() {
            // A tar file is whole once the first of its closing blocks is there.
            let whole = bytes.len() - if format == "tar" { 512 } else { 0 };
            for length in (0..whole).step_by(if format == "tar" { 64 } else { 5 }) {
                let outcome = Bench::new().unpack(&bytes[..length]);
                assert!(
                    outcome.is_err(),
                    "{format}: {length} of {whole} bytes: {outcome:?}"
                );
            }
        }
    }

    #[test]
    fn unpacks_an_archive_without_entries() {
        let (zip, tar) = (zip_of(&[]), tar_of(&[]));
        for bytes in [zip, gzip(&tar), tar] {
            let summary = Bench::new().unpack(&bytes).unwrap();
            assert_eq!(summary, Summary::default());
        }
    }

    #[test]
    fn refuses_a_folder_that_is_there_already() {
        let bench = Bench::new();
        fs::create_dir(bench.folder()).unwrap();
        let message = bench.unpack(&zip_of(&IMAGES)).unwrap_err().to_string();
        assert!(message.ends_with("into: cannot create"), "{message}");
    }

    #[test]
    fn stops_at_each_limit() {
        let zeros = vec![0; 4 << 20];
        let bomb: [(&str, &[u8]); 2] = [("a", b"a"), ("zeros", &zeros)];
        let tar = tar_of(&bomb);
        let default = Limits::default();
        let (zip, tar_gz) = (zip_of(&bomb), gzip(&tar));
        for (bytes, limits, limit) in [
            (
                &zip,
                Limits {
                    entries: 1,
                    ..default
                },
                "1 entries",
            ),
            (
                &zip,
                Limits {
                    bytes: 1 << 20,
                    ..default
                },
                "1048576 bytes",
            ),
            (&zip, default, "200 times its size"),
            (
                &tar_gz,
                Limits {
                    entries: 1,
                    ..default
                },
                "1 entries",
            ),
            (
                &tar_gz,
                Limits {
                    bytes: 1 << 20,
                    ..default
                },
                "1048576 bytes",
            ),
            (&tar_gz, default, "200 times its size"),
            (
                &tar,
                Limits {
                    bytes: 1 << 20,
                    ..default
                },
                "1048576 bytes",
            ),
        ] {
            let bench = Bench::new();
            let keep = |path: &Path| Some(path.to_path_buf());
            let message = bench
                .unpack_with(bytes, &keep, &limits)
                .unwrap_err()
                .to_string();
            assert!(
                message.ends_with(&format!("unpacks to more than {limit}")),
                "{message}"
            );
            let written: usize = bench.files().iter().map(|(_, body)| body.len()).sum();
            assert!(written <= 1 << 20, "{written} bytes were written");
        }
        let roomy = Limits {
            ratio: 2000,
            ..default
        };
        let keep = |path: &Path| Some(path.to_path_buf());
        assert!(Bench::new().unpack_with(&tar_gz, &keep, &roomy).is_ok());
    }
}
