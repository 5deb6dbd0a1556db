use std::fs;
use std::path::PathBuf;

use hd::base::{Base, OnnxBase, Runtime};
use hd::onnx::Network;
use hd::photo::{Element, Preprocess};

use crate::workdir::{Workdir, alone, base, cosine, runtime, top};

/// One of the small networks in the folder `networks`, where `recipe.py` says how they were made.
pub(crate) fn network(name: &str) -> PathBuf {
    top().join("tests/networks").join(name)
}

/// What the framework that made a network gives for the image.
pub(crate) fn expected(what: &str) -> Vec<f32> {
    let expected = fs::read(network("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
    let values = expected[what].as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap() as f32).collect()
}

/// The image of the recipes, `count` times, as the bytes of a network's input.
pub(crate) fn images(rule: &Preprocess, count: usize) -> Vec<u8> {
    let size = rule.width as usize;
    let pixel = |i: usize| {
        let (y, x, c) = (i / 3 / size, i / 3 % size, i % 3);
        ((7 * x + 13 * y + 29 * c) % 256) as u8
    };
    let pixels = (0..size * size * 3).map(pixel);
    let image: Vec<u8> = match rule.filter.element() {
        Element::Byte => pixels.collect(),
        Element::Float => pixels
            .flat_map(|pixel| f32::from(pixel).to_ne_bytes())
            .collect(),
    };
    image.repeat(count)
}

/// hd-fetch base --from the network of this name, into `base.onnx`.
fn wrap(dir: &Workdir, name: &str, flags: &[&str]) -> Network {
    // Brings ONNX Runtime.
    base();
    let call = dir
        .program("hd-fetch")
        .args(["base", "--from"])
        .arg(network(name));
    call.args(["-o", "base.onnx"]).args(flags).succeeds();
    Network::open_base(&dir.path("base.onnx")).unwrap()
}

/// What a base gives for so many of the image.
fn bottlenecks(base: &Network, count: usize) -> Vec<f32> {
    let runtime = Runtime::load(Some(&runtime())).unwrap();
    let mut session = OnnxBase::load(&runtime, base).unwrap();
    session.run(&images(&base.preprocess, count)).unwrap()
}

fn assert_near(ours: &[f32], theirs: &[f32], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() < 2e-5, "{what}: {ours:?} {theirs:?}");
    }
}

#[test]
fn graphs_of_tensorflow_give_what_tensorflow_gives() {
    alone(
        "networks::graphs_of_tensorflow_give_what_tensorflow_gives",
        || {
            let dir = Workdir::new();
            for (name, flags, what) in [
                ("mobilenet_v1.pb", &[][..], "mobilenet_v1.pb pooled"),
                (
                    "mobilenet_v1.pb",
                    &["--bottleneck", "logits"],
                    "mobilenet_v1.pb logits",
                ),
                (
                    "fused.pb",
                    &["--output", "features:0", "--size", "33"],
                    "fused.pb features",
                ),
            ] {
                let base = wrap(&dir, name, flags);
                let theirs = expected(what);
                assert_near(&bottlenecks(&base, 1), &theirs, what);
                assert_near(&bottlenecks(&base, 3), &theirs.repeat(3), what);
            }
        },
    );
}

#[test]
fn networks_of_pytorch_and_keras_are_cut_before_their_last_layer() {
    alone(
        "networks::networks_of_pytorch_and_keras_are_cut_before_their_last_layer",
        || {
            let dir = Workdir::new();
            for (name, many) in [
                ("resnet.onnx", true),
                ("efficientnet.onnx", true),
                ("keras.onnx", true),
                // It was written for one image, as it says in the middle of it.
                ("vit.onnx", false),
            ] {
                let what = format!("{name} features");
                let base = wrap(&dir, name, &["--name", "own"]);
                assert_eq!(base.architecture, "own");
                let theirs = expected(&what);
                assert_near(&bottlenecks(&base, 1), &theirs, &what);
                if many {
                    assert_near(&bottlenecks(&base, 3), &theirs.repeat(3), &what);
                }
            }
        },
    );
}

