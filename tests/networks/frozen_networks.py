"""Makes the frozen graphs of TensorFlow beyond MobileNet; see recipe.py. Only TensorFlow is needed.

inception.pb has what classify_image_graph_def.pb of 2015 has, which retrain.py took by default: an image that it decodes,
resizes and normalises itself, batch norm in one operation that TensorFlow has given up since, max and average pools, and
branches that are joined. resnet_v1.pb and resnet_v2.pb are networks as TensorFlow's slim library builds them: padding in a
node of its own, shortcuts that a pool of one pixel makes smaller, and in the second batch norm before the convolutions.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf
from recipe import FOLDER, keep, image

random = np.random.default_rng(7)
v1 = tf.compat.v1


def values(shape, low=-0.5, high=0.5):
    return random.uniform(low, high, shape).astype(np.float32)


def session_of(definition):
    graph = v1.Graph()
    with graph.as_default():
        v1.import_graph_def(definition, name="")
    return v1.Session(graph=graph)


class Inception:
    """Nodes with the names and operations of classify_image_graph_def.pb, written one by one: no function of today makes
    batch norm in that form."""

    def __init__(self):
        self.definition = v1.GraphDef()
        # The version of graphs up to which that operation is allowed.
        self.definition.versions.producer = 8

    def node(self, name, op, inputs, **attributes):
        node = self.definition.node.add(name=name, op=op, input=inputs)
        for key, value in attributes.items():
            if isinstance(value, bool):
                node.attr[key].b = value
            elif isinstance(value, float):
                node.attr[key].f = value
            elif isinstance(value, int):
                node.attr[key].i = value
            elif isinstance(value, list):
                node.attr[key].list.i.extend(value)
            elif isinstance(value, str):
                node.attr[key].s = value.encode()
            elif isinstance(value, tf.DType):
                node.attr[key].type = value.as_datatype_enum
            else:
                node.attr[key].tensor.CopyFrom(value)
        return name

    def constant(self, name, value, dtype=tf.float32):
        return self.node(name, "Const", [], dtype=dtype, value=tf.make_tensor_proto(value, dtype))

    def conv(self, x, name, channels, out, kernel, stride=1, padding="SAME"):
        height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        params = self.constant(name + "/conv2d_params", values([height, width, channels, out]))
        strides = [1, stride, stride, 1]
        x = self.node(name + "/Conv2D", "Conv2D", [x, params], T=tf.float32, strides=strides, padding=padding)
        norm = name + "/batchnorm/"
        beta = self.constant(norm + "beta", values([out]))
        gamma = self.constant(norm + "gamma", values([out], 0.5, 1.5))
        mean = self.constant(norm + "moving_mean", values([out]))
        variance = self.constant(norm + "moving_variance", values([out], 0.2, 2.0))
        x = self.node(
            name + "/batchnorm",
            "BatchNormWithGlobalNormalization",
            [x, mean, variance, beta, gamma],
            T=tf.float32,
            variance_epsilon=0.001,
            scale_after_normalization=False,
        )
        check = self.node(name + "/CheckNumerics", "CheckNumerics", [x], T=tf.float32, message=name)
        x = self.node(name + "/control_dependency", "Identity", [x, "^" + check], T=tf.float32)
        return self.node(name, "Relu", [x], T=tf.float32)

    def pool(self, x, name, op, size, stride, padding):
        return self.node(
            name, op, [x], T=tf.float32, ksize=[1, size, size, 1], strides=[1, stride, stride, 1], padding=padding
        )

    def join(self, name, inputs):
        axis = self.constant(name + "/concat_dim", 3, tf.int32)
        return self.node(name, "Concat", [axis, *inputs], T=tf.float32, N=len(inputs))

    def head(self, size):
        """From the bytes of a JPEG to what retrain.py fed."""
        contents = self.node("DecodeJpeg/contents", "Const", [], dtype=tf.string, value=tf.make_tensor_proto(b""))
        x = self.node("DecodeJpeg", "DecodeJpeg", [contents], channels=3)
        x = self.node("Cast", "Cast", [x], SrcT=tf.uint8, DstT=tf.float32)
        x = self.node("ExpandDims", "ExpandDims", [x, self.constant("ExpandDims/dim", 0, tf.int32)], T=tf.float32)
        sides = self.constant("ResizeBilinear/size", [size, size], tf.int32)
        x = self.node("ResizeBilinear", "ResizeBilinear", [x, sides], T=tf.float32, align_corners=False)
        x = self.node("Sub", "Sub", [x, self.constant("Sub/y", 128.0)], T=tf.float32)
        return self.node("Mul", "Mul", [x, self.constant("Mul/y", 0.0078125)], T=tf.float32)

    def build(self, size):
        x = self.head(size)
        x = self.conv(x, "conv", 3, 4, 3, 2, "VALID")
        x = self.conv(x, "conv_1", 4, 5, 3, 1, "VALID")
        x = self.pool(x, "pool", "MaxPool", 3, 2, "VALID")
        first = self.conv(x, "mixed/conv", 5, 3, 1)
        tower = self.conv(x, "mixed/tower/conv", 5, 3, 1)
        tower = self.conv(tower, "mixed/tower/conv_1", 3, 4, 5)
        pooled = self.pool(x, "mixed/tower_2/pool", "AvgPool", 3, 1, "SAME")
        pooled = self.conv(pooled, "mixed/tower_2/conv", 5, 3, 1)
        x = self.join("mixed/join", [first, tower, pooled])
        first = self.conv(x, "mixed_3/conv", 10, 4, 3, 2, "VALID")
        x = self.join("mixed_3/join", [first, self.pool(x, "mixed_3/pool", "MaxPool", 3, 2, "VALID")])
        tower = self.conv(self.conv(x, "mixed_4/tower/conv", 14, 4, (1, 7)), "mixed_4/tower/conv_1", 4, 5, (7, 1))
        pooled = self.pool(x, "mixed_4/tower_2/pool", "MaxPool", 3, 1, "SAME")
        x = self.join("mixed_10/join", [tower, self.conv(pooled, "mixed_4/tower_2/conv", 14, 5, 1)])
        x = self.pool(x, "pool_3", "AvgPool", 4, 1, "VALID")
        x = self.node("pool_3/_reshape", "Reshape", [x, self.constant("pool_3/_reshape/shape", [1, 10], tf.int32)], T=tf.float32)
        x = self.node("softmax/logits/MatMul", "MatMul", [x, self.constant("softmax/weights", values([10, 6]))], T=tf.float32)
        x = self.node("softmax/logits", "BiasAdd", [x, self.constant("softmax/biases", values([6]))], T=tf.float32)
        self.node("softmax", "Softmax", [x], T=tf.float32)
        return self.definition


def inception():
    definition = Inception().build(43)
    (FOLDER / "inception.pb").write_bytes(definition.SerializeToString())
    # As retrain.py fed it: resized by itself, and normalised.
    feed = {"Mul:0": (image(43)[None] - 128) / 128}
    with session_of(definition) as session:
        keep("inception.pb pooled", session.run("pool_3/_reshape:0", feed))
        keep("inception.pb logits", session.run("softmax/logits:0", feed))
        keep("inception.pb softmax", session.run("softmax:0", feed))


def wide():
    """The sizes of the published network, and next to no weights: one number stands for all of a tensor."""
    network = Inception()

    def filled(name, shape, value):
        tensor = tf.make_tensor_proto(0.0)
        tensor.tensor_shape.CopyFrom(tf.TensorShape(shape).as_proto())
        tensor.float_val[:] = [value]
        return network.node(name, "Const", [], dtype=tf.float32, value=tensor)

    x = network.head(299)
    x = network.pool(x, "pool", "AvgPool", 37, 37, "VALID")
    params = filled("mixed_10/conv2d_params", [1, 1, 3, 2048], 0.25)
    x = network.node("mixed_10/join", "Conv2D", [x, params], T=tf.float32, strides=[1, 1, 1, 1], padding="SAME")
    x = network.pool(x, "pool_3", "AvgPool", 8, 1, "VALID")
    shape = network.constant("pool_3/_reshape/shape", [1, 2048], tf.int32)
    network.node("pool_3/_reshape", "Reshape", [x, shape], T=tf.float32)
    (FOLDER / "inception_wide.pb").write_bytes(network.definition.SerializeToString())
    with session_of(network.definition) as session:
        value = session.run("pool_3/_reshape:0", {"Mul:0": (image(299)[None] - 128) / 128})
    keep("inception_wide.pb first", value[0, :1])


def constant(name, shape, low=-0.5, high=0.5):
    return v1.identity(v1.constant(values(shape, low, high), name=name), name=name + "/read")


def norm(x, scope):
    channels = x.shape[-1]
    gamma = constant(scope + "/gamma", channels, 0.5, 1.5)
    beta = constant(scope + "/beta", channels)
    mean = constant(scope + "/moving_mean", channels)
    variance = constant(scope + "/moving_variance", channels, 0.2, 2.0)
    return v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon=1e-5, is_training=False, name=scope + "/FusedBatchNormV3")[0]


def conv(x, scope, out, kernel, stride=1, padding="SAME"):
    weights = constant(scope + "/weights", [kernel, kernel, x.shape[-1], out])
    return v1.nn.conv2d(x, weights, strides=[1, stride, stride, 1], padding=padding, name=scope + "/Conv2D")


def padded_conv(x, scope, out, kernel, stride):
    """slim's conv2d_same, which pads as Caffe did."""
    before = (kernel - 1) // 2
    x = v1.pad(x, [[0, 0], [before, kernel - 1 - before], [before, kernel - 1 - before], [0, 0]], name=scope + "/Pad")
    return conv(x, scope, out, kernel, stride, "VALID")


