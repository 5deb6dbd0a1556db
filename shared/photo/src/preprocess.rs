//! Preprocessing: from an image to the input of a network. The rule travels in the network's file,
//! so that training and labelling cannot differ.

use serde::{Deserialize, Serialize};

use crate::decode::decode;
use crate::decoded::Decoded;
use crate::distort::View;
use crate::error::DecodeError;
use crate::look::Look;
use crate::resize::{Region, antialiased, legacy_bilinear};
use crate::rgb::Rgb;
use crate::want::Want;
use hd_digest::Digest;

/// Raised when the same rule begins to give other pixels, or to take images that it refused: what
/// was found unusable is remembered too.
const PIXELS_VERSION: u32 = 4;

/// A reduced image has at least this many times the pixels, across and down, that the resizing
/// leaves. Then what the reduction does to the highest frequencies is lost in the resizing.
const SPARE: u32 = 2;

/// How images become the input of a network: uint8 [height, width, 3], RGB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Preprocess {
    /// Columns of the input.
    pub width: u32,
    /// Rows of the input.
    pub height: u32,
    /// How an image is brought to that size.
    pub resize: ResizeRule,
    /// How pixels are computed from pixels.
    #[serde(default, skip_serializing_if = "is_default")]
    pub filter: Filter,
    /// Whether also the largest images are decoded in their full size first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub full_decode: bool,
    /// Whether JPEGs that end too early are taken where most of their rows are there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep_truncated: bool,
}

/// How an image is brought to the size of a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum ResizeRule {
    /// All of it is resized, which changes its proportions.
    Squash,
    /// Its shorter side is brought to this many pixels, and the middle is cut out.
    CentreCrop {
        /// At least as many as the input has.
        shorter_side: u32,
    },
}

impl ResizeRule {
    /// torchvision's usual rule, for an input of 224 pixels.
    pub const CENTRE_CROP: Self = Self::CentreCrop { shorter_side: 256 };

    /// The rule for an input of `side` pixels. By the usual rule the middle of an image is as large
    /// a part of it for a large network as for one of 224 pixels, whose images are brought to 256
    /// before; any other rule was made for one network and is left as it is.
    pub fn for_input(self, side: u32) -> Self {
        match self {
            Self::CENTRE_CROP => Self::CentreCrop {
                shorter_side: 256.max(side.saturating_mul(8) / 7),
            },
            other => other,
        }
    }
}

/// How the pixels of the input are computed from those of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Antialiased bilinear, as Pillow and torchvision do it.
    #[default]
    #[serde(rename = "antialiased-bilinear")]
    Antialiased,
    /// Bilinear as TensorFlow did it before version 2, without antialiasing.
    LegacyBilinear,
}

/// The type of the numbers in a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// uint8.
    Byte,
    /// float32, from 0 to 255.
    Float,
}

impl Element {
    /// The bytes of one.
    pub fn bytes(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Float => size_of::<f32>(),
        }
    }
}

