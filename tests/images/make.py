"""Makes the images beside it: one small image in every kind of file that cameras, browsers and scanners write.

    python3 tests/images/make.py        wants Pillow, ImageMagick 6 or 7, and cjpeg of libjpeg-turbo

What a file shows is what the part of its name before the first hyphen says; images.rs has the same formulas. The
files are committed, so that the tests need none of these programs.
"""

import io
import pathlib
import struct
import subprocess

from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 48, 32


def colour(x, y):
    """Slow gradients, and a flat patch in three of the corners, so that every turn and swap shows."""
    left, right, upper, lower = x < 12, x >= 36, y < 8, y >= 24
    if left and upper:
        return 220, 30, 30
    if right and upper:
        return 30, 200, 40
    if left and lower:
        return 30, 40, 220
    return 40 + 4 * x, 30 + 6 * y, 120


def grey(x, y):
    r, g, b = colour(x, y)
    return (299 * r + 587 * g + 114 * b + 500) // 1000


def level(x, y, bits):
    """The grey in so many bits."""
    return grey(x, y) >> (8 - bits)


def palette(bits):
    top = (1 << bits) - 1
    values = [index * 255 // top for index in range(top + 1)]
    return [(value, 255 - value, 90) for value in values]


def image(mode, value, size=(WIDTH, HEIGHT)):
    image = Image.new(mode, size)
    image.putdata([value(x, y) for y in range(size[1]) for x in range(size[0])])
    return image


RGB = image("RGB", colour)
GREY = image("L", grey)
ALPHA = image("RGBA", lambda x, y: (*colour(x, y), 255 * x // 47))
HALF = image("RGBA", lambda x, y: (*colour(x, y), 0 if x >= 24 else 255))
OTHER = Image.new("RGB", RGB.size, (9, 9, 9))


def paletted(bits):
    image = image("P", lambda x, y: level(x, y, bits))
    image.putpalette([channel for entry in palette(bits) for channel in entry])
    return image


def bits_of_grey(bits):
    top = (1 << bits) - 1
    return image("L", lambda x, y: level(x, y, bits) * 255 // top)


def save(image, name, **options):
    image.save(HERE / name, **options)


def run(*command, stdin):
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def png(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def magick(image, name, *options, kind=""):
    """ImageMagick's encoder; `kind` is its name for one that the ending does not tell."""
    (HERE / name).write_bytes(run("convert", "-", "-strip", *options, (kind or name.rsplit(".")[-1]) + ":-", stdin=png(image)))


def cjpeg(image, name, *options):
    pnm = io.BytesIO()
    image.save(pnm, "PPM")
    (HERE / name).write_bytes(run("cjpeg", "-quality", "95", *options, stdin=pnm.getvalue()))


def exif(orientation, order="MM"):
    """An EXIF block with nothing but an orientation."""
    mark = ">" if order == "MM" else "<"
    entry = struct.pack(mark + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + order.encode() + struct.pack(mark + "HI", 42, 8) + struct.pack(mark + "H", 1) + entry + bytes(4)


# What undoes each orientation, so that a turned image with its mark is upright again.
TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def turned(orientation):
    turn = TURNS[orientation]
    return RGB if turn is None else RGB.transpose(turn)


def jpeg():
    save(RGB, "colour-444.jpg", quality=95, subsampling=0)
    save(RGB, "colour-422.jpg", quality=95, subsampling=1)
    save(RGB, "colour-420.jpg", quality=95, subsampling=2)
    cjpeg(RGB, "colour-440.jpg", "-sample", "1x2")
    cjpeg(RGB, "colour-411.jpg", "-sample", "4x1")
    cjpeg(RGB, "colour-410.jpg", "-sample", "4x2")
    cjpeg(RGB, "colour-oddly-sampled.jpg", "-sample", "2x2,1x2,2x1")
    cjpeg(RGB, "colour-restarts.jpg", "-restart", "1")
    save(RGB, "colour-progressive.jpg", quality=95, progressive=True)
    save(RGB, "colour-progressive-444.jpg", quality=95, progressive=True, subsampling=0)
    save(RGB, "colour-rgb.jpg", quality=95, keep_rgb=True)
    save(RGB.crop((0, 0, 47, 31)), "colour-odd-size.jpg", quality=95)
    save(RGB.crop((0, 0, 1, 1)), "colour-one-pixel.jpg", quality=95)
    save(GREY, "grey-baseline.jpg", quality=95)
    save(GREY, "grey-progressive.jpg", quality=95, progressive=True)
    # Ink is what is missing to white, without black, which any profile would agree with.
    inks = image("CMYK", lambda x, y: (*(255 - v for v in colour(x, y)), 0))
    save(inks, "colour-cmyk.jpg", quality=95)
    # YCCK is the same with the first three channels in luminance and chrominance, and of the inks, not of the light.
    stored = ImageOps.invert(RGB).convert("YCbCr")
    ycck = Image.merge("CMYK", [*(band.point(lambda v: 255 - v) for band in stored.split()), Image.new("L", RGB.size, 0)])
    out = io.BytesIO()
    ycck.save(out, "JPEG", quality=95)
    bytes_ = bytearray(out.getvalue())
    bytes_[bytes_.index(b"Adobe") + 11] = 2
    (HERE / "colour-ycck.jpg").write_bytes(bytes_)
    for orientation in TURNS:
        order = "II" if orientation % 2 else "MM"
        save(turned(orientation), f"colour-turned-{orientation}.jpg", quality=95, subsampling=0, exif=exif(orientation, order))


def png_files():
    for bits in (1, 2, 4):
        magick(bits_of_grey(bits), f"bits{bits}-grey.png", "-depth", str(bits))
    for bits in (1, 2, 4, 8):
        save(paletted(bits), f"palette{bits}-plain.png", bits=bits)
    save(GREY, "grey-8.png")
    magick(GREY, "grey-16.png", "-depth", "16", "-define", "png:bit-depth=16", "-define", "png:color-type=0")
    save(RGB, "colour-8.png")
    magick(RGB, "colour-16.png", kind="PNG48")
    magick(RGB, "colour-interlaced.png", "-interlace", "PNG")
    save(ALPHA, "alpha-8.png")
    magick(ALPHA, "alpha-16.png", kind="PNG64")
    save(HALF, "half-8.png")
    greys = Image.merge("LA", [GREY, ALPHA.getchannel("A")])
    save(greys, "greyalpha-8.png")
    magick(greys, "greyalpha-16.png", "-depth", "16", "-define", "png:color-type=4", "-define", "png:bit-depth=16")
    # One colour stands for nothing: the red patch.
    save(RGB, "keyed-rgb.png", transparency=(220, 30, 30))
    save(paletted(4), "palettekeyed-4.png", bits=4, transparency=5)
    save(RGB, "colour-animated.png", save_all=True, append_images=[OTHER])
    save(turned(6), "colour-turned-6.png", exif=exif(6))
    # The block may also stand behind the pixels.
    whole = (HERE / "colour-turned-6.png").read_bytes()
    at = whole.index(b"eXIf") - 4
    length = 12 + struct.unpack(">I", whole[at : at + 4])[0]
    end = whole.index(b"IEND") - 4
    (HERE / "colour-turned-6-late.png").write_bytes(whole[:at] + whole[at + length : end] + whole[at : at + length] + whole[end:])


def webp():
    save(RGB, "colour-lossy.webp", quality=95)
    save(RGB, "colour-lossless.webp", lossless=True)
    save(ALPHA, "alpha-lossy.webp", quality=95)
    save(ALPHA, "alpha-lossless.webp", lossless=True, exact=True)
    save(RGB, "colour-animated.webp", save_all=True, append_images=[OTHER], lossless=True)
    save(turned(6), "colour-turned-6.webp", lossless=True, exif=exif(6))


def gif():
    save(paletted(4), "palette4-plain.gif", interlace=0)
    save(paletted(4), "palette4-interlaced.gif", interlace=1)
    save(paletted(4), "palettekeyed-transparent.gif", transparency=5)
    save(paletted(4), "palette4-animated.gif", save_all=True, append_images=[OTHER])
    # The first frame covers only the left half of the canvas.
    magick(paletted(4).crop((0, 0, 24, 32)), "palettehalf-small-frame.gif", "-repage", "48x32+0+0")


def bmp():
    for bits in (1, 4, 8):
        options = ("-type", "Palette", "-compress", "None")
        magick(paletted(bits), f"palette{bits}-plain.bmp", *options, kind="BMP3")
    save(RGB, "colour-24.bmp")
    magick(RGB, "colour-565-lossy.bmp", "-define", "bmp:subtype=RGB565", kind="BMP")
    magick(paletted(8), "palette8-rle.bmp", "-type", "Palette", "-compress", "RLE", kind="BMP3")
    save(RGB.convert("RGBA"), "colour-32.bmp")
    # Rows from top to bottom, which a negative height says.
    whole = bytearray((HERE / "colour-24.bmp").read_bytes())
    offset = struct.unpack("<I", whole[10:14])[0]
    rows = [whole[offset + i * 144 : offset + (i + 1) * 144] for i in range(HEIGHT)]
    whole[22:26] = struct.pack("<i", -HEIGHT)
    (HERE / "colour-top-down.bmp").write_bytes(bytes(whole[:offset]) + b"".join(reversed(rows)))


def tiff():
    save(RGB, "colour-plain.tif")
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        save(RGB, f"colour-{compression}.tif", compression=compression)
    save(RGB, "colour-lossy-jpeg.tif", compression="jpeg", quality=95)
    save(GREY, "grey-8.tif")
    magick(GREY, "grey-16.tif", "-depth", "16")
    save(bits_of_grey(1).convert("1"), "bits1-plain.tif")
    save(bits_of_grey(1).convert("1"), "bits1-fax.tif", compression="group4")
    save(paletted(8), "palette8-plain.tif")
    save(paletted(8), "palette8-lzw.tif", compression="tiff_lzw")
    magick(paletted(8), "palette8-big-endian.tif", "-type", "Palette", "-define", "tiff:endian=msb")
    save(ALPHA, "alpha-8.tif")
    save(image("CMYK", lambda x, y: (*(255 - v for v in colour(x, y)), 0)), "colour-cmyk.tif")
    magick(RGB, "colour-big-endian.tif", "-define", "tiff:endian=msb")
    magick(RGB, "colour-tiled.tif", "-define", "tiff:tile-geometry=16x16")
    magick(RGB, "colour-bigtiff.tif", kind="TIFF64")
    magick(RGB, "colour-16.tif", "-depth", "16")
    save(RGB, "colour-pages.tif", save_all=True, append_images=[OTHER])
    save(turned(6), "colour-turned-6.tif", tiffinfo={274: 6})


def others():
    for image, reference, plain, ending in ((bits_of_grey(1), "bits1", "P1", "pbm"), (GREY, "grey", "P2", "pgm"), (RGB, "colour", "P3", "ppm")):
        magick(image, f"{reference}-ascii.{ending}", "-compress", "none")
        magick(image, f"{reference}-binary.{ending}")
    magick(RGB, "colour-plain.pam", "-depth", "8")
    save(RGB.convert("RGBA"), "colour-png.ico", sizes=[(48, 32)])
    save(RGB.convert("RGBA"), "colour-bmp.ico", sizes=[(48, 32)], bitmap_format="bmp")


def undecodable():
    cjpeg(RGB, "none-arithmetic.jpg", "-arithmetic")
    magick(bits_of_grey(4), "none-grey4.tif", "-depth", "4")
    save(RGB, "none-avif.avif", quality=60)
    save(RGB, "none-jpeg2000.jp2")
    magick(RGB, "none-photoshop.psd")
    (HERE / "none-svg.svg").write_text('<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n')
    # What phones write begins like this; the rest is video.
    (HERE / "none-heic.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08mdat")


def main():
    for old in HERE.iterdir():
        if old.suffix != ".py":
            old.unlink()
    for make in (jpeg, png_files, webp, gif, bmp, tiff, others, undecodable):
        make()


if __name__ == "__main__":
    main()
