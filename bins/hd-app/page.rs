//! The page, whose files in the folder `page` become part of the program.

use axum::http::header;
use axum::response::IntoResponse;

type File = ([(header::HeaderName, &'static str); 1], &'static str);

pub(crate) async fn index() -> impl IntoResponse {
    file("text/html; charset=utf-8", include_str!("page/index.html"))
}

pub(crate) async fn style() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("page/app.css"))
}

pub(crate) async fn script() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("page/app.js"),
    )
}

pub(crate) async fn carried() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("page/carried.js"),
    )
}

pub(crate) async fn reduced() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("page/reduced.js"),
    )
}

pub(crate) async fn saved() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("page/saved.js"),
    )
}

pub(crate) async fn camera() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("page/camera.js"),
    )
}

pub(crate) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", include_str!("page/icon.svg"))
}

fn file(kind: &'static str, content: &'static str) -> File {
    ([(header::CONTENT_TYPE, kind)], content)
}
