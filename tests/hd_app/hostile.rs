//! Requests that no page of ours sends. Each is refused, and the server goes on answering.

use std::fs;
use std::io::Write;
use std::net::Shutdown;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{app, form, images, post};
use crate::serving::{Answer, Server};

/// Whether it still does what it is there for.
fn assert_well(app: &Server) {
    let [image, _] = images();
    let answer = post(app, &fs::read(image).unwrap());
    assert_eq!(answer.json()["verdict"], "That's a hot dog!");
}

#[test]
fn bodies_that_are_no_images_are_refused_with_the_reason() {
    let app = app(&["--max-bytes", "300000", "--max-pixels", "1000000"]);
    let [image, _] = images();
    let image = fs::read(image).unwrap();
    let (kind, two) = form(&image);
    let two = [&two[..two.len() - "--line--\r\n".len()], &form(&image).1].concat();
    let field = "--line\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    let many = [field.repeat(200).as_bytes(), b"--line--\r\n"].concat();
    let large = vec![0; 300_001];
    let json = "Content-Type: application/json\r\n";
    let cut = &image[..image.len() / 2];
    for (headers, body, status, reason) in [
        ("", &b""[..], 422, "is empty"),
        ("", b"hello", 422, "not an image"),
        ("", cut, 422, "JPEG"),
        ("", b"P6 65535 65535 255\n", 422, "pixels"),
        ("", b"GIF89a", 422, "GIF"),
        ("", &large, 413, "too many bytes"),
        (kind, &form(&large).1, 413, "too many bytes"),
        (json, b"{}", 415, "application/json"),
        (kind, &many, 400, "more than 100 fields"),
        (kind, b"--line--\r\n", 400, "no file"),
        (kind, b"hello", 400, ""),
        (kind, &two, 400, "two"),
        ("Content-Type: multipart/form-data\r\n", b"hello", 400, ""),
    ] {
        let answer = app.ask("POST", "/label", headers, body);
        assert_eq!(answer.status, status, "{headers}: {}", answer.text());
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(reason) && !error.is_empty(), "{error}");
    }
    assert_well(&app);
}

#[test]
fn a_body_without_a_length_is_counted_as_it_comes() {
    let app = app(&["--max-bytes", "100000"]);
    let head = format!(
        "POST /label HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
        app.address
    );
    let chunk = [b"2710\r\n".as_slice(), &[0; 10_000], b"\r\n"].concat();
    let request = [head.as_bytes(), &chunk.repeat(20), b"0\r\n\r\n"].concat();
    assert_eq!(app.send(&request).unwrap().status, 413);
    // Lengths that are lies.
    for (length, status) in [("1099511627776", 413), ("18446744073709551615", 431)] {
        let length = format!("Content-Length: {length}");
        let head = head.replace("Transfer-Encoding: chunked", &length);
        assert_eq!(app.send(head.as_bytes()).unwrap().status, status);
    }
    assert_well(&app);
}

#[test]
fn what_never_ends_is_ended() {
    let app = app(&["--timeout", "1"]);
    let request = app.request("POST", "/label", "", &[0; 1000]);
    // The rest of the body never comes, or is said not to come, or the head never ends.
    let mut waits = app.connect();
    waits.write_all(&request[..request.len() - 10]).unwrap();
    assert_eq!(Answer::read(waits).unwrap().status, 408);
    let mut cut = app.connect();
    cut.write_all(&request[..request.len() - 10]).unwrap();
    cut.shutdown(Shutdown::Write).unwrap();
    assert_eq!(Answer::read(cut).map_or(400, |answer| answer.status), 400);
    let mut slow = app.connect();
    slow.write_all(b"POST /label HTTP/1.1\r\nX: ").unwrap();
    // It is closed without a word, and not by us.
    let begin = Instant::now();
    assert!(Answer::read(slow).is_none());
    assert!(begin.elapsed() < Duration::from_secs(30));
    assert_well(&app);
}

#[test]
fn a_connection_takes_requests_one_after_another_and_ends_when_none_comes() {
    let app = app(&[]);
    let mut stream = app.connect();
    let request = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", app.address);
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).unwrap();
        let answer = Answer::read(stream.try_clone().unwrap()).unwrap();
        assert_eq!((answer.status, answer.header("connection")), (200, None));
    }
    let begin = Instant::now();
    assert!(Answer::read(stream).is_none());
    assert!(begin.elapsed() < Duration::from_secs(30));
    // Where all places are taken, nobody keeps one after the answer.
    let one = super::app(&["--connections", "1"]);
    let mut stream = one.connect();
    stream
        .write_all(request.replace(&app.address, &one.address).as_bytes())
        .unwrap();
    assert_eq!(
        Answer::read(stream).unwrap().header("connection"),
        Some("close")
    );
}

