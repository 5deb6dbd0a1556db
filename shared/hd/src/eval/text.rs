//! The figures as text, for people.

use std::fmt;

use super::accuracy::Accuracy;
use super::against::Against;
use super::baselines::Baselines;
use super::calibration::Calibration;
use super::metrics::Metrics;
use super::per_label::{Average, LabelMetrics};

/// With more labels than this a matrix is no longer read, and the largest confusions are listed
/// instead.
const MATRIX: usize = 10;

/// With more labels than this only those are listed that it does worst on.
const LISTED: usize = 20;

/// As text. The last line has the form that retrain.py's has.
impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_labels(f)?;
        self.write_averages(f)?;
        match self.labels.len() <= MATRIX {
            true => self.write_matrix(f)?,
            false => self.write_confusions(f)?,
        }
        self.write_decided(f)?;
        if let Some(against) = &self.against {
            self.write_against(against, f)?;
        }
        self.write_notices(f)?;
        self.write_scores(f)?;
        self.write_baselines(f)?;
        let [low, high] = self.accuracy_interval.map(|bound| 100.0 * bound);
        writeln!(
            f,
            "95% confidence interval of the accuracy = {low:.1}% to {high:.1}%"
        )?;
        let what = match self.split.as_str() {
            "testing" => "Final test".to_owned(),
            split => capitalised(split),
        };
        writeln!(
            f,
            "{what} accuracy = {:.1}% (N={})",
            100.0 * self.accuracy,
            self.n
        )
    }
}

impl Metrics {
    fn write_labels(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut labels: Vec<&LabelMetrics> = self.per_class.iter().collect();
        if labels.len() > LISTED {
            labels.retain(|label| label.f1.is_some());
            let f1 = |label: &LabelMetrics| label.f1.unwrap_or_default();
            labels.sort_by(|a, b| f1(a).total_cmp(&f1(b)));
            labels.truncate(MATRIX);
            let (shown, all) = (labels.len(), self.per_class.len());
            writeln!(
                f,
                "The {shown} of {all} labels that it does worst on, by F1\n"
            )?;
        }
        let mut rows = vec![row([
            "Label",
            "images",
            "precision (95% interval)",
            "recall (95% interval)",
        ])];
        rows.extend(labels.into_iter().map(|label| {
            let [precision, recall] =
                [label.answers, label.n].map(|n| shown(&Accuracy::of(label.right, n)));
            vec![label.label.clone(), label.n.to_string(), precision, recall]
        }));
        write_table(&rows, f)
    }

