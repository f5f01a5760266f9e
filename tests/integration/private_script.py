"""A trainer for the tests of arrays that stay at the client: a head of its own for each client, and a body of all.

Every number is a fraction of a small power of two, so that sums and means are exact in whatever order they are made.
"""

import sys

import numpy as np

import fedasio

WIDTH = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 3


def initial():
    return {
        "head.steps": np.array([3], np.int64),
        "body.w": np.zeros(WIDTH, np.float32),
        "head.w": np.full((2, WIDTH), 0.5, np.float32),
        "body.bn.running_mean": np.ones(2, np.float32),
        "body.bn.num_batches_tracked": np.zeros((), np.int64),
        "head.scale": np.array(0.25, np.float64),
    }


def samples_of(client):
    return 1 if client == 0 else 3


def trained(arrays, client):
    """A client's round. What it makes of the body depends on the head that only it has, and the reverse."""
    head, body = arrays["head.w"], arrays["body.w"]
    return {
        "head.steps": arrays["head.steps"] + client + 1,
        "body.w": body + head.sum(0) * np.float32(0.5) + np.float32(client),
        "head.w": head * np.float32(0.5) + body + np.float32(1 + client),
        "body.bn.running_mean": arrays["body.bn.running_mean"] * np.float32(0.5) + np.float32(client),
        "body.bn.num_batches_tracked": arrays["body.bn.num_batches_tracked"] + 5 + client,
        "head.scale": arrays["head.scale"] + 0.125 * arrays["head.steps"][0],
    }


def loss_of(arrays):
    """Of all arrays, so that a test sees whose were tested."""
    return float(
        np.abs(arrays["head.w"][0]).mean()
        + 2 * np.abs(arrays["body.w"]).mean()
        + float(arrays["head.scale"])
        + float(arrays["head.steps"][0])
    )


def train(round):
    result = trained(round.arrays, round.client)
    if "nan" in sys.argv and round.client == 0 and round.number == 2:
        fedasio.Layout.first_not_finite = lambda *given: None  # as a trainer of another kind, which looks at nothing
        round.submit({**result, "head.w": result["head.w"] * np.nan}, loss=1.0)
        return
    round.submit(result, loss=loss_of(result))


def load(what):
    return {client: (samples_of(client), 2) for client in what.clients}


def evaluate(what):
    return {"loss": loss_of(what.arrays)}


if __name__ == "__main__":
    fedasio.serve(train=train, load=load, evaluate=evaluate, initial=initial)