def biased(x, scope):
    return v1.nn.bias_add(x, constant(scope + "/biases", x.shape[-1]), name=scope + "/BiasAdd")


def smaller(x, scope, stride):
    return x if stride == 1 else v1.nn.max_pool(x, [1, 1, 1, 1], [1, stride, stride, 1], "SAME", name=scope + "/MaxPool")


def block_v1(x, scope, inner, out, stride):
    if x.shape[-1] == out:
        shortcut = smaller(x, scope + "/shortcut", stride)
    else:
        shortcut = norm(conv(x, scope + "/shortcut", out, 1, stride), scope + "/shortcut/BatchNorm")
    y = v1.nn.relu(norm(conv(x, scope + "/conv1", inner, 1), scope + "/conv1/BatchNorm"))
    y = conv(y, scope + "/conv2", inner, 3) if stride == 1 else padded_conv(y, scope + "/conv2", inner, 3, stride)
    y = v1.nn.relu(norm(y, scope + "/conv2/BatchNorm"))
    y = norm(conv(y, scope + "/conv3", out, 1), scope + "/conv3/BatchNorm")
    return v1.nn.relu(tf.raw_ops.AddV2(x=shortcut, y=y, name=scope + "/add"), name=scope + "/Relu")


def block_v2(x, scope, inner, out, stride):
    preact = v1.nn.relu(norm(x, scope + "/preact"), name=scope + "/preact/Relu")
    if x.shape[-1] == out:
        shortcut = smaller(x, scope + "/shortcut", stride)
    else:
        shortcut = biased(conv(preact, scope + "/shortcut", out, 1, stride), scope + "/shortcut")
    y = v1.nn.relu(norm(conv(preact, scope + "/conv1", inner, 1), scope + "/conv1/BatchNorm"))
    y = conv(y, scope + "/conv2", inner, 3) if stride == 1 else padded_conv(y, scope + "/conv2", inner, 3, stride)
    y = v1.nn.relu(norm(y, scope + "/conv2/BatchNorm"))
    y = biased(conv(y, scope + "/conv3", out, 1), scope + "/conv3")
    return v1.add(shortcut, y, name=scope + "/add")


