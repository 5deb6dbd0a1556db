//! The figures beside those that scikit-learn and scipy give for the same predictions;
//! tests/metrics/recipe.py made them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::accuracy::Accuracy;
use super::calibration::Calibration;
use super::confusion::Confusion;
use super::decided::TopK;
use super::judged::Judged;
use super::mcnemar::exact_test;
use super::per_label::{Average, LabelMetrics, per_label};
use super::ranking::Areas;

const GOLDEN: &str = include_str!("../../../../tests/metrics/golden.json");

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    mcnemar: Vec<(u64, u64, f64)>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    labels: usize,
    truth: Vec<u32>,
    sixty_fourths: Vec<Vec<u32>>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    accuracy: f64,
    cross_entropy: f64,
    brier: f64,
    confusion: Confusion,
    precision: Vec<Option<f64>>,
    recall: Vec<Option<f64>>,
    f1: Vec<Option<f64>>,
    r#macro: [f64; 3],
    weighted: [f64; 3],
    top_k: BTreeMap<u32, f64>,
    curves: Vec<Areas>,
}

fn assert_close(ours: Option<f64>, theirs: Option<f64>, what: &str) {
    let close = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-9,
        (ours, theirs) => ours == theirs,
    };
    assert!(close, "{what}: {ours:?} where {theirs:?} was expected");
}

impl Case {
    fn probabilities(&self) -> Vec<Vec<f64>> {
        let row = |row: &Vec<u32>| row.iter().map(|&part| f64::from(part) / 64.0).collect();
        self.sixty_fourths.iter().map(row).collect()
    }

    fn judged(&self) -> Vec<Judged> {
        let images = self
            .probabilities()
            .into_iter()
            .zip(&self.truth)
            .enumerate();
        images
            .map(|(row, (p, &label))| Judged::new(row, label, &p, &p))
            .collect()
    }

    fn areas(&self) -> Vec<Areas> {
        let of_label = |label: usize| {
            let scores = self.probabilities().into_iter().zip(&self.truth);
            Areas::of(
                scores
                    .map(|(p, &truth)| (p[label], truth as usize == label))
                    .collect(),
            )
        };
        (0..self.labels).map(of_label).collect()
    }

    fn check(&self) {
        let (judged, expected) = (self.judged(), &self.expected);
        let close = |ours, theirs, what: &str| {
            assert_close(ours, theirs, &format!("{}, {what}", self.name))
        };
        let accuracy = Accuracy::among(judged.iter().map(Judged::is_right));
        close(accuracy.accuracy, Some(expected.accuracy), "accuracy");
        let calibration = Calibration::of(judged.iter().map(|image| (image.now, image.is_right())));
        close(
            Some(calibration.cross_entropy),
            Some(expected.cross_entropy),
            "cross-entropy",
        );
        close(Some(calibration.brier), Some(expected.brier), "brier");
        for top in TopK::all(self.labels, &judged) {
            if let Some(&theirs) = expected.top_k.get(&top.k) {
                close(top.accuracy.accuracy, Some(theirs), "top k");
            }
        }
        let confusion = Confusion::of(self.labels, &judged);
        assert_eq!(confusion, expected.confusion, "{}", self.name);
        let names = (0..self.labels).map(|label| (label.to_string(), label.to_string()));
        let labels = per_label(names, &confusion, &self.areas());
        self.check_labels(&labels);
        let averages = [
            (Average::macro_of(&labels), expected.r#macro),
            (Average::weighted_of(&labels), expected.weighted),
        ];
        for (ours, theirs) in averages {
            let ours = [ours.precision, ours.recall, ours.f1];
            for (ours, theirs) in ours.into_iter().zip(theirs) {
                close(ours, Some(theirs), "average");
            }
        }
    }

    fn check_labels(&self, labels: &[LabelMetrics]) {
        for (number, label) in labels.iter().enumerate() {
            let theirs = &self.expected;
            let curves = theirs.curves[number];
            for (ours, theirs, what) in [
                (label.precision, theirs.precision[number], "precision"),
                (label.recall, theirs.recall[number], "recall"),
                (label.f1, theirs.f1[number], "f1"),
                (label.areas.roc_auc, curves.roc_auc, "ROC AUC"),
                (
                    label.areas.average_precision,
                    curves.average_precision,
                    "average precision",
                ),
            ] {
                assert_close(ours, theirs, &format!("{}, {what} of {number}", self.name));
            }
        }
    }
}

#[test]
fn figures_are_those_of_scikit_learn() {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(golden.cases.len(), 5);
    golden.cases.iter().for_each(Case::check);
}

#[test]
fn mcnemars_test_is_the_binomial_test_of_scipy() {
    let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
    for (a, b, p) in golden.mcnemar {
        assert_close(Some(exact_test(a, b)), Some(p), &format!("{a} against {b}"));
    }
}
