//! Sorts what went wrong with a request into the library's errors, and says which are worth
//! another attempt: an unreachable host is not, so that the caller soon tries its next mirror.

use std::io::{self, ErrorKind};
use std::time::Duration;

use ureq::http::{Response, header};
use ureq::{Body, Timeout};

use super::lookup::LookupFailed;
use super::policy::{Again, Failure, Policy};
use crate::error::Error;

/// The failure behind an error before the head of an answer is there, the part having `bytes`.
pub(super) fn of_request(url: &str, policy: &Policy, bytes: u64, error: ureq::Error) -> Failure {
    use ureq::Error as Http;
    let address = url;
    let url = url.to_string();
    let never = match error {
        Http::Io(source) => return of_connection(url, bytes, source),
        Http::Timeout(Timeout::Connect) => Error::Connect {
            url,
            source: ErrorKind::TimedOut.into(),
        },
        Http::Timeout(_) => return stalled(url, policy),
        Http::Other(other) => of_lookup(url, other),
        Http::ConnectProxyFailed(reason) => Error::Proxy { url, reason },
        Http::Http(_) | Http::BadUri(_) => Error::Address { url },
        error @ (Http::Tls(_) | Http::Rustls(_) | Http::Pem(_)) => Error::Tls {
            url,
            source: io::Error::other(error),
        },
        other => unusable(address, other.to_string()),
    };
    never.into()
}

/// The failure behind an error while the body of an answer is read, `bytes` being there so far.
pub(super) fn of_body(url: &str, policy: &Policy, bytes: u64, error: io::Error) -> Failure {
    let url = url.to_string();
    match ureq::Error::from(error) {
        ureq::Error::Timeout(_) => stalled(url, policy),
        other => lost(url, bytes, other.into_io()),
    }
}

/// The failure that a status other than success stands for.
pub(super) fn of_status(url: &str, response: &Response<Body>) -> Failure {
    let status = response.status();
    let passing = matches!(status.as_u16(), 408 | 425 | 429 | 500..=599);
    let error = Error::Status {
        url: url.to_string(),
        status: status.to_string(),
    };
    let again = if passing {
        Again::Later(retry_after(response))
    } else {
        Again::Never
    };
    Failure { error, again }
}

/// The error for an answer that breaks the rules.
pub(super) fn unusable(url: &str, reason: impl Into<String>) -> Error {
    Error::Response {
        url: url.to_string(),
        reason: reason.into(),
    }
}

/// The pause that the server asks for in seconds. The other form, a date, is rare and ignored.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn of_connection(url: String, bytes: u64, source: io::Error) -> Failure {
    match source.kind() {
        // This is how rustls reports a certificate or a handshake that it does not accept.
        ErrorKind::InvalidData => Error::Tls { url, source }.into(),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => lost(url, bytes, source),
        _ => Error::Connect { url, source }.into(),
    }
}

fn of_lookup(url: String, error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    match error.downcast::<LookupFailed>() {
        Ok(failed) => Error::HostNotFound {
            url,
            host: failed.host,
            source: failed.source,
        },
        Err(other) => unusable(&url, other.to_string()),
    }
}

fn stalled(url: String, policy: &Policy) -> Failure {
    let after = policy.stall;
    Failure {
        error: Error::Stalled { url, after },
        again: Again::Later(None),
    }
}

/// A connection that ended too early.
pub(super) fn lost(url: String, bytes: u64, source: io::Error) -> Failure {
    Failure {
        error: Error::ConnectionLost { url, bytes, source },
        again: Again::Later(None),
    }
}
