//! The limits of what visitors may do.

use std::num::NonZeroUsize;

use clap::Args;

/// The flags that limit what visitors may do.
#[derive(Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct Limits {
    /// An image may have so many bytes
    #[arg(long, value_name = "N", default_value_t = 32 << 20, value_parser = clap::value_parser!(u64).range(1..=1 << 30))]
    pub(crate) max_bytes: u64,

    /// An image may have so many pixels
    #[arg(long, value_name = "N", default_value_t = 1 << 27, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_pixels: u64,

    /// So many images may wait for an answer; with more, the server says that it is busy
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) queue: NonZeroUsize,

    /// So many connections are served at a time; the next ones wait until one of them ends
    #[arg(long, value_name = "N", default_value = "512")]
    pub(crate) connections: NonZeroUsize,

    /// Seconds that a request may take
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,

    /// Another name that this server is reached by, beside localhost and bare addresses, such as that of a proxy
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
}
