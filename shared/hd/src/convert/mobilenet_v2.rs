//! MobileNet v2 as torchvision builds it.
//!
//! Sandler, Howard, Zhu, Zhmoginov, Chen: "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018, table 2;
//! the names of the weights are those of torchvision.models.mobilenet_v2.

use super::blueprint::{Activation::Relu6, Block, Blueprint, Conv, Padding, Step};
use super::imagenet::{MEAN, STD};

/// Expansion, output channels, repetitions and first stride of the seven groups of inverted residuals.
const GROUPS: [(i64, i64, i64, i64); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];
const STEM: i64 = 32;
const FEATURES: i64 = 1280;

/// How the network is built.
pub(super) fn blueprint() -> Blueprint {
    let first = "features.0".to_owned();
    let mut blocks = vec![Block::torchvision(first, [3, STEM], [3, 2], Relu6)];
    let mut from = STEM;
    for (expansion, to, repetitions, first_stride) in GROUPS {
        for repetition in 0..repetitions {
            let stride = if repetition == 0 { first_stride } else { 1 };
            let name = format!("features.{}", blocks.len());
            blocks.push(inverted_residual(name, [from, to], expansion, stride));
            from = to;
        }
    }
    let last = format!("features.{}", blocks.len());
    blocks.push(Block::torchvision(last, [from, FEATURES], [1, 1], Relu6));
    Blueprint {
        blocks,
        neck: None,
        classifier: "classifier.1",
        features: FEATURES,
        // PyTorch's default for BatchNorm2d.
        epsilon: 1e-5,
        padding: Padding::Even,
        size: 224,
        mean: MEAN,
        std: STD,
    }
}

/// Expand (1 x 1), filter each channel (3 x 3), and project (1 x 1, linear).
fn inverted_residual(name: String, [from, to]: [i64; 2], expansion: i64, stride: i64) -> Block {
    let hidden = from * expansion;
    let part = |index: usize| {
        let part = format!("{name}.conv.{index}");
        (format!("{part}.0"), format!("{part}.1"))
    };
    let mut steps = Vec::new();
    if expansion > 1 {
        let (conv, norm) = part(0);
        steps.push(Step::Conv(
            Conv::new(conv, norm, [from, hidden], 1).then(Relu6),
        ));
    }
    let (conv, norm) = part(steps.len());
    let filter = Conv::depthwise(conv, norm, hidden, 3);
    steps.push(Step::Conv(filter.by(stride).then(Relu6)));
    let index = steps.len();
    let (conv, norm) = (
        format!("{name}.conv.{index}"),
        format!("{name}.conv.{}", index + 1),
    );
    steps.push(Step::Conv(Conv::new(conv, norm, [hidden, to], 1)));
    Block::residual(name, steps, [from, to], stride)
}
