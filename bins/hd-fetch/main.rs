//! hd-fetch: brings what the other programs need.

mod archive;
mod base;
mod catalog;
mod drawn;
mod folder;
mod images;
mod import;
mod layout;
mod list;
mod listed;
mod network;
mod npm;
mod published;
mod registry;
mod runtime;
mod source;
mod weights;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hd_cli::{Common, Program};

/// Brings what the other programs need: ONNX Runtime, a base, images
///
/// Nothing is installed, and no library that is brought is loaded before its digest was verified. Copies are kept in
/// $XDG_CACHE_HOME/hd, or ~/.cache/hd.
#[derive(Parser)]
#[command(
    name = "hd-fetch",
    version,
    max_term_width = 100,
    after_help = "\
Example:
  hd-fetch runtime
  hd-fetch base mobilenet_v2_1.0_224
  hd-fetch images hotdog

See also: hd-bottleneck (uses all three)"
)]
struct Arguments {
    #[command(subcommand)]
    what: What,

    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum What {
    /// Bring ONNX Runtime's library into the cache
    Runtime(runtime::Arguments),
    /// Make a base from its published weights
    Base(Box<base::Arguments>),
    /// Bring labelled images, or draw some where none can be had
    Images(images::Arguments),
    /// Show everything that can be brought by name
    List(list::Arguments),
}

fn main() -> ExitCode {
    hd_cli::main::<Arguments>()
}

impl Program for Arguments {
    const NAME: &'static str = "hd-fetch";
    const USUAL: &'static [&'static str] = &["name"];

    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> anyhow::Result<()> {
        match &self.what {
            What::Runtime(arguments) => arguments.run(),
            What::Base(arguments) => arguments.run(),
            What::Images(arguments) => arguments.run(),
            What::List(arguments) => arguments.run(self.common.verbose),
        }
    }
}
