use super::*;
use crate::convert::{Provenance, Resizing};
use crate::onnx::proto::{Attribute, Node, Property, Tensor as Weights};
use crate::photo::{Filter, ResizeRule};

const RESNET: &[u8] = include_bytes!("../../../../../tests/networks/resnet.onnx");

fn read(bytes: Vec<u8>) -> Result<Foreign> {
    Foreign::read(Path::new("net.onnx"), bytes.into())
}

fn plan() -> Plan {
    Plan {
        provenance: Provenance {
            architecture: "net".into(),
            source: "net.onnx".into(),
            sha256: String::new(),
            licence: String::new(),
        },
        cut: Cut::Pooled,
        pool: None,
        size: None,
        mean: [0.5; 3],
        std: [0.5; 3],
        resize: Resizing::ForSize(ResizeRule::Squash),
        filter: Filter::Antialiased,
    }
}

/// The network after `change`.
fn changed(change: impl Fn(&mut Model)) -> Vec<u8> {
    let mut model = Model::decode(RESNET).unwrap();
    change(&mut model);
    model.encode_to_vec()
}

fn graph(model: &mut Model) -> &mut Graph {
    model.graph.as_mut().unwrap()
}

fn node<'a>(model: &'a mut Model, operation: &str) -> &'a mut Node {
    let mut nodes = graph(model).node.iter_mut();
    nodes.find(|node| node.op_type == operation).unwrap()
}

fn refused(bytes: Vec<u8>) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_network_is_refused() {
    let graphdef = include_bytes!("../../../../../tests/networks/mobilenet_v1.pb").to_vec();
    for bytes in [vec![], b"no network".to_vec(), vec![0xff; 100], graphdef] {
        let message = refused(bytes);
        assert!(
            message.starts_with("net.onnx: not an ONNX network"),
            "{message}"
        );
    }
    // Its graph is one field of the file, and is not there before it is whole.
    for length in 0..RESNET.len() * 9 / 10 {
        assert!(read(RESNET[..length].to_vec()).is_err(), "{length}");
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let network = read(RESNET.to_vec()).unwrap();
    let message = network
        .tensor(&Cut::Named("fc7".into()))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("no tensor 'fc7'") && message.contains("--list"),
        "{message}"
    );
    let cut = changed(|model| drop(graph(model).initializer.remove(0)));
    assert!(refused(cut).contains("which is not there"));
}

#[test]
fn a_network_that_turns_in_circles_is_refused() {
    let circle = changed(|model| {
        let last = node(model, "Gemm").input[0].clone();
        node(model, "MaxPool").input[0] = last;
    });
    assert!(refused(circle).contains("depends on itself"));
}

#[test]
fn names_that_are_taken_twice_and_sparse_weights_are_refused() {
    let twice = changed(|model| {
        let first = graph(model).node[0].clone();
        graph(model).node.push(first);
    });
    assert!(refused(twice).contains("two tensors have the name"));
    let sparse = changed(|model| {
        graph(model)
            .sparse_initializer
            .push(Bytes::from_static(b""))
    });
    assert!(refused(sparse).contains("sparse weights"));
}

#[test]
fn the_input_must_be_one_image_in_floats() {
    let with = |change: &dyn Fn(&mut crate::onnx::proto::TensorType)| {
        refused(changed(|model| {
            change(
                graph(model).input[0]
                    .kind
                    .as_mut()
                    .unwrap()
                    .tensor
                    .as_mut()
                    .unwrap(),
            );
        }))
    };
    assert!(
        with(&|tensor| tensor.elem_type = 10).contains("float16; export the network in float32")
    );
    assert!(with(&|tensor| tensor.elem_type = 2).contains("is uint8"));
    let dim = |index: usize, value: i64| {
        with(&|tensor| tensor.shape.as_mut().unwrap().dim[index].value = Some(value))
    };
    assert!(dim(1, 1).contains("[?, 1, 32, 32], where [N, 3, H, W] or [N, H, W, 3] was expected"));
    assert!(dim(0, 8).contains("for any number of images, or for one"));
    assert!(dim(2, 48).contains("only square images"));
    assert!(dim(2, 1 << 40).contains("only square images"));
    let two = changed(|model| {
        let mut other = graph(model).input[0].clone();
        other.name = "other".into();
        graph(model).input.push(other);
    });
    assert!(refused(two).contains("it takes 2 inputs"));
}

