//! The answer of a retrained graph for one image: labels with their probabilities, and the verdict
//! in words.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::argmax::argmax;
use crate::photo::Notes;

/// The label where none is probable enough.
pub const CANT_TELL: &str = "can't tell";

/// A label is said in words only if it is more probable than this.
pub const CONFIDENT: f64 = 0.90;

/// The labels of a graph, and their probabilities for one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer<'a> {
    labels: &'a [String],
    scores: &'a [f32],
}

impl<'a> Answer<'a> {
    /// One probability for each of the labels.
    pub fn new(labels: &'a [String], scores: &'a [f32]) -> Self {
        Self { labels, scores }
    }

    /// Labels and probabilities in the order of the graph's outputs.
    pub fn scores(&self) -> impl Iterator<Item = (&'a str, f32)> + use<'a> {
        let labels = self.labels.iter().map(String::as_str);
        labels.zip(self.scores.iter().copied())
    }

    /// The same, the most probable first; equals in the order of the outputs.
    pub fn ranked(&self) -> Vec<(&'a str, f32)> {
        let mut ranked: Vec<_> = self.scores().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// The most probable label and its probability; of equals the first.
    pub fn best(&self) -> (&'a str, f32) {
        let best = argmax(self.scores.iter().copied());
        let best = best.and_then(|index| self.scores().nth(index));
        best.unwrap_or((CANT_TELL, 0.0))
    }

    /// The most probable label, or [`CANT_TELL`] where its probability is below `threshold`.
    pub fn label(&self, threshold: f32) -> &'a str {
        match self.best() {
            (label, score) if score >= threshold => label,
            _ => CANT_TELL,
        }
    }

    /// All of the answer for an image with these notes. A label below `threshold` is [`CANT_TELL`], and
    /// the verdict says one that is more probable than `confident`.
    pub fn record(self, threshold: f32, confident: f64, notes: Notes) -> Record<'a> {
        let (guess, score) = self.best();
        let verdict = self.verdict(threshold, confident);
        Record {
            label: self.label(threshold),
            guess,
            score,
            verdict: verdict.to_string(),
            probably: (verdict == Verdict::CantTell).then(|| probably(guess, score)),
            scores: Scores(self),
            notes: Some(notes.to_string()).filter(|notes| !notes.is_empty()),
        }
    }

    /// The verdict. It is [`Verdict::CantTell`] unless the most probable label has more than `confident`, which is
    /// [`CONFIDENT`] in the lab, and at least `threshold`.
    pub fn verdict(&self, threshold: f32, confident: f64) -> Verdict<'a> {
        match self.best() {
            (_, score) if f64::from(score) <= confident || score < threshold => Verdict::CantTell,
            (label, _) => Verdict::on(label),
        }
    }
}

/// What is said beside [`Verdict::CantTell`] of the most probable label.
fn probably(label: &str, score: f32) -> String {
    // What can't be told is never said to be certain.
    let percent = (score * 100.0).round().min(99.0);
    format!("{} ({percent} %).", guess(label))
}

/// The same without the probability.
fn guess(label: &str) -> String {
    let what = match label {
        HOT_DOG => "a hot dog",
        NOT_HOT_DOG => "not a hot dog",
        label => label,
    };
    format!("Probably {what}")
}

/// All words that an answer can be made of, for a page that labels images by itself.
#[derive(Debug, Serialize)]
pub struct Words<'a> {
    /// Those for each label, in the order of the outputs.
    pub labels: Vec<LabelWords<'a>>,
    /// The state of a page that cannot tell, and what it says.
    pub unsure: Said,
}

/// The words for one label.
#[derive(Debug, Serialize)]
pub struct LabelWords<'a> {
    name: &'a str,
    /// What is said where it is probable enough.
    #[serde(flatten)]
    sure: Said,
    /// What is said where it is the most probable one, without the probability.
    probably: String,
}

/// A verdict in one word for programs, and in the words of the lab.
#[derive(Debug, Serialize)]
pub struct Said {
    state: &'static str,
    verdict: String,
}

impl From<Verdict<'_>> for Said {
    fn from(verdict: Verdict<'_>) -> Self {
        Self {
            state: verdict.name(),
            verdict: verdict.to_string(),
        }
    }
}

impl<'a> Words<'a> {
    /// Those for these labels.
    pub fn of(labels: &'a [String]) -> Self {
        let words = |name: &'a String| LabelWords {
            name,
            sure: Verdict::on(name).into(),
            probably: guess(name),
        };
        Self {
            labels: labels.iter().map(words).collect(),
            unsure: Verdict::CantTell.into(),
        }
    }
}

/// The two labels for which the lab has words.
const HOT_DOG: &str = "hot dog";
const NOT_HOT_DOG: &str = "not hot dog";

