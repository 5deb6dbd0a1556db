//! The picture in a request: its body, or the one file of a form.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::routes::Refusal;

/// Bytes of pictures that may be held at a time, for all visitors together.
const MOST: usize = 1 << 29;

/// Kinds of bodies that are the picture itself. The last is what curl says of any.
const RAW: [&str; 2] = [
    "application/octet-stream",
    "application/x-www-form-urlencoded",
];

/// What there is room for.
pub(crate) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

/// The bytes of a picture, and the room that they take.
pub(crate) struct Held {
    bytes: Vec<u8>,
    room: OwnedSemaphorePermit,
}

impl Held {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn add(&mut self, more: &[u8], room: &Room) -> Result<(), Refusal> {
        self.room.merge(room.take(more.len())?);
        self.bytes.extend_from_slice(more);
        Ok(())
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

    fn nothing(&self) -> Result<Held, Refusal> {
        Ok(Held {
            bytes: Vec::new(),
            room: self.take(0)?,
        })
    }

    /// Reads the picture.
    ///
    /// # Errors
    /// A body that is cut short, too large, of another kind, or a form without a file or with two; no room.
    pub(crate) async fn picture(&self, request: Request) -> Result<Held, Refusal> {
        match kind(request.headers()) {
            Some(kind) if kind == "multipart/form-data" => self.of_form(request).await,
            Some(kind) if kind.starts_with("image/") || RAW.contains(&kind.as_str()) => {
                self.of_body(request.into_body()).await
            }
            None => self.of_body(request.into_body()).await,
            Some(kind) => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!(
                    "a picture or a form with a file was expected, not {}",
                    kind.escape_default()
                ),
            )),
        }
    }

    async fn of_body(&self, mut body: Body) -> Result<Held, Refusal> {
        let mut held = self.nothing()?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| Refusal::of_body(&error))?;
            if let Some(data) = frame.data_ref() {
                held.add(data, self)?;
            }
        }
        Ok(held)
    }

    async fn of_form(&self, request: Request) -> Result<Held, Refusal> {
        let form = Multipart::from_request(request, &()).await;
        let mut form = form.map_err(|error| Refusal::bad(error.body_text()))?;
        let mut picture = None;
        while let Some(field) = form.next_field().await.map_err(of_form)? {
            if field.file_name().is_none() {
                continue;
            }
            if picture.is_some() {
                return Err(Refusal::bad(
                    "one picture a request, and this form has two".to_owned(),
                ));
            }
            picture = Some(self.of_field(field).await?);
        }
        picture.ok_or_else(|| Refusal::bad("the form has no file".to_owned()))
    }

    async fn of_field(&self, mut field: Field<'_>) -> Result<Held, Refusal> {
        let mut held = self.nothing()?;
        while let Some(chunk) = field.chunk().await.map_err(of_form)? {
            held.add(&chunk, self)?;
        }
        Ok(held)
    }
}

fn of_form(error: MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TOO_LARGE,
        _ => Refusal::bad(error.body_text()),
    }
}

/// What a body is said to be, without parameters.
fn kind(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?;
    let kind = kind.to_str().unwrap_or("?").split(';').next()?;
    Some(kind.trim().to_ascii_lowercase())
}