#[test]
fn its_size_is_its_own_or_must_be_given() {
    let own = read(RESNET.to_vec()).unwrap();
    assert_eq!(own.size(None).unwrap(), 32);
    assert!(
        own.size(Some(48))
            .unwrap_err()
            .to_string()
            .contains("32 x 32 pixels, not of 48 x 48")
    );
    let any = read(changed(|model| {
        let tensor = graph(model).input[0]
            .kind
            .as_mut()
            .unwrap()
            .tensor
            .as_mut()
            .unwrap();
        for dim in &mut tensor.shape.as_mut().unwrap().dim[2..] {
            dim.value = None;
        }
    }));
    let any = any.unwrap();
    assert_eq!(any.size(Some(48)).unwrap(), 48);
    assert!(any.size(None).unwrap_err().to_string().contains("--size N"));
}

#[test]
fn what_follows_the_bottleneck_is_left_out() {
    let network = read(RESNET.to_vec()).unwrap();
    let name = network.tensor(&Cut::Pooled).unwrap();
    let base = network
        .base(
            &Candidate {
                name,
                values: 6,
                tokens: None,
            },
            true,
            &plan(),
        )
        .unwrap();
    let graph = Model::decode(Bytes::from(base)).unwrap().graph.unwrap();
    assert!(graph.node.iter().all(|node| node.op_type != "Gemm"));
    assert!(
        graph
            .initializer
            .iter()
            .all(|tensor| !tensor.name.contains("fc."))
    );
    // Names of its own that the network could have had too.
    let added = ["image", "bottleneck"];
    let outputs = graph.node.iter().flat_map(|node| &node.output);
    let theirs =
        outputs.filter(|name| !added.contains(&name.as_str()) && !name.starts_with("normalise/"));
    assert!(theirs.clone().count() > 5 && theirs.clone().all(|name| name.starts_with(FOREIGN)));
}

/// The network with its first weights in the file `location`.
fn outside(location: &str, offset: &str, length: &str) -> Vec<u8> {
    changed(|model| {
        let tensor: &mut Weights = &mut graph(model).initializer[0];
        tensor.raw_data = None;
        tensor.data_location = 1;
        let pairs = [
            ("location", location),
            ("offset", offset),
            ("length", length),
        ];
        tensor.external_data = pairs
            .map(|(key, value)| Property {
                key: key.into(),
                value: value.into(),
            })
            .to_vec();
    })
}

#[test]
fn weights_in_a_file_of_their_own_are_brought_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.onnx");
    let model = Model::decode(RESNET).unwrap();
    let weights = model.graph.unwrap().initializer[0]
        .raw_data
        .clone()
        .unwrap();
    std::fs::write(
        folder.path().join("net.data"),
        [&b"1234"[..], &weights].concat(),
    )
    .unwrap();
    let base = |bytes: Vec<u8>| {
        let network = Foreign::read(&path, bytes.into())?;
        let name = network.tensor(&Cut::Pooled)?;
        network.base(
            &Candidate {
                name,
                values: 6,
                tokens: None,
            },
            true,
            &plan(),
        )
    };
    let length = weights.len().to_string();
    assert_eq!(
        base(outside("net.data", "4", &length)).unwrap(),
        base(RESNET.to_vec()).unwrap()
    );
    for (location, offset, length, reason) in [
        ("net.data", "5", length.as_str(), "it is too short"),
        ("net.data", "4", "4", "they have 4 bytes in "),
        ("net.data", "4", "18446744073709551615", "it is too short"),
        ("net.data", "x", "4", "a position that is no number"),
        ("missing.data", "0", "4", "No such file"),
        ("../net.data", "0", "4", "leads out of the network's folder"),
        ("/etc/passwd", "0", "4", "leads out of the network's folder"),
    ] {
        let message = base(outside(location, offset, length))
            .unwrap_err()
            .to_string();
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn a_constant_of_a_node_is_brought_in_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.onnx");
    let mut weights = Vec::new();
    let constants = changed(|model| {
        let first = graph(model).initializer.remove(0);
        let node = Node {
            op_type: "Constant".into(),
            name: "constant".into(),
            output: vec![first.name.clone()],
            attribute: vec![Attribute {
                name: "value".into(),
                kind: 4,
                t: Some(first),
                ..Attribute::default()
            }],
            ..Node::default()
        };
        graph(model).node.insert(0, node);
    });
    let moved = {
        let mut model = Model::decode(constants.as_slice()).unwrap();
        let tensor = graph(&mut model).node[0].attribute[0].t.as_mut().unwrap();
        weights.extend(tensor.raw_data.take().unwrap());
        tensor.data_location = 1;
        tensor.external_data = vec![Property {
            key: "location".into(),
            value: "net.data".into(),
        }];
        model.encode_to_vec()
    };
    std::fs::write(folder.path().join("net.data"), weights).unwrap();
    let base = |bytes: Vec<u8>| {
        let network = Foreign::read(&path, bytes.into()).unwrap();
        let name = network.tensor(&Cut::Pooled).unwrap();
        let tensor = Candidate {
            name,
            values: 6,
            tokens: None,
        };
        network.base(&tensor, true, &plan()).unwrap()
    };
    assert!(base(moved) == base(constants));
}

