"""Writes what TensorFlow makes of the images with mobilenet_1.0_224, as retrain.py ran it. See README.md.

retrain.py did not know how an image is to be turned. Here one is turned as its EXIF data say, since hd does so.
"""

import sys

import tensorflow.compat.v1 as tf
from common import IMAGES, SIZE, keep, sample
from PIL import Image

POOLED = "MobilenetV1/Logits/AvgPool_1a/AvgPool:0"
LOGITS = "MobilenetV1/Predictions/Reshape:0"
# How many quarter turns to the left bring an image upright.
TURNS = {1: 0, 3: 2, 6: 3, 8: 1}


def load(path):
    graph = tf.GraphDef()
    with open(path, "rb") as file:
        graph.ParseFromString(file.read())
    tf.import_graph_def(graph, name="")


def upright(path):
    with Image.open(path) as image:
        return TURNS[image.getexif().get(0x0112, 1)]


def main(weights):
    load(weights)
    data = tf.placeholder(tf.string)
    turns = tf.placeholder(tf.int32)
    decoded = tf.image.rot90(tf.image.decode_jpeg(data, channels=3), turns)
    resized = tf.image.resize_bilinear(tf.expand_dims(tf.cast(decoded, tf.float32), 0), [SIZE, SIZE])
    network = tf.get_default_graph().get_operations()
    placed = [operation for operation in network if operation.type == "Placeholder"][0].outputs[0]
    normalised = (resized - 127.5) * (1 / 127.5)
    inputs, pooled, logits = [], [], []
    with tf.Session() as session:
        for path in IMAGES:
            pixels, given = session.run(
                [resized, normalised], {data: path.read_bytes(), turns: upright(path)}
            )
            features, classes = session.run([POOLED, LOGITS], {placed: given})
            inputs.append(sample(pixels[0]))
            pooled.append(features.reshape(-1))
            logits.append(classes.reshape(-1))
    keep("mobilenet_1.0_224.input", inputs)
    keep("mobilenet_1.0_224.pooled", pooled)
    keep("mobilenet_1.0_224.logits", logits)


if __name__ == "__main__":
    tf.disable_eager_execution()
    main(sys.argv[1])
