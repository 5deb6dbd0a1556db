//! `preprocessor_config.json`, in which Hugging Face's transformers keep how images are brought to a network.
//!
//! Each of their image processors has its own reading of the same keys. Those here are of the processors of classifiers:
//! size and crop of ViT, CLIP, DeiT, BiT, ConvNeXT and LeViT, and the offset of EfficientNet.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::file;
use crate::photo::ResizeRule;

/// The name of the file.
const NAME: &str = "preprocessor_config.json";
/// Many times more bytes than such a file has.
const MOST: usize = 1 << 20;
/// The largest size of an image.
const LARGEST: u32 = 1 << 14;
/// The largest value of a pixel.
const WHITE: f64 = 255.0;
/// Pillow's number for its bilinear filter, which hd resizes with.
const BILINEAR: i64 = 2;
/// From this size on ConvNeXT is given all of an image.
const CONVNEXT_WHOLE: u32 = 384;

/// The mean and the standard deviation of red, green and blue, of 1.
type Normalisation = ([f64; 3], [f64; 3]);

/// How a network's images are made, as its file of preprocessing says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PreprocessorConfig {
    size: Option<u32>,
    resize: Option<ResizeRule>,
    normalisation: Option<Normalisation>,
    /// In which way hd does something else.
    departures: Vec<String>,
}

/// Which facts are taken from the file, since no flag gives them.
pub(super) struct Stated {
    pub(super) size: bool,
    pub(super) resize: bool,
    pub(super) mean: bool,
    pub(super) std: bool,
}

/// The file, as far as it is of use here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Keys {
    image_processor_type: Option<String>,
    feature_extractor_type: Option<String>,
    do_resize: Option<bool>,
    size: Option<Size>,
    resample: Option<i64>,
    do_center_crop: Option<bool>,
    crop_size: Option<Size>,
    crop_pct: Option<f64>,
    do_rescale: Option<bool>,
    rescale_factor: Option<f64>,
    rescale_offset: Option<bool>,
    do_normalize: Option<bool>,
    image_mean: Option<Colours>,
    image_std: Option<Colours>,
    do_flip_channel_order: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    Number(u32),
    Pair([u32; 2]),
    Sides { height: u32, width: u32 },
    Shorter { shortest_edge: u32 },
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Colours {
    One(f64),
    Three([f64; 3]),
}

impl PreprocessorConfig {
    /// That of the network in the file `network`: beside it, or above a folder `onnx`, as exporters lay it out.
    ///
    /// # Errors
    /// A file that cannot be read or understood, or asks for what hd cannot do.
    pub(super) fn beside(network: &Path) -> Result<Option<Self>> {
        let beside = network.with_file_name(NAME);
        let folder = network.parent().filter(|folder| folder.ends_with("onnx"));
        let above = folder.map(|folder| folder.with_file_name(NAME));
        for path in [Some(beside), above].into_iter().flatten() {
            if path.is_file() {
                return Self::open(path).map(Some);
            }
        }
        Ok(None)
    }

    fn open(path: PathBuf) -> Result<Self> {
        let bytes = file::read(&path)?;
        Self::parse(&bytes).map_err(|reason| Error::Weights {
            path,
            reason: format!(
                "{reason}; rename it, and say what it should with --size, --mean, --std and --resize"
            ),
        })
    }

