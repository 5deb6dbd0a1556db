//! MobileNet v3 (large) as torchvision builds it.
//!
//! Howard, Sandler, Chu and others: "Searching for MobileNetV3", 2019, table 1; the names of the weights are those of
//! torchvision.models.mobilenet_v3_large.

use super::blueprint::{
    Activation, Block, Blueprint, Conv, Neck, NeckLayer, Padding, Squeeze, Step, eighths,
};
use super::imagenet::{MEAN, STD};
use Activation::{HardSwish, Relu};

/// A row of the table: kernel, expanded channels, output channels, whether it squeezes, activation, stride.
type Row = (i64, i64, i64, bool, Activation, i64);

const ROWS: [Row; 15] = [
    (3, 16, 16, false, Relu, 1),
    (3, 64, 24, false, Relu, 2),
    (3, 72, 24, false, Relu, 1),
    (5, 72, 40, true, Relu, 2),
    (5, 120, 40, true, Relu, 1),
    (5, 120, 40, true, Relu, 1),
    (3, 240, 80, false, HardSwish, 2),
    (3, 200, 80, false, HardSwish, 1),
    (3, 184, 80, false, HardSwish, 1),
    (3, 184, 80, false, HardSwish, 1),
    (3, 480, 112, true, HardSwish, 1),
    (3, 672, 112, true, HardSwish, 1),
    (5, 672, 160, true, HardSwish, 2),
    (5, 960, 160, true, HardSwish, 1),
    (5, 960, 160, true, HardSwish, 1),
];
const STEM: i64 = 16;
const LAST: i64 = 960;
const FEATURES: i64 = 1280;

/// How the network is built.
///
/// Its features are what its classifier takes, behind the layer that follows the mean over places. So they are what
/// `hd-fetch base --from` takes of the same network in ONNX, and there are as many as of MobileNet v2.
pub(super) fn blueprint() -> Blueprint {
    let first = "features.0".to_owned();
    let mut blocks = vec![Block::torchvision(first, [3, STEM], [3, 2], HardSwish)];
    let mut from = STEM;
    for row in ROWS {
        blocks.push(inverted_residual(
            format!("features.{}", blocks.len()),
            from,
            row,
        ));
        from = row.2;
    }
    let last = format!("features.{}", blocks.len());
    blocks.push(Block::torchvision(last, [from, LAST], [1, 1], HardSwish));
    Blueprint {
        blocks,
        neck: Some(Neck {
            layer: NeckLayer::Linear("classifier.0", [LAST, FEATURES]),
            activation: HardSwish,
        }),
        classifier: "classifier.3",
        features: FEATURES,
        epsilon: 1e-3,
        padding: Padding::Even,
        size: 224,
        mean: MEAN,
        std: STD,
    }
}

/// Expand (1 x 1), filter each channel, squeeze in some, and project (1 x 1, linear).
fn inverted_residual(name: String, from: i64, row: Row) -> Block {
    let (kernel, hidden, to, squeezes, activation, stride) = row;
    let mut steps = Vec::new();
    let part = |index: usize| {
        let part = format!("{name}.block.{index}");
        (format!("{part}.0"), format!("{part}.1"))
    };
    if hidden != from {
        let (conv, norm) = part(0);
        steps.push(Step::Conv(
            Conv::new(conv, norm, [from, hidden], 1).then(activation),
        ));
    }
    let (conv, norm) = part(steps.len());
    let filter = Conv::depthwise(conv, norm, hidden, kernel);
    steps.push(Step::Conv(filter.by(stride).then(activation)));
    if squeezes {
        let prefix = format!("{name}.block.{}", steps.len());
        steps.push(Step::Squeeze(Squeeze {
            names: [format!("{prefix}.fc1"), format!("{prefix}.fc2")],
            channels: hidden,
            squeezed: eighths((hidden / 4) as f64),
        }));
    }
    let (conv, norm) = part(steps.len());
    steps.push(Step::Conv(Conv::new(conv, norm, [hidden, to], 1)));
    Block::residual(name, steps, [from, to], stride)
}
