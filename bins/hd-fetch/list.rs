//! `hd-fetch list`: everything that can be brought by name, and whether it is here.

use std::io::{self, Write};

use anyhow::Result;
use clap::{Args, ValueEnum};
use hd::convert::QUANTIZED;
use hd_cli::{Table, shortened};

use crate::listed::{Listed, ListedBase, ListedRuntime};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How the list is printed; with -v the table says where each comes from, too
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
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
        let listed = Listed::now()?;
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
            }
        }
        Ok(())
    }
}

/// The cells of a row, and where wide rows are wanted, whatever space that takes, where it comes from.
fn cells<'a, const N: usize>(cells: [&'a str; N], from: &'a str, wide: bool) -> Vec<&'a str> {
    cells.into_iter().chain(wide.then_some(from)).collect()
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn runtimes(listed: &Listed, wide: bool) -> Table {
    let columns = ["RUNTIME", "VERSION", "LICENCE", "HERE"];
    let mut table = Table::new(&cells(columns, "FROM", wide));
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
        table.row(&cells([name, version, licence, here], from, wide));
    }
    table
}

/// Characters of a base's licence that the narrow table has room for.
const LICENCE: usize = 13;

fn bases(listed: &Listed, wide: bool) -> Table {
    let columns = ["BASE", "WEIGHTS", "PIXELS", "VALUES", "LICENCE", "HERE"];
    let mut table = Table::new(&cells(columns, "FROM", wide));
    for base in &listed.bases {
        let ListedBase {
            name,
            weights,
            height,
            width,
            values,
            licence,
            here,
            from,
        } = base;
        let weights = weights.map(|weights| format!("{:.1} million", weights / 1e6));
        let pixels = format!("{width} x {height}");
        let values: Vec<String> = values.iter().map(usize::to_string).collect();
        let licence = match wide {
            true => licence.clone(),
            false => shortened(licence, LICENCE),
        };
        let weights = weights.unwrap_or_default();
        let values = values.join(" or ");
        let row = [name, &weights, &pixels, &values, &licence, yes(*here)];
        table.row(&cells(row, from, wide));
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
