//! Files of weights, in the forms in which people keep them.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use hd::base::{Base, OnnxBase, Runtime};
use hd::convert::NetworkKind;
use hd::onnx::Network;
use hd::photo::ResizeRule;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::networks::{expected, images, network};
use crate::serving::serve;
use crate::workdir::{Workdir, alone, base, cosine, runtime};

/// The classes of ImageNet, which a classifier tells apart.
const CLASSES: i64 = 1000;
/// So many numbers of an answer are kept, and the length of the whole behind them.
const KEPT: usize = 16;

/// A tensor of a file of weights.
struct Tensor {
    name: String,
    shape: Vec<i64>,
    values: Vec<f32>,
}

/// The base of the catalogue, the network that its weights are of, the name that the recipe has for it, and that of its
/// classifier.
const NETWORKS: [(&str, NetworkKind, &str, &str); 7] = [
    (
        "mobilenet_v2_1.0_224",
        NetworkKind::MobilenetV2,
        "mobilenet_v2",
        "classifier.1",
    ),
    (
        "mobilenet_v3_large_224",
        NetworkKind::MobilenetV3Large,
        "mobilenet_v3_large",
        "classifier.3",
    ),
    (
        "mobilenet_v4_conv_small_224",
        NetworkKind::MobilenetV4ConvSmall,
        "mobilenet_v4_conv_small",
        "classifier",
    ),
    (
        "mobilenet_v4_conv_medium_224",
        NetworkKind::MobilenetV4ConvMedium,
        "mobilenet_v4_conv_medium",
        "classifier",
    ),
    (
        "efficientnet_lite0_224",
        NetworkKind::EfficientnetLite0,
        "efficientnet_lite0",
        "_fc",
    ),
    (
        "efficientnet_lite1_240",
        NetworkKind::EfficientnetLite1,
        "efficientnet_lite1",
        "_fc",
    ),
    (
        "efficientnet_lite2_260",
        NetworkKind::EfficientnetLite2,
        "efficientnet_lite2",
        "_fc",
    ),
];

/// FNV-1a of these bytes, going on from `state`.
fn fnv(bytes: &[u8], state: u64) -> u64 {
    let step = |state: u64, &byte: &u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(state, step)
}

/// The tensor of this name and shape, as known_networks.py makes it.
fn tensor(name: &str, shape: &[i64]) -> Tensor {
    let start = fnv(name.as_bytes(), 0xcbf2_9ce4_8422_2325);
    let inputs: i64 = shape.iter().skip(1).product();
    let weight = (6.0 / inputs as f64).sqrt() as f32;
    let value = |i: u64| {
        let hash = fnv(&i.to_le_bytes(), start) >> 40;
        let value = (hash as f64 / f64::from(1 << 23) - 1.0) as f32;
        match shape.len() {
            2.. => value * weight,
            _ if name.ends_with("running_var") => value * 0.25 + 1.5,
            _ if name.ends_with("weight") => value * 0.25 + 1.0,
            _ => value * 0.25,
        }
    };
    let count = shape.iter().product::<i64>() as u64;
    Tensor {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: (0..count).map(value).collect(),
    }
}

