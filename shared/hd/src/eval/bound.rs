//! Bounds on figures: what an evaluation has to reach.

use std::fmt;

use serde_json::Value;

use super::metrics::Metrics;

/// A figure by its name, and what it has to be at least or at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The name of the figure, such as `accuracy` or `per_class.hot dog.recall`.
    pub name: String,
    /// Whether it must not be less than the limit; otherwise it must not be more.
    pub at_least: bool,
    /// The limit, which is allowed itself.
    pub limit: f64,
}

/// A bound that a figure does not keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// The bound.
    pub bound: Bound,
    /// The figure; none where it is undefined, which keeps no bound.
    pub figure: Option<f64>,
}

impl Metrics {
    /// All figures by name. What lies within another has its name behind a dot: `macro.f1`. Entries of
    /// a list go by their label, threshold or k: `per_class.hot dog.recall`, `decided.0.9.accuracy`,
    /// `top_k.3.accuracy`. The ends of an interval are 0 and 1. An undefined figure is there without a
    /// number.
    pub fn named(&self) -> Vec<(String, Option<f64>)> {
        let mut figures = Vec::new();
        if let Ok(Value::Object(entries)) = serde_json::to_value(self) {
            let lists = ["confusion", "labels", "mistakes"];
            let entries = entries
                .iter()
                .filter(|(key, _)| !lists.contains(&key.as_str()));
            entries.for_each(|(key, value)| collect(key, value, &mut figures));
        }
        figures
    }

    /// Those of some bounds that are not kept.
    pub fn missed<'a>(&self, bounds: impl IntoIterator<Item = &'a Bound>) -> Vec<Missed> {
        let figures = self.named();
        let missed = bounds.into_iter().filter_map(|bound| {
            let figure = figures.iter().find(|(name, _)| *name == bound.name);
            let figure = figure.and_then(|(_, figure)| *figure);
            let keeps = figure.is_some_and(|figure| match bound.at_least {
                true => figure >= bound.limit,
                false => figure <= bound.limit,
            });
            (!keeps).then(|| Missed {
                bound: bound.clone(),
                figure,
            })
        });
        missed.collect()
    }
}

fn collect(name: &str, value: &Value, figures: &mut Vec<(String, Option<f64>)>) {
    match value {
        Value::Number(number) => figures.push((name.to_owned(), number.as_f64())),
        Value::Null => figures.push((name.to_owned(), None)),
        Value::Object(entries) => {
            let within = entries.iter();
            within.for_each(|(key, value)| collect(&format!("{name}.{key}"), value, figures));
        }
        Value::Array(list) => {
            for (index, entry) in list
                .iter()
                .enumerate()
                .filter(|(_, entry)| !entry.is_array())
            {
                collect(&format!("{name}.{}", key_of(entry, index)), entry, figures);
            }
        }
        Value::Bool(_) | Value::String(_) => {}
    }
}

/// What an entry of a list is called.
fn key_of(entry: &Value, index: usize) -> String {
    let key = ["label", "threshold", "k"]
        .iter()
        .find_map(|key| entry.get(key));
    match key {
        Some(Value::String(label)) => label.clone(),
        Some(number) => number.to_string(),
        None => index.to_string(),
    }
}

/// In a sentence: what it is, and by how much that falls short.
impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Bound {
            name,
            at_least,
            limit,
        } = &self.bound;
        let what = if *at_least { "at least" } else { "at most" };
        match self.figure {
            None => write!(f, "{name} is undefined, where {what} {limit} is asked for"),
            Some(figure) => {
                let [shown, by] = [figure, (figure - limit).abs()].map(rounded);
                let side = if *at_least { "below" } else { "above" };
                write!(
                    f,
                    "{name} is {shown}, {by} {side} the {limit} that is asked for"
                )
            }
        }
    }
}

/// A number without more digits than anybody reads.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}
