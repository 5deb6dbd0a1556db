//! Where a base runs: on the processor, or on an accelerator through CUDA.

use std::fmt;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Base, MakeBase, OnnxBase, Runtime};
use crate::error::{Error, Result};
use crate::onnx::Network;

/// The part of ONNX Runtime that speaks CUDA, which lies beside it where it has that part.
const PROVIDER: &str = "libonnxruntime_providers_cuda.so";

/// The library of NVIDIA's driver.
const DRIVER: &str = "libcuda.so.1";

/// Images in a run on an accelerator: enough to keep its cores busy, and few enough for its memory.
const BATCH: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// A place to run networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// An accelerator if there is one that can be used, or else the processor.
    Auto,
    /// The processor.
    Cpu,
    /// The accelerator of this number.
    Cuda(u16),
}

impl FromStr for Device {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.parse().ok();
        match text.split_once(':') {
            None if text == "auto" => Ok(Self::Auto),
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", n)) => number(n)
                .map(Self::Cuda)
                .ok_or("expected cuda:N, such as cuda:0"),
            _ => Err("expected auto, cpu, cuda or cuda:N"),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// A base ready to run on a device.
pub enum Engine<'a> {
    /// Makes a base for each worker when it has something to run: that is how a processor is kept busy.
    EachWorker(Box<MakeBase<'a>>),
    /// One base for all, which is given so many images at a time.
    Shared {
        /// The base.
        base: Box<dyn Base>,
        /// How many images, no fewer and no more.
        batch: NonZeroUsize,
    },
}

/// Makes the engine when there is something to run.
pub type MakeEngine<'a> = dyn Fn() -> Result<Engine<'a>> + 'a;

/// An engine, and how it was chosen.
pub struct Chosen<'a> {
    /// The engine.
    pub engine: Engine<'a>,
    /// The device that it runs on.
    pub device: Device,
    /// Why it does not run on an accelerator, if one was tried.
    pub refused: Option<Error>,
}

impl<'a> Engine<'a> {
    /// Runs `network` on `device`, with the ONNX Runtime library `given` if there is one.
    ///
    /// On the processor nothing is loaded yet.
    ///
    /// # Errors
    /// An accelerator that was asked for and cannot be used, with what is missing.
    pub fn choose(
        device: Device,
        given: Option<&'a Path>,
        network: &'a Network,
    ) -> Result<Chosen<'a>> {
        let on_processor = |library: Option<PathBuf>, refused| Chosen {
            engine: Self::EachWorker(Box::new(move || {
                let runtime = Runtime::load(library.as_deref())?;
                Ok(Box::new(OnnxBase::load(&runtime, network)?) as Box<_>)
            })),
            device: Device::Cpu,
            refused,
        };
        let library = given.map(Path::to_path_buf);
        let number = match device {
            Device::Cpu => return Ok(on_processor(library, None)),
            Device::Auto if network.is_quantised() => return Ok(on_processor(library, None)),
            Device::Cuda(number) => number,
            Device::Auto => 0,
        };
        // An accelerator would compute with the floats between, and no faster: bottlenecks differ by a tenth of what they
        // are then, and a head that was trained on some is wrong for the others.
        if network.is_quantised() {
            return Err(Error::Runtime {
                path: network.path.clone(),
                reason: "its integers are for processors, and an accelerator would give others: take the base without \
                         `_quantized` for it, or --device cpu"
                    .to_owned(),
            });
        }
        let accelerated = match Runtime::locate_accelerated(given).and_then(with_provider) {
            Ok(path) => path,
            Err(error @ Error::DamagedRuntime { .. }) if device == Device::Auto => {
                return Ok(on_processor(library, Some(error)));
            }
            Err(_) if device == Device::Auto => return Ok(on_processor(library, None)),
            Err(error) => return Err(error),
        };
        match on_accelerator(&accelerated, number, network) {
            Ok(engine) => Ok(Chosen {
                engine,
                device: Device::Cuda(number),
                refused: None,
            }),
            // The library is loaded, and a process can load only one. It serves the processor too.
            Err(error) if device == Device::Auto => {
                Ok(on_processor(Some(accelerated), Some(error)))
            }
            Err(error) => Err(error),
        }
    }
}

/// The library, if it has the part that speaks CUDA.
fn with_provider(library: PathBuf) -> Result<PathBuf> {
    match library.with_file_name(PROVIDER).is_file() {
        true => Ok(library),
        false => Err(Error::Runtime {
            path: library,
            reason: format!("there is no {PROVIDER} beside it, so it cannot run on CUDA"),
        }),
    }
}

fn on_accelerator<'a>(library: &Path, number: u16, network: &Network) -> Result<Engine<'a>> {
    check_driver()?;
    preload(library.parent().unwrap_or(Path::new(".")));
    let runtime = Runtime::load(Some(library))?;
    let mut base = OnnxBase::load_on_cuda(&runtime, network, number.into())?;
    // Libraries are looked for, and ways to compute chosen, when the first batch is run. What is missing is told now, while
    // the processor can still be taken.
    let first = base.run(&vec![0; BATCH.get() * network.input_bytes()]);
    first.map_err(in_plain_words)?;
    Ok(Engine::Shared {
        base: Box::new(base),
        batch: BATCH,
    })
}

/// What a person can do something about, without the names of ONNX Runtime's functions.
fn in_plain_words(error: Error) -> Error {
    match error {
        Error::Runtime { path, reason } if reason.contains("cuDNN is unavailable") => {
            Error::Runtime {
                path,
                reason: "cuDNN, the part of CUDA that runs networks, cannot be loaded".to_owned(),
            }
        }
        error => error,
    }
}

/// The driver is the one part that the machine's owner has to bring, so its absence is told in plain words.
fn check_driver() -> Result<()> {
    ort::util::preload_dylib(DRIVER).map_err(|_| Error::Runtime {
        path: DRIVER.into(),
        reason: "cannot be loaded: this machine has no NVIDIA driver".to_owned(),
    })
}

/// Loads the libraries of CUDA that lie in a folder, so that the provider finds them by their names.
///
/// They need each other, in an order that their names do not tell; so as long as one more can be loaded, the others are
/// tried again. What is missing in the end is what the provider itself will complain of.
fn preload(folder: &Path) {
    let libraries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_library = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = name.contains(".so") && !name.ends_with(".seen");
        kind && !name.starts_with("libonnxruntime")
    };
    let mut missing: Vec<PathBuf> = libraries
        .map(|entry| entry.path())
        .filter(is_library)
        .collect();
    missing.sort();
    loop {
        let before = missing.len();
        missing.retain(|path| ort::util::preload_dylib(path).is_err());
        if missing.is_empty() || missing.len() == before {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for (text, device) in [
            ("auto", Device::Auto),
            ("cpu", Device::Cpu),
            ("cuda:0", Device::Cuda(0)),
            ("cuda:13", Device::Cuda(13)),
        ] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "cpu:0", "CUDA"] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }
}
