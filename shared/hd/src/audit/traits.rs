//! Traits that make an image hard to see, and their definitions.

use std::fmt;

use crate::bottleneck::Facts;
use crate::photo::{FileFormat, Preprocess};

/// Mean luma below which an image is dark, of 255.
const DARK: u8 = 60;

/// Mean luma above which an image is light.
const LIGHT: u8 = 190;

/// Standard deviation of luma below which an image is blank.
const BLANK: u8 = 10;

/// Variance of the Laplacian below which an image is blurred, at the size of the network's input. Of
/// a thousand photos from the web one in twenty has less.
const BLURRED: u32 = 100;

/// How many times as long as the shorter side the longer one of an odd-shaped image is, at least.
const ODD: f64 = 2.0;

/// Something about an image that may make it hard to recognise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// Its mean luma is below 60 of 255.
    Dark,
    /// Its mean luma is above 190 of 255.
    Light,
    /// The standard deviation of its luma is below 10 of 255.
    Blank,
    /// The variance of its Laplacian is below 100, and it is not blank.
    Blurred,
    /// Its shorter side has less than half of the pixels that the network takes.
    Tiny,
    /// Its longer side is at least twice its shorter one.
    OddShaped,
    /// It has no colours.
    Greyscale,
    /// Its file is of this format.
    Format(FileFormat),
}

impl Trait {
    /// Those of an image, for a network that takes images prepared in this way.
    pub fn of(facts: &Facts, preprocess: &Preprocess) -> Vec<Self> {
        let look = &facts.look;
        let is_blank = look.contrast < BLANK;
        let shorter = facts.width.min(facts.height);
        let taken = preprocess.width.min(preprocess.height);
        let all = [
            (Self::Dark, look.brightness < DARK),
            (Self::Light, look.brightness > LIGHT),
            (Self::Blank, is_blank),
            (Self::Blurred, look.sharpness < BLURRED && !is_blank),
            (Self::Tiny, shorter.saturating_mul(2) < taken),
            (Self::OddShaped, facts.aspect() >= ODD),
            (Self::Greyscale, look.is_grey()),
            (Self::Format(facts.format), true),
        ];
        let those = all.into_iter().filter(|(_, holds)| *holds);
        those.map(|(it, _)| it).collect()
    }

    /// What the trait is seen by, in words: the number and what it counts.
    pub fn measure(self, facts: &Facts) -> String {
        let look = &facts.look;
        match self {
            Self::Dark | Self::Light => format!("mean brightness {} of 255", look.brightness),
            Self::Blank => format!("contrast {} of 255", look.contrast),
            Self::Blurred => format!("sharpness {}", look.sharpness),
            Self::Tiny => format!("{} x {} pixels", facts.width, facts.height),
            Self::OddShaped => format!("{:.1} times as long as wide", facts.aspect()),
            Self::Greyscale => format!("colourfulness {}", look.colourfulness),
            Self::Format(format) => format.to_string(),
        }
    }
}

impl fmt::Display for Trait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Blank => "blank",
            Self::Blurred => "blurred",
            Self::Tiny => "tiny",
            Self::OddShaped => "odd-shaped",
            Self::Greyscale => "greyscale",
            Self::Format(format) => format.name(),
        })
    }
}
