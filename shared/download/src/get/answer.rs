//! Reads the head of an answer: whether the bytes that follow begin the file or continue it.

use ureq::Body;
use ureq::http::{HeaderName, Response, StatusCode, header};

use super::policy::Failure;
use super::trouble;

/// The part of the file that the body of an answer holds.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// The whole file, of `total` bytes where the server says so.
    Whole { total: Option<u64> },
    /// The rest of the file, which has `total` bytes in all where the server says so.
    Rest { total: Option<u64> },
    /// Nothing that fits the part: it must be emptied, and the file asked for anew.
    Misfit,
}

/// Judges the answer to a request for the bytes from `from` on of the version `validator`.
pub(super) fn judge(
    url: &str,
    response: &Response<Body>,
    from: u64,
    validator: Option<&str>,
) -> Result<Answer, Failure> {
    match response.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT if is_encoded(response) => {
            Err(trouble::unusable(url, "it is compressed, which was not asked for").into())
        }
        StatusCode::OK => Ok(Answer::Whole {
            total: response.body().content_length(),
        }),
        StatusCode::PARTIAL_CONTENT if from > 0 => Ok(rest(response, from, validator)),
        StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => Ok(Answer::Misfit),
        status if status.is_client_error() || status.is_server_error() => {
            Err(trouble::of_status(url, response))
        }
        status => Err(trouble::unusable(url, format!("its status is {status}")).into()),
    }
}

/// The validator of the version that the server sent: its strong `ETag`, or else its date.
pub(super) fn validator(response: &Response<Body>) -> Option<&str> {
    let strong = text(response, header::ETAG).filter(|tag| !tag.starts_with("W/"));
    strong.or_else(|| text(response, header::LAST_MODIFIED))
}

fn rest(response: &Response<Body>, from: u64, sent: Option<&str>) -> Answer {
    // Some servers heed Range but not If-Range, and send the rest of another version.
    let changed = matches!((sent, validator(response)), (Some(old), Some(new)) if old != new);
    match content_range(response) {
        Some((first, total)) if first == from && !changed => Answer::Rest { total },
        _ => Answer::Misfit,
    }
}

/// First byte and total length from a header such as `Content-Range: bytes 100-199/200`.
fn content_range(response: &Response<Body>) -> Option<(u64, Option<u64>)> {
    let range = text(response, header::CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (span, total) = range.split_once('/')?;
    let (first, _last) = span.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

fn is_encoded(response: &Response<Body>) -> bool {
    text(response, header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
}

fn text(response: &Response<Body>, name: HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response<Body> {
        let mut builder = Response::builder().status(status);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Body::builder().data("abc")).unwrap()
    }

    fn judged(status: u16, range: &str, tag: &str) -> Answer {
        let response = answer(status, &[("content-range", range), ("etag", tag)]);
        judge("http://h/x", &response, 100, Some("\"v1\"")).unwrap()
    }

    #[test]
    fn takes_the_rest_only_where_it_fits() {
        let total = Some(200);
        assert_eq!(
            judged(206, "bytes 100-199/200", "\"v1\""),
            Answer::Rest { total }
        );
        assert_eq!(
            judged(206, "bytes 100-199/*", "\"v1\""),
            Answer::Rest { total: None }
        );
        assert_eq!(judged(206, "bytes 50-199/200", "\"v1\""), Answer::Misfit);
        assert_eq!(judged(206, "items 100-199/200", "\"v1\""), Answer::Misfit);
        assert_eq!(judged(206, "bytes 100-199/200", "\"v2\""), Answer::Misfit);
        assert_eq!(judged(416, "bytes */50", "\"v1\""), Answer::Misfit);
        assert_eq!(judged(200, "", "\"v2\""), Answer::Whole { total: Some(3) });
    }

    #[test]
    fn takes_a_strong_tag_before_the_date_and_the_date_before_a_weak_tag() {
        let date = ("last-modified", "Tue, 01 Jul 2025 10:00:00 GMT");
        let strong = answer(200, &[("etag", "\"a\""), date]);
        assert_eq!(validator(&strong), Some("\"a\""));
        let weak = answer(200, &[("etag", "W/\"a\""), date]);
        assert_eq!(validator(&weak), Some(date.1));
        assert_eq!(validator(&answer(200, &[("etag", "W/\"a\"")])), None);
    }

    #[test]
    fn refuses_an_answer_that_is_compressed_or_partial_without_need() {
        let gzipped = answer(200, &[("content-encoding", "gzip")]);
        assert!(judge("http://h/x", &gzipped, 0, None).is_err());
        let partial = answer(206, &[("content-range", "bytes 0-2/3")]);
        assert!(judge("http://h/x", &partial, 0, None).is_err());
    }
}
