//! What hd-fetch knows, and what it says of what it does not know.

use std::fs;

use super::cut_off;
use crate::workdir::{ARCHITECTURE, Workdir, base, runtime};

#[test]
fn lists_what_it_knows() {
    let list = Workdir::new()
        .program("hd-fetch")
        .args(["list", "-v"])
        .succeeds()
        .stdout();
    for word in ["onnxruntime", ARCHITECTURE, "BSD-3-Clause", "hotdog"] {
        assert!(list.contains(word), "{word} is not in\n{list}");
    }
    for version in ["1.0_224", "0.75_192", "0.50_160", "0.25_128"] {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("mobilenet_{version} ")));
        let address = format!("/models/mobilenet_v1_{version}_frozen.tgz");
        let line = line.unwrap();
        assert!(
            line.contains("Apache-2.0") && line.ends_with(&address),
            "{line}"
        );
    }
}

#[test]
fn lists_which_bases_are_here_those_of_ones_own_too() {
    let dir = Workdir::new();
    let list = || {
        dir.program("hd-fetch")
            .args(["list", "-v"])
            .succeeds()
            .stdout()
    };
    let words = |list: &str, name: &str| {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        line.split("  ")
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(words(&list(), ARCHITECTURE).contains(&"no".to_owned()));
    fs::create_dir(dir.path("models")).unwrap();
    for name in [ARCHITECTURE, "of_my_own"] {
        fs::copy(base(), dir.path(format!("models/{name}.onnx"))).unwrap();
    }
    dir.write("models/broken.onnx", "no network");
    let after = list();
    assert!(words(&after, ARCHITECTURE).contains(&"yes".to_owned()));
    assert_eq!(
        words(&after, "of_my_own"),
        [
            "of_my_own",
            "224",
            "BSD-3-Clause",
            "yes",
            "1280",
            "https://download.pytorch.org/models/mobilenet_v2-b0353104.pth"
        ]
    );
    assert!(!after.contains("broken"));
}

#[test]
fn names_that_are_not_in_the_catalogue_are_errors_that_list_what_is() {
    let dir = Workdir::new();
    insta::assert_snapshot!(
        "an_unknown_base",
        cut_off(&dir)
            .args(["base", "resnet50"])
            .ends_with(1)
            .stderr()
    );
    insta::assert_snapshot!(
        "unknown_images",
        cut_off(&dir).args(["images", "cats"]).ends_with(1).stderr()
    );
}

#[test]
fn the_list_fits_a_terminal_also_with_long_names_of_ones_own() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("models")).unwrap();
    let own = "a_base_of_my_own_with_a_name_that_takes_more_room_than_most";
    fs::copy(base(), dir.path(format!("models/{own}.onnx"))).unwrap();
    let list = dir.program("hd-fetch").arg("list").succeeds().stdout();
    for line in list.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(list.lines().any(|line| line == own), "{list}");
    assert!(!list.contains("https://"));
}

#[test]
fn times_are_measured_once_and_listed_from_then_on() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("models")).unwrap();
    for name in [ARCHITECTURE, "of_my_own"] {
        fs::copy(base(), dir.path(format!("models/{name}.onnx"))).unwrap();
    }
    let cache = dir.path("cache");
    let times = |measure: &[&str]| {
        let list = dir.program("hd-fetch").args(["list", "--format", "json"]);
        let run = list.args(measure).env("XDG_CACHE_HOME", &cache).succeeds();
        let listed: serde_json::Value = serde_json::from_str(&run.stdout()).unwrap();
        let bases = listed["bases"].as_array().unwrap().clone();
        let measured = bases.iter().filter_map(|base| {
            Some((
                base["name"].as_str()?.to_owned(),
                base["milliseconds"].as_f64()?,
            ))
        });
        measured.collect::<Vec<_>>()
    };
    assert_eq!(times(&[]), []);
    let library = runtime();
    let measured = times(&["--measure", "--runtime", library.to_str().unwrap()]);
    let names: Vec<&str> = measured.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [ARCHITECTURE, "of_my_own"]);
    assert!(measured.iter().all(|(_, time)| *time > 0.1), "{measured:?}");
    // Both are one network, of which the last measurement is kept.
    let kept = times(&[]);
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].1, kept[1].1);
    assert!(
        measured.iter().any(|(_, time)| *time == kept[0].1),
        "{measured:?} {kept:?}"
    );
}

#[test]
fn scripts_get_the_list_as_json() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("models")).unwrap();
    fs::copy(base(), dir.path(format!("models/{ARCHITECTURE}.onnx"))).unwrap();
    let call = dir.program("hd-fetch").args(["list", "--format", "json"]);
    let run = call.succeeds();
    assert_eq!(run.stderr(), "");
    let listed: serde_json::Value = serde_json::from_str(&run.stdout()).unwrap();
    let bases = listed["bases"].as_array().unwrap();
    let base = bases
        .iter()
        .find(|base| base["name"] == ARCHITECTURE)
        .unwrap();
    assert_eq!(base["here"], true);
    assert_eq!(base["values"], serde_json::json!([1280, 1000]));
    assert_eq!(base["height"], 224);
    assert_eq!((&base["gmac"], &base["top1"]), (&0.3.into(), &71.9.into()));
    assert_eq!(listed["images"][0]["name"], "hotdog");
    assert_eq!(listed["runtimes"][0]["name"], "onnxruntime");
}
