use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hd::digest::Digest;

use crate::workdir::{Call, Workdir, dependency, drawings, runtime, top, trained};

/// Asks Python's onnxruntime for the probabilities, and lets onnx check the graph. The images are of the network's own
/// size, so that no resizing stands between the two.
const REFERENCE: &str = "
import sys, numpy, onnx, onnxruntime
graph, *images = sys.argv[1:]
model = onnx.load(graph)
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(graph)
assert [i.name for i in session.get_inputs()] == ['image']
assert [o.name for o in session.get_outputs()] == ['final_result', 'bottleneck']
labels = __import__('json').loads({p.key: p.value for p in model.metadata_props}['hd.labels'])
for path in images:
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

/// hd-label with the graph in `out`.
fn label(dir: &Workdir) -> Call {
    let call = dir.program("hd-label");
    call.args(["--graph", "out/retrained_graph.onnx"])
}

/// Runs it with `input` on its stdin; it must succeed.
fn fed(call: Call, input: &[u8]) -> String {
    let mut command = call.0;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The first column of a table.
fn paths(table: &str) -> Vec<&str> {
    let first = |line| str::split_once(line, '\t').map(|(path, _)| path);
    table.lines().filter_map(first).collect()
}

#[test]
fn prints_path_label_and_score_in_the_order_given() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    let images = [
        "images/not_hot_dog/0001.jpg",
        "images/hot_dog/0002.jpg",
        "images/hot_dog/0000.jpg",
    ];
    let graph = ["--graph", "out/retrained_graph.onnx"];
    let run = dir.program("hd-label").args(graph).args(images).succeeds();
    assert_eq!(run.stderr(), "");
    for (line, image) in run.stdout().lines().zip(images) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields[0], image);
        assert!(["hot dog", "not hot dog"].contains(&fields[1]), "{line}");
        assert!(
            (0.5..=1.0).contains(&fields[2].parse::<f64>().unwrap()),
            "{line}"
        );
    }
    assert_eq!(run.stdout().lines().count(), 3);
}

#[test]
fn labels_most_of_the_images_it_was_trained_on_rightly() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 30);
    let images = (0..30).map(|index| format!("images/hot_dog/{index:04}.jpg"));
    let run = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(images)
        .succeeds();
    let right = run
        .stdout()
        .lines()
        .filter(|line| line.contains("\thot dog\t"))
        .count();
    assert!(right >= 25, "{right} of 30");
}

#[test]
fn a_bad_image_costs_the_others_nothing() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    dir.write("bad.jpg", "no image");
    let images = ["bad.jpg", "images/hot_dog/0000.jpg", "missing.jpg"];
    let run = label(&dir).args(images).ends_with(1);
    assert_eq!(run.stdout().lines().count(), 1);
    insta::assert_snapshot!("images_that_cannot_be_labelled", run.message());
}

