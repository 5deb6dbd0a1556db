//! A folder of images gets its name only when all of it is there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hd::origin::Origin;
use hd::temporary::TemporaryFolder;
use hd::{Error, file};

/// Makes the folder `out` by way of a hidden one beside it. `fill` makes the folder that it is given, and says which
/// folder in it is the one that is wanted.
pub(crate) fn make(
    out: &Path,
    origin: &Origin,
    fill: &dyn Fn(&Path) -> Result<PathBuf>,
) -> Result<()> {
    let parent = file::make_folder_of(out)?;
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let hidden = TemporaryFolder::new(parent, &name).map_err(Error::io(parent, "write in"))?;
    let root = fill(&hidden.path().join("images"))?;
    origin.write(&root)?;
    fs::rename(&root, out).map_err(Error::io(out, "create"))?;
    Ok(())
}
