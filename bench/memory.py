#!/usr/bin/env python3
"""Does a master grow? Trains small models of five sizes for many rounds and compares what the master holds at the
end with what it held at round 500.

    bench/memory.py [--bin build/release/bin] [--rounds 20000] [--minutes 20]

A master keeps the story of its last thousand rounds and its last 8,000 events, for the page; older ones are on disk.
Ends with 1 if a master holds more than 1.2 times as much. `--minutes` bounds the time of each size: what was not
reached then is said."""

import argparse
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

CLIENTS = 4
SAMPLES = 64
SIZES = ([16], [32], [64], [80], [128])  # units; models of 51 KB to 407 KB
FIRST = 500
MOST = 1.2


def write_images(folder):
    """As MNIST's files, so that the models have 784 inputs."""
    dice = random.Random(1)
    pixels = bytes(dice.randrange(256) for _ in range(SAMPLES * 784))
    (folder / "images").write_bytes(struct.pack(">IIII", 0x803, SAMPLES, 28, 28) + pixels)
    labels = bytes(dice.randrange(10) for _ in range(SAMPLES))
    (folder / "labels").write_bytes(struct.pack(">II", 0x801, SAMPLES) + labels)


def plan(folder, units, rounds):
    layers = [{"type": "flatten"}]
    layers += [{"type": "dense", "units": n, "activation": "relu"} for n in units]
    layers += [{"type": "dense", "units": 10, "activation": "softmax"}]
    files = {"train_images": str(folder / "images"), "train_labels": str(folder / "labels")}
    return {
        "name": "memory",
        "model": {"input": [28, 28], "layers": layers},
        "data": {"source": {"type": "idx", **files}, "partition": {"scheme": "iid"}},
        "clients": CLIENTS,
        "local": {"epochs": 1, "batch_size": 16, "optimizer": {"type": "sgd", "learning_rate": 0.001}},
        "rounds": rounds,
        "checkpoint_every": 1000,
    }


def fetch(url, what):
    with urllib.request.urlopen(f"{url}api/v1/{what}", timeout=60) as answer:
        return answer.read()


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="utf-8") as file:
        return int(file.read().split()[1]) * 4096


def measure(programs, units, rounds, minutes):
    """Megabytes at round FIRST and at the end, which round that was, and seconds."""
    with tempfile.TemporaryDirectory(prefix="fedasio-memory-") as name:
        folder = pathlib.Path(name)
        write_images(folder)
        (folder / "plan.json").write_text(json.dumps(plan(folder, units, rounds)))
        master = subprocess.Popen(
            [programs / "fedasio-master", "--plan", folder / "plan.json", "--state-dir", folder / "state",
             "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0", "--spawn-workers", "2", "--autostart",
             "--log-level", "error"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            url = ""
            while not url:
                line = master.stdout.readline()
                if not line:
                    sys.exit("the master has ended")
                url = line.split()[1] if line.startswith("dashboard ") else ""
            begin = time.monotonic()
            at_first = at_end = done = 0
            while done < rounds and time.monotonic() - begin < 60 * minutes:
                time.sleep(0.1)
                done = json.loads(fetch(url, "status"))["round"]
                at_end = resident(master.pid)
                at_first = at_end if done < FIRST or at_first == 0 else at_first
            return at_first / 1e6, at_end / 1e6, done, time.monotonic() - begin
        finally:
            master.terminate()
            master.wait(60)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/release/bin"))
    arguments.add_argument("--rounds", type=int, default=20_000)
    arguments.add_argument("--minutes", type=float, default=20)
    chosen = arguments.parse_args()
    grew = False
    print("layers          model   round   at 500  at the end  ratio  rounds/s")
    for units in SIZES:
        widths = [784, *units, 10]
        size = 4e-3 * sum((a + 1) * b for a, b in zip(widths, widths[1:], strict=False))
        first, end, done, seconds = measure(chosen.bin.resolve(), units, chosen.rounds, chosen.minutes)
        ratio = end / first
        name = "-".join(str(n) for n in widths)
        short = "" if done >= chosen.rounds else f"  (not all of {chosen.rounds} in {chosen.minutes:g} min)"
        print(
            f"{name:15} {size:4.0f} KB {done:6} {first:5.1f} MB {end:8.1f} MB {ratio:6.2f} "
            f"{done / seconds:9.0f}{short}",
            flush=True,
        )
        grew = grew or ratio > MOST
    sys.exit(1 if grew else 0)


if __name__ == "__main__":
    main()
