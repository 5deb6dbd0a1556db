//! Tars, read where they lie: one pass over the headers finds the members, and each is then read from
//! its place in the file. Nothing is unpacked.
//!
//! A tar is a row of members in blocks of 512 bytes, a header and the content of each, and ends with
//! two blocks of zeros. Every form of it is read: those of 1979, of POSIX with extended headers, and
//! of GNU with long names and large sizes. A file that two tars were put into one after the other is
//! read to its end.

mod extended;
mod header;
mod member;
mod walk;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub(crate) use member::Member;

use crate::stamp::Stamp;
use walk::Walk;

/// A tar, and where its members lie in it.
#[derive(Debug)]
pub(crate) struct Tar {
    path: PathBuf,
    stamp: Stamp,
    /// Sorted by the bytes of their names, each of which is there once.
    members: Vec<Member>,
    /// Names that stood in it before, and were replaced by a later member.
    replaced: Vec<PathBuf>,
    /// Why there is nothing behind the last member that was found, if something is wrong there.
    broken: Option<String>,
    /// Whether it stops behind a whole member, without the zeros that say that it is whole.
    lacks_end: bool,
}

impl Tar {
    /// Finds the members of the tar at `path`.
    ///
    /// # Errors
    /// The operating system's. What is wrong with the tar itself, [`Self::broken`] says.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let found = Walk::new(&file, metadata.len()).finish()?;
        let (members, replaced) = member::sorted(found.members);
        Ok(Self {
            path: path.to_path_buf(),
            stamp: Stamp::of(&metadata),
            members,
            replaced,
            broken: found.broken,
            lacks_end: found.lacks_end,
        })
    }

    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Names that two members or more had. The last of them is among the members, which is the one that
    /// unpacking would leave.
    pub(crate) fn replaced(&self) -> &[PathBuf] {
        &self.replaced
    }

    /// What is wrong with the file behind the last member that was found.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Whether it stops behind a whole member, without the zeros that say that it is whole.
    pub(crate) fn lacks_end(&self) -> bool {
        self.lacks_end
    }

    /// The member of this name.
    pub(crate) fn member(&self, name: &Path) -> Option<&Member> {
        member::find(&self.members, name)
    }

    /// The content of a member, which is no longer than `most` bytes.
    ///
    /// # Errors
    /// Those of [`Self::file`] and [`Self::read_from`].
    pub(crate) fn read(&self, member: &Member, most: u64) -> io::Result<Vec<u8>> {
        // Opened for each, since there may be more tars than files that a process may hold open.
        self.read_from(&self.file()?, member, most)
    }

    /// The file, opened to read members from it.
    ///
    /// # Errors
    /// The operating system's; a file that is not the one that was gone through.
    pub(crate) fn file(&self) -> io::Result<File> {
        let file = File::open(&self.path)?;
        let now = Stamp::of(&file.metadata()?);
        let what_shows = |stamp: &Stamp| (stamp.size, stamp.inode, stamp.modified);
        match what_shows(&now) == what_shows(&self.stamp) {
            true => Ok(file),
            false => Err(io::Error::other("its tar was changed while it was read")),
        }
    }

    /// The content of a member, from the opened [`Self::file`].
    ///
    /// # Errors
    /// The operating system's; a member without content, or with more than `most` bytes of it.
    pub(crate) fn read_from(&self, file: &File, member: &Member, most: u64) -> io::Result<Vec<u8>> {
        let place = member.content.as_ref();
        let place = place.map_err(|reason| io::Error::other(reason.as_str()))?;
        if place.size > most {
            return Err(io::Error::other(format!("it is larger than {most} bytes")));
        }
        let mut bytes = vec![0; place.size as usize];
        file.read_exact_at(&mut bytes, place.offset)?;
        Ok(bytes)
    }
}

/// Whether a file of this name is taken for a tar.
pub(crate) fn is_named_like_a_tar(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ending.eq_ignore_ascii_case("tar")
}

/// The command that unpacks a tar of this name which is compressed, if that is what it is called.
pub(crate) fn unpacking(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let commands = [
        (&[".tar.gz", ".tgz"][..], "gunzip -k"),
        (&[".tar.zst", ".tzst"], "unzstd"),
        (&[".tar.xz", ".txz"], "unxz -k"),
        (&[".tar.bz2", ".tbz2"], "bunzip2 -k"),
    ];
    let is_so = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let known = commands.iter().find(|(endings, _)| is_so(endings));
    known.map(|(_, command)| *command)
}
