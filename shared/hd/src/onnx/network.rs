//! A network file that keeps the contract, and the metadata that it carries.
//!
//! | key | value |
//! |---|---|
//! | `hd.architecture` | the base's name, such as `mobilenet_v2_1.0_224` |
//! | `hd.preprocess` | JSON: width, height and how images are resized; see [`Preprocess`]. A retrained graph leaves no filter to the default |
//! | `hd.bottleneck` | which tensor is the bottleneck: `pooled`, `logits`, or the name that the source has for it |
//! | `hd.pool` | how the tokens of a transformer became one vector: `cls` or `mean`; only where that tensor has several |
//! | `hd.source` | where the weights came from |
//! | `hd.source_sha256` | SHA-256 of the file of weights |
//! | `hd.licence` | the weights' licence |
//! | `hd.quantised` | how it was brought to integers; only where it was |
//! | `hd.labels` | JSON array, in output order; retrained graphs only |
//! | `hd.folders` | JSON object from label to the name of its folder in training, where that is another; retrained graphs only |
//! | `hd.base` | the base's `hd.digest`; retrained graphs only |
//! | `hd.digest` | BLAKE3 of everything before it in the file, whose end it is; see `seal.rs` |

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use prost::Message;
use prost::bytes::Bytes;

use super::elsewhere::has_weights_elsewhere;
use super::proto::{FLOAT, Graph, Model, Property, UINT8, ValueInfo};
use super::seal::{self, DIGEST};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file;
use crate::photo::{Element, Preprocess};
use crate::tsv::is_printable;

/// The beginning of the names of all tensors that a foreign network has brought along, so that they are told from those
/// that are put around it.
pub(crate) const FOREIGN: &str = "network/";
/// The name of the input of every network.
pub(crate) const IMAGE: &str = "image";
/// The name of a base's output.
pub(crate) const BOTTLENECK: &str = "bottleneck";
/// The name of a retrained graph's bottleneck where the head takes it. The output is a copy: tools that convert the types
/// of inputs and outputs fail where a tensor is an output and goes on inside.
pub(crate) const HEAD_INPUT: &str = "bottleneck/values";
/// The name of a retrained graph's probabilities, unless another is given.
pub const FINAL_RESULT: &str = "final_result";

pub(crate) const ARCHITECTURE: &str = "hd.architecture";
pub(crate) const PREPROCESS: &str = "hd.preprocess";
pub(crate) const LABELS: &str = "hd.labels";
pub(crate) const FOLDERS: &str = "hd.folders";
pub(crate) const BASE: &str = "hd.base";
pub(crate) const QUANTISED: &str = "hd.quantised";

/// A kind of network that is wanted.
#[derive(Clone, Copy)]
struct Wanted {
    /// What messages call it.
    name: &'static str,
    /// The program that makes it.
    maker: &'static str,
}

const A_BASE: Wanted = Wanted {
    name: "a base that hd-fetch makes",
    maker: "hd-fetch base",
};
const A_RETRAINED_GRAPH: Wanted = Wanted {
    name: "a retrained graph that hd-train makes",
    maker: "hd-train",
};
const EITHER: Wanted = Wanted {
    name: "a network that hd-fetch or hd-train makes",
    maker: "the program that made it",
};
const A_CLASSIFIER: Wanted = Wanted {
    name: "a network that hd-label makes",
    maker: "hd-label",
};

/// A base or a retrained graph, read and checked, not yet loaded into a runtime.
#[derive(Debug)]
pub struct Network {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Bytes,
    /// BLAKE3 of its content, without the field `hd.digest` that holds it.
    pub digest: Digest,
    /// The name of the base.
    pub architecture: String,
    /// The rule by which images become its input.
    pub preprocess: Preprocess,
    /// The type of the numbers in its input: that of the rule, or floats where the rule gives bytes.
    pub input: Element,
    /// The size D of a bottleneck.
    pub bottleneck_size: usize,
    /// The name of the output that a consumer wants: probabilities of a retrained graph, bottlenecks of a base.
    pub result: String,
    /// The labels in output order; a base has none.
    pub labels: Option<Vec<String>>,
    /// The names of the labels' folders, where they are others.
    pub folders: BTreeMap<String, String>,
    /// Everything in its metadata: key and value.
    pub properties: Vec<(String, String)>,
}

impl Network {
    /// Opens a base.
    ///
    /// # Errors
    /// A file that is missing, no ONNX network, one that is damaged or does not keep the contract, or a retrained graph.
    pub fn open_base(path: &Path) -> Result<Self> {
        let network = Self::open(path, A_BASE)?;
        match network.labels {
            None => Ok(network),
            Some(_) => Err(A_BASE.is_not(path, "is a retrained graph")),
        }
    }

