//! Images that stand apart: far from every other image of their label, or hard to see by themselves.

use hd_neighbours::{Rows, nearest};

use super::traits::Trait;
use crate::bottleneck::Samples;
use crate::median::median;

/// How far beyond the median the distance of an outlier is: so many times the deviation that the median
/// absolute deviation stands for. This is the modified z-score of Iglewicz and Hoaglin, "How to detect
/// and handle outliers", 1993, who take 3.5 too.
const FAR: f64 = 3.5;

/// The standard deviation of normal numbers, in their median absolute deviations.
const DEVIATION: f64 = 1.4826;

/// Of more images than this so many are looked at for their distance, spread evenly.
const SAMPLE: usize = 2048;

/// An image that stands apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlier {
    /// Its number among the samples.
    pub image: usize,
    /// How many times as far it is from the nearest image of its label as is usual, if that is why.
    pub far: Option<f64>,
    /// The traits that are why, with what each is seen by, in words.
    pub traits: Vec<(Trait, String)>,
}

/// The images that stand apart, in the order of the samples.
pub fn outliers(samples: &Samples) -> Vec<Outlier> {
    let all = 0..samples.len();
    let rows = Rows::new(all.clone().map(|it| samples.row(it)).collect());
    let labels: Vec<Option<u32>> = all.map(|it| samples.label(it)).collect();
    let far = far(&rows, &labels);
    let image = |image: usize| {
        let facts = samples.facts(image)?;
        let traits = Trait::of(facts, samples.preprocess()).into_iter();
        // To be grey or of some format is nothing odd.
        let traits = traits.filter(|it| !matches!(it, Trait::Greyscale | Trait::Format(_)));
        let traits: Vec<(Trait, String)> = traits.map(|it| (it, it.measure(facts))).collect();
        let far = far.get(image).copied().flatten();
        let is_odd = far.is_some() || !traits.is_empty();
        is_odd.then_some(Outlier { image, far, traits })
    };
    (0..samples.len()).filter_map(image).collect()
}

/// For each image that is far from all others of its label, how many times as far as usual that is.
fn far(rows: &Rows, labels: &[Option<u32>]) -> Vec<Option<f64>> {
    let looked_at: Vec<usize> = match rows.len() {
        few if few <= SAMPLE => (0..few).collect(),
        many => (0..SAMPLE).map(|number| number * many / SAMPLE).collect(),
    };
    let is_alike = |one: usize, other: usize| labels.get(one) == labels.get(other);
    let found = nearest(rows, &looked_at, 1, is_alike);
    // An image that is the only one of its label is not far from any.
    let distances = looked_at.iter().zip(&found);
    let distances = distances.filter_map(|(&index, some)| Some((index, some.first()?.distance)));
    let distances: Vec<(usize, f64)> = distances.collect();
    let usual = median(distances.iter().map(|it| it.1).collect());
    let spread = median(distances.iter().map(|it| (it.1 - usual).abs()).collect());
    let limit = usual + FAR * DEVIATION * spread;
    let mut far = vec![None; rows.len()];
    for (index, distance) in distances
        .into_iter()
        .filter(|it| it.1 > limit && spread > 0.0)
    {
        if let Some(far) = far.get_mut(index) {
            *far = Some(distance / usual);
        }
    }
    far
}

#[cfg(test)]
mod tests {
    use super::*;
    use hd_rows::Row;

    #[test]
    fn an_image_is_far_where_no_other_of_its_label_is_near() {
        // Directions at the edge of a circle, by labels that lie apart; the last one is among the others.
        let angle = |at: u32| match at {
            40 => 1.5,
            at => f64::from(at % 2) * 1.5 + f64::from(at * at % 97) / 400.0,
        };
        let rows: Vec<[f32; 2]> = (0..41)
            .map(|at| [angle(at).cos() as f32, angle(at).sin() as f32])
            .collect();
        let rows = Rows::new(rows.iter().map(Row::from).collect());
        let labels: Vec<Option<u32>> = (0..41).map(|at| Some(at % 2)).collect();
        let found = far(&rows, &labels);
        assert!(found[40].is_some_and(|times| times > 10.0), "{found:?}");
        // The only one of its label is far from none.
        let alone: Vec<Option<u32>> = (0..41)
            .map(|at| Some(if at == 40 { 7 } else { at % 2 }))
            .collect();
        assert_eq!(far(&rows, &alone)[40], None);
        assert!(far(&Rows::new(Vec::new()), &[]).is_empty());
        assert_eq!(
            far(&Rows::new(vec![Row::from(&[1.0, 2.0]); 9]), &[Some(0); 9]),
            [None; 9]
        );
    }
}
