//! A page as a folder of files, for any host and below any path.

use std::fs;
use std::path::Path;

use anyhow::Result;
use hd::digest::Digest;
use hd::{Error, file};
use serde_json::json;

use super::about::About;
use super::html::{ABOUT, page, replaced};
use super::parts::Parts;
use super::policy;
use crate::page::{BOTH, EXPORTED, ICON, KEEPER, OPENED};

/// The name of a file, and its content.
pub(crate) type File = (String, Vec<u8>);

/// The page itself.
pub(crate) const INDEX: &str = "index.html";

/// What makes a page an app that a phone can install, and what helps where its folder was not served.
const HEAD: &str = r##"  <script src="opened.js" defer></script>
  <link rel="manifest" href="manifest.json">
  <link rel="apple-touch-icon" href="icon-192.png">
  <meta name="theme-color" content="#fdf8ef" media="(prefers-color-scheme: light)">
  <meta name="theme-color" content="#1b1715" media="(prefers-color-scheme: dark)">
"##;

const ICONS: [(&str, &[u8]); 2] = [
    (
        "icon-192.png",
        include_bytes!("../page/exported/icon-192.png"),
    ),
    (
        "icon-512.png",
        include_bytes!("../page/exported/icon-512.png"),
    ),
];

/// The licence of hd and of the runtime.
pub(crate) const LICENCES: &str = concat!(
    "hd and its page:\n\n",
    include_str!("../../../LICENSE"),
    "\nONNX Runtime Web (ort.js and runtime.wasm.gz): Copyright (c) Microsoft Corporation, under the same MIT licence.\n"
);

/// The files of the folder.
///
/// # Errors
/// None that anything outside can make.
pub(crate) fn files(about: &About, parts: &Parts) -> Result<Vec<File>> {
    let own = BOTH.into_iter().chain(EXPORTED).chain([ICON, OPENED]);
    let own = own.map(|file| (file.name.to_owned(), file.content.as_bytes().to_vec()));
    let icons = ICONS.map(|(name, content)| (name.to_owned(), content.to_vec()));
    let large =
        [&parts.model, &parts.runtime].map(|part| (part.file.to_owned(), part.packed.clone()));
    let others = [
        (
            INDEX,
            page(policy::FOLDER, HEAD, &[(ABOUT, &about.json()?)])?,
        ),
        ("manifest.json", manifest(about)),
        ("ort.js", parts.script.clone()),
        ("LICENCES.txt", LICENCES.to_owned()),
    ];
    let others = others.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let mut files: Vec<File> = own.chain(icons).chain(large).chain(others).collect();
    files.sort();
    let keeper = keeper(&files)?;
    files.push(("sw.js".to_owned(), keeper.into_bytes()));
    Ok(files)
}

fn manifest(about: &About) -> String {
    let icon = |size: &str| {
        json!({
            "src": format!("icon-{size}.png"), "type": "image/png", "sizes": format!("{size}x{size}"),
            "purpose": "any maskable",
        })
    };
    let manifest = json!({
        "name": about.title, "short_name": about.title, "start_url": "./", "scope": "./", "display": "standalone",
        "background_color": "#fdf8ef", "theme_color": "#fdf8ef", "icons": [icon("192"), icon("512")],
    });
    format!("{manifest:#}\n")
}

/// The script that keeps the files, of this version.
fn keeper(files: &[File]) -> Result<String> {
    let version = Digest::of_parts(files.iter().map(|(_, content)| content.as_slice()));
    let names = files
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| *name != "LICENCES.txt");
    let names: Vec<&str> = std::iter::once("./").chain(names).collect();
    let text = replaced(KEEPER, "VERSION", &version.to_string())?;
    replaced(&text, "[\"FILES\"]", &serde_json::to_string(&names)?)
}

/// Writes the files into the folder `out`, which may have an earlier page.
///
/// # Errors
/// A folder that cannot be written to.
pub(crate) fn write(out: &Path, files: &[File]) -> Result<()> {
    fs::create_dir_all(out).map_err(Error::io(out, "create the folder"))?;
    // First the page, by which the folder is known as ours where the rest is not written to its end.
    let (index, rest): (Vec<_>, Vec<_>) = files.iter().partition(|(name, _)| name == INDEX);
    for (name, content) in index.into_iter().chain(rest) {
        file::replace(&out.join(name), |to| to.write_all(content))?;
    }
    Ok(())
}
