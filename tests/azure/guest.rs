//! A real machine, emulated, which is made, used and ended as one in Azure is: Azure's own client
//! sends the cloud-init file to a mock of Azure, and the machine boots with what arrived there.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::line::Line;
use super::{Account, decoded, keeps_secrets};
use crate::makefile::make;
use crate::networks::wrap;
use crate::serving::Server;
use crate::workdir::{Call, Run, cached, exe, forbidden, skip, top};

const TEST: &str = "azure::guest::a_machine_trains_serves_and_ends_itself";

/// What the machine is made of and runs in, and the packages that have it.
const NEEDED: [(&str, &str); 5] = [
    ("mmdebstrap", "mmdebstrap"),
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("qemu-x86_64", "qemu-user"),
    ("cloud-localds", "cloud-image-utils"),
    ("rsync", "rsync"),
];

/// Whether everything is there.
fn possible() -> bool {
    if !cfg!(target_arch = "x86_64") {
        forbidden(TEST, "the machine that is emulated is one of x86-64");
        return false;
    }
    for (program, package) in NEEDED {
        if Command::new(program).arg("--version").output().is_err() {
            let reason = format!("{program} is not there (apt-get install {package})");
            skip(TEST, &reason);
            return false;
        }
    }
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !root {
        skip(TEST, "only root can make the disk of a machine");
    }
    root
}

/// The disk of a machine, and what it boots with.
fn disk() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("machine");
    fs::create_dir_all(&folder).unwrap();
    let image = Command::new(top().join("tests/azure/image"));
    Call(image).arg(&folder).arg(cached("runtime")).succeeds();
    folder
}

/// A machine, until it is dropped.
struct Machine {
    process: Child,
    console: PathBuf,
}

impl Machine {
    /// Boots a machine whose port 22 is this one of loopback.
    fn boot(account: &Account, disk: &Path, port: u16) -> Self {
        let template = account.template("Microsoft.Compute/virtualMachines");
        let profile = template.unwrap()["properties"]["osProfile"].clone();
        let keys = &profile["linuxConfiguration"]["ssh"]["publicKeys"];
        let key = keys[0]["keyData"].as_str().unwrap().trim();
        let file = decoded(&account.dir, profile["customData"].as_str().unwrap());
        let file = account.dir.write("user-data", file);
        let about =
            format!("instance-id: hd-lab\nlocal-hostname: hd-lab\npublic-keys:\n  - {key}\n");
        let about = account.dir.write("meta-data", about);
        let seed = account.dir.path("seed.img");
        let seeds = Command::new("cloud-localds");
        Call(seeds).args([&seed, &file, &about]).succeeds();

        let console = account.dir.path("console.log");
        let drive =
            |path: &Path| format!("file={},format=raw,if=virtio,cache=unsafe", path.display());
        let mut command = Command::new("qemu-system-x86_64");
        command
            .args([
                "-accel",
                "tcg,thread=multi",
                "-cpu",
                "max",
                "-smp",
                "2",
                "-m",
                "2048",
            ])
            .args([
                "-display",
                "none",
                "-monitor",
                "none",
                "-no-reboot",
                "-serial",
            ])
            .arg(format!("file:{}", console.display()))
            .arg("-kernel")
            .arg(disk.join("vmlinuz"))
            .arg("-initrd")
            .arg(disk.join("initrd"))
            .args(["-append", "root=/dev/vda rw console=ttyS0 quiet", "-drive"])
            .arg(drive(&disk.join("disk.img")))
            .arg("-drive")
            .arg(drive(&seed))
            .arg("-netdev")
            .arg(format!("user,id=net,hostfwd=tcp:127.0.0.1:{port}-:22"))
            .args([
                "-device",
                "virtio-net-pci,netdev=net",
                "-device",
                "virtio-rng-pci",
            ]);
        let process = command.stdin(Stdio::null()).spawn().unwrap();
        Self { process, console }
    }

