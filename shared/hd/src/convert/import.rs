//! A network in a file of the user's, recognised by how the file begins.

use std::path::Path;

use prost::bytes::Bytes;

use super::assemble::base_from_weights;
use super::graphdef::{Expected, base_from_graph, normalises_itself};
use super::imagenet;
use super::network_kind::NetworkKind;
use super::onnx::Foreign;
use super::plan::{Cut, Plan, Provenance, Resizing, TokenPool};
use super::preprocessor_config::{PreprocessorConfig, Stated};
use super::probe::{candidates, wrap};
use super::safetensors::is_safetensors;
use super::weights::Weights;
use crate::base::Runtime;
use crate::error::{Error, Result};
use crate::onnx::seal;
use crate::photo::{Filter, ResizeRule};

/// The mean and the standard deviation of red, green and blue, of 1, that a network expects its pixels to be brought to.
type Normalisation = ([f64; 3], [f64; 3]);

/// The normalisation of networks that take planes.
const IMAGENET: Normalisation = (imagenet::MEAN, imagenet::STD);
/// The normalisation that TensorFlow trains MobileNet with: pixels from -1 to 1.
const MINUS_ONE_TO_ONE: Normalisation = ([0.5; 3], [0.5; 3]);

/// A network from elsewhere, and what its file does not say. A `preprocessor_config.json` beside an ONNX network says
/// what is left open here.
#[derive(Debug)]
pub struct Import<'a> {
    /// The file, which messages name.
    pub path: &'a Path,
    /// The network: ONNX, a frozen graph of TensorFlow, or weights as PyTorch saves them or in safetensors.
    pub bytes: Bytes,
    /// Where it came from, for the base's metadata.
    pub provenance: Provenance,
    /// Where to cut it.
    pub cut: Cut,
    /// How the tokens of a transformer become one vector, if not as is usual for what it gives.
    pub pool: Option<TokenPool>,
    /// Rows and columns of an image, for a network that takes any.
    pub size: Option<u32>,
    /// Mean of the three colours, of 1, if it is not what is usual for such networks.
    pub mean: Option<[f64; 3]>,
    /// Their standard deviation, of 1, likewise.
    pub std: Option<[f64; 3]>,
    /// How images are brought to their size, if it is not all of them in other proportions.
    pub resize: Option<ResizeRule>,
    /// The sizes that a frozen graph must have, where its name promises some.
    pub expected: Option<Expected>,
    /// The network that weights must be of, where the base's name promises one.
    pub kind: Option<NetworkKind>,
}

/// The kinds of files that hold a network.
enum FileKind {
    Onnx,
    Graph,
    Weights,
    Archive,
}

impl FileKind {
    /// The kind of a file that begins so. The first field of an ONNX network is its version, that of a graph a node.
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            bytes if is_safetensors(bytes) => Self::Weights,
            [0x0a, ..] => Self::Graph,
            [0x1f, 0x8b, ..] => Self::Archive,
            [0x80, ..] | [b'P', b'K', ..] => Self::Weights,
            _ => Self::Onnx,
        }
    }
}

