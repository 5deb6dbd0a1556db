//! EfficientNet-Lite as the Python package efficientnet-lite-pytorch builds it.
//!
//! Tan, Le: "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019, table 1, without squeeze
//! and excitation and with ReLU6, as TensorFlow's efficientnet/lite has it: stem, head, and the repetitions of the first
//! and the last stage are the same in every size. The weights were trained by TensorFlow and padded as it does.

use super::blueprint::{Activation::Relu6, Block, Blueprint, Conv, Padding, Step, eighths};

/// Repetitions, kernel, first stride, expansion and output channels of the seven stages.
const STAGES: [(i64, i64, i64, i64, i64); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];
const STEM: i64 = 32;
const FEATURES: i64 = 1280;

/// How the network is built whose channels and repetitions are so many times those of the table.
pub(super) fn blueprint(width: f64, depth: f64, size: u32) -> Blueprint {
    let stem = conv("_conv_stem", "_bn0", [3, STEM], 3);
    let stem = Step::Conv(stem.by(2).then(Relu6));
    let mut blocks = vec![Block::plain("_conv_stem".to_owned(), vec![stem])];
    let mut from = STEM;
    for (stage, (repetitions, kernel, first_stride, expansion, channels)) in
        STAGES.into_iter().enumerate()
    {
        let is_scaled = stage > 0 && stage + 1 < STAGES.len();
        let factor = if is_scaled { depth } else { 1.0 };
        let to = eighths(channels as f64 * width);
        for repetition in 0..(repetitions as f64 * factor).ceil() as i64 {
            let stride = if repetition == 0 { first_stride } else { 1 };
            let name = format!("_blocks.{}", blocks.len() - 1);
            blocks.push(inverted_residual(
                name,
                [from, to],
                kernel,
                expansion,
                stride,
            ));
            from = to;
        }
    }
    let head = conv("_conv_head", "_bn1", [from, FEATURES], 1).then(Relu6);
    blocks.push(Block::plain(
        "_conv_head".to_owned(),
        vec![Step::Conv(head)],
    ));
    Blueprint {
        blocks,
        neck: None,
        classifier: "_fc",
        features: FEATURES,
        epsilon: 1e-3,
        padding: Padding::Same,
        size,
        // (pixel - 127) / 128.
        mean: [127.0 / 255.0; 3],
        std: [128.0 / 255.0; 3],
    }
}

/// Expand (1 x 1), filter each channel, and project (1 x 1, linear).
fn inverted_residual(
    name: String,
    [from, to]: [i64; 2],
    kernel: i64,
    expansion: i64,
    stride: i64,
) -> Block {
    let hidden = from * expansion;
    let part = |part: &str| format!("{name}.{part}");
    let mut steps = Vec::new();
    if expansion > 1 {
        let expand = Conv::new(part("_expand_conv"), part("_bn0"), [from, hidden], 1);
        steps.push(Step::Conv(expand.then(Relu6)));
    }
    let filter = Conv::depthwise(part("_depthwise_conv"), part("_bn1"), hidden, kernel);
    steps.push(Step::Conv(filter.by(stride).then(Relu6)));
    let project = Conv::new(part("_project_conv"), part("_bn2"), [hidden, to], 1);
    steps.push(Step::Conv(project));
    Block::residual(name, steps, [from, to], stride)
}

fn conv(name: &str, norm: &str, channels: [i64; 2], kernel: i64) -> Conv {
    Conv::new(name.to_owned(), norm.to_owned(), channels, kernel)
}