    /// Opens a retrained graph.
    ///
    /// # Errors
    /// A file that is missing, no ONNX network, one that is damaged or does not keep the contract, or a base.
    pub fn open_retrained(path: &Path) -> Result<Self> {
        let network = Self::open(path, A_RETRAINED_GRAPH)?;
        match network.labels {
            Some(_) => Ok(network),
            None => Err(A_RETRAINED_GRAPH.is_not(path, "is a base, without a head")),
        }
    }

    /// Opens a base or a retrained graph for its bottlenecks.
    ///
    /// # Errors
    /// A file that is missing, no ONNX network, or one that is damaged or does not keep the contract.
    pub fn open_for_bottlenecks(path: &Path) -> Result<Self> {
        let network = Self::open(path, EITHER)?;
        Ok(network.for_bottlenecks())
    }

    /// The bytes of an image that its rule has prepared.
    pub(crate) fn input_bytes(&self) -> usize {
        let rule = &self.preprocess;
        rule.height as usize * rule.width as usize * 3 * rule.filter.element().bytes()
    }

    /// What its metadata says under this key.
    pub fn property(&self, key: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it was brought to integers.
    pub(crate) fn is_quantised(&self) -> bool {
        self.property(QUANTISED).is_some()
    }

    /// The same network, wanted for its bottlenecks only.
    pub fn for_bottlenecks(self) -> Self {
        Self {
            result: BOTTLENECK.to_owned(),
            labels: None,
            ..self
        }
    }

    /// How messages name it: its architecture and the beginning of its digest.
    pub fn name(&self) -> String {
        crate::digest::base_name(&self.architecture, &self.digest)
    }

    /// How many numbers the result has for an image.
    pub(crate) fn result_size(&self) -> usize {
        self.labels.as_ref().map_or(self.bottleneck_size, Vec::len)
    }

    fn open(path: &Path, wanted: Wanted) -> Result<Self> {
        Self::parse(path, Bytes::from(file::read(path)?), wanted)
    }

    /// The base that was just made, to be written to `path`.
    ///
    /// # Errors
    /// As [`Self::open_base`].
    pub fn made(path: &Path, base: Vec<u8>) -> Result<Self> {
        Self::parse(path, base.into(), A_BASE)
    }

    /// The retrained graph that was just made of the file `path`.
    ///
    /// # Errors
    /// As [`Self::open_retrained`].
    pub(crate) fn made_retrained(path: &Path, graph: Vec<u8>) -> Result<Self> {
        Self::parse(path, graph.into(), A_CLASSIFIER)
    }

    fn parse(path: &Path, bytes: Bytes, wanted: Wanted) -> Result<Self> {
        let wrong = |found: &str| wanted.is_not(path, found);
        let digest = seal::digest(&bytes).ok_or_else(|| wanted.is_damaged(path))?;
        let model = Model::decode(bytes.clone())
            .map_err(|_| wrong("cannot be decoded as ONNX: it is cut short or something else"))?;
        let property = |key: &str| {
            model
                .metadata_props
                .iter()
                .find(|p| p.key == key)
                .map(|p| &p.value)
        };
        if property(DIGEST).is_some() && !seal::is_sealed(&bytes) {
            return Err(wanted.is_damaged(path));
        }
        if has_weights_elsewhere(&model) {
            return Err(wrong("has weights that lie in another file"));
        }
        let architecture = property(ARCHITECTURE)
            .ok_or_else(|| wrong("has no hd.architecture in its metadata"))?;
        let preprocess =
            property(PREPROCESS).ok_or_else(|| wrong("has no hd.preprocess in its metadata"))?;
        let preprocess: Preprocess = serde_json::from_str(preprocess).map_err(|error| {
            wrong(&format!(
                "has an hd.preprocess that is not understood: {error}"
            ))
        })?;
        let labels = property(LABELS).map(|labels| serde_json::from_str::<Vec<String>>(labels));
        let labels = labels
            .transpose()
            .map_err(|_| wrong("has an hd.labels that is no list of labels"))?;
        if !labels
            .iter()
            .flatten()
            .chain([architecture])
            .all(|name| is_printable(name))
        {
            return Err(wrong("has a name with control characters in its metadata"));
        }
        let folders = property(FOLDERS).map_or(Ok(BTreeMap::new()), |folders| {
            folders_in(folders).ok_or_else(|| wrong("has an hd.folders that names no folders"))
        })?;
        let graph = model.graph.as_ref().ok_or_else(|| wrong("has no graph"))?;
        let input = input_of(graph, &preprocess)
            .ok_or_else(|| wrong("has no input image of the size it names"))?;
        let bottleneck_size =
            vector(&graph.output, BOTTLENECK).ok_or_else(|| wrong("has no output bottleneck"))?;
        let mut outputs = graph.output.iter().map(|output| output.name.as_str());
        let result = match &labels {
            None => BOTTLENECK,
            Some(labels) => outputs
                .find(|name| {
                    *name != BOTTLENECK && vector(&graph.output, name) == Some(labels.len())
                })
                .ok_or_else(|| wrong("does not have one output per label"))?,
        };
        Ok(Self {
            path: path.to_path_buf(),
            digest,
            architecture: architecture.clone(),
            bytes: bytes.clone(),
            preprocess,
            input,
            bottleneck_size,
            result: result.to_owned(),
            labels,
            folders,
            properties: (model.metadata_props.iter())
                .map(|property| (property.key.clone(), property.value.clone()))
                .collect(),
        })
    }

    /// The file of this network with other metadata, and with its digest.
    pub(crate) fn encode(
        model: Model,
        preprocess: &Preprocess,
        properties: &[(&str, String)],
    ) -> Vec<u8> {
        let preprocess = serde_json::to_string(preprocess).unwrap_or_default();
        Self::encode_told(model, preprocess, properties)
    }

    /// The same with the rule of preprocessing as JSON of any form.
    pub(super) fn encode_told(
        model: Model,
        preprocess: String,
        properties: &[(&str, String)],
    ) -> Vec<u8> {
        let mut all: Vec<(&str, String)> = properties.to_vec();
        // That of the network that this one was made of.
        all.retain(|(key, _)| *key != DIGEST);
        all.push((PREPROCESS, preprocess));
        all.sort();
        let property = |(key, value): (&str, String)| Property {
            key: key.to_owned(),
            value,
        };
        let model = Model {
            producer_name: "hd".to_owned(),
            producer_version: env!("CARGO_PKG_VERSION").to_owned(),
            metadata_props: all.into_iter().map(property).collect(),
            ..model
        };
        seal::seal(model.encode_to_vec())
    }
}

/// For `--describe`: one fact a line, name and value separated by a tab.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "bottleneck\t{} values", self.bottleneck_size)?;
        if self.labels.is_some() {
            writeln!(f, "probabilities\t{}", self.result)?;
        }
        writeln!(f, "file\t{} bytes\t{}", self.bytes.len(), self.digest)?;
        self.properties
            .iter()
            .try_for_each(|(key, value)| writeln!(f, "{key}\t{value}"))
    }
}

