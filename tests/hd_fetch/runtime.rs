//! ONNX Runtime, for processors and for CUDA.

use std::fs;
use std::io::Write;

use hd::cache::RuntimeKind;
use hd::stamp::Stamp;

use super::cut_off;
use crate::workdir::{Workdir, top};

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
fn the_runtime_for_browsers_is_brought_by_npm_or_from_a_mirror_and_never_another() {
    let dir = Workdir::new();
    let fetch = || cut_off(&dir).args(["runtime", "--device", "web"]);
    let said = fetch().env("PATH", dir.path("")).ends_with(1).stderr();
    assert!(
        said.contains("onnxruntime-web@1.22.0: npm cannot be started"),
        "{said}"
    );
    assert!(
        said.contains("hint: install npm") && said.contains("--mirror"),
        "{said}"
    );
    let package = dir.write("mirror/onnxruntime-web-1.22.0.tgz", "another");
    let said = fetch().args(["--mirror", "mirror"]).ends_with(1).stderr();
    assert!(
        said.contains("onnxruntime-web-1.22.0.tgz") && said.contains("e293551f"),
        "{said}"
    );
    fs::remove_file(package).unwrap();
    let said = fetch().args(["--mirror", "mirror"]).ends_with(1).stderr();
    assert!(said.contains("mirror/onnxruntime-web-1.22.0.tgz"), "{said}");
    let left = fs::read_dir(dir.path("cache/hd/runtime")).unwrap();
    assert_eq!(left.count(), 0);
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

/// The names and digests of the libraries that the catalogue has for CUDA, in its order.
fn libraries_of_cuda() -> Vec<(String, String)> {
    let catalog = fs::read_to_string(top().join("bins/hd-fetch/catalog.toml")).unwrap();
    let catalog: toml::Table = catalog.parse().unwrap();
    let wheels = catalog["cuda"]["wheel"].as_array().unwrap().iter();
    let members = wheels.flat_map(|wheel| wheel["member"].as_array().unwrap());
    let (kind, machine) = (RuntimeKind::Cuda, "x86_64-linux");
    let name = |member: &toml::Value| {
        let path = member["path"].as_str().unwrap();
        let name = path.rsplit('/').next().unwrap();
        let sha256 = member["sha256"].as_str().unwrap();
        (
            name.replace("VERSION", kind.version()),
            sha256.replace("SHA256", kind.sha256(machine).unwrap()),
        )
    };
    members.map(name).collect()
}

/// Puts a file there in the place of a library, with a note that it was verified.
fn stand_in(dir: &Workdir, (name, sha256): &(String, String)) {
    let path = dir.write(format!("{CUDA}.unfinished/{name}"), "a library");
    let stamp = Stamp::of(&fs::metadata(&path).unwrap());
    let seen = serde_json::json!({ "stamp": stamp, "sha256": sha256 });
    fs::write(path.with_added_extension("seen"), seen.to_string()).unwrap();
}

#[test]
#[cfg_attr(
    not(target_arch = "x86_64"),
    ignore = "the catalogue has no CUDA for this machine"
)]
fn the_runtime_for_cuda_gets_its_name_when_all_of_it_is_there() {
    let dir = Workdir::new();
    let mut libraries = libraries_of_cuda();
    let last = libraries.pop().unwrap();
    // The libraries take gigabytes. What an interrupted run has brought stands in for them: it was verified then.
    for library in &libraries {
        stand_in(&dir, library);
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
        line.ends_with("  yes")
    };
    assert!(!here());

    stand_in(&dir, &last);
    fetch().succeeds();
    assert!(here());
    assert!(dir.path(CUDA).join("libonnxruntime.so.1.31.1").is_file());
    assert!(fetch().succeeds().stderr().contains("it is there already"));

    // One that is cut short is not loaded, and is brought again, and only that one.
    let short = dir.write(format!("{CUDA}/{}", last.0), "a lib");
    dir.images("images", 1);
    let cuda = dir.bottleneck("images").args(["--device", "cuda"]);
    let message = cuda
        .env("XDG_CACHE_HOME", dir.path("cache"))
        .ends_with(1)
        .stderr();
    let damaged = format!("{}: the ONNX Runtime library is damaged", short.display());
    assert!(message.contains(&damaged), "{message}");
    assert!(
        message.contains("run `hd-fetch runtime --device cuda`"),
        "{message}"
    );
    let message = fetch().ends_with(1).stderr();
    assert!(
        message.contains("damaged; it is brought again"),
        "{message}"
    );
    assert!(message.contains("mirror/nvidia_cuda_nvrtc-"), "{message}");
    assert!(!here());
}
