#!/usr/bin/env python3
"""Writes the first inputs of every target to fuzz/corpus/TARGET/: valid ones, so that the fuzzer begins
behind the first checks. Inputs that were findings stand beside them as found-*, and are left alone."""

import gzip
import hashlib
import json
import math
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "tests" / "integration"))
sys.dont_write_bytecode = True
import frames  # noqa: E402

CSV = {
    "type": "csv",
    "train": "a.csv",
    "test": "b.csv",
    "label": "y",
    "delimiter": ";",
    "standardize": False,
    "columns": {
        "a": "numeric",
        "b": {"type": "categorical", "categories": ["one", "two"]},
        "c": {"type": "ignored"},
    },
}
IDX = {"type": "idx", "train_images": "a", "train_labels": "b", "test_images": "c", "test_labels": "d"}
SCHEMA = {
    "delimiter": ",",
    "standardize": True,
    "regression": False,
    "label": "y",
    "label_mean": 0.1,
    "label_deviation": 1,
    "classes": ["no", "yes"],
    "columns": [
        {"name": "a", "type": "numeric", "mean": 43.92, "deviation": 5.45},
        {"name": "b", "type": "categorical", "categories": ["one", "two"]},
        {"name": "c", "type": "ignored"},
    ],
}
IMAGES = {
    "input": [28, 28, 1],
    "layers": [
        {"type": "conv2d", "filters": 8, "kernel_size": [5, 3], "padding": "same", "activation": "relu"},
        {"type": "max_pool2d", "pool_size": 2},
        {"type": "group_norm", "groups": 2},
        {"type": "avg_pool2d", "pool_size": 1},
        {"type": "dropout", "rate": 0.1},
        {"type": "activation", "activation": "sigmoid"},
        {"type": "flatten"},
        {"type": "dense", "units": 10, "activation": "softmax", "initializer": "he"},
    ],
    "loss": "cross_entropy",
}
TABLE = {"layers": [{"type": "dense", "units": 1}], "loss": "mean_squared_error"}
ADAM = {"type": "adam", "learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.99, "epsilon": 1e-8}
SGD = {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.1, "proximal": 0.01}

MESSAGES = {
    "hello": {"name": "ward-3", "clients": 2, "threads": 2, "version": "0.1.0", "instruction_set": "x86-64"},
    "welcome": {"worker": 3, "plan": "penguins"},
    "survey": {"source": CSV, "regression": False},
    "summary": {
        "rows": 9,
        "columns": [
            {"name": "a", "count": 8, "missing": 1, "numeric": True, "mean": 0.1, "m2": 2.5},
            {
                "name": "y",
                "count": 9,
                "missing": 0,
                "numeric": False,
                "mean": 0,
                "m2": 0,
                "categories": ["no", "yes"],
            },
        ],
    },
    "load": {
        "seed": 2**64 - 1,
        "source": CSV,
        "partition": {"scheme": "local", "samples_per_client": 0},
        "holdout": 0.2,
        "clients_total": 7,
        "clients": [0, 6],
        "schema": SCHEMA,
    },
    "load-idx": {
        "seed": 1,
        "source": IDX,
        "partition": {"scheme": "dirichlet", "alpha": 0.25},
        "holdout": 0,
        "clients_total": 1,
        "clients": [],
    },
    "loaded": {"clients": [{"client": 0, "samples": 134, "held_out": 33}]},
    "model": {
        "seed": 3,
        "network": IMAGES,
        "local": {"epochs": 2, "batch_size": 17, "optimizer": ADAM},
        "parameters": 9,
    },
    "train": {"round": 3, "client": 0, "version": 7},
    "update": {"round": 3, "client": 0, "samples": 134, "loss": 0.176, "accuracy": 0.985, "seconds": 0.42},
    "evaluation": {"client": 0, "samples": 33, "loss_sum": 9.578, "correct": 31},
    "evaluation-classes": {
        **{"client": 0, "samples": 3, "loss_sum": 1.5, "correct": 2},
        **{"confusion": [1, 0, 1, 1], "scores": [4095, 1, 0, 4100, 0, 2]},
    },
    "evaluation-values": {
        **{"client": 0, "samples": 3, "loss_sum": 1.5, "correct": 0},
        **{"absolute_sum": 2, "label_mean": -0.5, "label_m2": 2.25, "histogram": [251, 1, 300, 2]},
    },
    "train-state": {
        **{"round": 3, "client": 0, "version": 7, "state_round": 1, "safe_round": 1},
        **{"state": [["control", 3], ["private", 1]]},
    },
    "update-own": {
        **{"round": 3, "client": 0, "samples": 134, "loss": 0.176, "seconds": 0.42, "loss_before": 2.5},
        **{"state": [["private", 4]], "metrics": {"f1": 0.9, "val/auc@5": -1e-3}},
    },
    "evaluate": {"round": 3, "client": 0, "version": 7, "confusion": True, "histogram": True, "personal": True},
    "evaluation-own": {"client": 0, "samples": 3, "loss_sum": 1.5, "metrics": {"perplexity": 12.5, "f1": 1}},
    "initial": {"seed": 2**64 - 1},
    "initial-arrays": {
        "arrays": [
            {"name": "conv.weight", "shape": [2, 3]},
            {"name": "bn.num_batches_tracked", "shape": [], "type": "int64", "role": "counter"},
            {"name": "head.bias", "shape": [2], "type": "float16", "role": "private"},
        ]
    },
    "run_over": {"reason": "the training is done"},
    "measurements": {"cpu_percent": 97.5, "memory_bytes": 123456789},
    "standing": {"state": "left_out", "reason": "its table has no rows"},
}

PLAN = {
    "name": "all",
    "seed": 2**64 - 1,
    "model": IMAGES,
    "data": {"source": IDX, "partition": {"scheme": "shards", "shards_per_client": 2}, "test_fraction": 0.1},
    "clients": 10,
    "local": {"epochs": 5, "batch_size": 10, "optimizer": ADAM},
    "strategy": {"type": "fedavgm", "server_learning_rate": 0.5, "server_momentum": 0.9},
    "fraction": 0.1,
    "rounds": 100,
    "target_accuracy": 0.99,
    "deadline": 0.5,
    "quorum": 0.8,
    "checkpoint_every": 0,
}
REGRESSION = {
    "model": TABLE,
    "data": {"source": CSV, "partition": {"scheme": "iid", "samples_per_client": 5}},
    "clients": 2,
    "local": {"optimizer": SGD},
    "strategy": "fedavg",
    "rounds": 1,
}

# Of a model file: a table's, an image's, and one of a trainer's own arrays.
SAVED = {
    "table": {"network": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}, "schema": SCHEMA},
    "image": {
        "network": {"input": [2, 1, 1], "layers": [{"type": "flatten"}, {"type": "dense", "units": 3}]},
        "classes": ["a", "b", "c"],
    },
    "arrays": {"arrays": MESSAGES["initial-arrays"]["arrays"]},
}

