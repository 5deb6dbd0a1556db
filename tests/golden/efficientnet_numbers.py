"""Writes what EfficientNet-Lite makes of the images, squashed to the size of each network. See README.md."""

import sys

import torch
from common import IMAGES, keep
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image, ImageOps
from torchvision.transforms import v2


def pixels(path, size):
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return v2.functional.pil_to_tensor(v2.functional.resize(upright, [size, size])).float()


def main(weights):
    for index, (size, path) in enumerate(zip([224, 240, 260], weights, strict=True)):
        network = EfficientNet.from_pretrained(f"efficientnet-lite{index}", weights_path=path).eval()
        given = torch.stack([(pixels(image, size) - 127) / 128 for image in IMAGES])
        with torch.inference_mode():
            features = network.extract_features(given).mean((2, 3))
        keep(f"efficientnet_lite{index}_{size}.pooled", list(features.numpy()))


if __name__ == "__main__":
    main(sys.argv[1:])
