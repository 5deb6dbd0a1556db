//! What a folder of results remembers, and what becomes of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{make, make_anywhere, ran};
use crate::hd_bottleneck::settle;
use crate::workdir::{Call, Run, Workdir, top};

/// `make` at the top of the checkout with this OUT and nothing else.
fn make_out(dir: &Workdir, args: &[&str]) -> Call {
    make_anywhere(dir, args).arg(out(dir))
}

fn out(dir: &Workdir) -> String {
    format!("OUT={}", dir.path("out").display())
}

/// A folder of results of 50 drawings.
fn trained(flags: &[&str]) -> Workdir {
    let dir = Workdir::new();
    dir.images("images", 25);
    settle(&dir.path("images"));
    make(&dir, &[&["train"], flags].concat()).succeeds();
    dir
}

/// The bytes of all files in OUT, also of hidden ones.
fn contents(dir: &Workdir) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(dir.path("out")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.is_file())
        .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn assert_up_to_date(run: &Run) {
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck"], "{}", run.stdout());
    assert!(run.stderr().contains(" 0 computed"), "{}", run.stderr());
}

#[test]
fn out_alone_repeats_what_it_was_made_with() {
    let dir = trained(&[
        "TRAIN_FLAGS=--l2 0.5 --seed 3",
        "EVAL_FLAGS=--split validation",
    ]);
    let made = contents(&dir);
    assert_up_to_date(&make_out(&dir, &["train"]).succeeds());
    assert!(made == contents(&dir));
    let kept = fs::read_to_string(dir.path("out/experiment.mk")).unwrap();
    for line in [
        "TRAIN_FLAGS = --l2 0.5 --seed 3",
        "EVAL_FLAGS = --split validation",
    ] {
        assert!(kept.lines().any(|found| found == line), "{kept}");
    }
    // The lab's own flags have a command of the shell in them.
    make(&dir, &["poets", "FORCE=1"]).succeeds();
    let run = make_out(&dir, &["train"]).succeeds();
    assert_up_to_date(&run);
}

#[test]
fn flags_that_differ_are_said_in_a_line_and_taken() {
    let dir = trained(&[]);
    let run = make_out(&dir, &["train", "TRAIN_FLAGS=--l2 0.5"]).succeeds();
    let said = run.stderr();
    let line = format!(
        "make: {} was made with TRAIN_FLAGS='', and TRAIN_FLAGS is '--l2 0.5' now",
        dir.path("out").display()
    );
    assert!(said.lines().any(|found| found == line), "{said}");
    assert_eq!(ran(&run.stdout()), ["hd-bottleneck", "hd-train", "hd-eval"]);
    let again = make_out(&dir, &["train"]).succeeds();
    assert!(
        !again.stderr().contains("was made with"),
        "{}",
        again.stderr()
    );
}

#[test]
fn other_images_or_another_base_are_refused_unless_they_are_forced() {
    let dir = trained(&[]);
    dir.images("others", 20);
    let made = contents(&dir);
    let others = format!("IMAGES={}", dir.path("others").display());
    for given in [
        others.as_str(),
        "ARCHITECTURE=mobilenet_v2_0.5_128",
        "BASE=models/none.onnx",
        "BASE_FLAGS=--bottleneck logits",
    ] {
        let told = make_out(&dir, &["train", given]).ends_with(2).stderr();
        let (name, value) = given.split_once('=').unwrap();
        for part in [
            format!("{name} is '{value}' now"),
            format!(
                "make: give FORCE=1 to replace what lies in {}, or another OUT",
                dir.path("out").display()
            ),
        ] {
            assert!(told.contains(&part), "{told}");
        }
        // The same by the environment.
        let inherited = make_out(&dir, &["train"])
            .env(name, value)
            .ends_with(2)
            .stderr();
        assert!(inherited.contains("FORCE=1"), "{inherited}");
        assert!(made == contents(&dir), "{given}");
    }
    let run = make_out(&dir, &["train", &others, "FORCE=1"]).succeeds();
    assert!(run.stderr().contains("40 images"), "{}", run.stderr());
    assert_up_to_date(&make_out(&dir, &["train"]).succeeds());
}

#[test]
fn another_spelling_of_the_same_folder_is_no_difference() {
    let dir = trained(&[]);
    std::os::unix::fs::symlink(dir.path("images"), dir.path("link")).unwrap();
    let link = format!("IMAGES={}/", dir.path("link").display());
    let run = make_out(&dir, &["train", &link]).succeeds();
    assert!(!run.stderr().contains("was made with"), "{}", run.stderr());
}

