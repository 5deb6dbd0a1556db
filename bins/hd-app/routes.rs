//! What the server answers to which request.
//!
//! | request | answer |
//! |---|---|
//! | `GET /` and what it needs | the page |
//! | `POST /label`, an image or a form with one | JSON: `label`, `score`, `verdict`, `scores` |
//! | `POST /heatmap`, the same | PNG: where the evidence lies |
//! | `GET /health` | JSON: `status`, `base`, `labels` |
//! | `GET /metrics` | text for Prometheus |
//!
//! What cannot be answered gets a status and JSON with an `error`: 400 for a broken form, 403 for another site's request,
//! 408 when it took too long to come, 413 for too many bytes, 415 for what is no image by its type, 422 for what is none by its
//! content, 503 with `Retry-After` when there is too much to do.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hd::label::Answer;
use hd::onnx::Network;
use serde_json::json;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::guard::{Hosts, only_this_site};
use crate::metrics::{Metrics, count};
use crate::pool::{Pool, Product, Trouble, Wanted};
use crate::upload::Room;
use crate::visitors::Visitor;
use crate::{Limits, page};

/// What answering takes.
pub(crate) struct App {
    network: Arc<Network>,
    pool: Pool,
    room: Room,
    hosts: Hosts,
    max_bytes: usize,
    timeout: Duration,
    pub(crate) metrics: Metrics,
}

impl App {
    pub(crate) fn new(network: Arc<Network>, pool: Pool, limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            network,
            pool,
            room: Room::default(),
            hosts: Hosts::new(&limits.allow_host),
            max_bytes: limits.max_bytes as usize,
            timeout: Duration::from_secs(limits.timeout),
            metrics: Metrics::default(),
        })
    }
}

/// Said with every answer: nothing but this site's own files, and no frame around it.
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
    let hosts = app.hosts.clone();
    let mut router = Router::new()
        .route("/", get(page::index))
        .route("/app.css", get(page::style))
        .route("/app.js", get(page::script))
        .route("/icon.svg", get(page::icon))
        .route("/label", post(label))
        .route("/heatmap", post(heatmap))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
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
        .layer(from_fn_with_state(Arc::clone(&app), count))
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

async fn label(
    State(app): State<Arc<App>>,
    visitor: Option<Extension<Arc<Visitor>>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (product, took) = work(&app, visitor, request, Wanted::Scores).await?;
    let Product::Scores(scores) = product else {
        return Err(Refusal::FAILED);
    };
    app.metrics.labelled(took);
    let labels = app.network.labels.as_deref().unwrap_or_default();
    Ok(Json(Answer::new(labels, &scores).record(0.0)).into_response())
}

async fn heatmap(
    State(app): State<Arc<App>>,
    visitor: Option<Extension<Arc<Visitor>>>,
    request: Request,
) -> Result<Response, Refusal> {
    match work(&app, visitor, request, Wanted::Heatmap).await? {
        (Product::Heatmap(png), _) => {
            Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
        }
        _ => Err(Refusal::FAILED),
    }
}

/// What came of the image in a request, and how long its work has taken with the wait for it.
async fn work(
    app: &App,
    visitor: Option<Extension<Arc<Visitor>>>,
    request: Request,
    wanted: Wanted,
) -> Result<(Product, Duration), Refusal> {
    let deadline = Instant::now() + app.timeout;
    let image = timeout_at(deadline, app.room.image(request)).await??;
    let begin = Instant::now();
    let _working = visitor.as_ref().map(|Extension(visitor)| visitor.working());
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
    Json(json!({"status": "ok", "base": network.architecture, "labels": network.labels}))
        .into_response()
}

async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let text = app.metrics.text().map_err(|_| Refusal::FAILED)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// A request that is not answered.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    reason: std::borrow::Cow<'static, str>,
}

impl Refusal {
    pub(crate) const BUSY: Self = Self::fixed(
        StatusCode::SERVICE_UNAVAILABLE,
        "too much to do at the moment: try again in a second",
    );
    pub(crate) const TOO_LARGE: Self = Self::fixed(
        StatusCode::PAYLOAD_TOO_LARGE,
        "the image has too many bytes",
    );
    const SLOW: Self = Self::fixed(
        StatusCode::REQUEST_TIMEOUT,
        "the image took too long to come",
    );
    pub(crate) const FAILED: Self = Self::fixed(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the server could not do it, and says why where it was started",
    );

    const fn fixed(status: StatusCode, reason: &'static str) -> Self {
        Self {
            status,
            reason: std::borrow::Cow::Borrowed(reason),
        }
    }

    pub(crate) fn new(status: StatusCode, reason: String) -> Self {
        Self {
            status,
            reason: reason.into(),
        }
    }

    pub(crate) fn bad(reason: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason)
    }

    /// What went wrong in reading a body.
    pub(crate) fn of_body(error: &axum::Error) -> Self {
        let too_long =
            |cause: &(dyn Error + 'static)| cause.is::<http_body_util::LengthLimitError>();
        match anyhow::Chain::new(error).any(too_long) {
            true => Self::TOO_LARGE,
            false => Self::bad("the image came only in part".to_owned()),
        }
    }
}

impl From<Elapsed> for Refusal {
    fn from(_: Elapsed) -> Self {
        Self::SLOW
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = Json(json!({"error": self.reason}));
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => {
                (self.status, [(header::RETRY_AFTER, "1")], error).into_response()
            }
            status => (status, error).into_response(),
        }
    }
}

/// The refusal of the layer that counts bytes, which comes as text, in the form of all others.
async fn in_json(request: Request, next: axum::middleware::Next) -> Response {
    let response = next.run(request).await;
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TOO_LARGE.into_response(),
        _ => response,
    }
}
