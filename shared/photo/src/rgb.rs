//! Images in memory.

/// An image in RGB, 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `height * width * 3` bytes, rows from top to bottom, each pixel red, green, blue.
    pub pixels: Vec<u8>,
}
