//! Tar files, as they are or within gzip.

use std::io::{self, ErrorKind, Read};

use tar::{Archive, Entry};

use super::Summary;
use super::meter::Metered;
use super::unpacker::{EntryKind, Unpacker};
use crate::error::Error;
use crate::transfer::pour;

/// Unpacks the tar file that `reader` yields, decompressed.
pub(super) fn unpack(reader: impl Read, unpacker: &Unpacker) -> Result<Summary, Error> {
    let broken = |error| unpacker.damaged(error);
    let mut stream = Metered::new(reader, unpacker.meter());
    let mut summary = Summary::default();
    for entry in Archive::new(&mut stream).entries().map_err(broken)? {
        unpacker.meter().add_entries(1).map_err(broken)?;
        unpack_entry(entry.map_err(broken)?, unpacker, &mut summary)?;
    }
    // The list ends at a block of zeros. The reader also takes the end of the file for it, but a
    // file cut off between two entries ends like that.
    if stream.has_ended() {
        let source = io::Error::new(ErrorKind::UnexpectedEof, "the end mark is missing");
        return Err(unpacker.damaged(source));
    }
    // What follows is of no interest, but the checksum of gzip comes last.
    pour(stream, |_| Ok(()), |_, error| unpacker.damaged(error))?;
    Ok(summary)
}

fn unpack_entry(
    mut entry: Entry<impl Read>,
    unpacker: &Unpacker,
    summary: &mut Summary,
) -> Result<(), Error> {
    if entry.header().entry_type().is_pax_global_extensions() {
        return Ok(()); // A comment on the whole archive, as git makes it.
    }
    // Names in old encodings become readable ones; should two become equal, that is an error.
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let kind = kind(&mut entry, &name).map_err(|error| unpacker.damaged_entry(&name, error))?;
    let Some(target) = unpacker.target(&name, kind)? else {
        return Ok(());
    };
    let size = entry.size();
    let written = unpacker.write(&name, entry, &target, summary)?;
    if written != size {
        return Err(unpacker.damaged_entry(&name, ErrorKind::UnexpectedEof.into()));
    }
    Ok(())
}

fn kind(entry: &mut Entry<impl Read>, name: &str) -> io::Result<EntryKind> {
    let kind = entry.header().entry_type();
    // Sparse files hold less than they unpack to, and come in forms that the reader does not know.
    if kind.is_gnu_sparse() || is_pax_sparse(entry)? {
        return Ok(EntryKind::Sparse);
    }
    // Before there was a type for folders, they were files with a slash at the end.
    Ok(
        if kind.is_dir() || (kind.is_file() && name.ends_with('/')) {
            EntryKind::Folder
        } else if kind.is_file() || kind.is_contiguous() {
            EntryKind::File
        } else if kind.is_symlink() || kind.is_hard_link() {
            EntryKind::Link
        } else {
            EntryKind::Other
        },
    )
}

