//! The page, in a real browser. `target/screenshots` has what it looks like.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{app, images};
use crate::serving::Server;
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Workdir, drawings};

/// The page of `app` on a screen; None where there is no browser.
pub(super) fn open(test: &str, app: &Server, screen: Screen) -> Option<Browser> {
    let browser = Browser::open(test, &screen)?;
    browser.go(&format!("http://{}/", app.address));
    browser.wait("return document.title === 'Hot dog?'");
    Some(browser)
}

/// The verdict, once there is one.
pub(super) fn verdict(browser: &Browser) -> String {
    let verdict = browser.wait(
        "const stage = document.getElementById('stage');
         return !['empty', 'asking'].includes(stage.dataset.state) && document.getElementById('verdict').innerText",
    );
    verdict.as_str().unwrap().to_owned()
}

/// How many images the history has.
pub(super) fn count(browser: &Browser) -> u64 {
    browser
        .run("return document.querySelectorAll('#list li').length")
        .as_u64()
        .unwrap()
}

/// Waits until the history has so many images, all answered.
pub(super) fn wait_for(browser: &Browser, images: u64) {
    browser.wait(&format!(
        "return document.querySelectorAll('#list li').length === {images}
             && document.querySelectorAll('#list [data-state=asking]').length === 0"
    ));
}

/// Chooses a hot dog and something else, which the page tells apart.
pub(super) fn choose_both(browser: &Browser) {
    let [hot_dog, other] = images();
    browser.choose("#file", &[&hot_dog]);
    assert_eq!(verdict(browser), "That's a hot dog!");
    browser.choose("#file", &[&other]);
    wait_for(browser, 2);
    assert_eq!(verdict(browser), "That's not a hot dog.");
}

/// Drops files onto the page, with the mouse.
pub(super) fn drop_files(browser: &Browser, files: &[&Path]) {
    let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
    for kind in ["dragEnter", "dragOver", "drop"] {
        let data = json!({"items": [], "files": files, "dragOperationsMask": 1});
        let event = json!({"type": kind, "x": 400, "y": 300, "data": data});
        browser.devtools("Input.dispatchDragEvent", &event);
    }
}

