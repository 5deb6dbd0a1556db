//! A position in the file's bytes that can only move forward, and never past the end.

use super::TorchError;

/// The bytes of a file and how far they have been read.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A cursor that begins at byte `at`.
    pub(super) fn starting(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The bytes not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], TorchError> {
        let taken = self
            .rest()
            .get(..count)
            .ok_or_else(|| self.truncated(count))?;
        self.at += count;
        Ok(taken)
    }

    /// The next `N` bytes, such as the parts of a number.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], TorchError> {
        let taken = *self.rest().first_chunk().ok_or_else(|| self.truncated(N))?;
        self.at += N;
        Ok(taken)
    }

    /// The next byte.
    pub(super) fn byte(&mut self) -> Result<u8, TorchError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// The bytes up to the next line feed, which is read and left out.
    pub(super) fn line(&mut self) -> Result<&'a [u8], TorchError> {
        let rest = self.rest();
        let length = rest.iter().position(|&byte| byte == b'\n');
        let line = self.take(length.ok_or_else(|| self.truncated(rest.len() + 1))?)?;
        self.byte()?;
        Ok(line)
    }

    /// Checks that nothing is left.
    pub(super) fn finish(self) -> Result<(), TorchError> {
        match self.rest().len() {
            0 => Ok(()),
            count => Err(TorchError::TrailingBytes { at: self.at, count }),
        }
    }

    fn truncated(&self, needed: usize) -> TorchError {
        TorchError::Truncated {
            at: self.at,
            needed,
            left: self.rest().len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bytes_numbers_and_lines_in_turn() {
        let mut cursor = Cursor::new(b"ab\x01\x02torch\nz");
        assert_eq!(cursor.take(2), Ok(&b"ab"[..]));
        assert_eq!(cursor.array().map(u16::from_le_bytes), Ok(0x0201));
        assert_eq!(cursor.line(), Ok(&b"torch"[..]));
        assert_eq!(cursor.at(), 10);
        assert_eq!(cursor.byte(), Ok(b'z'));
        assert_eq!(cursor.finish(), Ok(()));
    }

    #[test]
    fn refuses_to_pass_the_end() {
        let mut cursor = Cursor::new(b"abc");
        let truncated = |needed| TorchError::Truncated {
            at: 1,
            needed,
            left: 2,
        };
        assert_eq!(cursor.byte(), Ok(b'a'));
        assert_eq!(cursor.take(usize::MAX), Err(truncated(usize::MAX)));
        assert_eq!(cursor.array::<8>(), Err(truncated(8)));
        assert_eq!(cursor.line(), Err(truncated(3)));
        assert_eq!(cursor.take(2), Ok(&b"bc"[..]));
    }
}
