//! What decoding a JPEG costs.

use super::structure::Structure;

impl Structure<'_> {
    /// The time that decoding takes, in eighths of that of as many pixels of a PNG. Each scan goes
    /// over the whole image, and so does the last step; both are four times as fast where the image
    /// may be reduced on the way.
    pub(crate) fn eighths(&self, reduced: bool) -> u64 {
        let passes = self.scans.len() as u64 + 1;
        match reduced && self.is_plain() && self.is_ended {
            true => passes,
            false => passes * 4,
        }
    }

    /// Bytes that decoding at 1/`by` of the size takes at its most.
    pub(crate) fn memory(&self, by: u32) -> u64 {
        let (width, height) = self.size();
        let pixels = u64::from(width) * u64::from(height);
        let by = u64::from(by);
        // The result, once more where it is turned, and inks or grey on the way to it.
        let result = pixels.div_ceil(by * by).saturating_mul(9);
        // Where there are several scans, all coefficients are kept until the last.
        let coefficients = match self.scans.len() > 1 || self.frame == 0xc2 {
            true => pixels.saturating_mul(2 * self.scans.len().clamp(1, 4) as u64),
            false => 0,
        };
        result + coefficients
    }
}
