//! The report, in a real browser. `target/screenshots` has what it looks like.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hd::photo::{Want, decode, encode_jpeg};
use serde_json::json;

use super::eval;
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, drawings};

/// The report of what was trained on the drawings, with its images.
fn of_drawings(dir: &Workdir, more: &[&str]) -> String {
    dir.trained();
    let images = drawings().to_str().unwrap();
    let flags = [&["--report", "r.html", "--images", images], more].concat();
    eval(dir, &flags);
    fs::read_to_string(dir.path("r.html")).unwrap()
}

/// Drawings of which some lie in the wrong folder, trained and evaluated, with the report of it.
fn of_mistaken_folders(dir: &Workdir) -> String {
    dir.images("images", 30);
    for (number, name) in [&b"swapped\t1.jpg"[..], b"swapped\xff2.jpg"]
        .into_iter()
        .enumerate()
    {
        let name = OsStr::from_bytes(name);
        let path = |label: &str| Path::new("images").join(label);
        for (from, to) in [("hot_dog", "not_hot_dog"), ("not_hot_dog", "hot_dog")] {
            let file = dir.path(path(from).join(format!("{number:04}.jpg")));
            fs::rename(file, dir.path(path(to).join(name))).unwrap();
        }
    }
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    eval(
        dir,
        &["--report", "r.html", "--images", "images", "--split", "all"],
    );
    fs::read_to_string(dir.path("r.html")).unwrap()
}

fn open(test: &str, dir: &Workdir, screen: &Screen) -> Option<Browser> {
    let browser = Browser::open(test, screen)?;
    browser.go(&format!("file://{}", dir.path("r.html").display()));
    Some(browser)
}

/// How the images look that are seen below what a link leads to: their number, where each is as large
/// as a finger and shows something that is in the page.
const SEEN: &str = "
    const seen = [...document.querySelector(location.hash).querySelectorAll('img')];
    const shows = (image) => getComputedStyle(image).backgroundImage.startsWith('url(\"data:image/jpeg');
    return seen.filter((image) => image.getBoundingClientRect().height > 40 && shows(image)).length";

