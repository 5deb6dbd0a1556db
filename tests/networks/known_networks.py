"""Writes what torchvision, timm and efficientnet-lite-pytorch give for networks whose weights follow from a formula.

    python3 -m venv venv
    venv/bin/pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 safetensors==0.8.0
    venv/bin/pip install --no-deps efficientnet-lite-pytorch==0.1.0
    venv/bin/python tests/networks/known_networks.py

The test makes the same weights, so that none are kept here. The element i of the tensor of a name is a sum of two parts,
each a number from a hash: FNV-1a of the name's bytes, and of i's eight bytes lowest first behind them. What is kept of the
answers are the first 16 of the features and of the logits, and the length of the whole.

Small files are written too, of the kinds in which people keep weights; code.pth has an object in it that is no tensor.
"""

import argparse

import numpy as np
import timm
import torch
import torchvision
from efficientnet_lite_pytorch import EfficientNet
from recipe import FOLDER, image, keep
from safetensors.torch import save_file

MASK = (1 << 64) - 1
PRIME = 0x100000001B3
KEPT = 16


def fnv(data, state):
    for byte in data:
        state = ((state ^ byte) * PRIME) & MASK
    return state


def numbers(name, count):
    """Numbers from -1 to 1, the same that the test makes."""
    state = np.full(count, fnv(name.encode(), 0xCBF29CE484222325), dtype=np.uint64)
    index = np.arange(count, dtype=np.uint64)
    for shift in range(0, 64, 8):
        state = (state ^ ((index >> np.uint64(shift)) & np.uint64(0xFF))) * np.uint64(PRIME)
    return ((state >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1).astype(np.float32)


def tensor(name, shape):
    """Weights that keep the size of what goes through them, and statistics near those of a trained network."""
    values = numbers(name, int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        return values * np.float32(np.sqrt(6 / np.prod(shape[1:])))
    if name.endswith("running_var"):
        return values * np.float32(0.25) + np.float32(1.5)
    if name.endswith("weight"):
        return values * np.float32(0.25) + np.float32(1)
    return values * np.float32(0.25)


def filled(network):
    state = network.state_dict()
    made = {name: torch.tensor(tensor(name, tuple(value.shape))) for name, value in state.items() if value.is_floating_point()}
    network.load_state_dict(made, strict=False)
    return network.eval()


def answers(name, size, network, features, normalise):
    given = torch.tensor(normalise(image(size) / np.float32(255))).permute(2, 0, 1)[None]
    with torch.no_grad():
        for what, values in [("features", features(network, given)), ("logits", network(given))]:
            values = values.reshape(-1).numpy()
            keep(f"{name} {what}", [*values[:KEPT], np.linalg.norm(values)])


def imagenet(pixels):
    return (pixels - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])


def lite(pixels):
    return ((pixels * np.float32(255)) - np.float32(127)) / np.float32(128)


def torchvision_v2(network, given):
    return network.features(given).mean((2, 3))


def torchvision_v3(network, given):
    # All of the classifier but its last layer.
    return network.classifier[:-1](torch.flatten(network.avgpool(network.features(given)), 1))


def timm_v4(network, given):
    return network.forward_head(network.forward_features(given), pre_logits=True)


def lite_features(network, given):
    return network.extract_features(given).mean((2, 3))


torch.manual_seed(0)
answers("mobilenet_v2", 224, filled(torchvision.models.mobilenet_v2()), torchvision_v2, imagenet)
answers("mobilenet_v3_large", 224, filled(torchvision.models.mobilenet_v3_large()), torchvision_v3, imagenet)
for size in ["small", "medium"]:
    network = filled(timm.create_model(f"mobilenetv4_conv_{size}"))
    answers(f"mobilenet_v4_conv_{size}", 224, network, timm_v4, imagenet)
for index, size in enumerate([224, 240, 260]):
    network = filled(EfficientNet.from_name(f"efficientnet-lite{index}"))
    answers(f"efficientnet_lite{index}", size, network, lite_features, lite)

# The kinds of files in which people keep weights. None has more of MobileNet v2 than its beginning.
stem = {"features.0.0.weight": torch.tensor(tensor("features.0.0.weight", (32, 3, 3, 3)))}
stem["features.0.1.weight"] = torch.ones(32, dtype=torch.float16)
stem["features.0.1.bias"] = torch.ones(32, dtype=torch.bfloat16)
stem["features.0.1.running_mean"] = torch.ones(32, dtype=torch.float64)
stem["features.0.1.num_batches_tracked"] = torch.tensor(7)
torch.save(stem, FOLDER / "zip.pth")
save_file(stem, FOLDER / "weights.safetensors")
module = {f"module.{name}": torch.nn.Parameter(value) if value.is_floating_point() else value for name, value in stem.items()}
optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(2))], betas=(0.9, 0.98))
optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
optimizer.step()
checkpoint = {
    "epoch": 2**40,
    "best": torch.tensor(0.5),
    "rate": 0.1,
    "shape": torch.Size([1, 2]),
    "optimizer": optimizer.state_dict(),
    "state_dict": module,
    "type": torch.float32,
}
torch.save(checkpoint, FOLDER / "checkpoint.pth")
torch.save({**checkpoint, "args": argparse.Namespace(lr=0.1)}, FOLDER / "code.pth")
