//! What a person does with the page besides showing it images: a click on the box, a table of the answers, and a camera
//! that is not there.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::page::{open, verdict, wait_for};
use super::{app, images, label};
use crate::webdriver::Screen;
use crate::workdir::Workdir;

#[test]
fn a_click_anywhere_in_the_empty_box_opens_the_dialog_for_files() {
    let app = app(&[]);
    for screen in [Screen::Desktop, Screen::Phone] {
        let test = "a_click_anywhere_in_the_empty_box_opens_the_dialog_for_files";
        let Some(browser) = open(test, &app, screen) else {
            return;
        };
        // The dialog is the system's, so that it is seen by the click that would open it.
        browser.run(
            "window.asked = 0;
             document.getElementById('file').addEventListener('click', (event) => {
                 window.asked++;
                 event.preventDefault();
             })",
        );
        browser.click("#frame");
        assert_eq!(browser.run("return window.asked"), 1);
        let corners = "
            const { left, right, top, bottom } = document.getElementById('frame').getBoundingClientRect();
            for (const x of [left + 8, right - 8]) for (const y of [top + 8, bottom - 8]) document.elementFromPoint(x, y).click();
            return window.asked";
        assert_eq!(browser.run(corners), 5);
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

/// The content of a file, once the browser has written it.
fn downloaded(path: &Path) -> String {
    let begin = Instant::now();
    while !path.exists() {
        assert!(begin.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(30));
    }
    fs::read_to_string(path).unwrap()
}

#[test]
fn answers_are_saved_as_a_table_that_says_what_hd_label_says() {
    let app = app(&[]);
    let test = "answers_are_saved_as_a_table_that_says_what_hd_label_says";
    let Some(browser) = open(test, &app, Screen::Desktop) else {
        return;
    };
    let dir = Workdir::new();
    let [hot_dog, other] = images();
    let odd = dir.write("a\tname.jpg", fs::read(&other).unwrap());
    let text = dir.write("notes.txt", "no image");
    browser.choose("#file", &[&hot_dog, &odd, &text]);
    wait_for(&browser, 3);
    let folder = dir.path("downloads");
    let behaviour = json!({"behavior": "allow", "downloadPath": folder});
    browser.devtools("Browser.setDownloadBehavior", &behaviour);
    browser.click("#save");
    let table = downloaded(&folder.join("labels.tsv"));
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let header = ["file", "label", "score", "hot dog", "not hot dog", "note"];
    assert_eq!(lines[0], header);
    assert_eq!(lines.len(), 4);
    let score = |text: &str| text.parse::<f64>().unwrap();
    for (line, image) in lines[1..].iter().zip([&hot_dog, &other]) {
        let said = label(image);
        assert_eq!(line[1], said["label"]);
        for (at, said) in [
            (2, &said["score"]),
            (3, &said["scores"]["hot dog"]),
            (4, &said["scores"]["not hot dog"]),
        ] {
            assert!(
                (score(line[at]) - said.as_f64().unwrap()).abs() < 1e-5,
                "{table}"
            );
        }
    }
    // As the programs write a name with a tab in it.
    assert_eq!(lines[2][0], "a\\tname.jpg");
    assert_eq!(lines[3], ["notes.txt", "", "", "", "", "not an image"]);
}

#[test]
fn a_camera_that_cannot_be_had_is_told_in_words() {
    let app = app(&[]);
    let test = "a_camera_that_cannot_be_had_is_told_in_words";
    let Some(browser) = open(test, &app, Screen::Desktop) else {
        return;
    };
    let note = "return document.getElementById('note').innerText";
    for (name, said) in [
        ("NotFoundError", "There is no camera."),
        ("NotAllowedError", "not allowed to use the camera"),
        ("NotReadableError", "another program"),
    ] {
        browser.run(&format!(
            "document.getElementById('note').textContent = '';
             navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{name}'))"
        ));
        browser.click("#camera");
        let told = browser.wait(note);
        assert!(told.as_str().unwrap().contains(said), "{name}: {told}");
    }
    browser.screenshot("desktop-no-camera");
    // The page goes on.
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
}