    /// Whether it has turned itself off, after so long at most.
    fn turns_off(&mut self, patience: Duration) -> bool {
        waits(patience, || self.process.try_wait().unwrap().is_some())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let said = fs::read(&self.console).unwrap_or_default();
            let last = said.len().saturating_sub(2000);
            let _ = std::io::stderr().write_all(&said[last..]);
        }
    }
}

fn waits(patience: Duration, mut until: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + patience;
    while !until() {
        if Instant::now() > end {
            return false;
        }
        thread::sleep(Duration::from_millis(200));
    }
    true
}

const MINUTES: Duration = Duration::from_secs(300);

/// A port of loopback that nobody has.
fn free() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The base: a network so small that it is quick under emulation. The default one takes from a second to most of a minute an
/// image there, since some processors are slow at emulated fused multiply-adds.
fn small(account: &Account) -> PathBuf {
    account.dir.path("base.onnx")
}

/// make with a variable for the base, as the user of the account.
fn make_there(account: &Account, target: &str) -> Call {
    let Call(mut command) = make(&account.dir, &[target]);
    let Call(known) = account.azure(&[]);
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        if std::env::var_os(name).is_none() && home.join(folder).exists() {
            command.env(name, home.join(folder));
        }
    }
    let known = known.get_envs();
    command.envs(known.filter_map(|(name, value)| Some((name, value?))));
    let call = Call(command).arg(format!("BASE={}", small(account).display()));
    call.in_foreground()
}

/// Starts a training, and does something when it says `word`. Returns the exit status and all that was said.
fn interrupted(
    Call(mut command): Call,
    word: &str,
    does: impl FnOnce(u32),
) -> (Option<i32>, String) {
    let (says, said) = std::io::pipe().unwrap();
    command.stdout(said.try_clone().unwrap()).stderr(said);
    let mut process = command.spawn().unwrap();
    drop(command);
    let mut lines = BufReader::new(says).lines().map_while(Result::ok);
    let mut heard = Vec::new();
    let found = lines.by_ref().any(|line| {
        heard.push(line);
        heard.last().unwrap().contains(word)
    });
    assert!(found, "it never said {word}: {heard:#?}");
    does(process.id());
    heard.extend(lines);
    (process.wait().unwrap().code(), heard.join("\n"))
}

/// Ctrl-C: everybody in the foreground gets it.
fn interrupt(process: u32) {
    let mut kill = Command::new("kill");
    kill.args(["-INT", "--", &format!("-{process}")]);
    Call(kill).succeeds();
}

#[test]
fn a_machine_trains_serves_and_ends_itself() {
    if !possible() {
        return;
    }
    let Some(account) = Account::open(TEST) else {
        return;
    };
    wrap(&account.dir, "resnet.onnx", &[]);
    let disk = disk();
    let port = free();
    let line = Line::to(port);
    let ssh = format!("#!/bin/sh\nexec /usr/bin/ssh -p {} \"$@\"\n", line.port);
    account.program("ssh", &ssh);

    let up = ["up", "--yes", "--from", "203.0.113.7", "--lifetime", "2h"];
    let mut machine = thread::scope(|scope| {
        let up = scope.spawn(|| account.azure(&up).succeeds());
        let created = || {
            let machine = account.template("Microsoft.Compute/virtualMachines");
            machine.is_some() || up.is_finished()
        };
        assert!(waits(MINUTES, created));
        let machine = Machine::boot(&account, &disk, port);
        keeps_secrets(&up.join().unwrap().stderr());
        machine
    });
    trains(&account, &line);
    is_used(&account);
    serves(&account);
    ends_itself(&account, &mut machine);
}