    /// The content of such a file.
    ///
    /// # Errors
    /// The reason why it cannot be used.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MOST {
            return Err("it is too long for a file of preprocessing".to_owned());
        }
        let keys: Keys = serde_json::from_slice(bytes)
            .map_err(|error| format!("not understood as a file of preprocessing: {error}"))?;
        if keys.do_flip_channel_order == Some(true) {
            return Err(
                "it puts blue before red (do_flip_channel_order), which no base does".to_owned(),
            );
        }
        let mut departures = Vec::new();
        let (size, resize) = keys.resizing(&mut departures)?;
        if let Some(filter) = keys.resample.filter(|&filter| filter != BILINEAR) {
            let name = usize::try_from(filter).ok();
            let name = name
                .and_then(|index| FILTERS.get(index))
                .unwrap_or(&"another");
            departures.push(format!(
                "it wants the {name} filter, and images are resized bilinearly"
            ));
        }
        Ok(Self {
            size,
            resize,
            normalisation: keys.normalisation()?,
            departures,
        })
    }

    /// Rows and columns of an image.
    pub(super) fn size(&self) -> Option<u32> {
        self.size
    }

    /// Mean and deviation.
    pub(super) fn normalisation(&self) -> Option<Normalisation> {
        self.normalisation
    }

    /// How images are brought to `size`. Where that is another than its own, as much of an image is seen.
    pub(super) fn resize(&self, size: u32) -> Option<ResizeRule> {
        Some(match (self.resize?, self.size) {
            (ResizeRule::CentreCrop { shorter_side }, Some(own)) if own != size => {
                let scaled = (u64::from(shorter_side) * u64::from(size)).div_ceil(own.into());
                ResizeRule::CentreCrop {
                    shorter_side: u32::try_from(scaled).unwrap_or(u32::MAX).max(size),
                }
            }
            (rule, _) => rule,
        })
    }

    /// A sentence that says which of its facts are taken, and where hd departs from them.
    pub(super) fn told(&self, wanted: &Stated) -> String {
        let mut facts = Vec::new();
        if let Some(size) = self.size.filter(|_| wanted.size) {
            facts.push(format!("images of {size} x {size}"));
        }
        match self.resize.filter(|_| wanted.resize) {
            Some(ResizeRule::Squash) => facts.push("squashed".to_owned()),
            Some(ResizeRule::CentreCrop { shorter_side }) => facts.push(format!(
                "the middle of an image whose shorter side was brought to {shorter_side}"
            )),
            None => {}
        }
        if let Some((mean, std)) = self.normalisation {
            let colours = |[r, g, b]: [f64; 3]| format!("{r:.3}, {g:.3}, {b:.3}");
            facts.extend(wanted.mean.then(|| format!("mean {}", colours(mean))));
            facts.extend(wanted.std.then(|| format!("deviation {}", colours(std))));
        }
        let taken = match facts.is_empty() {
            true => "nothing is taken from it".to_owned(),
            false => facts.join("; "),
        };
        let departures = self
            .departures
            .iter()
            .map(|departure| format!("; {departure}"));
        format!("{NAME}: {taken}{}", departures.collect::<String>())
    }
}

/// Pillow's filters, by their numbers.
const FILTERS: [&str; 6] = [
    "nearest", "Lanczos", "bilinear", "bicubic", "box", "Hamming",
];

impl Keys {
    /// Whether the processor is one of this name.
    fn is_of(&self, name: &str) -> bool {
        let kind = self
            .image_processor_type
            .as_ref()
            .or(self.feature_extractor_type.as_ref());
        kind.is_some_and(|kind| kind.to_lowercase().starts_with(name))
    }

    /// The size of an image, and how it is brought there.
    fn resizing(
        &self,
        departures: &mut Vec<String>,
    ) -> Result<(Option<u32>, Option<ResizeRule>), String> {
        let crops = self.do_center_crop.unwrap_or(self.crop_size.is_some());
        let crop = self
            .crop_size
            .filter(|_| crops)
            .map(Size::square)
            .transpose()?;
        let size = self.size.filter(|_| self.do_resize != Some(false));
        let (size, rule) = match (size, crop) {
            (None, crop) => (crop, None),
            (Some(size), Some(crop)) => (Some(crop), Some(self.cropped(size, crop, departures)?)),
            (Some(size), None) => {
                let (size, rule) = self.whole(size, departures)?;
                (Some(size), Some(rule))
            }
        };
        let possible = |pixels: u32| (1..=LARGEST).contains(&pixels);
        let shorter = match rule {
            Some(ResizeRule::CentreCrop { shorter_side }) => shorter_side,
            _ => 1,
        };
        match size.is_none_or(possible) && possible(shorter) {
            true => Ok((size, rule)),
            false => Err("its images have an impossible size".to_owned()),
        }
    }

    /// The rule by which `crop` rows and columns are cut out of an image of `size`.
    fn cropped(
        &self,
        size: Size,
        crop: u32,
        departures: &mut Vec<String>,
    ) -> Result<ResizeRule, String> {
        // One number is the shorter side, but for the first processors of DeiT and BEiT.
        let squashes = self.is_of("deit") || self.is_of("beit");
        let shorter = match size {
            Size::Number(shorter) if !squashes => shorter,
            Size::Shorter { shortest_edge } => self.enlarged(shortest_edge),
            size => {
                let side = size.square()?;
                if side == crop {
                    return Ok(ResizeRule::Squash);
                }
                departures.push(format!(
                    "it squashes images to {side} x {side} before, and their proportions are kept"
                ));
                side
            }
        };
        let shorter_side = shorter.max(crop);
        Ok(ResizeRule::CentreCrop { shorter_side })
    }

    /// LeViT's processor brings the shorter side to 256 where it says 224.
    fn enlarged(&self, shorter: u32) -> u32 {
        match self.is_of("levit") {
            true => shorter.saturating_mul(256) / 224,
            false => shorter,
        }
    }

