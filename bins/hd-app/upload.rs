//! The image in a request: its body, or the one file of a form.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::pieces::Pieces;
use crate::refusal::Refusal;
use crate::room::{Room, Share};

/// Of an upload, so much or all the rest comes within every [`STALL`], or it is given up. Modems
/// had that speed. The time of all of it is limited too, with that of the request.
const PORTION: usize = 32 << 10;

/// Long enough for the pauses that networks make.
const STALL: Duration = Duration::from_secs(5);

/// Fields that a form can have. More would only be work.
const FIELDS: usize = 100;

/// Kinds of bodies that are the image itself. The last is what curl says of any.
const RAW: [&str; 2] = [
    "application/octet-stream",
    "application/x-www-form-urlencoded",
];

/// The bytes of an image, and the room that they take.
pub(crate) struct Held {
    bytes: Bytes,
    room: Share,
}

impl Held {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads the image.
///
/// # Errors
/// A body that is cut short, too slow, too large, of another kind, or a form without a file or with
/// two; no room.
pub(crate) async fn image(request: Request, room: &Room) -> Result<Held, Refusal> {
    match kind(request.headers()) {
        Some(kind) if kind == "multipart/form-data" => {
            let (head, body) = request.into_parts();
            of_form(head, of_body(body, room.share()?).await?).await
        }
        Some(kind) if kind.starts_with("image/") || RAW.contains(&kind.as_str()) => {
            of_body(request.into_body(), room.share()?).await
        }
        None => of_body(request.into_body(), room.share()?).await,
        Some(kind) => Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "an image or a form with a file was expected, not {}",
                kind.escape_default()
            ),
        )),
    }
}

async fn of_body(mut body: Body, mut room: Share) -> Result<Held, Refusal> {
    let (mut pieces, mut length) = (Pieces::default(), 0);
    let (mut due, mut portion) = (Instant::now() + STALL, PORTION);
    while let Some(frame) = timeout_at(due, body.frame()).await? {
        let frame = frame.map_err(|error| Refusal::of_body(&error))?;
        if let Some(data) = frame.data_ref() {
            room.grow(data.len())?;
            pieces.push(data);
            length += data.len();
        }
        if length >= portion {
            (due, portion) = (Instant::now() + STALL, length + PORTION);
        }
    }
    let bytes = pieces.whole().into();
    Ok(Held { bytes, room })
}

/// The one file of a form. Its body has come as a whole, so that however it is made up it takes no
/// more than twice its room.
async fn of_form(head: Parts, body: Held) -> Result<Held, Refusal> {
    let Held { bytes, mut room } = body;
    let length = bytes.len();
    room.grow(length)?;
    let form = Request::from_parts(head, Body::from(bytes));
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
    room.shrink(length);
    Ok(Held { bytes, room })
}

/// The type that a body is said to have, without parameters.
fn kind(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?;
    let kind = kind.to_str().unwrap_or("?").split(';').next()?;
    Some(kind.trim().to_ascii_lowercase())
}
