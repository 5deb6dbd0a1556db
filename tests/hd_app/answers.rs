//! The same answers as those of hd-label.

use std::fs;

use super::{app, form, images, label};
use crate::workdir::{Workdir, trained};

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
            .retain(|key, _| !["path", "base", "folder"].contains(&key.as_str()));
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
