//! The checks on a matrix of bottlenecks: one for each block of its rows.

use std::io::{self, Write};
use std::ops::Range;

use rayon::prelude::*;

use super::precision::Precision;
use crate::digest::Digest;

/// Bytes of a block, about: as many as BLAKE3 takes to come up to speed, and so few that they are
/// still in the processor's cache when they are looked at again.
const BLOCK: usize = 1 << 16;

/// Blocks that are read at the same time and then written, which is 4 MiB of them.
const AT_A_TIME: usize = 64;

/// Bytes of a check.
pub(super) const CHECK: usize = 8;

/// The first bytes of the BLAKE3 of `bytes`: enough to find damage with, which is not malice.
pub(super) fn check(bytes: &[u8]) -> [u8; CHECK] {
    let digest = Digest::of(bytes);
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// How the rows of a matrix are divided into blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Blocks {
    rows: usize,
    size: usize,
    precision: Precision,
}

impl Blocks {
    /// Those of a matrix of `rows` rows with `size` numbers in each.
    pub(super) fn of(rows: usize, size: usize, precision: Precision) -> Self {
        Self {
            rows,
            size,
            precision,
        }
    }

    /// The bytes of a row.
    fn row_bytes(self) -> usize {
        self.size.saturating_mul(self.precision.bytes())
    }

    /// The bytes of the row `index`, in the matrix.
    pub(super) fn bytes_of_row(self, index: usize) -> Range<usize> {
        index * self.row_bytes()..(index + 1) * self.row_bytes()
    }

    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.rows.div_ceil(self.rows_each())
    }

    /// The rows of one of them.
    pub(super) fn rows(self, block: usize) -> Range<usize> {
        let first = block.saturating_mul(self.rows_each()).min(self.rows);
        first..self.rows.min(first + self.rows_each())
    }

    /// The bytes of one of them, in the matrix.
    pub(super) fn bytes(self, block: usize) -> Range<usize> {
        let rows = self.rows(block);
        rows.start * self.row_bytes()..rows.end * self.row_bytes()
    }

    /// The bytes of the matrix, and of the checks behind it; none where no file could hold them.
    pub(super) fn lengths(self) -> Option<(usize, usize)> {
        let matrix = self.rows.checked_mul(self.row_bytes())?;
        Some((matrix, self.count() * CHECK))
    }

    fn rows_each(self) -> usize {
        (BLOCK / self.row_bytes().max(1)).max(1)
    }
}

/// Writes a matrix, and the checks of its blocks behind it. `read` gives the row of a number.
///
/// # Errors
/// Those of `read`, and of the output.
pub(super) fn write(
    out: &mut dyn Write,
    blocks: Blocks,
    read: impl Fn(usize, &mut [f32]) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let filled = |block: usize| {
        let mut bytes = Vec::with_capacity(blocks.bytes(block).len());
        let mut floats = vec![0f32; blocks.size];
        for row in blocks.rows(block) {
            read(row, &mut floats)?;
            bytes.extend_from_slice(&blocks.precision.bytes_of(&floats)?);
        }
        let check = check(&bytes);
        Ok((bytes, check))
    };
    let mut checks = Vec::new();
    for first in (0..blocks.count()).step_by(AT_A_TIME) {
        let some = first..blocks.count().min(first + AT_A_TIME);
        let filled = some.into_par_iter().map(filled);
        for (bytes, check) in filled.collect::<io::Result<Vec<_>>>()? {
            out.write_all(&bytes)?;
            checks.extend(check);
        }
    }
    out.write_all(&checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_every_row_once() {
        for (rows, size) in [
            (0, 3),
            (1, 1280),
            (12, 1280),
            (13, 1280),
            (5, 100_000),
            (3, 0),
        ] {
            let blocks = Blocks::of(rows, size, Precision::Single);
            let all: Vec<usize> = (0..blocks.count())
                .flat_map(|block| blocks.rows(block))
                .collect();
            assert_eq!(all, (0..rows).collect::<Vec<_>>(), "{rows} rows of {size}");
        }
        assert_eq!(Blocks::of(25, 1280, Precision::Single).rows(2), 24..25);
    }

    #[test]
    fn a_matrix_that_no_file_could_hold_has_no_length() {
        assert_eq!(Blocks::of(usize::MAX, 4, Precision::Half).lengths(), None);
        assert_eq!(Blocks::of(3, usize::MAX, Precision::Half).lengths(), None);
    }

    #[test]
    fn what_is_written_are_the_rows_and_a_check_a_block() {
        for precision in [Precision::Single, Precision::Half] {
            let blocks = Blocks::of(13, 1280, precision);
            let row: Vec<f32> = (0..1280).map(|number| number as f32).collect();
            let mut bytes = Vec::new();
            let read = |_: usize, floats: &mut [f32]| {
                floats.copy_from_slice(&row);
                Ok(())
            };
            write(&mut bytes, blocks, read).unwrap();
            let (matrix, checks) = blocks.lengths().unwrap();
            assert_eq!(bytes.len(), matrix + checks);
            assert_eq!(matrix, 13 * 1280 * precision.bytes());
            for block in 0..blocks.count() {
                let stored = &bytes[matrix + block * CHECK..][..CHECK];
                assert_eq!(check(&bytes[blocks.bytes(block)]), stored);
            }
        }
    }
}
