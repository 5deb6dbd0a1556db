//! Where the base runs. Most machines that these tests run on have no accelerator, so what can be tested there is the
//! choice, its errors, and the batches, with the processor in the accelerator's place. The one test that is for a machine
//! with an accelerator is run by hand: `cargo test --release --test tests accelerators -- --ignored`.

use std::fs::{self, DirEntry};
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use hd::base::{Base, Engine, OnnxBase, Runtime};
use hd::bottleneck::{self, Bottlenecks, Options, Progress};
use hd::dataset::Dataset;
use hd::onnx::Network;
use hd::photo::{Distortion, MAX_PIXELS};

use super::settle;
use crate::workdir::{Workdir, alone, base, drawings, runtime};

/// A base that refuses batches of any size but one.
struct Fixed(OnnxBase, usize);

impl Base for Fixed {
    fn run(&mut self, pixels: &[u8]) -> hd::Result<Vec<f32>> {
        assert_eq!(pixels.len(), self.1 * 224 * 224 * 3);
        self.0.run(pixels)
    }
}

struct Silent;

impl Progress for Silent {
    fn begin(&self, _: u64) {}
    fn step(&self) {}
    fn end(&self) {}
}

/// Bottlenecks of a folder, with a shared base where `batch` says so.
fn bottlenecks(images: &Path, out: &Path, batch: Option<usize>) -> Bottlenecks {
    let network = Network::open_base(base()).unwrap();
    let load = || {
        let runtime = Runtime::load(Some(&runtime()))?;
        OnnxBase::load(&runtime, &network)
    };
    let make_engine = || match batch {
        Some(size) => Ok(Engine::Shared {
            base: Box::new(Fixed(load()?, size)),
            batch: NonZeroUsize::new(size).unwrap(),
        }),
        None => Ok(Engine::EachWorker(Box::new(|| {
            Ok(Box::new(load()?) as Box<_>)
        }))),
    };
    let options = Options {
        jobs: NonZeroUsize::new(2).unwrap(),
        verify: false,
        max_pixels: MAX_PIXELS,
        distortion: Some(Distortion {
            flip_left_right: true,
            random_crop: 10,
            random_scale: 10,
            random_brightness: 10,
            variants: 2,
            seed: 0,
        }),
        reuse: &[],
        precision: hd::bottleneck::Precision::default(),
        interrupted: &AtomicBool::new(false),
    };
    let dataset = Dataset::scan(images).unwrap();
    bottleneck::update(&dataset, &network, &make_engine, out, &options, &Silent).unwrap();
    Bottlenecks::open(out).unwrap()
}

#[test]
fn batches_of_one_size_give_what_single_images_give() {
    let test = "hd_bottleneck::devices::batches_of_one_size_give_what_single_images_give";
    alone(test, compare_batches);
}

fn compare_batches() {
    let dir = Workdir::new();
    dir.images("images", 5);
    dir.write("images/hot_dog/0002.bad", "no image");
    fs::copy(
        drawings().join("hot_dog/0000.jpg"),
        dir.path("images/not_hot_dog/copy.jpg"),
    )
    .unwrap();
    settle(&dir.path("images"));
    let single = bottlenecks(&dir.path("images"), &dir.path("single.bin"), None);
    // 30 views: they fill some batches and leave the last one part empty, or they all fit one.
    for batch in [1, 4, 7, 64] {
        let out = dir.path(format!("{batch}.bin"));
        let batched = bottlenecks(&dir.path("images"), &out, Some(batch));
        assert_eq!(batched.rows(), single.rows());
        assert_eq!(batched.skipped(), single.skipped());
        for index in 0..single.rows().len() {
            let (batched, single) = (batched.bottleneck(index), single.bottleneck(index));
            let pairs = batched.iter().zip(&*single);
            let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-4, "batches of {batch}, row {index}: {worst}");
        }
    }
}

#[test]
fn an_accelerator_that_was_asked_for_by_name_is_had_or_missed() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let cuda = |device: &str| dir.bottleneck("images").args(["--device", device]);
    let missing = cuda("cuda")
        .env("XDG_CACHE_HOME", dir.path("cache"))
        .ends_with(1)
        .stderr();
    assert!(
        missing.contains("hd-fetch runtime --device cuda"),
        "{missing}"
    );

    let library = runtime();
    let message = cuda("cuda:0")
        .arg("--runtime")
        .arg(&library)
        .ends_with(1)
        .stderr();
    assert!(
        message.contains("there is no libonnxruntime_providers_cuda.so beside it"),
        "{message}"
    );
    assert!(!dir.path("out/bottlenecks.bin").exists());
    for device in ["gpu", "cuda:x", "cpu:1"] {
        cuda(device).ends_with(2);
    }
}