# Behind the byte that says what was asked for.
EVALUATIONS = {
    "own": (0, [MESSAGES["evaluation-own"], {**MESSAGES["evaluation-own"], "client": 1, "correct": 2}]),
    "values": (1, [{**MESSAGES["evaluation-values"], "client": i, "samples": 3, "loss_sum": 5} for i in range(3)]),
    "classes": (2, [{**MESSAGES["evaluation-classes"], "client": i, "loss_sum": 1.5 + i} for i in range(4)]),
}

# Which model, and what it is tried with; 4: a picture.
ROWS = {
    "classes": (0, {"row": {"size": 2.5, "shade": "red", "note": None}}),
    "values": (1, {"row": {"a": "1,5", "b": 1e30, "other": "x"}}),
    "no-picture": (2, {"row": {"a": 1}}),
}

# How the dashboard is reached, then method, target, Host, Origin, Content-Type, Accept-Encoding, If-None-Match,
# Authorization, Cookie, Sec-Fetch-Site, X-Forwarded-For, and the body.
TOKENS, LOOPBACK, UPGRADE, ORIGIN, HOST = 16, 8, 4, 2, 1
REQUESTS = {
    "page": (LOOPBACK | HOST, "GET", "/app.js", "localhost:8080", "", "", "br, gzip;q=0.5", 'W/"1", "2"'),
    "events": (LOOPBACK | HOST, "GET", "/api/v1/events?after=3&limit=10", "[::1]:8080"),
    "stream": (LOOPBACK | UPGRADE | HOST, "GET", "/api/v1/stream?after=7&instance=ab&batch=1", "127.0.0.1"),
    "summary": (LOOPBACK | HOST, "GET", "/api/v1/rounds/summary", "localhost"),
    "spreads": (LOOPBACK | HOST, "GET", "/api/v1/runs/5c0f/spreads", "localhost"),
    "histogram": (LOOPBACK | HOST, "GET", "/api/v1/models/best_1.0/arrays/3/histogram", "localhost"),
    "labels": (
        *(LOOPBACK | HOST, "POST", "/api/v1/runs/5c0f/labels", "localhost", "", "application/json; charset=utf-8"),
        *("", "", "", "", "same-origin", "", '{"name": "first", "tags": ["a"], "note": "b\\nc", "pinned": true}'),
    ),
    "predict": (
        *(LOOPBACK | HOST, "POST", "/api/v1/models/best_1.0/predict", "localhost", "", "image/png"),
        *("", "", "", "", "", "", "\x89PNG"),
    ),
    "login": (
        *(TOKENS | ORIGIN | HOST, "POST", "/training/login", "example.org", "https://example.org"),
        *("application/x-www-form-urlencoded", "", "", "", "", "", "10.1.2.3, [2001:db8::1]:80"),
        "token=viewers-token-0123456789ab",
    ),
    "program": (
        *(TOKENS | HOST, "POST", "/api/v1/commands", "fl.example.org", "", "application/json", "", ""),
        *("Bearer operators-token-0123456789", "", "", "", '{"command": "stop", "now": true}'),
    ),
    "cookie": (
        *(TOKENS | HOST, "GET", "/api/v1/status", "fl.example.org", "", "", "", "", ""),
        *("a=b; __Host-fedasio-8080=viewer.1700000000.0123456789abcdef." + "0" * 64, "none"),
    ),
    "link": (TOKENS | HOST, "GET", "/?link=viewer.1700000000.0123456789abcdef." + "0" * 64, "fl.example.org"),
}

