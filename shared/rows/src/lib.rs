//! Rows of floats where they lie: in memory, or with somebody who brings them from elsewhere.
//!
//! Whoever goes over rows asks for one when it is its turn, and forgets it soon. So there may be more
//! rows than memory has room for, and they may lie in another form than that of floats.

use std::borrow::Cow;
use std::fmt::Debug;

/// Somebody who has rows of one length, and brings them one at a time.
pub trait Source: Debug + Sync {
    /// The row of this number, and nothing where there is none.
    fn row(&self, index: usize) -> Cow<'_, [f32]>;
}

/// A row of floats.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// One that lies in memory.
    Here(&'a [f32]),
    /// One that somebody has, and its number there.
    At(&'a dyn Source, usize),
}

impl<'a> Row<'a> {
    /// The floats.
    pub fn floats(&self) -> Cow<'a, [f32]> {
        match *self {
            Self::Here(floats) => Cow::Borrowed(floats),
            Self::At(source, index) => source.row(index),
        }
    }
}

impl<'a> From<&'a [f32]> for Row<'a> {
    fn from(floats: &'a [f32]) -> Self {
        Self::Here(floats)
    }
}

impl<'a> From<&'a Vec<f32>> for Row<'a> {
    fn from(floats: &'a Vec<f32>) -> Self {
        Self::Here(floats)
    }
}

impl<'a, const D: usize> From<&'a [f32; D]> for Row<'a> {
    fn from(floats: &'a [f32; D]) -> Self {
        Self::Here(floats)
    }
}

/// The floats of some rows, all at once.
pub fn floats<'a>(rows: impl IntoIterator<Item = Row<'a>>) -> Vec<Cow<'a, [f32]>> {
    rows.into_iter().map(|row| row.floats()).collect()
}

/// These floats as the slices that products of matrices take.
pub fn slices<'a>(floats: &'a [Cow<[f32]>]) -> Vec<&'a [f32]> {
    floats.iter().map(|floats| &**floats).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Halves of what it was given.
    #[derive(Debug)]
    struct Halved(Vec<f32>);

    impl Source for Halved {
        fn row(&self, index: usize) -> Cow<'_, [f32]> {
            let numbers = self.0.get(index).map(|number| vec![number / 2.0]);
            numbers.unwrap_or_default().into()
        }
    }

    #[test]
    fn a_row_is_the_same_wherever_it_lies() {
        let source = Halved(vec![3.0, 5.0]);
        let rows = [Row::At(&source, 1), Row::from(&[2.5]), Row::At(&source, 2)];
        let floats = floats(rows);
        assert_eq!(slices(&floats), [&[2.5][..], &[2.5], &[]]);
    }
}