/// The network with no size of its input fixed, after `change`.
fn open(change: impl Fn(&mut Model)) -> Result<Foreign> {
    read(changed(|model| {
        let kind = graph(model).input[0].kind.as_mut().unwrap();
        kind.tensor.as_mut().unwrap().shape = None;
        change(model);
    }))
}

/// Puts a transposition before the first convolution.
fn transpose(model: &mut Model, order: [i64; 4]) {
    let first = node(model, "Conv");
    let input = std::mem::replace(&mut first.input[0], "turned".into());
    let perm = Attribute {
        name: "perm".into(),
        kind: 7,
        ints: order.to_vec(),
        ..Attribute::default()
    };
    let node = |operation: &str, input: &str, output: &str, attribute| Node {
        op_type: operation.into(),
        name: output.into(),
        input: vec![input.into()],
        output: vec![output.into()],
        attribute,
        ..Node::default()
    };
    let before = [
        node("Identity", &input, "same", vec![]),
        node("Transpose", "same", "turned", vec![perm]),
    ];
    graph(model).node.splice(0..0, before);
}

#[test]
fn the_first_convolution_tells_which_axis_is_colour() {
    assert!(open(|_| {}).unwrap().is_planar());
    assert!(
        !open(|model| transpose(model, [0, 3, 1, 2]))
            .unwrap()
            .is_planar()
    );
    assert!(
        open(|model| transpose(model, [0, 1, 3, 2]))
            .unwrap()
            .is_planar()
    );
    let refused = |change: &dyn Fn(&mut Model)| open(change).unwrap_err().to_string();
    let message = refused(&|model| transpose(model, [3, 0, 1, 2]));
    assert!(
        message.contains("has the shape [?, ?, ?, ?], and"),
        "{message}"
    );
    let message = refused(&|model| transpose(model, [0, 1, 2, 9]));
    assert!(message.contains("no convolution tells"), "{message}");
    let message = refused(&|model| node(model, "Conv").op_type = "Reshape".into());
    assert!(
        message.contains("export the network with a fixed [1, 3, H, W]"),
        "{message}"
    );
    let message = refused(&|model| {
        let kernel = node(model, "Conv").input[1].clone();
        let mut weights = graph(model).initializer.iter_mut();
        weights.find(|tensor| tensor.name == kernel).unwrap().dims[1] = 1;
    });
    assert!(
        message.contains("takes 1 channel, where the three"),
        "{message}"
    );
}

#[test]
fn links_lead_to_weights_in_the_networks_folder_only() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let place = |name: &str| root.path().join(name);
    for folder in ["kept", "named", "elsewhere"] {
        std::fs::create_dir(place(folder)).unwrap();
    }
    let model = Model::decode(RESNET).unwrap();
    let weights = &model.graph.unwrap().initializer[0];
    let weights = weights.raw_data.clone().unwrap();
    let network = outside("net.data", "0", &weights.len().to_string());
    std::fs::write(place("kept/1"), &network).unwrap();
    symlink(place("kept/1"), place("named/net.onnx")).unwrap();
    let base = |data: &str| {
        std::fs::write(place(data), &weights).unwrap();
        let link = place("named/net.data");
        let _ = std::fs::remove_file(&link);
        symlink(place(data), link).unwrap();
        let network = Foreign::read(&place("named/net.onnx"), network.clone().into())?;
        let name = network.tensor(&Cut::Pooled)?;
        network.base(
            &Candidate {
                name,
                values: 6,
                tokens: None,
            },
            true,
            &plan(),
        )
    };
    // As caches of models have them, whose files have digests for names.
    base("kept/2").unwrap();
    base("named/2").unwrap();
    let message = base("elsewhere/2").unwrap_err().to_string();
    assert!(
        message.contains("'net.data' leads out of the network's folder"),
        "{message}"
    );
}

#[test]
fn a_constant_in_a_file_of_its_own_is_refused_wherever_it_is_named() {
    let bytes = changed(|model| {
        // An operation that the network brings along, with a node (7) with an attribute (5) with a tensor (5) that lies
        // elsewhere (14).
        model.functions = vec![Bytes::from_static(&[
            0x3a, 0x06, 0x2a, 0x04, 0x2a, 0x02, 0x70, 0x01,
        ])];
    });
    let error = Foreign::read(Path::new("net.onnx"), bytes.into()).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains(
            "lies in a file of its own, which is not supported; export it with all weights"
        ),
        "{said}"
    );
}
