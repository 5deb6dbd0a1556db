//! A file of bottlenecks as tab-separated text.

use std::io::{self, Write};

use super::cache::Bottlenecks;
use crate::dataset::folder_in;
use crate::split::Split;
use crate::tsv;

impl Bottlenecks {
    /// Prints the header and the rows as tab-separated text.
    pub fn describe(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# base\t{}\t{}", self.architecture(), self.base())?;
        let rule = serde_json::to_string(self.preprocess()).unwrap_or_default();
        writeln!(out, "# preprocessing\t{rule}\t{}", self.fingerprint())?;
        writeln!(out, "# size\t{}", self.size())?;
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

    /// Writes path, label, its folder, digest, view, split and notes of each row, separated by tabs, a
    /// line each below the names of these.
    pub(super) fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "path\tlabel\tfolder\tdigest\tvariant\tsplit\tnotes")?;
        self.rows().iter().try_for_each(|row| {
            out.write_all(&tsv::field(&row.path))?;
            let label = self
                .labels()
                .get(row.label as usize)
                .map_or("", String::as_str);
            let split = row.split.map_or("", Split::name);
            let (digest, variant, notes) = (row.digest, row.variant, row.notes);
            let folder = folder_in(&row.path, label).unwrap_or(label.into());
            writeln!(
                out,
                "\t{label}\t{folder}\t{digest}\t{variant}\t{split}\t{notes}"
            )
        })
    }
}
