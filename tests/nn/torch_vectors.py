#!/usr/bin/env python3
"""Writes torch_vectors.json: what PyTorch, in float64, makes of many small networks.

    torch_vectors.py            writes the file anew
    torch_vectors.py --check    compares it with what would be written

torch_test.cpp holds the engine against the file, so only this script needs PyTorch (Debian: python3-torch).

A case is a model and an optimizer in the plan's form and what came of them: the outputs before training and, after each
step, the loss and the hits; at the end, how far each weight was moved. A case with a "pass" differs in what
fedasio::nn::training_pass names; its correction and its anchor are numbers by which what is drawn is multiplied. Inputs, weights and targets are not in the file:
both sides draw them from `stream`. Of a large array only every `stride`-th value is kept; a stride has no factor in
common with the array's size, so that it meets all rows and columns.
"""

import argparse
import itertools
import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

FILE = pathlib.Path(__file__).with_suffix(".json")
KEPT = 64  # values of an array in the file, at most
STEEP = 65536.0  # a learning rate that makes the start vanish beside the step: what is seen is the gradient
# Where a relu or a maximum would change its mind within the rounding errors of float32, no two programs agree.
MARGIN = 1e-6


def stream(seed, purpose, count):
    """SplitMix64 (Steele et al., 2014), the upper 24 bits of each number."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed * 8 + purpose) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.int64)


def signed(seed, purpose, count, reach=1.0):
    """Exact in float32, if reach is a power of two."""
    return (stream(seed, purpose, count) * 2.0**-23 - 1.0) * reach


class Undecided(Exception):
    """A value of this seed lies on a kink."""


def check_kink(distances, scale):
    """0 itself comes from a relu before, which lets no gradient through, whatever follows."""
    if bool(((distances != 0) & (distances < MARGIN * scale)).any()):
        raise Undecided


def activate(z, name):
    if name == "relu":
        check_kink(z.detach().abs(), z.detach().abs().max())
        return torch.relu(z)
    return {"linear": lambda v: v, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "softmax": lambda v: v}[name](z)


def pool(x, size):
    x = x.permute(0, 3, 1, 2)
    n, c, h, w = x.shape
    windows = F.unfold(x.detach().reshape(n * c, 1, h, w), size, stride=size)
    if size > 1:
        top = windows.topk(2, dim=1).values
        check_kink(top[:, 0] - top[:, 1], windows.abs().max())
    return F.max_pool2d(x, size).permute(0, 2, 3, 1)


def sizes(model):
    """The dimensions of each array, in the order of the flat span, and of a sample at the end."""
    arrays, shape = [], list(model["input"])
    for layer in model["layers"]:
        if layer["type"] == "dense":
            arrays += [[shape[-1], layer["units"]], [layer["units"]]]
            shape = [layer["units"]]
        elif layer["type"] == "conv2d":
            height, width = layer["kernel_size"]
            arrays += [[height, width, shape[2], layer["filters"]], [layer["filters"]]]
            lost = (0, 0) if layer["padding"] == "same" else (height - 1, width - 1)
            stride = layer.get("strides", 1)
            shape = [-(-(shape[0] - lost[0]) // stride), -(-(shape[1] - lost[1]) // stride), layer["filters"]]
        elif layer["type"] == "group_norm":
            arrays += [[shape[-1]], [shape[-1]]]
        elif layer["type"] in ("max_pool2d", "avg_pool2d"):
            shape = [shape[0] // layer["pool_size"], shape[1] // layer["pool_size"], shape[2]]
        elif layer["type"] == "flatten":
            shape = [math.prod(shape)]
    return arrays, shape


def around(size, window, stride):
    """What the padding `same` adds before and after, as TensorFlow and Keras do."""
    added = max(0, (-(-size // stride) - 1) * stride + window - size)
    return added // 2, added - added // 2


def forward(model, arrays, x):
    """The outputs, but for a softmax at the end."""
    arrays = iter(arrays)
    act = None
    for layer in model["layers"]:
        if layer["type"] == "dense":
            x = x @ next(arrays) + next(arrays)
        elif layer["type"] == "conv2d":
            kernel, bias = next(arrays), next(arrays)
            images, kernel = x.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1)
            stride = layer.get("strides", 1)
            if layer["padding"] == "same":
                images = F.pad(images, [*around(x.shape[2], kernel.shape[3], stride),
                                        *around(x.shape[1], kernel.shape[2], stride)])
            x = F.conv2d(images.contiguous(), kernel.contiguous(), bias, stride=stride).permute(0, 2, 3, 1)
        elif layer["type"] == "max_pool2d":
            x = pool(x, layer["pool_size"])
        elif layer["type"] == "avg_pool2d":
            x = F.avg_pool2d(x.permute(0, 3, 1, 2), layer["pool_size"]).permute(0, 2, 3, 1)
        elif layer["type"] == "group_norm":
            gamma, beta = next(arrays), next(arrays)
            images = x.movedim(-1, 1)
            x = F.group_norm(images, layer["groups"], gamma, beta, rounded(layer.get("epsilon", 1e-5))).movedim(1, -1)
        elif layer["type"] == "flatten":
            x = x.flatten(1)
        act = layer.get("activation", "linear")
        x = activate(x, act)
    return x, act == "softmax"


def measure(model, z, is_softmax, target):
    """Each sample's loss and the number of hits."""
    y = torch.softmax(z, 1) if is_softmax else z.flatten(1)
    hits = int((y.argmax(1) == target).sum()) if target.dtype == torch.int64 else 0
    if model["loss"] == "cross_entropy":
        return F.cross_entropy(z, target, reduction="none"), hits
    if target.dtype == torch.int64:
        target = F.one_hot(target, y.shape[1]).double()
    return ((y - target) ** 2).mean(1), hits


