//! How it is, how much it takes at a time, and how it ends.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use super::{app, images, post};
use crate::serving::Answer;

#[test]
fn says_how_it_is_and_what_it_has_done() {
    let app = app(&[]);
    let health = app.ask("GET", "/health", "", b"").json();
    assert_eq!(health["status"], "ok");
    assert_eq!(
        health["labels"],
        serde_json::json!(["hot dog", "not hot dog"])
    );
    let [image, _] = images();
    for _ in 0..3 {
        post(&app, &fs::read(&image).unwrap());
    }
    post(&app, b"no image");
    app.ask("GET", "/nobody/asks/for/this", "", b"");
    let metrics = app.ask("GET", "/metrics", "", b"").text();
    for line in [
        r#"hd_app_requests_total{path="/label",status="200"} 3"#,
        r#"hd_app_requests_total{path="/label",status="422"} 1"#,
        r#"hd_app_requests_total{path="other",status="404"} 1"#,
        "hd_app_label_seconds_count 3",
        "hd_app_images_waiting 0",
    ] {
        assert!(
            metrics.lines().any(|there| there == line),
            "{line} in\n{metrics}"
        );
    }
}

#[test]
fn says_that_it_is_busy_when_the_queue_is_full_and_answers_again_later() {
    let app = app(&["--jobs", "1", "--queue", "1"]);
    let [image, _] = images();
    let image = fs::read(image).unwrap();
    // A heat map is a good deal of work.
    let answers: Vec<Answer> = thread::scope(|scope| {
        let ask = || app.ask("POST", "/heatmap", "", &image);
        let asking: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        asking
            .into_iter()
            .map(|answer| answer.join().unwrap())
            .collect()
    });
    let busy = answers.iter().filter(|answer| answer.status == 503);
    assert!(busy.clone().count() > 0);
    assert!(
        busy.clone()
            .all(|answer| answer.header("retry-after") == Some("1"))
    );
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(done >= 1);
    assert_eq!(busy.count() + done, 12);
    assert_eq!(post(&app, &image).status, 200);
}

#[test]
fn what_is_under_way_is_finished_before_it_ends() {
    let mut app = app(&["--jobs", "1"]);
    let [image, _] = images();
    let request = app.request("POST", "/heatmap", "", &fs::read(image).unwrap());
    let mut stream = app.connect();
    stream.write_all(&request).unwrap();
    // When it says that it works, the image has come.
    let begin = Instant::now();
    let works = || {
        app.ask("GET", "/metrics", "", b"")
            .text()
            .contains("images_waiting 1")
    };
    while !works() {
        assert!(begin.elapsed() < Duration::from_secs(60));
    }
    let process = app.process.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &process])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(Answer::read(stream).unwrap().status, 200);
    assert!(app.process.wait().unwrap().success());
}