    /// The size, and the rule, where nothing is cut out afterwards.
    fn whole(&self, size: Size, departures: &mut Vec<String>) -> Result<(u32, ResizeRule), String> {
        let is_convnext = self.is_of("convnext") || self.crop_pct.is_some();
        match size {
            Size::Number(side)
            | Size::Shorter {
                shortest_edge: side,
            } if is_convnext => {
                let share = self.crop_pct.unwrap_or(224.0 / 256.0);
                if !(share > 0.0 && share <= 1.0) {
                    return Err(format!("its crop_pct is {share}"));
                }
                let shorter_side = (f64::from(side) / share) as u32;
                Ok(match side < CONVNEXT_WHOLE {
                    true => (side, ResizeRule::CentreCrop { shorter_side }),
                    false => (side, ResizeRule::Squash),
                })
            }
            Size::Shorter { shortest_edge } => {
                departures.push("it leaves images oblong, and their middle is taken".to_owned());
                let rule = ResizeRule::CentreCrop {
                    shorter_side: shortest_edge,
                };
                Ok((shortest_edge, rule))
            }
            size => Ok((size.square()?, ResizeRule::Squash)),
        }
    }

    /// From `(pixel * factor - offset - mean) / std` to the form in which pixels are from 0 to 1.
    fn normalisation(&self) -> Result<Option<Normalisation>, String> {
        let factor = match self.do_rescale {
            Some(false) => 1.0,
            _ => self.rescale_factor.unwrap_or(1.0 / WHITE),
        };
        let offset = match self.rescale_offset {
            Some(true) => 1.0,
            _ => 0.0,
        };
        let stated = self.image_mean.is_some() || self.image_std.is_some();
        let (mean, std) = match (
            self.do_normalize.unwrap_or(stated),
            self.image_mean,
            self.image_std,
        ) {
            (false, ..) => ([0.0; 3], [1.0; 3]),
            (true, Some(mean), Some(std)) => (mean.three(), std.three()),
            (true, ..) => return Ok(None),
        };
        let range = WHITE * factor;
        let mean = mean.map(|mean| (mean + offset) / range);
        let std = std.map(|std| std / range);
        let finite = mean.iter().chain(&std).all(|value| value.is_finite());
        match finite && std.iter().all(|&std| std > 0.0) {
            true => Ok(Some((mean, std))),
            false => Err("its image_mean, image_std and rescale_factor are impossible".to_owned()),
        }
    }
}

impl Size {
    /// Rows and columns of a square.
    fn square(self) -> Result<u32, String> {
        match self {
            Self::Number(side)
            | Self::Shorter {
                shortest_edge: side,
            } => Ok(side),
            Self::Pair([height, width]) | Self::Sides { height, width } if height == width => {
                Ok(height)
            }
            Self::Pair([height, width]) | Self::Sides { height, width } => Err(format!(
                "it is for images of {height} x {width}, and only square images are supported"
            )),
        }
    }
}

