//! The system's libheif, by the functions of its C interface that decode an image.
//!
//! It is loaded when the first image needs it, so that nothing depends on it when the programs are
//! built, and a system without it only goes without these images. The declarations are those of its
//! header, which has kept them since version 1.12; the library is then the one that the system
//! keeps up to date.
#![allow(
    unsafe_code,
    reason = "a library in C is called here and nowhere else; each call keeps to the header's rules"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::OnceLock;

use libloading::Library;

/// The library by the name that every system gives it.
const NAME: &str = "libheif.so.1";

const COLORSPACE_RGB: c_int = 1;
const CHROMA_RGB: c_int = 10;
const CHROMA_RGBA: c_int = 11;
const CHANNEL_INTERLEAVED: c_int = 10;

/// How pixels are compressed in such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// H.265.
    Hevc = 1,
    /// What AVIF has.
    Av1 = 4,
}

/// `heif_error`: code 0 is success. The message lives as long as the context.
#[repr(C)]
struct Status {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// The beginning of `heif_decoding_options`, which newer versions only add to.
#[repr(C)]
struct Options {
    version: u8,
    ignore_transformations: u8,
    progress: [*const c_void; 4],
    convert_hdr_to_8bit: u8,
    /// From version 3 on.
    strict_decoding: u8,
}

/// Declares functions of the library, as its header does, and finds them.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        struct Functions {
            $($name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl Functions {
            fn of(library: &Library) -> Result<Self, libloading::Error> {
                // SAFETY: the types are those of the header.
                Ok(Self { $($name: *unsafe { library.get(stringify!($name)) }?,)* })
            }
        }
    };
}

functions! {
    heif_context_alloc: fn() -> *mut c_void;
    heif_context_free: fn(*mut c_void);
    heif_context_read_from_memory_without_copy:
        fn(*mut c_void, *const u8, usize, *const c_void) -> Status;
    heif_context_set_maximum_image_size_limit: fn(*mut c_void, c_int);
    heif_context_get_primary_image_handle: fn(*mut c_void, *mut *mut c_void) -> Status;
    heif_image_handle_get_width: fn(*const c_void) -> c_int;
    heif_image_handle_get_height: fn(*const c_void) -> c_int;
    heif_image_handle_has_alpha_channel: fn(*const c_void) -> c_int;
    heif_image_handle_is_premultiplied_alpha: fn(*const c_void) -> c_int;
    heif_image_handle_release: fn(*const c_void);
    heif_have_decoder_for_format: fn(c_int) -> c_int;
    heif_decoding_options_alloc: fn() -> *mut Options;
    heif_decoding_options_free: fn(*mut Options);
    heif_decode_image:
        fn(*const c_void, *mut *mut c_void, c_int, c_int, *const Options) -> Status;
    heif_image_get_width: fn(*const c_void, c_int) -> c_int;
    heif_image_get_height: fn(*const c_void, c_int) -> c_int;
    heif_image_get_plane_readonly: fn(*const c_void, c_int, *mut c_int) -> *const u8;
    heif_image_release: fn(*const c_void);
}

/// The library, loaded.
pub(crate) struct Libheif {
    functions: Functions,
    /// From version 1.13 on.
    set_threads: Option<unsafe extern "C" fn(*mut c_void, c_int)>,
    /// Unloaded never, since the functions are used for as long as the program runs.
    _library: Library,
}

/// What the library says where it refuses something.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: c_int,
    pub(crate) subcode: c_int,
    pub(crate) reason: String,
}

