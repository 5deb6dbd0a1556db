//! How a network of convolutions is built whose weights lie in a file without it: the names of its tensors, their shapes,
//! and what is done with them.

/// A network that ends in a mean over places and a fully connected layer.
#[derive(Debug)]
pub(super) struct Blueprint {
    /// In the order of the network.
    pub(super) blocks: Vec<Block>,
    /// Behind the mean over places, where the network has another layer before its classifier.
    pub(super) neck: Option<Neck>,
    /// The name of the fully connected layer that gives the logits.
    pub(super) classifier: &'static str,
    /// The numbers that this layer takes.
    pub(super) features: i64,
    /// What the batch norms add to a variance.
    pub(super) epsilon: f64,
    /// How planes are padded.
    pub(super) padding: Padding,
    /// Rows and columns of the images that it was trained on. It takes others too.
    pub(super) size: u32,
    /// The mean that is taken off each channel, of pixels from 0 to 1.
    pub(super) mean: [f64; 3],
    /// What it is then divided by.
    pub(super) std: [f64; 3],
}

/// Some layers, whose sum with their input goes on where both have one shape and the network says so.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) name: String,
    pub(super) steps: Vec<Step>,
    pub(super) is_residual: bool,
}

/// A layer of a block.
#[derive(Debug)]
pub(super) enum Step {
    Conv(Conv),
    Squeeze(Squeeze),
}

/// A convolution without bias, the batch norm behind it and what follows.
#[derive(Debug)]
pub(super) struct Conv {
    /// The name of the convolution in the file of weights.
    pub(super) name: String,
    /// That of the batch norm.
    pub(super) norm: String,
    /// Of the input and of the output.
    pub(super) channels: [i64; 2],
    pub(super) kernel: i64,
    pub(super) stride: i64,
    /// Whether each channel sees only itself.
    pub(super) is_depthwise: bool,
    pub(super) activation: Option<Activation>,
}

/// Squeeze and excitation: each channel is multiplied by a number from 0 to 1, which two layers make of the means of all.
///
/// Hu, Shen, Sun: "Squeeze-and-Excitation Networks", 2018; with the hard sigmoid of MobileNet v3.
#[derive(Debug)]
pub(super) struct Squeeze {
    /// The names of the two layers.
    pub(super) names: [String; 2],
    pub(super) channels: i64,
    /// The outputs of the first layer.
    pub(super) squeezed: i64,
}

/// A fully connected layer between the mean over places and the classifier.
#[derive(Debug)]
pub(super) struct Neck {
    pub(super) layer: NeckLayer,
    pub(super) activation: Activation,
}

/// The form in which a neck's weights are in the file.
#[derive(Debug)]
pub(super) enum NeckLayer {
    /// A matrix and a bias, by this name, from so many numbers to so many.
    Linear(&'static str, [i64; 2]),
    /// A convolution of one place with a batch norm.
    Conv(Conv),
}

/// What is done with each output of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    Relu,
    Relu6,
    HardSwish,
}

/// How planes are padded before a kernel moves over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    /// As PyTorch's networks do it: as much on every side as keeps the size where the stride is 1.
    Even,
    /// As TensorFlow's do it.
    Same,
}

impl Conv {
    /// A convolution that sees all channels, with stride 1 and nothing behind it.
    pub(super) fn new(name: String, norm: String, channels: [i64; 2], kernel: i64) -> Self {
        Self {
            name,
            norm,
            channels,
            kernel,
            stride: 1,
            is_depthwise: false,
            activation: None,
        }
    }

    /// A convolution of each channel for itself.
    pub(super) fn depthwise(name: String, norm: String, channels: i64, kernel: i64) -> Self {
        Self {
            is_depthwise: true,
            ..Self::new(name, norm, [channels; 2], kernel)
        }
    }

    /// The same with this stride.
    pub(super) fn by(self, stride: i64) -> Self {
        Self { stride, ..self }
    }

    /// The same with this behind it.
    pub(super) fn then(self, activation: Activation) -> Self {
        let activation = Some(activation);
        Self { activation, ..self }
    }

