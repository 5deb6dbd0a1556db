//! Visitors who want more than their share. Everybody else gets an answer meanwhile.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::{app, images, post};
use crate::serving::{Answer, Server};

/// Nothing here takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends most of a large image, as much of it as the server takes.
fn most_of_an_upload(app: &Server) -> TcpStream {
    let mut stream = app.connect();
    let head = app.request("POST", "/label", "", b"");
    let head = String::from_utf8(head).unwrap();
    let head = head.replace(
        "Content-Length: 0",
        &format!("Content-Length: {}", 32 << 20),
    );
    let begun = stream.write_all(head.as_bytes());
    let _ = begun.and_then(|()| stream.write_all(&vec![0; (32 << 20) - 2000]));
    stream
}

/// Goes on with an upload, a byte at a time, until it is answered.
fn trickle(mut stream: TcpStream) -> Option<Answer> {
    stream
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let begin = Instant::now();
    let answered = |stream: &TcpStream| stream.peek(&mut [0]).is_ok_and(|bytes| bytes > 0);
    while !answered(&stream) && begin.elapsed() < PATIENCE {
        stream.write_all(b"x").ok()?;
    }
    Answer::read(stream)
}

#[test]
fn slow_uploads_are_in_nobodys_way_and_are_ended() {
    // Long enough that the limit of time is not what ends them.
    let app = app(&["--timeout", "600"]);
    let [image, _] = images();
    let mut image = fs::read(image).unwrap();
    // What stands behind the end of an image does not count; so it is as large as a photo.
    image.resize(100_000, 0);
    let mut slow: Vec<TcpStream> = (0..50).map(|_| most_of_an_upload(&app)).collect();
    for _ in 0..20 {
        for stream in &mut slow {
            // Those that were refused already are gone.
            let _ = stream.write_all(b"x");
        }
        assert_eq!(post(&app, &image).status, 200);
    }
    let answers: Vec<Answer> = thread::scope(|scope| {
        let go_on = |stream| scope.spawn(move || trickle(stream));
        let going_on: Vec<_> = slow.into_iter().map(go_on).collect();
        let answers = going_on.into_iter().filter_map(|slow| slow.join().unwrap());
        answers.collect()
    });
    let too_slow = answers.iter().filter(|answer| answer.status == 408);
    let told = |answer: &Answer| answer.text().contains("too long to come");
    assert!(too_slow.clone().count() > 0);
    assert!(too_slow.clone().all(told));
    assert!(
        answers
            .iter()
            .all(|answer| [408, 503].contains(&answer.status))
    );
    assert_eq!(post(&app, &image).status, 200);
}

/// A PNG of a few kilobytes, a black square with a bit a pixel.
fn bomb(side: u32) -> Vec<u8> {
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let mut sum = Crc::new();
        sum.update(kind);
        sum.update(body);
        let (length, sum) = (body.len() as u32, sum.sum());
        [&length.to_be_bytes(), &kind[..], body, &sum.to_be_bytes()].concat()
    };
    let size = side.to_be_bytes();
    let header = [&size[..], &size, &[1, 0, 0, 0, 0]].concat();
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::best());
    let row = vec![0; 1 + side.div_ceil(8) as usize];
    (0..side).for_each(|_| rows.write_all(&row).unwrap());
    let begin = b"\x89PNG\r\n\x1a\n".to_vec();
    let rows = chunk(b"IDAT", &rows.finish().unwrap());
    [begin, chunk(b"IHDR", &header), rows, chunk(b"IEND", b"")].concat()
}

/// Waits until the server says that it has images to work on.
fn until_busy(app: &Server) {
    let begin = Instant::now();
    let idle = || {
        let metrics = app.ask("GET", "/metrics", "", b"").text();
        metrics.contains("images_waiting 0") || metrics.contains("images_waiting 1\n")
    };
    while idle() {
        assert!(begin.elapsed() < PATIENCE);
    }
}

#[test]
fn images_that_are_much_work_wait_for_all_others_and_are_few() {
    let app = app(&["--jobs", "1"]);
    let [image, _] = images();
    let image = fs::read(image).unwrap();
    let bomb = bomb(8000);
    let done = AtomicUsize::new(0);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let ask = || {
            let answer = post(&app, &bomb);
            done.fetch_add(usize::from(answer.status != 503), Ordering::Relaxed);
            answer
        };
        let asking: Vec<_> = (0..66).map(|_| scope.spawn(ask)).collect();
        until_busy(&app);
        for _ in 0..2 {
            assert_eq!(post(&app, &image).status, 200);
        }
        // The one that was worked on already, and one between two images.
        let before = done.load(Ordering::Relaxed);
        assert!(before <= 3, "{before} of the bombs came first");
        let answers = asking.into_iter().map(|answer| answer.join().unwrap());
        answers.collect()
    });
    let refused = answers.iter().filter(|answer| answer.status == 503);
    assert!(refused.clone().count() > 33);
    assert!(
        refused
            .clone()
            .all(|answer| answer.header("retry-after") == Some("1"))
    );
    assert!(done.into_inner() > 3);
    assert_eq!(post(&app, &image).status, 200);
}
