//! Networks as ONNX Runtime has optimised them, kept so that the next process is spared that work, and the copying of
//! weights: they are used where they are mapped.
//!
//! They lie in the folder `optimised` of the cache, in ONNX Runtime's own format. Such a file is of use only for the same
//! network, the same build of ONNX Runtime and the same processor, whose vectors decide how weights are laid out; the
//! digest of these three is the first half of its name. The second half is the digest of its content, by which damage is
//! seen. What is missing, stale or damaged is made anew, and where nothing can be kept a network is loaded without.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use crate::cache::cache_folder;
use crate::digest::Digest;
use crate::file;
use crate::onnx::Network;
use crate::temporary::TemporaryFile;

/// Raised when sessions are built otherwise than before.
const VERSION: u8 = 1;

/// So many are kept, those that were used last.
const KEPT: usize = 8;

/// How the name of a file ends.
const ENDING: &str = ".ort";

/// The files that are mapped, by the first half of their names. They stay so for the life of the process, as ONNX Runtime does.
static MAPPED: Mutex<BTreeMap<Digest, &'static [u8]>> = Mutex::new(BTreeMap::new());

/// Held by who makes one, so that the first of many threads makes what the others use.
static MAKING: Mutex<()> = Mutex::new(());

/// Loads `network` on the processor, as it was optimised before if it was. `builder` begins a session.
///
/// # Errors
/// A graph that ONNX Runtime refuses.
pub(super) fn load(
    network: &Network,
    builder: &dyn Fn() -> ort::Result<SessionBuilder>,
) -> ort::Result<Session> {
    let Some(place) = Place::of(network) else {
        return builder()?.commit_from_memory(&network.bytes);
    };
    if let Some(session) = place.kept(builder) {
        return Ok(session);
    }
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(session) = place.kept(builder) {
        return Ok(session);
    }
    match place.make(network, builder) {
        Ok(session) => Ok(session),
        // A full disk, or nobody's to write on: that is no reason to do without an answer.
        Err(_) => builder()?.commit_from_memory(&network.bytes),
    }
}

/// A session that uses `bytes` where they are, for which they have to stay as long as the process.
fn of_optimised(
    bytes: &'static [u8],
    builder: &dyn Fn() -> ort::Result<SessionBuilder>,
) -> ort::Result<Session> {
    builder()?
        .with_optimization_level(GraphOptimizationLevel::Disable)?
        .with_config_entry("session.use_ort_model_bytes_directly", "1")?
        .with_config_entry("session.use_ort_model_bytes_for_initializers", "1")?
        .commit_from_memory(bytes)
}

/// Where an optimised network is kept.
struct Place {
    folder: PathBuf,
    key: Digest,
}

impl Place {
    /// None where it cannot be told on what processor this is, or where the cache would be.
    fn of(network: &Network) -> Option<Self> {
        let parts = [
            [VERSION].as_slice(),
            network.digest.as_bytes().as_slice(),
            ort::info().as_bytes(),
            &processor()?,
        ];
        Some(Self {
            folder: cache_folder().ok()?.join("optimised"),
            key: Digest::of_parts(parts),
        })
    }

    fn name(&self, content: &Digest) -> PathBuf {
        self.folder.join(format!("{}-{content}{ENDING}", self.key))
    }

    /// The session of what is kept, if that is whole and ONNX Runtime takes it.
    fn kept(&self, builder: &dyn Fn() -> ort::Result<SessionBuilder>) -> Option<Session> {
        let session = of_optimised(self.bytes()?, builder);
        if session.is_err() {
            mapped().remove(&self.key);
            self.clear();
        }
        session.ok()
    }

