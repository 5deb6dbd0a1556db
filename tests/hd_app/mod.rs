mod hostile;
mod page;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::serving::{Answer, Server};
use crate::workdir::{Call, Workdir, at_home, drawings, exe, home, trained};

/// hd-app on a free port of loopback.
fn app(more: &[&str]) -> Server {
    let mut command = Command::new(exe("hd-app"));
    at_home(&mut command, home())
        .args(["--listen", "127.0.0.1:0", "--no-open", "--graph"])
        .arg(trained().join("retrained_graph.onnx"))
        .args(more);
    let address = |line: &str| {
        let address = line.strip_prefix("http://")?.strip_suffix('/')?;
        Some(address.to_owned())
    };
    Server::start(command, address).unwrap()
}

/// What hd-label says of an image with the same graph, in JSON.
fn label(image: &Path) -> Value {
    let mut command = Command::new(exe("hd-label"));
    at_home(&mut command, home())
        .arg("--graph")
        .arg(trained().join("retrained_graph.onnx"))
        .args(["--format", "json"])
        .arg(image);
    serde_json::from_str(&Call(command).succeeds().stdout()).unwrap()
}

/// A drawing of hot dogs and another, of both of which the graph is sure.
fn images() -> [PathBuf; 2] {
    let sure = |verdict: &'static str, label_name: &str| {
        let images = (0..30).map(|index| drawings().join(format!("{label_name}/{index:04}.jpg")));
        let mut images = images.filter(|image| label(image)["verdict"] == verdict);
        images.next().unwrap()
    };
    [
        sure("That's a hot dog!", "hot_dog"),
        sure("That's not a hot dog.", "not_hot_dog"),
    ]
}

/// A form with a file in it, as browsers send it, and the header that announces it.
fn form(file: &[u8]) -> (&'static str, Vec<u8>) {
    let begin = "--line\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nno image\r\n--line\r\n\
        Content-Disposition: form-data; name=\"image\"; filename=\"x.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n";
    let form = [begin.as_bytes(), file, b"\r\n--line--\r\n"].concat();
    ("Content-Type: multipart/form-data; boundary=line\r\n", form)
}

fn post(app: &Server, image: &[u8]) -> Answer {
    app.ask("POST", "/label", "", image)
}

#[test]
fn an_image_gets_the_answer_of_hd_label_as_a_body_and_in_a_form() {
    let app = app(&[]);
    for (image, verdict) in images()
        .iter()
        .zip(["That's a hot dog!", "That's not a hot dog."])
    {
        let mut expected = label(image);
        expected
            .as_object_mut()
            .unwrap()
            .retain(|key, _| key != "path" && key != "base");
        let bytes = fs::read(image).unwrap();
        let (kind, body) = form(&bytes);
        let curl = "Content-Type: application/x-www-form-urlencoded\r\n";
        for (headers, body) in [
            ("", &bytes),
            ("Content-Type: image/jpeg\r\n", &bytes),
            (curl, &bytes),
            (kind, &body),
        ] {
            let answer = app.ask("POST", "/label", headers, body);
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.header("content-type"), Some("application/json"));
            assert_eq!(answer.json(), expected);
            assert_eq!(answer.json()["verdict"], verdict);
        }
    }
}

#[test]
fn a_heat_map_is_the_one_that_hd_label_paints() {
    let dir = Workdir::new();
    let [image, _] = images();
    let graph = trained().join("retrained_graph.onnx");
    let call = dir.program("hd-label").arg("--graph").arg(&graph);
    call.args(["--heatmap", "heat.png"]).arg(&image).succeeds();
    let answer = app(&[]).ask("POST", "/heatmap", "", &fs::read(&image).unwrap());
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert!(answer.body == fs::read(dir.path("heat.png")).unwrap());
}

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

#[test]
fn a_place_where_it_cannot_listen_is_told() {
    let there = app(&[]);
    let graph = trained().join("retrained_graph.onnx");
    let dir = Workdir::new();
    let listen = |address: &str| {
        let call = dir.program("hd-app").arg("--graph").arg(&graph);
        call.args(["--no-open", "--listen", address])
            .ends_with(1)
            .message()
    };
    let message = listen(&there.address).replace(&there.address, "127.0.0.1:PORT");
    insta::assert_snapshot!("a_port_that_is_taken", message);
    // An address of nobody, so that nothing listens to the network: it is warned all the same.
    insta::assert_snapshot!("an_address_of_another_machine", listen("192.0.2.1:8080"));
}

#[test]
fn a_graph_that_it_cannot_use_is_told() {
    let dir = Workdir::new();
    let base = crate::workdir::base();
    let run = dir
        .program("hd-app")
        .args(["--no-open", "--graph"])
        .arg(base)
        .ends_with(1);
    insta::assert_snapshot!("a_base_for_a_graph", run.message());
}