#[test]
fn images_are_chosen_dropped_pasted_and_taken() {
    let app = app(&[]);
    let Some(browser) = open(
        "images_are_chosen_dropped_pasted_and_taken",
        &app,
        Screen::Desktop,
    ) else {
        return;
    };
    browser.screenshot("desktop-empty");
    let [hot_dog, _] = images();

    choose_both(&browser);
    let scores = browser.run("return document.getElementById('scores').innerText");
    assert!(
        scores.as_str().unwrap().starts_with("not hot dog"),
        "{scores}"
    );

    drop_files(&browser, &[&hot_dog]);
    wait_for(&browser, 3);
    assert_eq!(verdict(&browser), "That's a hot dog!");

    // The image that is shown goes to the clipboard, and back with the keyboard.
    let origin = format!("http://{}", app.address);
    let permissions =
        json!({"origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.devtools("Browser.grantPermissions", &permissions);
    browser.run(
        "const image = document.getElementById('image');
         const canvas = document.createElement('canvas');
         [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
         canvas.getContext('2d').drawImage(image, 0, 0);
         const blob = new Promise((done) => canvas.toBlob(done, 'image/png'));
         return navigator.clipboard.write([new ClipboardItem({'image/png': blob})])",
    );
    browser.press(&["\u{e009}", "v"]);
    wait_for(&browser, 4);
    assert_eq!(verdict(&browser), "That's a hot dog!");

    browser.click("#camera");
    browser.wait("return document.getElementById('video').videoWidth > 0");
    browser.click("#shoot");
    wait_for(&browser, 5);
    assert_eq!(
        browser.run("return document.getElementById('name').innerText"),
        "camera.jpg"
    );
    assert_eq!(
        browser.run("return document.getElementById('viewfinder').open"),
        false
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_heat_map_opens_and_closes() {
    let app = app(&[]);
    let Some(browser) = open("the_heat_map_opens_and_closes", &app, Screen::Desktop) else {
        return;
    };
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    verdict(&browser);
    let open = "const heat = document.getElementById('heat'); return !heat.hidden && heat.naturalWidth > 0";
    // The button, and the image itself.
    for target in ["#where", "#frame"] {
        assert_eq!(browser.run(open), false);
        browser.click(target);
        browser.wait(open);
        assert_eq!(
            browser.run("return document.getElementById('where').getAttribute('aria-pressed')"),
            "true"
        );
        assert_eq!(
            browser.run(
                "return document.getElementById('legend').innerText.split(/\\s*\\n/).join(' ')"
            ),
            "What speaks for hot dog: none most"
        );
        browser.screenshot("desktop-heat-map");
        browser.click(target);
    }
    assert_eq!(browser.run(open), false);
    let legend = "return document.getElementById('legend').hidden";
    assert_eq!(browser.run(legend), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn many_images_at_once_become_a_history() {
    let app = app(&["--queue", "2"]);
    let Some(browser) = open("many_images_at_once_become_a_history", &app, Screen::Phone) else {
        return;
    };
    browser.screenshot("phone-empty");
    let dir = Workdir::new();
    let text = dir.write("notes.txt", "no image");
    let mut files: Vec<PathBuf> = (0..10)
        .map(|index| drawings().join(format!("hot_dog/{index:04}.jpg")))
        .collect();
    files.push(text);
    browser.choose(
        "#file",
        &files.iter().map(PathBuf::as_path).collect::<Vec<_>>(),
    );
    wait_for(&browser, 11);
    browser.screenshot("phone-answers");
    let bad = "return document.querySelector('#list li:last-child button').innerText";
    assert_eq!(browser.run(bad), "Sorry: not an image.");
    // An earlier one is shown again.
    browser.click("#list li:nth-child(4) button");
    assert_eq!(
        browser.run("return document.getElementById('name').innerText"),
        "0003.jpg"
    );
    assert_eq!(
        browser.run("return document.querySelectorAll('[aria-current=true]').length"),
        1
    );
    assert_eq!(count(&browser), 11);
}

/// What is wrong with the page as it stands: something that sticks out, that fingers would miss, or that has no name.
const FAULTS: &str = "
    const faults = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`${scrollWidth} pixels in ${clientWidth}`);
    for (const element of document.querySelectorAll('button, .button')) {
        const { width, height } = element.getBoundingClientRect();
        if (width > 0 && (width < 44 || height < 44)) faults.push(`${element.outerHTML}: ${width} x ${height}`);
        if (!element.innerText.trim() && !element.ariaLabel) faults.push(`no name: ${element.outerHTML}`);
    }
    for (const image of document.querySelectorAll('img:not([alt])')) faults.push(`no alt: ${image.outerHTML}`);
    return faults";

#[test]
fn the_page_fits_a_phone_and_a_desk_in_light_and_dark() {
    let app = app(&[]);
    let long = Workdir::new();
    let [hot_dog, other] = images();
    let name = "a very long name of an image, ".repeat(6) + ".jpg";
    let long = long.write(name, fs::read(other).unwrap());
    for (screen, name) in [(Screen::Desktop, "desktop"), (Screen::Phone, "phone")] {
        let Some(browser) = open(
            "the_page_fits_a_phone_and_a_desk_in_light_and_dark",
            &app,
            screen,
        ) else {
            return;
        };
        assert_eq!(browser.run(FAULTS), json!([]), "{name}, empty");
        browser.choose("#file", &[&long, &hot_dog]);
        wait_for(&browser, 2);
        assert_eq!(browser.run(FAULTS), json!([]), "{name}");
        browser.screenshot(&format!("{name}-answer"));
        browser.click("#where");
        browser.wait("return document.getElementById('heat').naturalWidth > 0");
        assert_eq!(browser.run(FAULTS), json!([]), "{name}, with the heat map");
        browser.screenshot(&format!("{name}-where"));
        browser.click("#where");
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        browser.devtools("Emulation.setEmulatedMedia", &dark);
        browser.screenshot(&format!("{name}-dark"));
        let paper = "return getComputedStyle(document.body).backgroundColor";
        assert_eq!(browser.run(paper), "rgb(27, 23, 21)");
    }
}

#[test]
fn everything_works_from_the_keyboard_and_has_a_name_for_those_who_do_not_see() {
    let test = "everything_works_from_the_keyboard_and_has_a_name_for_those_who_do_not_see";
    let app = app(&[]);
    let Some(browser) = open(test, &app, Screen::Desktop) else {
        return;
    };
    let [hot_dog, other] = images();
    browser.choose("#file", &[&hot_dog, &other]);
    wait_for(&browser, 2);
    let focused =
        || browser.run("return document.activeElement.id || document.activeElement.tagName");
    let tab = || browser.press(&["\u{e004}"]);
    browser.run("document.activeElement.blur()");
    let mut order = Vec::new();
    for _ in 0..6 {
        tab();
        order.push(focused());
    }
    let expected = ["where", "file", "camera", "save", "BUTTON", "BUTTON"];
    assert_eq!(order, expected);
    // The last is the second image.
    browser.press(&["\u{e007}"]);
    assert_eq!(verdict(&browser), "That's not a hot dog.");
    browser.run("document.getElementById('where').focus()");
    browser.press(&[" "]);
    browser.wait("return !document.getElementById('heat').hidden");
    assert_eq!(focused(), "where");

    let tree = browser.devtools("Accessibility.getFullAXTree", &json!({}));
    let nodes: Vec<[String; 2]> = tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            [&node["role"], &node["name"]]
                .map(|part| part["value"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let has = |role: &str, name: &str| nodes.iter().any(|[r, n]| r == role && n.starts_with(name));
    assert!(has("heading", "Hot dog?"));
    assert!(has("button", "Show where"));
    assert!(has("button", "Use the camera"));
    assert!(has("button", "Choose images"));
    assert!(
        nodes
            .iter()
            .any(|[role, name]| role == "button" && name.ends_with(": That's a hot dog!"))
    );
    let pressed = "return document.getElementById('where').getAttribute('aria-pressed')";
    assert_eq!(browser.run(pressed), "true");
    let status = nodes.iter().filter(|[role, _]| role == "status");
    assert_eq!(status.count(), 2);
    assert!(has("StaticText", "2 images are answered."));
    let nameless: Vec<_> = nodes
        .iter()
        .filter(|[role, name]| role == "button" && name.is_empty())
        .collect();
    assert!(nameless.is_empty());
}

#[test]
fn the_page_asks_nobody_else_and_runs_no_other_script() {
    let app = app(&[]);
    let page = app.ask("GET", "/", "", b"");
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe") && !policy.contains("http"),
        "{policy}"
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let test = "the_page_asks_nobody_else_and_runs_no_other_script";
    let Some(browser) = open(test, &app, Screen::Desktop) else {
        return;
    };
    let [hot_dog, _] = images();
    browser.choose("#file", &[&hot_dog]);
    verdict(&browser);
    let asked = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    let asked = browser.run(asked);
    let asked: Vec<&str> = asked
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert!(asked.len() > 3);
    let own = format!("http://{}/", app.address);
    assert!(
        asked
            .iter()
            .all(|name| name.starts_with(&own) || name.starts_with("blob:")),
        "{asked:?}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
    // A script that stands in the page itself is refused.
    browser.run(
        "const script = document.createElement('script');
         script.textContent = 'window.injected = true';
         document.body.append(script)",
    );
    assert_eq!(
        browser.run("return window.injected ?? 'refused'"),
        "refused"
    );
}

#[test]
fn what_is_probable_is_said_where_the_threshold_is_not_reached() {
    let app = app(&["--threshold", "1"]);
    let test = "what_is_probable_is_said_where_the_threshold_is_not_reached";
    let Some(browser) = open(test, &app, Screen::Phone) else {
        return;
    };
    browser.choose("#file", &[&images()[0]]);
    assert_eq!(verdict(&browser), "Can't tell.");
    let probably = browser.run("return document.getElementById('probably').innerText");
    let probably = probably.as_str().unwrap();
    assert!(probably.starts_with("Probably a hot dog ("), "{probably}");
    browser.screenshot("phone-probably");
    let answer = super::post(&app, &fs::read(&images()[1]).unwrap()).json();
    assert_eq!(answer["verdict"], "Can't tell.");
    // The label is the most probable one all the same.
    assert_eq!(answer["label"], "not hot dog");
}