#[test]
fn a_graph_that_cannot_be_used_is_an_error_that_says_why() {
    let dir = Workdir::new();
    dir.trained();
    let whole = fs::read(trained().join("retrained_graph.onnx")).unwrap();
    dir.write("cut.onnx", &whole[..whole.len() - 5000]);
    dir.write("base.onnx", fs::read(crate::workdir::base()).unwrap());
    dir.write("text.onnx", "no network");
    let image = drawings().join("hot_dog/0000.jpg");
    for name in ["missing", "cut", "base", "text"] {
        let run = dir
            .program("hd-label")
            .args(["--graph", &format!("{name}.onnx")])
            .arg(&image)
            .ends_with(1);
        insta::assert_snapshot!(format!("{name}_graph"), run.message());
        assert_eq!(run.stdout(), "");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    let images = (0..300).map(|index| format!("images/hot_dog/{:04}.jpg", index % 3));
    let mut call = dir
        .program("hd-label")
        .args(["--graph", "out/retrained_graph.onnx"])
        .args(images);
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
    let test = "gives_the_probabilities_that_onnxruntime_in_python_gives";
    let Some(python) = dependency(test, "target/venv/bin/python") else {
        return;
    };
    let dir = Workdir::new();
    dir.trained();
    let images = [1u8, 3, 7, 20].map(|seed| dir.write(format!("{seed}.bmp"), bitmap(seed)));
    let graph = dir.path("out/retrained_graph.onnx");
    let ours = dir
        .program("hd-label")
        .arg("--graph")
        .arg(&graph)
        .args(&images)
        .succeeds()
        .stdout();
    let theirs = Command::new(python)
        .args(["-c", REFERENCE])
        .arg(&graph)
        .args(&images)
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

#[test]
fn folders_are_walked_as_hd_bottleneck_walks_them() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    dir.write("images/hot_dog/.DS_Store", "nothing");
    dir.write("images/Thumbs.db", "nothing");
    let table = label(&dir).arg("images").succeeds().stdout();
    let expected = [
        "hot_dog/0000",
        "hot_dog/0001",
        "not_hot_dog/0000",
        "not_hot_dog/0001",
    ];
    assert_eq!(
        paths(&table),
        expected.map(|name| format!("images/{name}.jpg"))
    );
    // What hd-bottleneck would list as skipped is told, and the others are labelled.
    dir.write("images/notes.txt", "nothing");
    fs::create_dir(dir.path("images/folder.jpg")).unwrap();
    let run = label(&dir).arg("images").ends_with(1);
    assert_eq!(paths(&run.stdout()), paths(&table));
    insta::assert_snapshot!("what_cannot_be_labelled_in_a_folder", run.message());
}

#[test]
fn images_come_from_lists_and_from_stdin() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    let image = "images/hot_dog/0001.jpg";
    dir.write("images/line\nend.jpg", fs::read(dir.path(image)).unwrap());
    let alone = label(&dir).arg(image).succeeds().stdout();
    let (_, scored) = alone.split_once('\t').unwrap();

    // An image's bytes, with or without the dash.
    let bytes = fs::read(dir.path(image)).unwrap();
    for call in [label(&dir), label(&dir).arg("-")] {
        assert_eq!(fed(call, &bytes), format!("-\t{scored}"));
    }
    // Paths in lines, folders among them, with labels as in the lists of hd-bottleneck.
    let list = format!("hot dog\t{image}\n\nimages/not_hot_dog\n");
    let listed = [
        image,
        "images/not_hot_dog/0000.jpg",
        "images/not_hot_dog/0001.jpg",
    ];
    dir.write("list.txt", &list);
    let by_flag = label(&dir)
        .args(["--files-from", "list.txt"])
        .succeeds()
        .stdout();
    assert_eq!(paths(&by_flag), listed);
    assert_eq!(fed(label(&dir).arg("-"), list.as_bytes()), by_flag);
    assert_eq!(
        fed(label(&dir).args(["--files-from", "-"]), list.as_bytes()),
        by_flag
    );
    // As Windows ends lines.
    assert_eq!(
        fed(label(&dir).arg("-"), list.replace('\n', "\r\n").as_bytes()),
        by_flag
    );
    // As `find -print0` ends them: nothing else means anything.
    dir.write("images/a\tb.jpg", &bytes);
    let list = b"images/line\nend.jpg\0images/hot_dog/0000.jpg\0images/a\tb.jpg\0";
    let table = fed(label(&dir).args(["-0", "--files-from", "-"]), list);
    assert_eq!(
        paths(&table),
        [
            "images/line\\nend.jpg",
            "images/hot_dog/0000.jpg",
            "images/a\\tb.jpg"
        ]
    );
    // Nothing at all is no success.
    let none = label(&dir).args(["--files-from", "/dev/null"]).ends_with(1);
    assert_eq!(none.message(), "hd-label: there is no image to label\n");
    let missing = label(&dir)
        .args(["--files-from", "missing.txt"])
        .ends_with(1);
    assert!(
        missing
            .message()
            .starts_with("hd-label: missing.txt: cannot read")
    );
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let mut command = label(&dir).args(["--jobs", "2", "-"]).0;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for image in ["images/hot_dog/0000.jpg", "images/not_hot_dog/0000.jpg"] {
        writeln!(questions, "{image}").unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert!(answer.starts_with(image), "{answer}");
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}

#[test]
fn top_and_threshold_say_what_is_printed() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let image = "images/hot_dog/0000.jpg";
    let table = label(&dir).args(["--top", "5", image]).succeeds().stdout();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(rows.len(), 2);
    let scores: Vec<f64> = rows.iter().map(|row| row[2].parse().unwrap()).collect();
    assert!(scores[0] >= scores[1] && (scores[0] + scores[1] - 1.0).abs() < 1e-5);
    let unsure = label(&dir)
        .args(["--threshold", "1", image])
        .succeeds()
        .stdout();
    assert_eq!(unsure, format!("{image}\tcan't tell\t{}\n", rows[0][2]));
    let sure = label(&dir)
        .args(["--threshold", "0.5", image])
        .succeeds()
        .stdout();
    assert_eq!(sure, format!("{}\n", rows[0].join("\t")));
    label(&dir).args(["--threshold", "90", image]).ends_with(2);
}

