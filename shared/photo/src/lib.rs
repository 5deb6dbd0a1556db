//! From the bytes of an image to the input of a network. This module alone speaks to the libraries
//! that decode and resize images.

mod bmp;
mod claim;
mod cost;
mod decode;
mod decoded;
mod distort;
mod encode;
mod error;
mod file_format;
mod gif;
mod guard;
mod hash;
mod heif;
mod ico;
mod jpeg;
#[allow(
    unsafe_code,
    reason = "a library in C is called there and nowhere else; each call keeps to its header"
)]
mod libheif;
mod look;
mod memory;
mod note;
mod opaque;
mod orientation;
mod painted;
mod png;
mod preprocess;
mod read;
mod recognise;
mod resize;
mod rgb;
mod tiff;
mod want;
mod webp;

pub use decode::decode;
pub use decoded::Decoded;
pub use distort::{Distortion, View};
pub use encode::{encode_jpeg, encode_png};
pub use error::DecodeError;
pub use file_format::FileFormat;
pub use guard::is_decoding;
pub use hash::ImageHash;
pub use look::Look;
pub use memory::limit_memory;
pub use note::{Note, Notes};
pub use preprocess::{Element, Filter, Preprocess, ResizeRule};
pub use read::{MAX_BYTES, read};
pub use recognise::is_image;
pub use resize::Region;
pub use rgb::Rgb;
pub use want::{MAX_PIXELS, Want};
