//! From the bytes of an image to the input of a network. This module alone speaks to the libraries that decode and
//! resize images.

mod decode;
mod distort;
mod encode;
mod jpeg;
mod orientation;
mod preprocess;
mod read;
mod recognise;
mod resize;
mod tiff;

pub use decode::{DecodeError, Image, MAX_PIXELS, Want, decode, is_decoding};
pub use distort::{Distortion, View};
pub use encode::{encode_jpeg, encode_png};
pub use preprocess::{Element, Filter, Preprocess, ResizeRule};
pub use read::read;
pub use recognise::is_image;

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
