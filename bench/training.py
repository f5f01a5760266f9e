#!/usr/bin/env python3
"""Trains the same networks on the same images here and in PyTorch, one thread each, in turn; bench/training.sh runs it.

    training.py --ours PROGRAM --out FILE [--rounds N] [--seconds S]

Prints a Markdown table and writes FILE, JSON. Rates are medians over the rounds, limits the best seen in any of them.
Both sides measure the CPU time of their thread, and count forward pass, loss, backward pass and step.
"""

import argparse
import ctypes
import gzip
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

TOP = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
IMAGES, LABELS = DATA / "train-images-idx3-ubyte.gz", DATA / "train-labels-idx1-ubyte.gz"
SAMPLES = 3200  # as in training.cpp
SIDES = ("ours", "pytorch", "pytorch_tuned")
MODELS = [
    ("2NN, SGD", "plans/paper/2nn.json", [10, 32, 64]),
    ("CNN of the paper, SGD", "plans/paper/cnn.json", [10, 32]),
    ("CNN of the plan, Adam", "plans/fashion-mnist-cnn.json", [32]),
    ("LeNet, SGD", "bench/plans/lenet.json", [10, 64]),
    ("Stack of 3 × 3, SGD", "bench/plans/stack.json", [32]),
]
PRODUCTS = {"product_flops": (960, 960, 960), "batch_10_flops": (10, 784, 200), "batch_32_flops": (32, 784, 200)}
# By these names OpenBLAS can be told whose kernels to use; the first is its own choice. It does not know every processor,
# and falls back to those of a very old one where it could use a relative's.
CORE_TYPES = ["", "Haswell", "Zen", "SkylakeX"]
CORE_TYPE = "OPENBLAS_CORETYPE"


def read_images():
    with gzip.open(IMAGES) as images, gzip.open(LABELS) as labels:
        pixels = np.frombuffer(images.read(16 + SAMPLES * 784), np.uint8, offset=16)
        classes = np.frombuffer(labels.read(8 + SAMPLES), np.uint8, offset=8)
    features = torch.from_numpy(pixels.astype(np.float32) / 255).reshape(-1, 1, 28, 28)
    return features, torch.from_numpy(classes.astype(np.int64))


def build(model):
    """The plan's model; the softmax belongs to the loss."""
    height, width, channels = model["input"]
    layers = []
    for layer in model["layers"]:
        kind = layer["type"]
        if kind == "dense":
            layers.append(torch.nn.Linear(height * width * channels, layer["units"]))
            height, width, channels = 1, 1, layer["units"]
        elif kind == "conv2d":
            size, stride = layer["kernel_size"], layer.get("strides", 1)
            size = size if isinstance(size, int) else size[0]
            pad = size // 2 if layer["padding"] == "same" else 0
            layers.append(torch.nn.Conv2d(channels, layer["filters"], size, stride, pad))
            height, width = ((it + 2 * pad - size) // stride + 1 for it in (height, width))
            channels = layer["filters"]
        elif kind == "max_pool2d":
            layers.append(torch.nn.MaxPool2d(layer["pool_size"]))
            height, width = height // layer["pool_size"], width // layer["pool_size"]
        elif kind == "flatten":
            layers.append(torch.nn.Flatten())
        elif kind == "dropout":
            layers.append(torch.nn.Dropout(layer["rate"]))
        if kind in ("dense", "conv2d"):
            torch.nn.init.kaiming_normal_(layers[-1].weight, nonlinearity="relu")
            torch.nn.init.zeros_(layers[-1].bias)
            if layer["activation"] == "relu":
                layers.append(torch.nn.ReLU())
    return torch.nn.Sequential(*layers)


def build_optimizer(spec, parameters, foreach):
    rate, decay = spec["learning_rate"], spec["weight_decay"]
    if spec["type"] == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=spec["momentum"], weight_decay=decay, foreach=foreach)
    betas = (spec["beta1"], spec["beta2"])
    return torch.optim.Adam(parameters, lr=rate, betas=betas, eps=spec["epsilon"], weight_decay=decay, foreach=foreach)


