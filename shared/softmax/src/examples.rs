//! The rows of bottlenecks that heads are fitted to and scored on, where they are mapped.

use std::ops::Range;

use hd_rows::Row;

/// A view of an image, and the number of its label in the head.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// D floats.
    pub x: Row<'a>,
    /// What they are multiplied by before anything else; see [`unit()`].
    pub factor: f32,
    /// Counted from 0.
    pub label: u32,
}

/// Sums that are kept apart, so that none has to wait for the one before it.
const LANES: usize = 8;

/// The factor that brings `x` to length one: 1 / |x|, and 1 where `x` is 0 throughout.
pub fn unit(x: &[f32]) -> f32 {
    let mut sums = [0f64; LANES];
    for part in x.chunks(LANES) {
        let squares = part.iter().map(|&x| f64::from(x) * f64::from(x));
        sums.iter_mut()
            .zip(squares)
            .for_each(|(sum, square)| *sum += square);
    }
    let length = sums.iter().sum::<f64>().sqrt();
    if length > 0.0 {
        (1.0 / length) as f32
    } else {
        1.0
    }
}

/// Examples in at most two stretches: all of a list, or all but a part in its middle.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    first: &'a [Example<'a>],
    second: &'a [Example<'a>],
}

impl<'a> From<&'a [Example<'a>]> for Examples<'a> {
    fn from(all: &'a [Example<'a>]) -> Self {
        Self {
            first: all,
            second: &[],
        }
    }
}

impl<'a> Examples<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The size D of a row; 0 where there is none.
    pub fn size(&self) -> usize {
        let first = self.iter(0..self.len()).next();
        first.map_or(0, |one| one.x.floats().len())
    }

    /// Those with these numbers.
    pub fn iter(&self, range: Range<usize>) -> impl Iterator<Item = &'a Example<'a>> + use<'a> {
        let border = self.first.len();
        let within = |part: &'a [Example<'a>], from: usize| {
            let [start, end] =
                [range.start, range.end].map(|n| n.saturating_sub(from).min(part.len()));
            part.get(start..end).unwrap_or_default()
        };
        within(self.first, 0)
            .iter()
            .chain(within(self.second, border))
    }
}

/// Examples in folds: what is scored in one is learned from in all others.
#[derive(Debug)]
pub struct Folds<'a> {
    examples: Vec<Example<'a>>,
    folds: Vec<Fold>,
}

/// Where a fold's examples are: first the images as they are, then distorted views of them.
#[derive(Clone, Debug)]
struct Fold {
    plain: Range<usize>,
    all: Range<usize>,
}

impl<'a> Folds<'a> {
    /// Folds of these examples, each with the views that are learned from.
    pub fn new(folds: Vec<(Vec<Example<'a>>, Vec<Example<'a>>)>) -> Self {
        let mut new = Self {
            examples: Vec::new(),
            folds: Vec::new(),
        };
        for (plain, views) in folds {
            let start = new.examples.len();
            new.examples.extend(plain);
            let middle = new.examples.len();
            new.examples.extend(views);
            new.folds.push(Fold {
                plain: start..middle,
                all: start..new.examples.len(),
            });
        }
        new.examples.shrink_to_fit();
        new
    }

    /// The examples of all folds, one fold after another.
    pub fn all(&self) -> Examples<'_> {
        self.examples.as_slice().into()
    }

    /// The images of the fold `index`, without distorted views of them.
    pub fn plain(&self, index: usize) -> Examples<'_> {
        let range = self.folds.get(index).map(|fold| fold.plain.clone());
        self.slice(range.unwrap_or_default()).into()
    }

    /// The same, and the distorted views of them.
    pub fn with_views(&self, index: usize) -> Examples<'_> {
        let range = self.folds.get(index).map(|fold| fold.all.clone());
        self.slice(range.unwrap_or_default()).into()
    }

    /// The examples of all folds but `index`.
    pub fn others(&self, index: usize) -> Examples<'_> {
        let range = self.folds.get(index).map(|fold| fold.all.clone());
        let range = range.unwrap_or_default();
        Examples {
            first: self.slice(0..range.start),
            second: self.slice(range.end..self.examples.len()),
        }
    }

    fn slice(&self, range: Range<usize>) -> &[Example<'a>] {
        self.examples.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fold_is_learned_from_where_it_is_not_scored() {
        let numbers = [0f32, 1.0, 2.0, 3.0, 4.0, 5.0];
        let example = |n: usize| Example {
            factor: 1.0,
            x: numbers[n..=n].into(),
            label: 0,
        };
        let folds = Folds::new(vec![
            (vec![example(0), example(1)], vec![]),
            (vec![example(2)], vec![example(3), example(4)]),
            (vec![example(5)], vec![]),
        ]);
        let values = |examples: Examples, range: Range<usize>| -> Vec<f32> {
            examples.iter(range).map(|one| one.x.floats()[0]).collect()
        };
        let all = |examples: Examples| values(examples, 0..examples.len());
        assert_eq!(all(folds.all()), numbers);
        assert_eq!(all(folds.plain(1)), [2.0]);
        assert_eq!(all(folds.others(1)), [0.0, 1.0, 5.0]);
        assert_eq!(values(folds.others(1), 1..3), [1.0, 5.0]);
        assert_eq!(values(folds.others(1), 2..3), [5.0]);
        assert_eq!(all(folds.others(0)), [2.0, 3.0, 4.0, 5.0]);
        assert_eq!(folds.others(2).size(), 1);
    }
}
