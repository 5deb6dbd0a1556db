//! Images out of an archive, which lies here or is brought for as long as it takes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hd::cache::writable;
use hd::digest::{Digest, sha256_of_file};
use hd::origin::Origin;
use hd::{Error, file};
use hd_download::{Limits, claim, unpack};

use crate::folder::make;
use crate::layout::Layout;
use crate::source::{Known, Sources};

/// Makes the folder `out` of the images `name` from the archive at `url`, which is kept only as long as it takes.
///
/// # Errors
/// An archive that cannot be had, or those of [`unpack_images`].
pub(crate) fn fetch_images(
    sources: &Sources,
    (url, sha256): (&str, Option<&str>),
    layout: &Layout,
    name: &str,
    out: &Path,
) -> Result<Origin> {
    let archive = download_path(url)?;
    file::make_folder_of(&archive)?;
    // Until it is unpacked and deleted, since another process that brings the same archive would take it for its own.
    let _claim = claim(&archive.with_added_extension("lock"), sources.progress)?;
    let bytes = None;
    let source = sources.file(url, Known { sha256, bytes }, &archive)?;
    let origin = unpack_images(sources, (&archive, source), layout, name, out)?;
    fs::remove_file(&archive).map_err(Error::io(&archive, "delete"))?;
    Ok(origin)
}

/// Makes the folder `out` of the images `name` from `archive`, which came from `source`.
///
/// # Errors
/// An archive that is damaged, hostile, or does not hold one folder per label.
pub(crate) fn unpack_images(
    sources: &Sources,
    (archive, source): (&Path, String),
    layout: &Layout,
    name: &str,
    out: &Path,
) -> Result<Origin> {
    let origin = Origin {
        drawings: false,
        name: name.to_owned(),
        sha256: Some(sha256_of_file(archive).map_err(Error::io(archive, "read"))?),
        source,
    };
    make(out, &origin, &|folder| {
        let keep = |path: &Path| layout.keep(path);
        let limits = Limits::default();
        unpack(archive, folder, &keep, &limits, sources.progress)?;
        Ok(layout.root(folder, archive)?)
    })?;
    Ok(origin)
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
    Ok(writable("downloads")?.join(folder).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_of_one_name_are_kept_apart() {
        let a = download_path("https://a.example/x.zip?y=1").unwrap();
        let b = download_path("https://b.example/x.zip?y=1").unwrap();
        assert_ne!(a, b);
        assert!(a.ends_with("x.zipy1"));
    }
}