/// All tensors of a network, its classifier's too.
fn tensors(kind: NetworkKind, classifier: &str) -> Vec<Tensor> {
    let mut tensors: Vec<Tensor> = kind
        .tensors()
        .iter()
        .map(|(name, shape)| tensor(name, shape))
        .collect();
    tensors.push(tensor(&format!("{classifier}.weight"), &[CLASSES, 1280]));
    tensors.push(tensor(&format!("{classifier}.bias"), &[CLASSES]));
    tensors
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// The file as safetensors, each element written by `write` as the type `dtype`.
fn safetensors(tensors: &[Tensor], dtype: &str, write: fn(&[f32]) -> Vec<u8>) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for tensor in tensors {
        let start = data.len();
        data.extend(write(&tensor.values));
        let entry = serde_json::json!({
            "dtype": dtype, "shape": tensor.shape, "data_offsets": [start, data.len()]
        });
        header.insert(tensor.name.clone(), entry);
    }
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

/// The instruction of a pickle for a string.
fn text(text: &str) -> Vec<u8> {
    [
        b"X",
        &(text.len() as u32).to_le_bytes()[..],
        text.as_bytes(),
    ]
    .concat()
}

fn counts(counts: &[i64]) -> Vec<u8> {
    let count = |&count: &i64| [b"J", &(count as i32).to_le_bytes()[..]].concat();
    [
        b"(",
        &counts.iter().flat_map(count).collect::<Vec<_>>()[..],
        b"t",
    ]
    .concat()
}

/// The file as torch.save writes it, with `prefix` before the names, and within a checkpoint if `wrapper` names it there.
fn zipped(tensors: &[Tensor], prefix: &str, wrapper: Option<&str>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut dict = b"}(".to_vec();
    for (key, tensor) in tensors.iter().enumerate() {
        let key = key.to_string();
        let count = tensor.values.len() as i32;
        let after = |index: usize| tensor.shape[index + 1..].iter().product();
        let strides: Vec<i64> = (0..tensor.shape.len()).map(after).collect();
        dict.extend(text(&format!("{prefix}{}", tensor.name)));
        dict.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        dict.extend([text("storage"), b"ctorch\nFloatStorage\n".to_vec()].concat());
        dict.extend([text(&key), text("cuda:0"), b"J".to_vec()].concat());
        dict.extend([&count.to_le_bytes()[..], b"tQK\x00"].concat());
        dict.extend([counts(&tensor.shape), counts(&strides)].concat());
        dict.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        let name = format!("archive/data/{key}");
        archive.start_file(name, stored).unwrap();
        archive.write_all(&bytes(&tensor.values)).unwrap();
    }
    dict.push(b'u');
    if let Some(name) = wrapper {
        dict = [
            &b"}"[..],
            &text("epoch"),
            b"K\x03s",
            &text(name),
            &dict,
            b"s",
        ]
        .concat();
    }
    archive.start_file("archive/data.pkl", stored).unwrap();
    let pickle = [&b"\x80\x02"[..], &dict, b"."].concat();
    archive.write_all(&pickle).unwrap();
    archive.finish().unwrap().into_inner()
}

/// hd-fetch base with these arguments, into `base.onnx`.
fn fetch(dir: &Workdir, args: &[&str]) -> Network {
    // Brings ONNX Runtime.
    base();
    let call = dir.program("hd-fetch").arg("base").args(args);
    call.args(["-o", "base.onnx"]).succeeds();
    Network::open_base(&dir.path("base.onnx")).unwrap()
}

/// What a base gives for the image of the recipes.
fn answer(base: &Network) -> Vec<f32> {
    let runtime = Runtime::load(Some(&runtime())).unwrap();
    let mut session = OnnxBase::load(&runtime, base).unwrap();
    session.run(&images(&base.preprocess, 1)).unwrap()
}

/// Asserts that an answer is what the recipe wrote down, but for the order of sums.
fn assert_same(ours: &[f32], theirs: &[f32], what: &str) {
    let norm = ours.iter().map(|value| value * value).sum::<f32>().sqrt();
    let scale = theirs[KEPT] / (ours.len() as f32).sqrt();
    assert!(
        (norm / theirs[KEPT] - 1.0).abs() < 1e-4,
        "{what}: {norm} {theirs:?}"
    );
    for (ours, theirs) in ours.iter().zip(&theirs[..KEPT]) {
        assert!(
            (ours - theirs).abs() < 1e-3 * scale,
            "{what}: {ours} {theirs}"
        );
    }
}

#[test]
fn every_network_that_is_known_gives_what_its_framework_gives() {
    alone(
        "weights::every_network_that_is_known_gives_what_its_framework_gives",
        || {
            let dir = Workdir::new();
            for (name, kind, recipe, classifier) in NETWORKS {
                dir.write(
                    "w.safetensors",
                    safetensors(&tensors(kind, classifier), "F32", bytes),
                );
                for (flags, what) in [
                    (&[][..], "features"),
                    (&["--bottleneck", "logits"], "logits"),
                ] {
                    let made = fetch(&dir, &[&[name, "--from", "w.safetensors"], flags].concat());
                    assert_eq!(made.architecture, name);
                    let what = format!("{recipe} {what}");
                    assert_same(&answer(&made), &expected(&what), &what);
                }
            }
        },
    );
}

#[test]
fn squeeze_and_excitation_and_hard_swish_in_integers_stay_near_floats() {
    alone(
        "weights::squeeze_and_excitation_and_hard_swish_in_integers_stay_near_floats",
        || {
            let dir = Workdir::new();
            dir.images("images", 12);
            for (name, kind, _, classifier) in [NETWORKS[1], NETWORKS[2]] {
                dir.write(
                    "w.safetensors",
                    safetensors(&tensors(kind, classifier), "F32", bytes),
                );
                let float = fetch(&dir, &[name, "--from", "w.safetensors"]);
                let images = dir.path("images");
                let calibrate = ["--calibrate", images.to_str().unwrap()];
                let name = format!("{name}_quantized");
                let from = [&name, "--from", "w.safetensors"];
                let quantised = fetch(&dir, &[&from[..], &calibrate].concat());
                assert!(quantised.property("hd.quantised").is_some());
                let near = cosine(&answer(&float), &answer(&quantised));
                assert!(near > 0.98, "{name}: {near}");
            }
        },
    );
}

#[test]
fn a_base_sees_of_an_image_what_its_network_was_trained_on() {
    let dir = Workdir::new();
    let (name, kind, _, classifier) = NETWORKS[6];
    dir.write(
        "w.safetensors",
        safetensors(&tensors(kind, classifier), "F32", bytes),
    );
    let rule = |flags: &[&str]| {
        let made = fetch(&dir, &[&[name, "--from", "w.safetensors"], flags].concat());
        (made.preprocess.width, made.preprocess.resize)
    };
    let crop = ResizeRule::CentreCrop { shorter_side: 292 };
    assert_eq!(rule(&[]), (260, crop));
    assert_eq!(rule(&["--resize", "centre-crop"]), (260, crop));
    assert_eq!(rule(&["--resize", "squash"]), (260, ResizeRule::Squash));
    assert_eq!(rule(&["--size", "128"]), (128, crop));
}

#[test]
fn weights_are_the_same_in_whichever_form_they_were_saved() {
    alone(
        "weights::weights_are_the_same_in_whichever_form_they_were_saved",
        || {
            let dir = Workdir::new();
            let (name, kind, _, classifier) = NETWORKS[0];
            let tensors = tensors(kind, classifier);
            let of = |bytes: Vec<u8>, args: &[&str]| {
                dir.write("weights", bytes);
                answer(&fetch(&dir, &[&["--from", "weights"], args].concat()))
            };
            let plain = of(safetensors(&tensors, "F32", bytes), &[name]);
            for file in [
                zipped(&tensors, "", None),
                zipped(&tensors, "", Some("state_dict")),
                zipped(&tensors, "module.", Some("model")),
                zipped(&tensors, "model.net._orig_mod.", Some("anything")),
            ] {
                assert_eq!(of(file, &[name]), plain);
            }
            // A name that promises nothing leaves it to the weights to say what they are of.
            assert_eq!(of(zipped(&tensors, "", None), &["--name", "own"]), plain);
            // The upper half of a float is a bfloat16.
            let upper = |values: &[f32]| -> Vec<u8> {
                let bits = values.iter().map(|value| (value.to_bits() >> 16) as u16);
                bits.flat_map(u16::to_le_bytes).collect()
            };
            let short = of(safetensors(&tensors, "BF16", upper), &[name]);
            assert!(short != plain && cosine(&short, &plain) > 0.99);
        },
    );
}

/// The bytes of a file in the folder of networks.
fn kept(name: &str) -> Vec<u8> {
    fs::read(network(name)).unwrap()
}

#[test]
fn weights_that_are_wrong_are_refused_with_file_and_tensor() {
    let dir = Workdir::new();
    let (small, kind, _, classifier) = NETWORKS[2];
    let whole = tensors(kind, classifier);
    let changed = |change: &dyn Fn(&mut Vec<Tensor>)| {
        let mut tensors = tensors(kind, classifier);
        change(&mut tensors);
        safetensors(&tensors, "F32", bytes)
    };
    let sound = [
        ("whole.safetensors", safetensors(&whole, "F32", bytes)),
        ("whole.pth", zipped(&whole, "", None)),
    ];
    let shorter = |name: &str, left: usize| {
        let (_, bytes) = sound.iter().find(|(found, _)| *found == name).unwrap();
        bytes[..left.min(bytes.len() - 1)].to_vec()
    };
    let mut flipped = sound[1].1.clone();
    let at = flipped
        .windows(6)
        .position(|part| part == b"data/7")
        .unwrap()
        + 40;
    flipped[at] ^= 1;
    let reshaped = |tensors: &mut Vec<Tensor>| tensors[5].shape = vec![32, 32, 9, 1];
    for (file, bytes, reason) in [
        (
            "another.safetensors",
            sound[0].1.clone(),
            "weights of MobileNet v4 conv-small, not of EfficientNet-Lite0",
        ),
        (
            "graph.safetensors",
            sound[0].1.clone(),
            "weights of MobileNet v4 conv-small, not of mobilenet_1.0_224",
        ),
        (
            "missing.safetensors",
            changed(&|tensors| drop(tensors.remove(5))),
            "no tensor 'blocks.0.0.conv.weight'",
        ),
        (
            "misshapen.safetensors",
            changed(&reshaped),
            "tensor 'blocks.0.0.conv.weight' has the shape [32, 32, 9, 1], not [32, 32, 3, 3]",
        ),
        (
            "short.safetensors",
            shorter("whole.safetensors", usize::MAX),
            "safetensors: ",
        ),
        (
            "header.safetensors",
            shorter("whole.safetensors", 100),
            "safetensors: ",
        ),
        (
            "short.pth",
            shorter("whole.pth", usize::MAX),
            "more bytes, found",
        ),
        (
            "half.pth",
            shorter("whole.pth", sound[1].1.len() / 2),
            "it was cut short",
        ),
        (
            "flipped.pth",
            flipped,
            "\"archive/data/7\" of the zip file is damaged",
        ),
        (
            "code.pth",
            kept("code.pth"),
            "\"argparse.Namespace\" is not one that a state dict needs",
        ),
        (
            "nothing.pth",
            zipped(&[], "", None),
            "expected tensors by name, found none",
        ),
    ] {
        dir.write(file, bytes);
        let name = match file {
            "another.safetensors" => "efficientnet_lite0_224",
            "graph.safetensors" => "mobilenet_1.0_224",
            _ => small,
        };
        let call = dir.program("hd-fetch").args(["base", name, "--from", file]);
        let said = call.args(["-o", "base.onnx"]).ends_with(1).stderr();
        assert!(said.contains(&format!("hd-fetch: {file}: ")), "{said}");
        assert!(said.contains(reason), "{file}: {said}");
        assert!(!dir.path("base.onnx").exists());
    }
}

#[test]
fn what_pytorch_and_safetensors_write_today_is_read() {
    let dir = Workdir::new();
    // They hold the beginning of MobileNet v2, up to the variance of its first batch norm.
    for file in ["zip.pth", "checkpoint.pth", "weights.safetensors"] {
        let call = dir
            .program("hd-fetch")
            .args(["base", "mobilenet_v2_1.0_224", "--from"]);
        let said = call.arg(network(file)).ends_with(1).stderr();
        assert!(
            said.contains("no tensor 'features.0.1.running_var'"),
            "{file}: {said}"
        );
        let call = dir
            .program("hd-fetch")
            .args(["base", "--name", "own", "--from"]);
        let said = call.arg(network(file)).ends_with(1).stderr();
        assert!(
            said.contains("not the weights of a network that is known: MobileNet v2, "),
            "{said}"
        );
    }
}

/// The address of a server that has this file under one path only.
fn served(path: &'static str, content: &Path) -> String {
    let content = fs::read(content).unwrap();
    serve(move |asked| (asked == path).then(|| ("application/octet-stream", content.clone())))
}

#[test]
fn todays_mobile_networks_are_downloaded_by_names_of_their_own() {
    let dir = Workdir::new();
    let fetch = |name: &str, mirror: &str| {
        let call = dir
            .program("hd-fetch")
            .env("XDG_CACHE_HOME", dir.path("cache"));
        call.args(["base", name, "--mirror", mirror])
    };
    for (index, file) in [
        (2, "/mobilenetv4_conv_small.e2400_r224_in1k.safetensors"),
        (3, "/mobilenetv4_conv_medium.e500_r224_in1k.safetensors"),
    ] {
        let (name, kind, _, classifier) = NETWORKS[index];
        dir.write(
            "served",
            safetensors(&tensors(kind, classifier), "F32", bytes),
        );
        fetch(name, &served(file, &dir.path("served"))).succeeds();
        let made = Network::open_base(&dir.path(format!("models/{name}.onnx"))).unwrap();
        assert_eq!(made.bottleneck_size, 1280);
        assert!(dir.path("cache/hd/weights").join(&file[1..]).exists());
    }
    // Of the third only the beginning of its digest is known, and these weights have another.
    let (name, kind, _, classifier) = NETWORKS[1];
    dir.write("served", zipped(&tensors(kind, classifier), "", None));
    let address = served("/mobilenet_v3_large-5c1a4163.pth", &dir.path("served"));
    let said = fetch(name, &address).ends_with(1).stderr();
    assert!(
        said.contains("sha-256 is") && said.contains("5c1a4163..."),
        "{said}"
    );
    let left: Vec<PathBuf> = fs::read_dir(dir.path("cache/hd/weights"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("v3"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
