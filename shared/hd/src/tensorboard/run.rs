//! A run: what TensorBoard shows of one training on the images of one split, as the content of its
//! file.

use super::curve::Curve;
use super::event::{Event, Summary, Value, scalar};
use super::histogram::Histogram;
use super::record;
use crate::head::{Prediction, Snapshot};

/// One run: the events of it so far, as bytes.
#[derive(Debug)]
pub struct Run(pub(super) Vec<u8>);

impl Default for Run {
    fn default() -> Self {
        let mut bytes = Vec::new();
        record::write(&mut bytes, &Event::version());
        record::write(&mut bytes, &Event::start());
        Self(bytes)
    }
}

impl Run {
    /// Adds the head after a step: its parameters, and how good its predictions are.
    pub fn add(&mut self, snapshot: &Snapshot) {
        let mut values = parameters("weights", snapshot.weights);
        values.extend(parameters("biases", snapshot.biases));
        let predictions = &snapshot.predictions;
        let totals = predictions.fold(Totals::default, Totals::add, Totals::merge);
        let n = predictions.len().max(1) as f64;
        let tag = |name: &str| format!("final_training_ops/Wx_plus_b/{name}");
        values.push(totals.logits.value(&tag("pre_activations")));
        values.push(totals.probabilities.value(&tag("activations")));
        values.push(scalar("cross_entropy_1", totals.cross_entropy / n));
        values.push(scalar("accuracy_1", totals.right / n));
        self.write(snapshot.step, values);
    }

    /// Adds the precision-recall curves of the head after its last step, one for each label.
    pub fn add_curves(&mut self, snapshot: &Snapshot) {
        let labels = snapshot.labels;
        let none = || vec![Curve::default(); labels.len()];
        let curves = snapshot.predictions.fold(
            none,
            |curves, prediction| add_to_curves(curves, prediction),
            |all, part| merge_curves(all, &part),
        );
        let values = labels.iter().zip(&curves);
        let values = values.map(|(label, curve)| curve.value(label));
        self.write(snapshot.step, values.collect());
    }

    fn write(&mut self, step: usize, values: Vec<Value>) {
        let summary = Summary { value: values };
        record::write(&mut self.0, &Event::of(step, summary));
    }
}

/// Mean, deviation, extremes and histogram of some parameters.
fn parameters(name: &str, numbers: &[f32]) -> Vec<Value> {
    let tag = |what: &str| format!("final_training_ops/{name}/summaries/{what}");
    let doubles = || numbers.iter().map(|&number| f64::from(number));
    let all: Histogram = doubles().collect();
    let deviations = doubles().map(|number| (number - all.mean()).powi(2));
    let variance = deviations.sum::<f64>() / numbers.len().max(1) as f64;
    vec![
        scalar(&tag("mean"), all.mean()),
        scalar(&tag("stddev_1"), variance.sqrt()),
        scalar(&tag("max"), all.max()),
        scalar(&tag("min"), all.min()),
        all.value(&tag("histogram")),
    ]
}

/// Sums over the predictions for some images.
#[derive(Default)]
struct Totals {
    right: f64,
    cross_entropy: f64,
    logits: Histogram,
    probabilities: Histogram,
}

impl Totals {
    fn add(&mut self, prediction: &Prediction) {
        self.right += f64::from(prediction.is_right());
        self.cross_entropy += prediction.cross_entropy();
        let logits = prediction.logits.iter();
        logits.for_each(|&z| self.logits.add(z.into()));
        let probabilities = prediction.probabilities.iter();
        probabilities.for_each(|&p| self.probabilities.add(p));
    }

    fn merge(&mut self, other: Self) {
        self.right += other.right;
        self.cross_entropy += other.cross_entropy;
        self.logits.merge(&other.logits);
        self.probabilities.merge(&other.probabilities);
    }
}

fn add_to_curves(curves: &mut [Curve], prediction: &Prediction) {
    let curves = (0..).zip(curves.iter_mut().zip(prediction.probabilities));
    curves.for_each(|(number, (curve, &p))| curve.add(p, number == prediction.label));
}

fn merge_curves(all: &mut [Curve], part: &[Curve]) {
    let pairs = all.iter_mut().zip(part);
    pairs.for_each(|(all, part)| all.merge(part));
}