#[test]
fn cells_open_their_images_by_mouse_and_keyboard_and_without_a_script() {
    let test = "cells_open_their_images_by_mouse_and_keyboard_and_without_a_script";
    let dir = Workdir::new();
    let page = of_drawings(&dir, &[]);
    let cell = ".matrix a";
    for has_script in [true, false] {
        if !has_script {
            let (before, script) = page.split_once("<script>").unwrap();
            let (_, after) = script.split_once("</script>").unwrap();
            dir.write("r.html", format!("{before}{after}"));
        }
        let Some(browser) = open(test, &dir, &Screen::Desktop) else {
            return;
        };
        let opened = "return document.querySelectorAll('details[open]').length";
        assert_eq!(browser.run(opened), 0);
        browser.click(cell);
        assert_eq!(browser.run(opened), 1);
        let count = browser.run("return Number(document.querySelector('.matrix a').textContent)");
        assert!(count.as_u64().unwrap() > 1, "{count}");
        assert_eq!(browser.run(SEEN), count);
        browser.run("document.querySelector('details[open]').open = false");
        browser.run("document.querySelector('.matrix a').focus()");
        browser.press(&["\u{e007}"]);
        assert_eq!(browser.run(opened), 1);
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

/// What is wrong with the page as it stands.
const FAULTS: &str = "
    const faults = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`${scrollWidth} pixels in ${clientWidth}`);
    for (const image of document.querySelectorAll('img:not([alt]), img[alt=\"\"]')) faults.push(`no alt: ${image.className}`);
    for (const head of document.querySelectorAll('th:not([scope])')) faults.push(`no scope: ${head.innerText}`);
    for (const link of document.querySelectorAll('a')) {
        if (!document.querySelector(link.getAttribute('href'))) faults.push(`leads nowhere: ${link.outerHTML}`);
    }
    const names = new Set([...document.querySelectorAll('[id]')].map((element) => element.id));
    if (names.size < document.querySelectorAll('[id]').length) faults.push('two elements have one name');
    for (const entry of performance.getEntriesByType('resource')) {
        if (!entry.name.startsWith('data:')) faults.push(`asked for ${entry.name}`);
    }
    return faults";

#[test]
fn the_report_fits_a_phone_and_a_desk_in_light_and_dark_and_asks_nobody() {
    let test = "the_report_fits_a_phone_and_a_desk_in_light_and_dark_and_asks_nobody";
    let dir = Workdir::new();
    of_mistaken_folders(&dir);
    for (screen, name) in [(Screen::Desktop, "desktop"), (Screen::Phone, "phone")] {
        let Some(browser) = open(test, &dir, &screen) else {
            return;
        };
        assert_eq!(browser.run(FAULTS), json!([]), "{name}");
        browser.screenshot(&format!("report-{name}"));
        browser.run("document.querySelectorAll('details').forEach((it) => { it.open = true; })");
        assert_eq!(browser.run(FAULTS), json!([]), "{name}, all opened");
        for (section, number) in ["mistakes", "suspects", "odd"].iter().zip(1..) {
            browser.run(&format!(
                "document.getElementById('{section}').scrollIntoView()"
            ));
            browser.screenshot(&format!("report-{name}-{number}"));
        }
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        browser.devtools("Emulation.setEmulatedMedia", &dark);
        let paper = "return getComputedStyle(document.body).backgroundColor";
        assert_eq!(browser.run(paper), "rgb(26, 24, 21)");
        browser.run("scrollTo(0, 0)");
        browser.screenshot(&format!("report-{name}-dark"));
        assert_eq!(browser.complaints(), [""; 0]);
    }
}

#[test]
fn corrections_that_are_chosen_in_the_report_are_what_hd_train_takes() {
    let test = "corrections_that_are_chosen_in_the_report_are_what_hd_train_takes";
    let dir = Workdir::new();
    let page = of_mistaken_folders(&dir);
    assert!(page.contains("swapped\\t1.jpg"));
    let Some(browser) = open(test, &dir, &Screen::Desktop) else {
        return;
    };
    let disabled = "return document.getElementById('save').disabled";
    assert_eq!(browser.run(disabled), true);
    let chosen = browser.run(
        "const swapped = [...document.querySelectorAll('.suspects > li')].filter((it) => it.innerText.includes('swapped'));
         const selects = swapped.map((it) => it.querySelector('select'));
         for (const [number, select] of selects.entries()) {
             select.selectedIndex = number === 0 ? 2 : 1;
             select.dispatchEvent(new Event('change', { bubbles: true }));
         }
         return selects.length",
    );
    assert_eq!(chosen, 4);
    assert_eq!(browser.run(disabled), false);
    // What the button would save, byte by byte.
    let bytes = "return corrections().arrayBuffer().then((buffer) => [...new Uint8Array(buffer)])";
    let bytes: Vec<u8> = serde_json::from_value(browser.run(bytes)).unwrap();
    assert!(bytes.starts_with(b"path\tlabel\n"));
    assert_eq!(bytes.iter().filter(|&&byte| byte == b'\n').count(), 5);
    assert!(bytes.windows(10).any(|part| part == b"ped\xff2.jpg\t"));
    dir.write("corrections.tsv", bytes);
    let run = dir.train().args(["--corrections", "corrections.tsv"]);
    let told = run.succeeds().stderr();
    assert!(
        told.contains("3 images with another label, 1 left out"),
        "{told}"
    );
    let said = "return document.getElementById('corrected').textContent";
    assert_eq!(browser.run(said), "4 images corrected.");
    // A report of what was corrected takes the corrections along.
    eval(
        &dir,
        &[
            "--report",
            "r.html",
            "--corrections",
            "corrections.tsv",
            "--split",
            "all",
        ],
    );
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    assert_eq!(page.matches("<data data-path=").count(), 4);
    // The link that saves it stays within the page.
    browser.run("save()");
    assert_eq!(browser.complaints(), [""; 0]);
}

/// The part of a page that is seen first.
fn first_screen(page: &str) -> &str {
    page.split_once("<header>")
        .unwrap()
        .1
        .split_once("</header>")
        .unwrap()
        .0
}

#[test]
fn a_label_that_is_all_grey_is_named_in_the_first_screen() {
    let dir = Workdir::new();
    dir.images("images", 30);
    for file in fs::read_dir(dir.path("images/hot_dog")).unwrap() {
        let path = file.unwrap().path();
        let mut image = decode(&fs::read(&path).unwrap(), &Want::default())
            .unwrap()
            .rgb;
        for pixel in image.pixels.chunks_exact_mut(3) {
            pixel.fill(pixel[1]);
        }
        fs::write(&path, encode_jpeg(&image, 90).unwrap()).unwrap();
    }
    dir.bottleneck("images").succeeds();
    dir.train().succeeds();
    eval(&dir, &["--report", "r.html", "--images", "images"]);
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    let first = first_screen(&page);
    let named = "All 30 images of &#39;hot dog&#39; are greyscale, and 0 of the 30 others.";
    assert!(first.contains(named), "{first}");
    let plain = Workdir::new();
    assert!(!of_drawings(&plain, &[]).contains("greyscale, and"));
}

#[test]
fn the_first_screen_says_why_figures_are_not_to_be_trusted() {
    let dir = Workdir::new();
    let page = of_drawings(&dir, &[]);
    let first = first_screen(&page);
    for said in [
        "It is right on ",
        " that it had not seen: ",
        "Always answering &#39;",
        "the label of the most similar image for ",
        "drawings, not photos",
        "There are few images.",
    ] {
        assert!(first.contains(said), "{said} in {first}");
    }
    assert!(!first.contains("has seen these"), "{first}");
    let page = of_drawings(&dir, &["--split", "training"]);
    let first = first_screen(&page);
    assert!(first.contains("The head has seen these images."), "{first}");
    assert!(!first.contains("had not seen"), "{first}");
}

#[test]
fn without_images_the_report_says_how_to_name_them() {
    let dir = Workdir::new();
    dir.trained();
    eval(&dir, &["--report", "r.html"]);
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    assert!(page.contains("was not told where they lie") && page.contains("--images DIR"));
    assert!(!page.contains("data:image/jpeg"));
    eval(&dir, &["--report", "r.html", "--images", "nowhere"]);
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    assert!(page.contains("are not where this page was told to look"));
    // A file that is gone or damaged costs its own place alone.
    dir.images("images", 30);
    for name in ["hot_dog/0001.jpg", "not_hot_dog/0001.jpg"] {
        dir.write(Path::new("images").join(name), "no image");
        fs::remove_file(dir.path("images").join(name.replace("0001", "0002"))).unwrap();
    }
    eval(
        &dir,
        &["--report", "r.html", "--images", "images", "--split", "all"],
    );
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    assert!(page.contains("data:image/jpeg"));
    assert!(page.contains("not an image") || page.contains("not there any more"));
}

#[test]
fn the_number_of_images_is_what_was_asked_for() {
    let dir = Workdir::new();
    for (most, shown) in [("0", 0), ("3", 3)] {
        let page = of_drawings(&dir, &["--report-images", most, "--split", "all"]);
        assert_eq!(page.matches("data:image/jpeg").count(), shown);
        assert!(page.contains("--report-images N"));
    }
}

#[test]
fn an_image_is_in_the_page_once_and_heat_maps_are_of_mistakes() {
    let dir = Workdir::new();
    of_mistaken_folders(&dir);
    let flags = ["--report", "r.html", "--images", "images", "--split", "all"];
    eval(
        &dir,
        &[&flags[..], &["--graph", "out/retrained_graph.onnx"]].concat(),
    );
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    let painted = page.matches("class=\"heat\"").count();
    assert!((1..=4).contains(&painted), "{painted}");
    let images: Vec<&str> = page.split("background-image:url(").skip(1).collect();
    let images: Vec<&str> = images
        .iter()
        .filter_map(|it| it.split(')').next())
        .collect();
    let mut different = images.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), images.len());
    assert!(page.matches("<img class=\"photo").count() > images.len());
}

