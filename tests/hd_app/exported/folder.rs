//! A page as a folder, on a host below a path.

use std::fs;

use hd::photo::{Rgb, encode_png};
use serde_json::json;

use super::super::images;
use super::super::page::{count, drop_files, verdict, wait_for};
use super::{asked, export, open, served};
use crate::webdriver::Browser;
use crate::workdir::Workdir;

#[test]
fn a_folder_labels_images_in_the_browser_and_asks_nobody_else() {
    let test = "a_folder_labels_images_in_the_browser_and_asks_nobody_else";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    open(&browser, &host.address);
    let [hot_dog, other] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    drop_files(&browser, &[&other]);
    wait_for(&browser, 2);
    assert_eq!(verdict(&browser), "That's not a hot dog.");
    browser.screenshot("exported-answer");

    // The keys that go back and forward among the images.
    browser.press(&["\u{e014}"]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    browser.press(&["\u{e014}"]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    browser.press(&["\u{e012}"]);
    assert_eq!(verdict(&browser), "That's not a hot dog.");

    browser.click("#camera");
    browser.wait("return document.getElementById('video').videoWidth > 0");
    browser.click("#shoot");
    wait_for(&browser, 3);
    assert_eq!(
        browser.run("return document.getElementById('name').innerText"),
        "camera.jpg"
    );

    // As in hd-app, an image with nothing on it is answered, and noted.
    for (level, note) in [
        (3, "all of its pixels are the same"),
        (
            128,
            "nearly all of it is grey, as decoders paint what is damaged",
        ),
    ] {
        let mut pixels = vec![level; 40 * 30 * 3];
        pixels[0] = if level == 128 { 0 } else { level };
        let image = Rgb {
            width: 40,
            height: 30,
            pixels,
        };
        let blank = dir.write("blank.png", encode_png(&image).unwrap());
        browser.choose("#file", &[&blank]);
        let noted = "return document.getElementById('noted').innerText";
        browser.wait(&format!("{noted}.includes('{note}')"));
        assert_eq!(browser.run(noted), format!("Note: {note}."));
    }

    let text = dir.write("notes.txt", "no image");
    let drawn = dir.write("drawn.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    for (file, reason) in [
        (text, "Sorry: not an image."),
        (drawn, "Sorry: SVG images cannot be decoded."),
    ] {
        browser.choose("#file", &[&file]);
        assert_eq!(verdict(&browser), reason);
    }
    let foot = browser.run("return document.querySelector('footer').innerText");
    let foot = foot.as_str().unwrap();
    for said in [
        "Images stay on this device",
        "offline",
        "MB, licence BSD-3-Clause",
        "onnxruntime-web",
        "MIT",
    ] {
        assert!(foot.contains(said), "{foot}");
    }
    let asked = asked(&browser);
    assert!(
        asked
            .iter()
            .all(|name| name.starts_with(&host.address) || name.starts_with("blob:")),
        "{asked:?}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
    // Whoever gets a script into the page, it can send nothing away.
    let sent =
        browser.run("return fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')");
    assert_eq!(sent, "refused");
    let told = browser.complaints().concat();
    assert!(told.contains("Content Security Policy"), "{told}");
}

/// Waits until the browser has all files of the page.
fn wait_until_kept(browser: &Browser) {
    browser.wait(
        "return navigator.serviceWorker.ready.then(({ active }) => active?.state === 'activated')",
    );
}

#[test]
fn after_the_first_visit_the_page_opens_without_its_host() {
    let test = "after_the_first_visit_the_page_opens_without_its_host";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    open(&browser, &host.address);
    wait_until_kept(&browser);
    let manifest = browser.run("return fetch('manifest.json').then((answer) => answer.json())");
    assert_eq!(manifest["name"], "Hot dog?");
    let installable = browser.devtools("Page.getInstallabilityErrors", &json!({}));
    assert_eq!(installable["installabilityErrors"], json!([]));
    host.go_away();
    let address = format!("{}?from=home", host.address);
    open(&browser, &address);
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    // Away, and back again by the keys of the browser.
    browser.go("about:blank");
    browser.back();
    browser.wait(&format!(
        "return location.href === {address:?} && document.title === 'Hot dog?'"
    ));
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    let icons = manifest["icons"].as_array().unwrap().iter();
    let icons = icons
        .map(|icon| fs::metadata(dir.path("page").join(icon["src"].as_str().unwrap())).is_ok());
    assert!(icons.eq([true, true]));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_new_export_is_kept_apart_until_no_page_of_the_old_one_is_open() {
    let test = "a_new_export_is_kept_apart_until_no_page_of_the_old_one_is_open";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    let model = dir.path("page/model.onnx.gz");
    let size = || fs::metadata(&model).unwrap().len();
    let size_in_page =
        "return fetch('model.onnx.gz').then((answer) => answer.blob()).then(({ size }) => size)";
    open(&browser, &host.address);
    wait_until_kept(&browser);
    let old = size();
    export(&dir, "page").arg("--half").succeeds();
    assert!(size() < old);

    // The old page is open, and the new files have come as a whole.
    open(&browser, &host.address);
    browser.wait("return navigator.serviceWorker.ready.then(({ waiting }) => Boolean(waiting))");
    assert_eq!(browser.run(size_in_page), old);

    // Once it is closed, what is opened is the new one, which takes the browser a moment.
    host.go_away();
    let is_new = || {
        browser.go("about:blank");
        open(&browser, &host.address);
        browser.run(size_in_page) == size()
    };
    assert!((0..20).any(|_| is_new()));
}

#[test]
fn the_heat_map_of_an_exported_page_is_that_of_hd_app() {
    let test = "the_heat_map_of_an_exported_page_is_that_of_hd_app";
    let dir = Workdir::new();
    let Some((host, browser)) = served(test, &dir, &[]) else {
        return;
    };
    let [hot_dog, _] = images();
    open(&browser, &host.address);
    browser.choose("#file", &[&hot_dog]);
    verdict(&browser);
    browser.click("#where");
    browser.wait("return document.getElementById('heat').naturalWidth > 0");
    browser.screenshot("exported-heat-map");
    let ours = super::super::app(&[]).ask("POST", "/heatmap", "", &fs::read(&hot_dog).unwrap());
    let ours = image(&ours.body);
    // As many bytes as are told to WebDriver without trouble.
    let theirs = browser.run(
        "return fetch(document.getElementById('heat').src).catch(() => null).then(async () => {
             const image = document.getElementById('heat');
             const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
             const context = canvas.getContext('2d');
             context.drawImage(image, 0, 0);
             const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
             const some = [];
             for (let at = 0; at < data.length; at += 4 * 997) some.push(data[at], data[at + 1], data[at + 2]);
             return [canvas.width, canvas.height, some];
         })",
    );
    assert_eq!(
        [&theirs[0], &theirs[1]],
        [&json!(ours.width), &json!(ours.height)]
    );
    let theirs = theirs[2]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_i64().unwrap());
    let ours = ours
        .pixels
        .chunks(3)
        .step_by(997)
        .flatten()
        .map(|&value| i64::from(value));
    let worst = theirs.zip(ours).map(|(a, b)| (a - b).abs()).max();
    assert!(worst < Some(24), "{worst:?}");
    assert_eq!(count(&browser), 1);
}

/// A PNG in its pixels.
fn image(png: &[u8]) -> hd::photo::Rgb {
    hd::photo::decode(png, &hd::photo::Want::default())
        .unwrap()
        .rgb
}