impl Wanted {
    fn is_not(self, path: &Path, found: &str) -> Error {
        Error::Foreign {
            path: path.to_path_buf(),
            expected: self.name,
            found: found.to_owned(),
        }
    }

    fn is_damaged(self, path: &Path) -> Error {
        Error::Damaged {
            path: path.to_path_buf(),
            what: self.name,
            reason: seal::OTHER_CONTENT.to_owned(),
            maker: self.maker,
        }
    }
}

/// The data type of an input of such numbers.
pub(crate) fn data_type(element: Element) -> i32 {
    match element {
        Element::Byte => UINT8,
        Element::Float => FLOAT,
    }
}

/// The folders of labels in this JSON, if each is one name.
fn folders_in(json: &str) -> Option<BTreeMap<String, String>> {
    let folders: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
    let is_name = |name: &String| {
        let mut parts = Path::new(name).components();
        let is_plain =
            matches!(parts.next(), Some(Component::Normal(only)) if only == name.as_str());
        is_plain && parts.next().is_none() && is_printable(name)
    };
    folders.values().all(is_name).then_some(folders)
}

/// The type of the numbers in the input, which must be the one that `preprocess` makes. Bytes may be
/// wanted as floats; floats are never rounded.
fn input_of(graph: &Graph, preprocess: &Preprocess) -> Option<Element> {
    let input = graph.input.iter().find(|input| input.name == IMAGE)?;
    let (kind, dims) = input.batch_dims()?;
    let sides = vec![preprocess.height.into(), preprocess.width.into(), 3];
    let element = [preprocess.filter.element(), Element::Float]
        .into_iter()
        .find(|element| data_type(*element) == kind)?;
    (preprocess.is_possible() && dims == sides).then_some(element)
}

/// The size D of the output `name`, if that is float32 [N, D].
fn vector(outputs: &[ValueInfo], name: &str) -> Option<usize> {
    let output = outputs.iter().find(|output| output.name == name)?;
    match output.batch_dims()? {
        (FLOAT, dims) => match dims.as_slice() {
            &[size] if size > 0 => usize::try_from(size).ok(),
            _ => None,
        },
        _ => None,
    }
}
