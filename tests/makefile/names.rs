//! Folders of any name, as people type it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{make, make_anywhere, ran};
use crate::workdir::{Call, Workdir};

/// Names that mean something to make, or to the shell that it calls.
const NAMES: [&str; 14] = [
    "my photos",
    "my  photos",
    "the cat's",
    "$5 bills",
    "$HOME",
    "$(HOME)",
    "no #1",
    "100%",
    "12:30",
    "a, b & (c); d",
    "\"quoted\" `and` \\so",
    "a=b",
    "~tilde~",
    "größer 写真",
];

/// The arguments of `program` in the commands that make would run.
fn arguments(dry_run: &str, program: &str) -> Vec<String> {
    let called = format!("target/release/{program} ");
    let joined = dry_run.replace("\\\n", "");
    let line = joined.lines().find_map(|line| line.strip_prefix(&called));
    let Some(line) = line else {
        return Vec::new();
    };
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("printf '%s\\n' {line}")]);
    let said = Call(shell).succeeds().stdout();
    said.lines().map(str::to_owned).collect()
}

/// The commands that make would run for these images, which it is told on its command line or by the environment.
fn would_run(target: &str, images: &str) -> [String; 2] {
    let dir = Workdir::new();
    let out = format!("OUT={}", dir.path("out").display());
    let dry = || make_anywhere(&dir, &["-n", "-o", "always", target, &out]);
    let told = dry().arg(format!("IMAGES={images}")).succeeds();
    [told, dry().env("IMAGES", images).succeeds()].map(|run| run.stdout())
}

#[test]
fn images_are_found_in_a_folder_of_any_name() {
    for name in NAMES {
        for typed in [format!("/photos/{name}"), format!("/photos/{name}/")] {
            for commands in would_run("train", &typed) {
                let path = format!("/photos/{name}");
                assert!(
                    arguments(&commands, "hd-bottleneck").contains(&path)
                        && arguments(&commands, "hd-train").contains(&path),
                    "{typed}: {commands}"
                );
            }
        }
    }
}

#[test]
fn the_lab_divides_by_the_name_of_the_folder_whatever_it_is() {
    for name in NAMES {
        for commands in would_run("poets", &format!("/photos/{name}")) {
            let arguments = arguments(&commands, "hd-train");
            let mut rest = arguments.iter().skip_while(|arg| *arg != "--path-prefix");
            assert_eq!(rest.nth(1).map(String::as_str), Some(name), "{commands}");
        }
    }
}

#[test]
fn the_whole_pipeline_runs_on_a_folder_that_has_all_of_these_names() {
    let dir = Workdir::new();
    let name = "the cat's  $5 $HOME $(x) #1: 100%, a=b & (c) `d` \"e\" \\ data/f";
    dir.images(name, 25);
    let images = format!("IMAGES={}/", dir.path(name).display());
    let out = format!("OUT={}/", dir.path("out").display());
    let run = make_anywhere(&dir, &["train", &images, &out]).succeeds();
    assert!(run.stderr().contains("50 computed"), "{}", run.stderr());
    assert!(dir.path("out/metrics.json").is_file());
    for args in [&["train", &images, &out][..], &["train", &out]] {
        let run = make_anywhere(&dir, args).succeeds();
        assert_eq!(ran(&run.stdout()), ["hd-bottleneck"]);
        assert!(!run.stderr().contains("was made with"), "{}", run.stderr());
    }
}

#[test]
fn a_division_of_the_images_is_followed_from_the_folder_to_the_figures() {
    let dir = Workdir::new();
    dir.images("whole", 14);
    for (part, range) in [("train", 0..9), ("val", 9..11), ("test", 11..14)] {
        for label in ["hot_dog", "not_hot_dog"] {
            fs::create_dir_all(dir.path("images").join(part).join(label)).unwrap();
            for index in range.clone() {
                let image = format!("{label}/{index:04}.jpg");
                let (from, to) = (
                    dir.path("whole").join(&image),
                    dir.path("images").join(part),
                );
                fs::rename(from, to.join(&image)).unwrap();
            }
        }
    }
    let run = make(&dir, &["train"]).succeeds();
    for line in [
        "the images come divided: 18 for training, 4 for validation, 6 for testing",
        "18 images for training, 4 for validation, 6 for testing",
    ] {
        assert!(run.stderr().contains(line), "{}", run.stderr());
    }
    let metrics = fs::read_to_string(dir.path("out/metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
    assert_eq!(metrics["n"], 6, "{metrics}");
}

#[test]
fn only_images_of_a_plain_name_in_data_are_brought() {
    let fetched = |images: &str| {
        let [told, inherited] = would_run("train", images);
        assert_eq!(told, inherited);
        !arguments(&told, "hd-fetch images").is_empty()
    };
    // The folder of this name is not there.
    assert!(fetched("data/no_such") && fetched("data/no_such/"));
    for elsewhere in [
        "/photos/data/no_such",
        "../data/no_such",
        "my data/no_such",
        "data/no_such data/neither",
        "data/no such",
        "data/12:30",
        "data/100%",
        "data/a/b",
        "data",
    ] {
        assert!(!fetched(elsewhere), "{elsewhere}");
    }
}

#[test]
fn an_out_that_make_cannot_have_is_refused_before_anything_is_done() {
    let dir = Workdir::new();
    for name in ["a b", "a'b", "a$b", "a:b", "a%b", "a#b", "a=b", "a*", ""] {
        let out = format!("OUT={name}");
        let message = make_anywhere(&dir, &["-n", &out]).ends_with(2).stderr();
        let refused = format!("OUT is '{name}': it must be a path of letters, digits and");
        assert!(message.contains(&refused), "{message}");
    }
}

#[test]
fn a_tilde_that_the_shell_left_is_the_home() {
    let dir = Workdir::new();
    fs::create_dir_all(dir.home()).unwrap();
    let dry = ["-n", "-o", "always", "IMAGES=~/the cat's", "OUT=~/out"];
    let run = make_anywhere(&dir, &dry).env("HOME", dir.home()).succeeds();
    let path = |name: &str| Path::join(&dir.home(), name).display().to_string();
    let given = arguments(&run.stdout(), "hd-bottleneck");
    assert!(
        given.contains(&path("the cat's")) && given.contains(&path("out/bottlenecks.bin")),
        "{given:?}"
    );
}
