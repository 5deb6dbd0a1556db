//! The flags for a network of the user's, and the network that they name.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use hd::Error;
use hd::convert::{Cut, Import, Provenance, TokenPool};
use hd::digest::sha256_of_file;
use hd_cli::{Colours, Resize};
use hd_download::Progress;

use crate::catalog::{Catalog, Form};
use crate::network::read_network;
use crate::published::expected;

/// The flags that say what a network from elsewhere does not say itself.
#[derive(Args)]
#[command(next_help_heading = "A network of your own")]
pub(crate) struct ImportFlags {
    /// Take the network in FILE: ONNX with one float32 image as its input, a frozen graph of TensorFlow such as
    /// retrained_graph.pb, or the weights of a network that `hd-fetch list` shows, as torch.save or safetensors writes
    /// them: MobileNet v2, MobileNet v3 large, MobileNet v4 conv-small and conv-medium, EfficientNet-Lite0 to 2
    #[arg(
        id = "from_file",
        long = "from",
        value_name = "FILE",
        conflicts_with = "mirror"
    )]
    from: Option<PathBuf>,

    /// The tensor to take as the bottleneck [default: the input of the last fully connected layer]
    #[arg(
        id = "tensor",
        long = "output",
        value_name = "TENSOR",
        requires = "from_file",
        conflicts_with = "bottleneck"
    )]
    pub(crate) tensor: Option<String>,

    /// How the tokens of a transformer become one vector [default: cls where there is a class token, else mean]
    #[arg(long, value_enum, requires = "from_file", conflicts_with = "list")]
    pool: Option<Pool>,

    /// Print the tensors that can be taken and their shapes, and do nothing else
    #[arg(long, requires = "from_file")]
    pub(crate) list: bool,

    /// Rows and columns of an image, where the network takes any [default: what preprocessor_config.json beside FILE says]
    #[arg(long, value_name = "N", requires = "from_file", value_parser = clap::value_parser!(u32).range(1..=16384))]
    size: Option<u32>,

    /// Of pixels from 0 to 1, the mean that is taken off: one number, or one for each of red, green and blue [default:
    /// what preprocessor_config.json says, or else ImageNet's where each colour is a plane of its own, 0.5 where the colours
    /// of a pixel lie together]
    #[arg(long, value_name = "R,G,B", requires = "from_file", value_parser = colours)]
    mean: Option<Colours>,

    /// The standard deviation that they are then divided by, likewise
    #[arg(long, value_name = "R,G,B", requires = "from_file", value_parser = deviations)]
    std: Option<Colours>,
}

/// How tokens become one vector.
#[derive(Clone, Copy, ValueEnum)]
enum Pool {
    /// The class token, which stands for the whole image
    Cls,
    /// The mean of the tokens that stand for its patches
    Mean,
}

impl Pool {
    fn rule(self) -> TokenPool {
        match self {
            Self::Cls => TokenPool::ClassToken,
            Self::Mean => TokenPool::Mean,
        }
    }
}

impl ImportFlags {
    /// The file that holds the network.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.from.as_deref()
    }

    /// The network in that file, if one is named, to become the base `name`. A name that the catalogue has too promises
    /// the same network.
    pub(crate) fn open(
        &self,
        name: &str,
        cut: Cut,
        resize: Option<Resize>,
        progress: &dyn Progress,
    ) -> Result<Option<Import<'_>>> {
        let Some(path) = self.file() else {
            return Ok(None);
        };
        let bases = Catalog::built_in()?.bases();
        let listed = bases.into_iter().find(|base| base.name == name);
        let (graph, weights) = match &listed {
            Some(base) if base.form == Form::Tensorflow => (Some(base), None),
            listed => (None, listed.as_ref()),
        };
        Ok(Some(Import {
            path,
            bytes: read_network(path, progress)?.into(),
            provenance: Provenance {
                architecture: name.to_owned(),
                // Its folder is of no interest anywhere else.
                source: path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                sha256: sha256_of_file(path).map_err(Error::io(path, "read"))?,
                licence: (listed.as_ref())
                    .map_or("not stated".to_owned(), |base| base.licence.clone()),
            },
            size: self.size.or(weights.map(|base| base.size)),
            expected: graph.and_then(|base| expected(base, &cut)),
            kind: weights.and_then(|base| base.network),
            cut,
            pool: self.pool.map(Pool::rule),
            mean: self.mean,
            std: self.std,
            resize: match listed.as_ref() {
                Some(base) => Some(base.resize(resize)),
                None => resize.map(Resize::rule),
            },
        }))
    }
}

fn colours(text: &str) -> Result<Colours, String> {
    let colours = hd_cli::colours(text)?;
    match colours.iter().all(|value| (0.0..=1.0).contains(value)) {
        true => Ok(colours),
        false => Err("expected numbers for pixels from 0 to 1; 127.5 of 255 is 0.5".to_owned()),
    }
}

fn deviations(text: &str) -> Result<Colours, String> {
    match colours(text)? {
        colours if colours.iter().all(|&value| value > 0.0) => Ok(colours),
        _ => Err("expected numbers above 0".to_owned()),
    }
}
