//! Graphs, node by node: the layers of a convolutional network in the form that ONNX Runtime optimises.
//!
//! Every layer is NCHW with explicit padding and its batch norm folded into the weights, and an activation follows
//! its convolution directly, so that the runtime can fuse the two and choose its blocked layout.

use prost::bytes::Bytes;

use super::proto::{Attribute, FLOAT, Graph, INT, INTS, Node, Tensor};

/// A graph in the making. Each method adds a layer and returns the name of its output.
#[derive(Default)]
pub(super) struct GraphBuilder {
    graph: Graph,
}

/// How a convolution moves over its input: a square kernel with the same stride and padding on every side.
pub(super) struct Window {
    pub(super) kernel: i64,
    pub(super) stride: i64,
    pub(super) group: i64,
}

impl GraphBuilder {
    /// Goes on from `graph`, adding behind what is there.
    pub(super) fn from_graph(graph: Graph) -> Self {
        Self { graph }
    }

    /// The graph as it stands.
    pub(super) fn finish(self) -> Graph {
        self.graph
    }

    /// From uint8 [N, H, W, 3] to float32 [N, 3, H, W], each channel `(x / 255 - mean) / std`.
    ///
    /// The transpose comes first, on bytes, where it is four times cheaper than on floats.
    pub(super) fn normalise(&mut self, image: &str, mean: [f64; 3], std: [f64; 3]) -> String {
        let scale = std.map(|std| (1.0 / (255.0 * std)) as f32);
        let shift = [0, 1, 2].map(|i: usize| match (mean.get(i), std.get(i)) {
            (Some(mean), Some(std)) => (-mean / std) as f32,
            _ => 0.0,
        });
        self.tensor("normalise/scale", &[1, 3, 1, 1], &scale);
        self.tensor("normalise/shift", &[1, 3, 1, 1], &shift);
        let planes = self.node(
            "Transpose",
            "normalise/planes",
            &[image],
            vec![ints("perm", &[0, 3, 1, 2])],
        );
        let floats = self.node(
            "Cast",
            "normalise/floats",
            &[&planes],
            vec![int("to", FLOAT.into())],
        );
        let scaled = self.node(
            "Mul",
            "normalise/scaled",
            &[&floats, "normalise/scale"],
            vec![],
        );
        self.node(
            "Add",
            "normalise/shifted",
            &[&scaled, "normalise/shift"],
            vec![],
        )
    }

    /// A convolution with bias. `weights` is [out, in / group, kernel, kernel], `bias` [out].
    pub(super) fn convolution(
        &mut self,
        name: &str,
        input: &str,
        (shape, weights): (&[i64], &[f32]),
        bias: &[f32],
        window: &Window,
    ) -> String {
        let (w, b) = (format!("{name}/weights"), format!("{name}/bias"));
        self.tensor(&w, shape, weights);
        self.tensor(&b, &[bias.len() as i64], bias);
        let pad = window.kernel / 2;
        let attributes = vec![
            ints("kernel_shape", &[window.kernel; 2]),
            ints("strides", &[window.stride; 2]),
            ints("pads", &[pad; 4]),
            int("group", window.group),
        ];
        self.node("Conv", name, &[input, &w, &b], attributes)
    }

    /// `min(max(x, 0), 6)`.
    pub(super) fn relu6(&mut self, name: &str, input: &str) -> String {
        if !self
            .graph
            .initializer
            .iter()
            .any(|tensor| tensor.name == "relu6/max")
        {
            self.tensor("relu6/min", &[], &[0.0]);
            self.tensor("relu6/max", &[], &[6.0]);
        }
        self.node("Clip", name, &[input, "relu6/min", "relu6/max"], vec![])
    }

    /// The sum of two tensors of one shape.
    pub(super) fn add(&mut self, name: &str, a: &str, b: &str) -> String {
        self.node("Add", name, &[a, b], vec![])
    }

    /// From [N, C, H, W] to the means [N, C].
    pub(super) fn global_average_pool(&mut self, input: &str, output: &str) -> String {
        let pooled = self.node("GlobalAveragePool", "pool", &[input], vec![]);
        self.node("Flatten", output, &[&pooled], vec![int("axis", 1)])
    }

    /// From `input` [N, D] to softmax(input W^T + b) [N, C], with W [C, D] in rows and b [C].
    pub(super) fn softmax_layer(
        &mut self,
        output: &str,
        input: &str,
        weights: &[f32],
        bias: &[f32],
    ) {
        let classes = bias.len() as i64;
        let features = (weights.len() / bias.len().max(1)) as i64;
        self.tensor("final_training_ops/weights", &[classes, features], weights);
        self.tensor("final_training_ops/biases", &[classes], bias);
        let inputs = [
            input,
            "final_training_ops/weights",
            "final_training_ops/biases",
        ];
        let logits = self.node(
            "Gemm",
            "final_training_ops/Wx_plus_b",
            &inputs,
            vec![int("transB", 1)],
        );
        self.node("Softmax", output, &[&logits], vec![int("axis", 1)]);
    }

    fn tensor(&mut self, name: &str, dims: &[i64], values: &[f32]) {
        let raw_data: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.graph.initializer.push(Tensor {
            dims: dims.to_vec(),
            data_type: FLOAT,
            name: name.to_owned(),
            raw_data: Bytes::from(raw_data),
        });
    }

    /// Adds a node whose only output has the node's own name.
    fn node(
        &mut self,
        op_type: &str,
        name: &str,
        input: &[&str],
        attribute: Vec<Attribute>,
    ) -> String {
        self.graph.node.push(Node {
            input: input.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op_type.to_owned(),
            attribute,
        });
        name.to_owned()
    }
}

fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.to_owned(),
        i: Some(value),
        ints: vec![],
        kind: INT,
    }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute {
        name: name.to_owned(),
        i: None,
        ints: values.to_vec(),
        kind: INTS,
    }
}
