use std::fs;
use std::path::PathBuf;

use hd::base::{Base, OnnxBase, Runtime};
use hd::onnx::Network;
use hd::photo::{Element, Preprocess, ResizeRule};

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
pub(crate) fn wrap(dir: &Workdir, name: &str, flags: &[&str]) -> Network {
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
                ("inception.pb", &[], "inception.pb pooled"),
                (
                    "inception.pb",
                    &["--bottleneck", "logits"],
                    "inception.pb logits",
                ),
                ("resnet_v1.pb", &[], "resnet_v1.pb pooled"),
                (
                    "resnet_v1.pb",
                    &["--bottleneck", "logits"],
                    "resnet_v1.pb logits",
                ),
                ("resnet_v2.pb", &[], "resnet_v2.pb pooled"),
                (
                    "resnet_v2.pb",
                    &["--bottleneck", "logits"],
                    "resnet_v2.pb logits",
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
            "no fully connected layer leads to its end; --output names the tensor",
        ),
        (
            "inception.pb",
            &["--mean", "0.5"],
            "it normalises pixels itself; leave --mean and --std away",
        ),
        (
            "inception.pb",
            &["--size", "299"],
            "43 x 43 pixels, not of 299 x 299",
        ),
        (
            "inception.pb",
            &["--output", "mixed_10/join"],
            "4 x 4 vectors an image",
        ),
        (
            "inception.pb",
            &["--pool", "mean"],
            "--pool is for the tokens of ONNX networks",
        ),
        ("any_planes.onnx", &[], "any size; --size N says"),
        ("any_pixels.onnx", &["--list"], "any size; --size N says"),
        (
            "resnet.onnx",
            &["--pool", "cls"],
            "one vector an image already, and --pool is for tokens",
        ),
        (
            "patches.onnx",
            &["--size", "32", "--pool", "cls"],
            "16 tokens of 'last_hidden_state' all stand for patches of the image, and none for its class; take --pool mean",
        ),
        (
            "patches.onnx",
            &["--size", "32", "--bottleneck", "logits"],
            "--output names one",
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

#[test]
fn a_graph_that_normalises_its_pixels_itself_is_taken_at_its_word() {
    let dir = Workdir::new();
    base();
    let told = |name: &str| {
        let call = dir.program("hd-fetch").args(["base", "--from"]);
        let call = call.arg(network(name)).args(["-o", "base.onnx"]);
        call.succeeds().stderr()
    };
    assert!(!told("inception.pb").contains("pixels are normalised as is usual"));
    assert!(told("resnet_v1.pb").contains("pixels are normalised as is usual"));
    // The network's own answers too: a softmax goes behind the logits.
    dir.images("images", 1);
    dir.write("labels.txt", "a\nb\nc\nd\ne\nf\n");
    let call = dir.program("hd-label").arg("--graph");
    let call = call.arg(network("inception.pb"));
    let call = call.args(["--labels", "labels.txt", "images"]);
    // As label_image.py was called.
    let run = call.args(["--input_layer=Mul", "--input_mean=128", "--input_std=128"]);
    let run = run.succeeds();
    assert_eq!(run.stdout().lines().count(), 2);
    assert!(
        run.stderr().contains("not needed: --input-mean"),
        "{}",
        run.stderr()
    );
}

#[test]
fn a_convolution_tells_the_layout_where_no_size_is_fixed() {
    alone(
        "networks::a_convolution_tells_the_layout_where_no_size_is_fixed",
        || {
            let dir = Workdir::new();
            for (name, what) in [
                ("any_planes.onnx", "resnet.onnx features"),
                ("any_pixels.onnx", "keras.onnx features"),
            ] {
                let base = wrap(&dir, name, &["--size", "32"]);
                assert_near(&bottlenecks(&base, 1), &expected(what), what);
                assert_near(&bottlenecks(&base, 3), &expected(what).repeat(3), what);
                // Both are made of convolutions and a mean, and take any size.
                assert_eq!(wrap(&dir, name, &["--size", "48"]).preprocess.width, 48);
            }
        },
    );
}

/// The normalisation that the transformers were made with.
const NORMALISED: [&str; 4] = ["--mean", "0.5", "--std", "0.25"];

#[test]
fn the_tokens_of_a_transformer_become_one_vector() {
    alone(
        "networks::the_tokens_of_a_transformer_become_one_vector",
        || {
            let dir = Workdir::new();
            for (name, flags, what, pool) in [
                ("tokens.onnx", &[][..], "tokens.onnx cls", Some("cls")),
                (
                    "tokens.onnx",
                    &["--pool", "cls"],
                    "tokens.onnx cls",
                    Some("cls"),
                ),
                (
                    "tokens.onnx",
                    &["--pool", "mean"],
                    "tokens.onnx mean",
                    Some("mean"),
                ),
                (
                    "tokens.onnx",
                    &["--output", "last_hidden_state", "--pool", "mean"],
                    "tokens.onnx mean",
                    Some("mean"),
                ),
                (
                    "tokens.onnx",
                    &["--output", "pooler_output"],
                    "tokens.onnx pooler",
                    None,
                ),
                ("patches.onnx", &[], "patches.onnx mean", Some("mean")),
            ] {
                let flags = [&["--size", "32"][..], &NORMALISED, flags].concat();
                let base = wrap(&dir, name, &flags);
                assert_near(&bottlenecks(&base, 1), &expected(what), what);
                assert_near(&bottlenecks(&base, 3), &expected(what).repeat(3), what);
                assert_eq!(base.property("hd.pool"), pool, "{flags:?}");
            }
            let call = dir.program("hd-fetch").args(["base", "--list", "--from"]);
            let listed = call.arg(network("tokens.onnx")).args(["--size", "32"]);
            let listed = listed.succeeds().stdout();
            assert!(
                listed.contains("last_hidden_state\t[N, 17, 6]\n"),
                "{listed}"
            );
            assert!(listed.contains("pooler_output\t[N, 6]\n"), "{listed}");
        },
    );
}

#[test]
fn a_file_of_preprocessing_beside_a_network_says_what_no_flag_does() {
    alone(
        "networks::a_file_of_preprocessing_beside_a_network_says_what_no_flag_does",
        || {
            let dir = Workdir::new();
            base();
            let model = fs::read(network("tokens.onnx")).unwrap();
            let config = r#"{"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 36},
            "do_center_crop": true, "crop_size": {"height": 32, "width": 32}, "resample": 3,
            "rescale_factor": 0.00392156862745098, "do_normalize": true,
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25]}"#;
            let fetch = |model: &str, flags: &[&str]| {
                let call = dir.program("hd-fetch").args(["base", "--from", model]);
                call.args(["-o", "base.onnx"]).args(flags)
            };
            // Exporters put the network beside the file, or into a folder below it.
            for (file, model_file) in [
                ("a/preprocessor_config.json", "a/model.onnx"),
                ("b/preprocessor_config.json", "b/onnx/model.onnx"),
            ] {
                dir.write(file, config);
                dir.write(model_file, &model);
                let told = fetch(model_file, &[]).succeeds().stderr();
                for words in [
                    "preprocessor_config.json: images of 32 x 32; the middle of an image whose shorter side was brought to 36",
                    "mean 0.500, 0.500, 0.500; deviation 0.250, 0.250, 0.250",
                    "it wants the bicubic filter, and images are resized bilinearly",
                ] {
                    assert!(told.contains(words), "{told}");
                }
                assert!(!told.contains("as is usual"), "{told}");
                let base = Network::open_base(&dir.path("base.onnx")).unwrap();
                let rule = ResizeRule::CentreCrop { shorter_side: 36 };
                assert_eq!(base.preprocess.resize, rule);
                assert_near(
                    &bottlenecks(&base, 1),
                    &expected("tokens.onnx cls"),
                    model_file,
                );
            }
            // What is given by hand outranks it, and nothing else is said to be taken.
            let flags = ["--mean", "0.4", "--std", "0.2", "--resize", "squash"];
            let told = fetch("a/model.onnx", &flags).succeeds().stderr();
            assert!(
                told.contains("preprocessor_config.json: images of 32 x 32; it wants"),
                "{told}"
            );
            let base = Network::open_base(&dir.path("base.onnx")).unwrap();
            assert_eq!(base.preprocess.resize, ResizeRule::Squash);
            let by_hand = bottlenecks(&base, 1);
            let usual = wrap(
                &dir,
                "tokens.onnx",
                &["--size", "32", "--mean", "0.4", "--std", "0.2"],
            );
            assert_near(&by_hand, &bottlenecks(&usual, 1), "by hand");
            let told = fetch("a/model.onnx", &["--size", "48"]).ends_with(1);
            assert!(told.stderr().contains("a/model.onnx"), "{}", told.stderr());
        },
    );
}