fn is_pax_sparse(entry: &mut Entry<impl Read>) -> io::Result<bool> {
    for extension in entry.pax_extensions()?.into_iter().flatten() {
        if extension?.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use tar::{Builder, EntryType, Header};

    use super::super::bench::{Bench, gzip, tar_of};
    use super::*;

    /// A tar file of one entry whose name goes into the header unchecked.
    fn hostile(name: &str, kind: EntryType, body: &[u8]) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o7777);
        header.set_size(body.len() as u64);
        header.set_cksum();
        let mut builder = Builder::new(Vec::new());
        builder.append(&header, body).unwrap();
        builder.into_inner().unwrap()
    }

    fn refusal(bytes: &[u8]) -> String {
        Bench::new().unpack(bytes).unwrap_err().to_string()
    }

    #[test]
    fn refuses_names_that_lead_out_of_the_folder() {
        for name in ["/etc/x", "../x", "a/../../x", "C:/x", "a\\..\\x"] {
            let message = refusal(&hostile(name, EntryType::Regular, b"x"));
            let said = format!("{name}: refused, because its name");
            assert!(message.contains(&said), "{message}");
        }
    }

    #[test]
    fn refuses_such_names_in_long_form_too() {
        let mut builder = Builder::new(Vec::new());
        builder
            .append_pax_extensions([("path", b"../x".as_slice())])
            .unwrap();
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(hostile("fine", EntryType::Regular, b"x"));
        assert!(refusal(&bytes).contains("../x: refused"));
    }

    #[test]
    fn refuses_everything_but_files_and_folders() {
        for (kind, reason) in [
            (EntryType::Symlink, "it is a link"),
            (EntryType::Link, "it is a link"),
            (EntryType::Char, "it is neither"),
            (EntryType::Block, "it is neither"),
            (EntryType::Fifo, "it is neither"),
        ] {
            let message = refusal(&hostile("a", kind, b""));
            assert!(
                message.contains(&format!("a: refused, because {reason}")),
                "{message}"
            );
        }
    }

    #[test]
    fn refuses_a_sparse_file() {
        let mut builder = Builder::new(Vec::new());
        let mark = ("GNU.sparse.major", b"1".as_slice());
        builder.append_pax_extensions([mark]).unwrap();
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(hostile("a", EntryType::Regular, b"x"));
        assert!(refusal(&bytes).contains("it is a sparse file"));
    }

    #[test]
    fn reads_names_longer_than_the_header_has_room_for() {
        let long = format!("{}/{}.jpg", "folder".repeat(30), "name".repeat(40));
        let bench = Bench::new();
        bench.unpack(&tar_of(&[(&long, b"x")])).unwrap();
        assert_eq!(bench.files(), [(long.clone(), b"x".to_vec())]);

        let mut builder = Builder::new(Vec::new());
        builder
            .append_pax_extensions([("path", long.as_bytes())])
            .unwrap();
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        bytes.extend(hostile("short", EntryType::Regular, b"x"));
        let bench = Bench::new();
        bench.unpack(&bytes).unwrap();
        assert_eq!(bench.files(), [(long, b"x".to_vec())]);
    }

    #[test]
    fn takes_folders_in_old_and_new_form_and_the_root() {
        for (name, kind) in [
            ("./", EntryType::Directory),
            ("a", EntryType::Directory),
            ("a/", EntryType::Regular),
            ("comment", EntryType::XGlobalHeader),
        ] {
            let bench = Bench::new();
            let summary = bench.unpack(&hostile(name, kind, b"")).unwrap();
            assert_eq!((summary.files, bench.files().len()), (0, 0), "{name}");
        }
    }

    #[test]
    fn notices_a_wrong_checksum_of_the_header_and_of_gzip() {
        let mut tar = tar_of(&[("a", b"x"), ("b", b"y")]);
        tar[1024] = b'c';
        let message = refusal(&tar);
        assert!(message.ends_with("cut short or damaged"), "{message}");
        let mut gz = gzip(&tar_of(&[("a", b"x")]));
        let checksum = gz.len() - 8;
        gz[checksum] ^= 1;
        let message = refusal(&gz);
        assert!(message.ends_with("cut short or damaged"), "{message}");
    }

    #[test]
    fn does_not_believe_a_size_that_is_a_lie() {
        let mut header = Header::new_gnu();
        header.set_path("a").unwrap();
        header.set_size(1 << 40);
        header.set_cksum();
        let bytes = [header.as_bytes().as_slice(), &[0; 2048]].concat();
        let message = refusal(&bytes);
        assert!(message.ends_with("a: cannot be unpacked"), "{message}");
    }

    #[test]
    fn stops_a_bomb_in_the_tail_and_in_an_entry_left_out() {
        let zeros = vec![0; 4 << 20];
        let tail = [tar_of(&[("a", b"x")]), zeros.clone()].concat();
        let left_out = tar_of(&[("a", &zeros)]);
        for bytes in [gzip(&tail), gzip(&left_out)] {
            let limits = super::super::Limits::default();
            let error = Bench::new()
                .unpack_with(&bytes, &|_| None, &limits)
                .unwrap_err();
            assert!(matches!(error, Error::TooLarge { .. }), "{error}");
        }
    }
}