    fn bytes(&self) -> Option<&'static [u8]> {
        let mut mapped = mapped();
        if let Some(bytes) = mapped.get(&self.key) {
            return Some(bytes);
        }
        let bytes = self.files().find_map(|path| self.map(&path))?;
        mapped.insert(self.key, bytes);
        Some(bytes)
    }

    /// The files of this network. ONNX Runtime does not write the same bytes twice, so that there may be some for a moment.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let beginning = format!("{}-", self.key);
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = files.filter(move |file| {
            let name = file.file_name();
            name.to_str()
                .is_some_and(|name| name.starts_with(&beginning))
        });
        files.map(|file| file.path())
    }

    /// Deletes them.
    fn clear(&self) {
        self.files().for_each(|path| {
            // Another process may have been faster.
            let _ = fs::remove_file(path);
        });
    }

    fn map(&self, path: &Path) -> Option<&'static [u8]> {
        let file = File::open(path).ok()?;
        let map = file::map(&file).ok()?;
        if path != self.name(&Digest::of(&map)) {
            return None;
        }
        // The time of its last use; where it is another user's, it is as old as it is.
        let _ = file.set_modified(SystemTime::now());
        Some(Box::leak(Box::new(map)))
    }

    /// Loads the network, and keeps what it was optimised to.
    fn make(
        &self,
        network: &Network,
        builder: &dyn Fn() -> ort::Result<SessionBuilder>,
    ) -> ort::Result<Session> {
        let failed = |error: io::Error| ort::Error::new(error.to_string());
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let new = TemporaryFile::new(&self.folder, "network").map_err(failed)?;
        let session = builder()?
            .with_config_entry("session.save_model_format", "ORT")?
            .with_optimized_model_path(new.path())?
            .commit_from_memory(&network.bytes)?;
        // Whether it can be kept or not, the session is good.
        let _ = self.keep(new);
        Ok(session)
    }

    /// Gives a file that ONNX Runtime has written its name. It is not synced: damage by a power cut is seen by its digest,
    /// and then it is made anew.
    fn keep(&self, new: TemporaryFile) -> io::Result<()> {
        let content = Digest::of(&fs::read(new.path())?);
        self.clear();
        new.persist(&self.name(&content))?;
        forget(&self.folder)
    }
}

fn mapped() -> MutexGuard<'static, BTreeMap<Digest, &'static [u8]>> {
    MAPPED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Deletes those that have not been used for longest.
fn forget(folder: &Path) -> io::Result<()> {
    let mut kept: Vec<(SystemTime, PathBuf)> = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        let used = file.metadata()?.modified()?;
        if file.file_name().to_string_lossy().ends_with(ENDING) {
            kept.push((used, file.path()));
        }
    }
    kept.sort();
    let many = kept.len().saturating_sub(KEPT);
    let mut old = kept.iter().take(many);
    old.try_for_each(|(_, path)| fs::remove_file(path))
}

/// The make and the instructions of the processor, without anything that changes from one moment to the next.
pub(super) fn processor() -> Option<Vec<u8>> {
    let kinds = [
        "vendor_id",
        "cpu family",
        "model",
        "stepping",
        "flags",
        "CPU implementer",
        "CPU variant",
        "CPU part",
        "Features",
    ];
    let all = fs::read_to_string("/proc/cpuinfo").ok()?;
    let first = all.split("\n\n").next()?;
    let lines = first.lines().filter(|line| {
        let kind = line.split(':').next().unwrap_or_default().trim_end();
        kinds.contains(&kind)
    });
    let lines: Vec<&str> = lines.collect();
    (!lines.is_empty()).then(|| [lines.join("\n").as_bytes(), &vector_instructions()].concat())
}

/// Which vector instructions this process has. Under emulation, /proc/cpuinfo is that of the host.
fn vector_instructions() -> [u8; 4] {
    #[cfg(target_arch = "x86_64")]
    return [
        is_x86_feature_detected!("avx").into(),
        is_x86_feature_detected!("avx2").into(),
        is_x86_feature_detected!("fma").into(),
        is_x86_feature_detected!("avx512f").into(),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    [0; 4]
}

#[cfg(test)]
mod malformed;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn those_that_were_used_last_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let begin = SystemTime::now();
        for index in 0..KEPT as u64 + 2 {
            let file = File::create(folder.path().join(format!("{index}{ENDING}"))).unwrap();
            // Of the first two, the first was used again.
            let used = if index == 0 { 100 } else { index };
            file.set_modified(begin + Duration::from_secs(used))
                .unwrap();
        }
        let making = |name: &str| File::create(folder.path().join(name)).unwrap();
        making(".new");
        forget(folder.path()).unwrap();
        let left = |name: &str| folder.path().join(name).exists();
        assert!(left("0.ort") && !left("1.ort") && !left("2.ort") && left("3.ort"));
        assert!(left(".new"));
    }

    #[test]
    fn a_processor_is_the_same_from_one_moment_to_the_next() {
        let now = processor();
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(now, processor());
        assert!(!cfg!(target_os = "linux") || now.is_some());
    }
}
