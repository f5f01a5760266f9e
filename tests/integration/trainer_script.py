"""A trainer for the tests of trainers: least squares in numpy, and on demand what no trainer should do.

    python3 trainer_script.py MODE [FILE]

A mode other than "good" misbehaves in the first round that it is asked for after FILE does not exist, which it makes.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys

import numpy as np

import fedasio

MODE = sys.argv[1]
MARK = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
INPUTS = 3
SAMPLES = 20

if MODE.startswith("socket"):
    from fedasio import _memory

    _memory.shared = lambda path, floats: None


def initial():
    """The arrays that a run begins with: also a statistic, a counter, and other types."""
    result = {
        "w": np.linspace(-1, 1, INPUTS).astype(np.float32),
        "b": np.zeros((), np.float64),
        "norm.running_mean": np.zeros(INPUTS, np.float32),
        "norm.num_batches_tracked": np.zeros((), np.int64),
        "empty": np.zeros((0, 2), np.float16),
    }
    if MODE.endswith("wide"):  # more than goes through a socket at once
        result["wide"] = np.linspace(-1, 1, 300_000).astype(np.float32).reshape(3, -1)
    if MODE == "resnet":  # as many arrays and values as ResNet-18 has: 20 BatchNorms with their counters
        for layer in range(20):
            result[f"layer{layer}.weight"] = np.full((580, 1000), layer / 100, np.float32)
            result[f"layer{layer}.bn.weight"] = np.ones(500, np.float32)
            result[f"layer{layer}.bn.running_var"] = np.ones(500, np.float32)
            result[f"layer{layer}.bn.num_batches_tracked"] = np.zeros((), np.int64)
    if MODE == "begin-nan":
        result["w"][0] = np.nan
    if MODE == "begin-never":
        raise OSError("there is no model here")
    return result


def samples_of(client):
    rng = np.random.default_rng(client)
    x = rng.normal(client, 1, (SAMPLES + client, INPUTS))
    return x, x @ np.array([1.0, -2.0, 0.5]) + 3


def trained(arrays, local, client, seed):
    """One client's round: gradient steps, a running mean, and as many batches as it has samples."""
    x, y = samples_of(client)
    w, b = arrays["w"].astype(np.float64), float(arrays["b"])
    order = np.random.default_rng(seed).permutation(len(x))
    for i in order:
        error = x[i] @ w + b - y[i]
        w = w - local["learning_rate"] * error * x[i]
        b = b - local["learning_rate"] * error
    result = {name: values + (values.dtype.kind == "i") for name, values in arrays.items()}
    if "wide" in result:
        result["wide"] = result["wide"] * np.float32(0.5 + client)
    result.update({
        "w": w.astype(np.float32),
        "b": np.array(b),
        "norm.running_mean": (0.5 * arrays["norm.running_mean"] + 0.5 * x.mean(0)).astype(np.float32),
        "norm.num_batches_tracked": arrays["norm.num_batches_tracked"] + len(x),
    })
    return result


def loss_of(arrays, client):
    x, y = samples_of(client)
    return float(np.mean((x @ arrays["w"] + float(arrays["b"]) - y) ** 2))


def misbehave(round):
    if MODE == "die":
        os._exit(3)
    if MODE == "children":
        MARK.write_text(str(subprocess.Popen(["sleep", "3600"]).pid))
        os._exit(3)
    if MODE == "hold":
        ctypes.PyDLL(None).sleep(5)  # with the interpreter held: longer than a master waits for a worker's pong
    if MODE == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            ctypes.PyDLL(None).sleep(3600)  # with the interpreter held
    if MODE == "loud":
        line = b"x" * 999_999 + b"\n"
        for _ in range(100):
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    if MODE == "nan":
        arrays = round.arrays
        arrays["w"][1] = np.nan
        round.submit(arrays, loss=1.0)
    if MODE == "far":
        arrays = round.arrays
        arrays["w"][1] = -1e6
        round.submit(arrays, loss=1.0)
    if MODE == "shape":
        round._federation._link.reply(
            round._request,
            {"round": round.number, "client": round.client, "samples": SAMPLES + round.client, "loss": 1.0},
            np.zeros(3, np.float32),
        )
        round._finish()


def train(round):
    if MARK is not None and MODE != "good" and not MARK.exists():
        MARK.touch()
        misbehave(round)
        if round._done:
            return
    arrays = trained(round.arrays, round.local, round.client, round.seed)
    round.submit(arrays, loss=loss_of(arrays, round.client))


def load(what):
    if MODE == "no-data":
        raise OSError("the disk is not there")
    return {client: (SAMPLES + client, 5) for client in what.clients}


def evaluate(what):
    return {"loss": loss_of(what.arrays, what.client)}


if __name__ == "__main__":
    fedasio.serve(train=train, load=load, evaluate=evaluate, initial=initial)