impl Import<'_> {
    /// The base that the network becomes. `load` is asked for ONNX Runtime if that is needed to find out about the network.
    ///
    /// # Errors
    /// A file that is none of the kinds, or a network that cannot be a base.
    pub fn base(&self, load: &dyn Fn() -> Result<Runtime>) -> Result<Vec<u8>> {
        match FileKind::of(&self.bytes) {
            FileKind::Onnx => {
                let network = self.network()?;
                wrap(&load()?, &network, &self.network_plan(&network)?)
            }
            _ if self.pool.is_some() => {
                Err(self
                    .wrong("--pool is for the tokens of ONNX networks; leave it away".to_owned()))
            }
            FileKind::Graph => self.graph(),
            FileKind::Weights => self.weights(),
            FileKind::Archive => {
                Err(self
                    .wrong("an archive: unpack it, and give the network that is in it".to_owned()))
            }
        }
    }

    /// The base that the network becomes, which is known to be a frozen graph of TensorFlow.
    ///
    /// # Errors
    /// Anything else, or a graph that cannot be a base.
    pub fn graph(&self) -> Result<Vec<u8>> {
        let plan = self.plan(MINUS_ONE_TO_ONE, Filter::LegacyBilinear);
        base_from_graph(self.path, &self.bytes, &plan, self.expected)
    }

    /// The base that the network becomes, of which this is known to be a file of weights.
    ///
    /// # Errors
    /// Anything else; weights of another network than the promised one, or of none that is known; a tensor that is
    /// missing or has another shape.
    pub fn weights(&self) -> Result<Vec<u8>> {
        let weights = Weights::read(self.path, &self.bytes)?;
        if self.expected.is_some() {
            let found = weights.kind(None)?;
            let name = &self.provenance.architecture;
            return Err(weights.wrong(format!("weights of {found}, not of {name}")));
        }
        let blueprint = weights.kind(self.kind)?.blueprint();
        let plan = self.plan((blueprint.mean, blueprint.std), Filter::Antialiased);
        base_from_weights(&weights, &blueprint, &plan)
    }

    /// The tensors that it can be cut at, and their shapes for one image.
    ///
    /// # Errors
    /// As [`Self::base`]; a file that is not ONNX.
    pub fn candidates(
        &self,
        load: &dyn Fn() -> Result<Runtime>,
    ) -> Result<Vec<(String, Vec<i64>)>> {
        match FileKind::of(&self.bytes) {
            FileKind::Onnx => {
                let network = self.network()?;
                candidates(&load()?, &network, &self.network_plan(&network)?)
            }
            _ => Err(self.wrong("the tensors of ONNX networks only can be listed".to_owned())),
        }
    }

    /// Whether nothing says how its pixels are normalised, so that it is taken to be as it usually is.
    ///
    /// # Errors
    /// A file of preprocessing that cannot be used.
    pub fn assumes_normalisation(&self) -> Result<bool> {
        let given = self.mean.is_some() && self.std.is_some();
        let stated = match FileKind::of(&self.bytes) {
            FileKind::Onnx => {
                let config = PreprocessorConfig::beside(self.path)?;
                config.is_some_and(|config| config.normalisation().is_some())
            }
            // Its structure is known, and so is this.
            FileKind::Weights => true,
            FileKind::Graph => self.normalises_itself(),
            FileKind::Archive => false,
        };
        Ok(!given && !stated)
    }

    /// Whether it is a graph that normalises pixels itself, so that mean and deviation are not asked for.
    pub fn normalises_itself(&self) -> bool {
        matches!(FileKind::of(&self.bytes), FileKind::Graph)
            && normalises_itself(&self.bytes, &self.cut)
    }

    /// What is taken from the file of preprocessing beside the network, in words; None where there is none.
    ///
    /// # Errors
    /// Bytes that are no network; a file of preprocessing that cannot be used.
    pub fn taken(&self) -> Result<Option<String>> {
        let config = match FileKind::of(&self.bytes) {
            FileKind::Onnx => PreprocessorConfig::beside(self.path)?,
            _ => None,
        };
        let Some(config) = config else {
            return Ok(None);
        };
        let wanted = Stated {
            size: self.size.is_none() && self.network()?.takes_any_size(),
            resize: self.resize.is_none(),
            mean: self.mean.is_none(),
            std: self.std.is_none(),
        };
        Ok(Some(config.told(&wanted)))
    }

    /// The network, which may be one of hd's own too.
    fn network(&self) -> Result<Foreign> {
        match seal::digest(&self.bytes) {
            Some(_) => Foreign::read(self.path, self.bytes.clone()),
            None => Err(Error::Damaged {
                path: self.path.to_path_buf(),
                what: "a network of hd's own",
                reason: seal::OTHER_CONTENT.to_owned(),
                maker: "the program that made it",
            }),
        }
    }

    /// PyTorch's networks take planes, and TensorFlow's take pixels.
    fn network_plan(&self, network: &Foreign) -> Result<Plan> {
        let usual = match network.is_planar() {
            true => IMAGENET,
            false => MINUS_ONE_TO_ONE,
        };
        let Some(config) = PreprocessorConfig::beside(self.path)? else {
            return Ok(self.plan(usual, Filter::Antialiased));
        };
        let stated = config.normalisation().unwrap_or(usual);
        let own = self
            .size
            .or(config.size().filter(|_| network.takes_any_size()));
        let resize = match self.resize {
            Some(_) => None,
            None => config.resize(network.size(own)?),
        };
        let plan = self.plan(stated, Filter::Antialiased);
        Ok(Plan {
            size: own,
            resize: resize.map_or(plan.resize, Resizing::Exactly),
            ..plan
        })
    }

    fn plan(&self, usual: Normalisation, filter: Filter) -> Plan {
        Plan {
            provenance: self.provenance.clone(),
            cut: self.cut.clone(),
            pool: self.pool,
            size: self.size,
            mean: self.mean.unwrap_or(usual.0),
            std: self.std.unwrap_or(usual.1),
            resize: Resizing::ForSize(self.resize.unwrap_or(ResizeRule::Squash)),
            filter,
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Weights {
            path: self.path.to_path_buf(),
            reason,
        }
    }
}
