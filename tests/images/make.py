"""Makes the images beside it: one small image in every kind of file that cameras, browsers and scanners write.

    python3 tests/images/make.py        wants Pillow, tifffile, imagecodecs, ImageMagick 6 or 7, libtiff's tiffcp, and
                                        cjpeg of libjpeg-turbo; and what make_heif.py names

What a file shows is what the part of its name before the first hyphen says; images.rs has the same formulas. The
files are committed, so that the tests need none of these programs. Each of them must come out as its encoder was given
it: exactly where nothing is lost, and elsewhere as near as libjpeg brings it.
"""

import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy
import tifffile
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


def drawn(mode, value, size=(WIDTH, HEIGHT)):
    image = Image.new(mode, size)
    image.putdata([value(x, y) for y in range(size[1]) for x in range(size[0])])
    return image


RGB = drawn("RGB", colour)
GREY = drawn("L", grey)
ALPHA = drawn("RGBA", lambda x, y: (*colour(x, y), 255 * x // 47))
HALF = drawn("RGBA", lambda x, y: (*colour(x, y), 0 if x >= 24 else 255))
OTHER = Image.new("RGB", RGB.size, (9, 9, 9))


def paletted(bits):
    image = drawn("P", lambda x, y: level(x, y, bits))
    image.putpalette([channel for entry in palette(bits) for channel in entry])
    return image


def bits_of_grey(bits):
    top = (1 << bits) - 1
    return drawn("L", lambda x, y: level(x, y, bits) * 255 // top)


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
    inks = drawn("CMYK", lambda x, y: (*(255 - v for v in colour(x, y)), 0))
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


def segments(whole):
    """The segments of a JPEG before its first scan: marker and body."""
    found, at = [], 2
    while whole[at + 1] != 0xDA:
        length = struct.unpack(">H", whole[at + 2 : at + 4])[0]
        found.append((whole[at + 1], whole[at + 4 : at + 2 + length]))
        at += 2 + length
    return found, whole[at:]


def joined(parts, rest):
    head = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in parts)
    return b"\xff\xd8" + head + rest


def unusual_jpeg():
    """JPEGs as old, odd and damaged programs write them."""
    def put(name, bytes_):
        (HERE / f"{name}.jpg").write_bytes(bytes_)

    def scans(name, script, *options):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(script)
            file.flush()
            cjpeg(RGB, f"{name}.jpg", *options, "-scans", file.name)

    # Scans of one component each, which is as right as one of all.
    scans("colour-scans-apart", "0;\n1;\n2;\n")
    scans("colour-scans-apart-444", "0;\n1;\n2;\n", "-sample", "1x1")
    scans("colour-scans-mixed", "0;\n1 2;\n")
    scans("colour-scans-progressive-apart", "0: 0-0, 0, 0;\n1: 0-0, 0, 0;\n2: 0-0, 0, 0;\n0: 1-63, 0, 0;\n1: 1-63, 0, 0;\n2: 1-63, 0, 0;\n")
    for sample in ("1x1,2x1,2x1", "1x1,1x2,1x2", "3x1", "1x3", "3x2", "2x2,2x1,1x2", "1x4", "2x1,1x1,2x1", "1x1,1x1,1x2", "4x1,2x1,1x1"):
        cjpeg(RGB, f"colour-sampled-{sample.replace(',', '-')}-411.jpg", "-sample", sample)
    cjpeg(RGB, "colour-arithmetic.jpg", "-arithmetic")
    cjpeg(RGB, "colour-arithmetic-progressive.jpg", "-arithmetic", "-progressive")
    cjpeg(GREY, "grey-arithmetic.jpg", "-grayscale", "-arithmetic")
    cjpeg(RGB, "colour-rgb-444.jpg", "-rgb")
    cjpeg(RGB, "colour-optimised.jpg", "-optimize", "-restart", "2B")
    plain = (HERE / "colour-444.jpg").read_bytes()
    parts, rest = segments(plain)
    put("colour-no-jfif-444", joined([part for part in parts if part[0] != 0xE0], rest))
    # Filling between segments is allowed; other bytes are passed over.
    put("colour-filled-444", plain[:2] + b"\xff\xff\xff" + plain[2:])
    put("colour-junk-444", joined(parts[:1], b"")  + b"junk" + joined(parts[1:], rest)[2:])
    put("colour-behind-444", plain + b"bytes that belong to no image" * 9)
    put("colour-no-end-444", plain[:-2])
    progressive = (HERE / "colour-progressive-444.jpg").read_bytes()
    put("colour-progressive-no-end-444", progressive[:-2])
    # A thumbnail in the EXIF and one in a segment of its own, ahead of the image.
    small = io.BytesIO()
    OTHER.resize((16, 16)).save(small, "JPEG")
    put("colour-thumbnail-444", joined([(0xE1, exif(1) + small.getvalue()), (0xEC, small.getvalue()), *parts], rest))
    put("colour-second-image-444", plain + small.getvalue())
    # Inks, with what Adobe says of them, with a part of it, and without.
    inks = (HERE / "colour-cmyk.jpg").read_bytes()
    parts, rest = segments(inks)
    put("colour-cmyk-no-adobe", joined([part for part in parts if part[0] != 0xEE], rest))
    put("colour-cmyk-short-adobe", joined([(m, b[:6] if m == 0xEE else b) for m, b in parts], rest))
    # Which way up: a long number, two blocks of which the first says it, and blocks that say nothing.
    parts, rest = segments(joined(*segments((HERE / "colour-turned-6.jpg").read_bytes())))
    parts = [part for part in parts if part[0] != 0xE1]
    long = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 4, 1, 6) + bytes(4)
    nothing = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    put("colour-turned-6-long", joined([(0xE1, long), *parts], rest))
    put("colour-turned-6-first", joined([(0xE1, exif(6)), (0xE1, exif(3)), *parts], rest))
    put("colour-turned-6-second", joined([(0xE1, nothing), (0xE1, exif(6)), *parts], rest))
    parts, rest = segments(plain)
    for name, block in (("offset", b"Exif\0\0II*\0\xff\xff\xff\x7f"), ("short", b"Exif\0\0II"), ("order", b"Exif\0\0XX*\0\x08\0\0\0")):
        put(f"colour-broken-exif-{name}-444", joined([(0xE1, block), *parts], rest))
    # The number of rows behind the scan.
    whole = bytearray(plain)
    at = whole.index(b"\xff\xc0") + 5
    rows, whole[at : at + 2] = bytes(whole[at : at + 2]), b"\0\0"
    put("colour-late-rows-444", bytes(whole[:-2]) + b"\xff\xdc\0\x04" + rows + b"\xff\xd9")
    # Cut within its rows.
    put("none-cut", plain[: len(plain) * 2 // 3])
    put("none-cut-progressive", progressive[: len(progressive) * 2 // 3])


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


def dib(bits, rows, colours=b"", size=40, compression=0, masks=b"", height=HEIGHT, length=None, used=0, extra=b""):
    """A device-independent bitmap: header, masks, palette and rows, from the lowest row up."""
    length = len(rows) if length is None else length
    head = struct.pack("<IiiHHIIiiII", size, WIDTH, height, 1, bits, compression, length, 0, 0, used, 0)
    return head + extra + masks + colours + rows


def bmp_file(name, bitmap, before):
    """A file with a bitmap whose pixels begin after so many bytes of it."""
    (HERE / f"{name}.bmp").write_bytes(b"BM" + struct.pack("<IHHI", 14 + len(bitmap), 0, 0, 14 + before) + bitmap)


def packed_rows(values, bits, width=WIDTH):
    """Rows of numbers of so many bits, from the lowest row up, each filled up to four bytes."""
    out = b""
    for row in reversed(values):
        text = "".join(f"{v:0{bits}b}" for v in row)
        text += "0" * (-len(text) % 32)
        out += int(text, 2).to_bytes(len(text) // 8, "big")
    return out


def lattice(value):
    return [[value(x, y) for x in range(WIDTH)] for y in range(HEIGHT)]


def unusual_bmp():
    """Bitmaps of old systems and of programs that leave the alpha at nothing."""
    def rows(pixel):
        return b"".join(b"".join(pixel(*colour(x, y)) for x in range(WIDTH)) for y in reversed(range(HEIGHT)))

    def five(r, g, b, alpha=0):
        return struct.pack("<H", alpha << 15 | (r >> 3) << 10 | (g >> 3) << 5 | b >> 3)

    def table(bits, entry):
        return b"".join(entry(*c) for c in palette(bits))

    def quad(r, g, b):
        return bytes((b, g, r, 0))

    rgb32 = rows(lambda r, g, b: bytes((b, g, r, 0)))
    bmp_file("colour-32-no-alpha", dib(32, rgb32), 40)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    tail = struct.pack("<I", 0x73524742) + bytes(48)
    bmp_file("colour-32-v4-no-alpha", dib(32, rgb32, size=108, compression=3, extra=masks + tail), 108)
    bmp_file("colour-32-v5-no-alpha", dib(32, rgb32, size=124, compression=3, extra=masks + tail + bytes(16)), 124)
    bmp_file("colour-32-v3-no-alpha", dib(32, rgb32, size=56, compression=3, extra=masks), 56)
    seen = b"".join(bytes((*reversed(colour(x, y)), 255 * x // 47)) for y in reversed(range(HEIGHT)) for x in range(WIDTH))
    bmp_file("alpha-32-v5", dib(32, seen, size=124, compression=3, extra=masks + tail + bytes(16)), 124)
    bmp_file("colour-32-masks", dib(32, rows(lambda r, g, b: bytes((0, r, g, b))), compression=3, masks=struct.pack("<3I", 0xFF00, 0xFF0000, 0xFF000000)), 52)
    bmp_file("colour-32-v2", dib(32, rgb32, size=52, compression=3, extra=masks[:12]), 52)
    bmp_file("colour-555-lossy-565", dib(16, rows(five)), 40)
    bmp_file("colour-1555-no-alpha-565", dib(16, rows(five), compression=3, size=56, extra=struct.pack("<4I", 0x7C00, 0x3E0, 0x1F, 0x8000)), 56)
    bmp_file("colour-32-upside-down", dib(32, b"".join(rgb32[i * 192 : i * 192 + 192] for i in reversed(range(HEIGHT))), height=-HEIGHT), 40)
    for bits in (1, 4, 8):
        pixels = packed_rows(lattice(lambda x, y: level(x, y, bits)), bits)
        three = table(bits, lambda r, g, b: bytes((b, g, r)))
        four = table(bits, quad)
        head = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, bits)
        bmp_file(f"palette{bits}-os2", head + three + pixels, 12 + len(three))
        long = struct.pack("<IiiHHIIiiII", 64, WIDTH, HEIGHT, 1, bits, 0, len(pixels), 0, 0, 0, 0) + bytes(24)
        bmp_file(f"palette{bits}-os2-long", long + four + pixels, 64 + len(four))
        bmp_file(f"palette{bits}-os2-short", struct.pack("<IiiHH", 16, WIDTH, HEIGHT, 1, bits) + four + pixels, 16 + len(four))
        bmp_file(f"palette{bits}-more-colours", dib(bits, pixels, four + bytes(40), used=1 << bits), 40 + len(four) + 40)
        bmp_file(f"palette{bits}-no-length", dib(bits, pixels, four, length=0), 40 + len(four))
    head = struct.pack("<IHHHH", 12, WIDTH, HEIGHT, 1, 24)
    bmp_file("colour-os2", head + rows(lambda r, g, b: bytes((b, g, r))), 12)
    # Runs: one colour twice and more, literals, the ends of rows and of the image, and no end at all.
    for bits, code in ((4, 2), (8, 1)):
        runs = b""
        for y in reversed(range(HEIGHT)):
            row = [level(x, y, bits) for x in range(WIDTH)]
            if y % 2:
                for value in row:
                    runs += bytes((1, value << 4 if bits == 4 else value))
            else:
                for at in range(0, WIDTH, 8):
                    part = row[at : at + 8]
                    runs += bytes((0, 8)) + (bytes(part) if bits == 8 else bytes(part[i] << 4 | part[i + 1] for i in range(0, 8, 2)))
            runs += bytes((0, 0))
        four = table(bits, quad)
        bmp_file(f"palette{bits}-runs", dib(bits, runs + bytes((0, 1)), four, compression=code), 40 + len(four))
        bmp_file(f"palette{bits}-runs-no-end", dib(bits, runs, four, compression=code), 40 + len(four))
    (HERE / "colour-behind.bmp").write_bytes((HERE / "colour-24.bmp").read_bytes() + bytes(50))


def unusual_gif():
    whole = (HERE / "palette4-plain.gif").read_bytes()
    size = 3 * 2 ** ((whole[10] & 7) + 1)
    head, rest = whole[: 13 + size], whole[13 + size :]
    (HERE / "palette4-unknown-extension.gif").write_bytes(head + b"!\xce\x03abc\0" + rest)
    (HERE / "palette4-no-end.gif").write_bytes(whole[:-1])
    (HERE / "palette4-behind.gif").write_bytes(whole + b"behind" * 5)
    (HERE / "palette4-comment.gif").write_bytes(head + b"!\xfe\x05hello\0" + rest)
    # The palette of the frame and not of the file.
    at = rest.index(b",")
    frame = rest[at : at + 9] + bytes([rest[at + 9] | 0x80 | (whole[10] & 7)]) + whole[13 : 13 + size] + rest[at + 10 :]
    (HERE / "palette4-own-palette.gif").write_bytes(whole[:10] + bytes([whole[10] & 0x7F]) + whole[11:13] + rest[:at] + frame)
    (HERE / "palette4-screen-of-nothing.gif").write_bytes(whole[:6] + bytes(4) + whole[10:])
    (HERE / "palette4-87a.gif").write_bytes(b"GIF87a" + whole[6:])
    magick(paletted(4), "palette4-rows-apart.gif", "-interlace", "GIF")


def unusual_ico():
    """Icons as old editors write them: bitmaps with a mask of what is seen, and directories that are wrong."""
    def ico(name, bitmap, bits, kind=1, size=(WIDTH, HEIGHT), planes=1, length=None):
        entry = struct.pack("<BBBBHHII", *size, 0, 0, planes, bits, len(bitmap) if length is None else length, 22)
        (HERE / name).write_bytes(struct.pack("<HHH", 0, kind, 1) + entry + bitmap)

    half = packed_rows(lattice(lambda x, y: int(x >= 24)), 1)
    whole = packed_rows(lattice(lambda x, y: 0), 1)
    rgb32 = b"".join(bytes((*reversed(colour(x, y)), 0)) for y in reversed(range(HEIGHT)) for x in range(WIDTH))
    rgb24 = b"".join(bytes(reversed(colour(x, y))) for y in reversed(range(HEIGHT)) for x in range(WIDTH))
    ico("colour-24-mask.ico", dib(24, rgb24 + whole, height=2 * HEIGHT), 24)
    ico("half-24-mask.ico", dib(24, rgb24 + half, height=2 * HEIGHT), 24)
    ico("half-32-no-alpha.ico", dib(32, rgb32 + half, height=2 * HEIGHT), 32)
    ico("colour-32-no-alpha.ico", dib(32, rgb32 + whole, height=2 * HEIGHT), 32)
    for bits in (1, 4, 8):
        pixels = packed_rows(lattice(lambda x, y: level(x, y, bits)), bits)
        four = b"".join(bytes((b, g, r, 0)) for r, g, b in palette(bits))
        ico(f"palette{bits}-mask.ico", dib(bits, pixels + whole, four, height=2 * HEIGHT), bits)
    ico("colour-24-no-mask.ico", dib(24, rgb24, height=2 * HEIGHT), 24)
    ico("colour-other-size.ico", dib(24, rgb24 + whole, height=2 * HEIGHT), 24, size=(16, 16))
    ico("colour-no-bits.ico", dib(24, rgb24 + whole, height=2 * HEIGHT), 0, planes=0)
    ico("colour-pointer.cur", dib(24, rgb24 + whole, height=2 * HEIGHT), 3, kind=2, planes=7)
    ico("colour-png-24.ico", png(RGB), 32)
    ico("palette4-png.ico", (HERE / "palette4-plain.png").read_bytes(), 32)
    ico("grey-png.ico", png(GREY), 32)
    ico("colour-png-other-size.ico", png(RGB), 32, size=(0, 0))
    ico("colour-long.ico", dib(24, rgb24 + whole, height=2 * HEIGHT), 24, length=99999)


def unusual_png():
    """PNGs that editors, old programs and copying have spoiled where it does not matter."""
    def chunk(kind, body, wrong=0):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) ^ wrong)

    def put(name, parts, after=b""):
        (HERE / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + after)

    rows = b"".join(b"\0" + bytes(v for x in range(WIDTH) for v in colour(x, y)) for y in range(HEIGHT))
    head, data, end = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    put("colour-wrong-sum-of-text", [head, chunk(b"tEXt", b"Title\0x", wrong=1), data, end])
    put("colour-wrong-sum-of-gamma", [head, chunk(b"gAMA", struct.pack(">I", 45455), wrong=1), data, end])
    put("colour-wrong-sum-of-time", [head, data, chunk(b"tIME", bytes(7), wrong=1), end])
    put("colour-broken-profile", [head, chunk(b"iCCP", b"x\0\0nothing"), data, end])
    put("colour-unknown-chunk", [head, chunk(b"prVt", b"abc"), data, end])
    put("colour-behind", [head, data, end], b"behind the end" * 7)
    put("colour-no-end", [head, data])
    put("colour-many-parts", [head, *(chunk(b"IDAT", zlib.compress(rows)[i : i + 100]) for i in range(0, len(zlib.compress(rows)), 100)), end])
    put("colour-empty-part", [head, chunk(b"IDAT", b""), data, chunk(b"IDAT", b""), end])
    put("colour-wrong-suggested-palette", [head, chunk(b"PLTE", bytes(9)), chunk(b"bKGD", bytes(6)), data, end])
    put("colour-long-text", [head, chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 500000)), data, end])
    for order, block in (("little", exif(6, "II")[6:]), ("big", exif(6, "MM")[6:])):
        turned6 = b"".join(b"\0" + turned(6).crop((0, y, HEIGHT, y + 1)).tobytes() for y in range(WIDTH))
        size = chunk(b"IHDR", struct.pack(">IIBBBBB", HEIGHT, WIDTH, 8, 2, 0, 0, 0))
        put(f"colour-turned-6-{order}", [size, chunk(b"eXIf", block), chunk(b"IDAT", zlib.compress(turned6)), end])
    put("colour-broken-exif", [head, chunk(b"eXIf", b"II*\0\xff\xff\xff\x7f"), data, end])
    for order in ("II", "MM"):
        save(turned(6), f"colour-turned-6-{order.lower()}.webp", lossless=True, exif=exif(6, order)[6:])
    save(RGB, "colour-broken-exif.webp", lossless=True, exif=b"II*\0\xff\xff\xff\x7f")


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
    save(drawn("CMYK", lambda x, y: (*(255 - v for v in colour(x, y)), 0)), "colour-cmyk.tif")
    magick(RGB, "colour-big-endian.tif", "-define", "tiff:endian=msb")
    magick(RGB, "colour-tiled.tif", "-define", "tiff:tile-geometry=16x16")
    magick(RGB, "colour-bigtiff.tif", kind="TIFF64")
    magick(RGB, "colour-16.tif", "-depth", "16")
    save(RGB, "colour-pages.tif", save_all=True, append_images=[OTHER])
    save(turned(6), "colour-turned-6.tif", tiffinfo={274: 6})


def tifffiles():
    """Kinds of TIFF that microscopes, scanners and maps are kept in, by tifffile and libtiff's tiffcp."""
    rgb, greys = numpy.asarray(RGB), numpy.asarray(GREY)
    grey16, rgb16 = (array.astype("u2") * 257 for array in (greys, rgb))
    alpha = numpy.asarray(ALPHA)

    def tif(name, data, **options):
        tifffile.imwrite(HERE / f"{name}.tif", data, metadata=None, software="", **options)

    for bits in (2, 4):
        levels = (greys >> (8 - bits)).astype("u1")
        tif(f"bits{bits}-grey", levels, photometric="minisblack", bitspersample=bits)
    tif("bits4-white-is-zero", 15 - (greys >> 4), photometric="miniswhite", bitspersample=4)
    tif("grey-12", (greys.astype("u4") * 4095 // 255).astype("u2"), photometric="minisblack", bitspersample=12)
    tif("grey-white-is-zero", 255 - greys, photometric="miniswhite")
    for order, word in (("<", "little"), (">", "big")):
        tif(f"grey-16-strips-{word}", grey16, photometric="minisblack", rowsperstrip=5, byteorder=order)
        tif(f"grey-16-predictor-{word}", grey16, photometric="minisblack", compression="lzw", predictor=True, byteorder=order)
        tif(f"colour-16-planar-{word}", rgb16.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", byteorder=order)
        tif(f"colour-16-predictor-{word}", rgb16, photometric="rgb", compression="adobe_deflate", predictor=True, byteorder=order)
    tif("colour-16-tiles", rgb16, photometric="rgb", tile=(16, 16), compression="lzw", predictor=True)
    tif("grey-32", greys.astype("u4") * 16843009, photometric="minisblack")
    tif("colour-planar", rgb.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", compression="packbits", rowsperstrip=7)
    tif("colour-planar-tiles", rgb.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", tile=(16, 16))
    tif("colour-predictor", rgb, photometric="rgb", compression="lzw", predictor=True)
    tif("colour-bigtiff-tiles", rgb, photometric="rgb", tile=(16, 16), bigtiff=True, compression="adobe_deflate")
    tif("colour-bands", numpy.dstack([rgb, greys, greys, greys]), photometric="minisblack", planarconfig="contig")
    tif("colour-bands-planar", numpy.dstack([rgb, greys, greys]).transpose(2, 0, 1), photometric="minisblack", planarconfig="separate")
    tif("colour-spare-sample", alpha, photometric="rgb", extrasamples=["unspecified"])
    tif("alpha-apart", alpha, photometric="rgb", extrasamples=["unassalpha"])
    seen = (rgb.astype("u4") * alpha[..., 3:] + 127) // 255
    multiplied = numpy.dstack([seen.astype("u1"), alpha[..., 3]])
    tif("alpha-multiplied", multiplied, photometric="rgb", extrasamples=["assocalpha"])
    tif("alpha-multiplied-16", multiplied.astype("u2") * 257, photometric="rgb", extrasamples=["assocalpha"], compression="lzw")
    tif("colour-nothing-seen", numpy.dstack([rgb, 0 * greys]), photometric="rgb", extrasamples=["unassalpha"])
    tif("greyalpha-apart", numpy.dstack([greys, alpha[..., 3]]), photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")
    inks = numpy.dstack([255 - rgb, 0 * greys])
    tif("colour-cmyk-planar", inks.transpose(2, 0, 1), photometric="separated", planarconfig="separate")
    tif("colour-cmyk-16", inks.astype("u2") * 257, photometric="separated")
    # Numbers without a black and a white of their own: the range that they have.
    for kind in ("f2", "f4", "f8"):
        tif(f"ranged-{kind}", greys.astype(kind) / 7 - 3, photometric="minisblack")
        tif(f"ranged-{kind}-big", (greys.astype(kind) / 7 - 3).astype(">" + kind), photometric="minisblack", byteorder=">")
    tif("ranged-predictor", greys.astype("f4") * 1000, photometric="minisblack", compression="adobe_deflate", predictor=True)
    tif("ranged-predictor-big", greys.astype("f4") * 1000, photometric="minisblack", compression="lzw", predictor=True, byteorder=">")
    tif("ranged-i1", (greys.astype("i2") - 128).astype("i1"), photometric="minisblack")
    tif("ranged-i2", greys.astype("i2") * 50 - 9000, photometric="minisblack")
    tif("ranged-i4", greys.astype("i4") * -7 + 9000, photometric="miniswhite")
    # Palettes, also with colours of 8 bits.
    for bits in (1, 2, 4, 8):
        rows = [[level(x, y, bits) for x in range(WIDTH)] for y in range(HEIGHT)]
        packed = b"".join(int("".join(f"{v:0{bits}b}" for v in row), 2).to_bytes(WIDTH * bits // 8, "big") for row in rows)
        for width, scale in (("16", 257), ("8", 1)):
            colours = [entry[channel] * scale for channel in range(3) for entry in palette(bits)]
            by_hand(f"palette{bits}-{width}", [(258, [bits]), (262, [3]), (320, colours)], packed, ">" if bits == 4 else "<")
    # Luminance and chrominance without JPEG, each pixel with its colour or four with one.
    luminance = numpy.asarray(RGB.convert("YCbCr"))
    tif("colour-ycbcr-lossy", luminance, photometric="ycbcr", subsampling=(1, 1))
    lab = numpy.array(lab_of(rgb))
    tif("colour-lab-lossy", lab, photometric="cielab")
    tif("colour-icclab-lossy", (lab ^ [0, 128, 128]).astype("u1"), photometric="icclab")
    tif("colour-jpeg-rgb-lossy", rgb, photometric="rgb", compression="jpeg", compressionargs={"level": 95, "subsampling": "444"})
    tif("grey-jpeg-lossy", greys, photometric="minisblack", compression="jpeg", compressionargs={"level": 95})
    for name, source, options in (
        ("bits1-fax3", "bits1-plain", ("-c", "g3")),
        ("bits1-fax3-two-dimensional", "bits1-plain", ("-c", "g3:2d")),
        ("bits1-fax3-filled", "bits1-plain", ("-c", "g3:fill")),
        ("bits1-reversed-bits", "bits1-plain", ("-f", "lsb2msb", "-c", "none")),
        ("bits1-fax-reversed-bits", "bits1-plain", ("-f", "lsb2msb", "-c", "g4")),
        ("bits1-strips", "bits1-plain", ("-c", "g4", "-r", "3")),
        ("colour-jpeg-tiles-lossy", "colour-plain", ("-c", "jpeg:95", "-t", "-w", "16", "-l", "16")),
        ("colour-no-lengths", "colour-plain", ("-r", "32")),
    ):
        run("tiffcp", *options, HERE / f"{source}.tif", HERE / f"{name}.tif", stdin=b"")
    bits_of_grey(1).convert("1").save(HERE / "bits1-rows.tif", compression="tiff_ccitt")
    # One strip, and no word on how long it is.
    whole = (HERE / "colour-no-lengths.tif").read_bytes()
    at = whole.index(struct.pack("<HHI", 279, 4, 1)) if struct.pack("<HHI", 279, 4, 1) in whole else whole.index(struct.pack("<HHI", 279, 3, 1))
    (HERE / "colour-no-lengths.tif").write_bytes(whole[:at] + struct.pack("<HHII", 60000, 4, 1, 0) + whole[at + 12 :])
    shared_colours(luminance)


def shared_colours(luminance):
    """Four pixels with one colour, uncompressed: their luminances, then blue and red. Written by hand."""
    blocks = bytearray()
    for y in range(0, HEIGHT, 2):
        for x in range(0, WIDTH, 2):
            four = luminance[y : y + 2, x : x + 2]
            blocks += bytes(int(v) for v in four[..., 0].ravel())
            blocks += bytes(int(round(float(v))) for v in four[..., 1:].reshape(4, 2).mean(0))
    by_hand("colour-ycbcr-410-lossy", [(258, [8, 8, 8]), (262, [6]), (277, [3]), (530, [2, 2])], bytes(blocks))


def by_hand(name, entries, strip, order="<"):
    """A TIFF of one strip, with these tags of 16 bits beside those of its size."""
    entries = sorted([(256, [WIDTH]), (257, [HEIGHT]), (259, [1]), (273, None), (278, [HEIGHT]), (279, [len(strip)]), *entries])
    out = (b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, len(entries))
    after = 8 + 2 + 12 * len(entries) + 4
    behind = b"".join(struct.pack(f"{order}{len(v)}H", *v) for _, v in entries if v and len(v) > 2)
    at = after
    for tag, values in entries:
        if values is None:
            out += struct.pack(order + "HHII", tag, 4, 1, after + len(behind))
        elif len(values) > 2:
            out += struct.pack(order + "HHII", tag, 3, len(values), at)
            at += 2 * len(values)
        else:
            out += struct.pack(f"{order}HHI2H", tag, 3, len(values), *values, *[0] * (2 - len(values)))
    (HERE / f"{name}.tif").write_bytes(out + bytes(4) + behind + strip)


def lab_of(rgb):
    """CIE L*a*b* under D50 in bytes, a and b with a sign in the form of two's complement."""
    light = rgb / 255
    light = numpy.where(light > 0.04045, ((light + 0.055) / 1.055) ** 2.4, light / 12.92)
    matrix = numpy.array([[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]])
    share = light @ matrix.T / [0.96422, 1, 0.82521]
    f = numpy.where(share > 216 / 24389, numpy.cbrt(share), (24389 / 27 * share + 16) / 116)
    lab = numpy.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)
    lab[..., 0] *= 2.55
    return (numpy.round(lab).astype(int) & 255).astype("u1")


def others():
    for image, reference, plain, ending in ((bits_of_grey(1), "bits1", "P1", "pbm"), (GREY, "grey", "P2", "pgm"), (RGB, "colour", "P3", "ppm")):
        magick(image, f"{reference}-ascii.{ending}", "-compress", "none")
        magick(image, f"{reference}-binary.{ending}")
    magick(RGB, "colour-plain.pam", "-depth", "8")
    save(RGB.convert("RGBA"), "colour-png.ico", sizes=[(48, 32)])
    save(RGB.convert("RGBA"), "colour-bmp.ico", sizes=[(48, 32)], bitmap_format="bmp")


def undecodable():
    save(RGB, "none-jpeg2000.jp2")
    magick(RGB, "none-photoshop.psd")
    (HERE / "none-svg.svg").write_text('<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n')
    # As a sequence of images begins that has none on its own.
    (HERE / "none-heic.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x08mdat")


def main():
    for old in HERE.iterdir():
        if old.suffix != ".py":
            old.unlink()
    for make in (jpeg, unusual_jpeg, png_files, webp, unusual_png, gif, unusual_gif, bmp, unusual_bmp, unusual_ico, tiff, tifffiles, others, undecodable):
        make()
    subprocess.run([sys.executable, HERE / "make_heif.py"], check=True)


if __name__ == "__main__":
    main()
