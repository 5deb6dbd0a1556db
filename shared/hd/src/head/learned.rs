//! The images that a head has learned from, so that nobody takes its answers to them for a test.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::split::{Sample, Split};

/// The images that a head has learned from: the first eight bytes of the digest of each, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned(Vec<u64>);

impl Learned {
    pub(super) fn of<'a>(images: impl IntoIterator<Item = &'a Digest>) -> Self {
        Self::sorted(images.into_iter().map(Digest::prefix).collect())
    }

    fn sorted(mut short: Vec<u64>) -> Self {
        short.sort_unstable();
        short.dedup();
        Self(short)
    }

    /// These and those of the head that it was begun from.
    pub(super) fn and(self, earlier: Option<&Self>) -> Self {
        let Some(earlier) = earlier else { return self };
        let mut all = self.0;
        all.extend_from_slice(&earlier.0);
        Self::sorted(all)
    }

    /// How many of the testing images are among them.
    pub(super) fn among_tested(&self, images: &[Sample], splits: &[Split]) -> usize {
        let images = images.iter().zip(splits);
        let tested = images.filter(|(_, split)| **split == Split::Testing);
        tested
            .filter(|(image, _)| self.contains(&image.digest))
            .count()
    }

    /// Whether an image of this content is among them.
    pub fn contains(&self, image: &Digest) -> bool {
        self.0.binary_search(&image.prefix()).is_ok()
    }

    /// Whether they are as they should be in a file.
    pub(super) fn is_sorted(&self) -> bool {
        self.0.is_sorted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in_and_nothing_else() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|bytes| Digest::of(bytes));
        let learned = Learned::of([&b, &a, &b]);
        assert!(learned.contains(&a) && learned.contains(&b) && !learned.contains(&c));
        let more = learned.clone().and(Some(&Learned::of([&c])));
        assert!(more.is_sorted() && more.0.len() == 3 && more.contains(&a) && more.contains(&c));
    }
}
