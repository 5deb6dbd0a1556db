//! Colour as light: three linear intensities that can be added and scaled.
//! A gamma of exactly 2 stands in for the sRGB curve: close enough for
//! drawings, and a square root is cheap.

use std::ops::{Add, Mul, Sub};

/// Linear red, green and blue; 1 is the brightest a screen shows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Color {
    /// Red.
    pub(crate) r: f32,
    /// Green.
    pub(crate) g: f32,
    /// Blue.
    pub(crate) b: f32,
}

impl Color {
    /// White.
    pub(crate) const WHITE: Self = Self::new(1.0, 1.0, 1.0);

    /// A colour from its linear intensities.
    pub(crate) const fn new(r: f32, g: f32, b: f32) -> Self {
        Self { r, g, b }
    }

    /// A colour as designers write it, 0xRRGGBB on a screen.
    pub(crate) fn hex(code: u32) -> Self {
        let [_, r, g, b] = code
            .to_be_bytes()
            .map(|byte| (f32::from(byte) / 255.0).powi(2));
        Self { r, g, b }
    }

    /// The colour a part of the way (0 to 1) from this one to another.
    pub(crate) fn mix(self, other: Self, part: f32) -> Self {
        self + (other - self) * part
    }

    /// The brightness that the eye sees in it.
    pub(crate) fn luma(self) -> f32 {
        0.3 * self.r + 0.6 * self.g + 0.1 * self.b
    }

    /// Screen bytes.
    pub(crate) fn bytes(self) -> [u8; 3] {
        [self.r, self.g, self.b].map(|v| (v.clamp(0.0, 1.0).sqrt() * 255.0 + 0.5) as u8)
    }
}

impl Add for Color {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self::new(self.r + o.r, self.g + o.g, self.b + o.b)
    }
}

impl Sub for Color {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        Self::new(self.r - o.r, self.g - o.g, self.b - o.b)
    }
}

impl Mul<f32> for Color {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        Self::new(self.r * k, self.g * k, self.b * k)
    }
}

impl Mul for Color {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        Self::new(self.r * o.r, self.g * o.g, self.b * o.b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hex_colour_comes_back_as_its_bytes() {
        assert_eq!(Color::hex(0x00C0_7F10).bytes(), [0xC0, 0x7F, 0x10]);
    }

    #[test]
    fn light_beyond_the_screen_is_clipped() {
        assert_eq!(Color::new(4.0, -1.0, 1.0).bytes(), [255, 0, 255]);
    }
}
