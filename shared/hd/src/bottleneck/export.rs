//! Bottlenecks for numpy: `bottlenecks.npy`, a float32 array [rows, D], and `rows.tsv`, a line for
//! each of its rows below the names of the columns.
//!
//! The array is in numpy's format, version 1.0; a line holds path, label, folder of the label, digest,
//! the number of the view, split, notes, and what else is known of the image, separated by tabs; split
//! and notes may be empty.

use std::path::Path;

use super::cache::Bottlenecks;
use crate::error::Result;
use crate::file;

/// Numpy aligns the values to this many bytes.
const ALIGNMENT: usize = 64;

impl Bottlenecks {
    /// Writes `bottlenecks.npy` and `rows.tsv` into `folder`.
    ///
    /// # Errors
    /// Bottlenecks that are not what was written; trouble in writing.
    pub fn export(&self, folder: &Path) -> Result<()> {
        self.check()?;
        file::replace(&folder.join("bottlenecks.npy"), |out| {
            out.write_all(&npy_header(self.rows().len(), self.size()))?;
            (0..self.rows().len())
                .try_for_each(|row| out.write_all(bytemuck::cast_slice(&self.bottleneck(row))))
        })?;
        file::replace(&folder.join("rows.tsv"), |out| self.write_rows(out))
    }
}

fn npy_header(rows: usize, size: usize) -> Vec<u8> {
    let dictionary =
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {size}), }}");
    // Magic, version and length come before it, a line feed ends it.
    let length = (10 + dictionary.len() + 1).next_multiple_of(ALIGNMENT) - 10;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend((length as u16).to_le_bytes());
    header.extend(format!("{dictionary:<width$}\n", width = length - 1).into_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_numpys() {
        // numpy.save of numpy.zeros((600, 1280), "float32") begins with these 128 bytes.
        let mut expected = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (600, 1280), }".to_vec();
        expected.resize(127, b' ');
        expected.push(b'\n');
        assert_eq!(npy_header(600, 1280), expected);
    }
}
