#!/usr/bin/env python3
"""Makes a folder of photographs as people have them: JPEGs and some PNGs of many sizes, in a folder for each class,
twenty of them damaged or of a kind that is refused, each in its own way. Needs Debian's python3-pil.

Usage: bench/photographs.py FOLDER [COUNT]      COUNT is 10000 unless given; the files are the same each time
"""

import io
import pathlib
import random
import struct
import sys
import zlib

from PIL import Image, ImageFilter

CLASSES = ("beach", "forest", "street")
TINTS = ((210, 190, 140), (40, 110, 50), (120, 120, 130))
SIZES = ((640, 480), (480, 640), (800, 600), (1280, 960), (1024, 768), (1920, 1440), (300, 200))


def scene(chance):
    """Something with edges, slopes and noise, from which photographs are cut."""
    picture = Image.new("L", (64, 48))
    picture.putdata([chance.randrange(256) for _ in range(64 * 48)])
    large = picture.resize((2600, 1950), Image.Resampling.BICUBIC)
    grain = Image.frombytes("L", (2600, 1950), chance.randbytes(2600 * 1950)).filter(ImageFilter.GaussianBlur(1))
    return Image.blend(large, grain, 0.25)


def photograph(chance, scenes, label):
    width, height = chance.choice(SIZES)
    source = chance.choice(scenes)
    left, top = chance.randrange(2600 - width), chance.randrange(1950 - height)
    grey = source.crop((left, top, left + width, top + height))
    bands = [grey.point([(3 * value + 5 * tint) // 8 for value in range(256)]) for tint in TINTS[label]]
    return Image.merge("RGB", bands)


def encoded(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def png_header(width, height, depth=8, colour=2):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def damaged(picture):
    """Twenty files that cannot be used, by name."""
    whole, png = encoded(picture, "JPEG"), encoded(picture, "PNG")
    huge = bytearray(whole)
    at = huge.index(b"\xff\xc0")
    huge[at + 5 : at + 9] = struct.pack(">HH", 65000, 65000)
    broken = bytearray(png)
    broken[len(png) // 2] ^= 0xFF
    return {
        "cut-in-half.jpg": whole[: len(whole) // 2],
        "cut-at-the-end.jpg": whole[:-200],
        "cut-in-the-header.jpg": whole[:40],
        "without-its-start.jpg": whole[1000:],
        "empty.jpg": b"",
        "empty.png": b"",
        "zeros.jpg": bytes(20000),
        "zeros-behind.jpg": whole[:2000] + bytes(len(whole) - 2000),
        "text.jpg": b"404 not found\n",
        "page.png": b"<!DOCTYPE html><title>Sign in</title>",
        "huge.jpg": bytes(huge),
        "huge.png": png_header(100_000, 100_000),
        "no-pixels.png": png_header(0, 10),
        "cmyk.jpg": encoded(picture.convert("CMYK"), "JPEG"),
        "cut.png": png[: len(png) // 2],
        "changed.png": bytes(broken),
        "is-a-gif.jpg": encoded(picture.convert("P"), "GIF"),
        "is-a-webp.jpg": b"RIFF\x10\0\0\0WEBPVP8 ",
        "is-a-tiff.png": encoded(picture, "TIFF"),
        "is-a-bmp.jpg": encoded(picture, "BMP"),
    }


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    chance = random.Random(1)
    scenes = [scene(chance) for _ in range(6)]
    for name in CLASSES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    odd = list(damaged(photograph(chance, scenes, 0)).items())
    for number in range(count - len(odd)):
        label = number % len(CLASSES)
        picture = photograph(chance, scenes, label)
        if number % 100 == 7:
            content, ending = encoded(picture, "PNG", compress_level=1), "png"
        elif number % 100 == 8:  # 16 bits
            content, ending = encoded(picture.convert("L").convert("I").point(lambda v: 257 * v), "PNG"), "png"
        elif number % 100 == 9:  # a JPEG that is called otherwise
            content, ending = encoded(picture, "JPEG"), "png"
        else:
            content, ending = encoded(picture, "JPEG", quality=chance.choice((75, 85, 92)), progressive=number % 10 == 0), "jpg"
        (folder / CLASSES[label] / f"photo-{number:05}.{ending}").write_bytes(content)
    for number, (name, content) in enumerate(odd):
        (folder / CLASSES[number % len(CLASSES)] / f"odd-{name}").write_bytes(content)


main()
