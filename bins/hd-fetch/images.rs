//! `hd-fetch images`: a folder of labelled images, out of an archive, or drawn where none can be had.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use hd::cache::writable;
use hd::origin::Origin;
use hd::{Error, file};
use hd_cli::{Bar, Jobs};

use crate::archive::{fetch_images, unpack_images};
use crate::catalog::{self, Catalog};
use crate::drawn::Drawings;
use crate::layout::Layout;
use crate::source::{SourceFlags, Sources, is_address, unreachable};

/// The remedy where no mirror has the images.
const REMEDY: &str = "bring an archive of them from elsewhere and name it: hd-fetch images FILE";

#[derive(Args)]
pub(crate) struct Arguments {
    /// A name that `hd-fetch list` shows, or the address or path of a zip or tar with a folder per label
    #[arg(value_name = "NAME|URL|FILE")]
    what: String,

    /// The folder to make [default: data/NAME]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// Draw images, without looking for photos
    #[arg(long, conflicts_with = "no_synthetic")]
    synthetic: bool,

    /// Fail where no photos can be had, instead of drawing images
    #[arg(long)]
    no_synthetic: bool,

    /// Drawings a label
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..10_000))]
    count: u32,

    /// Another seed gives other drawings
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    from: SourceFlags,

    #[command(flatten)]
    jobs: Jobs,
}

impl Arguments {
    /// Makes the folder of images that the arguments ask for. Nothing has its name before it is complete.
    pub(crate) fn run(&self) -> Result<()> {
        let named = Path::new("data").join(stem(&self.what));
        let out = self.output.as_ref().unwrap_or(&named);
        if out.exists() {
            let (path, detail) = (out.clone(), String::new());
            return Err(Error::Occupied { path, detail }.into());
        }
        let bar = Bar::default();
        let sources = self.from.sources(&bar);
        let origin = self.fetch(&sources, out)?;
        let kind = if origin.drawings {
            "drawings"
        } else {
            "photos"
        };
        log::info!("{}: {kind} ({})", out.display(), origin.source);
        Ok(())
    }

    /// From an address, a file, or by a name of the catalogue.
    fn fetch(&self, sources: &Sources, out: &Path) -> Result<Origin> {
        let what = self.what.as_str();
        let path = Path::new(what);
        if is_address(what) {
            return fetch_images(sources, (what, None), &Layout::Any, what, out);
        }
        if path.is_file() {
            return unpack_images(sources, (path, what.to_owned()), &Layout::Any, what, out);
        }
        if what.contains(['/', '.']) {
            return Err(no_archive(path).into());
        }
        let catalog = Catalog::built_in()?;
        let listed = catalog.images(what)?;
        match self.synthetic {
            true => self.draw(listed, sources, out),
            false => self.photos(listed, sources, out),
        }
    }

    /// From the first mirror that has them. Drawings stand in for photos only where no mirror could be reached: trouble on
    /// this machine, or an archive that is not what it should be, is not to be papered over.
    fn photos(&self, listed: &catalog::Images, sources: &Sources, out: &Path) -> Result<Origin> {
        writable("downloads")?;
        let mut tried = Vec::new();
        let mut reached = false;
        for mirror in &listed.mirror {
            let place = (mirror.url.as_str(), mirror.sha256.as_deref());
            let layout = Layout::Folders(&mirror.folders);
            match fetch_images(sources, place, &layout, &self.what, out) {
                Ok(origin) => return Ok(origin),
                Err(error) => {
                    let failure = error.downcast_ref::<hd_download::Error>();
                    reached |= !failure.is_some_and(hd_download::Error::is_of_network);
                    tried.push(format!("{error:#}"));
                }
            }
        }
        if reached || self.no_synthetic || !listed.drawings || sources.mirror.is_some() {
            return Err(unreachable(&self.what, &tried, REMEDY));
        }
        tried.push(
            "no mirror can be reached, so images are drawn instead (--no-synthetic forbids it)"
                .to_owned(),
        );
        tried.iter().for_each(|said| sources.progress.note(said));
        self.draw(listed, sources, out)
    }

    fn draw(&self, listed: &catalog::Images, sources: &Sources, out: &Path) -> Result<Origin> {
        if !listed.drawings {
            let tried = ["there are no drawings of it".to_owned()];
            return Err(unreachable(&self.what, &tried, REMEDY));
        }
        self.jobs.apply_to_rayon()?;
        let drawings = Drawings {
            seed: self.seed,
            per_label: self.count,
        };
        drawings.make(&self.what, out, sources.progress)
    }
}

fn no_archive(path: &Path) -> Error {
    match path.is_dir() {
        true => Error::Dataset {
            path: path.to_path_buf(),
            reason: "it is a folder already: give it to hd-bottleneck as it is".to_owned(),
        },
        false => match file::check_is_file(path, "an archive of images") {
            Err(error) => error,
            Ok(()) => Error::io(path, "open")(std::io::ErrorKind::NotFound.into()),
        },
    }
}

/// The name of what is at an address or path: the last part of it, up to the first dot.
fn stem(what: &str) -> &str {
    let last = what
        .rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or(what);
    last.split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or("images")
}
