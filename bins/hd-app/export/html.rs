//! The page itself, with what an exported one has more.

use anyhow::{Result, bail};

use crate::page;

/// `text` with other words in the place of `from`, which it has.
///
/// # Errors
/// A text that does not have them.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    match text.contains(from) {
        true => Ok(text.replace(from, to)),
        false => bail!("the page has no {from}"),
    }
}

/// The page with this policy, more for its head, and elements with data at its end.
///
/// # Errors
/// As [`replaced`].
pub(crate) fn page(policy: &str, head: &str, data: &[(&str, &str)]) -> Result<String> {
    let charset = "<meta charset=\"utf-8\">";
    let policy =
        format!("{charset}\n  <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">");
    let html = replaced(page::INDEX, charset, &policy)?;
    let html = replaced(&html, "</head>", &format!("{head}</head>"))?;
    let elements = data
        .iter()
        .map(|(attributes, content)| format!("  <script {attributes}>{content}</script>\n"));
    replaced(
        &html,
        "</body>",
        &format!("{}</body>", elements.collect::<String>()),
    )
}

/// The attributes of the element that has what a page knows of its network. A folder that hd-app has written is known by it.
pub(crate) const ABOUT: &str = "id=\"about-network\" type=\"application/json\"";