def resnet(version):
    name, scope = f"resnet_v{version}.pb", f"resnet_v{version}_50"
    graph = v1.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        image_ = v1.placeholder(tf.float32, [None, 33, 33, 3], name="input")
        x = padded_conv(image_, scope + "/conv1", 4, 7, 2)
        x = v1.nn.relu(norm(x, scope + "/conv1/BatchNorm")) if version == 1 else biased(x, scope + "/conv1")
        x = v1.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME", name=scope + "/pool1/MaxPool")
        block = block_v1 if version == 1 else block_v2
        x = block(x, scope + "/block1/unit_1", 3, 8, 1)
        x = block(x, scope + "/block1/unit_2", 3, 8, 2)
        x = block(x, scope + "/block2/unit_1", 4, 10, 1)
        if version == 2:
            x = v1.nn.relu(norm(x, scope + "/postnorm"), name=scope + "/postnorm/Relu")
        pooled = v1.reduce_mean(x, [1, 2], keepdims=True, name=scope + "/pool5")
        x = biased(conv(pooled, scope + "/logits", 5, 1), scope + "/logits")
        logits = v1.squeeze(x, [1, 2], name=scope + "/SpatialSqueeze")
        v1.reshape(v1.nn.softmax(v1.reshape(logits, [-1, 5])), v1.shape(logits), name=scope + "/predictions/Reshape_1")
        feed = {image_: image(33)[None] / 127.5 - 1}
        keep(name + " pooled", session.run(pooled, feed))
        keep(name + " logits", session.run(logits, feed))
        (FOLDER / name).write_bytes(graph.as_graph_def().SerializeToString())


inception()
wide()
resnet(1)
resnet(2)