/// The question that a graph with these labels answers.
pub fn question(labels: &[String]) -> &'static str {
    match labels.iter().any(|label| label == HOT_DOG) {
        true => "Hot dog?",
        false => "What is it?",
    }
}

/// A verdict on an image. It is displayed in the words of the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// A hot dog.
    HotDog,
    /// Not a hot dog.
    NotHotDog,
    /// Another label.
    Other(&'a str),
    /// No label is probable enough.
    CantTell,
}

impl<'a> Verdict<'a> {
    /// The verdict where this label is probable enough.
    fn on(label: &'a str) -> Self {
        match label {
            HOT_DOG => Self::HotDog,
            NOT_HOT_DOG => Self::NotHotDog,
            label => Self::Other(label),
        }
    }

    /// One word, for programs: `yes`, `no`, `other` or `unsure`.
    pub fn name(self) -> &'static str {
        match self {
            Self::HotDog => "yes",
            Self::NotHotDog => "no",
            Self::Other(_) => "other",
            Self::CantTell => "unsure",
        }
    }
}

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HotDog => f.write_str("That's a hot dog!"),
            Self::NotHotDog => f.write_str("That's not a hot dog."),
            Self::Other(label) => write!(f, "That's {label}."),
            Self::CantTell => f.write_str("Can't tell."),
        }
    }
}

/// An answer as JSON has it.
#[derive(Debug, Serialize)]
pub struct Record<'a> {
    /// The most probable label, or that it can't tell.
    label: &'a str,
    /// The most probable label.
    guess: &'a str,
    /// The probability of the most probable label.
    score: f32,
    /// The words of [`Answer::verdict`].
    verdict: String,
    /// The most probable label in words, where the verdict has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    probably: Option<String>,
    scores: Scores<'a>,
    /// Why somebody should look at the image, where there is a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
}

/// An object from label to probability, in the order of the outputs.
#[derive(Debug)]
struct Scores<'a>(Answer<'a>);

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.scores())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<String> {
        ["hot dog", "not hot dog", "café"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn the_most_probable_label_is_the_answer_and_of_equals_the_first() {
        let labels = labels();
        let answer = Answer::new(&labels, &[0.2, 0.5, 0.3]);
        assert_eq!(answer.best(), ("not hot dog", 0.5));
        assert_eq!(
            answer.ranked(),
            [("not hot dog", 0.5), ("café", 0.3), ("hot dog", 0.2)]
        );
        let tie = Answer::new(&labels, &[0.4, 0.4, 0.2]);
        assert_eq!(tie.best(), ("hot dog", 0.4));
        assert_eq!(tie.ranked().first(), Some(&("hot dog", 0.4)));
    }

    #[test]
    fn below_the_threshold_it_cannot_tell() {
        let labels = labels();
        let answer = Answer::new(&labels, &[0.5, 0.25, 0.25]);
        assert_eq!(answer.label(0.5), "hot dog");
        assert_eq!(answer.label(0.51), CANT_TELL);
        assert_eq!(Answer::new(&[], &[]).label(0.0), CANT_TELL);
    }

    #[test]
    fn speaks_as_the_lab_does() {
        let labels = labels();
        let say = |scores: [f32; 3]| {
            Answer::new(&labels, &scores)
                .verdict(0.0, CONFIDENT)
                .to_string()
        };
        assert_eq!(say([0.95, 0.05, 0.0]), "That's a hot dog!");
        assert_eq!(say([0.05, 0.95, 0.0]), "That's not a hot dog.");
        assert_eq!(say([0.0, 0.09, 0.91]), "That's café.");
        // Over 0.90, and not at it.
        assert_eq!(say([0.90, 0.1, 0.0]), "Can't tell.");
        // And not where the label itself can't.
        let sure = Answer::new(&labels, &[0.95, 0.05, 0.0]);
        assert_eq!(sure.verdict(0.96, CONFIDENT), Verdict::CantTell);
        assert_eq!(sure.verdict(0.0, 0.96), Verdict::CantTell);
    }

    #[test]
    fn what_is_most_probable_is_said_beside_that_it_cannot_tell() {
        let labels = labels();
        let said = |scores: [f32; 3]| {
            let record = Answer::new(&labels, &scores).record(0.0, CONFIDENT, Notes::default());
            record.probably
        };
        let probably = |text: &str| Some(text.to_owned());
        assert_eq!(
            said([0.86, 0.14, 0.0]),
            probably("Probably a hot dog (86 %).")
        );
        assert_eq!(
            said([0.3, 0.7, 0.0]),
            probably("Probably not a hot dog (70 %).")
        );
        assert_eq!(said([0.2, 0.2, 0.6]), probably("Probably café (60 %)."));
        assert_eq!(said([0.95, 0.05, 0.0]), None);
    }
}
