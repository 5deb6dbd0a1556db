//! How the numbers of bottlenecks are kept: as they are, or in half of the room.

use std::borrow::Cow;
use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::float16;

/// How the numbers of bottlenecks are kept, little-endian in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// As float32, which is what a base gives.
    #[default]
    Single,
    /// As float16, rounded to the nearest, of which there are three digits.
    Half,
}

impl Precision {
    /// The bytes of a number.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Single => size_of::<f32>(),
            Self::Half => size_of::<u16>(),
        }
    }

    /// The floats that these bytes stand for, where they lie if they can be used there.
    pub(super) fn floats(self, bytes: Cow<'_, [u8]>) -> Cow<'_, [f32]> {
        match (self, bytes) {
            (Self::Single, Cow::Borrowed(bytes)) => match bytemuck::try_cast_slice(bytes) {
                Ok(floats) => Cow::Borrowed(floats),
                Err(_) => Cow::Owned(singles(bytes)),
            },
            (Self::Single, Cow::Owned(bytes)) => Cow::Owned(singles(&bytes)),
            (Self::Half, bytes) => Cow::Owned(halves(&bytes)),
        }
    }

    /// The bytes that these floats are kept in.
    ///
    /// # Errors
    /// A number that is too large.
    pub(super) fn bytes_of(self, floats: &[f32]) -> io::Result<Cow<'_, [u8]>> {
        if self == Self::Single {
            return Ok(Cow::Borrowed(bytemuck::cast_slice(floats)));
        }
        let halves: Vec<u16> = floats.iter().map(|&float| float16::of(float)).collect();
        let mut numbers = floats.iter().zip(&halves);
        match numbers.any(|(float, &bits)| float.is_finite() && !float16::float(bits).is_finite()) {
            true => Err(io::Error::other(
                "a bottleneck has numbers beyond 65504, for which there is no float16: it has to be made without --half",
            )),
            false => Ok(Cow::Owned(bytemuck::cast_slice(&halves).to_vec())),
        }
    }

    /// Whether what is kept with the `other` precision can be kept with this one without a loss that
    /// nobody asked for.
    pub(super) fn takes(self, other: Self) -> bool {
        self == Self::Half || other == Self::Single
    }
}

/// The floats of bytes that may lie anywhere.
fn singles(bytes: &[u8]) -> Vec<f32> {
    let bytes = bytes.as_chunks().0.iter();
    bytes.map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn halves(bytes: &[u8]) -> Vec<f32> {
    let bits = bytes.as_chunks().0.iter();
    bits.map(|bits| float16::float(u16::from_le_bytes(*bits)))
        .collect()
}

/// Its name in numpy.
impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Single => "float32",
            Self::Half => "float16",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_come_back_as_they_were_or_rounded_to_the_nearest_half() {
        let floats = [
            0.0f32,
            1.0,
            -2.5,
            1.0 + 1.0 / 2048.0,
            1.0 + 3.0 / 2048.0,
            65_504.0,
            1e-9,
        ];
        let single = Precision::Single.bytes_of(&floats).unwrap();
        assert_eq!(*Precision::Single.floats(single.clone()), floats);
        assert_eq!(
            *Precision::Single.floats(single.into_owned().into()),
            floats
        );
        // Ties go to the even one of both neighbours.
        let rounded = [0.0, 1.0, -2.5, 1.0, 1.0 + 4.0 / 2048.0, 65_504.0, 0.0];
        let half = Precision::Half.bytes_of(&floats).unwrap();
        assert_eq!(half.len(), 2 * floats.len());
        assert_eq!(half[2..4], [0x00, 0x3c]);
        assert_eq!(*Precision::Half.floats(half), rounded);
    }

    #[test]
    fn what_is_too_large_is_an_error_and_what_is_no_number_stays_so() {
        let message = Precision::Half.bytes_of(&[1.0, -70_000.0]).unwrap_err();
        assert!(message.to_string().contains("beyond 65504"));
        let bytes = Precision::Half
            .bytes_of(&[f32::NAN, f32::INFINITY])
            .unwrap();
        let floats = Precision::Half.floats(bytes);
        assert!(floats[0].is_nan() && floats[1] == f32::INFINITY);
    }
}
