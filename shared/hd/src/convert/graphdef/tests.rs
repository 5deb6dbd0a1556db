use super::proto::{AttrValue, Dim, NodeDef, Shape, TensorProto};
use super::*;
use crate::convert::{Provenance, Resizing};
use crate::photo::{Filter, ResizeRule};

const GRAPH: &[u8] = include_bytes!("../../../../../tests/networks/mobilenet_v1.pb");

fn plan(cut: Cut) -> Plan {
    Plan {
        provenance: Provenance {
            architecture: "mobilenet_v1".into(),
            source: "here".into(),
            sha256: String::new(),
            licence: String::new(),
        },
        cut,
        pool: None,
        size: None,
        mean: [0.5; 3],
        std: [0.5; 3],
        resize: Resizing::ForSize(ResizeRule::Squash),
        filter: Filter::LegacyBilinear,
    }
}

fn read(graph: &[u8], cut: Cut) -> Result<Vec<u8>> {
    base_from_graph(
        Path::new("graph.pb"),
        &Bytes::copy_from_slice(graph),
        &plan(cut),
        None,
    )
}

fn refused(graph: &[u8]) -> String {
    let refused = read(graph, Cut::Pooled).map(|base| base.len());
    refused.unwrap_err().to_string()
}

/// The graph after `change`.
fn changed(change: impl Fn(&mut GraphDef)) -> Vec<u8> {
    let mut graph = GraphDef::decode(GRAPH).unwrap();
    change(&mut graph);
    graph.encode_to_vec()
}

fn node<'a>(graph: &'a mut GraphDef, end: &str) -> &'a mut NodeDef {
    let found = graph.node.iter_mut().find(|node| node.name.ends_with(end));
    found.unwrap()
}

#[test]
fn batch_norm_in_single_operations_leaves_convolutions_and_activations_only() {
    let base =
        crate::onnx::Network::made(Path::new("base"), read(GRAPH, Cut::Logits).unwrap()).unwrap();
    let model = crate::onnx::proto::Model::decode(base.bytes.clone()).unwrap();
    let nodes = model.graph.unwrap().node;
    let count = |operation: &str| {
        nodes
            .iter()
            .filter(|node| node.op_type == operation)
            .count()
    };
    // Five with batch norm, and the classifier.
    assert_eq!((count("Conv"), count("Clip")), (6, 5));
    assert_eq!(
        (count("Mul"), count("Add")),
        (1, 1),
        "the normalisation of pixels alone"
    );
    assert_eq!((base.bottleneck_size, base.preprocess.width), (5, 32));
}

#[test]
fn what_is_no_graph_is_refused() {
    for bytes in [
        &b""[..],
        b"no graph",
        &[0xff; 100],
        include_bytes!("../../../../../tests/networks/resnet.onnx"),
    ] {
        let message = refused(bytes);
        assert!(
            message.starts_with("graph.pb: not a frozen graph of TensorFlow"),
            "{message}"
        );
    }
}

#[test]
fn a_graph_that_is_cut_short_anywhere_is_refused() {
    // The head of retrain.py comes last, and is not wanted.
    let mut graph = GraphDef::decode(GRAPH).unwrap();
    let last = graph
        .node
        .iter()
        .position(|node| node.name == "MobilenetV1/Predictions/Reshape")
        .unwrap();
    graph.node.truncate(last + 1);
    let whole = graph.encode_to_vec();
    assert!(read(&whole, Cut::Logits).is_ok());
    for length in 0..whole.len() {
        assert!(read(&whole[..length], Cut::Logits).is_err(), "{length}");
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let message = read(GRAPH, Cut::Named("fc7".into()))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("no tensor 'fc7'") && message.contains("--output"),
        "{message}"
    );
    let cut = changed(|graph| graph.node.retain(|node| !node.name.ends_with("gamma/read")));
    let message = refused(&cut);
    assert!(
        message.contains("takes 'MobilenetV1/Conv2d_") && message.contains("not there"),
        "{message}"
    );
}

#[test]
fn an_unknown_operation_is_named_with_its_node() {
    let other = changed(|graph| node(graph, "Conv2d_1_pointwise/activation").op = "Elu".into());
    assert_eq!(
        refused(&other),
        "graph.pb: node 'MobilenetV1/Conv2d_1_pointwise/activation' (Elu): this reader does not know the operation"
    );
}

#[test]
fn a_graph_that_turns_in_circles_is_refused() {
    let circle = changed(|graph| {
        node(graph, "Conv2d_0/convolution").input[0] =
            "MobilenetV1/Conv2d_2_pointwise/activation".into();
    });
    assert!(refused(&circle).contains("depends on itself"));
    let own = changed(|graph| {
        node(graph, "Conv2d_0/activation").input[0] = "MobilenetV1/Conv2d_0/activation".into()
    });
    assert!(refused(&own).contains("'MobilenetV1/Conv2d_0/activation' depends on itself"));
}

