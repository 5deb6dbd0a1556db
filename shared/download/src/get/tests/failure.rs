//! What is tried again, what is not, and what the errors say.

use super::*;

#[test]
fn refuses_a_wrong_digest_at_once_and_deletes_the_part() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![whole(&body, V1)]);
    let expected = "0".repeat(64);
    let error = bench.fetch(&server, Some(&expected)).unwrap_err();
    let message = format!(
        "{}: sha-256 is {}, expected {expected}",
        server.url("/x.zip"),
        sha(&body)
    );
    assert_eq!(error.to_string(), message);
    assert_eq!(server.requests().len(), 1);
    assert!(bench.names().is_empty());
}

#[test]
fn refuses_a_wrong_digest_after_one_clean_retry() {
    let (bench, body) = (Bench::new(), content(1));
    bench.leave_part(&body[..70_000], Some("\"v1\""));
    let server = Server::start(vec![rest(&body, 70_000, V1), whole(&body, V1)]);
    let error = bench.fetch(&server, Some(&"0".repeat(64))).unwrap_err();
    assert!(matches!(error, Error::Digest { .. }), "{error}");
    assert_eq!(server.requests().len(), 2);
    assert!(bench.names().is_empty());
}

#[test]
fn waits_as_long_as_the_server_asks_and_tries_again() {
    let (bench, body) = (Bench::new(), content(1));
    let busy = Step::Send(reply(
        "503 Service Unavailable",
        &["Retry-After: 7"],
        b"busy",
    ));
    let server = Server::start(vec![busy, whole(&body, V1)]);
    let start = Instant::now();
    bench.fetch(&server, None).unwrap();
    assert!(start.elapsed() >= bench.policy.longest_retry_after);
    let note = bench.diary.0.lock().unwrap()[0].clone();
    let url = server.url("/x.zip");
    let said = "the server answered 503 Service Unavailable, trying again in 0.12 s";
    assert_eq!(note, format!("{url}: {said}"));
}

#[test]
fn tries_again_only_for_a_status_that_may_pass() {
    for status in [
        "408 Request Timeout",
        "425 Too Early",
        "429 Too Many Requests",
        "502 Bad Gateway",
    ] {
        let (bench, body) = (Bench::new(), content(1));
        let server = Server::start(vec![Step::Send(reply(status, &[], b"")), whole(&body, V1)]);
        assert!(bench.fetch(&server, None).is_ok(), "{status}");
    }
    for status in [
        "404 Not Found",
        "403 Forbidden",
        "410 Gone",
        "204 No Content",
    ] {
        let bench = Bench::new();
        let server = Server::start(vec![Step::Send(reply(status, &[], b"no"))]);
        let message = bench.fetch(&server, None).unwrap_err().to_string();
        assert!(message.ends_with(status), "{message}");
        assert_eq!(server.requests().len(), 1, "{status}");
        assert!(bench.names().is_empty());
    }
}

#[test]
fn gives_up_on_a_server_that_keeps_failing() {
    let bench = Bench::new();
    let server = Server::start(vec![Step::Send(reply(
        "500 Internal Server Error",
        &[],
        b"",
    ))]);
    let error = bench.fetch(&server, None).unwrap_err();
    assert!(matches!(error, Error::Status { .. }), "{error}");
    assert_eq!(server.requests().len(), 5);
}

#[test]
fn gives_up_on_a_server_that_keeps_sending_the_same_half() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![half(&body, V1)]);
    let error = bench.fetch(&server, None).unwrap_err();
    assert!(
        matches!(error, Error::ConnectionLost { bytes: 100_000, .. }),
        "{error}"
    );
    assert_eq!(server.requests().len(), 5);
    // What has come stays for the next run.
    assert_eq!(bench.names(), ["x.zip.part", "x.zip.part.etag"]);
}

#[test]
fn gives_up_on_a_server_that_stays_silent() {
    let mut bench = Bench::new();
    bench.policy.stall = Duration::from_millis(50);
    let server = Server::start(vec![Step::Stall(Vec::new())]);
    let error = bench.fetch(&server, None).unwrap_err();
    assert!(matches!(error, Error::Stalled { .. }), "{error}");
    assert_eq!(bench.diary.0.lock().unwrap().len(), 4);
}

#[test]
fn reports_a_refused_connection_at_once() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x.zip", listener.local_addr().unwrap());
    drop(listener);
    let error = bench.fetch_through(&url, None, None).unwrap_err();
    assert_eq!(error.to_string(), format!("{url}: could not connect"));
    assert!(bench.diary.0.lock().unwrap().is_empty());
    assert!(bench.names().is_empty());
}

#[test]
fn reports_a_name_that_does_not_resolve_at_once() {
    let bench = Bench::new();
    let error = bench
        .fetch_through("http://nowhere.invalid/", None, None)
        .unwrap_err();
    let said = "http://nowhere.invalid/: could not resolve the host name nowhere.invalid";
    assert_eq!(error.to_string(), said);
    assert!(bench.diary.0.lock().unwrap().is_empty());
}

#[test]
fn reports_a_tls_failure_at_once() {
    let bench = Bench::new();
    let server = Server::start(vec![Step::Send(reply(
        "400 Bad Request",
        &[],
        b"no TLS here",
    ))]);
    let url = server.url("/").replace("http:", "https:");
    let error = bench.fetch_through(&url, None, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{url}: could not make a secure connection")
    );
    assert_eq!(server.requests().len(), 1);
}
