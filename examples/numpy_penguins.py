"""Softmax regression in plain NumPy: which species is it? One client a table, here of the two stations of plans/penguins.

    python3 numpy_penguins.py initial
    fedasio-master --plan numpy_penguins.json --autostart --exit-when-done
    FEDASIO_MASTER=127.0.0.1:7700 python3 numpy_penguins.py ../plans/penguins/biscoe.csv
    FEDASIO_MASTER=127.0.0.1:7700 python3 numpy_penguins.py ../plans/penguins/dream-torgersen.csv
"""

import csv
import pathlib
import sys

import numpy as np

import fedasio

SPECIES = ["Adelie", "Chinstrap", "Gentoo"]
COLUMNS = {"bill_length_mm": (44, 5.5), "bill_depth_mm": (17, 2), "flipper_length_mm": (200, 14), "body_mass_g": (4200, 800)}


def read(path):
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if all(row[name] not in ("", "NA") for name in COLUMNS)]
    x = [[(float(row[name]) - mean) / deviation for name, (mean, deviation) in COLUMNS.items()] for row in rows]
    return np.array(x), np.array([SPECIES.index(row["species"]) for row in rows])


def probabilities(arrays, x):
    scores = x @ arrays["kernel"] + arrays["bias"]
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


def loss_of(arrays, x, y):
    return -np.log(np.maximum(probabilities(arrays, x)[np.arange(len(y)), y], 1e-12)).mean()


def train(arrays, x, y, rate, epochs, batch, seed):
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for some in np.split(order, range(batch, len(order), batch)):
            gradient = probabilities(arrays, x[some])
            gradient[np.arange(len(some)), y[some]] -= 1
            arrays["kernel"] -= rate * x[some].T @ gradient / len(some)
            arrays["bias"] -= rate * gradient.mean(0)
    return arrays


def main():
    if sys.argv[1] == "initial":
        fedasio.save_arrays("initial.safetensors", {"kernel": np.zeros((4, 3)), "bias": np.zeros(3)})
        return
    x, y = read(sys.argv[1])
    held = np.arange(len(x)) % 5 == 0

    def evaluate(what):
        right = probabilities(what.arrays, x[held]).argmax(1) == y[held]
        return {"loss": loss_of(what.arrays, x[held], y[held]), "accuracy": right.mean()}

    name, own, others = pathlib.Path(sys.argv[1]).stem, int((~held).sum()), int(held.sum())
    with fedasio.connect(name=name, samples=own, held_out=others, evaluate=evaluate) as federation:
        for round in federation.rounds():
            local = round.local
            arrays = train(
                round.arrays, x[~held], y[~held], local["learning_rate"], local["epochs"], local["batch_size"], round.seed
            )
            round.submit(arrays, loss=loss_of(arrays, x[~held], y[~held]))


if __name__ == "__main__":
    main()
