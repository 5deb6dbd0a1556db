"""What the recipes of this folder share.

The networks beside it are small, and have what their large relatives have. Their weights are random. The recipes are
several programs, since TensorFlow and PyTorch do not live in one process:

    python3 -m venv venv
    venv/bin/pip install tensorflow-cpu==2.21.0 torch==2.15.0 onnx==1.22.0 onnxscript==0.7.2 tf2onnx==1.17.0
    venv/bin/python tests/networks/tensorflow_networks.py
    venv/bin/python tests/networks/frozen_networks.py
    venv/bin/python tests/networks/pytorch_networks.py
    venv/bin/python tests/networks/transformer_networks.py

A third, known_networks.py, says itself what it wants.

expected.json has what TensorFlow and PyTorch themselves give for the image of pixel(x, y, c) = (7 x + 13 y + 29 c) mod
256.
"""

import json
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent
EXPECTED = FOLDER / "expected.json"


def image(size):
    y, x, c = np.mgrid[0:size, 0:size, 0:3]
    return ((7 * x + 13 * y + 29 * c) % 256).astype(np.float32)


def keep(name, values):
    expected = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    expected[name] = [round(float(value), 6) for value in np.asarray(values).reshape(-1)]
    EXPECTED.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
