use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::serving::Server;
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, at_home, dependency};

/// The real TensorBoard on a port of loopback, until it is dropped.
struct TensorBoard(Server);

impl TensorBoard {
    /// None where it is not installed, for which the test is skipped.
    fn start(test: &str, dir: &Workdir, folder: &str) -> Option<Self> {
        let board = dependency(test, "target/venv/bin/tensorboard")?;
        let mut command = Command::new(board);
        at_home(&mut command, &dir.home())
            .arg("--logdir")
            .arg(dir.path(folder));
        command.args([
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--reload_interval",
            "1",
        ]);
        let address = |line: &str| {
            let address = line.split(" at http://").nth(1)?;
            Some(address.split('/').next()?.to_owned())
        };
        Some(Self(Server::start(command, address).unwrap()))
    }

    fn get(&self, path: &str) -> serde_json::Value {
        serde_json::from_slice(&self.bytes(path)).unwrap()
    }

    fn bytes(&self, path: &str) -> Vec<u8> {
        let path = format!("/data/plugin/{path}");
        self.0.ask("GET", &path, "", b"").body
    }

    /// The tags of a plugin by run, when both runs have been read.
    fn tags(&self, plugin: &str) -> serde_json::Value {
        for _ in 0..600 {
            let tags = self.get(&format!("{plugin}/tags"));
            if tags["train"].is_object() && tags["validation"].is_object() {
                return tags;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("no tags of {plugin} after a minute");
    }

    /// The steps and values of a scalar.
    fn scalars(&self, run: &str, tag: &str) -> Vec<(u64, f64)> {
        let points = self.get(&format!("scalars/scalars?run={run}&tag={tag}"));
        let point =
            |point: &serde_json::Value| (point[1].as_u64().unwrap(), point[2].as_f64().unwrap());
        points.as_array().unwrap().iter().map(point).collect()
    }
}

#[test]
fn shows_every_step_with_the_tags_of_retrain_py() {
    let test = "shows_every_step_with_the_tags_of_retrain_py";
    let dir = Workdir::new();
    dir.trained();
    let flags = ["--how_many_training_steps=25", "--summaries_dir=summaries"];
    let run = dir.train().args(flags).succeeds();
    let told = run.stderr();
    let told = told
        .lines()
        .find(|line| line.starts_with("hd-train: summaries: "));
    for word in [
        "Scalars",
        "Projector",
        "menu at the top right",
        "times are steps",
    ] {
        assert!(told.unwrap().contains(word), "{told:?}");
    }
    let Some(board) = TensorBoard::start(test, &dir, "summaries") else {
        return;
    };
    let (scalars, histograms) = (board.tags("scalars"), board.tags("histograms"));
    for run in ["train", "validation"] {
        for tag in ["accuracy_1", "cross_entropy_1"] {
            assert!(scalars[run][tag].is_object(), "{run} {tag}: {scalars}");
        }
        for parameters in ["weights", "biases"] {
            let tag = |what: &str| format!("final_training_ops/{parameters}/summaries/{what}");
            for what in ["mean", "stddev_1", "max", "min"] {
                assert!(
                    scalars[run][tag(what)].is_object(),
                    "{run} {what}: {scalars}"
                );
            }
            assert!(
                histograms[run][tag("histogram")].is_object(),
                "{histograms}"
            );
        }
        for what in ["pre_activations", "activations"] {
            let tag = format!("final_training_ops/Wx_plus_b/{what}");
            assert!(histograms[run][tag].is_object(), "{histograms}");
        }
    }
    // Training at every step, validation where it was measured; and the figures are those that were said.
    let accuracy = board.scalars("train", "accuracy_1");
    assert_eq!(
        accuracy.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        (0..25).collect::<Vec<_>>()
    );
    let validation = board.scalars("validation", "accuracy_1");
    assert_eq!(
        validation.iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        [0, 10, 20, 24]
    );
    let entropy = board.scalars("train", "cross_entropy_1");
    for (step, accuracy) in &accuracy {
        let said = format!("Step {step}: Train accuracy = {:.1}%\n", 100.0 * accuracy);
        assert!(step % 10 != 0 || run.stderr().contains(&said), "{said}");
    }
    let said = run.stderr();
    let said = said
        .lines()
        .find_map(|line| line.split("Step 24: Cross entropy = ").nth(1))
        .unwrap();
    assert!((entropy[24].1 - said.parse::<f64>().unwrap()).abs() < 1e-5);
}

#[test]
fn shows_the_way_to_the_optimum_too_and_a_new_training_takes_the_place_of_the_last() {
    let test = "shows_the_way_to_the_optimum_too_and_a_new_training_takes_the_place_of_the_last";
    let dir = Workdir::new();
    dir.trained();
    let train = |flags: &[&str]| {
        dir.train()
            .args(["--summaries-dir", "summaries"])
            .args(flags)
    };
    train(&["--how-many-training-steps", "40"]).succeeds();
    let content = || {
        ["train", "validation"].map(|run| {
            let files = fs::read_dir(dir.path("summaries").join(run)).unwrap();
            let mut events = files
                .map(|file| file.unwrap().path())
                .filter(|path| path.to_string_lossy().contains("tfevents"));
            let content = fs::read(events.next().unwrap()).unwrap();
            assert!(events.next().is_none());
            content
        })
    };
    let first = content();
    // What is refused leaves the last one as it was.
    train(&["--path-prefix", "x"]).ends_with(2);
    dir.write("broken.bin", "no bottlenecks");
    let broken = [
        "broken.bin",
        "--head",
        "h.bin",
        "--summaries-dir",
        "summaries",
    ];
    dir.program("hd-train").args(broken).ends_with(1);
    assert!(content() == first);
    train(&[]).succeeds();
    let second = content();
    assert!(second != first);
    // The same training, the same bytes.
    train(&[]).succeeds();
    assert!(content() == second);
    let Some(board) = TensorBoard::start(test, &dir, "summaries") else {
        return;
    };
    board.tags("scalars");
    let entropy = board.scalars("train", "cross_entropy_1");
    assert!(
        entropy.len() > 5 && entropy.last().unwrap().1 < entropy[0].1,
        "{entropy:?}"
    );
    let accuracy = board.scalars("validation", "accuracy_1");
    assert_eq!(accuracy.len(), entropy.len());
    assert!(accuracy.last().unwrap().1 > 0.6, "{accuracy:?}");
}

#[test]
fn shows_the_network_the_curves_and_the_bottlenecks() {
    let test = "shows_the_network_the_curves_and_the_bottlenecks";
    let dir = Workdir::new();
    dir.trained();
    let images = crate::workdir::drawings();
    let flags = ["--summaries-dir", "summaries", "--images"];
    dir.train().args(flags).arg(images).succeeds();
    let thumbnails = dir.path("summaries/validation/thumbnails.png");
    let written = fs::metadata(&thumbnails).unwrap().modified().unwrap();
    // Other flags, the same images: what they look like is not found out again.
    dir.train()
        .args(flags)
        .arg(images)
        .args(["--l2", "0.1"])
        .succeeds();
    assert_eq!(
        fs::metadata(&thumbnails).unwrap().modified().unwrap(),
        written
    );
    let Some(board) = TensorBoard::start(test, &dir, "summaries") else {
        return;
    };
    board.tags("scalars");
    // The network: the input, the base in its scope, the head beside it.
    let graph = String::from_utf8(board.bytes("graphs/graph?run=train&conceptual=false")).unwrap();
    let scopes: std::collections::BTreeSet<&str> = (graph.lines())
        .filter_map(|line| {
            line.trim()
                .strip_prefix("name: \"")?
                .split(['/', '"'])
                .next()
        })
        .collect();
    let expected = [
        "final_result",
        "final_training_ops",
        "input",
        crate::workdir::ARCHITECTURE,
    ];
    assert_eq!(scopes, expected.into());
    assert!(graph.contains("input: \"input/image\""), "{graph}");
    // Precision and recall of each label, and they are those of the images.
    let tags = board.tags("pr_curves");
    for label in ["hot dog", "not hot dog"] {
        assert!(
            tags["validation"][format!("{label}/pr_curves")].is_object(),
            "{tags}"
        );
    }
    let curves = board.get("pr_curves/pr_curves?tag=hot%20dog/pr_curves&run=validation");
    let curve = &curves["validation"][0];
    let recall = curve["recall"].as_array().unwrap();
    assert_eq!(recall[0].as_f64(), Some(1.0));
    assert!(
        curve["true_positives"][0].as_f64().unwrap() >= 1.0,
        "{curve}"
    );
    // The points, with labels and thumbnails.
    assert_eq!(
        board.get("projector/runs"),
        serde_json::json!(["validation"])
    );
    let info = board.get("projector/info?run=validation");
    let embedding = &info["embeddings"][0];
    let count = embedding["tensorShape"][0].as_u64().unwrap() as usize;
    let side = embedding["sprite"]["singleImageDim"][0].as_u64().unwrap();
    let points = board.bytes("projector/tensor?name=bottlenecks&run=validation");
    assert_eq!(points.len(), count * 1280 * 4);
    let images = board.bytes("projector/metadata?name=bottlenecks&run=validation&num_rows=9999");
    let images = String::from_utf8(images).unwrap();
    assert_eq!(images.lines().count(), count + 1);
    assert!(
        images.lines().nth(1).unwrap().starts_with("hot dog\t"),
        "{images}"
    );
    let sprite = board.bytes("projector/sprite_image?name=bottlenecks&run=validation");
    assert_eq!(&sprite[1..4], b"PNG");
    let width = u32::from_be_bytes(sprite[16..20].try_into().unwrap());
    assert_eq!(u64::from(width), (count as f64).sqrt().ceil() as u64 * side);
}

#[test]
fn a_board_that_is_watching_sees_the_next_training() {
    let test = "a_board_that_is_watching_sees_the_next_training";
    let dir = Workdir::new();
    dir.trained();
    let train = |steps: &str| {
        let flags = ["--summaries_dir=summaries", "--how_many_training_steps"];
        dir.train().args(flags).arg(steps).succeeds();
    };
    train("20");
    let Some(board) = TensorBoard::start(test, &dir, "summaries") else {
        return;
    };
    board.tags("scalars");
    let wait_for = |steps: usize| {
        let begin = Instant::now();
        while board.scalars("train", "accuracy_1").len() != steps {
            assert!(begin.elapsed() < Duration::from_secs(60), "{steps} steps");
            thread::sleep(Duration::from_millis(200));
        }
    };
    wait_for(20);
    train("30");
    wait_for(30);
    // One file a run, and the same one where nothing changed.
    let files = || {
        let files = fs::read_dir(dir.path("summaries/train")).unwrap();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        files.collect::<Vec<_>>()
    };
    assert_eq!(files(), ["events.out.tfevents.0000000001.hd"]);
    train("30");
    assert_eq!(files(), ["events.out.tfevents.0000000001.hd"]);
}

#[test]
fn a_person_sees_both_runs() {
    let test = "a_person_sees_both_runs";
    let dir = Workdir::new();
    dir.trained();
    let flags = ["--how_many_training_steps=50", "--summaries_dir=summaries"];
    dir.train().args(flags).succeeds();
    let Some(board) = TensorBoard::start(test, &dir, "summaries") else {
        return;
    };
    board.tags("scalars");
    let Some(browser) = Browser::open(test, &Screen::Desktop) else {
        return;
    };
    browser.go(&format!("http://{}/#timeseries", board.0.address));
    browser.wait(
        "const seen = document.body.innerText;
         return ['accuracy_1', 'cross_entropy_1', 'train', 'validation'].every((word) => seen.includes(word))
             && document.querySelectorAll('line-chart').length > 1",
    );
    browser.screenshot("tensorboard");
}
