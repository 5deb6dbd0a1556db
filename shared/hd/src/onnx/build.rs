//! Graphs, node by node: the layers of a convolutional network in the form that ONNX Runtime optimises.
//!
//! Every layer is NCHW with explicit padding and its batch norm folded into the weights, and an activation follows
//! its convolution directly, so that the runtime can fuse the two and choose its blocked layout.

use super::proto::{
    Attribute, FLOAT, FLOAT_ATTRIBUTE, Graph, INT, INT8, INT32, INT64, INTS, Node, Tensor, UINT8,
};

/// A graph in the making. Each method adds a layer and returns the name of its output.
#[derive(Default)]
pub(crate) struct GraphBuilder {
    graph: Graph,
}

/// How a kernel moves over a plane.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// Rows and columns.
    pub(crate) kernel: [i64; 2],
    /// Down and across.
    pub(crate) strides: [i64; 2],
    /// At the top, the left, the bottom and the right.
    pub(crate) pads: [i64; 4],
    /// How many parts the channels are in, each of which sees only itself.
    pub(crate) group: i64,
}

impl Window {
    /// A square kernel, with as much padding on every side as keeps the size where the stride is 1.
    pub(crate) fn square(kernel: i64, stride: i64, group: i64) -> Self {
        Self {
            kernel: [kernel; 2],
            strides: [stride; 2],
            pads: [kernel / 2; 4],
            group,
        }
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ints("kernel_shape", &self.kernel),
            ints("strides", &self.strides),
            ints("pads", &self.pads),
        ]
    }
}

impl GraphBuilder {
    /// Goes on from `graph`, adding behind what is there.
    pub(crate) fn from_graph(graph: Graph) -> Self {
        Self { graph }
    }

    /// The graph as it stands.
    pub(crate) fn finish(self) -> Graph {
        self.graph
    }

    /// Goes on behind `graph`.
    pub(crate) fn append(&mut self, graph: Graph) {
        self.graph.node.extend(graph.node);
        self.graph.initializer.extend(graph.initializer);
    }

    /// From uint8 or float32 [N, H, W, 3] to float32 [N, 3, H, W], each channel `(x / 255 - mean) / std`.
    ///
    /// Nothing but the cast touches bytes, since TensorRT takes them there and nowhere else.
    pub(crate) fn normalise(&mut self, image: &str, mean: [f64; 3], std: [f64; 3]) -> String {
        self.normalise_by(image, scale_and_shift(mean, std))
    }

    /// The same, each channel `x scale + shift`.
    pub(crate) fn normalise_by(&mut self, image: &str, by: [[f64; 3]; 2]) -> String {
        let floats = self.in_floats(image);
        let planes = self.node(
            "Transpose",
            "normalise/planes",
            &[&floats],
            vec![ints("perm", &[0, 3, 1, 2])],
        );
        self.normalised(&planes, &[1, 3, 1, 1], by)
    }

    /// The same to float32 [N, H, W, 3].
    pub(crate) fn normalise_pixels(
        &mut self,
        image: &str,
        mean: [f64; 3],
        std: [f64; 3],
    ) -> String {
        let floats = self.in_floats(image);
        self.normalised(&floats, &[1, 1, 1, 3], scale_and_shift(mean, std))
    }

    fn in_floats(&mut self, image: &str) -> String {
        let to = vec![int("to", FLOAT.into())];
        self.node("Cast", "normalise/floats", &[image], to)
    }

    fn normalised(&mut self, floats: &str, shape: &[i64], by: [[f64; 3]; 2]) -> String {
        let [scale, shift] = by.map(|values| values.map(|value| value as f32));
        self.tensor("normalise/scale", shape, &scale);
        self.tensor("normalise/shift", shape, &shift);
        let scaled = self.node(
            "Mul",
            "normalise/scaled",
            &[floats, "normalise/scale"],
            vec![],
        );
        self.node(
            "Add",
            "normalise/shifted",
            &[&scaled, "normalise/shift"],
            vec![],
        )
    }

    /// A convolution with bias. `weights` is [out, in / group, rows, columns], `bias` [out].
    pub(crate) fn convolution(
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
        let mut attributes = window.attributes();
        attributes.push(int("group", window.group));
        self.node("Conv", name, &[input, &w, &b], attributes)
    }

