//! The memory that images take, in the programs themselves.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::workdir::{Call, Workdir, base};

/// A black PNG of this size, which is small as a file whatever it claims.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // Eight bits of grey.
    chunk(&mut bytes, b"IHDR", &[&size[..], &[8, 0, 0, 0, 0]].concat());
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    let row = vec![0; width as usize + 1];
    (0..height).for_each(|_| pixels.write_all(&row).unwrap());
    chunk(&mut bytes, b"IDAT", &pixels.finish().unwrap());
    chunk(&mut bytes, b"IEND", &[]);
    bytes
}

fn chunk(bytes: &mut Vec<u8>, kind: &[u8], body: &[u8]) {
    bytes.extend((body.len() as u32).to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(kind);
    sum.update(body);
    bytes.extend(kind);
    bytes.extend(body);
    bytes.extend(sum.sum().to_be_bytes());
}

/// Runs a program where it may not have more than so many megabytes, and gives what it says.
fn within(dir: &Workdir, megabytes: usize, call: Call, status: i32) -> String {
    let Call(ours) = call;
    let mut command = Command::new("bash");
    command.current_dir(dir.path(""));
    for (name, value) in ours.get_envs() {
        command.env(name, value.unwrap());
    }
    let script = format!("ulimit -d {}; exec \"$@\"", megabytes * 1024);
    command.args(["-c", &script, "bash"]);
    command.arg(ours.get_program()).args(ours.get_args());
    command.stdin(Stdio::null());
    Call(command).ends_with(status).stderr()
}

#[test]
fn a_line_of_sixteen_million_pixels_takes_what_its_pixels_take() {
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.write("images/hot_dog/wide.png", png(16_777_216, 1));
    dir.write("images/hot_dog/high.png", png(1, 16_777_216));
    // Three bytes a pixel are 48 MB, and a program with its network has 60 to 200.
    let said = within(&dir, 500, dir.bottleneck("images").args(["--jobs", "1"]), 0);
    assert!(said.contains("6 images of 2 labels: 6 computed"), "{said}");
}

#[test]
fn an_image_over_the_limit_is_refused_by_name_and_taken_when_the_limit_is_higher() {
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.write("images/hot_dog/large.png", png(8000, 4000));
    let said = dir
        .bottleneck("images")
        .args(["--max-memory", "100M"])
        .succeeds()
        .stderr();
    let line = "hot_dog/large.png: its 8000 x 4000 pixels take 184 MB to decode, which are more than --max-memory";
    assert!(said.contains(line), "{said}");
    let said = dir
        .bottleneck("images")
        .args(["--max-memory", "1G"])
        .succeeds()
        .stderr();
    assert!(said.contains("1 computed, 4 reused, 0 skipped"), "{said}");
    dir.trained();
    let label = [
        "--graph",
        "out/retrained_graph.onnx",
        "--max-memory",
        "100M",
    ];
    let label = dir
        .program("hd-label")
        .args(label)
        .arg("images/hot_dog/large.png");
    let said = label.ends_with(1).stderr();
    assert!(said.contains("take 184 MB to decode"), "{said}");
}

#[test]
fn memory_that_the_system_does_not_give_costs_one_image() {
    let dir = Workdir::new();
    dir.images("images", 2);
    dir.write("images/hot_dog/large.png", png(16_000, 12_000));
    let call = dir
        .bottleneck("images")
        .args(["--jobs", "1", "--max-memory", "8G"]);
    let said = within(&dir, 400, call, 0);
    assert!(
        said.contains("hot_dog/large.png: its 16000 x 12000 pixels take"),
        "{said}"
    );
    assert!(said.contains("4 computed, 0 reused, 1 skipped"), "{said}");
}

#[test]
fn damage_is_told_and_strict_refuses_it() {
    let dir = Workdir::new();
    dir.trained();
    dir.images("images", 4);
    let path = dir.path("images/hot_dog/0000.jpg");
    let whole = fs::read(&path).unwrap();
    let mut early = whole.clone();
    early.drain(whole.len() / 2..whole.len() - 2);
    let mut hole = fs::read(dir.path("images/hot_dog/0001.jpg")).unwrap();
    hole[9000..13_096].fill(0);
    dir.write("images/hot_dog/early.jpg", &early);
    dir.write("images/hot_dog/hole.jpg", &hole);
    let call = || {
        let call = dir.program("hd-bottleneck").arg("--base").arg(base());
        call.args(["images", "-o", "new.bin"])
    };
    let said = call().succeeds().stderr();
    for name in ["early", "hole"] {
        let line = format!("images/hot_dog/{name}.jpg: parts of it are damaged");
        assert!(said.contains(&line), "{said}");
    }
    assert_eq!(said.matches("are damaged").count(), 2, "{said}");
    let said = call().arg("--strict").ends_with(1).stderr();
    assert!(
        said.contains("2 files were skipped, damaged or not to be read"),
        "{said}"
    );
    let label = || {
        dir.program("hd-label")
            .args(["--graph", "out/retrained_graph.onnx", "images/hot_dog"])
    };
    let run = label().succeeds();
    assert!(
        run.stderr().contains("early.jpg: parts of it are damaged"),
        "{}",
        run.stderr()
    );
    assert_eq!(run.stdout().lines().count(), 6);
    let run = label().arg("--strict").ends_with(1);
    assert!(
        run.stderr().contains("hole.jpg: parts of it are damaged"),
        "{}",
        run.stderr()
    );
    assert_eq!(run.stdout().lines().count(), 4);
    let json = label().args(["--format", "json"]).succeeds().stdout();
    assert_eq!(
        json.matches("\"notes\":\"parts of it are damaged\"")
            .count(),
        2,
        "{json}"
    );
}
