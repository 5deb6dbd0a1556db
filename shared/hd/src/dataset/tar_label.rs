//! The label of an image in a tar.
//!
//! A member `STEM.cls` beside it says it, or the value of `label` or `cls` in `STEM.json`, or else the
//! folder that it lies in, in the tar or around it. Where the first two say a number, it is that of a
//! line, from 0 on, in `classnames.txt` beside the tars.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

use serde_json::Value;

use super::division::split_named;
use super::label::{label_of, looks, normal};
use super::mark::without_mark;
use super::stem::Stem;
use crate::tar::{Member, Tar};

/// The file beside tars that names the labels which stand there as numbers, a line each.
pub(super) const NAMES: &str = "classnames.txt";

/// Bytes that a `.cls` may have.
const MOST_CLS: u64 = 4096;

/// Bytes that a `.json` may have.
const MOST_JSON: u64 = 1 << 20;

/// The labels in a tar.
pub(super) struct TarLabels<'a> {
    pub(super) tar: &'a Tar,
    pub(super) file: &'a File,
    /// The folder that the tar lies in, if it is one that gives a label.
    pub(super) around: Option<&'a OsStr>,
    /// The labels that numbers stand for.
    pub(super) names: &'a [String],
}

/// A label that is written down beside an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) label: String,
    /// The ending of the member that says so.
    by: &'static str,
    /// Whether it is a number that nothing gives a name to.
    pub(super) is_bare_number: bool,
}

impl TarLabels<'_> {
    /// The label that is written down beside the images with this stem, if there is one.
    ///
    /// # Errors
    /// Why what is written there is no label.
    pub(super) fn given(&self, stem: &Stem) -> Result<Option<Given>, String> {
        if let Some(cls) = stem.cls {
            let text = self.text(cls, MOST_CLS, ".cls")?;
            let text = text.trim();
            return match text.parse() {
                Ok(number) => self.numbered(number, ".cls"),
                Err(_) => said(text, ".cls"),
            }
            .map(Some);
        }
        let Some(json) = stem.json else {
            return Ok(None);
        };
        let text = self.text(json, MOST_JSON, ".json")?;
        let json: Value =
            serde_json::from_str(&text).map_err(|_| "its .json is no JSON".to_owned())?;
        let values = ["label", "cls"].iter().filter_map(|key| json.get(key));
        match values.into_iter().find(|value| !value.is_null()) {
            None => Ok(None),
            Some(Value::String(text)) => said(text.trim(), ".json").map(Some),
            Some(value) => match value.as_i64() {
                Some(number) => self.numbered(number, ".json").map(Some),
                None => {
                    Err("the label in its .json is neither a text nor a whole number".to_owned())
                }
            },
        }
    }

    /// The label of an image: what is written down beside it, or the name of its folder. `known` is what
    /// the labels look like that are written down anywhere in the tar.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn of(
        &self,
        image: &Member,
        given: Option<&Given>,
        known: &HashSet<String>,
    ) -> Result<String, String> {
        let folder = image.name.parent().and_then(Path::file_name);
        let folder = folder.or(self.around).map(label_of);
        match (given, folder) {
            (Some(given), Some(folder))
                if looks(&folder) != looks(&given.label) && known.contains(&looks(&folder)) =>
            {
                Err(format!(
                    "its {} says '{}', and its folder '{folder}'",
                    given.by, given.label
                ))
            }
            (Some(given), _) => Ok(given.label.clone()),
            (None, Some(folder)) => usable(folder),
            (None, None) => Err(
                "no label: it lies in no folder, and no .cls or .json of its name says one"
                    .to_owned(),
            ),
        }
    }

    /// The label of this number.
    fn numbered(&self, number: i64, by: &'static str) -> Result<Given, String> {
        let place = usize::try_from(number).ok();
        let named = place.and_then(|place| self.names.get(place));
        match (named, self.names.len()) {
            (Some(name), _) => said(name, by),
            (None, 0) if number >= 0 => Ok(Given {
                label: number.to_string(),
                by,
                is_bare_number: true,
            }),
            (None, 0) => Err(format!("its {by} says {number}, which stands for no label")),
            (None, count) => Err(format!(
                "its {by} says {number}, and {NAMES} has {count} lines, from 0 to {}",
                count - 1
            )),
        }
    }

    fn text(&self, member: &Member, most: u64, by: &str) -> Result<String, String> {
        let bytes = self.tar.read_from(self.file, member, most);
        let bytes =
            bytes.map_err(|error| format!("its {by} cannot be read: {}", crate::reason(&error)))?;
        let text = without_mark(&bytes).map_err(|_| format!("its {by} is in UTF-16, not UTF-8"))?;
        let text = str::from_utf8(text).map_err(|_| format!("its {by} is not UTF-8"))?;
        Ok(text.to_owned())
    }
}

/// The folder that the tar at `path` lies in, if it gives its images a label. One that stands for a
/// split does not.
pub(super) fn around(path: &Path) -> Option<&OsStr> {
    let folder = path.parent()?.file_name()?;
    split_named(folder).is_none().then_some(folder)
}

fn said(label: &str, by: &'static str) -> Result<Given, String> {
    let label = usable(normal(label)).map_err(|reason| format!("{reason}, as its {by} says"))?;
    Ok(Given {
        label,
        by,
        is_bare_number: false,
    })
}

fn usable(label: String) -> Result<String, String> {
    match label.is_empty() || label.contains(char::is_control) {
        true => Err(format!("'{}' cannot be a label", label.escape_default())),
        false => Ok(label),
    }
}
