//! What a page knows of its network, as JSON that it reads.

use hd::label::{Words, question};
use hd::onnx::Network;
use hd::photo::{Element, Note, Preprocess};
use serde::Serialize;

use super::parts::{Part, Parts, megabytes};

/// What a page knows of its network.
#[derive(Serialize)]
pub(crate) struct About<'a> {
    pub(crate) title: &'static str,
    /// The labels and what is said of them.
    #[serde(flatten)]
    words: Words<'a>,
    /// What is noted on an image.
    notes: Noted,
    /// A label is said where it is more probable than this.
    confident: f64,
    /// How images become its input.
    rule: &'a Preprocess,
    /// The type of the numbers in its input, as the runtime calls it.
    input: &'static str,
    /// The output that has the probabilities.
    result: &'a str,
    about: String,
    privacy: &'static str,
    details: Vec<String>,
    /// Whether the page is a folder, which is kept for times without a network.
    offline: bool,
    pieces: Pieces,
}

/// The notes that the page can find, in words.
#[derive(Serialize)]
struct Noted {
    uniform: String,
    filled: String,
}

#[derive(Serialize)]
struct Pieces {
    model: Piece,
    runtime: Piece,
}

/// A part as the page looks for it: its file, and its sizes before and behind compression.
#[derive(Serialize)]
struct Piece {
    file: &'static str,
    bytes: usize,
    packed: usize,
}

impl From<&Part> for Piece {
    fn from(part: &Part) -> Self {
        Self {
            file: part.file,
            bytes: part.bytes,
            packed: part.packed.len(),
        }
    }
}

const STAYS: &str = "Images stay on this device: the network runs in this browser, and this page sends nothing to anyone.";

impl<'a> About<'a> {
    /// What is known of this network, and of what the page is made of.
    pub(crate) fn of(network: &'a Network, confident: f64, parts: &Parts, offline: bool) -> Self {
        let labels = network.labels.as_deref().unwrap_or_default();
        let input = match network.input {
            Element::Byte => "uint8",
            Element::Float => "float32",
        };
        Self {
            title: question(labels),
            words: Words::of(labels),
            notes: Noted {
                uniform: Note::Uniform.to_string(),
                filled: Note::Filled.to_string(),
            },
            confident,
            rule: &network.preprocess,
            input,
            result: &network.result,
            about: format!("base {}", network.architecture),
            privacy: STAYS,
            details: details(parts, offline),
            offline,
            pieces: Pieces {
                model: (&parts.model).into(),
                runtime: (&parts.runtime).into(),
            },
        }
    }

    /// It as JSON that can stand in a page.
    ///
    /// # Errors
    /// None that anything here can make.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string(self)?.replace('<', "\\u003c"))
    }
}

/// Sizes and licences, for the foot of the page.
fn details(parts: &Parts, offline: bool) -> Vec<String> {
    let made = |part: &Part| {
        let Part { name, licence, .. } = part;
        format!("{name} ({}, licence {licence})", megabytes(part.bytes))
    };
    let made = format!(
        "Made of {}; {}; hd {} (licence MIT). {} to load.",
        made(&parts.model),
        made(&parts.runtime),
        env!("CARGO_PKG_VERSION"),
        megabytes(parts.packed())
    );
    let kept = match offline {
        true => "After the first visit it works offline, too.",
        false => "It is one file, and works offline.",
    };
    vec![kept.to_owned(), made]
}
