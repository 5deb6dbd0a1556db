//! The same answers as other programs give, and in their form.

use std::fs;
use std::process::Command;

use super::{fed, label};
use crate::workdir::{Call, Workdir, base, dependency, skip, top};

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
assert 'uint8 [N, 224, 224, 3]' in model.doc_string and 'BILINEAR' in model.doc_string, model.doc_string
assert model.graph.doc_string == model.doc_string == session.get_modelmeta().description
rule = session.get_modelmeta().custom_metadata_map['hd.preprocess']
assert __import__('json').loads(rule)['filter'] == 'antialiased-bilinear', rule
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

/// The lines of Python in README.md, as they stand there.
fn readme_in_python() -> String {
    let text = fs::read_to_string(top().join("README.md")).unwrap();
    let (_, code) = text.split_once("```python\n").unwrap();
    code.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_lines_of_python_in_the_readme_give_the_same_labels() {
    let test = "the_lines_of_python_in_the_readme_give_the_same_labels";
    let Some(python) = dependency(test, "target/venv/bin/python") else {
        return;
    };
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 20);
    let code = dir.write("label.py", readme_in_python());
    let ours = label(&dir).arg("images").succeeds().stdout();
    let images: Vec<&str> = ours
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(images.len(), 40);
    let mut command = Command::new(python);
    command.arg(code).args(&images).current_dir(dir.path(""));
    let theirs = Call(command).succeeds().stdout();
    assert_eq!(theirs.lines().count(), 40);
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        let (ours, our_score) = ours.rsplit_once('\t').unwrap();
        let (theirs, their_score) = theirs.rsplit_once('\t').unwrap();
        assert_eq!(ours, theirs);
        // Decoders of JPEG differ by a step of brightness here and there, and so do resizers.
        let difference = our_score.parse::<f64>().unwrap() - their_score.parse::<f64>().unwrap();
        assert!(
            difference.abs() < 0.05,
            "{ours}: {our_score} and {their_score}"
        );
    }
}

/// Brings a graph to float16 with a tool, in every way that it has, and compares the labels of noise. `Cast` has to be
/// named to the one tool, which does not bring along what a Cast casts to.
const FLOAT16: &str = "
import sys, importlib, warnings, numpy, onnx, onnxruntime
tool, graph = sys.argv[1:]
warnings.simplefilter('ignore')
float16 = importlib.import_module(tool)
blocked = float16.DEFAULT_OP_BLOCK_LIST
blocked = list(blocked) + ['Cast'] if tool == 'onnxconverter_common.float16' else blocked
images = numpy.random.default_rng(0).integers(0, 256, (8, 224, 224, 3), numpy.uint8)
def scores(model):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return [output.astype('f4') for output in session.run(None, {'image': images})]
expected, bottlenecks = scores(onnx.load(graph))
for keep in False, True:
    half = float16.convert_float_to_float16(onnx.load(graph), keep_io_types=keep, op_block_list=blocked)
    onnx.checker.check_model(half)
    got, features = scores(half)
    assert (got.argmax(1) == expected.argmax(1)).all() and abs(got - expected).max() < 0.05, (keep, got, expected)
    assert abs(features - bottlenecks).max() < 0.05 * abs(bottlenecks).max(), keep
";

#[test]
fn tools_bring_the_graph_to_float16_and_it_gives_the_same_labels() {
    let test = "tools_bring_the_graph_to_float16_and_it_gives_the_same_labels";
    let Some(python) = dependency(test, "target/venv/bin/python") else {
        return;
    };
    let dir = Workdir::new();
    dir.trained();
    for tool in [
        "onnxruntime.transformers.float16",
        "onnxconverter_common.float16",
    ] {
        let mut there = Command::new(&python);
        there.args(["-c", &format!("import {tool}")]);
        if !there.output().unwrap().status.success() {
            skip(
                test,
                &format!("{tool} is not in target/venv (make test-deps)"),
            );
            continue;
        }
        let mut convert = Command::new(&python);
        convert.args(["-c", FLOAT16, tool]);
        convert.arg(dir.path("out/retrained_graph.onnx"));
        Call(convert).succeeds();
    }
}

/// Runs a graph of bytes and the same of floats with ONNX's own evaluator and with OpenCV, and compares bottlenecks and
/// probabilities with those of ONNX Runtime. A cast comes first, and takes bytes alone, as TensorRT wants it.
const ELSEWHERE: &str = "
import sys, cv2, numpy, onnx, onnxruntime
from onnx.reference import ReferenceEvaluator
image = numpy.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), numpy.uint8)
names = ['bottleneck', 'final_result']
for path, image in zip(sys.argv[1:], [image, image.astype('f4')]):
    model = onnx.load(path)
    assert str(image.dtype) in model.doc_string, model.doc_string
    users = [(node.op_type, list(node.input)) for node in model.graph.node if 'image' in node.input]
    assert users == [('Cast', ['image'])], users
    assert model.graph.node[0].op_type == 'Cast' and model.graph.node[1].op_type == 'Transpose'
    expected = onnxruntime.InferenceSession(path).run(names, {'image': image})
    net = cv2.dnn.readNetFromONNX(path)
    net.setInput(image)
    for answers in ReferenceEvaluator(path).run(names, {'image': image}), [net.forward(name) for name in names]:
        for one, other in zip(answers, expected):
            assert one.shape == other.shape and abs(one - other).max() < 1e-4, (path, one, other)
";

#[test]
fn other_runtimes_take_the_graph_of_bytes_and_the_one_of_floats() {
    let test = "other_runtimes_take_the_graph_of_bytes_and_the_one_of_floats";
    let Some(python) = dependency(test, "target/venv/bin/python") else {
        return;
    };
    let mut there = Command::new(&python);
    there.args(["-c", "import cv2"]);
    if !there.output().unwrap().status.success() {
        return skip(test, "OpenCV is not in target/venv (make test-deps)");
    }
    let dir = Workdir::new();
    dir.trained();
    let run = dir
        .program("hd-train")
        .args(["out/bottlenecks.bin", "--head", "floats.bin"]);
    let run = run.arg("--base").arg(base()).arg("--float-input");
    run.args(["--output-graph", "floats.onnx"]).succeeds();
    let mut compare = Command::new(&python);
    compare.args(["-c", ELSEWHERE]);
    compare.arg(dir.path("out/retrained_graph.onnx"));
    compare.arg(dir.path("floats.onnx"));
    Call(compare).succeeds();

    // To hd-label they are the same.
    dir.images("images", 3);
    let said = |graph: &str| {
        let run = dir.program("hd-label").args(["--graph", graph, "images"]);
        run.succeeds().stdout()
    };
    assert_eq!(said("out/retrained_graph.onnx"), said("floats.onnx"));
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
