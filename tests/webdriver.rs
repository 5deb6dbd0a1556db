//! A real Chromium, driven through ChromeDriver by the W3C's WebDriver, which is JSON over HTTP.
//!
//! Written out here, since the clients that crates.io has bring some fifty crates with them, for eight calls.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::serving::Server;
use crate::workdir::{at_home, home, skip, top};

/// No page takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// Without a window, and without asking anyone outside; an image with a ball in it stands for a camera.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
];

/// A screen to show a page on.
pub(crate) enum Screen {
    Desktop,
    /// With fingers for a mouse.
    Phone,
}

/// A browser, until it is dropped.
pub(crate) struct Browser {
    driver: Server,
    session: String,
}

impl Browser {
    /// None where there is none, for which the test is skipped.
    pub(crate) fn open(test: &str, screen: &Screen) -> Option<Self> {
        Self::open_with(test, screen, &[])
    }

    /// The same with more flags.
    pub(crate) fn open_with(test: &str, screen: &Screen, flags: &[&str]) -> Option<Self> {
        let started = |line: &str| {
            let port = line
                .strip_suffix('.')?
                .split("successfully on port ")
                .nth(1)?;
            Some(format!("127.0.0.1:{port}"))
        };
        let start = || {
            let mut command = Command::new("chromedriver");
            at_home(&mut command, home()).arg("--port=0");
            Server::start(command, started)
        };
        // It chooses a free port of IPv6, whose namesake of IPv4 somebody else may have.
        let is_taken = |error: &std::io::Error| error.kind() == ErrorKind::Other;
        let mut driver = start();
        for _ in 0..5 {
            if driver.as_ref().is_err_and(is_taken) {
                driver = start();
            }
        }
        let driver = match driver {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let packages = "apt-get install chromium chromium-driver";
                skip(test, &format!("Chromium is not there ({packages})"));
                return None;
            }
            driver => driver.unwrap(),
        };
        let mut options = json!({ "args": ([&FLAGS, flags].concat()) });
        match screen {
            Screen::Desktop => options["args"]
                .as_array_mut()
                .unwrap()
                .push("--window-size=1280,900".into()),
            Screen::Phone => {
                let metrics = json!({"width": 390, "height": 844, "pixelRatio": 2, "touch": true});
                options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
            }
        }
        let wanted = json!({"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }});
        let mut browser = Self {
            driver,
            session: String::new(),
        };
        let session = browser.call("POST", "", &json!({ "capabilities": wanted }));
        browser.session = format!("/{}", session["sessionId"].as_str().unwrap());
        Some(browser)
    }

    fn call(&self, method: &str, path: &str, parameters: &Value) -> Value {
        let path = format!("/session{}{path}", self.session);
        let body = match method {
            "POST" => parameters.to_string(),
            _ => String::new(),
        };
        let answer = self.driver.ask(method, &path, "", body.as_bytes());
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
        answer.json()["value"].take()
    }

    pub(crate) fn go(&self, address: &str) {
        self.call("POST", "/url", &json!({ "url": address }));
    }

    /// Goes back to the page before, as the key for it does.
    pub(crate) fn back(&self) {
        self.call("POST", "/back", &json!({}));
    }

    /// Runs a script of the page's kind, which may `return` something.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.call(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
    }

    /// Waits until a script returns what is true; that.
    pub(crate) fn wait(&self, script: &str) -> Value {
        let begin = Instant::now();
        loop {
            let value = self.run(script);
            if !matches!(&value, Value::Null | Value::Bool(false)) && value != json!("") {
                return value;
            }
            assert!(begin.elapsed() < PATIENCE, "waited for {script}");
            thread::sleep(Duration::from_millis(30));
        }
    }

    fn element(&self, selector: &str) -> String {
        let found = self.call(
            "POST",
            "/element",
            &json!({"using": "css selector", "value": selector}),
        );
        let identifier = found.as_object().unwrap().values().next().unwrap();
        format!("/element/{}", identifier.as_str().unwrap())
    }

    pub(crate) fn click(&self, selector: &str) {
        self.call(
            "POST",
            &format!("{}/click", self.element(selector)),
            &json!({}),
        );
    }

    /// Gives files to an `<input type="file">`, as a person does who chooses them.
    pub(crate) fn choose(&self, selector: &str, files: &[&Path]) {
        let files: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let path = format!("{}/value", self.element(selector));
        self.call("POST", &path, &json!({ "text": files.join("\n") }));
    }

    /// Presses keys on the keyboard, all of them before the first is let go.
    pub(crate) fn press(&self, keys: &[&str]) {
        let down = keys
            .iter()
            .map(|key| json!({"type": "keyDown", "value": key}));
        let up = keys
            .iter()
            .rev()
            .map(|key| json!({"type": "keyUp", "value": key}));
        let actions: Vec<_> = down.chain(up).collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.call("POST", "/actions", &json!({ "actions": [keyboard] }));
    }

    /// A command of the Chrome DevTools Protocol, for what WebDriver has no word for.
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let call = json!({"cmd": command, "params": parameters});
        self.call("POST", "/goog/cdp/execute", &call)
    }

    /// Leaves what is seen in `target/screenshots`, for people to look at.
    pub(crate) fn screenshot(&self, name: &str) {
        self.wait("return document.getAnimations().length === 0");
        let png = self.call("GET", "/screenshot", &json!({}));
        let folder = top().join("target/screenshots");
        fs::create_dir_all(&folder).unwrap();
        let mut decode = Command::new("base64");
        decode.arg("-d").stdin(Stdio::piped());
        decode.stdout(File::create(folder.join(format!("{name}.png"))).unwrap());
        let mut decode = decode.spawn().unwrap();
        let mut input = decode.stdin.take().unwrap();
        input.write_all(png.as_str().unwrap().as_bytes()).unwrap();
        drop(input);
        assert!(decode.wait().unwrap().success());
    }

    /// What the page and the browser complained about.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.call("POST", "/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().unwrap().iter();
        entries
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser is the driver's child, and would outlive it.
        let path = format!("/session{}", self.session);
        let _ = self
            .driver
            .send(&self.driver.request("DELETE", &path, "", b""));
    }
}
