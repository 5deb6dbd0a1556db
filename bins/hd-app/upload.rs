//! The image in a request: its body, or the one file of a form.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::refusal::Refusal;

/// Bytes of images that may be held at a time, for all visitors together.
const MOST: usize = 1 << 29;

/// An upload of which nothing comes for so long is given up.
const STALL: Duration = Duration::from_secs(5);

/// Fields that a form can have. More would only be work.
const FIELDS: usize = 100;

/// Kinds of bodies that are the image itself. The last is what curl says of any.
const RAW: [&str; 2] = [
    "application/octet-stream",
    "application/x-www-form-urlencoded",
];

/// The room that images may take.
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

/// The bytes of an image, and the room that they take.
pub(crate) struct Held {
    bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl Held {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Room {
    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let semaphore = Arc::clone(&self.0);
        let count = u32::try_from(bytes).map_err(|_| Refusal::BUSY)?;
        semaphore
            .try_acquire_many_owned(count)
            .map_err(|_| Refusal::BUSY)
    }

    /// Reads the image.
    ///
    /// # Errors
    /// A body that is cut short, too large, of another kind, or a form without a file or with two; no room.
    pub(crate) async fn image(&self, request: Request) -> Result<Held, Refusal> {
        match kind(request.headers()) {
            Some(kind) if kind == "multipart/form-data" => {
                let (head, body) = request.into_parts();
                self.of_form(head, self.of_body(body).await?).await
            }
            Some(kind) if kind.starts_with("image/") || RAW.contains(&kind.as_str()) => {
                self.of_body(request.into_body()).await
            }
            None => self.of_body(request.into_body()).await,
            Some(kind) => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!(
                    "an image or a form with a file was expected, not {}",
                    kind.escape_default()
                ),
            )),
        }
    }

    async fn of_body(&self, mut body: Body) -> Result<Held, Refusal> {
        let mut bytes = Vec::new();
        let mut room = self.take(0)?;
        while let Some(frame) = timeout(STALL, body.frame()).await? {
            let frame = frame.map_err(|error| Refusal::of_body(&error))?;
            if let Some(data) = frame.data_ref() {
                room.merge(self.take(data.len())?);
                bytes.extend_from_slice(data);
            }
        }
        Ok(Held {
            bytes: bytes.into(),
            _room: room,
        })
    }

    /// The one file of a form. Its body has come as a whole, so that however it is made up it takes no more than twice its room.
    async fn of_form(&self, head: Parts, body: Held) -> Result<Held, Refusal> {
        let room = self.take(body.bytes.len())?;
        let form = Request::from_parts(head, Body::from(body.bytes));
        let form = Multipart::from_request(form, &()).await;
        let mut form = form.map_err(|error| Refusal::bad(error.body_text()))?;
        let broken = |error: MultipartError| Refusal::bad(error.body_text());
        let (mut image, mut fields) = (None, 0);
        while let Some(field) = form.next_field().await.map_err(broken)? {
            fields += 1;
            if fields > FIELDS {
                let reason = format!("the form has more than {FIELDS} fields");
                return Err(Refusal::bad(reason));
            }
            if field.file_name().is_none() {
                continue;
            }
            if image.is_some() {
                return Err(Refusal::bad(
                    "one image a request, and this form has two".to_owned(),
                ));
            }
            image = Some(field.bytes().await.map_err(broken)?);
        }
        let bytes = image.ok_or_else(|| Refusal::bad("the form has no file".to_owned()))?;
        Ok(Held { bytes, _room: room })
    }
}

/// The type that a body is said to have, without parameters.
fn kind(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?;
    let kind = kind.to_str().unwrap_or("?").split(';').next()?;
    Some(kind.trim().to_ascii_lowercase())
}