#[test]
fn json_has_all_scores_the_verdict_and_the_base() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    let lines = label(&dir)
        .args(["--format", "json", "images"])
        .succeeds()
        .stdout();
    assert_eq!(lines.lines().count(), 4);
    let table = label(&dir).arg("images").succeeds().stdout();
    for (line, row) in lines.lines().zip(table.lines()) {
        let answer: serde_json::Value = serde_json::from_str(line).unwrap();
        let (label, score) = (
            answer["label"].as_str().unwrap(),
            answer["score"].as_f64().unwrap(),
        );
        assert_eq!(
            row,
            format!("{}\t{label}\t{score:.6}", answer["path"].as_str().unwrap())
        );
        let scores = answer["scores"].as_object().unwrap();
        assert_eq!(scores.len(), 2);
        assert_eq!(scores[label], answer["score"]);
        let verdict = match (label, score > 0.9) {
            (_, false) => "Can't tell.",
            ("hot dog", true) => "That's a hot dog!",
            (_, true) => "That's not a hot dog.",
        };
        assert_eq!(answer["verdict"], verdict);
        assert_eq!(answer["base"], "mobilenet_v2_1.0_224");
    }
}

/// How the lab's app reads what label_image.py printed: the first line with a score, whose label stands before it.
const CLASSIFY: &str = r#"
import re, sys
text = sys.stdin.read()
assert re.fullmatch(r"\nEvaluation time \(1-image\): \d+\.\d{3}s\n\n(.+ \(score=\d\.\d{5}\)\n){2}", text), text
lines = text.split("\n")
label, score = re.fullmatch(r"(.+) \(score=([\d.]+)\)", lines[3]).groups()
if float(score) <= 0.90:
    print("Can't tell.")
elif label == "hot dog":
    print("That's a hot dog!")
else:
    print("That's not a hot dog.")
"#;

#[test]
fn speaks_as_label_image_does_to_those_who_called_it() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 5);
    dir.write("labels.txt", "hot dog\nnot hot dog\n");
    let lab = [
        "--format",
        "label_image",
        "--labels=labels.txt",
        "--input_layer=input",
    ];
    for index in 0..10 {
        let name = if index < 5 { "hot_dog" } else { "not_hot_dog" };
        let image = format!("images/{name}/000{}.jpg", index % 5);
        let text = label(&dir)
            .args(lab)
            .arg(format!("--image={image}"))
            .succeeds()
            .stdout();
        let mut classify = Command::new("python3");
        let verdict = fed(
            Call({
                classify.args(["-c", CLASSIFY]);
                classify
            }),
            text.as_bytes(),
        );
        let json = label(&dir)
            .args(["--format", "json", &image])
            .succeeds()
            .stdout();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(verdict.trim_end(), json["verdict"]);
    }
    dir.write("other.txt", "not hot dog\nhot dog\n");
    let run = label(&dir)
        .args(["--labels", "other.txt", "images"])
        .ends_with(1);
    insta::assert_snapshot!("labels_of_another_graph", run.message());
}

#[test]
fn a_heat_map_is_an_image_of_one_image() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 1);
    let image = "images/hot_dog/0000.jpg";
    let painted = label(&dir)
        .args(["--heatmap", "heat.png", image])
        .succeeds();
    assert_eq!(painted.stdout(), label(&dir).arg(image).succeeds().stdout());
    let png = fs::read(dir.path("heat.png")).unwrap();
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    // It can be labelled like any image.
    label(&dir).arg("heat.png").succeeds();
    label(&dir)
        .args(["--heatmap", "heat.png", "--heatmap", image, image])
        .ends_with(2);
    let over_itself = label(&dir).args(["--heatmap", image, image]).ends_with(2);
    assert!(
        over_itself.message().contains("named twice"),
        "{}",
        over_itself.message()
    );
    let two = label(&dir)
        .args(["--heatmap", "heat.png", image, image])
        .ends_with(2);
    assert_eq!(two.message(), "hd-label: --heatmap is of one image\n");
    // However the image is named, and whatever else is read.
    let bytes = fs::read(dir.path(image)).unwrap();
    dir.write("one/image.jpg", &bytes);
    dir.write("labels.txt", "hot dog\nnot hot dog\n");
    dir.write("list.txt", "one/image.jpg\n");
    for (args, status) in [
        (["--heatmap", "one/image.jpg", "one"], 1),
        (["--heatmap", "one/image.jpg", "--files-from=list.txt"], 1),
        (["--heatmap", "list.txt", "--files-from=list.txt"], 2),
        (["--heatmap", "heat.png", "images"], 1),
        (["--heatmap", "heat.png", "one"], 0),
        (["--heatmap", "heat.png", "--files-from=list.txt"], 0),
    ] {
        label(&dir).args(args).ends_with(status);
    }
    let labels = ["--labels", "labels.txt", "--heatmap", "labels.txt", image];
    label(&dir).args(labels).ends_with(2);
    assert!(fs::read(dir.path("one/image.jpg")).unwrap() == bytes);
    assert!(fs::read(dir.path("list.txt")).unwrap().starts_with(b"one"));
    assert!(
        fs::read(dir.path("labels.txt"))
            .unwrap()
            .starts_with(b"hot")
    );
    fed(label(&dir).args(["--heatmap", "fed.png"]), &bytes);
    assert!(dir.path("fed.png").exists());
}