#[test]
fn a_base_in_integers_is_left_to_the_processor() {
    let dir = Workdir::new();
    dir.images("images", 10);
    let name = "mobilenet_v2_1.0_224_quantized";
    let fetch = dir
        .program("hd-fetch")
        .args(["base", name, "-o", "int8.onnx"]);
    fetch.args(["--calibrate", "images"]).succeeds();
    let on = |device: &str| {
        let run = dir
            .program("hd-bottleneck")
            .args(["--base", "int8.onnx", "images"]);
        run.args(["-o", "int8.bin", "--device", device])
    };
    let message = on("cuda").ends_with(1).stderr();
    assert!(
        message.contains("int8.onnx: its integers are for processors"),
        "{message}"
    );
    let said = on("auto").succeeds().stderr();
    assert!(said.contains("device: cpu"), "{said}");
}

#[test]
#[ignore = "wants an accelerator, and what hd-fetch runtime --device cuda brings"]
fn accelerators_answer_as_processors_do() {
    let dir = Workdir::new();
    dir.images("images", 30);
    settle(&dir.path("images"));
    // Of either program's own libraries.
    let cache = std::env::var_os("HD_TEST_CACHE").expect("HD_TEST_CACHE names a cache folder");
    let export = |device: &str| {
        let out = format!("{device}.bin");
        let run = dir.program("hd-bottleneck").env("XDG_CACHE_HOME", &cache);
        let run = run.arg("--base").arg(base()).args(["-o", &out, "images"]);
        run.args(["--device", device, "--export", device])
            .succeeds();
        Bottlenecks::open(&dir.path(&out)).unwrap()
    };
    let (here, there) = (export("cpu"), export("cuda"));
    assert_eq!(here.rows(), there.rows());
    for index in 0..here.rows().len() {
        let (here, there) = (here.bottleneck(index), there.bottleneck(index));
        let pairs = here.iter().zip(&*there);
        let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-3, "row {index}: {worst}");
    }
    let message = dir.bottleneck("images").env("XDG_CACHE_HOME", &cache);
    let message = message.args(["--device", "cuda:99"]).ends_with(1).stderr();
    assert!(
        message.contains("there is no accelerator cuda:99 here"),
        "{message}"
    );
}

#[test]
fn auto_says_what_it_took_and_why() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let device = |stderr: &str| {
        let line = stderr.lines().find(|line| line.contains("device: "));
        line.map(str::to_owned)
    };
    let run = dir.bottleneck("images").succeeds().stderr();
    assert_eq!(device(&run).as_deref(), Some("hd-bottleneck: device: cpu"));
    let run = dir
        .bottleneck("images")
        .args(["--verify", "--device", "cpu"])
        .succeeds();
    assert_eq!(device(&run.stderr()), None);

    // A library that seems to know CUDA, and does not.
    let real = runtime();
    let library = dir
        .write("lib/libonnxruntime_providers_cuda.so", "")
        .with_file_name("libonnxruntime.so");
    symlink(real, &library).unwrap();
    fs::remove_dir_all(dir.path("out")).unwrap();
    let run = dir
        .bottleneck("images")
        .arg("--runtime")
        .arg(&library)
        .succeeds()
        .stderr();
    let line = device(&run).unwrap();
    assert!(
        line.starts_with("hd-bottleneck: warning: device: cpu, since "),
        "{line}"
    );
    assert!(run.contains("2 computed"), "{run}");
    let run = dir
        .bottleneck("images")
        .args(["--verify", "--device", "cuda"]);
    let message = run.arg("--runtime").arg(&library).ends_with(1).stderr();
    assert!(
        message.contains("CUDA") || message.contains("cuda"),
        "{message}"
    );
}

#[test]
fn onnx_runtime_reports_to_nobody() {
    let dir = Workdir::new();
    dir.images("images", 1);
    let library = runtime();
    fs::create_dir(dir.path("home")).unwrap();
    let run = dir.bottleneck("images").env("HOME", dir.path("home"));
    let run = run
        .env("XDG_CACHE_HOME", dir.path("home/cache"))
        .arg("--runtime")
        .arg(library);
    run.succeeds();
    // Beside the optimised network that we keep, there is nothing.
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(dir.path(folder)).unwrap();
        let name = |entry: io::Result<DirEntry>| entry.unwrap().file_name().into_string();
        entries.map(|entry| name(entry).unwrap()).collect()
    };
    assert_eq!(names("home"), ["cache"]);
    assert_eq!(names("home/cache"), ["hd"]);
    assert_eq!(names("home/cache/hd"), ["optimised"]);
}