    fn write_averages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![row([
            "",
            "precision",
            "recall",
            "F1",
            "ROC AUC",
            "average precision",
        ])];
        if self.per_class.len() <= LISTED {
            rows.extend(self.per_class.iter().map(|label| {
                let areas = label.areas;
                let figures = [
                    label.precision,
                    label.recall,
                    label.f1,
                    areas.roc_auc,
                    areas.average_precision,
                ];
                named(&label.label, figures)
            }));
        }
        for (name, average) in [
            ("macro average", &self.macro_average),
            ("weighted average", &self.weighted_average),
        ] {
            let Average {
                precision,
                recall,
                f1,
                roc_auc,
                average_precision,
            } = *average;
            rows.push(named(
                name,
                [precision, recall, f1, roc_auc, average_precision],
            ));
        }
        write_table(&rows, f)
    }

    fn write_matrix(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Confusion (a row for each label, a column for each answer)"
        )?;
        let mut rows = vec![row([""]
            .into_iter()
            .chain(self.labels.iter().map(String::as_str)))];
        rows.extend(
            self.labels
                .iter()
                .zip(self.confusion.rows())
                .map(|(label, counts)| {
                    let counts = counts.iter().map(u64::to_string);
                    [label.clone()].into_iter().chain(counts).collect()
                }),
        );
        write_table(&rows, f)
    }

    fn write_confusions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut wrong: Vec<_> = self
            .confusion
            .cells()
            .filter(|(label, answer, _)| label != answer)
            .collect();
        wrong.sort_by_key(|&(.., count)| std::cmp::Reverse(count));
        let name = |number: u32| self.labels.get(number as usize).map_or("", String::as_str);
        writeln!(f, "Largest confusions")?;
        for (label, answer, count) in wrong.into_iter().take(MATRIX) {
            writeln!(f, "{count:>8}  {} taken for {}", name(label), name(answer))?;
        }
        writeln!(f)
    }

    fn write_decided(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![row([
            "Score over",
            "decided (95% interval)",
            "right of these (95% interval)",
        ])];
        rows.extend(self.decided.iter().map(|decided| {
            let share = Accuracy::of(decided.accuracy.n, self.n);
            vec![
                format!("{:.2}", decided.threshold),
                shown(&share),
                shown(&decided.accuracy),
            ]
        }));
        write_table(&rows, f)
    }

    fn write_against(&self, against: &Against, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Against {
            head,
            only_this_right,
            only_other_right,
            mcnemar_p,
            different,
            changed,
            ..
        } = against;
        let this = Accuracy::of((self.accuracy * self.n as f64).round() as u64, self.n);
        let score = |name: &str, accuracy: &Accuracy, cross_entropy: f64| {
            vec![
                name.to_owned(),
                shown(accuracy),
                format!("{cross_entropy:.4}"),
            ]
        };
        let rows = [
            row([
                "On the same images",
                "right (95% interval)",
                "cross-entropy",
            ]),
            score("this head", &this, self.calibration.cross_entropy),
            score(head, &against.accuracy, against.cross_entropy),
        ];
        write_table(&rows, f)?;
        let means = match *mcnemar_p < 0.05 {
            true => "a difference that chance alone seldom makes",
            false => "no more than chance alone may make",
        };
        writeln!(
            f,
            "Only this head is right about {only_this_right}, only the other about {only_other_right}: {means}\n\
             (McNemar's exact test, p = {})",
            probability(*mcnemar_p)
        )?;
        match against.learned {
            0 => {}
            learned => writeln!(
                f,
                "The other head has learned from {learned} of these images, which flatters it."
            )?,
        }
        writeln!(f)?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut rows = vec![row([
            "Answered differently",
            "label",
            "this head",
            "the other",
        ])];
        rows.extend(changed.iter().take(LISTED).map(|changed| {
            let path = crate::tsv::field(changed.path.as_ref());
            let path = String::from_utf8_lossy(&path).into_owned();
            vec![
                path,
                changed.label.clone(),
                changed.answer.clone(),
                changed.other.clone(),
            ]
        }));
        write_lines(&rows, f)?;
        match different.checked_sub(LISTED as u64) {
            Some(more @ 1..) => writeln!(f, "... and {more} more\n"),
            _ => writeln!(f),
        }
    }

    /// What has to be known before the figures are believed.
    fn write_notices(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.drawings {
            writeln!(
                f,
                "These images are drawings, not photos: the figures show that the programs work,"
            )?;
            writeln!(f, "not how well the labels of photos can be told apart.\n")?;
        }
        if self.seen > 0 {
            let all = self.n;
            writeln!(
                f,
                "The head has learned from {} of these {all} images: the figures flatter it.\n",
                self.seen
            )?;
        }
        match self.copies {
            0 => Ok(()),
            1 => writeln!(
                f,
                "1 of the images is a copy of another among them: what is seen in it counts twice.\n"
            ),
            copies => writeln!(
                f,
                "{copies} of the images are copies of others among them: what is seen in them counts more than once.\n"
            ),
        }
    }

    fn write_scores(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Calibration {
            cross_entropy,
            brier,
            calibration_error,
            calibration_error_by_chance,
        } = self.calibration;
        let before = |figure: String| match self.temperature == 1.0 {
            true => String::new(),
            false => format!(" ({figure} at temperature 1)"),
        };
        let percent = |error: f64| format!("{:.1}%", 100.0 * error);
        writeln!(
            f,
            "Cross-entropy = {cross_entropy:.4}{}",
            before(format!("{:.4}", self.uncalibrated.cross_entropy))
        )?;
        writeln!(
            f,
            "Brier score = {brier:.4}{}; 0 is best, 2 worst",
            before(format!("{:.4}", self.uncalibrated.brier))
        )?;
        writeln!(
            f,
            "Expected calibration error = {}{}; chance alone gives {}",
            percent(calibration_error),
            before(percent(self.uncalibrated.calibration_error)),
            percent(calibration_error_by_chance)
        )
    }

    fn write_baselines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for top in self
            .top_k
            .iter()
            .filter(|top| top.k > 1 && (top.k as usize) < self.labels.len())
        {
            writeln!(
                f,
                "Right among the {} most probable = {}",
                top.k,
                shown(&top.accuracy)
            )?;
        }
        let Baselines {
            most_frequent,
            nearest_neighbour,
        } = &self.baselines;
        writeln!(
            f,
            "Always '{}' would be right for {}",
            most_frequent.label,
            shown(&most_frequent.accuracy)
        )?;
        match nearest_neighbour {
            Some(nearest) => {
                let sample = match nearest.n < self.n {
                    true => ", a sample",
                    false => "",
                };
                writeln!(
                    f,
                    "The label of the nearest image would be right for {}{sample}",
                    shown(nearest)
                )
            }
            None => Ok(()),
        }
    }
}

/// A share with its counts, in percent, and its interval.
fn shown(accuracy: &Accuracy) -> String {
    match (accuracy.accuracy, accuracy.accuracy_interval) {
        (Some(share), Some(interval)) => {
            let [low, high] = interval.map(|bound| 100.0 * bound);
            let share = 100.0 * share;
            format!(
                "{}/{} = {share:.1}% ({low:.1}-{high:.1})",
                accuracy.right, accuracy.n
            )
        }
        _ => "-".to_owned(),
    }
}

/// A probability with as many digits as tell it from 0.
fn probability(p: f64) -> String {
    match p < 0.001 {
        true => format!("{p:.1e}"),
        false => format!("{p:.3}"),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    cells.into_iter().map(str::to_owned).collect()
}

fn named(name: &str, figures: [Option<f64>; 5]) -> Vec<String> {
    let figures = figures
        .map(|figure| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.3}")));
    [name.to_owned()].into_iter().chain(figures).collect()
}

/// Writes rows of cells below each other, the first column to the left and all others to the right,
/// and an empty line.
fn write_table(rows: &[Vec<String>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write_lines(rows, f)?;
    writeln!(f)
}

fn write_lines(rows: &[Vec<String>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        for (number, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            match number {
                0 => write!(f, "{cell:width$}")?,
                _ => write!(f, "  {cell:>width$}")?,
            }
        }
        writeln!(f)?;
    }
    Ok(())
}
