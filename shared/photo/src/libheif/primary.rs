//! The primary image of a file, decoded by libheif.

use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

use super::functions::{CHANNEL_INTERLEAVED, CHROMA_RGB, CHROMA_RGBA, COLORSPACE_RGB};
use super::functions::{Functions, Refused};

/// Pixels in rows from top to bottom, each three bytes, or four with alpha.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

/// The primary image of a file.
pub(crate) struct Primary<'a> {
    functions: &'a Functions,
    context: *mut c_void,
    handle: *mut c_void,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Primary<'a> {
    /// The primary image of the file in `bytes`.
    pub(super) fn open(of: &'a Functions, bytes: &'a [u8]) -> Result<Self, Refused> {
        // SAFETY: a context is made, and freed when this value is dropped, before `bytes` are; the
        // handle is null until it is there.
        unsafe {
            let mut image = Self {
                functions: of,
                context: (of.heif_context_alloc)(),
                handle: ptr::null_mut(),
                bytes: PhantomData,
            };
            let read = of.heif_context_read_from_memory_without_copy;
            read(image.context, bytes.as_ptr(), bytes.len(), ptr::null()).ok()?;
            let primary = of.heif_context_get_primary_image_handle;
            primary(image.context, &mut image.handle).ok()?;
            Ok(image)
        }
    }

    /// Columns and rows, when it is upright.
    pub(crate) fn size(&self) -> (u32, u32) {
        let of = self.functions;
        // SAFETY: the handle is there, or there would be no `Primary` to call this on.
        let (width, height) = unsafe {
            (
                (of.heif_image_handle_get_width)(self.handle),
                (of.heif_image_handle_get_height)(self.handle),
            )
        };
        (width.max(0).unsigned_abs(), height.max(0).unsigned_abs())
    }

    /// Whether it has an alpha channel.
    pub(crate) fn has_alpha(&self) -> bool {
        // SAFETY: as in `size`.
        unsafe { (self.functions.heif_image_handle_has_alpha_channel)(self.handle) != 0 }
    }

    /// Whether its colours were multiplied by alpha already.
    pub(crate) fn is_premultiplied(&self) -> bool {
        let of = self.functions;
        // SAFETY: as in `size`.
        unsafe { (of.heif_image_handle_is_premultiplied_alpha)(self.handle) != 0 }
    }

    /// Decodes it to 8 bits a channel, upright. Parts of more pixels than the square of `side` are
    /// refused.
    pub(crate) fn decode(&self, with_alpha: bool, side: c_int) -> Result<Pixels, Refused> {
        let of = self.functions;
        let chroma = if with_alpha { CHROMA_RGBA } else { CHROMA_RGB };
        // SAFETY: context and handle are there; the options are the library's own, and what they
        // point to is theirs; the image is null until it is there.
        unsafe {
            (of.heif_context_set_maximum_image_size_limit)(self.context, side);
            if let Some(set_threads) = of.heif_context_set_max_decoding_threads {
                // Each worker decodes an image of its own already.
                set_threads(self.context, 0);
            }
            let options = (of.heif_decoding_options_alloc)();
            if let Some(options) = options.as_mut() {
                options.demand();
            }
            let mut image = Image {
                functions: of,
                image: ptr::null_mut(),
            };
            let decode = of.heif_decode_image;
            let to = &mut image.image;
            let status = decode(self.handle, to, COLORSPACE_RGB, chroma, options);
            (of.heif_decoding_options_free)(options);
            status.ok()?;
            image.pixels(if with_alpha { 4 } else { 3 })
        }
    }
}

impl Drop for Primary<'_> {
    fn drop(&mut self) {
        let of = self.functions;
        // SAFETY: both are this value's own, and a null of either is left alone.
        unsafe {
            if !self.handle.is_null() {
                (of.heif_image_handle_release)(self.handle);
            }
            if !self.context.is_null() {
                (of.heif_context_free)(self.context);
            }
        }
    }
}

/// A decoded image, in the library's memory.
struct Image<'a> {
    functions: &'a Functions,
    image: *mut c_void,
}

impl Image<'_> {
    /// A copy without the bytes that fill its rows up.
    fn pixels(&self, channels: usize) -> Result<Pixels, Refused> {
        let of = self.functions;
        let mut stride = 0;
        // SAFETY: the image is there, and the library says where its rows are and how long; no more
        // of them is read.
        let (width, height, rows) = unsafe {
            let width = (of.heif_image_get_width)(self.image, CHANNEL_INTERLEAVED);
            let height = (of.heif_image_get_height)(self.image, CHANNEL_INTERLEAVED);
            let plane =
                (of.heif_image_get_plane_readonly)(self.image, CHANNEL_INTERLEAVED, &mut stride);
            let length = |number: c_int| usize::try_from(number).unwrap_or_default();
            if plane.is_null() || length(stride) < length(width) * channels {
                return Err(without_pixels());
            }
            let bytes = std::slice::from_raw_parts(plane, length(stride) * length(height));
            (width, height, bytes)
        };
        let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
        let row = width as usize * channels;
        let mut bytes = Vec::with_capacity(row * height as usize);
        for whole in rows.chunks_exact(stride.unsigned_abs().max(1) as usize) {
            bytes.extend_from_slice(whole.get(..row).unwrap_or_default());
        }
        Ok(Pixels {
            width,
            height,
            bytes,
        })
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        if !self.image.is_null() {
            // SAFETY: the image is this value's own.
            unsafe { (self.functions.heif_image_release)(self.image) };
        }
    }
}

fn without_pixels() -> Refused {
    Refused {
        code: 0,
        subcode: 0,
        reason: "it has no pixels".to_owned(),
    }
}
