//! A file of bottlenecks as tab-separated text.

use std::io::{self, Write};

use super::cache::Bottlenecks;
use super::facts::Facts;
use crate::dataset::folder_in;
use crate::split::Split;
use crate::tsv;

/// The names of what [`facts`] writes.
const FACTS: &str = "width\theight\tformat\tbrightness\tcontrast\tcolourfulness\tsharpness\thash";

impl Bottlenecks {
    /// Prints the header and the rows as tab-separated text.
    pub fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# base\t{}\t{}", self.architecture(), self.base())?;
        let rule = serde_json::to_string(self.preprocess()).unwrap_or_default();
        writeln!(out, "# preprocessing\t{rule}\t{}", self.fingerprint())?;
        writeln!(out, "# size\t{}\t{}", self.size(), self.precision())?;
        writeln!(out, "# labels\t{}", self.labels().join("\t"))?;
        if let Some(origin) = self.origin() {
            let kind = if origin.drawings {
                "drawings"
            } else {
                "photos"
            };
            writeln!(out, "# {kind}\t{}\t{}", origin.name, origin.source)?;
        }
        if let Some(distortion) = self.distortion() {
            writeln!(out, "# distortion\t{distortion}")?;
        }
        for skipped in self.skipped() {
            out.write_all(b"# skipped\t")?;
            out.write_all(&tsv::field(&skipped.path))?;
            writeln!(out, "\t{}", skipped.reason)?;
        }
        self.write_rows(out)
    }

    /// Writes a line for each row below the names of its fields, which are separated by tabs.
    pub(super) fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "path\tlabel\tfolder\tdigest\tvariant\tsplit\tnotes\t{FACTS}"
        )?;
        self.rows().iter().try_for_each(|row| {
            out.write_all(&tsv::field(&row.path))?;
            let label = self
                .labels()
                .get(row.label as usize)
                .map_or("", String::as_str);
            let split = row.split.map_or("", Split::name);
            let (digest, variant, notes) = (row.digest, row.variant, row.facts.notes);
            let folder = folder_in(&row.path, label).unwrap_or(label.into());
            writeln!(
                out,
                "\t{label}\t{folder}\t{digest}\t{variant}\t{split}\t{notes}\t{}",
                facts(&row.facts)
            )
        })
    }
}

fn facts(facts: &Facts) -> String {
    let (
        Facts {
            width,
            height,
            format,
            look,
            ..
        },
        hash,
    ) = (facts, facts.look.hash);
    let (brightness, contrast) = (look.brightness, look.contrast);
    let (colourfulness, sharpness) = (look.colourfulness, look.sharpness);
    format!(
        "{width}\t{height}\t{format}\t{brightness}\t{contrast}\t{colourfulness}\t{sharpness}\t{hash}"
    )
}