/// A broken line and Ctrl-C end no training, and what comes back is what would have been made here.
fn trains(account: &Account, line: &Line) {
    let dir = &account.dir;
    dir.images("images", 22);
    let train = || make_there(account, "azure-train");
    let (status, said) = interrupted(train(), "hd-bottleneck --base", |_| line.cut());
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("training goes on there"), "{said}");
    let (_, said) = interrupted(train(), "hd-bottleneck --base", interrupt);
    assert!(said.contains("is training there since before"), "{said}");
    assert!(said.contains("training goes on there"), "{said}");
    let run = train().succeeds();
    let said = run.stdout();
    assert!(said.contains("Final test accuracy = "), "{said}");
    keeps_secrets(&(said + &run.stderr()));

    let (here, there) = (dir.path("out"), dir.path("there"));
    fs::rename(&here, &there).unwrap();
    made_here(account);
    // The numbers and times of files are those of the machine that it was made on.
    for (out, to) in [("out", "rows"), ("there", "rows-there")] {
        let file = format!("{out}/bottlenecks.bin");
        let export = dir.program("hd-bottleneck");
        export.args(["--export", to, &file]).succeeds();
    }
    same(&dir.path("rows"), &dir.path("rows-there"), &[]);
    same(
        &here,
        &there,
        &[
            "bottlenecks.bin",
            ".gitignore",
            "experiment.mk",
            ".train-flags",
            ".eval-flags",
        ],
    );
}