#[test]
fn names_that_are_taken_twice_are_refused() {
    let twice = changed(|graph| graph.node.push(graph.node[0].clone()));
    assert!(refused(&twice).contains("two nodes have the name"));
    // A name that the base needs for itself.
    let reserved = changed(|graph| {
        let old = "MobilenetV1/Conv2d_0/activation";
        for node in &mut graph.node {
            for name in node
                .input
                .iter_mut()
                .chain([&mut node.name])
                .filter(|name| *name == old)
            {
                *name = "bottleneck".into();
            }
        }
    });
    assert!(refused(&reserved).contains("two tensors would have the name 'bottleneck'"));
}

#[test]
fn a_tensor_that_is_not_one_vector_a_image_is_refused() {
    let message = |tensor: &str| {
        read(GRAPH, Cut::Named(tensor.into()))
            .unwrap_err()
            .to_string()
    };
    assert!(message("MobilenetV1/Conv2d_0/activation").contains("16 x 16 vectors an image"));
    assert!(message("MobilenetV1/Conv2d_0/weights/read").contains("does not depend on the image"));
    // Behind the head of retrain.py.
    assert!(message("final_result").contains("does not know the operation"));
}

#[test]
fn a_graph_is_not_taken_for_another_of_its_family() {
    let as_expected = |size, values| {
        let expected = Some(Expected { size, values });
        base_from_graph(
            Path::new("graph.pb"),
            &Bytes::from_static(GRAPH),
            &plan(Cut::Pooled),
            expected,
        )
        .map(|_| ())
        .map_err(|error| error.to_string())
    };
    as_expected(32, 8).unwrap();
    assert!(
        as_expected(24, 8)
            .unwrap_err()
            .contains("32 x 32 pixels, not of 24 x 24")
    );
    assert!(
        as_expected(32, 16)
            .unwrap_err()
            .contains("has 8 values an image, and mobilenet_v1 has 16")
    );
}

#[test]
fn weights_that_are_used_without_end_are_refused() {
    // Each product is a node of a few bytes.
    let greedy = changed(|graph| {
        let large = Dim { size: 1 << 16 };
        let value = TensorProto {
            dtype: 1,
            tensor_shape: Some(Shape { dim: vec![large] }),
            float_val: vec![1.0],
            ..TensorProto::default()
        };
        let value = AttrValue {
            tensor: Some(value),
            ..AttrValue::default()
        };
        let mut last = NodeDef {
            name: "large".into(),
            op: "Const".into(),
            attr: [("value".to_owned(), value)].into(),
            ..NodeDef::default()
        };
        for index in 0..100 {
            let next = NodeDef {
                name: format!("again/{index}"),
                op: "Mul".into(),
                input: vec![last.name.clone(); 2],
                ..NodeDef::default()
            };
            graph.node.push(last);
            last = next;
        }
        node(graph, "Conv2d_0/convolution").input[1] = last.name.clone();
        graph.node.push(last);
    });
    assert!(refused(&greedy).contains("uses its weights too often"));
}

#[test]
fn a_long_chain_of_nodes_needs_no_deep_stack() {
    let long = changed(|graph| {
        let mut last = "MobilenetV1/Conv2d_0/activation".to_owned();
        for index in 0..200_000 {
            let name = format!("same/{index}");
            graph.node.push(NodeDef {
                name: name.clone(),
                op: "Identity".into(),
                input: vec![last],
                ..NodeDef::default()
            });
            last = name;
        }
        node(graph, "Conv2d_1_depthwise/convolution").input[0] = last;
    });
    read(&long, Cut::Pooled).unwrap();
}

#[test]
fn other_layouts_and_batch_norm_for_training_are_refused() {
    let planes = changed(|graph| {
        let value = AttrValue {
            s: Some(Bytes::from_static(b"NCHW")),
            ..AttrValue::default()
        };
        node(graph, "Conv2d_0/convolution")
            .attr
            .insert("data_format".into(), value);
    });
    assert!(refused(&planes).contains("its data format is NCHW"));
    let fused =
        GraphDef::decode(&include_bytes!("../../../../../tests/networks/fused.pb")[..]).unwrap();
    let mut training = fused.clone();
    for node in training
        .node
        .iter_mut()
        .filter(|node| node.op.starts_with("FusedBatchNorm"))
    {
        node.attr.get_mut("is_training").unwrap().b = Some(true);
    }
    let wanted = Plan {
        size: Some(33),
        ..plan(Cut::Named("features".into()))
    };
    let read = |graph: &GraphDef| {
        base_from_graph(
            Path::new("graph.pb"),
            &graph.encode_to_vec().into(),
            &wanted,
            None,
        )
    };
    read(&fused).unwrap();
    assert!(
        read(&training)
            .unwrap_err()
            .to_string()
            .contains("it is for training")
    );
}
