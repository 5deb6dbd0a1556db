//! The networks that are built here, so that a file of their weights alone is enough.

use std::fmt;

use serde::Deserialize;

use super::blueprint::Blueprint;
use super::{efficientnet_lite, mobilenet_v2, mobilenet_v3, mobilenet_v4};

/// A network whose structure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// torchvision's mobilenet_v2.
    MobilenetV2,
    /// torchvision's mobilenet_v3_large.
    MobilenetV3Large,
    /// timm's mobilenetv4_conv_small.
    MobilenetV4ConvSmall,
    /// timm's mobilenetv4_conv_medium.
    MobilenetV4ConvMedium,
    /// efficientnet-lite0 of efficientnet-lite-pytorch.
    EfficientnetLite0,
    /// efficientnet-lite1.
    EfficientnetLite1,
    /// efficientnet-lite2.
    EfficientnetLite2,
}

impl NetworkKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::MobilenetV2,
        Self::MobilenetV3Large,
        Self::MobilenetV4ConvSmall,
        Self::MobilenetV4ConvMedium,
        Self::EfficientnetLite0,
        Self::EfficientnetLite1,
        Self::EfficientnetLite2,
    ];

    /// The tensors that a file of its weights must have, but for its classifier: their names and shapes.
    pub fn tensors(self) -> Vec<(String, Vec<i64>)> {
        self.blueprint().tensors()
    }

    /// How it is built.
    pub(super) fn blueprint(self) -> Blueprint {
        match self {
            Self::MobilenetV2 => mobilenet_v2::blueprint(),
            Self::MobilenetV3Large => mobilenet_v3::blueprint(),
            Self::MobilenetV4ConvSmall => mobilenet_v4::blueprint(mobilenet_v4::SMALL),
            Self::MobilenetV4ConvMedium => mobilenet_v4::blueprint(mobilenet_v4::MEDIUM),
            Self::EfficientnetLite0 => efficientnet_lite::blueprint(1.0, 1.0, 224),
            Self::EfficientnetLite1 => efficientnet_lite::blueprint(1.0, 1.1, 240),
            Self::EfficientnetLite2 => efficientnet_lite::blueprint(1.1, 1.2, 260),
        }
    }
}

impl fmt::Display for NetworkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MobilenetV2 => "MobileNet v2",
            Self::MobilenetV3Large => "MobileNet v3 large",
            Self::MobilenetV4ConvSmall => "MobileNet v4 conv-small",
            Self::MobilenetV4ConvMedium => "MobileNet v4 conv-medium",
            Self::EfficientnetLite0 => "EfficientNet-Lite0",
            Self::EfficientnetLite1 => "EfficientNet-Lite1",
            Self::EfficientnetLite2 => "EfficientNet-Lite2",
        })
    }
}
