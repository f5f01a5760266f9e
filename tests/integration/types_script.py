"""A trainer for the tests of types: adds to each array what a test can foretell, and looks at what it gets.

    python3 types_script.py numpy|torch
"""

import sys

import numpy as np

import fedasio

STEP = 0.5


def initial(kind):
    """One array of each type, by the names that wrappers make of them."""
    arrays = {
        "weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
        "half": np.array([0.5, -2], np.float16),
        "double": np.array([0.25, 3], np.float64),
        "scalar": np.array(7, np.float32),
        "empty": np.zeros((0, 3), np.float64),
        "mask": np.array([True, False, False]),
        "bytes": np.array([1, 250], np.uint8),
        "small": np.array([-3, 4], np.int8),
        "bn.running_mean": np.array([1, 2], np.float32),
        "bn.running_var": np.array([100, 200], np.float64),
        "bn.num_batches_tracked": np.array(2**24 - 6, np.int64),
    }
    if kind == "torch":
        import torch

        arrays = {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
        arrays["weight"] = torch.arange(6.0).reshape(2, 3).T
        arrays["brain"] = torch.tensor([1.5, -0.25], dtype=torch.bfloat16)
        tied = torch.tensor([[1.0, 2.0]])
        arrays["encoder.weight"] = arrays["decoder.weight"] = tied
    return {"_orig_mod.module." + name: value for name, value in arrays.items()}


def samples_of(client):
    return 1 if client == 0 else 3


def trained(name, value, client):
    """Numbers of all types grow, by fractions or by one, in the clients that have more."""
    kind = str(value.dtype)
    if kind.endswith("bool"):
        value = value * 1
        value[client] = True
        return value == 1
    return value + (client + 1 if "int" in kind else STEP * (client + 1))


def train(round):
    state = round.state_dict()
    expected = initial(KIND)
    for name, value in state.items():
        began = expected["_orig_mod.module." + name]
        if (value.dtype, value.shape) != (began.dtype, began.shape):
            raise ValueError(f"{name} is {value.dtype} {value.shape}, it began as {began.dtype} {began.shape}")
    result = {"module." + name: trained(name, value, round.client) for name, value in state.items()}
    round.submit(result, loss=1.0)


if __name__ == "__main__":
    KIND = sys.argv[1]
    if KIND == "torch":
        import torch  # noqa: F401  (then rounds give tensors)
    fedasio.serve(
        train=train,
        load=lambda what: {client: samples_of(client) for client in what.clients},
        initial=lambda: initial(KIND),
    )
