//! The functions of libheif's C interface that are called, declared as its header does.

use std::ffi::{CStr, c_char, c_int, c_void};

use libloading::Library;

pub(super) const COLORSPACE_RGB: c_int = 1;
pub(super) const CHROMA_RGB: c_int = 10;
pub(super) const CHROMA_RGBA: c_int = 11;
pub(super) const CHANNEL_INTERLEAVED: c_int = 10;

/// `heif_error`: code 0 is success. The message lives as long as the context.
#[repr(C)]
pub(super) struct Status {
    code: c_int,
    subcode: c_int,
    message: *const c_char,
}

/// What the library says where it refuses something.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: c_int,
    pub(crate) subcode: c_int,
    pub(crate) reason: String,
}

impl Status {
    /// The error in it.
    ///
    /// # Safety
    /// The context that it comes from is there, since its message is.
    pub(super) unsafe fn ok(self) -> Result<(), Refused> {
        if self.code == 0 {
            return Ok(());
        }
        let reason = match self.message.is_null() {
            true => "libheif gives no reason".to_owned(),
            // SAFETY: the library's messages end with a zero.
            false => unsafe { CStr::from_ptr(self.message) }
                .to_string_lossy()
                .into_owned(),
        };
        Err(Refused {
            code: self.code,
            subcode: self.subcode,
            reason,
        })
    }
}

/// The beginning of `heif_decoding_options`, which newer versions only add to.
#[repr(C)]
pub(super) struct Options {
    version: u8,
    ignore_transformations: u8,
    progress: [*const c_void; 4],
    convert_hdr_to_8bit: u8,
    /// From version 3 on.
    strict_decoding: u8,
}

impl Options {
    /// Asks for 8 bits a channel, and for an error where the file is damaged.
    pub(super) fn demand(&mut self) {
        self.convert_hdr_to_8bit = 1;
        if self.version >= 3 {
            self.strict_decoding = 1;
        }
    }
}

/// Declares functions of the library, as its header does, and finds them.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        /// The functions, to be called while the library is loaded.
        pub(super) struct Functions {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// From version 1.13 on.
            pub(super) heif_context_set_max_decoding_threads:
                Option<unsafe extern "C" fn(*mut c_void, c_int)>,
        }

        impl Functions {
            /// Finds them in the library.
            pub(super) fn of(library: &Library) -> Result<Self, libloading::Error> {
                // SAFETY: the types are those of the header.
                let threads = unsafe { library.get("heif_context_set_max_decoding_threads") };
                Ok(Self {
                    // SAFETY: as above.
                    $($name: *unsafe { library.get(stringify!($name)) }?,)*
                    heif_context_set_max_decoding_threads: threads.ok().map(|found| *found),
                })
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
