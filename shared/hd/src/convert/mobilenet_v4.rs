//! MobileNet v4 without attention, as timm builds it: conv-small and conv-medium.
//!
//! Qin, Leichner, Delakis and others: "MobileNetV4: Universal Models for the Mobile Ecosystem", 2024, tables 10 and 11;
//! the names of the weights are those of timm's mobilenetv4_conv_small and mobilenetv4_conv_medium.

use super::blueprint::{Activation::Relu, Block, Blueprint, Conv, Neck, NeckLayer, Padding, Step};
use super::imagenet::{MEAN, STD};

/// A row of the tables.
#[derive(Clone, Copy)]
pub(super) enum Row {
    /// A convolution: kernel, stride, output channels.
    Plain(i64, i64, i64),
    /// A convolution of 3 x 3 that expands, and one that projects: stride, expansion, output channels.
    Fused(i64, i64, i64),
    /// A universal inverted bottleneck: the kernel before it expands and the one behind that, either of them 0 where it
    /// is left out; stride, expansion, output channels.
    Universal([i64; 2], i64, i64, i64),
}
use Row::{Fused as F, Plain as C, Universal as U};

/// The stages of conv-small.
pub(super) const SMALL: &[&[Row]] = &[
    &[C(3, 2, 32), C(1, 1, 32)],
    &[C(3, 2, 96), C(1, 1, 64)],
    &[
        U([5, 5], 2, 3, 96),
        U([0, 3], 1, 2, 96),
        U([0, 3], 1, 2, 96),
        U([0, 3], 1, 2, 96),
        U([0, 3], 1, 2, 96),
        U([3, 0], 1, 4, 96),
    ],
    &[
        U([3, 3], 2, 6, 128),
        U([5, 5], 1, 4, 128),
        U([0, 5], 1, 4, 128),
        U([0, 5], 1, 3, 128),
        U([0, 3], 1, 4, 128),
        U([0, 3], 1, 4, 128),
    ],
    &[C(1, 1, 960)],
];

/// The stages of conv-medium.
pub(super) const MEDIUM: &[&[Row]] = &[
    &[F(2, 4, 48)],
    &[U([3, 5], 2, 4, 80), U([3, 3], 1, 2, 80)],
    &[
        U([3, 5], 2, 6, 160),
        U([3, 3], 1, 4, 160),
        U([3, 3], 1, 4, 160),
        U([3, 5], 1, 4, 160),
        U([3, 3], 1, 4, 160),
        U([3, 0], 1, 4, 160),
        U([0, 0], 1, 2, 160),
        U([3, 0], 1, 4, 160),
    ],
    &[
        U([5, 5], 2, 6, 256),
        U([5, 5], 1, 4, 256),
        U([3, 5], 1, 4, 256),
        U([3, 5], 1, 4, 256),
        U([0, 0], 1, 4, 256),
        U([3, 0], 1, 4, 256),
        U([3, 5], 1, 2, 256),
        U([5, 5], 1, 4, 256),
        U([0, 0], 1, 4, 256),
        U([0, 0], 1, 4, 256),
        U([5, 0], 1, 2, 256),
    ],
    &[C(1, 1, 960)],
];

const STEM: i64 = 32;
const LAST: i64 = 960;
const FEATURES: i64 = 1280;

/// How the network of these stages is built. Its features are timm's pre-logits, which its classifier takes.
pub(super) fn blueprint(stages: &[&[Row]]) -> Blueprint {
    let stem = Conv::new("conv_stem".to_owned(), "bn1".to_owned(), [3, STEM], 3).by(2);
    let stem = Step::Conv(stem.then(Relu));
    let mut blocks = vec![Block::plain("conv_stem".to_owned(), vec![stem])];
    let mut from = STEM;
    for (stage, rows) in stages.iter().enumerate() {
        for (index, &row) in rows.iter().enumerate() {
            let (block, to) = block(format!("blocks.{stage}.{index}"), from, row);
            blocks.push(block);
            from = to;
        }
    }
    let head = Conv::new(
        "conv_head".to_owned(),
        "norm_head".to_owned(),
        [LAST, FEATURES],
        1,
    );
    Blueprint {
        blocks,
        neck: Some(Neck {
            layer: NeckLayer::Conv(head),
            activation: Relu,
        }),
        classifier: "classifier",
        features: FEATURES,
        epsilon: 1e-5,
        padding: Padding::Even,
        size: 224,
        mean: MEAN,
        std: STD,
    }
}

/// The block of a row, and its output channels.
fn block(name: String, from: i64, row: Row) -> (Block, i64) {
    let part = |part: &str| format!("{name}.{part}");
    match row {
        C(kernel, stride, to) => {
            let only = Conv::new(part("conv"), part("bn1"), [from, to], kernel).by(stride);
            let only = vec![Step::Conv(only.then(Relu))];
            (Block::plain(name, only), to)
        }
        F(stride, expansion, to) => {
            let hidden = from * expansion;
            let expand = Conv::new(part("conv_exp"), part("bn1"), [from, hidden], 3).by(stride);
            let project = Conv::new(part("conv_pwl"), part("bn2"), [hidden, to], 1);
            let steps = vec![Step::Conv(expand.then(Relu)), Step::Conv(project)];
            (Block::residual(name, steps, [from, to], stride), to)
        }
        U(kernels, stride, expansion, to) => (
            universal(name, kernels, [from, to], from * expansion, stride),
            to,
        ),
    }
}

/// Filter, expand (1 x 1), filter, and project (1 x 1), where only the two in the middle are activated. The second filter
/// has the stride.
fn universal(
    name: String,
    [before, behind]: [i64; 2],
    [from, to]: [i64; 2],
    hidden: i64,
    stride: i64,
) -> Block {
    let names = |part: &str| {
        let part = format!("{name}.{part}");
        (format!("{part}.conv"), format!("{part}.bn"))
    };
    let mut steps = Vec::new();
    if before > 0 {
        let (conv, norm) = names("dw_start");
        let stride = if behind > 0 { 1 } else { stride };
        let filter = Conv::depthwise(conv, norm, from, before);
        steps.push(Step::Conv(filter.by(stride)));
    }
    let (conv, norm) = names("pw_exp");
    steps.push(Step::Conv(
        Conv::new(conv, norm, [from, hidden], 1).then(Relu),
    ));
    if behind > 0 {
        let (conv, norm) = names("dw_mid");
        let filter = Conv::depthwise(conv, norm, hidden, behind);
        steps.push(Step::Conv(filter.by(stride).then(Relu)));
    }
    let (conv, norm) = names("pw_proj");
    steps.push(Step::Conv(Conv::new(conv, norm, [hidden, to], 1)));
    Block::residual(name, steps, [from, to], stride)
}
