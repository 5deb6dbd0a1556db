//! Answers to requests that are refused: a status, and JSON with an `error`.

use std::borrow::Cow;
use std::error::Error;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::time::error::Elapsed;

/// A request that is refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    reason: Cow<'static, str>,
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
            reason: Cow::Borrowed(reason),
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

    /// The refusal of a body that could not be read.
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