#[test]
fn a_thousand_labels_fit_into_a_page_that_opens_at_once() {
    let test = "a_thousand_labels_fit_into_a_page_that_opens_at_once";
    let dir = Workdir::new();
    for label in 0..1000 {
        for (number, of) in ["hot_dog", "not_hot_dog"].into_iter().enumerate() {
            let image = drawings().join(format!("{of}/{:04}.jpg", label % 30));
            let name = format!("images/a label with a long name {label:04}/{number}.jpg");
            dir.write(name, fs::read(image).unwrap());
        }
    }
    dir.bottleneck("images").succeeds();
    let all = ["--testing-percentage", "0", "--validation-percentage", "0"];
    let quick = ["--how-many-training-steps", "3"];
    dir.train().args(all).args(quick).succeeds();
    let report = ["--report", "r.html", "--images", "images", "--split", "all"];
    for most in ["400", "100000"] {
        eval(&dir, &[&report[..], &["--report-images", most]].concat());
        let size = fs::metadata(dir.path("r.html")).unwrap().len();
        assert!(size < 8_000_000, "{size} bytes with {most} images");
    }
    let page = fs::read_to_string(dir.path("r.html")).unwrap();
    for said in [
        "too many for a matrix",
        "smaller ones are left out",
        "of 1000 labels",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let Some(browser) = open(test, &dir, &Screen::Phone) else {
        return;
    };
    let took = "return performance.getEntriesByType('navigation')[0].domComplete";
    let took = browser.run(took).as_f64().unwrap();
    assert!(took < 2000.0, "{took} ms");
    assert_eq!(browser.run(FAULTS), json!([]));
    assert_eq!(browser.complaints(), [""; 0]);
}
