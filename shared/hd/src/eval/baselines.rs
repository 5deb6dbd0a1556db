//! What would be right without a head: figures that a head has to beat.

use serde::{Deserialize, Serialize};

use super::accuracy::Accuracy;
use super::judged::Judged;
use super::neighbour;
use crate::bottleneck::Samples;
use crate::head::Head;

/// Products of numbers that the search for neighbours may cost: about a second on two cores.
const PRODUCTS: usize = 1 << 35;

/// What simpler answers to the same images would score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baselines {
    /// Always the same answer.
    pub most_frequent: MostFrequent,
    /// The label of the nearest image, by the cosine of the bottlenecks, among those that the head
    /// learned from, without the image itself. Absent where these are not among the bottlenecks.
    /// Where all images would take too long, some of them are asked for, evenly spread over their
    /// order by path: then `n` here is less than that of the evaluation.
    pub nearest_neighbour: Option<Accuracy>,
}

/// The label that most of the images have which the head learned from, as the answer to all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MostFrequent {
    /// The label.
    pub label: String,
    /// How often it is right.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

impl Baselines {
    /// Those for some images. `learned` are the samples that the head learned from, and `numbers`
    /// has the head's number of each of the samples' labels.
    pub(super) fn of(
        head: &Head,
        samples: &Samples,
        numbers: &[u32],
        learned: &[usize],
        judged: &[Judged],
    ) -> Self {
        Self {
            most_frequent: MostFrequent::of(head, judged),
            nearest_neighbour: nearest_neighbour(samples, numbers, learned, judged),
        }
    }
}

impl MostFrequent {
    fn of(head: &Head, judged: &[Judged]) -> Self {
        let counts = head
            .counts
            .iter()
            .map(|&[training, validation, _]| match head.sgd {
                Some(_) => training,
                None => training.saturating_add(validation),
            });
        let number = crate::argmax::argmax(counts).unwrap_or_default();
        Self {
            label: head.labels.get(number).cloned().unwrap_or_default(),
            accuracy: Accuracy::among(judged.iter().map(|image| image.label as usize == number)),
        }
    }
}

fn nearest_neighbour(
    samples: &Samples,
    numbers: &[u32],
    learned: &[usize],
    judged: &[Judged],
) -> Option<Accuracy> {
    if learned.is_empty() {
        return None;
    }
    let cost = learned.len().saturating_mul(samples.size()).max(1);
    let asked = spread(judged, (PRODUCTS / cost).max(1));
    let rows: Vec<usize> = asked.iter().map(|image| image.row).collect();
    let neighbours = neighbour::nearest(samples, learned, &rows);
    let label = |row: usize| Some(*numbers.get(samples.label(row)? as usize)?);
    let found = neighbours.into_iter().zip(asked);
    let right = found.filter_map(|(row, image)| Some(label(row?)? == image.label));
    Some(Accuracy::among(right)).filter(|accuracy| accuracy.n > 0)
}

/// At most so many of the images, evenly spread.
fn spread(judged: &[Judged], most: usize) -> Vec<&Judged> {
    let count = judged.len().min(most);
    let spread = (0..count).map(|number| number * judged.len() / count);
    spread.filter_map(|index| judged.get(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_images_is_spread_over_all_of_them() {
        let judged: Vec<Judged> = (0..10)
            .map(|row| Judged::new(row, 0, &[1.0], &[1.0]))
            .collect();
        let rows = |most| -> Vec<usize> { spread(&judged, most).iter().map(|j| j.row).collect() };
        assert_eq!(rows(4), [0, 2, 5, 7]);
        assert_eq!(rows(100), (0..10).collect::<Vec<_>>());
        assert!(spread(&[], 5).is_empty());
    }
}
