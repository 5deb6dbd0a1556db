//! The table of near-duplicates: a line for each image that has a twin, below the names of the columns
//! `group`, `path`, `label`, `split` and `kind`, separated by tabs. Groups are counted from 1. The last
//! column says how the image is like the one of its group that it is most like.

use std::io::{self, Write};

use super::Twins;
use crate::bottleneck::Samples;
use crate::split::Split;
use crate::tsv;

/// Writes the table of these near-duplicates among the samples; `split` gives each sample's.
///
/// # Errors
/// Those of `out`.
pub fn write_table(
    twins: &Twins,
    samples: &Samples,
    split: impl Fn(usize) -> Option<Split>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "group\tpath\tlabel\tsplit\tkind")?;
    for (number, group) in (1..).zip(&twins.groups) {
        for &(member, kind) in &group.members {
            let label = samples.label(member).unwrap_or_default() as usize;
            let label = samples.labels().get(label).map_or("", String::as_str);
            let split = split(member).map_or("", Split::name);
            write!(out, "{number}\t")?;
            out.write_all(&tsv::field(samples.image(member).unwrap_or("".as_ref())))?;
            writeln!(out, "\t{label}\t{split}\t{kind}")?;
        }
    }
    Ok(())
}
