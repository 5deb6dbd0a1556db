//! What is done to a picture before a network sees it. The rule travels in the network's file, so that training
//! and labelling cannot differ.

use serde::{Deserialize, Serialize};

use super::decode::{PictureError, decode};
use super::resize::squash;
use crate::digest::Digest;

/// Raised when the same rule begins to give other pixels, or to take pictures that it refused: what was found unusable is
/// remembered too.
const PIXELS_VERSION: u32 = 1;

/// How pictures become the input of a network: uint8 [height, width, 3], RGB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// Columns of the input.
    pub width: u32,
    /// Rows of the input.
    pub height: u32,
    /// How a picture is brought to that size.
    pub resize: ResizeRule,
}

/// How a picture is brought to the size of a network's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResizeRule {
    /// Antialiased bilinear straight to the size, whatever the picture's proportions.
    Squash,
}

impl Preprocess {
    /// The input of the network for the picture in `bytes`: `height * width * 3` bytes.
    ///
    /// # Errors
    /// Bytes that are no picture that can be decoded.
    pub fn apply(&self, bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
        let picture = decode(bytes)?;
        match self.resize {
            ResizeRule::Squash => squash(&picture, self.width, self.height),
        }
        .map_err(|reason| PictureError::Corrupt {
            format: "picture",
            reason,
        })
    }

    /// Identifies everything that decides which pixels a network sees for given bytes.
    pub fn fingerprint(&self) -> Digest {
        let rule = serde_json::to_vec(self).unwrap_or_default();
        Digest::of_parts([PIXELS_VERSION.to_le_bytes().as_slice(), &rule])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Preprocess {
        Preprocess {
            width: 224,
            height: 224,
            resize: ResizeRule::Squash,
        }
    }

    #[test]
    fn reads_back_the_json_that_it_writes() {
        let json = serde_json::to_string(&rule()).unwrap();
        assert_eq!(json, r#"{"width":224,"height":224,"resize":"squash"}"#);
        assert_eq!(serde_json::from_str::<Preprocess>(&json).unwrap(), rule());
    }

    #[test]
    fn refuses_a_rule_that_it_does_not_know() {
        let json = r#"{"width":224,"height":224,"resize":"seam-carving"}"#;
        assert!(serde_json::from_str::<Preprocess>(json).is_err());
    }

    #[test]
    fn another_rule_has_another_fingerprint() {
        let smaller = Preprocess {
            width: 192,
            ..rule()
        };
        assert_ne!(rule().fingerprint(), smaller.fingerprint());
    }
}