#[test]
fn what_shows_or_uses_a_model_makes_none() {
    let dir = trained(&[]);
    let made = contents(&dir);
    // What differs from the images that it was made of does not matter.
    let shown = make_out(&dir, &["report", "IMAGES=/none"])
        .env("DISPLAY", "")
        .env("WAYLAND_DISPLAY", "");
    let report = dir.path("out/report.html").display().to_string();
    assert_eq!(shown.succeeds().stdout().trim_end(), report);
    let image = dir.path("images/hot_dog/0000.jpg");
    let files = format!("FILES={}", image.display());
    let labelled = make_out(&dir, &["label", &files, "LABEL_FLAGS=--top 2"])
        .succeeds()
        .stdout();
    let answers = labelled
        .lines()
        .filter(|line| line.starts_with(&image.display().to_string()));
    assert_eq!(answers.count(), 2, "{labelled}");
    let asked = make_out(&dir, &["label"]).ends_with(2).stderr();
    assert!(asked.contains("FILES='lunch.jpg photos/'"), "{asked}");
    assert!(made == contents(&dir));

    let empty = Workdir::new();
    for target in ["app", "tensorboard", "report", "label"] {
        let told = make_out(&empty, &[target]).ends_with(2).stderr();
        let how = format!("make train {}", out(&empty));
        assert!(
            told.contains("there is no model in") && told.contains(&how),
            "{told}"
        );
        assert!(!empty.path("out").exists());
    }
}

#[test]
fn a_misspelt_variable_is_an_error_that_names_the_right_one() {
    let dir = Workdir::new();
    for (typed, meant) in [
        (
            "IMAGE=photos",
            "there is no variable IMAGE; there is: IMAGES IMAGES_COUNT.",
        ),
        (
            "ARCH=resnet50",
            "there is no variable ARCH; there is: ARCHITECTURE ARCHITECTURES.",
        ),
        (
            "images=photos",
            "there is no variable images; there is: IMAGES IMAGES_COUNT.",
        ),
        (
            "TRAINFLAGS=--l2 1",
            "there is no variable TRAINFLAGS; there is: TRAIN_FLAGS.",
        ),
        (
            "WHAT=ever",
            "there is no variable WHAT; there is: IMAGES ARCHITECTURE ",
        ),
    ] {
        let told = make_out(&dir, &["train", typed]).ends_with(2).stderr();
        assert!(told.contains(meant), "{told}");
    }
    // Words of a value are no variables.
    make_out(&dir, &["-n", "train", "TRAIN_FLAGS=--l2 1 X=y"]).succeeds();
}

#[test]
fn the_end_says_what_was_made_and_what_to_do_with_it() {
    let dir = trained(&[]);
    let said = make_out(&dir, &["train"]).succeeds().stdout();
    let out = dir.path("out").display().to_string();
    let last: Vec<&str> = said.lines().rev().take(3).collect();
    for (line, parts) in last.iter().rev().zip([
        [
            format!("{out}/report.html"),
            format!("make report OUT={out}"),
        ],
        [
            format!("{out}/retrained_graph.onnx"),
            format!("make app OUT={out}"),
        ],
        [
            "Label new images".to_owned(),
            format!("make label OUT={out} FILES="),
        ],
    ]) {
        assert!(
            parts.iter().all(|part| line.contains(part.as_str())),
            "{said}"
        );
    }
}

/// `make` with a copy of the Makefile where nothing was built yet.
fn make_afresh(dir: &Workdir, args: &[&str]) -> Call {
    for file in ["Makefile", "scripts/experiment"] {
        dir.write(file, fs::read(top().join(file)).unwrap());
        let permissions = fs::metadata(top().join(file)).unwrap().permissions();
        fs::set_permissions(dir.path(file), permissions).unwrap();
    }
    let Call(mut command) = make_out(dir, args);
    command.current_dir(dir.path(""));
    Call(command)
}

