//! The download as a whole, against a server on the loopback device.

mod failure;
mod proxies;
mod resume;
mod server;
mod together;
mod too_long;

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use self::server::{Server, Step, cut_reply, reply};
use super::*;
use crate::transfer::beside;

const V1: &str = "ETag: \"v1\"";

/// Keeps what it is told.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Progress for Diary {
    fn begin(&self, what: &str, total: Option<u64>, already: u64) {
        let line = format!("begin {what} {total:?} {already}");
        self.0.lock().unwrap().push(line);
    }
    fn advance(&self, _bytes: u64) {}
    fn note(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_string());
    }
    fn end(&self) {
        self.0.lock().unwrap().push("end".to_string());
    }
}

/// A folder to download into, a short policy and a record of the progress.
struct Bench {
    folder: tempfile::TempDir,
    policy: Policy,
    most: u64,
    diary: Diary,
}

impl Bench {
    fn new() -> Self {
        let policy = Policy {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(5),
            first_delay: Duration::from_millis(1),
            longest_retry_after: Duration::from_millis(120),
            ..Policy::default()
        };
        Bench {
            folder: tempfile::tempdir().unwrap(),
            policy,
            most: 200_000,
            diary: Diary::default(),
        }
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("x.zip")
    }

    fn fetch_through(
        &self,
        url: &str,
        sha256: Option<&str>,
        proxy: Option<Proxy>,
    ) -> Result<Receipt, Error> {
        let job = Job {
            url,
            to: &self.to(),
            sha256,
            most: self.most,
            progress: &self.diary,
        };
        let outcome = job.run(&self.policy, proxy);
        assert_eq!(outcome.is_ok(), self.to().exists(), "{outcome:?}");
        outcome
    }

    fn fetch(&self, server: &Server, sha256: Option<&str>) -> Result<Receipt, Error> {
        self.fetch_through(&server.url("/x.zip"), sha256, None)
    }

    fn leave_part(&self, bytes: &[u8], etag: Option<&str>) {
        fs::write(beside(&self.to(), ".part"), bytes).unwrap();
        if let Some(etag) = etag {
            fs::write(beside(&self.to(), ".part.etag"), etag).unwrap();
        }
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

fn content(seed: u8) -> Vec<u8> {
    (0..200_000_u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8 ^ seed)
        .collect()
}

fn sha(bytes: &[u8]) -> String {
    hd_digest::sha256_of(bytes).unwrap()
}

fn rest(body: &[u8], from: usize, etag: &str) -> Step {
    let range = format!(
        "Content-Range: bytes {from}-{}/{}",
        body.len() - 1,
        body.len()
    );
    Step::Send(reply("206 Partial Content", &[&range, etag], &body[from..]))
}

fn whole(body: &[u8], etag: &str) -> Step {
    Step::Send(reply("200 OK", &[etag], body))
}

fn half(body: &[u8], etag: &str) -> Step {
    Step::Send(cut_reply("200 OK", &[etag], body, body.len() / 2))
}

#[test]
fn brings_a_file_and_leaves_nothing_else() {
    let (bench, body) = (Bench::new(), content(1));
    let server = Server::start(vec![whole(&body, V1)]);
    let receipt = bench
        .fetch(&server, Some(&sha(&body).to_uppercase()))
        .unwrap();
    assert_eq!(receipt.bytes, 200_000);
    assert_eq!(receipt.sha256, sha(&body));
    assert_eq!(fs::read(bench.to()).unwrap(), body);
    assert_eq!(bench.names(), ["x.zip"]);
    let request = &server.requests()[0];
    assert!(request.starts_with("get /x.zip http/1.1\r\n"), "{request}");
    assert!(
        request.contains("accept-encoding: identity\r\n"),
        "{request}"
    );
    let agent = format!("user-agent: hd-fetch/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(request.contains(&agent), "{request}");
    assert!(!request.contains("range:"), "{request}");
    assert_eq!(
        *bench.diary.0.lock().unwrap(),
        ["begin x.zip Some(200000) 0", "end"]
    );
}

#[test]
fn follows_a_redirect_and_still_asks_for_the_rest() {
    let (bench, body) = (Bench::new(), content(1));
    bench.leave_part(&body[..70_000], Some("\"v1\""));
    let moved = Step::Send(reply("302 Found", &["Location: /elsewhere"], b""));
    let server = Server::start(vec![moved, rest(&body, 70_000, V1)]);
    assert_eq!(bench.fetch(&server, None).unwrap().sha256, sha(&body));
    let request = server.requests()[1].clone();
    assert!(request.starts_with("get /elsewhere "), "{request}");
    assert!(request.contains("range: bytes=70000-"), "{request}");
}

#[test]
fn stops_following_redirects_that_go_in_circles() {
    let bench = Bench::new();
    let moved = Step::Send(reply("302 Found", &["Location: /x.zip"], b""));
    let server = Server::start(vec![moved]);
    let message = bench.fetch(&server, None).unwrap_err().to_string();
    assert!(message.ends_with("too many redirects"), "{message}");
    assert_eq!(server.requests().len(), 11);
}
