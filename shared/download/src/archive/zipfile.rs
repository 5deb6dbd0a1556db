//! Zip files.

use std::fs::File;
use std::io::{self, BufReader};

use zip::ZipArchive;
use zip::read::ZipFileEntry;
use zip::result::ZipError;

use super::Summary;
use super::meter::Metered;
use super::unpacker::{EntryKind, Unpacker};
use crate::error::Error;

/// Unpacks a zip file.
pub(super) fn unpack(file: BufReader<File>, unpacker: &Unpacker) -> Result<Summary, Error> {
    let broken = |error| unpacker.damaged(io_error(error));
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    // The reader keeps only the last of several entries with one name, so they must be met here.
    if archive.has_duplicate_names() {
        let source = io::Error::other("two entries have the same name");
        return Err(unpacker.damaged(source));
    }
    let entries = unpacker.meter().add_entries(archive.len() as u64);
    entries.map_err(|error| unpacker.damaged(error))?;
    let mut summary = Summary::default();
    for index in 0..archive.len() {
        unpack_entry(&mut archive, index, unpacker, &mut summary)?;
    }
    Ok(summary)
}

fn unpack_entry(
    archive: &mut ZipArchive<BufReader<File>>,
    index: usize,
    unpacker: &Unpacker,
    summary: &mut Summary,
) -> Result<(), Error> {
    let broken = |error| unpacker.damaged(io_error(error));
    let entry = archive.by_index_data(index).map_err(broken)?;
    let name = entry.name().map_err(broken)?.into_owned();
    let packed = entry.compressed_size();
    if let Some(target) = unpacker.target(&name, kind(&entry))? {
        let entry = archive.by_index(index);
        let entry = entry.map_err(|error| unpacker.damaged_entry(&name, io_error(error)))?;
        unpacker.write(
            &name,
            Metered::new(entry, unpacker.meter()),
            &target,
            summary,
        )?;
    }
    unpacker.advance(packed);
    Ok(())
}

/// The kind by the Unix mode, which archives made elsewhere lack, and by a slash at the end.
fn kind(entry: &ZipFileEntry) -> EntryKind {
    match entry.unix_mode().unwrap_or_default() & 0o170_000 {
        0o120_000 => EntryKind::Link,
        0 | 0o100_000 | 0o040_000 if entry.is_dir() => EntryKind::Folder,
        0 | 0o100_000 => EntryKind::File,
        _ => EntryKind::Other,
    }
}

/// The reader's error as an I/O error, without a layer that only repeats the one below.
pub(super) fn io_error(error: ZipError) -> io::Error {
    match error {
        ZipError::Io(error) => error,
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::bench::{Bench, zip_of};

    const LOCAL: &[u8] = b"PK\x03\x04";
    const CENTRAL: &[u8] = b"PK\x01\x02";

    /// Overwrites what lies `offset` bytes behind each occurrence of `signature`.
    fn patch(bytes: &mut [u8], signature: &[u8], offset: usize, new: &[u8]) {
        let windows = bytes.windows(signature.len()).enumerate();
        let found = windows.filter(|(_, window)| *window == signature);
        let places: Vec<_> = found.map(|(place, _)| place + offset).collect();
        assert!(!places.is_empty());
        for place in places {
            bytes[place..place + new.len()].copy_from_slice(new);
        }
    }

    fn refusal(bytes: &[u8]) -> String {
        Bench::new().unpack(bytes).unwrap_err().to_string()
    }

    #[test]
    fn refuses_names_that_lead_out_of_the_folder() {
        for name in ["/etc/x", "../x", "a/../../x", "C:/x", "a\\..\\x", "a\0x"] {
            let message = refusal(&zip_of(&[("fine", b"x"), (name, b"x")]));
            let said = format!("{name}: refused, because its name");
            assert!(message.contains(&said), "{name:?}: {message}");
        }
    }

    #[test]
    fn refuses_links_and_devices() {
        let modes = [
            (0o120_777, "it is a link"),
            (0o020_644, "it is neither"),
            (0o010_644, "it is neither"),
        ];
        for (mode, reason) in modes {
            let mut bytes = zip_of(&[("a", b"/etc/passwd")]);
            patch(&mut bytes, CENTRAL, 5, &[3]); // Made on Unix.
            patch(&mut bytes, CENTRAL, 40, &u16::to_le_bytes(mode));
            let message = refusal(&bytes);
            assert!(message.contains(reason), "{mode:o}: {message}");
        }
    }

    #[test]
    fn refuses_two_entries_with_one_name() {
        let mut bytes = zip_of(&[("a.txt", b"x"), ("b.txt", b"y")]);
        patch(&mut bytes, b"b.txt", 0, b"a.txt");
        let error = Bench::new().unpack(&bytes).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, "two entries have the same name");
    }

    #[test]
    fn refuses_an_encrypted_entry_and_an_unknown_method() {
        let mut encrypted = zip_of(&[("a", b"x")]);
        patch(&mut encrypted, LOCAL, 6, &[1]);
        patch(&mut encrypted, CENTRAL, 8, &[1]);
        let mut unknown = zip_of(&[("a", b"x")]);
        patch(&mut unknown, LOCAL, 8, &[12]); // bzip2
        patch(&mut unknown, CENTRAL, 10, &[12]);
        for bytes in [encrypted, unknown] {
            let message = refusal(&bytes);
            assert!(message.ends_with("a: cannot be unpacked"), "{message}");
        }
    }

    #[test]
    fn notices_a_wrong_checksum_and_a_size_that_is_a_lie() {
        let body = b"hot dog ".repeat(100);
        for (offset, new) in [(16, [1, 2, 3, 4]), (24, [1, 0, 0, 0])] {
            let mut bytes = zip_of(&[("a", &body)]);
            patch(&mut bytes, CENTRAL, offset, &new);
            let message = refusal(&bytes);
            assert!(
                message.ends_with("a: cannot be unpacked"),
                "{offset}: {message}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn does_not_restore_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let mut bytes = zip_of(&[("a", b"x")]);
        patch(&mut bytes, CENTRAL, 5, &[3]);
        patch(&mut bytes, CENTRAL, 40, &u16::to_le_bytes(0o104_777));
        let bench = Bench::new();
        bench.unpack(&bytes).unwrap();
        let mode = bench
            .folder()
            .join("a")
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7111, 0, "{mode:o}");
    }
}
