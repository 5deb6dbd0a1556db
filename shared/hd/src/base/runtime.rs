//! The ONNX Runtime library: where it is, and loading it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::aside::quietly;
use crate::cache::{RuntimeKind, machine};
use crate::error::{Error, Result};
use crate::seen;

/// Overrides the library in the cache.
const VARIABLE: &str = "ORT_DYLIB_PATH";

/// A process can have one environment in its life. It is never released: releasing it at exit, after the
/// library's own destructors, is where ONNX Runtime is known to crash.
static LOADED: Mutex<Option<Environment>> = Mutex::new(None);

/// ONNX Runtime, loaded.
#[derive(Clone, Debug)]
pub struct Runtime {
    pub(crate) environment: Environment,
}

impl Runtime {
    /// Loads the library `given`, else the one that `ORT_DYLIB_PATH` names, else the one that hd-fetch brought.
    ///
    /// # Errors
    /// No library there, one that is damaged, or one that cannot be loaded or is older than ONNX Runtime 1.23.
    pub fn load(given: Option<&Path>) -> Result<Self> {
        // A panic elsewhere cannot leave the slot half-filled.
        let mut loaded = LOADED
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(environment) = loaded.as_ref() {
            return Ok(Self {
                environment: environment.clone(),
            });
        }
        let path = Self::locate(given)?;
        let failed = |reason: String| Error::Runtime {
            path: path.clone(),
            reason,
        };
        let environment = quietly(|| {
            let builder = ort::init_from(&path).map_err(|error| failed(error.to_string()))?;
            let builder = builder.with_name("hd").with_telemetry(false);
            let environment = builder.with_logger(Arc::new(pass_on)).build();
            environment.map_err(|error| failed(error.to_string()))
        })?;
        // It begins with every detail of its work.
        environment.set_log_level(LogLevel::Warning);
        *loaded = Some(environment.clone());
        Ok(Self { environment })
    }

    /// Where [`Runtime::load`] takes the library from.
    ///
    /// # Errors
    /// No file there, or one of hd-fetch's that is not what it brought.
    pub fn locate(given: Option<&Path>) -> Result<PathBuf> {
        Self::locate_or(given, RuntimeKind::Cpu)
    }

    /// Where a library for accelerators is: as in [`Runtime::load`], but of those that hd-fetch brings the one for CUDA.
    ///
    /// # Errors
    /// As [`Runtime::locate`].
    pub(super) fn locate_accelerated(given: Option<&Path>) -> Result<PathBuf> {
        Self::locate_or(given, RuntimeKind::Cuda)
    }

    fn locate_or(given: Option<&Path>, kind: RuntimeKind) -> Result<PathBuf> {
        let named = given.map(Path::to_path_buf);
        let named = named.or_else(|| {
            env::var_os(VARIABLE)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from)
        });
        let (path, brought) = match named {
            Some(path) => (path, false),
            None => (kind.library()?, true),
        };
        // Absolute, since the loader would look for a bare relative path elsewhere first.
        let path = std::path::absolute(&path).map_err(Error::io(&path, "find"))?;
        let bring = kind.command();
        if !path.is_file() {
            return Err(Error::NoRuntime { path, bring });
        }
        if !brought {
            return Ok(path);
        }
        match damaged(kind, &path)? {
            Some(path) => Err(Error::DamagedRuntime { path, bring }),
            None => Ok(path),
        }
    }
}

/// The library at `path`, or one beside it that it loads, if it is not what hd-fetch brought. One that was cut short would
/// end the process by SIGBUS, and one that was changed may give other answers.
fn damaged(kind: RuntimeKind, path: &Path) -> Result<Option<PathBuf>> {
    let sha256 = kind.sha256(&machine());
    if !sha256.map_or(Ok(true), |sha256| seen::is_whole(path, sha256))? {
        return Ok(Some(path.to_path_buf()));
    }
    let beside = path.parent().map(fs::read_dir).into_iter().flatten();
    for file in beside.flatten().flatten() {
        if !seen::is_as_seen(&file.path())? {
            return Ok(Some(file.path()));
        }
    }
    Ok(None)
}

/// Takes what ONNX Runtime would write to stderr by itself, as a message for those who want to know more: whatever keeps
/// it from giving an answer comes back as an error too.
fn pass_on(level: LogLevel, _category: &str, _id: &str, _place: &str, message: &str) {
    if level >= LogLevel::Warning {
        log::debug!("ONNX Runtime: {message}");
    }
}
