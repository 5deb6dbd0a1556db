//! The files of the page, which become part of the program: those that both pages have, those of the page that is served
//! here, and those of one that is exported.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A file of a page.
#[derive(Clone, Copy)]
pub(crate) struct PageFile {
    pub(crate) name: &'static str,
    pub(crate) content: &'static str,
}

/// The files of these names in the folder `page`, or in one below it.
macro_rules! files {
    ($folder:literal: $($name:literal),+) => {
        [$(PageFile {
            name: $name,
            content: include_str!(concat!("page", $folder, "/", $name)),
        }),+]
    };
}

/// The page itself.
pub(crate) const INDEX: &str = include_str!("page/index.html");

/// Those of both pages.
pub(crate) const BOTH: [PageFile; 6] = files!("":
    "app.css", "app.js", "camera.js", "carried.js", "reduced.js", "saved.js");

/// The engine that asks this server.
const SERVED: [PageFile; 1] = files!("/served": "engine.js");

/// The engine that works in the browser.
pub(crate) const EXPORTED: [PageFile; 14] = files!("/exported":
    "abilities.js", "answer.js", "decode.js", "engine.js", "heat.js", "jpeg.js", "noted.js", "orientation.js",
    "pieces.js", "png.js", "recognise.js", "refusal.js", "resize.js", "worker.js");

/// What compares it with hd-label.
pub(crate) const COMPARE: PageFile = PageFile {
    name: "compare.js",
    content: include_str!("page/exported/compare.js"),
};

/// What says that a folder has to be served.
pub(crate) const OPENED: PageFile = PageFile {
    name: "opened.js",
    content: include_str!("page/exported/opened.js"),
};

/// What keeps a page for times without a network, with two places to fill in.
pub(crate) const KEEPER: &str = include_str!("page/exported/sw.js");

/// The icon.
pub(crate) const ICON: PageFile = PageFile {
    name: "icon.svg",
    content: include_str!("page/icon.svg"),
};

/// All that the server has.
pub(crate) fn served() -> impl Iterator<Item = PageFile> {
    BOTH.into_iter().chain(SERVED).chain([ICON])
}

pub(crate) async fn index() -> Response {
    ([(header::CONTENT_TYPE, kind("index.html"))], INDEX).into_response()
}

impl PageFile {
    /// The answer to a request for it.
    pub(crate) fn response(self) -> Response {
        ([(header::CONTENT_TYPE, kind(self.name))], self.content).into_response()
    }
}

/// What the file of a page of this name holds.
pub(crate) fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
