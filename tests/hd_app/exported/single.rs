//! A page as one file, opened as a file, without a network.

use serde_json::json;

use super::super::images;
use super::super::page::{choose_both, verdict, wait_for};
use super::{asked, export, open};
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, web_runtime};

#[test]
fn one_file_labels_images_without_a_network() {
    let test = "one_file_labels_images_without_a_network";
    let dir = Workdir::new();
    if web_runtime(test).is_none() {
        return;
    }
    export(&dir, "hot dog.html").arg("--half").succeeds();
    let Some(browser) = Browser::open(test, &Screen::Phone) else {
        return;
    };
    browser.devtools("Network.enable", &json!({}));
    let offline =
        json!({"offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
    browser.devtools("Network.emulateNetworkConditions", &offline);
    let file = dir.path("hot dog.html");
    let address = format!("file://{}", file.display()).replace(' ', "%20");
    open(&browser, &address);
    choose_both(&browser);
    browser.press(&["\u{e014}"]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    browser.click("#camera");
    browser.wait("return document.getElementById('video').videoWidth > 0");
    browser.click("#shoot");
    wait_for(&browser, 3);
    browser.screenshot("exported-one-file");
    browser.go("about:blank");
    browser.back();
    browser.wait("return document.title === 'Hot dog?'");
    browser.choose("#file", &[&images()[0]]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    let foot = browser.run("return document.querySelector('footer').innerText");
    assert!(foot.as_str().unwrap().contains("It is one file"), "{foot}");
    let asked = asked(&browser);
    assert!(
        asked
            .iter()
            .all(|name| ["blob:", "data:"].iter().any(|kind| name.starts_with(kind))),
        "{asked:?}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}
