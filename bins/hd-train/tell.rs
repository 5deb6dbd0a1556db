//! Messages about a training.

use std::path::Path;

use hd::bottleneck::Samples;
use hd::counted;
use hd::head::{Imbalance, Score, Step, Training};

/// Warns of what is odd about the samples.
pub(crate) fn samples(samples: &Samples) {
    for label in samples.labels_without_image() {
        log::warn!("no image of the label '{label}' can be used, so it is left out");
    }
    if samples.are_alike() {
        log::warn!(
            "all bottlenecks are the same, so that nothing can be learned from them: the base may be broken, or all \
             images black"
        );
    }
    let contradictions = samples.contradictions();
    if let Some(image) = contradictions.first() {
        let (count, image) = (contradictions.len(), image.display());
        let images = images_stand(count);
        log::warn!("{images} under more than one label, such as {image}");
    }
}

/// Tells the result of a training.
pub(crate) fn training(
    Training {
        head,
        score,
        iterations,
        loss,
        converged,
        in_two_splits,
        moved,
        learned_before,
        imbalance,
        at_edge,
        splits: _,
    }: &Training,
) {
    if let Some(image) = in_two_splits.first() {
        let (count, image) = (in_two_splits.len(), image.display());
        log::warn!(
            "{} in two splits, so that the head is tested on what it learns, such as {image}",
            images_stand(count)
        );
    }
    if let Some(image) = moved.first() {
        log::info!(
            "{} moved to another split for its label to be in each, such as {}: when images are added it may move back, \
             and a later head learn from what this one is tested on",
            was(moved.len()),
            image.display()
        );
    }
    let [training, validation, testing] = head.totals();
    if *learned_before > 0 {
        log::warn!(
            "the head that --init names has learned from {learned_before} of the {testing} testing images, and gradient \
             descent does not forget them: figures on these flatter the head"
        );
    }
    log::info!(
        "{} for training, {validation} for validation, {testing} for testing",
        counted(training, "image")
    );
    if let Some(score) = score {
        let mix = match head.class_weights.is_empty() {
            true => "",
            false => ", each image weighted as in training",
        };
        log::info!("{}{mix} (N={})", score_line(score), score.images);
        if *at_edge {
            log::warn!(
                "l2 = {} did best, which is the last that is tried on that side: give --l2 to try others",
                score.strength()
            );
        }
        if let Some(accuracy) = head.validation_accuracy {
            let percent = 100.0 * accuracy;
            log::info!("Validation accuracy = {percent:.1}% (N={validation})");
        }
    }
    if let Some(Imbalance {
        most: (most, many),
        fewest: (fewest, few),
    }) = imbalance
    {
        log::info!(
            "'{most}' has {}, '{fewest}' {few}: with --prior equal the scores are for images of which as many are of the one \
             as of the other",
            counted(*many, "image")
        );
    }
    if let Some(loss) = loss {
        log::debug!("the last fit took {iterations} steps, to a loss of {loss:.6}");
    }
    if !converged {
        log::warn!("the fit did not converge in {iterations} steps; a larger --l2 helps");
    }
}

/// Tells where TensorBoard shows what of the summaries, and what its clock is.
pub(crate) fn summaries(folder: &Path) {
    log::info!(
        "{}: TensorBoard shows it under Scalars, Graphs, Histograms and PR Curves, and the bottlenecks under Projector, in \
         the menu at the top right; its times are steps, so that the same training gives the same bytes",
        folder.display()
    );
}

/// A score as one line.
pub(crate) fn score_line(score: &Score) -> String {
    let l2 = score.strength();
    let Score {
        temperature,
        cross_entropy,
        accuracy,
        folds,
        ..
    } = score;
    let accuracy = 100.0 * accuracy;
    let kind = if *folds > 1 {
        "cross-validated"
    } else {
        "validation"
    };
    format!(
        "l2 = {l2}, temperature = {temperature:.2}: {kind} accuracy = {accuracy:.1}%, \
         cross-entropy = {cross_entropy:.4}"
    )
}

/// Tells about a step of gradient descent, in the words of retrain.py.
pub(crate) fn step(step: &Step) {
    let Step {
        index,
        accuracy,
        cross_entropy,
        validation,
    } = step;
    log::info!("Step {index}: Train accuracy = {:.1}%", 100.0 * accuracy);
    log::info!("Step {index}: Cross entropy = {cross_entropy:.6}");
    if let Some((accuracy, n)) = validation {
        log::info!(
            "Step {index}: Validation accuracy = {:.1}% (N={n})",
            100.0 * accuracy
        );
    }
}

/// So many images, and that they were.
fn was(count: usize) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(count, "image"))
}

/// So many images, and that they stand.
fn images_stand(count: usize) -> String {
    let verb = if count == 1 { "stands" } else { "stand" };
    format!("{} {verb}", counted(count, "image"))
}