#[test]
fn paths_lead_to_nothing_but_the_page() {
    let app = app(&[]);
    for path in [
        "/../../../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/page/index.html",
        "/app.js/",
        "/%00",
        "/label/../health/x",
        "http://evil.example/etc/passwd",
    ] {
        let answer = app.ask("GET", path, "", b"");
        assert!(
            [400, 403, 404].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert!(!answer.text().contains("root:"), "{path}");
    }
    for (method, path, status) in [
        ("GET", "/label", 405),
        ("POST", "/", 405),
        ("DELETE", "/health", 405),
        ("BREW", "/", 405),
    ] {
        assert_eq!(
            app.ask(method, path, "", b"").status,
            status,
            "{method} {path}"
        );
    }
    assert_well(&app);
}

#[test]
fn what_is_no_http_is_no_trouble() {
    let app = app(&[]);
    let host = format!("Host: {}\r\n", app.address);
    let many: String = (0..2000)
        .map(|index| format!("X-{index}: {index}\r\n"))
        .collect();
    let requests = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"hello\r\n\r\n".to_vec(),
        format!("GET / HTTP/1.1\r\n{host}{many}\r\n").into_bytes(),
        format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(1 << 20)).into_bytes(),
        format!("POST /label HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")
            .into_bytes(),
        format!("POST /label HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\nxyz\r\n")
            .into_bytes(),
    ];
    for request in requests {
        let mut stream = app.connect();
        let _ = stream.write_all(&request);
        let _ = stream.shutdown(Shutdown::Write);
        let refused = Answer::read(stream).is_none_or(|answer| (400..500).contains(&answer.status));
        assert!(
            refused,
            "{}",
            String::from_utf8_lossy(&request[..20.min(request.len())])
        );
    }
    assert_well(&app);
}

#[test]
fn other_sites_get_nothing() {
    let app = app(&["--allow-host", "dogs.example"]);
    let [image, _] = images();
    let image = fs::read(image).unwrap();
    let with = |host: &str, headers: &str| {
        let head = format!(
            "Host: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            image.len()
        );
        let request = [b"POST /label HTTP/1.1\r\n", head.as_bytes(), &image].concat();
        app.send(&request).unwrap().status
    };
    let own = app.address.clone();
    assert_eq!(with(&own, ""), 200);
    assert_eq!(
        with(
            &own,
            &format!("Origin: http://{own}\r\nSec-Fetch-Site: same-origin\r\n")
        ),
        200
    );
    assert_eq!(with("dogs.example", "Origin: http://dogs.example\r\n"), 200);
    // A name that was made to point here, a page elsewhere, and a file that was opened.
    assert_eq!(with("evil.example", ""), 403);
    assert_eq!(with(&own, "Origin: http://evil.example\r\n"), 403);
    assert_eq!(with(&own, "Origin: null\r\n"), 403);
    assert_eq!(with(&own, "Sec-Fetch-Site: cross-site\r\n"), 403);
    let rebound = b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(app.send(rebound).unwrap().status, 403);
    assert_well(&app);
}

/// The most memory that it has had, in kB.
fn peak(app: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", app.process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.unwrap()
        .split_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn an_image_that_is_endless_work_is_refused_before_any() {
    let app = app(&[]);
    let [image, _] = images();
    let image = fs::read(image).unwrap();
    // Its only scan, over and over.
    let scan = image
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    let (head, rest) = image.split_at(scan);
    let scans = rest[..rest.len() - 2].repeat(150);
    let endless = [head, &scans, &[0xff, 0xd9]].concat();
    let answer = post(&app, &endless);
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(
        answer.text().contains("more than 100 scans"),
        "{}",
        answer.text()
    );
    assert_well(&app);
}

#[test]
fn visitors_who_give_up_leave_their_places_to_others() {
    let app = app(&["--jobs", "1", "--queue", "3"]);
    let [image, _] = images();
    let image = fs::read(image).unwrap();
    let request = app.request("POST", "/heatmap", "", &image);
    // Each has its image taken in, and goes.
    for _ in 0..20 {
        let mut stream = app.connect();
        stream.write_all(&request).unwrap();
    }
    // What the worker has begun, it ends; the others are nobody's any more.
    let begin = Instant::now();
    while post(&app, &image).status != 200 {
        assert!(begin.elapsed() < Duration::from_secs(30));
    }
    assert_well(&app);
}

#[test]
fn forms_take_no_more_memory_than_there_is_room_for() {
    let app = app(&[]);
    // A head of a part that never ends, of which all has to be kept.
    let head = "--line\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a\"\r\nX-Long: ";
    let body = [head.as_bytes(), &vec![b'a'; 24 << 20]].concat();
    let request = app.request(
        "POST",
        "/label",
        "Content-Type: multipart/form-data; boundary=line\r\n",
        &body,
    );
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                let answer = app.send(&request);
                assert!(answer.is_none_or(|answer| [400, 503].contains(&answer.status)));
            });
        }
    });
    assert_well(&app);
    // Twice what may be held, and what it has anyway.
    assert!(peak(&app) < 1_500_000, "{} kB", peak(&app));
}

/// Opens ten thousand connections from a process of its own, says something on every second and nothing on the others, and
/// asks for the page in between.
const CROWD: &str = r#"
import resource, socket, sys, urllib.request
host, port = sys.argv[1].split(":")
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
crowd = []
for number in range(10000):
    try:
        crowd.append(socket.create_connection((host, int(port)), timeout=30))
        if number % 2:
            crowd[-1].sendall(b"POST /label HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nab")
    except OSError:
        # As many as this machine lets a process have.
        crowd = crowd[len(crowd) // 2:]
    if number % 1000 == 999:
        url = f"http://{host}:{port}/health"
        assert urllib.request.urlopen(url, timeout=30).status == 200
print("asked", len(crowd))
"#;

#[test]
fn ten_thousand_connections_are_in_nobodys_way() {
    let app = app(&[]);
    let mut python = Command::new("python3");
    let output = python.args(["-c", CROWD, &app.address]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert_well(&app);
    assert!(peak(&app) < 400_000, "{} kB", peak(&app));
}