impl Filter {
    /// The type of the numbers that the filter gives. TensorFlow did not round what it had resized,
    /// and its networks notice: the bottlenecks of rounded pixels can be as far from TensorFlow's
    /// as 0.9988 in cosine.
    pub fn element(self) -> Element {
        match self {
            Self::Antialiased => Element::Byte,
            Self::LegacyBilinear => Element::Float,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Preprocess {
    /// The usual rule for an input of this size: images are squashed into it.
    pub fn of_size(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            resize: ResizeRule::Squash,
            filter: Filter::default(),
            full_decode: false,
            keep_truncated: false,
        }
    }

    /// Whether there can be such an input.
    pub fn is_possible(&self) -> bool {
        let longer = self.width.max(self.height);
        let sized = self.width > 0 && self.height > 0;
        match self.resize {
            ResizeRule::Squash => sized,
            ResizeRule::CentreCrop { shorter_side } => sized && shorter_side >= longer,
        }
    }

    /// Whether large images may be reduced on the way. Without antialiasing single pixels count, and
    /// in a reduced image they are others.
    pub(crate) fn reduces(&self) -> bool {
        !self.full_decode && self.filter == Filter::Antialiased
    }

    /// The image in `bytes`, as large as it has to be. One of more than `max_pixels` is refused.
    ///
    /// # Errors
    /// Bytes that are no image that can be decoded.
    pub fn decode(&self, bytes: &[u8], max_pixels: u64) -> Result<Decoded, DecodeError> {
        let shorter = match self.resize {
            ResizeRule::Squash => self.width.max(self.height),
            ResizeRule::CentreCrop { shorter_side } => shorter_side,
        };
        let want = Want {
            max_pixels,
            shorter_side: self.reduces().then(|| shorter.saturating_mul(SPARE)),
            as_tensorflow: self.filter == Filter::LegacyBilinear,
            truncated: self.keep_truncated,
        };
        decode(bytes, &want)
    }

    /// The input of the network for a view of the image: `height * width * 3` numbers of the
    /// filter's kind, as bytes.
    ///
    /// # Errors
    /// An image without pixels.
    pub fn pixels(&self, image: &Rgb, view: &View) -> Result<Vec<u8>, DecodeError> {
        let part = seen(self.region(image), view);
        let (width, height) = (self.width, self.height);
        let bytes = match self.filter {
            Filter::Antialiased => antialiased(image, part, width, height).map(|mut pixels| {
                self.turn(&mut pixels, view);
                if view.brightness != 1.0 {
                    let brighten = |value: &mut u8| {
                        *value = (f32::from(*value) * view.brightness).round() as u8;
                    };
                    pixels.iter_mut().for_each(brighten);
                }
                pixels
            }),
            Filter::LegacyBilinear => {
                legacy_bilinear(image, part, width, height).map(|mut pixels| {
                    self.turn(&mut pixels, view);
                    pixels
                        .iter_mut()
                        .for_each(|value| *value *= view.brightness);
                    bytemuck::cast_slice(&pixels).to_vec()
                })
            }
        };
        bytes.map_err(|reason| DecodeError::Corrupt {
            format: "image",
            reason,
        })
    }

    /// How an input looks that [`Self::pixels`] has made.
    pub fn look(&self, input: &[u8]) -> Look {
        match self.filter.element() {
            Element::Byte => Look::of(input, self.width),
            Element::Float => {
                let (floats, _) = input.as_chunks();
                let round = |float: &[u8; 4]| f32::from_le_bytes(*float).round() as u8;
                Look::of(&floats.iter().map(round).collect::<Vec<u8>>(), self.width)
            }
        }
    }

    /// Mirrors an input if the view is mirrored.
    fn turn<T>(&self, pixels: &mut [T], view: &View) {
        if view.flip {
            mirror(pixels, self.width as usize);
        }
    }

    /// The input of the network for the image in `bytes`: `height * width * 3` numbers, as bytes.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn apply(&self, bytes: &[u8], max_pixels: u64) -> Result<Vec<u8>, DecodeError> {
        self.pixels(&self.decode(bytes, max_pixels)?.rgb, &View::PLAIN)
    }

    /// Identifies everything that decides which pixels a network sees for given bytes.
    pub fn fingerprint(&self) -> Digest {
        let rule = serde_json::to_vec(self).unwrap_or_default();
        Digest::of_parts([PIXELS_VERSION.to_le_bytes().as_slice(), &rule])
    }

    /// The part of the image that the rule takes.
    pub fn region(&self, image: &Rgb) -> Region {
        let whole = Region::whole(image);
        let ResizeRule::CentreCrop { shorter_side } = self.resize else {
            return whole;
        };
        // As torchvision does it: the longer side is cut to whole pixels, and the crop begins at a
        // whole one.
        let shorter = f64::from(image.width.min(image.height));
        let resized = |side: f64| (f64::from(shorter_side) * side / shorter).floor();
        let crop = |side: f64, wanted: u32| {
            let (resized, wanted) = (resized(side), f64::from(wanted));
            let offset = ((resized - wanted) / 2.0).round_ties_even();
            (offset * side / resized, wanted * side / resized)
        };
        let (left, width) = crop(whole.width, self.width);
        let (top, height) = crop(whole.height, self.height);
        Region {
            left,
            top,
            width,
            height,
        }
    }
}

/// The part that a view shows of a part.
fn seen(part: Region, view: &View) -> Region {
    Region {
        left: part.left + view.left * part.width,
        top: part.top + view.top * part.height,
        width: part.width * view.extent,
        height: part.height * view.extent,
    }
}

/// Turns rows of `width` pixels of three numbers left to right.
fn mirror<T>(pixels: &mut [T], width: usize) {
    for row in pixels.chunks_exact_mut((width * 3).max(1)) {
        row.reverse();
        row.chunks_exact_mut(3).for_each(<[T]>::reverse);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Preprocess {
        Preprocess::of_size(224, 224)
    }

    fn cropped() -> Preprocess {
        Preprocess {
            resize: ResizeRule::CENTRE_CROP,
            ..rule()
        }
    }

    fn blank(width: u32, height: u32) -> Rgb {
        Rgb {
            width,
            height,
            pixels: vec![0; (width * height * 3) as usize],
        }
    }

    #[test]
    fn reads_back_the_json_that_it_writes() {
        let legacy = Preprocess {
            filter: Filter::LegacyBilinear,
            full_decode: true,
            ..rule()
        };
        for (rule, written) in [
            (rule(), r#"{"width":224,"height":224,"resize":"squash"}"#),
            (
                cropped(),
                r#"{"width":224,"height":224,"resize":{"centre-crop":{"shorter-side":256}}}"#,
            ),
            (
                legacy,
                r#"{"width":224,"height":224,"resize":"squash","filter":"legacy-bilinear","full-decode":true}"#,
            ),
        ] {
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(json, written);
            assert_eq!(serde_json::from_str::<Preprocess>(&json).unwrap(), rule);
        }
    }

    #[test]
    fn refuses_a_rule_that_it_does_not_know() {
        for json in [
            r#"{"width":224,"height":224,"resize":"seam-carving"}"#,
            r#"{"width":224,"height":224,"resize":"squash","filter":"lanczos"}"#,
            r#"{"width":224,"height":224,"resize":"squash","sharpen":true}"#,
        ] {
            assert!(serde_json::from_str::<Preprocess>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_crop_cannot_be_larger_than_what_it_is_cut_from() {
        let small = Preprocess {
            resize: ResizeRule::CentreCrop { shorter_side: 223 },
            ..rule()
        };
        assert!(!small.is_possible());
        assert!(cropped().is_possible() && rule().is_possible());
        assert!(!Preprocess { width: 0, ..rule() }.is_possible());
    }

    #[test]
    fn a_larger_input_is_cropped_in_proportion_and_a_smaller_one_is_not() {
        let of = |side| ResizeRule::CENTRE_CROP.for_input(side);
        assert_eq!(of(320), ResizeRule::CentreCrop { shorter_side: 365 });
        assert_eq!(of(224), ResizeRule::CENTRE_CROP);
        assert_eq!(of(192), ResizeRule::CENTRE_CROP);
        let own = ResizeRule::CentreCrop { shorter_side: 292 };
        for rule in [ResizeRule::Squash, own] {
            assert_eq!(rule.for_input(320), rule);
        }
    }

    #[test]
    fn another_rule_has_another_fingerprint() {
        let others = [
            Preprocess {
                width: 192,
                ..rule()
            },
            Preprocess {
                full_decode: true,
                ..rule()
            },
            cropped(),
        ];
        for other in others {
            assert_ne!(rule().fingerprint(), other.fingerprint());
        }
    }

    #[test]
    fn the_middle_is_torchvisions() {
        // 500 x 375: the shorter side to 256, the longer to int(256 * 500 / 375) = 341; the crop
        // begins at round(58.5), which is 58 to Python, and at 16.
        let part = cropped().region(&blank(500, 375));
        assert_eq!(part.left, 58.0 * 500.0 / 341.0);
        assert_eq!(part.width, 224.0 * 500.0 / 341.0);
        assert_eq!(part.top, 16.0 * 375.0 / 256.0);
        assert_eq!(part.height, 224.0 * 375.0 / 256.0);
    }

    #[test]
    fn a_view_is_cut_mirrored_and_brightened() {
        let small = Preprocess {
            width: 4,
            height: 1,
            ..rule()
        };
        let image = Rgb {
            width: 8,
            height: 1,
            pixels: (0..8u8).flat_map(|x| [x * 10, 100, 200]).collect(),
        };
        let right_half = View {
            left: 0.5,
            extent: 0.5,
            flip: true,
            brightness: 1.5,
            ..View::PLAIN
        };
        let wide = Preprocess { height: 1, ..small };
        let pixels = wide.pixels(&image, &right_half).unwrap();
        let reds: Vec<u8> = pixels.chunks(3).map(|pixel| pixel[0]).collect();
        assert_eq!(reds, [105, 90, 75, 60]);
        // What is too bright stays at the brightest.
        assert!(pixels.chunks(3).all(|pixel| pixel[1..] == [150, 255]));
    }

    #[test]
    fn an_input_of_floats_looks_as_one_of_bytes() {
        let side = 40u32;
        let colours = (0..side * side * 3).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
        let image = Rgb {
            width: side,
            height: side,
            pixels: colours.collect(),
        };
        // Nothing is resized.
        let of = |filter| {
            let rule = Preprocess {
                width: side,
                height: side,
                filter,
                ..rule()
            };
            rule.look(&rule.pixels(&image, &View::PLAIN).unwrap())
        };
        let look = of(Filter::Antialiased);
        assert_eq!(look, of(Filter::LegacyBilinear));
        assert!(look.contrast > 30 && look.sharpness > 1000, "{look:?}");
    }

    #[test]
    fn mirroring_keeps_the_channels_in_order() {
        let mut pixels = vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        mirror(&mut pixels, 2);
        assert_eq!(pixels, [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
    }
}
