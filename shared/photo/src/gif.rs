//! GIF: the first frame, on its canvas.

use crate::error::{CUT_SHORT, DecodeError};
use crate::memory::filled;
use crate::rgb::Rgb;
use gif::{ColorOutput, DecodeOptions, Decoder, DecodingError, Frame};

fn corrupt(error: DecodingError) -> DecodeError {
    let reason = match error {
        DecodingError::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            CUT_SHORT.to_owned()
        }
        error => error.to_string(),
    };
    DecodeError::Corrupt {
        format: "GIF",
        reason,
    }
}

/// A GIF whose first frame is about to be decoded.
pub(crate) struct Gif<'a> {
    decoder: Decoder<&'a [u8]>,
    frame: Frame<'static>,
    /// Columns and rows of the canvas, which has room for the frame.
    pub(crate) size: (u32, u32),
}

impl<'a> Gif<'a> {
    /// # Errors
    /// A GIF that ends before its first frame.
    pub(crate) fn of(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::Indexed);
        // Blocks that nobody knows are passed over, as browsers do.
        options.allow_unknown_blocks(true);
        let mut decoder = options.read_info(bytes).map_err(corrupt)?;
        let screen = (decoder.width().into(), decoder.height().into());
        let frame = decoder.next_frame_info().map_err(corrupt)?;
        let Some(frame) = frame.cloned() else {
            return Err(DecodeError::Corrupt {
                format: "GIF",
                reason: CUT_SHORT.to_owned(),
            });
        };
        let right = u32::from(frame.left) + u32::from(frame.width);
        let lower = u32::from(frame.top) + u32::from(frame.height);
        let (width, height): (u32, u32) = screen;
        Ok(Self {
            size: (width.max(right), height.max(lower)),
            decoder,
            frame,
        })
    }

    /// The frame on its canvas, of which nothing else is seen but white.
    ///
    /// # Errors
    /// A frame that ends too early or whose codes make no sense.
    pub(crate) fn image(mut self) -> Result<Rgb, DecodeError> {
        let mut indices = filled(self.size, self.decoder.buffer_size(), 0)?;
        self.decoder
            .read_into_buffer(&mut indices)
            .map_err(corrupt)?;
        let global = self.decoder.global_palette().unwrap_or_default().to_vec();
        let (width, height) = self.size;
        let mut pixels = filled(self.size, width as usize * height as usize * 3, 255)?;
        let frame = &self.frame;
        let palette = frame.palette.as_ref().unwrap_or(&global);
        let (left, top) = (usize::from(frame.left), usize::from(frame.top));
        let rows = pixels.chunks_exact_mut(width as usize * 3).skip(top);
        for (row, indices) in rows.zip(indices.chunks_exact(usize::from(frame.width).max(1))) {
            let pixels = row.as_chunks_mut::<3>().0.iter_mut().skip(left);
            for (pixel, index) in pixels.zip(indices) {
                *pixel = colour(frame, palette, *index);
            }
        }
        Ok(Rgb {
            width,
            height,
            pixels,
        })
    }
}

/// Without any palette, an index is a level of grey.
fn colour(frame: &Frame, palette: &[u8], index: u8) -> [u8; 3] {
    if frame.transparent == Some(index) {
        return [255; 3];
    }
    match palette.as_chunks::<3>().0.get(usize::from(index)) {
        Some(colour) => *colour,
        None if palette.is_empty() => [index; 3],
        None => [0; 3],
    }
}
