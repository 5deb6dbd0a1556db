//! Whether more images would help: how often answers are right that were learned from fewer.

use serde::{Deserialize, Serialize};

use super::accuracy::Accuracy;
use super::mcnemar::exact_test;
use crate::bottleneck::Samples;
use crate::digest::Digest;
use crate::error::Result;
use crate::head::{Growth, Head, growth};
use crate::split::Sample;
use crate::twins::Twins;

/// Products of numbers that one pass over the images may cost: all fits together then take some two
/// seconds on two cores.
const PRODUCTS: usize = 1 << 24;

/// With fewer images of a label on average, a sixteenth of them says nothing.
const FEW: usize = 10;

/// A p-value below this is no chance.
const LEVEL: f64 = 0.05;

/// A gain that nobody would take the trouble for.
const SMALL: f64 = 0.01;

/// How the accuracy grows with the images that are learned from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningCurve {
    /// How often what was learned from so many images is right, from few to all. All of the points
    /// are of the same images, each answered by a fit that has not seen it.
    pub points: Vec<LearningPoint>,
    /// Of how many images these are a sample; the number of scored images where they are all.
    pub of: u64,
    /// What half of the images and all of them differ in.
    pub last: Doubling,
    /// What follows from that.
    pub verdict: Verdict,
}

/// How often answers are right that were learned from so many images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningPoint {
    /// So many.
    pub images: u64,
    /// How many of the answers are right.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

/// What comes of twice as many images, on the same answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Doubling {
    /// How many answers were right with half of the images alone, and with all of them alone.
    pub only: [u64; 2],
    /// The gain in accuracy.
    pub gain: f64,
    /// Where that lies with 95 % confidence (Wald's interval for paired shares).
    pub gain_interval: [f64; 2],
    /// McNemar's exact test.
    pub p: f64,
}

/// Whether more images would help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The last doubling has helped, beyond chance.
    Likely,
    /// Whatever the last doubling has gained, with 95 % confidence it is less than a point.
    Little,
    /// Neither can be told from so few answers.
    Unclear,
}

/// The curve of the images that `head` has learned from, where these are among the samples; none
/// where they are too few to say anything, or so many labels that it would take too long. No image
/// is answered by a fit that has seen a near-duplicate of it in `twins`.
///
/// # Errors
/// Samples of another base than the head's, or with labels that it does not know.
pub fn learning_curve(
    head: &Head,
    samples: &Samples,
    twins: &Twins,
) -> Result<Option<LearningCurve>> {
    let examples = head.examples(samples)?;
    let images = twins.images(samples);
    let learned = images.iter().zip(&examples);
    let learned = learned.filter(|(image, _)| head.learned.contains(&image.digest));
    let learned: Vec<_> = learned.collect();
    let outputs = match head.labels.len() {
        2 => 1,
        labels => labels.max(1),
    };
    let most = PRODUCTS / (samples.size() * outputs).max(1);
    let of = learned.len();
    let sample = sample(learned, most, |(image, _)| image.digest);
    if sample.len() < FEW * head.labels.len() {
        return Ok(None);
    }
    let (images, examples): (Vec<Sample>, Vec<_>) = sample
        .into_iter()
        .map(|(image, example)| (*image, *example))
        .unzip();
    let grown = growth(head, &images, &examples);
    Ok(LearningCurve::of(&grown, of as u64))
}

/// About so many at most: those with the largest digests, in the order that they came in.
fn sample<T>(mut all: Vec<T>, most: usize, digest: impl Fn(&T) -> Digest) -> Vec<T> {
    if all.len() > most {
        let mut digests: Vec<Digest> = all.iter().map(&digest).collect();
        digests.sort_unstable_by(|a, b| b.cmp(a));
        let last = digests.get(most).copied();
        all.retain(|one| last.is_none_or(|last| digest(one) > last));
    }
    all
}

impl LearningCurve {
    /// That of growing parts, the last of which is the whole; none where there are not two.
    pub(super) fn of(grown: &[Growth], of: u64) -> Option<Self> {
        let mut points: Vec<LearningPoint> = Vec::new();
        for part in grown {
            if points.last().is_none_or(|last| part.images > last.images) {
                points.push(LearningPoint {
                    images: part.images,
                    accuracy: Accuracy::among(part.right.iter().copied()),
                });
            }
        }
        let [.., half, all] = grown else { return None };
        let last = Doubling::of(half, all);
        (points.len() > 1).then(|| Self {
            points,
            of,
            last,
            verdict: last.verdict(),
        })
    }