#[test]
fn any_vector_of_a_network_can_be_its_bottleneck() {
    alone(
        "networks::any_vector_of_a_network_can_be_its_bottleneck",
        || {
            let dir = Workdir::new();
            let list = |name: &str| {
                let call = dir
                    .program("hd-fetch")
                    .args(["base", "--list", "--from"])
                    .arg(network(name));
                call.succeeds().stdout()
            };
            assert_eq!(
                list("efficientnet.onnx"),
                "mean\t[N, 8, 1, 1]\nconv2d_2\t[N, 2, 1, 1]\nval_5\t[N, 2, 1, 1]\nsilu_2\t[N, 2, 1, 1]\nconv2d_3\t[N, 8, 1, 1]\n\
         sigmoid\t[N, 8, 1, 1]\nmean_1\t[N, 8]\nlinear\t[N, 4]\nsoftmax\t[N, 4]\n"
            );
            assert_eq!(list("vit.onnx"), "select_3\t[N, 8]\nlinear_4\t[N, 4]\n");
            for line in list("resnet.onnx").lines() {
                let (tensor, shape) = line.split_once('\t').unwrap();
                let values = shape.split([',', ']']).nth(1).unwrap().trim();
                let base = wrap(&dir, "resnet.onnx", &["--output", tensor]);
                assert_eq!(base.bottleneck_size.to_string(), values);
            }
            // The numbers before the probabilities are logits.
            let base = wrap(&dir, "resnet.onnx", &["--bottleneck", "logits"]);
            assert_near(
                &bottlenecks(&base, 1),
                &expected("resnet.onnx output"),
                "resnet.onnx output",
            );
            let logits = wrap(&dir, "efficientnet.onnx", &["--bottleneck", "logits"]);
            let logits = bottlenecks(&logits, 1);
            let powers: Vec<f32> = logits.iter().map(|logit| logit.exp()).collect();
            let sum: f32 = powers.iter().sum();
            let probabilities: Vec<f32> = powers.iter().map(|power| power / sum).collect();
            assert_near(
                &probabilities,
                &expected("efficientnet.onnx output"),
                "efficientnet.onnx output",
            );
        },
    );
}

#[test]
fn a_network_of_ones_own_goes_all_the_way() {
    let dir = Workdir::new();
    dir.images("images", 12);
    wrap(
        &dir,
        "resnet.onnx",
        &["--name", "tiny", "--mean", "0.5", "--std", "0.25,0.25,0.25"],
    );
    let run = |program: &str, args: &[&str]| dir.program(program).args(args).succeeds();
    run(
        "hd-bottleneck",
        &["--base", "base.onnx", "images", "-o", "b.bin"],
    );
    let outputs = ["--head", "head.bin", "--output-graph", "graph.onnx"];
    run(
        "hd-train",
        &[&["b.bin", "--base", "base.onnx"][..], &outputs].concat(),
    );
    let labelled = run(
        "hd-label",
        &["--graph", "graph.onnx", "images/hot_dog/0000.jpg"],
    );
    assert!(
        labelled.stdout().starts_with("images/hot_dog/0000.jpg\t"),
        "{}",
        labelled.stdout()
    );
    let described = run("hd-fetch", &["base", "--describe", "base.onnx"]).stdout();
    for line in [
        "hd.architecture\ttiny",
        "hd.bottleneck\tpooled",
        "hd.licence\tnot stated",
        "hd.source\tresnet.onnx",
    ] {
        assert!(described.lines().any(|found| found == line), "{described}");
    }
}