#[test]
fn clean_deletes_what_was_made_and_nothing_else() {
    let dir = trained(&["TRAIN_FLAGS=--how-many-training-steps 20"]);
    make_afresh(&dir, &["clean"]).succeeds();
    assert!(!dir.path("out").exists());
    assert!(dir.path("images").exists());

    let dir = trained(&["TRAIN_FLAGS=--how-many-training-steps 20"]);
    let mine = [
        "notes.txt",
        "training_summaries/mine",
        "photos/lunch.jpg",
        ".profile",
    ];
    for name in mine {
        dir.write(Path::new("out").join(name), "mine");
    }
    let said = make_afresh(&dir, &["clean"]).succeeds().stdout();
    assert!(said.contains("there is more in"), "{said}");
    let mut command = Command::new("find");
    command
        .args(["out", "-type", "f"])
        .current_dir(dir.path(""));
    let left = Call(command).succeeds().stdout();
    let mut left: Vec<&str> = left.lines().collect();
    left.sort_unstable();
    let mut expected = mine.map(|name| format!("out/{name}"));
    expected.sort();
    assert_eq!(left, expected);
}

#[test]
fn git_sees_nothing_of_a_folder_that_was_made_for_results() {
    let git = |dir: &Workdir, args: &[&str]| {
        let mut command = Command::new("git");
        command.args(args).current_dir(dir.path(""));
        Call(command).succeeds().stdout()
    };
    let dir = Workdir::new();
    dir.images("images", 25);
    git(&dir, &["init", "-q"]);
    make(&dir, &["train"]).succeeds();
    let status = git(&dir, &["status", "--porcelain"]);
    assert_eq!(status, "?? images/\n");
    // A folder in which something lies is somebody's own.
    let dir = Workdir::new();
    dir.images("images", 25);
    dir.write("out/notes.txt", "mine");
    make(&dir, &["train"]).succeeds();
    assert!(!dir.path("out/.gitignore").exists());
}

#[test]
fn what_takes_long_the_first_time_is_said() {
    let dir = Workdir::new();
    dir.trained();
    let built = make_afresh(&dir, &["-n", "build"]).succeeds().stdout();
    let (said, cargo) = (built.find("takes some minutes"), built.find("cargo build"));
    assert!(said.is_some() && said < cargo, "{built}");
    let shown = make_afresh(&dir, &["-n", "tensorboard"])
        .succeeds()
        .stdout();
    assert!(
        shown.contains("TensorBoard is installed in target/venv"),
        "{shown}"
    );
    let installed: Vec<&str> = shown
        .lines()
        .filter(|line| line.contains("install "))
        .collect();
    assert!(
        installed.len() == 1
            && installed[0].ends_with("--disable-pip-version-check tensorboard==2.21.0"),
        "{shown}"
    );
}

#[test]
fn a_base_that_is_calibrated_on_images_stays_with_their_results() {
    let bases: Vec<_> = [1, 2]
        .map(|skip| {
            let dir = Workdir::new();
            dir.images("images", 25);
            for label in ["hot_dog", "not_hot_dog"] {
                fs::remove_file(dir.path(format!("images/{label}/000{skip}.jpg"))).unwrap();
            }
            let integers = "ARCHITECTURE=mobilenet_v2_1.0_224_quantized";
            make(&dir, &["train", integers]).succeeds();
            let base = fs::read(dir.path("out/mobilenet_v2_1.0_224_quantized.onnx")).unwrap();
            let again = make_out(&dir, &["train"]).succeeds();
            assert_eq!(ran(&again.stdout()), ["hd-bottleneck"]);
            base
        })
        .into();
    assert!(
        bases[0] != bases[1],
        "one of them was calibrated on the other's images"
    );
}

#[test]
fn a_base_of_ones_own_is_found_again_by_its_name() {
    let dir = Workdir::new();
    dir.images("images", 25);
    let network = top().join("tests/networks/resnet.onnx");
    fs::copy(network, dir.path("own.onnx")).unwrap();
    let name = format!("own-{}", std::process::id());
    let base = top().join(format!("models/{name}.onnx"));
    let stamp = top().join(format!("models/.{name}.onnx.flags"));
    let architecture = format!("ARCHITECTURE={name}");
    let flags = format!("BASE_FLAGS=--from {}", dir.path("own.onnx").display());
    let first = make(&dir, &["train", &architecture, &flags]).succeeds();
    assert!(ran(&first.stdout()).contains(&"hd-fetch".to_owned()));
    fs::remove_file(dir.path("own.onnx")).unwrap();
    fs::rename(dir.path("out"), dir.path("first")).unwrap();
    let again = make(&dir, &["train", &architecture]).succeeds();
    assert!(
        !ran(&again.stdout()).contains(&"hd-fetch".to_owned()),
        "{}",
        again.stdout()
    );
    for file in [base, stamp] {
        fs::remove_file(file).unwrap();
    }
}
