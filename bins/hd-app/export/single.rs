//! A page as one file that opens from anywhere, also from a mail.

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::about::About;
use super::bundle::{Module, bundle};
use super::folder::LICENCES;
use super::html::{ABOUT, page, replaced};
use super::parts::Parts;
use super::policy::{data, single};
use crate::page::{BOTH, EXPORTED, ICON};

/// The file.
///
/// # Errors
/// None that anything outside can make.
pub(crate) fn file(about: &About, parts: &Parts) -> Result<String> {
    let scripts = BOTH
        .iter()
        .chain(&EXPORTED)
        .map(|file| (file.name, file.content));
    let modules: Vec<Module> = scripts.chain([("ort.js", parts.script.as_str())]).collect();
    let [script, worker] = ["app.js", "worker.js"].map(|entry| bundle(&modules, entry));
    let (script, worker) = (script?, worker?);
    let style = BOTH
        .iter()
        .find(|file| file.name == "app.css")
        .map_or("", |file| file.content);
    let [model, runtime] =
        [&parts.model, &parts.runtime].map(|part| BASE64_STANDARD.encode(&part.packed));
    let piece = |file: &str| format!("data-piece=\"{file}\" type=\"text/plain\"");
    let html = page(
        &single(&script, style),
        "",
        &[
            ("type=\"text/plain\"", LICENCES),
            (ABOUT, &about.json()?),
            ("id=\"worker\" type=\"text/plain\"", &worker),
            (&piece(parts.runtime.file), &runtime),
            (&piece(parts.model.file), &model),
        ],
    )?;
    let icon = data("image/svg+xml", ICON.content.as_bytes());
    let html = replaced(&html, ICON.name, &icon)?;
    let linked = "<link rel=\"stylesheet\" href=\"app.css\">";
    let html = replaced(&html, linked, &format!("<style>{style}</style>"))?;
    let linked = "<script src=\"app.js\" type=\"module\"></script>";
    replaced(
        &html,
        linked,
        &format!("<script type=\"module\">{script}</script>"),
    )
}