    /// Whether more images would help, with the figures that say so.
    pub fn sentence(&self) -> String {
        let [.., half, all] = self.points.as_slice() else {
            return String::new();
        };
        let [before, after] = [half, all].map(|point| {
            let accuracy = point.accuracy.accuracy.unwrap_or_default();
            format!("{:.1}", 100.0 * accuracy)
        });
        let change = match self.last.gain {
            gain if gain > 0.0 => format!("raised the accuracy from {before} to {after} %"),
            gain if gain < 0.0 => format!("lowered the accuracy from {before} to {after} %"),
            _ => format!("left the accuracy at {after} %"),
        };
        let [low, high] = self.last.gain_interval.map(|gain| 100.0 * gain);
        let verdict = match self.verdict {
            Verdict::Likely => "more images are likely to help",
            Verdict::Little => "more images of the same kind seem to change little",
            Verdict::Unclear => "these images are too few to tell whether more would help",
        };
        format!(
            "Learning from {} images instead of {} {change} (95 % interval of the change {low:+.1} to \
             {high:+.1} points, {}): {verdict}.",
            all.images,
            half.images,
            shown(self.last.p)
        )
    }
}

/// A p-value for people to read.
fn shown(p: f64) -> String {
    match p {
        p if p < 0.001 => "p < 0.001".to_owned(),
        p if p < 0.1 => format!("p = {p:.3}"),
        p => format!("p = {p:.2}"),
    }
}

impl Doubling {
    fn of(half: &Growth, all: &Growth) -> Self {
        let pairs = || half.right.iter().zip(&all.right);
        let lost = pairs().filter(|(half, all)| **half && !**all).count() as u64;
        let won = pairs().filter(|(half, all)| !**half && **all).count() as u64;
        let n = pairs().count().max(1) as f64;
        let gain = (won as f64 - lost as f64) / n;
        let variance = ((won + lost) as f64 / n - gain * gain).max(0.0) / n;
        let half_width = 1.96 * variance.sqrt();
        Self {
            only: [lost, won],
            gain,
            gain_interval: [gain - half_width, gain + half_width],
            p: exact_test(lost, won),
        }
    }

    fn verdict(&self) -> Verdict {
        let [_, high] = self.gain_interval;
        match self.gain > 0.0 && self.p < LEVEL {
            true => Verdict::Likely,
            false if high < SMALL => Verdict::Little,
            false => Verdict::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers of which so many are wrong, the first ones.
    fn grown(images: u64, wrong: usize, n: usize) -> Growth {
        Growth {
            images,
            right: (0..n).map(|index| index >= wrong).collect(),
        }
    }

    fn curve(wrong: [usize; 2], n: usize) -> LearningCurve {
        let [half, all] = wrong;
        LearningCurve::of(&[grown(50, half, n), grown(100, all, n)], n as u64).unwrap()
    }

    #[test]
    fn the_verdict_follows_from_the_last_doubling() {
        assert_eq!(curve([20, 10], 200).verdict, Verdict::Likely);
        assert_eq!(curve([12, 10], 200).verdict, Verdict::Unclear);
        assert_eq!(curve([12, 10], 2000).verdict, Verdict::Little);
        assert_eq!(curve([10, 60], 200).verdict, Verdict::Little);
    }

    #[test]
    fn the_gain_is_that_of_pairs() {
        let Doubling {
            only,
            gain,
            gain_interval: [low, high],
            p,
        } = curve([20, 10], 200).last;
        assert_eq!((only, gain), ([0, 10], 0.05));
        // Wald: 0.05 +- 1.96 sqrt((0.05 - 0.0025) / 200).
        assert!(
            (low - 0.019_794).abs() < 1e-6 && (high - 0.080_206).abs() < 1e-6,
            "{low} {high}"
        );
        assert!((p - 2.0 / 1024.0).abs() < 1e-12);
    }

    #[test]
    fn the_sentence_has_the_figures() {
        assert_eq!(
            curve([20, 10], 200).sentence(),
            "Learning from 100 images instead of 50 raised the accuracy from 90.0 to 95.0 % (95 % \
             interval of the change +2.0 to +8.0 points, p = 0.002): more images are likely to help."
        );
        let same = curve([10, 10], 200).sentence();
        assert!(same.contains("left the accuracy at 95.0 %"), "{same}");
    }

    #[test]
    fn a_sample_is_of_whole_groups_of_copies() {
        let digests: Vec<Digest> = [0u8, 1, 2, 3, 3, 3, 4].map(|n| Digest::of(&[n])).into();
        let all = sample(digests.clone(), 7, |digest| *digest);
        assert_eq!(all.len(), 7);
        for most in 0..7 {
            let some = sample(digests.clone(), most, |digest| *digest);
            let copies = some.iter().filter(|one| **one == digests[3]).count();
            assert!(
                some.len() <= most && [0, 3].contains(&copies),
                "{most}: {some:?}"
            );
        }
    }
}
