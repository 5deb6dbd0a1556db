//! How often decoding a JPEG goes over all of it.

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
}
