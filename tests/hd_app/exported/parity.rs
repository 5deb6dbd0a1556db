//! One answer from hd-label, hd-app, Python's onnxruntime and the exported page.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::super::brought::turned_photo;
use super::super::page::wait_for;
use super::super::{app, post};
use super::{open, served};
use crate::webdriver::Browser;
use crate::workdir::{Call, Workdir, at_home, dependency, drawings, exe, home, top, trained};

/// The probability of a hot dog by the names of images.
type Scores = BTreeMap<String, f64>;

/// The README's recipe.
const PYTHON: &str = "
import json, sys
import numpy, onnxruntime
from PIL import Image, ImageOps
graph = onnxruntime.InferenceSession(sys.argv[1])
scores = {}
for path in sys.argv[2:]:
    image = ImageOps.exif_transpose(Image.open(path)).convert('RGB')
    pixels = numpy.asarray(image.resize((224, 224), Image.Resampling.BILINEAR))
    scores[path.rsplit('/', 1)[1]] = float(graph.run(['final_result'], {'image': pixels[None]})[0][0][0])
print(json.dumps(scores))
";

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn of_hd_label(images: &[PathBuf]) -> Scores {
    let mut command = Command::new(exe("hd-label"));
    at_home(&mut command, home())
        .arg("--graph")
        .arg(trained().join("retrained_graph.onnx"));
    let run = Call(command)
        .args(["--format", "json"])
        .args(images)
        .succeeds();
    let lines = run.stdout();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = |line: Value| {
        let path = PathBuf::from(line["path"].as_str().unwrap());
        (name(&path), line["scores"]["hot dog"].as_f64().unwrap())
    };
    lines.map(line).collect()
}

fn of_hd_app(images: &[PathBuf]) -> Scores {
    let app = app(&[]);
    let score = |path: &PathBuf| {
        let answer = post(&app, &fs::read(path).unwrap()).json();
        (name(path), answer["scores"]["hot dog"].as_f64().unwrap())
    };
    images.iter().map(score).collect()
}

fn of_python(python: &Path, images: &[PathBuf]) -> Scores {
    let call = Call(Command::new(python)).args(["-c", PYTHON]);
    let run = call
        .arg(trained().join("retrained_graph.onnx"))
        .args(images)
        .succeeds();
    serde_json::from_str(&run.stdout()).unwrap()
}

/// The scores in the table that the page saves.
pub(super) fn of_page(browser: &Browser, images: &[PathBuf]) -> Scores {
    let paths: Vec<&Path> = images.iter().map(PathBuf::as_path).collect();
    browser.choose("#file", &paths);
    wait_for(browser, images.len() as u64);
    let table = browser.run(
        "const create = URL.createObjectURL;
         let saved;
         URL.createObjectURL = (blob) => {
             saved = blob.text();
             return create.call(URL, blob);
         };
         document.getElementById('save').click();
         URL.createObjectURL = create;
         return saved",
    );
    let table = table.as_str().unwrap();
    let mut lines = table
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = header.iter().position(|name| *name == "hot dog").unwrap();
    let score = |fields: Vec<&str>| {
        let score = fields[column].parse();
        (
            fields[0].to_owned(),
            score.unwrap_or_else(|_| panic!("{fields:?}")),
        )
    };
    lines.map(score).collect()
}

/// The largest difference, and the image that has it.
pub(super) fn apart(some: &Scores, others: &Scores, of: impl Fn(&str) -> bool) -> (f64, String) {
    assert!(some.keys().eq(others.keys()), "{some:?} {others:?}");
    let pairs = some
        .iter()
        .zip(others.values())
        .filter(|((name, _), _)| of(name));
    let pairs = pairs.map(|((name, a), b)| ((a - b).abs(), name.clone()));
    pairs.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

/// Every variety of PNG and the usual ones of JPEG, and drawings.
fn images(dir: &Workdir) -> Vec<PathBuf> {
    let varieties = fs::read_dir(top().join("tests/images"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let unusual = ["none-", "no-end", "late-rows", "arithmetic"];
    let wanted = |path: &PathBuf| {
        let name = name(path);
        (name.ends_with(".png") || name.ends_with(".jpg"))
            && !unusual.iter().any(|part| name.contains(part))
    };
    let labels = ["hot_dog", "not_hot_dog"].into_iter();
    let drawn = labels.flat_map(|label| (0..4).map(move |index| (label, index)));
    let drawn = drawn.map(|(label, index)| {
        let bytes = fs::read(drawings().join(format!("{label}/{index:04}.jpg"))).unwrap();
        dir.write(format!("{label}-{index}.jpg"), bytes)
    });
    let large = dir.write("large.jpg", turned_photo(8000, 6000));
    let mut images: Vec<PathBuf> = varieties
        .filter(wanted)
        .chain(drawn)
        .chain([large])
        .collect();
    images.sort();
    images
}

fn is_png(name: &str) -> bool {
    name.ends_with(".png")
}

#[test]
fn the_page_gives_the_scores_of_hd_label_and_hd_app_and_python() {
    let test = "the_page_gives_the_scores_of_hd_label_and_hd_app_and_python";
    let dir = Workdir::new();
    let Some(python) = dependency(test, "target/venv/bin/python") else {
        return;
    };
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    let images = images(&dir);
    open(&browser, &host.address);
    let page = of_page(&browser, &images);
    let label = of_hd_label(&images);
    let (png, which) = apart(&page, &label, is_png);
    assert!(png < 1e-4, "{png} for {which}");
    let (jpeg, which) = apart(&page, &label, |name| !is_png(name));
    assert!(jpeg < 0.02, "{jpeg} for {which}");
    assert!(apart(&of_hd_app(&images), &label, |_| true).0 < 1e-6);
    // Python's Pillow rounds in another order, and reads transparency and 16 bits in other ways.
    let usual: Vec<PathBuf> = images
        .iter()
        .filter(|path| name(path).contains("hot_dog"))
        .cloned()
        .collect();
    let page = page
        .into_iter()
        .filter(|(name, _)| name.contains("hot_dog"))
        .collect();
    let (python, which) = apart(&of_python(&python, &usual), &page, |_| true);
    assert!(python < 0.02, "{python} for {which}");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn weights_of_16_bits_and_graphs_of_integers_or_floats_answer_as_hd_does() {
    let test = "weights_of_16_bits_and_graphs_of_integers_or_floats_answer_as_hd_does";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &["--half"]) else {
        return;
    };
    open(&browser, &host.address);
    let images: Vec<PathBuf> = images(&dir)
        .into_iter()
        .filter(|path| name(path).contains("hot_dog"))
        .collect();
    let (half, which) = apart(&of_page(&browser, &images), &of_hd_label(&images), |_| true);
    assert!(half < 0.02, "{half} for {which}");
}
