//! `hd-fetch list`: everything that can be brought by name, and whether it is here.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use hd::base::{Runtime, known_time, measure};
use hd::convert::QUANTIZED;
use hd_cli::{Table, shortened};

use crate::listed::{Listed, ListedBase, ListedRuntime};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How the list is printed; with -v the table says where each comes from, too
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,

    /// Measure how long the bases that are here take for an image on one core; it is kept, and listed from then on
    #[arg(long)]
    measure: bool,

    /// The ONNX Runtime library that runs them [default: $ORT_DYLIB_PATH, or what `hd-fetch runtime` brought]
    #[arg(long, value_name = "PATH", requires = "measure")]
    runtime: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// A table for people
    Table,
    /// An object for scripts, with all that is known
    Json,
}

impl Arguments {
    /// Prints the list.
    pub(crate) fn run(&self, wide: bool) -> Result<()> {
        let listed = match self.measure {
            true => {
                let runtime = Runtime::load(self.runtime.as_deref())?;
                Listed::now(&|base| measure(&runtime, base).ok())?
            }
            false => Listed::now(&known_time)?,
        };
        let mut out = io::stdout().lock();
        match self.format {
            Form::Json => writeln!(out, "{}", serde_json::to_string_pretty(&listed)?)?,
            Form::Table => {
                let tables = [
                    runtimes(&listed, wide),
                    bases(&listed, wide),
                    images(&listed),
                ];
                let tables = tables.map(|table| table.to_string());
                write!(out, "{}", tables.join("\n"))?;
                log::info!("a name that ends in {QUANTIZED} is the same base in 8-bit integers");
                log::info!(
                    "GMAC is the work of an image, TOP-1 the accuracy on ImageNet that its makers state, MS one core's \
                     milliseconds here (--measure)"
                );
            }
        }
        Ok(())
    }
}

/// The cells of a row, and where wide rows are wanted, those that have no room elsewhere.
fn with<'a>(cells: &[&'a str], behind: &[&'a str], wide: bool) -> Vec<&'a str> {
    let behind = behind.iter().filter(|_| wide);
    cells.iter().chain(behind).copied().collect()
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn runtimes(listed: &Listed, wide: bool) -> Table {
    let columns = ["RUNTIME", "VERSION", "LICENCE", "HERE"];
    let mut table = Table::new(&with(&columns, &["FROM"], wide));
    for runtime in &listed.runtimes {
        let ListedRuntime {
            name,
            version,
            licence,
            here,
            for_this_machine,
            from,
        } = runtime;
        let here = match (for_this_machine, wide) {
            (true, _) => yes(*here),
            (false, true) => "not for this machine",
            (false, false) => "n/a",
        };
        table.row(&with(&[name, version, licence, here], &[from], wide));
    }
    table
}

/// Characters of a base's licence that the narrow table has room for.
const LICENCE: usize = 13;

fn bases(listed: &Listed, wide: bool) -> Table {
    let columns = [
        "BASE", "PIXELS", "WEIGHTS", "GMAC", "TOP-1", "MS", "LICENCE", "HERE",
    ];
    let behind = ["VALUES", "FROM"];
    let mut table = Table::new(&with(&columns, &behind, wide));
    for base in &listed.bases {
        let ListedBase {
            name,
            weights,
            gmac,
            top1,
            milliseconds,
            height,
            width,
            values,
            licence,
            here,
            from,
        } = base;
        let weights = weights.map(|weights| format!("{:.1} M", weights / 1e6));
        let gmac = gmac.map(|gmac| match gmac < 0.1 {
            true => format!("{gmac:.3}"),
            false => format!("{gmac:.2}"),
        });
        let top1 = top1.map(|top1| format!("{top1:.1} %"));
        let time = milliseconds.map(|milliseconds| format!("{milliseconds:.1}"));
        let pixels = match width == height {
            true => width.to_string(),
            false => format!("{width} x {height}"),
        };
        let values: Vec<String> = values.iter().map(usize::to_string).collect();
        let licence = match wide {
            true => licence.clone(),
            false => shortened(licence, LICENCE),
        };
        let known = [weights, gmac, top1, time].map(Option::unwrap_or_default);
        let [weights, gmac, top1, time] = &known;
        let values = values.join(" or ");
        let row: [&str; 8] = [
            name,
            &pixels,
            weights,
            gmac,
            top1,
            time,
            &licence,
            yes(*here),
        ];
        table.row(&with(&row, &[&values, from], wide));
    }
    table
}

fn images(listed: &Listed) -> Table {
    let mut table = Table::new(&["IMAGES", "HERE", "ABOUT"]);
    for images in &listed.images {
        table.row(&[&images.name, yes(images.here), &images.about]);
    }
    table
}
