"""Makes the networks of TensorFlow and Keras; see recipe.py.

mobilenet_v1.pb has batch norm in the single operations that slim wrote when retrain.py was new, and a head that retrain.py
put behind it; fused.pb the later fused batch norm, strides over odd sizes and a residual sum; keras.onnx is what tf2onnx
makes of Keras: its pixels lie together, where PyTorch has a plane for each colour.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import numpy as np
import tensorflow as tf
import tf2onnx
from recipe import FOLDER, keep, image

random = np.random.default_rng(0)
v1 = tf.compat.v1


def constant(name, shape, low=-0.5, high=0.5):
    """A frozen variable: the constant, and the operation that read it."""
    value = random.uniform(low, high, shape).astype(np.float32)
    return v1.identity(v1.constant(value, name=name), name=name + "/read")


def statistics(scope, channels):
    gamma = constant(scope + "/BatchNorm/gamma", channels, 0.5, 1.5)
    beta = constant(scope + "/BatchNorm/beta", channels)
    mean = constant(scope + "/BatchNorm/moving_mean", channels)
    variance = constant(scope + "/BatchNorm/moving_variance", channels, 0.2, 2.0)
    return gamma, beta, mean, variance


def single_norm(x, scope):
    gamma, beta, mean, variance = statistics(scope, x.shape[-1])
    with v1.name_scope("MobilenetV1/" + scope + "/BatchNorm/batchnorm/"):
        factor = v1.rsqrt(variance + np.float32(0.001)) * gamma
        return x * factor + (beta - mean * factor)


def fused_norm(x, scope):
    gamma, beta, mean, variance = statistics(scope, x.shape[-1])
    return v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon=0.001, is_training=False, name=scope + "/norm")[0]


def layer(x, scope, out, kernel, stride, norm, depthwise=False, activate=v1.nn.relu6):
    weights = constant(scope + "/weights", [kernel, kernel, x.shape[-1], 1 if depthwise else out])
    operation = v1.nn.depthwise_conv2d_native if depthwise else v1.nn.conv2d
    x = operation(x, weights, strides=[1, stride, stride, 1], padding="SAME", name=scope + "/convolution")
    x = norm(x, scope)
    return activate(x, name=scope + "/activation") if activate else x


def write(graph, name):
    (FOLDER / name).write_bytes(graph.as_graph_def().SerializeToString())


def mobilenet_v1():
    graph = v1.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        image = v1.placeholder(tf.float32, [1, 32, 32, 3], name="input")
        x = layer(image, "MobilenetV1/Conv2d_0", 4, 3, 2, single_norm)
        for index, (out, stride) in enumerate([(6, 1), (8, 2)], 1):
            x = layer(x, f"MobilenetV1/Conv2d_{index}_depthwise", None, 3, stride, single_norm, depthwise=True)
            x = layer(x, f"MobilenetV1/Conv2d_{index}_pointwise", out, 1, 1, single_norm)
        pooled = v1.nn.avg_pool(x, [1, 8, 8, 1], [1, 2, 2, 1], "VALID", name="MobilenetV1/Logits/AvgPool_1a/AvgPool")
        x = v1.identity(pooled, name="MobilenetV1/Logits/Dropout_1b/Identity")
        x = v1.nn.conv2d(x, constant("MobilenetV1/Logits/Conv2d_1c_1x1/weights", [1, 1, 8, 5]), [1, 1, 1, 1], "SAME")
        x = v1.nn.bias_add(x, constant("MobilenetV1/Logits/Conv2d_1c_1x1/biases", [5]))
        x = v1.squeeze(x, [1, 2], name="MobilenetV1/Logits/SpatialSqueeze")
        logits = v1.reshape(x, [-1, 5], name="MobilenetV1/Predictions/Reshape")
        # What retrain.py puts behind, of which none is wanted.
        head = v1.matmul(logits, constant("final_training_ops/weights/final_weights", [5, 2]))
        v1.nn.softmax(head, name="final_result")
        feed = {image: image(32)[None] / 127.5 - 1}
        keep("mobilenet_v1.pb pooled", session.run(pooled, feed))
        keep("mobilenet_v1.pb logits", session.run(logits, feed))
        write(graph, "mobilenet_v1.pb")


def fused():
    graph = v1.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        image = v1.placeholder(tf.float32, [None, None, None, 3], name="input")
        x = layer(image, "stem", 4, 3, 2, fused_norm, activate=v1.nn.relu)
        y = layer(x, "expand", 6, 1, 1, fused_norm)
        y = layer(y, "filter", None, 3, 1, fused_norm, depthwise=True)
        y = layer(y, "project", 4, 1, 1, fused_norm, activate=None)
        x = tf.raw_ops.AddV2(x=x, y=y, name="sum")
        x = layer(x, "down", None, 5, 2, fused_norm, depthwise=True)
        x = v1.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "SAME", name="halved")
        features = v1.reduce_mean(x, [1, 2], keepdims=True, name="features")
        feed = {image: image(33)[None] / 127.5 - 1}
        keep("fused.pb features", session.run(features, feed))
        write(graph, "fused.pb")


def keras():
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(0)
    image = tf.keras.Input((32, 32, 3))
    x = layers.Conv2D(6, 3, 2, "same", activation="swish")(image)
    x = layers.DepthwiseConv2D(3, 2, "same")(x)
    x = layers.BatchNormalization()(x)
    features = layers.GlobalAveragePooling2D()(x)
    output = layers.Dense(4, activation="softmax")(features)
    network = tf.keras.Model(image, output)
    value = image(32)[None] / 127.5 - 1
    keep("keras.onnx features", tf.keras.Model(image, features)(value))
    keep("keras.onnx output", network(value))
    signature = [tf.TensorSpec((None, 32, 32, 3), tf.float32, "image")]
    tf2onnx.convert.from_function(tf.function(network), signature, opset=13, output_path=str(FOLDER / "keras.onnx"))


mobilenet_v1()
fused()
keras()