#[test]
fn a_file_of_preprocessing_that_cannot_be_followed_is_refused() {
    let dir = Workdir::new();
    base();
    dir.write("model.onnx", fs::read(network("any_planes.onnx")).unwrap());
    for (config, reason) in [
        ("{", "not understood as a file of preprocessing"),
        (
            r#"{"size": {"height": 384, "width": 512}}"#,
            "384 x 512, and only square images are supported; rename it, and say what it should with --size",
        ),
        (r#"{"do_flip_channel_order": true}"#, "blue before red"),
    ] {
        dir.write("preprocessor_config.json", config);
        let call = dir
            .program("hd-fetch")
            .args(["base", "--from", "model.onnx"]);
        let said = call.args(["-o", "base.onnx"]).ends_with(1).stderr();
        assert!(
            said.contains("preprocessor_config.json: ") && said.contains(reason),
            "{said}"
        );
        assert!(!dir.path("base.onnx").exists());
    }
    // It says nothing of size.
    dir.write(
        "preprocessor_config.json",
        r#"{"image_mean": 0.5, "image_std": 0.5}"#,
    );
    let call = dir
        .program("hd-fetch")
        .args(["base", "--from", "model.onnx"]);
    let said = call.args(["-o", "base.onnx"]).ends_with(1).stderr();
    assert!(said.contains("--size N says which"), "{said}");
}

#[test]
fn weights_in_a_file_beside_the_network_go_into_the_base() {
    let dir = Workdir::new();
    base();
    let outside = fs::read(network("outside.data")).unwrap();
    dir.write("outside.onnx", fs::read(network("outside.onnx")).unwrap());
    let fetch = || {
        let call = dir.program("hd-fetch").args(["base", "--from"]);
        call.args(["outside.onnx", "-o", "base.onnx", "--name", "resnet"])
    };
    let said = fetch().ends_with(1).stderr();
    assert!(
        said.contains("outside.data: ") && said.contains("has to lie beside the network"),
        "{said}"
    );
    dir.write("outside.data", &outside[..outside.len() - 1]);
    assert!(fetch().ends_with(1).stderr().contains("it is too short"));
    dir.write("outside.data", &outside);
    fetch().succeeds();
    // The base needs it no more.
    fs::remove_file(dir.path("outside.data")).unwrap();
    alone(
        "networks::weights_in_a_file_beside_the_network_go_into_the_base",
        || {
            let base = Network::open_base(&dir.path("base.onnx")).unwrap();
            let what = "resnet.onnx features";
            assert_near(&bottlenecks(&base, 1), &expected(what), what);
        },
    );
}

#[test]
fn foreign_networks_in_integers_stay_near_those_in_floats() {
    alone(
        "networks::foreign_networks_in_integers_stay_near_those_in_floats",
        || {
            let dir = Workdir::new();
            dir.images("images", 20);
            let images = dir.path("images");
            let flags = |name| ["--name", name, "--calibrate", images.to_str().unwrap()];
            // Residuals, squeeze and excitation with SiLU, and channels last.
            for (name, least) in [
                ("resnet.onnx", 0.99),
                ("efficientnet.onnx", 0.98),
                ("keras.onnx", 0.98),
            ] {
                let float = wrap(&dir, name, &["--name", "own"]);
                let quantised = wrap(&dir, name, &flags("own_quantized"));
                assert_eq!(quantised.architecture, "own_quantized");
                let said = quantised.property("hd.quantised").unwrap();
                assert!(said.starts_with("int8, calibrated on "), "{said}");
                let (floats, integers) = (bottlenecks(&float, 3), bottlenecks(&quantised, 3));
                assert_ne!(floats, integers, "{name}");
                let near = cosine(&floats, &integers);
                assert!(near > least, "{name}: {near} {floats:?} {integers:?}");
            }
        },
    );
}

#[test]
fn attention_is_left_in_floats_with_a_word() {
    alone("networks::attention_is_left_in_floats_with_a_word", || {
        let dir = Workdir::new();
        dir.images("images", 20);
        let float = wrap(&dir, "vit.onnx", &["--name", "own"]);
        let call = dir
            .program("hd-fetch")
            .args(["base", "--from"])
            .arg(network("vit.onnx"))
            .args(["--name", "own_quantized", "--calibrate", "images"]);
        let run = call.args(["-o", "base.onnx"]).succeeds();
        assert!(
            run.stderr()
                .contains("own_quantized: left in float32, as own is: it has the operation"),
            "{}",
            run.stderr()
        );
        let left = Network::open_base(&dir.path("base.onnx")).unwrap();
        assert_eq!(left.architecture, "own_quantized");
        assert_eq!(left.property("hd.quantised"), None);
        assert_eq!(bottlenecks(&left, 1), bottlenecks(&float, 1));
    });
}