/// Pixels in rows from top to bottom, each three bytes, or four with alpha.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Libheif {
    /// The library, loaded by the first that asks; none where the system has none that will do.
    pub(crate) fn get() -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Libheif>> = OnceLock::new();
        LOADED.get_or_init(|| Self::load().ok()).as_ref()
    }

    fn load() -> Result<Self, libloading::Error> {
        // SAFETY: the library's initialisers only fill its own tables.
        let library = unsafe { Library::new(NAME) }?;
        // SAFETY: the type is that of the header.
        let set_threads = unsafe { library.get("heif_context_set_max_decoding_threads") };
        Ok(Self {
            set_threads: set_threads.ok().map(|found| *found),
            functions: Functions::of(&library)?,
            _library: library,
        })
    }

    /// Whether there is a decoder for what is compressed so. Debian has them in packages of their
    /// own.
    pub(crate) fn decodes(&self, codec: Codec) -> bool {
        // SAFETY: it takes any number.
        unsafe { (self.functions.heif_have_decoder_for_format)(codec as c_int) != 0 }
    }

    /// The primary image of the file in `bytes`, not yet decoded.
    pub(crate) fn open<'a>(&'a self, bytes: &'a [u8]) -> Result<Primary<'a>, Refused> {
        let of = &self.functions;
        // SAFETY: a context is made, and freed when `Primary` is dropped, before `bytes` are; the
        // handle is null until it is there.
        unsafe {
            let mut image = Primary {
                library: self,
                context: (of.heif_context_alloc)(),
                handle: ptr::null_mut(),
                bytes: PhantomData,
            };
            let read = of.heif_context_read_from_memory_without_copy;
            refused(read(
                image.context,
                bytes.as_ptr(),
                bytes.len(),
                ptr::null(),
            ))?;
            let primary = of.heif_context_get_primary_image_handle;
            refused(primary(image.context, &mut image.handle))?;
            Ok(image)
        }
    }
}

/// The primary image of a file.
pub(crate) struct Primary<'a> {
    library: &'a Libheif,
    context: *mut c_void,
    handle: *mut c_void,
    bytes: PhantomData<&'a [u8]>,
}

impl Primary<'_> {
    /// Columns and rows, when it is upright.
    pub(crate) fn size(&self) -> (u32, u32) {
        let of = &self.library.functions;
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
        unsafe { (self.library.functions.heif_image_handle_has_alpha_channel)(self.handle) != 0 }
    }

    /// Whether its colours were multiplied by alpha already.
    pub(crate) fn is_premultiplied(&self) -> bool {
        let of = &self.library.functions;
        // SAFETY: as in `size`.
        unsafe { (of.heif_image_handle_is_premultiplied_alpha)(self.handle) != 0 }
    }

    /// Decodes it to 8 bits a channel, upright. Parts of more pixels than the square of `side` are
    /// refused.
    pub(crate) fn decode(&self, with_alpha: bool, side: c_int) -> Result<Pixels, Refused> {
        let of = &self.library.functions;
        let chroma = if with_alpha { CHROMA_RGBA } else { CHROMA_RGB };
        // SAFETY: context and handle are there; the options are the library's own, and what they
        // point to is theirs; the image is null until it is there.
        unsafe {
            (of.heif_context_set_maximum_image_size_limit)(self.context, side);
            if let Some(set_threads) = self.library.set_threads {
                // Each worker decodes an image of its own already.
                set_threads(self.context, 0);
            }
            let options = (of.heif_decoding_options_alloc)();
            if let Some(options) = options.as_mut() {
                options.convert_hdr_to_8bit = 1;
                if options.version >= 3 {
                    options.strict_decoding = 1;
                }
            }
            let mut image = Image {
                library: self.library,
                image: ptr::null_mut(),
            };
            let decode = of.heif_decode_image;
            let to = &mut image.image;
            let status = decode(self.handle, to, COLORSPACE_RGB, chroma, options);
            (of.heif_decoding_options_free)(options);
            refused(status)?;
            image.pixels(if with_alpha { 4 } else { 3 })
        }
    }
}

impl Drop for Primary<'_> {
    fn drop(&mut self) {
        let of = &self.library.functions;
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
    library: &'a Libheif,
    image: *mut c_void,
}

impl Image<'_> {
    /// A copy without the bytes that fill its rows up.
    fn pixels(&self, channels: usize) -> Result<Pixels, Refused> {
        let of = &self.library.functions;
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
                return Err(Refused::without_pixels());
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
            unsafe { (self.library.functions.heif_image_release)(self.image) };
        }
    }
}

impl Refused {
    fn without_pixels() -> Self {
        Self {
            code: 0,
            subcode: 0,
            reason: "it has no pixels".to_owned(),
        }
    }
}

/// The error in a status.
///
/// # Safety
/// The context that it comes from is there, since its message is.
unsafe fn refused(status: Status) -> Result<(), Refused> {
    if status.code == 0 {
        return Ok(());
    }
    let reason = match status.message.is_null() {
        true => "libheif gives no reason".to_owned(),
        // SAFETY: the library's messages end with a zero.
        false => unsafe { CStr::from_ptr(status.message) }
            .to_string_lossy()
            .into_owned(),
    };
    Err(Refused {
        code: status.code,
        subcode: status.subcode,
        reason,
    })
}