def theirs(model, optimizer, batch, data, seconds, tuned):
    """PyTorch as it comes, or in the form that was the fastest for it: channels last, optimizers over all arrays at once."""
    torch.manual_seed(1)
    layout = torch.channels_last if tuned else torch.contiguous_format
    network = build(model).to(memory_format=layout)
    steps = build_optimizer(optimizer, network.parameters(), foreach=tuned)
    images, classes = data
    images = images.contiguous(memory_format=layout)
    batches = list(zip(images.split(batch), classes.split(batch)))
    batches = [it for it in batches if len(it[1]) == batch]

    def step(x, y):
        steps.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        steps.step()
        return loss.item()

    first_pass = [step(x, y) for x, y in batches]
    done, passed, begin = 0, 0.0, time.thread_time()
    for x, y in itertools.cycle(batches):
        step(x, y)
        done += batch
        passed = time.thread_time() - begin
        if passed >= seconds:
            return {"samples_per_second": done / passed, "first_pass_loss": statistics.fmean(first_pass)}


def product_rate(rows, inner, columns, seconds):
    """PyTorch's product of two matrices, in flop/s."""
    a, b = torch.rand(rows, inner), torch.rand(inner, columns)
    torch.mm(a, b)
    done, passed, begin = 0, 0.0, time.thread_time()
    while passed < seconds:
        torch.mm(a, b)
        done += 2 * rows * inner * columns
        passed = time.thread_time() - begin
    return done / passed


def core_speed():
    """PyTorch's products of the sizes that count here, in flop/s: a geometric mean."""
    rates = []
    for rows, inner, columns in ((1024, 1024, 1024), (64, 784, 200), (10, 784, 200), (576, 25, 6)):
        rates.append(product_rate(rows, inner, columns, 0.3))
    return statistics.geometric_mean(rates)


