use std::fs;
use std::process::{Command, Stdio};

use crate::workdir::{Workdir, drawings, skip, top, trained};

/// Asks Python's onnxruntime for the probabilities, and lets onnx check the graph. The pictures are of the network's own
/// size, so that no resizing stands between the two.
const REFERENCE: &str = "
import sys, numpy, onnx, onnxruntime
graph, *pictures = sys.argv[1:]
model = onnx.load(graph)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(graph)
assert [i.name for i in session.get_inputs()] == ['image']
assert [o.name for o in session.get_outputs()] == ['final_result', 'bottleneck']
labels = __import__('json').loads({p.key: p.value for p in model.metadata_props}['hd.labels'])
for path in pictures:
    data = numpy.fromfile(path, dtype=numpy.uint8)
    offset = int.from_bytes(data[10:14].tobytes(), 'little')
    pixels = data[offset:offset + 224 * 224 * 3].reshape(224, 224, 3)[::-1, :, ::-1]
    scores = session.run(['final_result'], {'image': pixels[None]})[0][0]
    print(path, labels[scores.argmax()], scores.max(), sep='\\t')
";

/// A 24-bit BMP of 224 x 224 pixels: the top left corner of a drawing's bytes, as noise of no particular meaning.
fn bitmap(seed: u8) -> Vec<u8> {
    let mut bytes = b"BM".to_vec();
    for word in [
        54 + 224 * 224 * 3,
        0,
        54,
        40,
        224,
        224,
        1 | 24 << 16,
        0,
        0,
        0,
        0,
        0,
        0u32,
    ] {
        bytes.extend(word.to_le_bytes());
    }
    let wave = |i: usize| {
        ((i / 3 % 224) as f32 / f32::from(seed + 9)).sin() * 60.0 + (i / 672) as f32 * 0.8
    };
    bytes.extend(
        (0..224 * 224 * 3).map(|i| (wave(i) + 60.0 * (i % 3) as f32 / f32::from(seed + 1)) as u8),
    );
    bytes
}

#[test]
fn prints_path_label_and_score_in_the_order_given() {
    let dir = Workdir::new();
    dir.trained();
    dir.pictures("images", 3);
    let pictures = [
        "images/not_hot_dog/0001.jpg",
        "images/hot_dog/0002.jpg",
        "images/hot_dog/0000.jpg",
    ];
    let graph = ["--graph", "out/retrained_graph.onnx"];
    let run = dir
        .program("hd-label")
        .args(graph)
        .args(pictures)
        .succeeds();
    assert_eq!(run.stderr(), "");
    for (line, picture) in run.stdout().lines().zip(pictures) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields[0], picture);
        assert!(["hot dog", "not hot dog"].contains(&fields[1]), "{line}");
        assert!(
            (0.5..=1.0).contains(&fields[2].parse::<f64>().unwrap()),
            "{line}"
        );
    }
    assert_eq!(run.stdout().lines().count(), 3);
}

#[test]
fn labels_most_of_the_pictures_it_was_trained_on_rightly() {
    let dir = Workdir::new();
    dir.trained();
    dir.pictures("images", 30);
    let pictures = (0..30).map(|index| format!("images/hot_dog/{index:04}.jpg"));
    let run = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(pictures)
        .succeeds();
    let right = run
        .stdout()
        .lines()
        .filter(|line| line.contains("\thot dog\t"))
        .count();
    assert!(right >= 25, "{right} of 30");
}

#[test]
fn a_bad_picture_costs_the_others_nothing() {
    let dir = Workdir::new();
    dir.trained();
    dir.pictures("images", 1);
    dir.write("bad.jpg", "no picture");
    let pictures = [
        "bad.jpg",
        "images/hot_dog/0000.jpg",
        "missing.jpg",
        "images",
    ];
    let run = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(pictures)
        .ends_with(1);
    assert_eq!(run.stdout().lines().count(), 1);
    insta::assert_snapshot!("pictures_that_cannot_be_labelled", run.message());
}

#[test]
fn a_graph_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    dir.trained();
    let whole = fs::read(trained().join("retrained_graph.onnx")).unwrap();
    dir.write("cut.onnx", &whole[..whole.len() - 5000]);
    dir.write("base.onnx", fs::read(crate::workdir::base()).unwrap());
    dir.write("text.onnx", "no network");
    let picture = drawings().join("hot_dog/0000.jpg");
    for name in ["missing", "cut", "base", "text"] {
        let run = dir
            .program("hd-label")
            .args(["--graph", &format!("{name}.onnx")])
            .arg(&picture)
            .ends_with(1);
        insta::assert_snapshot!(format!("{name}_graph"), run.message());
        assert_eq!(run.stdout(), "");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = Workdir::new();
    dir.trained();
    dir.pictures("images", 3);
    let pictures = (0..300).map(|index| format!("images/hot_dog/{:04}.jpg", index % 3));
    let mut call = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(pictures);
    let mut child = call
        .0
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn gives_the_probabilities_that_onnxruntime_in_python_gives() {
    let python = top().join("target/venv/bin/python");
    if !python.exists() {
        let reason = "there is no target/venv; `make test-deps` makes it";
        return skip(
            "gives_the_probabilities_that_onnxruntime_in_python_gives",
            reason,
        );
    }
    let dir = Workdir::new();
    dir.trained();
    let pictures = [1u8, 3, 7, 20].map(|seed| dir.write(format!("{seed}.bmp"), bitmap(seed)));
    let graph = dir.path("out/retrained_graph.onnx");
    let ours = dir
        .program("hd-label")
        .arg("--graph")
        .arg(&graph)
        .args(&pictures)
        .succeeds()
        .stdout();
    let theirs = Command::new(python)
        .args(["-c", REFERENCE])
        .arg(&graph)
        .args(&pictures)
        .output()
        .unwrap();
    assert!(
        theirs.status.success(),
        "{}",
        String::from_utf8_lossy(&theirs.stderr)
    );
    let theirs = String::from_utf8(theirs.stdout).unwrap();
    assert_eq!(ours.lines().count(), 4);
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        let (ours, our_score) = ours.rsplit_once('\t').unwrap();
        let (theirs, their_score) = theirs.rsplit_once('\t').unwrap();
        assert_eq!(ours, theirs);
        let difference = our_score.parse::<f64>().unwrap() - their_score.parse::<f64>().unwrap();
        assert!(
            difference.abs() < 1e-4,
            "{ours}: {our_score} and {their_score}"
        );
    }
}