FIRST_BYTE = {"plain": 0x40, "regression": 0x48, "declared": 0x70, "unscaled": 0x04, "large": 0x0C}
TABLES = {
    "plain": b"a,b,c,y\n1,one,x,no\n2,two,y,yes\n-0.5,,z,no\n",
    "regression": b"\xef\xbb\xbfy,a\r\n1e3,2\r\n\r\n-2,\r\n0.25,7",
    "declared": b'c,"b",a,y\n"q ""r"", s\n",one,+1,yes\n,"two",1e-3,no\n',
    "unscaled": "ä,y\rö,3\rü,12\r".encode(),
    "large": b"a,y\n3.4e38,1\n-3e-45,-3.4e38\n",
}


def write(target, name, content):
    file = HERE / "corpus" / target / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def safetensors(metadata, tensors, pad=True):
    header, data = {"__metadata__": metadata}, b""
    for name, shape, values in tensors:
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64 if pad else 0)
    return struct.pack("<Q", len(text)) + text + data


def checkpoint(weights, state):
    digest, history, seed = "d" * 64, '[{"round":7}]', 2**64 - 1
    hashed = hashlib.sha256(f"7,{seed},{len(digest)},{len(weights)},{len(state)},{digest}".encode())
    hashed.update(struct.pack(f"<{len(weights) + len(state)}f", *weights, *state) + history.encode())
    metadata = {"round": "7", "seed": str(seed), "plan_digest": digest, "history": history}
    metadata["sha256"] = hashed.hexdigest()
    tensors = [("weights", [len(weights)], weights), ("strategy_state", [len(state)], state)]
    return safetensors(metadata, tensors)