    /// The shape of its weights.
    pub(super) fn shape(&self) -> [i64; 4] {
        let [from, to] = self.channels;
        let seen = if self.is_depthwise { 1 } else { from };
        [to, seen, self.kernel, self.kernel]
    }
}

impl Block {
    /// Layers whose input is not added to their output.
    pub(super) fn plain(name: String, steps: Vec<Step>) -> Self {
        Self {
            name,
            steps,
            is_residual: false,
        }
    }

    /// A convolution by itself, with the names that torchvision gives it and its batch norm.
    pub(super) fn torchvision(
        name: String,
        channels: [i64; 2],
        [kernel, stride]: [i64; 2],
        activation: Activation,
    ) -> Self {
        let conv = Conv::new(format!("{name}.0"), format!("{name}.1"), channels, kernel);
        let conv = conv.by(stride).then(activation);
        Self::plain(name, vec![Step::Conv(conv)])
    }

    /// An inverted residual, whose input is added where its shape allows.
    pub(super) fn residual(
        name: String,
        steps: Vec<Step>,
        [from, to]: [i64; 2],
        stride: i64,
    ) -> Self {
        Self {
            name,
            steps,
            is_residual: stride == 1 && from == to,
        }
    }
}

/// The statistics and factors of a batch norm, each a number a channel.
pub(super) const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

impl Conv {
    /// The name of its weights.
    pub(super) fn weights(&self) -> String {
        format!("{}.weight", self.name)
    }

    fn tensors(&self) -> Vec<(String, Vec<i64>)> {
        let [_, channels] = self.channels;
        let norm = NORM.map(|part| (format!("{}.{part}", self.norm), vec![channels]));
        let own = (self.weights(), self.shape().to_vec());
        std::iter::once(own).chain(norm).collect()
    }
}

impl Step {
    fn tensors(&self) -> Vec<(String, Vec<i64>)> {
        match self {
            Self::Conv(conv) => conv.tensors(),
            Self::Squeeze(squeeze) => {
                let [first, second] = &squeeze.names;
                let (channels, squeezed) = (squeeze.channels, squeeze.squeezed);
                vec![
                    (format!("{first}.weight"), vec![squeezed, channels, 1, 1]),
                    (format!("{first}.bias"), vec![squeezed]),
                    (format!("{second}.weight"), vec![channels, squeezed, 1, 1]),
                    (format!("{second}.bias"), vec![channels]),
                ]
            }
        }
    }
}

impl Neck {
    fn tensors(&self) -> Vec<(String, Vec<i64>)> {
        match &self.layer {
            NeckLayer::Conv(conv) => conv.tensors(),
            NeckLayer::Linear(name, [from, to]) => vec![
                (format!("{name}.weight"), vec![*to, *from]),
                (format!("{name}.bias"), vec![*to]),
            ],
        }
    }
}

impl Blueprint {
    /// The tensors that are needed for the features, in order, with their shapes.
    pub(super) fn tensors(&self) -> Vec<(String, Vec<i64>)> {
        let steps = self.blocks.iter().flat_map(|block| &block.steps);
        let neck = self.neck.iter().flat_map(Neck::tensors);
        steps.flat_map(Step::tensors).chain(neck).collect()
    }
}

/// The multiple of 8 that is nearest to a number of channels, at least 8 and not smaller by more than a tenth.
///
/// All networks of this line choose their channels so, where a factor has made another number of them.
pub(super) fn eighths(channels: f64) -> i64 {
    let nearest = ((channels + 4.0) / 8.0).floor().max(1.0) * 8.0;
    let chosen = if nearest < 0.9 * channels {
        nearest + 8.0
    } else {
        nearest
    };
    chosen as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_eighths_and_never_much_fewer() {
        // Those of EfficientNet-Lite2, whose factor is 1.1.
        let scaled = [16, 24, 40, 80, 112, 192].map(|channels| eighths(f64::from(channels) * 1.1));
        assert_eq!(scaled, [16, 24, 48, 88, 120, 208]);
        // The nearest of 18 is 16, which is less than nine tenths of it.
        assert_eq!([3.0, 18.0, 30.0].map(eighths), [8, 24, 32]);
    }
}
