"""Small data sets that can be learned in a moment."""

import gzip
import random
import struct
import zlib

SIDE = 8
CLASSES = 4


def _image(rng, label):
    """A bright quadrant, the label's, in noise."""
    pixels = bytearray(rng.randrange(60) for _ in range(SIDE * SIDE))
    top, left = (label // 2) * 4, (label % 2) * 4
    for row in range(top, top + 4):
        for column in range(left, left + 4):
            pixels[row * SIDE + column] = rng.randrange(120, 256)
    return bytes(pixels)


def idx_images(images):
    return struct.pack(">BBBBIII", 0, 0, 8, 3, len(images), SIDE, SIDE) + b"".join(images)


def idx_labels(labels):
    return struct.pack(">BBBBI", 0, 0, 8, 1, len(labels)) + bytes(labels)


def write_images(folder, train=400, test=100):
    """train-images, train-labels, test-images.gz and test-labels in `folder`; classes in turn."""
    rng = random.Random(20240607)
    for name, count in (("train", train), ("test", test)):
        labels = [index % CLASSES for index in range(count)]
        images = idx_images([_image(rng, label) for label in labels])
        if name == "test":
            (folder / "test-images.gz").write_bytes(gzip.compress(images))
        else:
            (folder / "train-images").write_bytes(images)
        (folder / f"{name}-labels").write_bytes(idx_labels(labels))


def png(pixels, width, height, channels=1):
    """8 bits a channel, without filters."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    row = width * channels
    rows = b"".join(b"\0" + pixels[y * row : (y + 1) * row] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_pictures(folder, count, seed, names):
    """The same kind of images as PNG files, in a folder for each class; classes in turn."""
    rng = random.Random(seed)
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        label = index % len(names)
        (folder / names[label] / f"{index:04}.png").write_bytes(png(_image(rng, label), SIDE, SIDE))


TEST_FILES = {"test_images": "test-images.gz", "test_labels": "test-labels"}


def table_rows(count, seed, answer="class"):
    """Rows of a table with a numeric, a categorical and a useless column, and what is to be learned."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        shade = rng.choice(("light", "dark"))
        size = rng.uniform(-3, 3)
        if answer == "class":
            learned = ("small " if size < 0 else "big ") + shade
            size += 0.5 if size >= 0 else -0.5
        else:
            learned = f"{2 * size + (3 if shade == 'dark' else -3) + rng.gauss(0, 0.05):.6f}"
        rows.append([f"{10 + 5 * size:.5f}", shade, f"{rng.random():.4f}", learned])
    return rows


def write_table(path, rows, header=("size", "shade", "noise", "answer")):
    lines = [",".join(header)] + [",".join(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path
