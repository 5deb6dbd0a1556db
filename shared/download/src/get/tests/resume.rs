//! Going on where an attempt or an earlier run broke off, or starting anew where that is not safe.

use super::*;

#[test]
fn resumes_after_a_lost_connection() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![half(&body, V1), rest(&body, 100_000, V1)]);
    let receipt = bench.fetch(&server, Some(&sha(&body))).unwrap();
    assert_eq!(receipt.sha256, sha(&body));
    assert_eq!(fs::read(bench.to()).unwrap(), body);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert!(
        requests[1].contains("range: bytes=100000-\r\n"),
        "{}",
        requests[1]
    );
    assert!(
        requests[1].contains("if-range: \"v1\"\r\n"),
        "{}",
        requests[1]
    );
    let diary = bench.diary.0.lock().unwrap();
    assert!(
        diary[2].ends_with("was lost after 100000 bytes, trying again in 0.001 s"),
        "{diary:?}"
    );
    assert_eq!(diary[3], "begin x.zip Some(200000) 100000");
}

#[test]
fn starts_again_when_the_server_ignores_the_range() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![half(&body, V1), whole(&body, V1)]);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&body));
    assert!(server.requests()[1].contains("range: bytes=100000-"));
}

#[test]
fn takes_the_new_version_when_the_file_changed_between_attempts() {
    let (bench, old, new) = (Bench::new(), content(1), content(2));
    let server = Server::start(vec![half(&old, V1), whole(&new, "ETag: \"v2\"")]);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&new));
}

#[test]
fn does_not_join_two_versions_when_the_server_ignores_if_range() {
    let (bench, old, new) = (Bench::new(), content(1), content(2));
    let v2 = "ETag: \"v2\"";
    let steps = vec![half(&old, V1), rest(&new, 100_000, v2), whole(&new, v2)];
    let server = Server::start(steps);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&new));
    assert!(!server.requests()[2].contains("range:"));
}

#[test]
fn starts_again_when_the_rest_begins_elsewhere_or_there_is_none() {
    let misfits = [
        rest(&content(1), 50_000, V1),
        Step::Send(reply("416 Range Not Satisfiable", &[], b"")),
    ];
    for misfit in misfits {
        let (bench, body) = (Bench::new(), content(1));
        let server = Server::start(vec![half(&body, V1), misfit, whole(&body, V1)]);
        assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&body));
        assert!(!server.requests()[2].contains("range:"));
    }
}

#[test]
fn goes_on_with_the_part_of_an_earlier_run() {
    let (bench, body) = (Bench::new(), content(1));
    bench.leave_part(&body[..70_000], Some("\"v1\""));
    let server = Server::start(vec![rest(&body, 70_000, V1)]);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&body));
    assert!(server.requests()[0].contains("range: bytes=70000-\r\nif-range: \"v1\""));
    assert_eq!(bench.names(), ["x.zip"]);
}

#[test]
fn resumes_without_a_validator_only_when_a_digest_protects_the_file() {
    let body = content(1);
    for sha256 in [None, Some(sha(&body))] {
        let bench = Bench::new();
        bench.leave_part(&body[..70_000], None);
        let step = if sha256.is_some() {
            rest(&body, 70_000, V1)
        } else {
            whole(&body, V1)
        };
        let server = Server::start(vec![step]);
        bench.fetch(&server, sha256.as_deref()).unwrap();
        assert_eq!(server.requests()[0].contains("range:"), sha256.is_some());
    }
}

#[test]
fn starts_once_more_from_zero_when_the_pieces_do_not_fit() {
    let (bench, body) = (Bench::new(), content(1));
    bench.leave_part(&content(2)[..70_000], Some("\"v1\""));
    let server = Server::start(vec![rest(&body, 70_000, V1), whole(&body, V1)]);
    assert_eq!(
        bench.fetch(&server, Some(&sha(&body))).unwrap().sha256,
        sha(&body)
    );
    assert!(!server.requests()[1].contains("range:"));
}

#[test]
fn resumes_after_a_stall() {
    let (mut bench, body) = (Bench::new(), content(1));
    bench.policy.stall = Duration::from_millis(150);
    let stall = Step::Stall(cut_reply("200 OK", &[V1], &body, 100_000));
    let server = Server::start(vec![stall, rest(&body, 100_000, V1)]);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&body));
    let note = bench.diary.0.lock().unwrap()[2].clone();
    assert!(note.contains("no data came for 0.15 s"), "{note}");
}

#[test]
fn notices_a_206_that_is_shorter_than_the_total() {
    let (bench, body) = (Bench::new(), content(1));
    bench.leave_part(&body[..50_000], Some("\"v1\""));
    let range = "Content-Range: bytes 50000-99999/200000";
    let piece = Step::Send(reply(
        "206 Partial Content",
        &[range, V1],
        &body[50_000..100_000],
    ));
    let server = Server::start(vec![piece, rest(&body, 100_000, V1)]);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&body));
}
