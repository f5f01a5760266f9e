"""Tests the global model of numpy_penguins.py at the master, on a table that no client has.

    fedasio-master --plan numpy_penguins.json --autostart --evaluator "python3 numpy_penguins_evaluate.py held_out.csv"
"""

import sys

from numpy_penguins import loss_of, probabilities, read

import fedasio

x, y = read(sys.argv[1])


def evaluate(what):
    right = probabilities(what.arrays, x).argmax(1) == y
    return {"loss": loss_of(what.arrays, x, y), "accuracy": right.mean()}


fedasio.evaluator(evaluate, samples=len(x))
