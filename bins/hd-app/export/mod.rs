//! The model as a page that needs no server of ours: a folder for any host, or one file.

mod about;
mod bundle;
mod compare;
mod compared;
mod earlier;
mod folder;
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

use self::about::About;
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

    /// Have a handful of the images in this folder labelled by the page too, in a Chromium that is installed here, and say
    /// how far its scores are from hd-label's
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
        let parts = Parts::of(network, self.half)?;
        let is_file = out
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("html"));
        let about = About::of(network, confident, &parts, !is_file);
        let files = match is_file {
            true => vec![(String::new(), single::file(&about, &parts)?.into_bytes())],
            false => folder::files(&about, &parts)?,
        };
        match files.as_slice() {
            [(_, content)] => {
                earlier::check_file(out)?;
                hd::file::replace(out, |file| file.write_all(content))?;
            }
            files => {
                earlier::check_folder(out, files)?;
                folder::write(out, files)?;
            }
        }
        let bytes = files.iter().map(|(_, content)| content.len()).sum();
        tell(out, &parts, bytes)?;
        let Some(images) = &self.compare else {
            log::info!(
                "--compare IMAGES says how far its scores are from hd-label's, in a Chromium"
            );
            return Ok(());
        };
        // Both forms have the same scripts.
        let page = match is_file {
            true => folder::files(&about, &parts)?,
            false => files,
        };
        match compare::compare(page, network, &Runtime::load(runtime)?, images) {
            Ok(compared) => Ok(writeln!(io::stdout(), "{}", compared.said()?)?),
            // What is missing here is no fault of the page.
            Err(error) => {
                log::warn!(
                    "the page was not compared with hd-label: {}",
                    hd_cli::told(&error)
                );
                Ok(())
            }
        }
    }
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
