//! `hd-fetch list`: everything that can be brought by name, and whether it is here.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Result;
use hd::cache::RuntimeKind;
use hd::convert::QUANTIZED;
use hd::onnx::Network;

use crate::catalog::Catalog;
use crate::published::MODELS;

/// Prints the list.
pub(crate) fn list() -> Result<()> {
    let catalog = Catalog::built_in()?;
    let mut table = Table::default();
    table.row(["RUNTIME", "VERSION", "", "", "LICENCE", "HERE", "FROM"]);
    let (cpu, cuda) = (&catalog.runtime, &catalog.cuda);
    for (name, licence, kind, listed) in [
        (
            "onnxruntime",
            &cpu.licence,
            RuntimeKind::Cpu,
            catalog.library().is_ok(),
        ),
        (
            "onnxruntime with CUDA",
            &cuda.licence,
            RuntimeKind::Cuda,
            catalog.cuda().is_ok(),
        ),
    ] {
        let here = match listed {
            true => yes(kind.library()?.is_file()),
            false => "not for this machine",
        };
        table.row([
            name,
            kind.version(),
            "",
            "",
            licence,
            here,
            "the Python package index",
        ]);
    }
    table.row([""; 7]);
    table.row([
        "BASE", "WEIGHTS", "PIXELS", "VALUES", "LICENCE", "HERE", "FROM",
    ]);
    for base in catalog.bases() {
        let weights = format!("{:.1} million", base.weights / 1e6);
        let pixels = format!("{0} x {0}", base.size);
        let values = format!("{} or {}", base.pooled, base.logits);
        let from = base.url.first().map_or("", String::as_str);
        let licence = &base.licence;
        table.row([
            &base.name,
            &weights,
            &pixels,
            &values,
            licence,
            here(&base.name),
            from,
        ]);
    }
    for (name, base) in others(&catalog) {
        let pixels = format!("{} x {}", base.preprocess.width, base.preprocess.height);
        let values = base.bottleneck_size.to_string();
        let said = |wanted: &str| {
            let found = base.properties.iter().find(|(key, _)| key == wanted);
            found.map_or("", |(_, value)| value.as_str())
        };
        let (licence, source) = (said("hd.licence"), said("hd.source"));
        table.row([&name, "", &pixels, &values, licence, "yes", source]);
    }
    table.row([""; 7]);
    table.row(["IMAGES", "", "", "", "", "HERE", "FROM"]);
    for images in &catalog.images {
        let here = yes(Path::new("data").join(&images.name).is_dir());
        table.row([&images.name, "", "", "", "", here, &images.about]);
    }
    write!(io::stdout(), "{table}")?;
    log::info!("a name that ends in {QUANTIZED} is the same base in 8-bit integers");
    Ok(())
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Whether the folder that bases are written to has one of this name.
fn here(name: &str) -> &'static str {
    yes(Path::new(MODELS).join(format!("{name}.onnx")).is_file())
}

/// The bases in that folder that the catalogue does not name, by the names of their files.
fn others(catalog: &Catalog) -> Vec<(String, Network)> {
    let listed: Vec<String> = catalog.bases().into_iter().map(|base| base.name).collect();
    // Where there is no such folder there are none.
    let entries = std::fs::read_dir(MODELS).into_iter().flatten().flatten();
    let mut others: Vec<(String, Network)> = entries
        .filter_map(|entry| {
            let name = entry
                .file_name()
                .to_string_lossy()
                .strip_suffix(".onnx")?
                .to_owned();
            let base = Network::open_base(&entry.path()).ok()?;
            (!listed.contains(&name)).then_some((name, base))
        })
        .collect();
    others.sort_by(|a, b| a.0.cmp(&b.0));
    others
}

/// Rows of words, each column as wide as its widest.
#[derive(Default)]
struct Table(Vec<[String; 7]>);

impl Table {
    fn row(&mut self, row: [&str; 7]) {
        self.0.push(row.map(str::to_owned));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = [0; 7];
        for row in &self.0 {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &self.0 {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}
