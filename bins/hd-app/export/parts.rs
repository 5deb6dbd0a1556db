//! What a page is made of beside its own files: the network, and the library that runs it.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use hd::Error;
use hd::cache::{RuntimeKind, WEB_FILES};
use hd::onnx::Network;
use hd::seen;
use hd_cli::Advice;

use super::html::replaced;

/// A large part of a page, compressed.
pub(crate) struct Part {
    /// Its name for people.
    pub(crate) name: String,
    /// Its file in a folder, by which a page in one file knows it too.
    pub(crate) file: &'static str,
    pub(crate) licence: String,
    /// How many bytes it has.
    pub(crate) bytes: usize,
    /// It in the format of gzip, which has a checksum, so that the browser notices damage.
    pub(crate) packed: Vec<u8>,
}

/// The large parts, and the script that loads the library.
pub(crate) struct Parts {
    pub(crate) model: Part,
    pub(crate) runtime: Part,
    pub(crate) script: String,
}

impl Parts {
    /// Those for this network, its weights in float16 where `half`.
    ///
    /// # Errors
    /// No runtime for browsers in the cache, or one that is damaged.
    pub(crate) fn of(network: &Network, half: bool) -> Result<Self> {
        let library = RuntimeKind::Web.library()?;
        let folder = library.parent().unwrap_or(&library);
        let [script, loader, library] =
            WEB_FILES.map(|(name, sha256)| brought(&folder.join(name), sha256));
        let (script, loader, library) = (script?, loader?, library?);
        let (model, weights) = match half {
            true => (network.in_half()?, "float16"),
            false if network.property("hd.quantised").is_some() => (network.bytes.to_vec(), "int8"),
            false => (network.bytes.to_vec(), "float32"),
        };
        let licence = network.property("hd.licence").unwrap_or("unknown");
        Ok(Self {
            model: part(
                format!("network, {weights}"),
                "model.onnx.gz",
                licence,
                &model,
            )?,
            runtime: part(
                format!("onnxruntime-web {}", RuntimeKind::Web.version()),
                "runtime.wasm.gz",
                "MIT",
                &library,
            )?,
            script: joined(&String::from_utf8(script)?, &String::from_utf8(loader)?)?,
        })
    }

    /// The bytes of the large parts, compressed.
    pub(crate) fn packed(&self) -> usize {
        self.model.packed.len() + self.runtime.packed.len()
    }
}

/// A file that hd-fetch brought.
fn brought(path: &Path, sha256: &str) -> Result<Vec<u8>> {
    let wrong = |what: &str| {
        let remedy = format!("run `{}`", RuntimeKind::Web.command());
        Advice::new(format!("{}: {what}", path.display()), remedy)
    };
    if !path.is_file() {
        return Err(wrong("ONNX Runtime for browsers is not there").into());
    }
    match seen::is_whole(path, sha256)? {
        true => Ok(fs::read(path).map_err(Error::io(path, "read"))?),
        false => Err(wrong("damaged: it is not what was brought").into()),
    }
}

/// The runtime's two scripts as one, which would otherwise load the second by an address that a page in one file does not
/// have. What the second one has behind its export is for threads. Neither has to be a module then, and that they are no
/// files does not matter: nothing is loaded from the address that they make of their own.
fn joined(script: &str, loader: &str) -> Result<String> {
    let (loader, _) = loader
        .split_once("export default ortWasmThreaded;")
        .context("the loader has another form")?;
    let loader = format!("const loader = (() => {{\n{loader}return ortWasmThreaded;\n}})();\n");
    let loaded = "(await import(/*webpackIgnore:true*/e)).default";
    let script = loader + &replaced(script, loaded, "loader")?;
    replaced(&script, "import.meta.url", "\"http://localhost/\"")
}

/// Compressed as far as it goes, and without a time, so that the same is written each time.
fn part(name: String, file: &'static str, licence: &str, content: &[u8]) -> Result<Part> {
    let mut packed = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    packed.write_all(content)?;
    Ok(Part {
        name,
        file,
        licence: licence.to_owned(),
        bytes: content.len(),
        packed: packed.finish()?,
    })
}

/// A size in millions of bytes.
pub(crate) fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
