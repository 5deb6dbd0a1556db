//! Pages that cannot work say why, in a sentence.

use std::fs;

use super::super::images;
use super::super::page::verdict;
use super::{Host, export, served};
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, web_runtime};

/// What the page says of itself.
fn trouble(browser: &Browser) -> String {
    let said = browser.wait("return document.getElementById('trouble')?.innerText");
    said.as_str().unwrap().to_owned()
}

#[test]
fn what_is_missing_damaged_or_beyond_a_browser_is_said_in_a_sentence() {
    let test = "what_is_missing_damaged_or_beyond_a_browser_is_said_in_a_sentence";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    let model = dir.path("page/model.onnx.gz");
    let whole = fs::read(&model).unwrap();
    let mut spoiled = whole.clone();
    let middle = spoiled.len() / 2;
    spoiled[middle] ^= 1;
    for content in [
        &spoiled,
        &whole[..middle].to_vec(),
        &b"<html>no such file".to_vec(),
    ] {
        fs::write(&model, content).unwrap();
        browser.go(&host.address);
        let said = trouble(&browser);
        assert!(
            said.starts_with("model.onnx.gz is damaged: it is not what was exported."),
            "{said}"
        );
    }
    browser.screenshot("exported-trouble");
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(
        verdict(&browser),
        "Sorry: the network of this page could not be loaded."
    );

    fs::write(&model, &whole).unwrap();
    let runtime = dir.path("page/runtime.wasm.gz");
    fs::rename(&runtime, dir.path("elsewhere")).unwrap();
    browser.go(&host.address);
    let said = trouble(&browser);
    assert!(
        said.starts_with("runtime.wasm.gz is missing beside this page (the server says 404)."),
        "{said}"
    );
    fs::rename(dir.path("elsewhere"), &runtime).unwrap();

    fs::remove_file(dir.path("page/worker.js")).unwrap();
    browser.go(&Host::of(dir.path("page")).address);
    let said = trouble(&browser);
    assert!(
        said.starts_with("A script of this page is missing or damaged."),
        "{said}"
    );
}

#[test]
fn a_browser_that_is_too_old_and_a_folder_that_is_not_served_are_told_so() {
    let test = "a_browser_that_is_too_old_and_a_folder_that_is_not_served_are_told_so";
    let dir = Workdir::new();
    if web_runtime(test).is_none() {
        return;
    }
    export(&dir, "page").succeeds();
    // Chromium as on a processor without the instructions.
    let flags = ["--js-flags=--no-enable-sse4-1"];
    let Some(browser) = Browser::open_with(test, &Screen::Phone, &flags) else {
        return;
    };
    browser.go(&Host::of(dir.path("page")).address);
    let said = trouble(&browser);
    assert!(
        said.starts_with("This browser has no SIMD in WebAssembly"),
        "{said}"
    );
    browser.screenshot("exported-too-old");
    // Nor does a folder work that is opened from a disk.
    browser.go(&format!("file://{}", dir.path("page/index.html").display()));
    let said = trouble(&browser);
    assert!(said.starts_with("This folder has to be served"), "{said}");
}