#[test]
fn what_cannot_be_a_base_is_refused_with_a_reason_and_nothing_is_written() {
    let dir = Workdir::new();
    base();
    let graph = fs::read(network("mobilenet_v1.pb")).unwrap();
    let resnet = fs::read(network("resnet.onnx")).unwrap();
    dir.write("short.pb", &graph[..graph.len() / 2]);
    dir.write("short.onnx", &resnet[..resnet.len() / 2]);
    dir.write("text.onnx", "This is not a network.");
    dir.write("empty.onnx", "");
    for (status, args, reason) in [
        (
            1,
            &["--from", "missing.onnx"][..],
            "missing.onnx: cannot open",
        ),
        (
            1,
            &["--from", "short.pb"],
            "short.pb: not a frozen graph of TensorFlow",
        ),
        (
            1,
            &["--from", "short.onnx"],
            "short.onnx: not an ONNX network",
        ),
        (
            1,
            &["--from", "text.onnx"],
            "text.onnx: not an ONNX network",
        ),
        (
            1,
            &["--from", "empty.onnx"],
            "empty.onnx: not an ONNX network",
        ),
        (
            1,
            &["--from", "short.pb", "--list"],
            "the tensors of ONNX networks only can be listed",
        ),
        (2, &["own"], "no base 'own' in the catalogue"),
        (
            2,
            &["--from", "text.onnx", "--mean", "127.5"],
            "127.5 of 255 is 0.5",
        ),
        (
            2,
            &["--from", "text.onnx", "--std", "0"],
            "expected numbers above 0",
        ),
        (
            2,
            &["--from", "text.onnx", "--name", "a/b"],
            "'a/b' is no name for a base",
        ),
        (
            2,
            &["mobilenet_1.0_224_quantized"],
            "add --calibrate IMAGES",
        ),
        (
            2,
            &["mobilenet_1.0_224", "--calibrate", "images"],
            "ends in _quantized",
        ),
        (
            2,
            &["mobilenet_1.0_224", "--output", "x.onnx"],
            "--from <FILE>",
        ),
    ] {
        let call = dir
            .program("hd-fetch")
            .arg("base")
            .args(args)
            .args(["-o", "base.onnx"]);
        let run = call.ends_with(if args == ["own"] { 1 } else { status });
        assert!(run.stderr().contains(reason), "{args:?}: {}", run.stderr());
        assert!(!dir.path("base.onnx").exists());
    }
    // What a network is like is said of the file that it is in.
    for (name, flags, reason) in [
        (
            "resnet.onnx",
            &["--output", "fc7"][..],
            "it has no tensor 'fc7'",
        ),
        (
            "resnet.onnx",
            &["--output", "max_pool2d"],
            "--list` shows the tensors that can be taken",
        ),
        (
            "resnet.onnx",
            &["--size", "64"],
            "it takes images of 32 x 32 pixels, not of 64 x 64",
        ),
        ("fused.pb", &["--output", "features"], "--size N does"),
        (
            "fused.pb",
            &[],
            "it has no tensor 'MobilenetV1/Logits/AvgPool_1a/AvgPool'",
        ),
        (
            "mobilenet_v1.pb",
            &["--name", "mobilenet_0.25_128"],
            "32 x 32 pixels, not of 128 x 128",
        ),
    ] {
        let call = dir
            .program("hd-fetch")
            .args(["base", "--from"])
            .arg(network(name));
        let run = call.args(flags).args(["-o", "base.onnx"]).ends_with(1);
        assert!(
            run.stderr().contains(reason),
            "{name} {flags:?}: {}",
            run.stderr()
        );
        assert!(!dir.path("base.onnx").exists());
    }
}

#[test]
fn a_base_in_integers_stays_near_the_one_in_floats() {
    alone(
        "networks::a_base_in_integers_stays_near_the_one_in_floats",
        || {
            let dir = Workdir::new();
            dir.images("images", 20);
            let float = wrap(&dir, "mobilenet_v1.pb", &["--name", "tiny"]);
            let floats = bottlenecks(&float, 1);
            let images = dir.path("images");
            let flags = [
                "--name",
                "tiny_quantized",
                "--calibrate",
                images.to_str().unwrap(),
            ];
            let quantised = wrap(&dir, "mobilenet_v1.pb", &flags);
            assert_eq!(quantised.architecture, "tiny_quantized");
            let said = quantised
                .properties
                .iter()
                .find(|(key, _)| key == "hd.quantised")
                .unwrap();
            assert!(said.1.starts_with("int8, calibrated on "), "{}", said.1);
            let integers = bottlenecks(&quantised, 1);
            // Not the same, or nothing was quantised; and near enough.
            assert_ne!(floats, integers);
            assert!(cosine(&floats, &integers) > 0.98, "{floats:?} {integers:?}");
            // The same images give the same base.
            let again = fs::read(dir.path("base.onnx")).unwrap();
            wrap(&dir, "mobilenet_v1.pb", &flags);
            assert_eq!(fs::read(dir.path("base.onnx")).unwrap(), again);
            // Only what is known node by node can be quantised.
            let call = dir
                .program("hd-fetch")
                .args(["base", "--from"])
                .arg(network("resnet.onnx"));
            let run = call.args(flags).ends_with(1);
            assert!(
                run.stderr()
                    .contains("only the bases of the catalogue and graphs of TensorFlow"),
                "{}",
                run.stderr()
            );
            dir.write("empty/label/notes.txt", "no image");
            let call = dir
                .program("hd-fetch")
                .args(["base", "--from"])
                .arg(network("mobilenet_v1.pb"));
            let run = call
                .args(["--name", "tiny_quantized", "--calibrate", "empty"])
                .ends_with(1);
            assert!(
                run.stderr().contains("no image to calibrate on"),
                "{}",
                run.stderr()
            );
        },
    );
}