def idx(dims, values):
    return bytes([0, 0, 8, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + values


def idx_pair(images, labels):
    return struct.pack("<H", len(labels)) + labels + images


def main():
    hello = frames.encode(frames.HELLO, MESSAGES["hello"], correlation=1)
    weights = frames.encode(frames.WEIGHTS, {"version": 1}, struct.pack("<3f", 1, 2, 3), correlation=2)
    update = frames.encode(16, MESSAGES["update"], struct.pack("<2f", 1, 2), 1, frames.REPLY)
    refusal = frames.encode(16, {"code": "data", "reason": "none"}, b"", 2, frames.REPLY | frames.REFUSAL)
    ping = frames.encode(frames.PING, correlation=5)
    pong = frames.encode(frames.PONG, correlation=1)
    bye = frames.encode(frames.BYE, {"reason": "enough"})
    for name, frame in {"hello": hello, "weights": weights, "refusal": refusal, "ping": ping}.items():
        write("frame", name, frame)
    write("connection", "requests", b"\x00" + ping + hello + weights + bye)
    write("connection", "replies", b"\x43" + update + refusal + pong + ping)
    write("connection", "late", b"\x05" + frames.encode(16, {}, b"x" * 200, 3, frames.REPLY) + hello)
    write("connection", "damaged", b"\x81" + hello[:-1] + b"!" + bye)
    for name, meta in MESSAGES.items():
        write("message", name, meta)
    summary, load = MESSAGES["summary"], MESSAGES["load"]
    write("encoding", "summary", summary)
    write("encoding", "large", {"rows": 2**32, "columns": [{**c, "mean": 1e308} for c in summary["columns"]]})
    write("encoding", "classes", {**load, "schema": {**SCHEMA, "classes": ["1", "2", "3"]}})
    write("encoding", "targets", {**load, "schema": {**SCHEMA, "classes": [], "regression": True}})
    write("plan", "all", PLAN)
    write("plan", "regression", REGRESSION)
    for plan in ("penguins", "fashion-mnist-cnn"):
        write("plan", plan, (HERE.parent / "plans" / f"{plan}.json").read_bytes())
    kernel = ("0.dense.kernel", [2, 3], [0, 1, 2, 3, 4, 5])
    bias = ("0.dense.bias", [3], [0.5, -1, 1e-40])
    write("safetensors", "model", safetensors({"round": "3", "plan_digest": "d" * 64}, [kernel, bias]))
    shapes = [("scalar", [], [1]), ("none", [0, 4], []), bias]
    write("safetensors", "shapes", safetensors({}, shapes, pad=False))
    write("checkpoint", "fedavg", checkpoint([1, -2, 0.5], []))
    write("checkpoint", "fedavgm", checkpoint([1, -2], [0.25, 3]))
    pictures = json.loads((HERE.parent / "tests" / "data" / "image_vectors.json").read_text())
    for name in "jpeg", "grey jpeg", "progressive jpeg", "palette", "16 bits", "transparency", "big-endian orientation":
        (found,) = [one["file"] for one in pictures["cases"] if one["name"] == name]
        write("image", name.replace(" ", "-"), bytes.fromhex(found))
    for name, content in pictures["damaged"].items():
        write("image", name.replace(" ", "-"), bytes.fromhex(content))
        write("prediction", name.replace(" ", "-"), b"\x06" + bytes.fromhex(content))
    (coloured,) = [one["file"] for one in pictures["cases"] if one["name"] == "jpeg"]
    write("prediction", "jpeg", b"\x07" + bytes.fromhex(coloured))
    for name, (model, row) in ROWS.items():
        write("prediction", name, bytes([model]) + json.dumps(row).encode())
    for name, (asked, clients) in EVALUATIONS.items():
        write("evaluation", name, bytes([asked]) + json.dumps({"clients": clients}).encode())
    for name, (first, *lines) in REQUESTS.items():
        lines += [""] * (12 - len(lines))
        write("request", name, bytes([first]) + "\n".join(lines).encode("latin-1"))
    sizes = {"table": [("0.dense.kernel", [3, 2]), ("0.dense.bias", [2])]}
    sizes["image"] = [("1.dense.kernel", [2, 3]), ("1.dense.bias", [3])]
    sizes["arrays"] = [("conv.weight", [2, 3]), ("bn.num_batches_tracked", []), ("head.bias", [2])]
    for name, metadata in SAVED.items():
        tensors = [(array, shape, [0.5] * math.prod(shape)) for array, shape in sizes[name]]
        written = {key: json.dumps(value) for key, value in metadata.items()}
        write("model_file", name, safetensors({"round": "3", **written}, tensors))
    images, labels = idx([3, 2, 2], bytes(range(0, 240, 20))), idx([3], b"\x00\x02\x01")
    write("idx", "plain", idx_pair(images, labels))
    write("idx", "gzipped", idx_pair(gzip.compress(images, mtime=0), gzip.compress(labels, mtime=0)))
    # The product of these dimensions is 2^64.
    write("idx", "overflow", idx_pair(idx([1, 1 << 22, 1 << 21, 1 << 21], b""), idx([1], b"\0")))
    write("idx", "colours", idx_pair(idx([1, 1, 2, 3], b"123456"), idx([1], b"\xff")))
    for name, table in TABLES.items():
        write("csv", name, bytes([FIRST_BYTE[name]]) + table)
    write("command", "train", {"command": "train", "rounds": 5, "target_accuracy": 0.9})
    write("command", "save", {"command": "save", "name": "best_1.0"})
    write("command", "load", {"command": "load", "name": "best-2"})
    write("command", "stop_now", {"command": "stop", "now": True})
    write("command", "evict", {"command": "evict", "worker": 3})
    write("command", "change", {"command": "change", "rounds": 50, "target_accuracy": None, "deadline": 2.5, "fraction": 0.25})
    write("command", "start", {"command": "start", "plan": "{ // a plan\n \"rounds\": 3,\n}"})
    for name in ("pause", "resume", "stop"):
        write("command", name, {"command": name})


if __name__ == "__main__":
    main()
