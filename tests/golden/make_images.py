"""Makes the images beside it: drawings and textures of many sizes, in the kinds of file that people have.

    python3 tests/golden/make_images.py        wants numpy and Pillow

The files are committed, since the numbers beside them are of exactly these bytes, and another version of Pillow may
write others. No photo is among them: each one is a formula.
"""

import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FOLDER = pathlib.Path(__file__).parent / "images"


def grid(width, height):
    """Columns and rows of the pixels, from 0 to 1."""
    return np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))


def waves(*channels):
    """An image of three arrays that swing between -1 and 1."""
    levels = np.stack(channels, axis=-1) * 127 + 128
    return Image.fromarray(levels.round().astype(np.uint8))


def rings(width, height, turns):
    """Circles in another colour each, which grow finer to the right."""
    x, y = grid(width, height)
    distance = np.hypot(x - 0.3, y - 0.6) * turns * (1 + x)
    return waves(np.sin(distance), np.cos(1.3 * distance), np.sin(0.7 * distance + 1))


def gradient(width, height):
    """A slow change of colour, another one each way."""
    x, y = grid(width, height)
    return waves(2 * x - 1, 1 - 2 * y, np.sin(3 * (x + y)))


def noise(width, height):
    """Each value by chance, and no neighbour like the other."""
    values = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def cloth(width, height):
    """Threads of one pixel and of three, which a filter must not mistake for wide stripes."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return waves((x % 2) * 2.0 - 1, (y // 3 % 2) * 2.0 - 1, ((x + y) % 5) / 2.0 - 1)


def bumps(width, height):
    """Chance made smooth: an image of 9 x 7 values, enlarged."""
    values = np.random.default_rng(2).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC)


def text(width, height):
    """Dark letters on pale paper."""
    image = Image.new("RGB", (width, height), (250, 246, 235))
    font = ImageFont.load_default(size=height // 3)
    ImageDraw.Draw(image).multiline_text((8, 4), "Hot dogs, 3 for 2\nMustard is free", (40, 20, 60), font)
    return image


def landscape(width, height):
    """A house, a tree and the sun."""
    image = Image.new("RGB", (width, height), (120, 180, 240))
    draw = ImageDraw.Draw(image)

    def place(*corners):
        return [(x * width, y * height) for x, y in corners]

    draw.rectangle(place((0, 0.7), (1, 1)), (70, 140, 60))
    draw.rectangle(place((0.2, 0.45), (0.5, 0.85)), (190, 90, 70))
    draw.polygon(place((0.15, 0.45), (0.35, 0.2), (0.55, 0.45)), (110, 50, 40))
    draw.rectangle(place((0.3, 0.6), (0.4, 0.85)), (60, 40, 30))
    draw.rectangle(place((0.72, 0.5), (0.76, 0.85)), (100, 70, 40))
    draw.ellipse(place((0.62, 0.25), (0.86, 0.6)), (40, 110, 50))
    draw.ellipse(place((0.85, 0.05), (0.97, 0.2)), (250, 220, 90))
    return image


def plate(width, height):
    """A sausage in a bun on a plate."""
    image = Image.new("RGB", (width, height), (150, 110, 80))
    draw = ImageDraw.Draw(image)

    def box(left, top, right, bottom):
        return [left * width, top * height, right * width, bottom * height]

    draw.ellipse(box(0.03, 0.1, 0.97, 0.9), (240, 240, 245), (180, 180, 190), 3)
    draw.ellipse(box(0.15, 0.3, 0.85, 0.7), (220, 165, 90))
    draw.ellipse(box(0.1, 0.41, 0.9, 0.59), (165, 60, 35))
    ketchup = [(width * (0.2 + 0.6 * i / 40), height * (0.5 + 0.04 * np.sin(i))) for i in range(41)]
    draw.line(ketchup, (245, 205, 40), max(2, width // 60), "curve")
    return image


def turned(image, orientation):
    """The EXIF data that say how an image is to be turned before it is shown."""
    exif = image.getexif()
    exif[0x0112] = orientation
    return exif.tobytes()


def save(name, image, **how):
    (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
    image.save(FOLDER / name, **how)


def main():
    full, half = {"quality": 75, "subsampling": "4:4:4"}, {"quality": 75, "subsampling": "4:2:0"}
    save("texture/bumps.jpg", bumps(260, 180), **full)
    save("texture/cloth.png", cloth(333, 401))
    save("texture/gradient.png", gradient(224, 224).quantize(64), optimize=True)
    save("drawing/grey.jpg", landscape(200, 150).convert("L"), quality=90)
    save("drawing/landscape.jpg", landscape(481, 203), **half)
    save("texture/large.jpg", bumps(1000, 900), quality=30)
    save("texture/noise.png", noise(41, 57))
    save("drawing/plate.jpg", plate(300, 300), **half)
    save("drawing/portrait.jpg", plate(181, 397), **full)
    save("texture/progressive.jpg", rings(257, 193, 25), quality=75, subsampling="4:2:0", progressive=True)
    save("drawing/text.png", text(311, 97))
    house = landscape(240, 320)
    save("drawing/turned.jpg", house, **half, exif=turned(house, 6))


if __name__ == "__main__":
    main()