#[test]
fn bottlenecks_are_those_that_hd_bottleneck_keeps() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 2);
    dir.bottleneck("images")
        .args(["--export", "export"])
        .succeeds();
    let kept = fs::read(dir.path("export/bottlenecks.npy")).unwrap();
    let kept: Vec<f32> = kept[kept.len() - 4 * 1280 * 4..]
        .chunks(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    let table = label(&dir).args(["--embed", "images"]).succeeds().stdout();
    let numbers = |line: &str| -> Vec<f32> {
        line.split('\t')
            .skip(1)
            .map(|number| number.parse().unwrap())
            .collect()
    };
    let printed: Vec<f32> = table.lines().flat_map(numbers).collect();
    assert_eq!(printed, kept);
    let json = label(&dir)
        .args(["--embed", "--format", "json", "images"])
        .succeeds()
        .stdout();
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["bottleneck"].as_array().unwrap().len(), 1280);
    // A base has them too.
    let base = dir
        .program("hd-label")
        .arg("--graph")
        .arg(crate::workdir::base());
    assert_eq!(base.args(["--embed", "images"]).succeeds().stdout(), table);
}

#[test]
fn images_are_sorted_into_folders_that_can_be_trained_on() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 10);
    let before = fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap();
    let sort = |more: &[&str]| {
        label(&dir)
            .args(["--sort-into", "sorted"])
            .args(more)
            .arg("images")
    };
    let table = sort(&[]).succeeds().stdout();
    // Again, nothing is added.
    sort(&[]).succeeds();
    let mut sorted = Vec::new();
    for label in ["hot dog", "not hot dog"] {
        for entry in fs::read_dir(dir.path("sorted").join(label)).unwrap() {
            let place = entry.unwrap().path();
            let source = fs::read_link(&place).unwrap();
            let source = source
                .strip_prefix(fs::canonicalize(dir.path("")).unwrap())
                .unwrap();
            sorted.push(format!("{}\t{label}", source.display()));
        }
    }
    sorted.sort();
    let expected: Vec<&str> = table
        .lines()
        .map(|line| line.rsplit_once('\t').unwrap().0)
        .collect();
    assert_eq!(sorted, expected);
    assert_eq!(
        fs::read(dir.path("images/hot_dog/0000.jpg")).unwrap(),
        before
    );
    dir.bottleneck("sorted").succeeds();

    let copies = label(&dir).args(["--sort-into", "copies", "--copy", "images/hot_dog/0000.jpg"]);
    let label_of = copies
        .succeeds()
        .stdout()
        .split('\t')
        .nth(1)
        .unwrap()
        .to_owned();
    let copy = dir.path("copies").join(label_of).join("0000.jpg");
    assert_eq!(fs::read(&copy).unwrap(), before);
    assert!(!copy.is_symlink());
    let within = label(&dir)
        .args(["--sort-into", "images/sorted", "images"])
        .ends_with(2);
    insta::assert_snapshot!("sorting_into_what_is_walked", within.message());
    dir.write("file", "in the way");
    let nowhere = label(&dir)
        .args(["--sort-into", "file", "images"])
        .ends_with(1);
    assert_eq!(nowhere.stdout(), "");
    assert_eq!(
        nowhere.message().lines().count(),
        1,
        "{}",
        nowhere.message()
    );
}

/// Small networks beside this file, the side of their images, and whether they end in logits.
const NETWORKS: [(&str, usize, bool); 3] = [
    ("resnet.onnx", 32, true),
    ("vit.onnx", 32, true),
    ("efficientnet.onnx", 32, false),
];

