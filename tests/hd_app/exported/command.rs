//! What the command writes and prints.

use std::fs;

use super::export;
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Call, Workdir, drawings, top, web_runtime};

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
    // Without a folder it has drawings of its own.
    for (args, kind) in [(&["--compare", images][..], "image"), (&[], "drawing")] {
        let said = export(&dir, "page.html").args(args).succeeds().stdout();
        let compared = format!("\n8 {kind}s in Chromium: the scores differ from hd-label's by ");
        let (_, far) = said.split_once(&compared).unwrap();
        let far: f64 = far.split(' ').next().unwrap().parse().unwrap();
        assert!(far > 0.0 && far < 0.02, "{said}");
    }
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

/// hd-app that compares a page with hd-label on images of `tests/images`.
fn compared(dir: &Workdir, images: &[&str]) -> Call {
    let folder = dir.path("compared");
    fs::remove_dir_all(&folder).ok();
    for image in images {
        let content = fs::read(top().join("tests/images").join(image)).unwrap();
        dir.write(format!("compared/{image}"), content);
    }
    export(dir, "compared.html").arg("--compare").arg(folder)
}

#[test]
fn images_that_only_one_side_decodes_are_no_difference() {
    let test = "images_that_only_one_side_decodes_are_no_difference";
    let dir = Workdir::new();
    if web_runtime(test).is_none() || Browser::open(test, &Screen::Desktop).is_none() {
        return;
    }
    let said = compared(&dir, &["colour-420.jpg", "colour-16.tif"]);
    let said = said.succeeds().stdout();
    let (_, far) = said
        .split_once("2 images in Chromium: the scores differ from hd-label's by ")
        .unwrap();
    let (far, left_out) = far.split_once(" at most").unwrap();
    assert!(far.parse::<f64>().unwrap() < 0.02, "{said}");
    assert_eq!(left_out, "; 1 of them cannot be decoded by the browser\n");

    let said = compared(&dir, &["colour-16.tif"]).ends_with(1).stderr();
    let reason = "1 image in Chromium, and none to compare the page by; 1 of them cannot be decoded by the browser";
    assert!(said.contains(reason), "{said}");
    let call = compared(&dir, &[]);
    dir.write("compared/broken.jpg", b"\xff\xd8\xff\xe0 and no more");
    let said = call.ends_with(1).stderr();
    let reason = "none to compare the page by; 1 of them cannot be decoded by hd-label";
    assert!(said.contains(reason), "{said}");
}

#[test]
fn a_page_that_loads_no_network_has_no_scores_to_compare() {
    use std::os::unix::fs::PermissionsExt;
    let test = "a_page_that_loads_no_network_has_no_scores_to_compare";
    let dir = Workdir::new();
    if web_runtime(test).is_none() || Browser::open(test, &Screen::Desktop).is_none() {
        return;
    }
    // Chromium as on a processor without the instructions.
    let paths = std::env::var("PATH").unwrap();
    let script = format!(
        "#!/bin/sh\nPATH={paths}\nfor name in chromium chromium-browser google-chrome google-chrome-stable; do\n  \
         command -v $name >/dev/null && exec $name --js-flags=--no-enable-sse4-1 \"$@\"\ndone\n"
    );
    let browser = dir.write("old/chromium", script);
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    let call = compared(&dir, &["colour-420.jpg"]).env("PATH", dir.path("old"));
    let said = call.ends_with(1).stderr();
    let reason = "the page labels no image: This browser has no SIMD in WebAssembly";
    assert!(said.contains(reason), "{said}");
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
    // Nor is any other file of theirs replaced, or any of ours written beside it.
    let icon = dir.write("site/icon.svg", "<svg/>");
    let said = export(&dir, "site").ends_with(1).stderr();
    let reason = "site/icon.svg: this file is not one that hd-app exported";
    assert!(said.contains(reason), "{said}");
    assert!(said.contains("name a folder of its own"), "{said}");
    assert_eq!(fs::read_to_string(icon).unwrap(), "<svg/>");
    assert_eq!(fs::read_dir(dir.path("site")).unwrap().count(), 1);
    // What has other names stays beside the page, which can be exported again.
    dir.write("mixed/notes.txt", "mine");
    for _ in 0..2 {
        export(&dir, "mixed").succeeds();
    }
    assert_eq!(
        fs::read_to_string(dir.path("mixed/notes.txt")).unwrap(),
        "mine"
    );
    let said = export(&dir, "page")
        .args(["--listen", "127.0.0.1:0"])
        .ends_with(2)
        .stderr();
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn a_file_of_somebody_elses_is_not_replaced_by_a_page() {
    let dir = Workdir::new();
    if web_runtime("a_file_of_somebody_elses_is_not_replaced_by_a_page").is_none() {
        return;
    }
    let thesis = dir.write("thesis.html", "<h1>Thesis</h1>");
    let said = export(&dir, "thesis.html").ends_with(1).stderr();
    let reason = "thesis.html: this page is not one that hd-app exported";
    assert!(said.contains(reason), "{said}");
    assert!(said.contains("name another file"), "{said}");
    assert_eq!(fs::read_to_string(thesis).unwrap(), "<h1>Thesis</h1>");
    for _ in 0..2 {
        export(&dir, "page.html").succeeds();
    }
}
