//! Other devices: the address that they open.

use std::net::IpAddr;
use std::process::Command;

use super::{app, images, post};
use crate::webdriver::{Browser, Screen};
use crate::workdir::{Call, at_home, exe, home, trained};

#[test]
fn a_server_at_all_addresses_prints_one_that_can_be_opened() {
    for all in ["0.0.0.0:0", "[::]:0"] {
        let app = app(&["--listen", all]);
        let (ip, _) = app.address.rsplit_once(':').unwrap();
        let ip: IpAddr = ip.trim_matches(['[', ']']).parse().unwrap();
        assert!(!ip.is_unspecified(), "{}", app.address);
        let [image, _] = images();
        let answer = post(&app, &std::fs::read(image).unwrap());
        assert_eq!(answer.status, 200, "{}", app.address);
    }
}

#[test]
fn a_page_that_is_not_secure_says_why_it_has_no_camera() {
    let app = app(&["--listen", "0.0.0.0:0"]);
    let test = "a_page_that_is_not_secure_says_why_it_has_no_camera";
    if app.address.starts_with("127.") {
        // This machine has no address but loopback, from which pages are secure.
        return;
    }
    for screen in [Screen::Desktop, Screen::Phone] {
        let Some(browser) = Browser::open(test, &screen) else {
            return;
        };
        browser.go(&format!("http://{}/", app.address));
        browser.wait("return document.title === 'Hot dog?'");
        browser.click("#camera");
        let told = browser.wait("return document.getElementById('note').innerText");
        assert!(told.as_str().unwrap().contains("https"), "{told}");
    }
}

/// Runs a program with a terminal for its stdout and stderr, and prints what it wrote in the first seconds.
const TERMINAL: &str = r#"
import os, pty, select, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
said, end = b"", time.time() + 60
while time.time() < end and b"http://" not in said or select.select([terminal], [], [], 1)[0]:
    if select.select([terminal], [], [], 1)[0]:
        said += os.read(terminal, 65536)
os.kill(pid, signal.SIGTERM)
os.waitpid(pid, 0)
sys.stdout.buffer.write(said)
"#;

#[test]
fn a_terminal_gets_a_qr_code_of_an_address_for_others_and_nobody_else_does() {
    let app = |program: Command, listen: &str| {
        let mut command = program;
        at_home(&mut command, home())
            .args(["--no-open", "--listen", listen, "--graph"])
            .arg(trained().join("retrained_graph.onnx"));
        command
    };
    let in_terminal = |listen: &str| {
        let mut python = Command::new("python3");
        python.args(["-c", TERMINAL]).arg(exe("hd-app"));
        Call(app(python, listen)).succeeds().stdout()
    };
    let is_code = |said: &str| said.lines().filter(|line| line.contains('▀')).count() > 5;
    let said = in_terminal("0.0.0.0:0");
    // On a machine without an address of its own there is nothing that another device could open.
    assert_eq!(is_code(&said), !said.contains("http://127."), "{said}");
    let said = in_terminal("127.0.0.1:0");
    assert!(
        said.contains("http://127.0.0.1:") && !is_code(&said),
        "{said}"
    );
}
