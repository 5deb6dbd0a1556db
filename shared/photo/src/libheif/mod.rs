//! The system's libheif, by the functions of its C interface that decode an image.
//!
//! It is loaded when the first image needs it, so that nothing depends on it when the programs are
//! built, and a system without it only goes without these images. What is called has been there, as
//! it is, since version 1.12.

mod functions;
mod primary;

use std::ffi::c_int;
use std::sync::OnceLock;

use libloading::Library;

use functions::Functions;
pub(crate) use functions::Refused;
pub(crate) use primary::{Pixels, Primary};

/// The library by the name that every system gives it.
const NAME: &str = "libheif.so.1";

/// How pixels are compressed in such a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// H.265.
    Hevc = 1,
    /// What AVIF has.
    Av1 = 4,
}

/// The library, loaded.
pub(crate) struct Libheif {
    functions: Functions,
    /// Unloaded never, since the functions are used for as long as the program runs.
    _library: Library,
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
        Ok(Self {
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
        Primary::open(&self.functions, bytes)
    }
}