/// What make does, by a processor like that of the machine: the last digits of what AVX-512 computes
/// are others.
fn made_here(account: &Account) {
    let dir = &account.dir;
    let (images, out) = (dir.path("images"), dir.path("out"));
    let named = |name: &str| out.join(name).display().to_string();
    let [head, rows] = ["head.bin", "bottlenecks.bin"].map(named);
    let [graph, labels] = ["retrained_graph.onnx", "retrained_labels.txt"].map(named);
    let [summaries, report, metrics] =
        ["training_summaries", "report.html", "metrics.json"].map(named);
    let images = images.display().to_string();
    let bottleneck = dir
        .program("hd-bottleneck")
        .arg("--base")
        .arg(small(account));
    bottleneck.args([&images, "-o", &rows]).succeeds();
    let emulated = |program: &str| {
        let Call(known) = dir.program(program);
        let mut command = Command::new("qemu-x86_64");
        command.args(["-cpu", "max", exe(program)]);
        command.current_dir(dir.path(""));
        command.envs(
            known
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        Call(command)
    };
    let train = emulated("hd-train")
        .args([&rows, "--base"])
        .arg(small(account));
    let train = train.args(["--head", &head, "--output-graph", &graph]);
    let train = train.args(["--output-labels", &labels, "--summaries-dir", &summaries]);
    train.args(["--images", &images]).succeeds();
    let eval = emulated("hd-eval").args([&head, &rows, "--report", &report]);
    let eval = eval.args(["--images", &images, "--graph", &graph]);
    eval.args(["--metrics", &metrics]).succeeds();
}

/// Both folders have the same files, to the byte, but for some names.
fn same(one: &Path, other: &Path, but: &[&str]) {
    let mut diff = Command::new("diff");
    diff.arg("-r").arg("-q");
    for name in but {
        diff.args(["-x", name]);
    }
    Call(diff).args([one, other]).succeeds();
}

/// Commands, and what is said of the machine.
fn is_used(account: &Account) {
    let dir = &account.dir;
    let graph = dir.path("there/retrained_graph.onnx").display().to_string();
    let image = dir.path("images/hot_dog/0001.jpg").display().to_string();
    let label = |graph: &str| ["hd-label", "--graph", graph, &image].map(str::to_owned);
    let here = dir.program("hd-label").args(&label(&graph)[1..]).succeeds();
    let graph = dir.path("out/retrained_graph.onnx").display().to_string();
    let words = [vec!["run".to_owned()], label(&graph).to_vec()].concat();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let there = account.azure(&words).succeeds();
    assert_eq!(there.stdout(), here.stdout());
    // Words are words, whatever is in them, and the exit status is the command's.
    let odd = "a  b'c\"$HOME;*\n";
    let run = account.azure(&["run", "printf", "%s", odd]).succeeds();
    assert_eq!(run.stdout(), odd);
    account.azure(&["run", "sh", "-c", "exit 7"]).ends_with(7);

    let status = account.azure(&["status"]).succeeds().stdout();
    assert!(status.contains("trained: exit status 0"), "{status}");
    account.azure(&["extend", "3h"]).succeeds();
    let later = account.azure(&["status"]).succeeds().stdout();
    let ends = |status: &str| status.split("ends itself: ").nth(1).unwrap().to_owned();
    assert!(ends(&later) > ends(&status), "{later}");
}

/// The app and TensorBoard of the machine, on this machine's loopback. TensorBoard is a stand-in: installing the real
/// one takes minutes under emulation.
fn serves(account: &Account) {
    let board = "mkdir -p target/venv/bin; cd target/venv/bin; printf '%s\\n' '#!/bin/sh' \
        'exec python3 -m http.server --bind 127.0.0.1 6006 --directory \"$2\"' >tensorboard; chmod +x tensorboard";
    account.azure(&["run", "sh", "-c", board]).succeeds();
    let (app, board) = (free(), free());
    let out = format!("OUT={}", account.dir.path("out").display());
    let call = account.azure(&["app", &out]);
    let call = call.env("HD_PORT", app.to_string());
    let call = call.env("HD_TENSORBOARD_PORT", board.to_string());
    let Call(command) = call.in_foreground();
    let address = |line: &str| {
        let line = line.strip_prefix("TensorBoard: http://")?;
        Some(line.trim_end_matches('/').to_owned())
    };
    let mut server = Server::start(command, address).unwrap();
    assert_eq!(server.address, format!("127.0.0.1:{board}"));
    let summaries = server.ask("GET", "/", "", b"").text();
    assert!(summaries.contains("train/"), "{summaries}");
    server.address = format!("127.0.0.1:{app}");
    let page = server.ask("GET", "/", "", b"").text();
    assert!(page.contains("<html"), "{page}");
    let image = fs::read(account.dir.path("images/hot_dog/0001.jpg")).unwrap();
    let answer = server.ask("POST", "/label", "", &image);
    assert!(answer.text().contains("hot dog"), "{}", answer.text());
    interrupt(server.process.id());
    assert!(waits(MINUTES, || server
        .process
        .try_wait()
        .unwrap()
        .is_some()));
    let active = ["run", "systemctl", "is-active", "--quiet", "hd-app"];
    account.azure(&active).ends_with(3);
}

/// When its time is over, the machine deletes its group; elsewhere than in Azure it turns itself off.
fn ends_itself(account: &Account, machine: &mut Machine) {
    let sudo = |text: &str, word: &str| -> Run {
        let run = ["run", "sudo", "sh", "-c", text, "sh", word];
        account.azure(&run).succeeds()
    };
    let certificate = fs::read_to_string(account.dir.path("cert.pem")).unwrap();
    sudo("printf %s \"$1\" >/etc/ssl/mock.pem", &certificate);
    let mock = account.stub.address.trim_end_matches('/');
    let mock = mock.replace("localhost", "10.0.2.2");
    let known = format!(
        "HD_CLOUD=azure\nHD_METADATA={mock}\nHD_MANAGEMENT={mock}\nSSL_CERT_FILE=/etc/ssl/mock.pem\n"
    );
    sudo("printf %s \"$1\" >/etc/default/hd-expire", &known);
    let deleted = || {
        let all = account.requests();
        all.iter()
            .any(|request| request["method"] == "DELETE" && request["authorized"] == true)
    };
    assert!(!deleted());
    sudo("echo \"$1\" >/var/lib/hd/expires", "0");
    assert!(waits(MINUTES, deleted), "it did not delete its group");
    let said = account.azure(&["list"]).succeeds().stdout();
    assert_eq!(said, "there is no group of hd\n");
    let log = ["run", "sudo", "journalctl", "--no-pager", "-u", "hd-expire"];
    keeps_secrets(&account.azure(&log).succeeds().stdout());

    sudo("rm \"$1\"", "/etc/default/hd-expire");
    assert!(machine.turns_off(MINUTES), "it did not turn itself off");
    let down = account.azure(&["down", "--yes", "hd-lab"]).succeeds();
    assert!(down.stderr().contains("nothing is left of hd-lab"));
    assert!(File::open(account.dir.home().join(".ssh/hd-lab")).is_err());
}
