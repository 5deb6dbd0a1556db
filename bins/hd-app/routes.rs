//! The requests that the server answers.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` and what it needs | the page |
//! | `POST /label`, an image or a form with one | JSON: `label`, `guess`, `score`, `verdict`, `probably` where that can't tell, `scores`; the header `Hd-Verdict` |
//! | `POST /heatmap`, the same | PNG: where the evidence lies |
//! | `GET /health` | JSON: `status`, `base`, `labels`, `title` |
//! | `GET /metrics` | text for Prometheus |
//!
//! Any other answer is a status and JSON with an `error`: 400 for a broken form, 403 for another site's request,
//! 408 when it came too slowly, 413 for too many bytes, 415 for what is no image by its type, 422 for what is none by its
//! content, 503 with `Retry-After` when there is too much to do.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hd::label::{Answer, question};
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::guard::only_this_site;
use crate::lane::{Product, Trouble, Wanted};
use crate::metrics::count;
use crate::page;
use crate::refusal::Refusal;
use crate::upload;

/// Headers of every answer: the page may load this site's files alone, and stand in no frame.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
         connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), microphone=(), geolocation=()",
    ),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
];

/// The routes, and what every request goes through, from the last line to the first.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (hosts, metrics) = (app.hosts.clone(), Arc::clone(&app.metrics));
    let files = page::served().fold(Router::new(), |router, file| {
        let answer = get(async move || file.response());
        router.route(&format!("/{}", file.name), answer)
    });
    let mut router = files
        .route("/", get(page::index))
        .route("/label", post(label))
        .route("/heatmap", post(heatmap))
        .route("/health", get(health))
        .route("/metrics", get(counts))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "there is no such page".to_owned()))
        .method_not_allowed_fallback(async || {
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "not with this method".to_owned(),
            )
        })
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(app.max_bytes))
        .layer(from_fn(in_json))
        .layer(from_fn_with_state(hosts, only_this_site))
        .layer(from_fn_with_state(metrics, count))
        .with_state(app);
    for (name, value) in HEADERS {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    router
}

/// The header that names the verdict in one word, by which the page chooses its colour.
const VERDICT: HeaderName = HeaderName::from_static("hd-verdict");

async fn label(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    let (product, took) = work(&app, request, Wanted::Scores).await?;
    let Product::Scores(scores, notes) = product else {
        return Err(Refusal::FAILED);
    };
    app.metrics.labelled(took);
    let labels = app.network.labels.as_deref().unwrap_or_default();
    let answer = Answer::new(labels, &scores);
    let state = [(VERDICT, answer.verdict(0.0, app.confident).name())];
    Ok((state, Json(answer.record(0.0, app.confident, notes))).into_response())
}

async fn heatmap(State(app): State<Arc<App>>, request: Request) -> Result<Response, Refusal> {
    match work(&app, request, Wanted::Heatmap).await? {
        (Product::Heatmap(png), _) => {
            Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
        }
        _ => Err(Refusal::FAILED),
    }
}

/// Has the image in a request worked on. The result, and the time that waiting and working took.
async fn work(app: &App, request: Request, wanted: Wanted) -> Result<(Product, Duration), Refusal> {
    let deadline = Instant::now() + app.timeout;
    let image = timeout_at(deadline, upload::image(request, &app.room)).await??;
    let begin = Instant::now();
    let _waiting = app.metrics.waiting();
    let done = timeout_at(deadline, app.pool.run(image, wanted)).await;
    // Where it took too long it was not for the visitor.
    match done.unwrap_or(Err(Trouble::Busy)) {
        Ok(Ok(product)) => Ok((product, begin.elapsed())),
        Ok(Err(reason)) => Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            reason.to_string(),
        )),
        Err(Trouble::Busy) => Err(Refusal::BUSY),
        Err(Trouble::Failed) => Err(Refusal::FAILED),
    }
}

async fn health(State(app): State<Arc<App>>) -> Response {
    let network = &app.network;
    let title = question(network.labels.as_deref().unwrap_or_default());
    Json(json!({
        "status": "ok",
        "base": network.architecture,
        "labels": network.labels,
        "title": title,
    }))
    .into_response()
}

async fn counts(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let text = app.metrics.text().map_err(|_| Refusal::FAILED)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The refusal of the layer that counts bytes, which comes as text, in the form of all others.
async fn in_json(request: Request, next: axum::middleware::Next) -> Response {
    let response = next.run(request).await;
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TOO_LARGE.into_response(),
        _ => response,
    }
}
