#!/usr/bin/env python3
"""Writes image_vectors.json: small image files, and what Pillow makes of them. Needs Debian's python3-pil; no test does.

Usage: tests/data/image_vectors.py > tests/data/image_vectors.json"""

import io
import json
import random
import struct
import sys
import zlib

from PIL import Image, ImageOps

BILINEAR = Image.Resampling.BILINEAR


def noise(mode, width, height, seed):
    chance = random.Random(seed)
    bands = len(Image.new(mode, (1, 1)).getbands())
    smooth = [chance.randrange(256) for _ in range(bands)]
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            for band in range(bands):
                pixels.append((smooth[band] + 7 * x * (band + 1) + 5 * y + chance.randrange(60)) % 256)
    return Image.frombytes(mode, (width, height), bytes(pixels))


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def fitted(image, height, width, mode):
    """As docs/plan.md tells a foreign worker to do it."""
    image = ImageOps.exif_transpose(image).convert(mode)
    scale = min(image.height / height, image.width / width)
    box_width, box_height = min(image.width, scale * width), min(image.height, scale * height)
    left, top = (image.width - box_width) / 2, (image.height - box_height) / 2
    return image.resize((width, height), BILINEAR, box=(left, top, left + box_width, top + box_height))


def case(name, content, height, width, mode):
    with Image.open(io.BytesIO(content)) as image:
        result = fitted(image, height, width, mode)
    return {
        "name": name, "file": content.hex(), "height": height, "width": width, "channels": 1 if mode == "L" else 3,
        "pixels": result.tobytes().hex(),
    }


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def sixteen_bits():
    """Which Pillow reads in another way."""
    chance = random.Random(16)
    values = [chance.randrange(65536) for _ in range(12)]
    rows = b"".join(b"\0" + struct.pack(">4H", *values[4 * y : 4 * y + 4]) for y in range(3))
    content = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 3, 16, 0, 0, 0, 0))
    content += png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    pixels = bytes((2 * value + 257) // 514 for value in values)
    return {"name": "16 bits", "file": content.hex(), "height": 3, "width": 4, "channels": 1, "pixels": pixels.hex()}


def main():
    rgb, grey = noise("RGB", 23, 17, 1), noise("L", 19, 31, 2)
    png, grey_png = saved(rgb, "PNG"), saved(grey, "PNG")
    jpeg = saved(rgb, "JPEG", quality=90)
    cases = [
        case("png as it is", png, 17, 23, "RGB"),
        case("png shrunk", png, 8, 8, "RGB"),
        case("png grown", png, 40, 60, "RGB"),
        case("png tall", png, 9, 3, "RGB"),
        case("png to grey", png, 10, 12, "L"),
        case("grey png", grey_png, 7, 7, "L"),
        case("grey png to colour", grey_png, 12, 20, "RGB"),
        case("a column of pixels", saved(noise("RGB", 1, 400, 7), "PNG"), 3, 5, "RGB"),
        case("one pixel", saved(noise("RGB", 1, 1, 3), "PNG"), 4, 3, "RGB"),
        case("palette", saved(rgb.convert("P", palette=Image.Palette.ADAPTIVE, colors=11), "PNG"), 8, 8, "RGB"),
        case("black and white", saved(grey.convert("1"), "PNG"), 8, 8, "L"),
        case("transparency", saved(noise("RGBA", 13, 11, 4), "PNG"), 6, 6, "RGB"),
        case("grey transparency", saved(noise("LA", 13, 11, 5), "PNG"), 6, 6, "L"),
        sixteen_bits(),
        case("jpeg", jpeg, 8, 8, "RGB"),
        case("jpeg to grey", jpeg, 8, 8, "L"),
        case("grey jpeg", saved(grey, "JPEG"), 8, 8, "L"),
        case("progressive jpeg", saved(rgb, "JPEG", progressive=True, subsampling=0), 9, 5, "RGB"),
    ]
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = saved(rgb, "JPEG", quality=95, exif=exif)
        cases.append(case(f"orientation {orientation}", content, 6, 9, "RGB"))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "maker", 6
    big_endian = saved(rgb, "JPEG", exif=b"Exif\0\0MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0))
    cases.append(case("big-endian orientation", big_endian, 6, 9, "RGB"))
    damaged = {
        "empty": b"",
        "text": b"no image at all",
        "gif": b"GIF89a" + bytes(20),
        "cut png": png[: len(png) // 2],
        "cut jpeg": jpeg[: len(jpeg) // 2],
        "changed png": png[:60] + bytes([png[60] ^ 1]) + png[61:],
        "cmyk jpeg": saved(noise("CMYK", 9, 9, 6), "JPEG"),
        "huge png": png[:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + png[24:29]
        + struct.pack(">I", zlib.crc32(png[12:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + png[24:29])) + png[33:],
    }
    at = jpeg.index(b"\xff\xc0")
    damaged["huge jpeg"] = jpeg[: at + 5] + b"\xf0\x00\xf0\x00" + jpeg[at + 9 :]
    json.dump({"cases": cases, "damaged": {name: content.hex() for name, content in damaged.items()}}, sys.stdout, indent=0)
    print()


main()
