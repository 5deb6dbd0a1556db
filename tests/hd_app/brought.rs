//! What people bring to the page: folders, links, and photos that are too large. In a real browser.

use std::fs;
use std::path::Path;

use hd::photo::{Rgb, encode_jpeg, encode_png};
use serde_json::{Value, json};

use super::page::{count, drop_files, open, verdict, wait_for};
use super::{app, images};
use crate::serving::proxy;
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, drawings, top};

/// What the page says beside its answers.
fn note(browser: &Browser) -> String {
    let note = browser.run("return document.getElementById('note').innerText");
    note.as_str().unwrap().to_owned()
}

/// Drops something that is no file onto the page.
fn drop_data(browser: &Browser, kind: &str, data: &str) {
    for event in ["dragEnter", "dragOver", "drop"] {
        let item = json!({"mimeType": kind, "data": data});
        let data = json!({"items": [item], "dragOperationsMask": 1});
        let event = json!({"type": event, "x": 200, "y": 300, "data": data});
        browser.devtools("Input.dispatchDragEvent", &event);
    }
}

#[test]
fn the_images_in_a_dropped_folder_are_answered() {
    let app = app(&[]);
    let test = "the_images_in_a_dropped_folder_are_answered";
    let Some(browser) = open(test, &app, Screen::Desktop) else {
        return;
    };
    let dir = Workdir::new();
    let drawn = |index: u32| fs::read(drawings().join(format!("hot_dog/{index:04}.jpg"))).unwrap();
    dir.write("lunch/b.JPG", drawn(0));
    dir.write("lunch/monday/first course/a.jpeg", drawn(1));
    dir.write("lunch/monday/c.jpg", drawn(2));
    for rubbish in [
        ".DS_Store",
        "._b.JPG",
        ".hidden/x.jpg",
        "@eaDir/b.jpg",
        "__MACOSX/b.jpg",
    ] {
        dir.write(Path::new("lunch").join(rubbish), drawn(3));
    }
    dir.write("lunch/menu.txt", "no image");
    drop_files(&browser, &[&dir.path("lunch")]);
    wait_for(&browser, 3);
    assert_eq!(
        note(&browser),
        "3 images are answered. One other file in that folder is left out."
    );
    let names = "return [...document.querySelectorAll('#list button')].map((b) => b.ariaLabel.split(':')[0])";
    assert_eq!(browser.run(names), json!(["b.JPG", "c.jpg", "a.jpeg"]));
    browser.screenshot("desktop-folder");
    // More of them than a visit remembers, some hundred at a time as browsers list them.
    for index in 0..520 {
        dir.write(format!("many/{index:03}.jpg"), "no image");
    }
    drop_files(&browser, &[&dir.path("many")]);
    wait_for(&browser, 500);
    let said = note(&browser);
    assert!(
        said.ends_with("These are the first 500 images in that folder."),
        "{said}"
    );
    dir.write("text/menu.txt", "no image");
    drop_files(&browser, &[&dir.path("text")]);
    browser.wait(
        "return document.getElementById('note').innerText === 'There is no image in that folder.'",
    );
    assert_eq!(count(&browser), 500);
}

