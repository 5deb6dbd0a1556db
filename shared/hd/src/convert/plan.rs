//! The plan by which a network becomes a base: where it came from, where it is cut, and how its images are made.

use crate::onnx::network::{ARCHITECTURE, BOTTLENECK, IMAGE, Network, data_type};
use crate::onnx::proto::{FLOAT, Model, ValueInfo};
use crate::photo::{Filter, Preprocess, ResizeRule};

/// Which tensor of a network is the bottleneck.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// The features that the network's own classifier takes: the mean over all pixels of the last convolution.
    #[default]
    Pooled,
    /// The logits of that classifier: a number for each label that the network was trained for.
    Logits,
    /// The tensor of this name.
    Named(String),
}

impl Cut {
    /// As the base's metadata has it.
    pub fn name(&self) -> &str {
        match self {
            Self::Pooled => "pooled",
            Self::Logits => "logits",
            Self::Named(name) => name,
        }
    }
}

/// How the tokens of a transformer, a vector for each, become one vector an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenPool {
    /// The first of them, which stands for the whole image.
    ClassToken,
    /// The mean of those that stand for a patch of it.
    Mean,
}

impl TokenPool {
    /// As the base's metadata and the flag have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClassToken => "cls",
            Self::Mean => "mean",
        }
    }
}

/// How images are brought to the size of a network, which may not be known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resizing {
    /// By this rule, as it is for a network of that size.
    ForSize(ResizeRule),
    /// By this rule and no other.
    Exactly(ResizeRule),
}

/// Where a base's weights came from.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The base's name.
    pub architecture: String,
    /// The address of the weights.
    pub source: String,
    /// SHA-256 of the file of weights, in hexadecimal.
    pub sha256: String,
    /// The weights' licence.
    pub licence: String,
}

impl Provenance {
    /// As metadata.
    pub(super) fn properties(
        &self,
        cut: &Cut,
        pool: Option<TokenPool>,
    ) -> Vec<(&'static str, String)> {
        let pool = pool.map(|pool| ("hd.pool", pool.name().to_owned()));
        let mut properties = vec![
            (ARCHITECTURE, self.architecture.clone()),
            ("hd.bottleneck", cut.name().to_owned()),
            ("hd.source", self.source.clone()),
            ("hd.source_sha256", self.sha256.clone()),
            ("hd.licence", self.licence.clone()),
        ];
        properties.extend(pool);
        properties
    }
}

/// Everything about a base that its network does not say.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the network came from.
    pub provenance: Provenance,
    /// The tensor that is taken.
    pub cut: Cut,
    /// How its tokens become one vector, if that tensor is several.
    pub pool: Option<TokenPool>,
    /// Rows and columns of an image, for a network that takes any.
    pub size: Option<u32>,
    /// The mean that is taken off each channel, of pixels from 0 to 1.
    pub mean: [f64; 3],
    /// Then each channel is divided by this.
    pub std: [f64; 3],
    /// How images are brought to their size.
    pub resize: Resizing,
    /// With which filter.
    pub filter: Filter,
}

impl Plan {
    /// The rule for images of this size.
    pub(super) fn preprocess(&self, size: u32) -> Preprocess {
        Preprocess {
            resize: match self.resize {
                Resizing::ForSize(rule) => rule.for_input(size),
                Resizing::Exactly(rule) => rule,
            },
            filter: self.filter,
            ..Preprocess::of_size(size, size)
        }
    }

    /// The input of the base, for any number of images or for a fixed one.
    pub(super) fn image(&self, size: u32, batch: Option<i64>) -> ValueInfo {
        let image = ValueInfo::batch_of(
            IMAGE,
            data_type(self.filter.element()),
            &[size.into(), size.into(), 3],
        );
        image.with_batch(batch)
    }

    /// The file of the base of this model, whose graph leads from `image` to `bottleneck`.
    pub(super) fn encode(
        &self,
        mut model: Model,
        size: u32,
        values: usize,
        batch: Option<i64>,
    ) -> Vec<u8> {
        let mut graph = model.graph.take().unwrap_or_default();
        graph.name.clone_from(&self.provenance.architecture);
        graph.input = vec![self.image(size, batch)];
        let output = ValueInfo::batch_of(BOTTLENECK, FLOAT, &[values as i64]);
        graph.output = vec![output.with_batch(batch)];
        model.graph = Some(graph);
        let properties = self.provenance.properties(&self.cut, self.pool);
        Network::encode(model, &self.preprocess(size), &properties)
    }
}
