"""Writes what torchvision makes of the images with mobilenet_v2, squashed and cropped. See README.md."""

import sys

import torch
from common import IMAGES, SIZE, keep, sample
from PIL import Image, ImageOps
from torchvision.models import mobilenet_v2
from torchvision.transforms import v2

RESIZES = {
    "squash": [v2.Resize((SIZE, SIZE))],
    "crop": [v2.Resize(256), v2.CenterCrop(SIZE)],
}
NORMALISE = v2.Compose(
    [
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


def load(path):
    network = mobilenet_v2()
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


def upright(path):
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def main(weights):
    network = load(weights)
    for name, resize in RESIZES.items():
        images = [v2.Compose(resize)(upright(path)) for path in IMAGES]
        given = torch.stack([NORMALISE(image) for image in images])
        with torch.inference_mode():
            pooled = network.features(given).mean((2, 3))
            logits = network.classifier(pooled)
        pixels = [v2.functional.pil_to_tensor(image).permute(1, 2, 0) for image in images]
        keep(f"mobilenet_v2_1.0_224.{name}.input", [sample(image.numpy()) for image in pixels])
        keep(f"mobilenet_v2_1.0_224.{name}.pooled", list(pooled.numpy()))
        keep(f"mobilenet_v2_1.0_224.{name}.logits", list(logits.numpy()))


if __name__ == "__main__":
    main(sys.argv[1])
