"""Reads a safetensors file by its description: a length, a JSON header, and the values."""

import json
import math
import struct


class Model:
    def __init__(self, metadata, shapes, data):
        self.metadata = metadata
        self.shapes = shapes
        self.data = data


def read_safetensors(path):
    """Checks the whole layout: float32 only, no holes, nothing beyond the end."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    text = content[8 : 8 + length]
    assert text.startswith(b"{")
    header = json.loads(text)
    metadata = header.pop("__metadata__", {})
    data = content[8 + length :]
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["dtype"] == "F32", name
        begin, stop = entry["data_offsets"]
        assert begin == end and stop - begin == 4 * math.prod(entry["shape"]), name
        end = stop
    assert end == len(data)
    return Model(metadata, {name: entry["shape"] for name, entry in header.items()}, data)
