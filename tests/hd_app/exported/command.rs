//! What the command writes and prints.

use std::fs;

use super::export;
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, drawings, web_runtime};

#[test]
fn without_the_runtime_for_browsers_it_says_how_to_bring_it() {
    let dir = Workdir::new();
    let call = export(&dir, "page").env("XDG_CACHE_HOME", dir.path("none"));
    let said = call.ends_with(1).stderr();
    assert!(said.contains("web-1.22.0/ort.wasm.min.mjs"), "{said}");
    assert!(
        said.contains("run `hd-fetch runtime --device web`"),
        "{said}"
    );
    assert!(!said.contains("ORT_DYLIB_PATH"), "{said}");
    assert!(!dir.path("page").exists());
}

#[test]
fn it_says_how_far_the_page_is_from_hd_label_on_a_handful_of_images() {
    let test = "it_says_how_far_the_page_is_from_hd_label_on_a_handful_of_images";
    let dir = Workdir::new();
    // Where there is a browser for tests there is one for this.
    if web_runtime(test).is_none() || Browser::open(test, &Screen::Desktop).is_none() {
        return;
    }
    let images = drawings().to_str().unwrap();
    let said = export(&dir, "page.html")
        .args(["--compare", images])
        .succeeds()
        .stdout();
    let (count, far) = said
        .split_once("images in Chromium: the scores differ from hd-label's by ")
        .unwrap();
    assert!(count.ends_with("\n8 "), "{said}");
    let far: f64 = far.split(' ').next().unwrap().parse().unwrap();
    assert!(far > 0.0 && far < 0.02, "{said}");
    // The page is written where there is nothing to compare it in, and it says so.
    let call = export(&dir, "page")
        .args(["--compare", images])
        .env("PATH", "");
    let said = call.succeeds().stderr();
    assert!(
        said.contains("not compared with hd-label: there is no Chromium here"),
        "{said}"
    );
}

#[test]
fn sizes_and_licences_are_printed_and_the_same_is_written_each_time() {
    let dir = Workdir::new();
    if web_runtime("sizes_and_licences_are_printed_and_the_same_is_written_each_time").is_none() {
        return;
    }
    let said = export(&dir, "page").succeeds().stdout();
    for part in [
        "network, float32",
        "BSD-3-Clause",
        "onnxruntime-web 1.22.0",
        "MIT",
        "page: 11.",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let half = export(&dir, "half").arg("--half").succeeds().stdout();
    assert!(
        half.contains("network, float16") && half.contains("half: 7."),
        "{half}"
    );
    let read = |folder: &str| {
        let entries = fs::read_dir(dir.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap());
        let mut files: Vec<_> = entries
            .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    let before = read("page");
    export(&dir, "page").succeeds();
    assert!(before == read("page"));
    assert!(before != read("half"));
}

#[test]
fn a_folder_with_a_page_of_somebody_elses_is_left_alone() {
    let dir = Workdir::new();
    if web_runtime("a_folder_with_a_page_of_somebody_elses_is_left_alone").is_none() {
        return;
    }
    let index = dir.write("home/index.html", "<h1>Welcome</h1>");
    let said = export(&dir, "home").ends_with(1).stderr();
    assert!(
        said.contains("home/index.html: this page is not one that hd-app exported"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(index).unwrap(), "<h1>Welcome</h1>");
    assert_eq!(fs::read_dir(dir.path("home")).unwrap().count(), 1);
    let said = export(&dir, "page")
        .args(["--listen", "127.0.0.1:0"])
        .ends_with(2)
        .stderr();
    assert!(said.contains("cannot be used with"), "{said}");
}
