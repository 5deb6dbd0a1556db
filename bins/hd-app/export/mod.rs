//! The model as a page that needs no server of ours: a folder for any host, or one file.

mod about;
mod bundle;
mod compare;
mod compared;
mod earlier;
mod folder;
mod handful;
mod html;
mod parts;
mod policy;
mod single;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use hd::base::Runtime;
use hd::onnx::Network;
use hd_cli::Table;
use log::Level;

use self::about::About;
use self::folder::File;
use self::parts::{Part, Parts, megabytes};

/// The flags of a page that is exported.
#[derive(Args)]
#[command(next_help_heading = "The model as a page")]
pub(crate) struct ExportFlags {
    /// Serve nothing: write the model as a page that labels images in any browser, without this program. A name that ends
    /// in .html becomes one file, any other a folder for any host of static files
    #[arg(long, value_name = "DIR|FILE.html", conflicts_with = "listen")]
    pub(crate) export: Option<PathBuf>,

    /// Write the weights of the page in float16, which are half as large, and are cast back when they are loaded
    #[arg(long, requires = "export")]
    half: bool,

    /// Compare the page with hd-label on some images of this folder; without it that is done on drawings. Either way only
    /// where Chromium is installed; the largest difference of a score is printed
    #[arg(long, value_name = "IMAGES", requires = "export")]
    compare: Option<PathBuf>,
}

impl ExportFlags {
    /// Writes the page for `network` to `out`, and prints what it is made of.
    ///
    /// # Errors
    /// No runtime for browsers; a place that cannot be written to, or that has somebody else's files; a page that
    /// is compared and labels nothing.
    pub(crate) fn write(
        &self,
        out: &Path,
        network: &Arc<Network>,
        confident: f64,
        runtime: Option<&Path>,
    ) -> anyhow::Result<()> {
        let is_file = out
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("html"));
        if is_file {
            earlier::check_file(out)?;
        }
        let parts = Parts::of(network, self.half)?;
        let about = About::of(network, confident, &parts, !is_file);
        // Both forms have the same scripts, and are compared as a folder.
        let files = folder::files(&about, &parts)?;
        let bytes = if is_file {
            let page = single::file(&about, &parts)?;
            hd::file::replace(out, |file| file.write_all(page.as_bytes()))?;
            page.len()
        } else {
            earlier::check_folder(out, &files)?;
            folder::write(out, &files)?;
            files.iter().map(|(_, content)| content.len()).sum()
        };
        tell(out, &parts, bytes)?;
        self.compare(files, network, runtime)
    }

    /// Prints how far the page is from hd-label.
    ///
    /// # Errors
    /// A page that labels nothing, where images were named.
    fn compare(
        &self,
        page: Vec<File>,
        network: &Arc<Network>,
        runtime: Option<&Path>,
    ) -> anyhow::Result<()> {
        let (kind, images, level) = match &self.compare {
            Some(folder) => ("image", handful::of_folder(folder), Level::Warn),
            None => ("drawing", handful::drawn(), Level::Info),
        };
        let compared = || compare::compare(page, network, &Runtime::load(runtime)?, images?);
        let said = match compared() {
            Ok(compared) => compared.said(kind),
            // What is missing here is no fault of the page.
            Err(error) => {
                not_compared(level, &error);
                return Ok(());
            }
        };
        match said {
            Err(error) if self.compare.is_none() => not_compared(Level::Warn, &error),
            said => writeln!(io::stdout(), "{}", said?)?,
        }
        if self.compare.is_none() {
            log::info!("--compare IMAGES compares it on photos of yours, which tells more");
        }
        Ok(())
    }
}

fn not_compared(level: Level, error: &anyhow::Error) {
    let reason = hd_cli::told(error);
    log::log!(level, "the page was not compared with hd-label: {reason}");
}

/// Prints the parts of a page with their sizes and licences, and what it is as a whole.
fn tell(out: &Path, parts: &Parts, bytes: usize) -> anyhow::Result<()> {
    let mut table = Table::new(&["PART", "SIZE", "COMPRESSED", "LICENCE"]);
    for Part {
        name,
        licence,
        bytes,
        packed,
        ..
    } in [&parts.model, &parts.runtime]
    {
        table.row(&[name, &megabytes(*bytes), &megabytes(packed.len()), licence]);
    }
    let rest = bytes.saturating_sub(parts.packed());
    table.row(&["page", &megabytes(rest), "", "MIT"]);
    let (place, size) = (out.display(), megabytes(bytes));
    Ok(write!(io::stdout(), "{table}\n{place}: {size}\n")?)
}