#[test]
fn a_link_is_answered_with_a_sentence_and_no_request() {
    let app = app(&[]);
    let test = "a_link_is_answered_with_a_sentence_and_no_request";
    let Some(browser) = open(test, &app, Screen::Phone) else {
        return;
    };
    let sentence = "That is a link to an image elsewhere, and this page asks no other site for anything. \
        Save the image and choose the file, or copy the image itself and paste it.";
    drop_data(&browser, "text/uri-list", "https://dogs.example/a.jpg");
    assert_eq!(note(&browser), sentence);
    browser.screenshot("phone-link");
    drop_data(&browser, "text/plain", "just words");
    assert_eq!(note(&browser), "There is no image in that.");
    let html = "<meta charset='utf-8'><img src=\"https://dogs.example/b.jpg\">";
    drop_data(&browser, "text/html", html);
    assert_eq!(note(&browser), sentence);
    // By the keyboard.
    let origin = format!("http://{}", app.address);
    let permissions =
        json!({"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.devtools("Browser.grantPermissions", &permissions);
    drop_data(&browser, "text/plain", "just words");
    browser.run("return navigator.clipboard.writeText('https://dogs.example/c.jpg')");
    browser.press(&["\u{e009}", "v"]);
    browser.wait("return document.getElementById('note').innerText.startsWith('That is a link')");
    assert_eq!(count(&browser), 0);
    let asked =
        "return performance.getEntriesByType('resource').filter((e) => e.name.includes('dogs'))";
    assert_eq!(browser.run(asked), json!([]));
    // An image that comes afterwards is taken as ever.
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    assert_eq!(note(&browser), "");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// Has the page tell what goes up.
const WATCH: &str = "
    window.sent = [];
    const { fetch } = window;
    window.fetch = (path, options) => {
        if (options?.body) window.sent.push(options.body);
        return fetch(path, options);
    }";

/// What went up last: bytes, columns, rows, and the colour of its upper right corner.
fn sent(browser: &Browser) -> Value {
    browser.run(
        "const file = window.sent.at(-1);
         return createImageBitmap(file).then((bitmap) => {
             const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
             const context = canvas.getContext('2d');
             context.drawImage(bitmap, 0, 0);
             const corner = [...context.getImageData(bitmap.width - 9, 9, 1, 1).data].slice(0, 3);
             return [file.size, bitmap.width, bitmap.height, corner];
         })",
    )
}

/// A photo with a red upper left corner, which its EXIF block says to turn to the right.
pub(super) fn turned_photo(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x: u32, y: u32| match (x < width / 8, y < height / 8) {
        (true, true) => [220, 30, 30],
        _ => [90, (x * 200 / width) as u8, (y * 200 / height) as u8],
    };
    let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels = rows.flat_map(|(x, y)| pixel(x, y)).collect();
    let image = Rgb {
        width,
        height,
        pixels,
    };
    let jpeg = encode_jpeg(&image, 80).unwrap();
    let exif =
        b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    [&jpeg[..2], exif, &jpeg[2..]].concat()
}

/// Small changes that look random, which no encoder makes much smaller.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1u32;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let pixels = bytes.take((width * height * 3) as usize).collect();
    encode_png(&Rgb {
        width,
        height,
        pixels,
    })
    .unwrap()
}

#[test]
fn a_large_photo_is_reduced_upright_before_it_goes_up() {
    // Whatever comes in full is refused.
    let app = app(&["--max-pixels", "13000000"]);
    let test = "a_large_photo_is_reduced_upright_before_it_goes_up";
    let Some(browser) = open(test, &app, Screen::Phone) else {
        return;
    };
    browser.run(WATCH);
    let dir = Workdir::new();
    let large = dir.write("48 megapixels.jpg", turned_photo(8000, 6000));
    browser.choose("#file", &[&large]);
    verdict(&browser);
    let state = "return document.getElementById('stage').dataset.state";
    assert_ne!(browser.run(state), "error");
    let reduced = sent(&browser);
    assert_eq!([&reduced[1], &reduced[2]], [3000, 4000], "{reduced}");
    let corner: Vec<i64> = serde_json::from_value(reduced[3].clone()).unwrap();
    for (given, expected) in corner.iter().zip([220, 30, 30]) {
        assert!((given - expected).abs() < 8, "{corner:?}");
    }
    assert_eq!(
        browser.run("return document.getElementById('name').innerText"),
        "48 megapixels.jpg"
    );
    // The heat map is of the same pixels.
    browser.click("#where");
    browser.wait("return document.getElementById('heat').naturalWidth > 0");
    assert_eq!(
        browser.run("return window.sent.at(-1) === window.sent.at(-2)"),
        true
    );
    browser.screenshot("phone-large-photo");

    // Many bytes, and not so many pixels.
    let heavy = dir.write("heavy.png", noise(3700, 3200));
    assert!(fs::metadata(&heavy).unwrap().len() > 32 << 20);
    browser.choose("#file", &[&heavy]);
    wait_for(&browser, 2);
    assert_ne!(browser.run(state), "error");
    let reduced = sent(&browser);
    assert_eq!([&reduced[1], &reduced[2]], [3700, 3200], "{reduced}");

    // What is small goes up as it is, and so does what no browser decodes.
    let [hot_dog, _] = images();
    let text = dir.write("text.heic", "no image");
    for file in [&hot_dog, &text] {
        browser.choose("#file", &[file]);
        browser.wait(&format!(
            "return window.sent.at(-1).name === '{}'",
            file.file_name().unwrap().to_str().unwrap()
        ));
        assert_eq!(
            browser.run("return window.sent.at(-1).size"),
            fs::metadata(file).unwrap().len()
        );
    }
}

#[test]
fn a_photo_that_the_browser_cannot_show_is_answered() {
    let test = "a_photo_that_the_browser_cannot_show_is_answered";
    if !crate::heif::is_there(test) {
        return;
    }
    let app = app(&[]);
    let Some(browser) = open(test, &app, Screen::Phone) else {
        return;
    };
    let photos = ["colour-plain.heic", "colour-plain.avif"];
    let photos = photos.map(|name| top().join("tests/images").join(name));
    browser.choose("#file", &[&photos[0], &photos[1]]);
    wait_for(&browser, 2);
    assert_eq!(verdict(&browser), "That's not a hot dog.");
    let unseen = "return !document.getElementById('no-preview').hidden";
    assert_eq!(browser.run(unseen), true);
    browser.screenshot("phone-heic");
}

#[test]
fn an_image_of_more_bytes_than_the_server_takes_goes_up_smaller() {
    let app = app(&["--max-bytes", "3000000"]);
    let test = "an_image_of_more_bytes_than_the_server_takes_goes_up_smaller";
    let Some(browser) = open(test, &app, Screen::Desktop) else {
        return;
    };
    browser.run(WATCH);
    let dir = Workdir::new();
    let heavy = dir.write("heavy.png", noise(1600, 1000));
    browser.choose("#file", &[&heavy]);
    verdict(&browser);
    let state = "return document.getElementById('stage').dataset.state";
    assert_ne!(browser.run(state), "error");
    let reduced = sent(&browser);
    assert_eq!([&reduced[1], &reduced[2]], [1265, 791], "{reduced}");
    // And what cannot be made smaller is answered with the server's words.
    let text = dir.write("long.txt", vec![b'x'; 4_000_000]);
    browser.choose("#file", &[&text]);
    wait_for(&browser, 2);
    assert_eq!(verdict(&browser), "Sorry: the image has too many bytes.");
}

#[test]
fn the_page_works_below_a_prefix_that_a_proxy_takes_away() {
    let app = app(&["--allow-host", "localhost"]);
    let test = "the_page_works_below_a_prefix_that_a_proxy_takes_away";
    let Some(browser) = Browser::open(test, &Screen::Desktop) else {
        return;
    };
    // The proxy asks for the app by its address, and the browser for the proxy by a name.
    let port = proxy("/tools/hot-dog", &app.address);
    browser.go(&format!("http://localhost:{port}/tools/hot-dog/"));
    browser.wait("return document.title === 'Hot dog?'");
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(&browser), "That's a hot dog!");
    browser.click("#where");
    browser.wait("return document.getElementById('heat').naturalWidth > 0");
    assert_eq!(browser.complaints(), [""; 0]);
}