def rounded(number):
    """As the engine has it: in float32."""
    return float(np.float32(number))


def make_optimizer(spec, flat):
    rate, decay = rounded(spec["learning_rate"]), rounded(spec.get("weight_decay", 0))
    if spec["type"] == "sgd":
        return torch.optim.SGD([flat], lr=rate, momentum=rounded(spec.get("momentum", 0)), weight_decay=decay)
    betas = (rounded(spec.get("beta1", 0.9)), rounded(spec.get("beta2", 0.999)))
    return torch.optim.Adam([flat], lr=rate, betas=betas, eps=rounded(spec.get("epsilon", 1e-7)), weight_decay=decay)


def keep(array):
    """A thinned-out array: float32 in hexadecimal digits, one after the other."""
    least = -(-array.numel() // KEPT)
    stride = next(n for n in itertools.count(least) if math.gcd(n, array.numel()) == 1)
    return {"stride": stride, "values": array.numpy().ravel()[::stride].astype(">f4").tobytes().hex()}


def train(case):
    model, seed, batch, steps = case["model"], case["seed"], case["batch"], case["steps"]
    dims, output = sizes(model)
    start = [signed(seed, 0, sum(map(math.prod, dims)))]
    start = np.split(start[0], np.cumsum([math.prod(it) for it in dims])[:-1])
    start = torch.from_numpy(np.concatenate([part * reach for part, reach in zip(start, case["reach"])]))
    flat = start.clone().requires_grad_()
    features = torch.from_numpy(signed(seed, 1, steps * batch * math.prod(model["input"])))
    features = features.reshape(steps, batch, *model["input"])
    outputs = math.prod(output)
    if case["targets"] == "classes":
        target = torch.from_numpy(stream(seed, 2, steps * batch) % outputs).reshape(steps, batch)
    else:
        target = torch.from_numpy(signed(seed, 2, steps * batch * outputs)).reshape(steps, batch, outputs)

    def views():
        parts = torch.split(flat, [math.prod(it) for it in dims])
        return [part.reshape(it) for part, it in zip(parts, dims)]

    with torch.no_grad():
        z, is_softmax = forward(model, views(), features[0])
        predicted = keep(torch.softmax(z, 1) if is_softmax else z)
    asked = case.get("pass", {})
    optimizer = make_optimizer({**case["optimizer"], **{key: asked[key] for key in ["learning_rate"] if key in asked}},
                               flat)
    pull = rounded(asked.get("proximal", case["optimizer"].get("proximal", 0)))
    drawn = {key: torch.from_numpy(signed(seed, purpose, flat.numel(), asked[key]))
             for key, purpose in [("correction", 3), ("anchor", 4)] if key in asked}
    anchor = drawn.get("anchor", start)
    is_frozen = torch.cat([torch.full((math.prod(it),), number in asked.get("frozen", []))
                           for number, it in enumerate(dims)])
    loss_sums, correct = [], []
    for x, t in zip(features, target):
        losses, hits = measure(model, *forward(model, views(), x), t)
        loss_sums.append(losses.sum().item())
        correct.append(hits)
        optimizer.zero_grad()
        (losses.mean() + pull / 2 * ((flat - anchor) ** 2).sum()).backward()
        flat.grad += drawn.get("correction", 0)
        optimizer.step()
        with torch.no_grad():
            flat[is_frozen] = start[is_frozen]
    moved = torch.split(flat.detach() - start, [math.prod(it) for it in dims])
    return {"predicted": predicted, "loss_sums": loss_sums, "correct": correct, "moved": [keep(it) for it in moved]}


def reach_of(dims):
    """A power of two near 1 / sqrt(fan_in) for a kernel."""
    return 0.5 if len(dims) == 1 else 2.0 ** round(0.5 - math.log2(math.prod(dims[:-1])) / 2)


def solve(case):
    for attempt in range(100):
        case["seed"] = case["seed"] + attempt
        try:
            return {**case, **train(case)}
        except Undecided:
            pass
    raise SystemExit(f"no seed without a kink: {case['model']}")


def dense(units, activation="linear"):
    return {"type": "dense", "units": units, "activation": activation}


def conv(filters, height, width, padding="valid", activation="relu"):
    return {"type": "conv2d", "filters": filters, "kernel_size": [height, width], "padding": padding,
            "activation": activation}


def max_pool(size):
    return {"type": "max_pool2d", "pool_size": size}


def avg_pool(size):
    return {"type": "avg_pool2d", "pool_size": size}


def group_norm(groups, epsilon=1e-5):
    return {"type": "group_norm", "groups": groups, "epsilon": epsilon}


RELU = {"type": "activation", "activation": "relu"}


FLATTEN = {"type": "flatten"}


def network(shape, *layers):
    is_entropy = layers[-1].get("activation") == "softmax"
    return {"input": list(shape), "layers": list(layers),
            "loss": "cross_entropy" if is_entropy else "mean_squared_error"}


def gradient_of(model, batch, targets=None):
    return {"model": model, "batch": batch, "steps": 1, "optimizer": {"type": "sgd", "learning_rate": STEEP},
            "targets": targets or ("classes" if model["loss"] == "cross_entropy" else "values")}


def dense_cases():
    hidden = itertools.cycle(["relu", "tanh", "sigmoid", "linear"])
    batches = itertools.cycle([1, 3, 7, 10, 13, 14, 15, 17, 28, 29])
    inputs = itertools.cycle([1, 5, 8, 13, 16, 19, 33, 64, 70])
    for units in [1, 2, 3, 5, 7, 8, 9, 12, 15, 16, 17, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65, 70]:
        last = dense(units % 9 + 2, "softmax") if units % 3 else dense(units % 19 + 1)
        yield gradient_of(network([next(inputs)], dense(units, next(hidden)), last), next(batches))
    yield gradient_of(network([100], dense(200, "relu"), dense(120, "tanh"), dense(10, "softmax")), 32)
    yield gradient_of(network([784], dense(200, "relu"), dense(200, "relu"), dense(10, "softmax")), 10)
    yield gradient_of(network([300], dense(96, "relu"), dense(10, "softmax")), 64)
    yield gradient_of(network([20], dense(15, "relu"), dense(6)), 100)
    # Sums of more terms than are taken at once, whichever of the three sizes has them.
    yield gradient_of(network([600], dense(20, "relu"), dense(4, "softmax")), 5)
    yield gradient_of(network([12], dense(530, "relu"), dense(4, "softmax")), 5)
    yield gradient_of(network([6], dense(20, "tanh"), dense(4, "softmax")), 280)


def activation_cases():
    for name in ["linear", "relu", "tanh", "sigmoid"]:
        layer = {"type": "activation", "activation": name}
        yield gradient_of(network([6], dense(11), layer, dense(4, name)), 9)
        yield gradient_of(network([5, 6, 2], conv(3, 2, 2, "same", name), layer), 4)
    softmax = {"type": "activation", "activation": "softmax"}
    yield gradient_of(network([6], dense(5), softmax), 9)
    for targets in ["classes", "values"]:
        yield gradient_of({**network([6], dense(7, "tanh"), dense(5, "softmax")), "loss": "mean_squared_error"}, 9,
                          targets)
        yield gradient_of({**network([6], dense(5, "linear"), softmax), "loss": "mean_squared_error"}, 9, targets)
    yield gradient_of(network([6], dense(4)), 9, "classes")
    idle = {"type": "dropout", "rate": 0.0}
    yield gradient_of(network([4, 4, 1], idle, FLATTEN, dense(6, "tanh"), idle, dense(3, "softmax")), 5)


def convolution_cases():
    batches = itertools.cycle([1, 3, 7, 10, 17])
    for (height, width), padding in itertools.product([(1, 1), (2, 2), (3, 3), (4, 3), (5, 5), (2, 5)],
                                                      ["valid", "same"]):
        one = conv(5, height, width, padding, "tanh")
        yield gradient_of(network([11, 12, 3], one, conv(4, height, 1, padding, "relu"), FLATTEN, dense(3, "softmax")),
                          next(batches))
    channels = itertools.cycle([1, 3, 32, 5, 16])
    sides = itertools.cycle([(5, 5), (8, 6), (9, 11), (13, 7)])
    for filters in [1, 3, 8, 15, 16, 17, 31, 32, 33, 48, 64]:
        padding = "same" if filters % 2 else "valid"
        yield gradient_of(network([*next(sides), next(channels)], conv(6, 3, 3, "same"), conv(filters, 3, 3, padding)),
                          next(batches))
    yield gradient_of(network([3, 4, 2], conv(4, 5, 7, "same"), FLATTEN, dense(3, "softmax")), 3)
    yield gradient_of(network([28, 28, 1], conv(32, 5, 5, "same"), max_pool(2), conv(64, 5, 5, "same"), max_pool(2),
                              FLATTEN, dense(48, "relu"), dense(10, "softmax")), 3)
    yield gradient_of(network([28, 28, 1], conv(8, 3, 3, "same"), max_pool(2), conv(16, 3, 3), max_pool(2), FLATTEN,
                              dense(10, "softmax")), 12)


def pooling_cases():
    for size, side in [(1, (3, 4)), (2, (6, 8)), (2, (7, 9)), (3, (7, 8)), (3, (9, 11)), (4, (11, 10)), (5, (9, 6))]:
        for filters in [3, 17]:
            yield gradient_of(network([*side, 2], conv(filters, 1, 1, "valid", "linear"), max_pool(size)), size + 2)
    # Several steps: what one leaves in a buffer must not show in the next.
    for side in [(6, 7), (7, 6), (8, 11)]:
        model = network([*side, 2], conv(4, 3, 3, "same", "tanh"), max_pool(side[0] % 2 + 2), FLATTEN,
                        dense(180, "tanh"), dense(3, "softmax"))
        yield {**gradient_of(model, 4), "steps": 3, "optimizer": {"type": "sgd", "learning_rate": 0.5}}
    yield gradient_of(network([9, 9, 3], max_pool(2), conv(4, 2, 2), max_pool(3), FLATTEN, dense(4, "softmax")), 5)


def optimizer_cases():
    # The smallest gradients of the first are as exact as the largest, which matters to Adam: it divides by their size.
    models = [(network([6], dense(5)), 1), (network([7], dense(9, "tanh"), dense(4, "softmax")), 7),
              (network([7, 6, 2], conv(5, 3, 3), max_pool(2), FLATTEN, dense(3, "softmax")), 6),
              (network([61], dense(37, "tanh"), dense(3, "softmax")), 5)]
    sgd = {"type": "sgd", "learning_rate": 0.5}
    adam = {"type": "adam", "learning_rate": 0.25}
    damped = {"type": "adam", "learning_rate": 0.25, "epsilon": 0.01}
    for spec in [{}, {"momentum": 0.9}, {"weight_decay": 0.1}, {"proximal": 0.3}, {"momentum": 0.5, "proximal": 0.3},
                 {"momentum": 0.9, "weight_decay": 0.05, "proximal": 0.2}]:
        for (model, batch), steps in zip(models, [6, 4, 3, 3]):
            yield {**gradient_of(model, batch), "steps": steps, "optimizer": {**sgd, **spec}}
    for spec in [{}, {"weight_decay": 0.1}, {"proximal": 0.3}, {"weight_decay": 0.05, "proximal": 0.2},
                 {"beta1": 0.5, "beta2": 0.9}, {"beta1": 0.0}]:
        for steps in [1, 6]:
            yield {**gradient_of(*models[0]), "steps": steps, "optimizer": {**adam, **spec}}
        for model, batch in models[1:]:
            yield {**gradient_of(model, batch), "steps": 4, "optimizer": {**damped, **spec}}


def strided_cases():
    batches = itertools.cycle([1, 3, 7, 10])
    for (height, width), stride, padding in itertools.product([(1, 1), (2, 3), (3, 3), (5, 4)], [2, 3, 4],
                                                              ["valid", "same"]):
        one = {**conv(5, height, width, padding, "tanh"), "strides": stride}
        yield gradient_of(network([11, 12, 3], conv(4, 1, 1, "same", "tanh"), one, FLATTEN, dense(3, "softmax")),
                          next(batches))
    # Before a pooling, whose work the gradient of its relu is.
    yield gradient_of(network([17, 16, 2], {**conv(18, 3, 3, "same"), "strides": 2}, max_pool(2), FLATTEN,
                              dense(4, "softmax")), 5)


def normalising_cases():
    for size, side in [(1, (3, 4)), (2, (6, 8)), (2, (7, 9)), (3, (9, 11)), (5, (9, 6))]:
        for filters in [3, 17]:
            yield gradient_of(network([*side, 2], conv(filters, 1, 1, "valid", "linear"), avg_pool(size)), size + 2)
    for groups, channels in [(1, 6), (2, 6), (3, 6), (6, 6), (4, 32), (8, 24), (1, 1)]:
        # With a channel a group, a bias before it changes nothing, and its gradient is only rounding errors.
        first = conv(channels, 3, 3, "same", "tanh" if groups == channels else "linear")
        yield gradient_of(network([7, 6, 2], first, group_norm(groups), RELU, FLATTEN, dense(3, "softmax")), 6)
        yield gradient_of(network([5, 5, 2], first, group_norm(groups, 0.01)), 3)
    yield gradient_of(network([24], dense(12, "tanh"), group_norm(4, 0.01), dense(5, "softmax")), 9)
    yield gradient_of(network([6, 6, 4], group_norm(2), conv(3, 3, 3), FLATTEN, dense(4, "softmax")), 4)
    # As in small residual networks, over several steps.
    model = network([16, 16, 3], conv(8, 3, 3, "same", "linear"), group_norm(2), RELU,
                    {**conv(16, 3, 3, "same", "linear"), "strides": 2}, group_norm(4), RELU, avg_pool(8), FLATTEN,
                    dense(10, "softmax"))
    for optimizer in [{"type": "sgd", "learning_rate": 0.5, "momentum": 0.9},
                      {"type": "adam", "learning_rate": 0.25, "epsilon": 0.01}]:
        yield {**gradient_of(model, 6), "steps": 3, "optimizer": optimizer}


def pass_cases():
    small = (network([7], dense(9, "tanh"), dense(4, "softmax")), 7)
    images = (network([9, 8, 2], conv(5, 3, 3, "same", "tanh"), conv(4, 2, 2, "same", "tanh"), max_pool(2),
                      group_norm(2), FLATTEN, dense(6, "tanh"), dense(3, "softmax")), 6)
    optimizers = [{"type": "sgd", "learning_rate": 0.5},
                  {"type": "sgd", "learning_rate": 0.5, "momentum": 0.9, "weight_decay": 0.05, "proximal": 0.2},
                  {"type": "adam", "learning_rate": 0.25, "epsilon": 0.01, "weight_decay": 0.05}]
    corrected, pulled = {"correction": 0.25}, {"anchor": 0.5, "proximal": 0.3}
    for optimizer in optimizers:
        for (model, batch), steps in [(small, 4), (images, 3)]:
            for asked in [corrected, pulled, {"anchor": 0.5}, {"proximal": 0.1}, {"learning_rate": 0.125},
                          {**corrected, **pulled, "learning_rate": 0.125}]:
                yield {**gradient_of(model, batch), "steps": steps, "optimizer": optimizer, "pass": asked}
        # From below, in the middle, from above, and single arrays of a layer.
        for frozen in [[0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5], [2, 3], [4, 5], [8, 9], [0], [3], [4], [0, 2, 5, 7, 9]]:
            model, batch = images
            asked = {"frozen": frozen, **(corrected if len(frozen) % 2 else pulled)}
            yield {**gradient_of(model, batch), "steps": 3, "optimizer": optimizer, "pass": asked}


def cases():
    yield from dense_cases()
    yield from activation_cases()
    yield from convolution_cases()
    yield from pooling_cases()
    yield from optimizer_cases()
    yield from strided_cases()
    yield from normalising_cases()
    yield from pass_cases()


def solved_cases():
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    for number, case in enumerate(cases()):
        reach = [reach_of(dims) for dims in sizes(case["model"])[0]]
        yield solve({**case, "seed": 1000 * (number + 1), "reach": reach})


def is_same(one, other):
    """But for the last bits, in which processors differ."""
    if isinstance(one, dict) and "stride" in one:
        values = [np.frombuffer(bytes.fromhex(it["values"]), ">f4") for it in (one, other)]
        return one["stride"] == other["stride"] and values[0].shape == values[1].shape and np.allclose(
            *values, rtol=0, atol=1e-6 * np.abs(values[0]).max())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return math.isclose(one, other, rel_tol=1e-9) if isinstance(one, float) else one == other


def main():
    parser = argparse.ArgumentParser(description="PyTorch's results for torch_test.cpp.")
    parser.add_argument("--check", action="store_true", help="compare the file with what would be written")
    if parser.parse_args().check:
        if not is_same(json.loads(FILE.read_text()), list(solved_cases())):
            sys.exit(f"{FILE.name} is not what this script makes with PyTorch {torch.__version__}")
        print(f"{FILE.name} is up to date")
    else:
        lines = [json.dumps(case, separators=(",", ":")) for case in solved_cases()]
        FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