#[test]
fn any_classifier_of_images_labels_with_a_file_of_labels() {
    let dir = Workdir::new();
    // Brings ONNX Runtime.
    crate::workdir::base();
    let expected: serde_json::Value =
        serde_json::from_slice(&fs::read(top().join("tests/networks/expected.json")).unwrap())
            .unwrap();
    dir.write("labels.txt", "a\nb\nc\nd\n");
    for (name, size, softmax) in NETWORKS {
        let pixel =
            |i: usize| ((7 * (i / 3 % size) + 13 * (i / 3 / size) + 29 * (i % 3)) % 256) as u8;
        let mut image = format!("P6 {size} {size} 255\n").into_bytes();
        image.extend((0..size * size * 3).map(pixel));
        dir.write("image.ppm", &image);
        let graph = top().join("tests/networks").join(name);
        let call = dir.program("hd-label").arg("--graph").arg(&graph);
        let call = call.args(["--labels", "labels.txt", "--format", "json", "image.ppm"]);
        let answer: serde_json::Value = serde_json::from_str(&call.succeeds().stdout()).unwrap();
        let output = expected[format!("{name} output")].as_array().unwrap();
        let output: Vec<f64> = output.iter().map(|value| value.as_f64().unwrap()).collect();
        let theirs = match softmax {
            true => {
                let all: f64 = output.iter().map(|z| z.exp()).sum();
                output.iter().map(|z| z.exp() / all).collect()
            }
            false => output,
        };
        for (label, theirs) in ["a", "b", "c", "d"].iter().zip(theirs) {
            let ours = answer["scores"][label].as_f64().unwrap();
            assert!((ours - theirs).abs() < 1e-5, "{name}: {answer} {theirs}");
        }
    }
    let graph = top().join("tests/networks/resnet.onnx");
    let call = || {
        dir.program("hd-label")
            .arg("--graph")
            .arg(&graph)
            .arg("image.ppm")
    };
    let without = call().ends_with(1);
    assert!(
        without.message().contains("hint: "),
        "{}",
        without.message()
    );
    dir.write("three.txt", "a\nb\nc\n");
    let three = call().args(["--labels", "three.txt"]).ends_with(1);
    assert!(
        three
            .message()
            .contains("gives 4 numbers an image, and there are 3 labels")
    );
}

/// The optimised networks that are kept in a cache folder, all of them whole: what they are of, and the files.
fn optimised(cache: &Path) -> Vec<(String, PathBuf)> {
    let there = fs::read_dir(cache.join("hd/optimised")).unwrap();
    let there = there.map(|entry| {
        let path = entry.unwrap().path();
        let (of, content) = path
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .split_once('-')
            .unwrap();
        assert_eq!(Digest::of(&fs::read(&path).unwrap()).to_string(), content);
        (of.to_owned(), path.clone())
    });
    there.collect()
}

#[test]
fn an_optimised_network_is_kept_and_made_anew_where_it_is_of_no_use() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 3);
    // Brings ONNX Runtime.
    crate::workdir::base();
    let library = runtime();
    let cache = dir.path("cache");
    let answers = |cache: &Path| {
        let call = label(&dir).args(["--format", "json", "images"]);
        let call = call.env("XDG_CACHE_HOME", cache);
        call.env("ORT_DYLIB_PATH", &library).succeeds().stdout()
    };
    let first = answers(&cache);
    let [(of, mut kept)] = optimised(&cache).try_into().unwrap();
    assert_eq!(answers(&cache), first);
    assert_eq!(optimised(&cache), [(of.clone(), kept.clone())]);
    let damages: [fn(&mut Vec<u8>); 3] = [
        |content| content[1_000_000] ^= 1,
        |content| content.truncate(1_000_000),
        Vec::clear,
    ];
    for damage in damages {
        let mut content = fs::read(&kept).unwrap();
        damage(&mut content);
        fs::write(&kept, content).unwrap();
        assert_eq!(answers(&cache), first);
        let [(anew, file)] = optimised(&cache).try_into().unwrap();
        assert_eq!(anew, of);
        kept = file;
    }
    // Another network has its own.
    dir.program("hd-label")
        .arg("--graph")
        .arg(crate::workdir::base())
        .args(["--embed", "images"])
        .env("XDG_CACHE_HOME", &cache)
        .env("ORT_DYLIB_PATH", &library)
        .succeeds();
    assert_eq!(optimised(&cache).len(), 2);
    // Where nothing can be kept, nothing is.
    let nowhere = dir.path("nowhere");
    dir.write("nowhere/hd/optimised", "a file in the way");
    assert_eq!(answers(&nowhere), first);
}
