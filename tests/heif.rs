//! HEIC and AVIF in the programs, on systems with the library that decodes them and without.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hd::photo::{DecodeError, Want};

use crate::hd_app::app_in;
use crate::hd_bottleneck::{counts, settle};
use crate::workdir::{Call, Workdir, skip, top};

/// Where a program looks for libraries first.
const LIBRARIES: &str = "LD_LIBRARY_PATH";

/// The bytes of one of the images of the tests.
fn image(name: &str) -> Vec<u8> {
    fs::read(top().join("tests/images").join(name)).unwrap()
}

/// Whether this system has libheif; where not, the test is skipped.
pub(crate) fn is_there(test: &str) -> bool {
    let decoded = hd::photo::decode(&image("colour-plain.heic"), &Want::default());
    let is_there = !matches!(decoded, Err(DecodeError::Missing { .. }));
    if !is_there {
        skip(test, "libheif is not there (apt-get install libheif1)");
    }
    is_there
}

/// hd-label on one of the images, which it has by no name that tells its format.
fn label(dir: &Workdir, name: &str) -> Call {
    dir.trained();
    dir.write("image", image(name));
    let graph = ["--graph", "out/retrained_graph.onnx"];
    dir.program("hd-label").args(graph).arg("image")
}

/// A folder with something by the name of libheif that is no library.
fn without_libheif(dir: &Workdir) -> PathBuf {
    let library = dir.write("lib/libheif.so.1", "");
    library.parent().unwrap().to_path_buf()
}

#[test]
fn the_same_image_gets_the_same_answer_as_heic_as_avif_and_as_png() {
    if !is_there("the_same_image_gets_the_same_answer_as_heic_as_avif_and_as_png") {
        return;
    }
    let dir = Workdir::new();
    let labelled = |name| label(&dir, name).succeeds().stdout();
    let png = labelled("colour-8.png");
    assert_eq!(labelled("colour-plain.heic"), png);
    assert_eq!(labelled("colour-plain.avif"), png);
    let app = app_in(&[], &[]);
    let answer = |name| {
        let answer = app.ask("POST", "/label", "", &image(name));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    assert_eq!(answer("colour-plain.heic"), answer("colour-8.png"));
    assert_eq!(answer("colour-plain.avif"), answer("colour-8.png"));
}

#[test]
fn without_libheif_its_package_is_named() {
    let dir = Workdir::new();
    let libraries = without_libheif(&dir);
    let reason = "HEIC images need libheif, which this system lacks (apt-get install libheif1)";
    let call = label(&dir, "colour-plain.heic").env(LIBRARIES, &libraries);
    let run = call.ends_with(1);
    assert!(run.stderr().contains(reason), "{}", run.stderr());
    let app = app_in(&[], &[(LIBRARIES, &libraries)]);
    let answer = app.ask("POST", "/label", "", &image("colour-plain.heic"));
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["error"], reason);
}

#[test]
fn without_a_decoder_for_libheif_the_package_of_that_is_named() {
    let dir = Workdir::new();
    let library = dir.write("lib/libheif.so.1", "");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .arg(&library)
        .arg(top().join("tests/heif/without_decoders.c"))
        .status();
    assert!(built.unwrap().success());
    let libraries = library.parent().unwrap();
    for (name, package) in [
        ("colour-plain.heic", "libheif-plugin-libde265"),
        ("colour-plain.avif", "libheif-plugin-dav1d"),
    ] {
        let call = label(&dir, name).env(LIBRARIES, libraries);
        let said = call.ends_with(1).stderr();
        let remedy = format!("which this system lacks (apt-get install {package})");
        assert!(said.contains(&remedy), "{said}");
    }
}

#[test]
fn images_that_only_lacked_the_library_are_looked_at_again() {
    if !is_there("images_that_only_lacked_the_library_are_looked_at_again") {
        return;
    }
    let dir = Workdir::new();
    dir.images("images", 2);
    // The same content twice, whose fate must not be forgotten either.
    for name in ["a.heic", "b.heic"] {
        dir.write(
            Path::new("images/hot_dog").join(name),
            image("colour-plain.heic"),
        );
    }
    dir.write("images/hot_dog/text.jpg", "this is no image");
    settle(&dir.path("images"));
    let libraries = without_libheif(&dir);
    for computed in [4, 0] {
        let run = dir.bottleneck("images").env(LIBRARIES, &libraries);
        let said = run.succeeds().stderr();
        let expected = format!("{computed} computed, {} reused, 3 skipped", 4 - computed);
        assert!(counts(&said).starts_with(&expected), "{said}");
        assert!(said.contains("HEIC images need libheif"), "{said}");
    }
    let said = dir.bottleneck("images").succeeds().stderr();
    // Two files of one content.
    let computed = counts(&said);
    assert!(computed.contains("1 skipped"), "{said}");
    let table = fs::read_to_string(dir.path("out/bottlenecks.skipped.tsv")).unwrap();
    assert_eq!(table, "path\treason\nhot_dog/text.jpg\tnot an image\n");
}

#[test]
fn more_pixels_than_are_wanted_are_refused_before_they_are_decoded() {
    if !is_there("more_pixels_than_are_wanted_are_refused_before_they_are_decoded") {
        return;
    }
    for name in [
        "colour-plain.avif",
        "colour-plain.heic",
        "colour-lossy-turned-6.heic",
    ] {
        let limited = |max_pixels| {
            let want = Want {
                max_pixels,
                ..Want::default()
            };
            hd::photo::decode(&image(name), &want).map(|image| image.pixels())
        };
        assert_eq!(limited(1536), Ok(1536), "{name}");
        let (width, height) = (48, 32);
        let refused = DecodeError::TooLarge { width, height };
        assert_eq!(limited(1535), Err(refused), "{name}");
    }
}

#[test]
fn a_file_without_an_image_of_its_own_is_told_as_what_it_is() {
    if !is_there("a_file_without_an_image_of_its_own_is_told_as_what_it_is") {
        return;
    }
    let error = hd::photo::decode(&image("none-heic.heic"), &Want::default()).unwrap_err();
    let said = error.to_string();
    // Newer versions of the library give up earlier.
    let known = [
        "this HEIC cannot be decoded: it holds no single image",
        "corrupt HEIC: ",
    ];
    assert!(known.iter().any(|known| said.starts_with(known)), "{said}");
}
