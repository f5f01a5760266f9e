"""A trainer for the tests of own metrics: what it tells follows from the client, the round and the weights.

    python3 metrics_script.py [quiet]      # quiet: it tells no metrics
"""

import sys

import numpy as np

import fedasio

IS_QUIET = sys.argv[1:] == ["quiet"]
SAMPLES = {0: (10, 4), 1: (30, 12), 2: (60, 1)}
BEST = 5  #: the round whose test is the best


def initial():
    return {"w": np.linspace(-1, 1, 5).astype(np.float32)}




def train_metrics(client, number):
    metrics = {"skill": 0.1 * (client + 1) + number / 7}
    if client == 1:
        metrics["a/../b@1"] = number
        metrics["a@../b/1"] = -number
    return metrics


def test_metrics(client, number):
    # The best in one round, and of another scale at each client; one client has none.
    skill = 1 / (1 + abs(number - BEST)) + client
    return {} if client == 2 else {"skill": np.float64(skill), "rounds": np.array(number, np.int32)}


def train(round):
    arrays = {"w": round.arrays["w"] + np.float32(1 / 3)}
    told = None if IS_QUIET else train_metrics(round.client, round.number)
    round.submit(arrays, loss=1.0, metrics=told)


def evaluate(what):
    told = {} if IS_QUIET else test_metrics(what.client, what.number)
    return {"loss": float(np.mean(what.arrays["w"] ** 2)), **told}


if __name__ == "__main__":
    fedasio.serve(train=train, load=lambda what: {one: SAMPLES[one] for one in what.clients}, evaluate=evaluate)