impl Colours {
    fn three(self) -> [f64; 3] {
        match self {
            Self::One(value) => [value; 3],
            Self::Three(values) => values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> PreprocessorConfig {
        PreprocessorConfig::parse(json.as_bytes()).unwrap()
    }

    fn sized(json: &str) -> (Option<u32>, Option<ResizeRule>) {
        let config = parsed(json);
        (config.size, config.resize)
    }

    const fn crop(shorter_side: u32) -> Option<ResizeRule> {
        Some(ResizeRule::CentreCrop { shorter_side })
    }

    const SQUASH: Option<ResizeRule> = Some(ResizeRule::Squash);

    #[test]
    fn sizes_are_read_as_their_processors_mean_them() {
        for (json, size, resize) in [
            ("{}", None, None),
            (r#"{"size": 224}"#, Some(224), SQUASH),
            (r#"{"size": [96, 96]}"#, Some(96), SQUASH),
            (
                r#"{"size": {"height": 384, "width": 384}, "do_center_crop": false, "crop_size": 224}"#,
                Some(384),
                SQUASH,
            ),
            (
                r#"{"size": {"shortest_edge": 256}, "do_center_crop": true, "crop_size": {"height": 224, "width": 224}}"#,
                Some(224),
                crop(256),
            ),
            (
                r#"{"size": {"shortest_edge": 224}, "crop_size": 224}"#,
                Some(224),
                crop(224),
            ),
            (
                r#"{"size": 224, "do_center_crop": true, "crop_size": 224}"#,
                Some(224),
                crop(224),
            ),
            (
                r#"{"size": 256, "do_center_crop": true, "crop_size": 224, "feature_extractor_type": "DeiTFeatureExtractor"}"#,
                Some(224),
                crop(256),
            ),
            (
                r#"{"size": {"height": 224, "width": 224}, "crop_size": 224}"#,
                Some(224),
                SQUASH,
            ),
            (
                r#"{"size": {"shortest_edge": 224}, "crop_pct": 0.875}"#,
                Some(224),
                crop(256),
            ),
            (
                r#"{"size": {"shortest_edge": 384}, "crop_pct": 0.875}"#,
                Some(384),
                SQUASH,
            ),
            (
                r#"{"size": 224, "image_processor_type": "ConvNextImageProcessor"}"#,
                Some(224),
                crop(256),
            ),
            (
                r#"{"size": {"shortest_edge": 224}, "crop_size": 224, "image_processor_type": "LevitImageProcessor"}"#,
                Some(224),
                crop(256),
            ),
            (r#"{"size": {"shortest_edge": 300}}"#, Some(300), crop(300)),
            (
                r#"{"do_resize": false, "size": 300, "crop_size": 224}"#,
                Some(224),
                None,
            ),
        ] {
            assert_eq!(sized(json), (size, resize), "{json}");
        }
    }

    #[test]
    fn as_much_of_an_image_is_seen_at_another_size() {
        let config = parsed(r#"{"size": {"shortest_edge": 256}, "crop_size": 224}"#);
        assert_eq!(config.resize(224), crop(256));
        assert_eq!(config.resize(448), crop(512));
        let config = parsed(r#"{"size": {"shortest_edge": 224}, "crop_size": 224}"#);
        assert_eq!(config.resize(320), crop(320));
        assert_eq!(parsed(r#"{"size": 224}"#).resize(320), SQUASH);
    }

    #[test]
    fn rescaling_and_normalising_become_one_mean_and_deviation() {
        let near = |json: &str, mean: f64, std: f64| {
            let (m, s) = parsed(json).normalisation.unwrap();
            for (a, b) in m
                .iter()
                .map(|m| (m, mean))
                .chain(s.iter().map(|s| (s, std)))
            {
                assert!((a - b).abs() < 1e-12, "{json}: {m:?} {s:?}");
            }
        };
        near(
            r#"{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25]}"#,
            0.5,
            0.25,
        );
        near(
            r#"{"image_mean": 0.5, "image_std": 0.5, "rescale_factor": 0.00392156862745098}"#,
            0.5,
            0.5,
        );
        near(
            r#"{"do_normalize": false, "image_mean": 0.5, "image_std": 0.5}"#,
            0.0,
            1.0,
        );
        near("{}", 0.0, 1.0);
        // Pixels from 0 to 255, and from -1 to 1.
        near(
            r#"{"do_rescale": false, "image_mean": 127.5, "image_std": 127.5}"#,
            0.5,
            0.5,
        );
        near(
            r#"{"do_normalize": false, "rescale_factor": 0.00784313725490196, "rescale_offset": true}"#,
            0.5,
            0.5,
        );
        assert_eq!(parsed(r#"{"do_normalize": true}"#).normalisation, None);
    }

    #[test]
    fn what_is_taken_and_what_is_not_is_said() {
        let config = parsed(
            r#"{"size": {"shortest_edge": 256}, "crop_size": 224, "resample": 3, "image_mean": 0.5, "image_std": [0.1, 0.2, 0.3]}"#,
        );
        let told = |flags: [bool; 4]| {
            let [size, resize, mean, std] = flags;
            config.told(&Stated {
                size,
                resize,
                mean,
                std,
            })
        };
        assert_eq!(
            told([true; 4]),
            "preprocessor_config.json: images of 224 x 224; the middle of an image whose shorter side was brought to 256; \
             mean 0.500, 0.500, 0.500; deviation 0.100, 0.200, 0.300; it wants the bicubic filter, and images are resized \
             bilinearly"
        );
        assert!(
            told([false, false, false, true])
                .starts_with("preprocessor_config.json: deviation 0.1")
        );
        assert!(told([false; 4]).contains("nothing is taken from it"));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        for (json, reason) in [
            ("", "not understood"),
            (r#"{"size": "large"}"#, "not understood"),
            (
                r#"{"size": {"height": 384, "width": 512}}"#,
                "384 x 512, and only square",
            ),
            (r#"{"size": 0}"#, "impossible size"),
            (r#"{"size": 4000000000}"#, "impossible size"),
            (r#"{"image_mean": 0.5, "image_std": 0}"#, "are impossible"),
            (r#"{"rescale_factor": 0}"#, "are impossible"),
            (r#"{"do_flip_channel_order": true}"#, "blue before red"),
            (r#"{"size": 224, "crop_pct": -1}"#, "crop_pct is -1"),
        ] {
            let message = PreprocessorConfig::parse(json.as_bytes()).unwrap_err();
            assert!(message.contains(reason), "{json}: {message}");
        }
    }
}