def fastest_core_type():
    """Of those that this processor can run; one that it cannot ends the process that tries it."""
    rates = {}
    for name in CORE_TYPES:
        environment = {**os.environ, CORE_TYPE: name}
        tried = subprocess.run([sys.executable, __file__, "--try-core-type"], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
        if tried.returncode == 0:
            rates[name] = float(tried.stdout)
    for name, rate in rates.items():
        print(f"OpenBLAS for {name or 'what it finds'}: {rate / 1e9:.1f} GFLOP/s", file=sys.stderr)
    return max(rates, key=rates.get)


def openblas():
    """What OpenBLAS calls itself; nothing if PyTorch runs on another BLAS."""
    torch.mm(torch.rand(64, 64), torch.rand(64, 64))
    libraries = {line.split()[-1] for line in open("/proc/self/maps") if "blas" in line}
    for library in libraries:
        try:
            name = ctypes.CDLL(library).openblas_get_config
        except AttributeError:
            continue
        name.restype = ctypes.c_char_p
        return name().decode().strip()
    return None


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def measure(ours, rounds, seconds):
    data = read_images()
    cases = [(name, TOP / plan, batch) for name, plan, batches in MODELS for batch in batches]
    runs = [{side: [] for side in SIDES} for _ in cases]
    limits = []
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        theirs_at = {f"pytorch_{name}": product_rate(*shape, seconds / 2) for name, shape in PRODUCTS.items()}
        limits.append({**call(ours, "limits", seconds / 2), **theirs_at})
        for (_, plan, batch), run in zip(cases, runs):
            own = call(ours, "steps", plan, batch, IMAGES, LABELS, seconds)
            run["ours"].append(own)
            for side in SIDES[1:]:
                tuned = side == "pytorch_tuned"
                run[side].append(theirs(own["model"], own["optimizer"], batch, data, seconds, tuned))
    return cases, runs, limits


def call(program, *arguments):
    return json.loads(subprocess.run([program, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout)


def summarise(cases, runs, limits):
    def best(key):
        return max(it[key] for it in limits)

    products = {name: {"ours": best(name), "pytorch": best(f"pytorch_{name}")} for name in PRODUCTS}
    peak = max(products["product_flops"].values())
    rows = []
    for (name, plan, batch), run in zip(cases, runs):
        first = run["ours"][0]
        row = {"model": name, "plan": str(plan.relative_to(TOP)), "batch": batch, "parameters": first["parameters"],
               "flop_per_sample": first["flop_per_sample"]}
        for side in SIDES:
            rates = [it["samples_per_second"] for it in run[side]]
            flops = statistics.median(rates) * first["flop_per_sample"]
            row[side] = {"samples_per_second": statistics.median(rates), "lowest": min(rates), "highest": max(rates),
                         "flops": flops, "share_of_peak": flops / peak,
                         "first_pass_loss": run[side][0]["first_pass_loss"]}
        for side in SIDES[1:]:
            pairs = zip(run["ours"], run[side])
            row[side]["ratio"] = statistics.median(a["samples_per_second"] / b["samples_per_second"] for a, b in pairs)
        rows.append(row)
    return {"processor": processor(), "instruction_set": runs[0]["ours"][0]["instruction_set"],
            "pytorch": torch.__version__, "blas": openblas(), "rounds": len(limits), "products": products,
            "peak_flops": peak, "triad_bytes_per_second": best("triad_bytes_per_second"),
            "cached_triad_bytes_per_second": best("cached_triad_bytes_per_second"), "models": rows}


def table(result):
    products = {name: f"{it['ours'] / 1e9:.0f} and {it['pytorch'] / 1e9:.0f}" for name, it in result["products"].items()}
    lines = [
        f"One thread on {result['processor']}; fedasio for {result['instruction_set']}, PyTorch {result['pytorch']} on "
        f"{result['blas']}; medians of {result['rounds']} rounds, in CPU time.",
        "",
        f"Products, fedasio's and PyTorch's best in GFLOP/s: {products['product_flops']} of 960 × 960 × 960 (the better is the "
        f"peak), {products['batch_10_flops']} of a batch of 10 with 784 × 200 weights, {products['batch_32_flops']} of 32. Triad: "
        f"{result['triad_bytes_per_second'] / 1e9:.0f} GB/s from memory, "
        f"{result['cached_triad_bytes_per_second'] / 1e9:.0f} from the cache.",
        "",
        "| model | parameters | batch | fedasio, samples/s | GFLOP/s | of the peak | PyTorch, samples/s | of the peak | ratio "
        "| PyTorch tuned, samples/s | of the peak | ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in result["models"]:
        ours = row["ours"]
        cells = [row["model"], f"{row['parameters']:,}", row["batch"], f"{ours['samples_per_second']:,.0f}",
                 f"{ours['flops'] / 1e9:.1f}", f"{ours['share_of_peak']:.0%}"]
        for side in SIDES[1:]:
            other = row[side]
            cells += [f"{other['samples_per_second']:,.0f}", f"{other['share_of_peak']:.0%}", f"{other['ratio']:.2f}"]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Training beside PyTorch.")
    if sys.argv[1:] == ["--try-core-type"]:
        torch.set_num_threads(1)
        print(core_speed())
        return
    parser.add_argument("--ours", required=True, help="the program built from training.cpp")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="where the JSON goes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of CPU time, for each side, model and round")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if openblas() is None:
        sys.exit("training.py: PyTorch runs on a BLAS that is not OpenBLAS and would look far slower than it is: run "
                 "scripts/install-deps.sh --bench")
    if CORE_TYPE not in os.environ:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, CORE_TYPE: fastest_core_type()})
    result = summarise(*measure(options.ours, options.rounds, options.seconds))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
