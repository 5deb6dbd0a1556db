//! Two that bring the same file at the same time.

use std::fs::File;
use std::io::Write;

use super::*;

/// Waits until the part of the file has come so far.
fn wait_for(bench: &Bench, bytes: u64) {
    let part = beside(&bench.to(), ".part");
    let begin = Instant::now();
    while fs::metadata(&part).map_or(0, |part| part.len()) < bytes {
        assert!(begin.elapsed() < Duration::from_secs(5));
        thread::sleep(Duration::from_millis(1));
    }
}

/// Brings the file beside the bench, as another process would; what was said of it comes too.
fn other(server: &Server, bench: &Bench, sha256: &str) -> (Result<Receipt, Error>, Vec<String>) {
    let diary = Diary::default();
    let job = Job {
        url: &server.url("/x.zip"),
        to: &bench.to(),
        sha256: Some(sha256),
        most: bench.most,
        progress: &diary,
    };
    let receipt = job.run(&bench.policy, None);
    (receipt, diary.0.into_inner().unwrap())
}

#[test]
fn the_second_waits_for_the_first_and_takes_what_it_brought() {
    let (mut bench, body) = (Bench::new(), content(1));
    bench.policy.stall = Duration::from_millis(300);
    let stall = Step::Stall(cut_reply("200 OK", &[V1], &body, 100_000));
    // This server ignores Range, and sends all of the file again.
    let server = Server::start(vec![stall, whole(&body, V1)]);
    let wanted = sha(&body);
    thread::scope(|scope| {
        let first = scope.spawn(|| other(&server, &bench, &wanted));
        wait_for(&bench, 100_000);
        let (receipt, said) = other(&server, &bench, &wanted);
        assert_eq!(receipt.unwrap().bytes, 200_000);
        let [word] = said.as_slice() else {
            panic!("{said:?}");
        };
        assert!(word.ends_with("x.zip: another process is bringing it; waiting for that one"));
        first.join().unwrap().0.unwrap();
    });
    assert_eq!(server.requests().len(), 2);
    assert!(fs::read(bench.to()).unwrap() == body);
    assert_eq!(bench.names(), ["x.zip"]);
}

#[test]
fn the_second_brings_the_file_itself_where_the_first_gives_up() {
    let (mut bench, body) = (Bench::new(), content(1));
    bench.policy.stall = Duration::from_millis(300);
    let stall = Step::Stall(cut_reply("200 OK", &[V1], &body, 100_000));
    let gone = Step::Send(reply("404 Not Found", &[], b""));
    let server = Server::start(vec![stall, gone, rest(&body, 100_000, V1)]);
    let wanted = sha(&body);
    thread::scope(|scope| {
        let first = scope.spawn(|| other(&server, &bench, &wanted));
        wait_for(&bench, 100_000);
        let (receipt, _) = other(&server, &bench, &wanted);
        assert_eq!(receipt.unwrap().sha256, wanted);
        assert!(first.join().unwrap().0.is_err());
    });
    assert!(fs::read(bench.to()).unwrap() == body);
}

#[test]
fn what_gets_its_name_is_what_lies_on_the_disk() {
    let (mut bench, body) = (Bench::new(), content(1));
    bench.policy.stall = Duration::from_millis(300);
    let stall = Step::Stall(cut_reply("200 OK", &[V1], &body, 100_000));
    let steps = vec![stall, rest(&body, 100_000, V1), whole(&body, V1)];
    let server = Server::start(steps);
    let wanted = sha(&body);
    thread::scope(|scope| {
        let first = scope.spawn(|| other(&server, &bench, &wanted));
        wait_for(&bench, 100_000);
        // A file system without locks, or a disk that fails.
        let part = File::options()
            .write(true)
            .open(beside(&bench.to(), ".part"));
        part.unwrap().write_all(b"other bytes").unwrap();
        let (receipt, said) = first.join().unwrap();
        assert_eq!(receipt.unwrap().sha256, wanted);
        let again = said
            .iter()
            .any(|said| said.ends_with("starting again from zero"));
        assert!(again, "{said:?}");
    });
    assert!(fs::read(bench.to()).unwrap() == body);
}