    /// `min(max(x, 0), 6)`.
    pub(crate) fn relu6(&mut self, name: &str, input: &str) -> String {
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

    /// `max(x, 0)`.
    pub(crate) fn relu(&mut self, name: &str, input: &str) -> String {
        self.node("Relu", name, &[input], vec![])
    }

    /// `min(max(x / 6 + 1 / 2, 0), 1)`.
    pub(crate) fn hard_sigmoid(&mut self, name: &str, input: &str) -> String {
        let attributes = vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)];
        self.node("HardSigmoid", name, &[input], attributes)
    }

    /// `x` times its hard sigmoid. The operation HardSwish is of a later opset.
    pub(crate) fn hard_swish(&mut self, name: &str, input: &str) -> String {
        let gate = self.hard_sigmoid(&format!("{name}/gate"), input);
        self.multiply(name, input, &gate)
    }

    /// The product of two tensors of one shape, or of which one has a number for each channel.
    pub(crate) fn multiply(&mut self, name: &str, a: &str, b: &str) -> String {
        self.node("Mul", name, &[a, b], vec![])
    }

    /// The sum of two tensors of one shape.
    pub(crate) fn add(&mut self, name: &str, a: &str, b: &str) -> String {
        self.node("Add", name, &[a, b], vec![])
    }

    /// Each channel of [N, C, H, W] times its scale, and its shift added.
    pub(crate) fn scale_channels(
        &mut self,
        name: &str,
        input: &str,
        scale: &[f32],
        shift: &[f32],
    ) -> String {
        let [scales, scaled, shifts] =
            ["scale", "scaled", "shift"].map(|part| format!("{name}/{part}"));
        self.tensor(&scales, &[1, scale.len() as i64, 1, 1], scale);
        self.tensor(&shifts, &[1, shift.len() as i64, 1, 1], shift);
        let scaled = self.node("Mul", &scaled, &[input, &scales], vec![]);
        self.node("Add", name, &[&scaled, &shifts], vec![])
    }

    /// [N, C, H, W] with zeros around it: at the top, the left, the bottom and the right.
    pub(crate) fn pad(&mut self, name: &str, input: &str, pads: [i64; 4]) -> String {
        let [top, left, bottom, right] = pads;
        let ends = [0, 0, top, left, 0, 0, bottom, right];
        let bytes = ends
            .iter()
            .flat_map(|end: &i64| end.to_le_bytes())
            .collect();
        let widths = format!("{name}/pads");
        self.graph
            .initializer
            .push(Tensor::of(&widths, INT64, &[8], bytes));
        self.node("Pad", name, &[input, &widths], vec![])
    }

    /// The channels of several tensors behind each other.
    pub(crate) fn concat(&mut self, name: &str, inputs: &[&str]) -> String {
        self.node("Concat", name, inputs, vec![int("axis", 1)])
    }

    /// From [N, C, H, W] to the means [N, C, 1, 1].
    pub(crate) fn global_average_pool(&mut self, name: &str, input: &str) -> String {
        self.node("GlobalAveragePool", name, &[input], vec![])
    }

    /// The means of what the window sees, where padding does not count.
    pub(crate) fn average_pool(&mut self, name: &str, input: &str, window: &Window) -> String {
        self.node("AveragePool", name, &[input], window.attributes())
    }

    /// The largest of what the window sees.
    pub(crate) fn max_pool(&mut self, name: &str, input: &str, window: &Window) -> String {
        self.node("MaxPool", name, &[input], window.attributes())
    }

    /// From the tokens [N, T, D] to the sum [N, 1, D] of them all, each times its weight.
    pub(crate) fn weighted_sum(&mut self, name: &str, input: &str, weights: &[f32]) -> String {
        let row = format!("{name}/weights");
        self.tensor(&row, &[1, weights.len() as i64], weights);
        self.node("MatMul", name, &[&row, input], vec![])
    }

    /// From [N, D, 1, 1], or [N, 1, D], to [N, D].
    pub(crate) fn flatten(&mut self, name: &str, input: &str) -> String {
        self.node("Flatten", name, &[input], vec![int("axis", 1)])
    }

    /// From `input` [N, D] to input W^T + b [N, C], with W [C, D] in rows and b [C].
    pub(crate) fn fully_connected(
        &mut self,
        name: &str,
        input: &str,
        weights: (&str, &[f32]),
        biases: (&str, &[f32]),
    ) -> String {
        let classes = biases.1.len() as i64;
        let features = (weights.1.len() / biases.1.len().max(1)) as i64;
        self.tensor(weights.0, &[classes, features], weights.1);
        self.tensor(biases.0, &[classes], biases.1);
        let inputs = [input, weights.0, biases.0];
        self.node("Gemm", name, &inputs, vec![int("transB", 1)])
    }

    /// From `input` [N, D] to softmax(input W^T + b) [N, C], with W [C, D] in rows and b [C].
    pub(crate) fn softmax_layer(
        &mut self,
        output: &str,
        input: &str,
        weights: &[f32],
        biases: &[f32],
    ) {
        let logits = self.fully_connected(
            "final_training_ops/Wx_plus_b",
            input,
            ("final_training_ops/weights", weights),
            ("final_training_ops/biases", biases),
        );
        self.softmax(output, &logits);
    }

    /// The rows of `input` [N, D], each divided by its length. Every runtime has these operations, and
    /// they are the same in every opset, as those made for this are not.
    pub(crate) fn unit_length(&mut self, name: &str, input: &str, size: usize) -> String {
        let part = |part: &str| format!("{name}/{part}");
        let squares = self.node("Mul", &part("squares"), &[input, input], vec![]);
        self.tensor(&part("ones"), &[size as i64, 1], &vec![1.0; size]);
        let sum = self.node("MatMul", &part("sum"), &[&squares, &part("ones")], vec![]);
        // A row of zeros stays one.
        self.tensor(&part("least"), &[], &[1e-7]);
        let sum = self.node("Add", &part("positive"), &[&sum, &part("least")], vec![]);
        let length = self.node("Sqrt", &part("length"), &[&sum], vec![]);
        self.node("Div", name, &[input, &length], vec![])
    }

    /// The softmax of each row of `input` [N, C].
    pub(crate) fn softmax(&mut self, output: &str, input: &str) {
        self.node("Softmax", output, &[input], vec![int("axis", 1)]);
    }

    /// `input` under another name.
    pub(crate) fn identity(&mut self, output: &str, input: &str) {
        self.node("Identity", output, &[input], vec![]);
    }

    /// Adds a node of another graph.
    pub(crate) fn push(&mut self, node: Node) {
        self.graph.node.push(node);
    }

    /// Puts `input` through bytes: `output` is what is left of it.
    pub(crate) fn through_bytes(&mut self, input: &str, scale: f32, zero: u8, output: &str) {
        let [s, z] = ["scale", "zero"].map(|part| format!("{input}/{part}"));
        self.tensor(&s, &[], &[scale]);
        self.graph
            .initializer
            .push(Tensor::of(&z, UINT8, &[], vec![zero]));
        let bytes = format!("{input}/bytes");
        self.node("QuantizeLinear", &bytes, &[input, &s, &z], vec![]);
        self.node("DequantizeLinear", output, &[&bytes, &s, &z], vec![]);
    }

    /// The floats that integer weights stand for: each output channel, the first dimension, has a step of its own.
    pub(crate) fn dequantised_weights(
        &mut self,
        name: &str,
        dims: &[i64],
        integers: &[i8],
        steps: &[f32],
    ) -> String {
        let bytes = integers.iter().map(|&integer| integer as u8).collect();
        self.dequantised(
            name,
            Tensor::of(&format!("{name}/integers"), INT8, dims, bytes),
            steps,
        )
    }

    /// The same for biases.
    pub(crate) fn dequantised_biases(
        &mut self,
        name: &str,
        integers: &[i32],
        steps: &[f32],
    ) -> String {
        let bytes = integers
            .iter()
            .flat_map(|integer| integer.to_le_bytes())
            .collect();
        let dims = [integers.len() as i64];
        self.dequantised(
            name,
            Tensor::of(&format!("{name}/integers"), INT32, &dims, bytes),
            steps,
        )
    }

    fn dequantised(&mut self, name: &str, integers: Tensor, steps: &[f32]) -> String {
        let (values, scale) = (integers.name.clone(), format!("{name}/scale"));
        self.graph.initializer.push(integers);
        self.tensor(&scale, &[steps.len() as i64], steps);
        self.node(
            "DequantizeLinear",
            name,
            &[&values, &scale],
            vec![int("axis", 0)],
        )
    }

    fn tensor(&mut self, name: &str, dims: &[i64], values: &[f32]) {
        self.graph
            .initializer
            .push(Tensor::floats(name, dims, values));
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
            ..Node::default()
        });
        name.to_owned()
    }
}

/// What brings pixels from 0 to 255 to `(x / 255 - mean) / std`: a factor for each channel, and what is then added.
pub(crate) fn scale_and_shift(mean: [f64; 3], std: [f64; 3]) -> [[f64; 3]; 2] {
    let scale = std.map(|std| 1.0 / (255.0 * std));
    let shift = [0, 1, 2].map(|i: usize| match (mean.get(i), std.get(i)) {
        (Some(mean), Some(std)) => -mean / std,
        _ => 0.0,
    });
    [scale, shift]
}

/// An attribute that is a number.
pub(super) fn int(name: &str, value: i64) -> Attribute {
    Attribute {
        name: name.to_owned(),
        i: Some(value),
        kind: INT,
        ..Attribute::default()
    }
}

fn float(name: &str, value: f32) -> Attribute {
    Attribute {
        name: name.to_owned(),
        f: Some(value),
        kind: FLOAT_ATTRIBUTE,
        ..Attribute::default()
    }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute {
        name: name.to_owned(),
        ints: values.to_vec(),
        kind: INTS,
        ..Attribute::default()
    }
}
