#!/usr/bin/env python3
"""Trains every strategy on equal and unequal clients, honest ones and ones that lie; bench/strategies.sh runs it.

    strategies.py --program PROGRAM [--out FILE] [--quick] [--jobs N] [--seeds A,B] [--table]

First each strategy's own values are chosen from a small grid, on a seed that counts nowhere else; then come the cells of
the table. FILE has everything and is written anew after each training; what is in it is not trained again. Ctrl-C keeps
what is done. Prints Markdown.
"""

import argparse
import hashlib
import itertools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

FILES = "/usr/share/datasets/fashion-mnist/"
MODEL = {
    "input": [28, 28],
    "layers": [
        {"type": "flatten"},
        {"type": "dense", "units": 32},
        {"type": "group_norm", "groups": 4},
        {"type": "activation", "activation": "relu"},
        {"type": "dense", "units": 10, "activation": "softmax"},
    ],
}
SOURCE = {
    "type": "idx",
    "train_images": FILES + "train-images-idx3-ubyte.gz",
    "train_labels": FILES + "train-labels-idx1-ubyte.gz",
    "test_images": FILES + "t10k-images-idx3-ubyte.gz",
    "test_labels": FILES + "t10k-labels-idx1-ubyte.gz",
}
PARTITIONS = {"iid": {"scheme": "iid"}, "dirichlet": {"scheme": "dirichlet", "alpha": 0.1}}
ATTACKS = {  # as in attacks.cpp
    "none": "nobody",
    "noise": "2 of 10 send noise",
    "labels": "3 of 10 turn labels",
    "signs": "3 of 10 turn signs, × 4",
}
CLIENTS, BATCH, ROUNDS, LAST, GUESS = 10, 50, 40, 5, 0.1
TUNING_SEED = 100
RATES, FEW_RATES = (0.05, 0.1, 0.2), (0.05, 0.1)


class Row:
    """A strategy: what is fixed, what is chosen, and on which accuracies."""

    def __init__(self, strategy, grid=None, judge="global", name=None, bound=None):
        self.strategy, self.judge, self.bound = strategy, judge, bound
        self.name = name or strategy["type"]
        self.grid = grid or {}

    def candidates(self):
        """Pairs of a local learning rate and a strategy."""
        keys = list(self.grid)
        for rate in FEW_RATES if keys else RATES:
            for values in itertools.product(*self.grid.values()):
                yield rate, {**self.strategy, **dict(zip(keys, values))}

    def judged_on(self):
        """Robust rules that are tuned among honest clients alone would be open to all others."""
        return [("dirichlet", "none"), ("iid", "signs")] if self.judge == "robust" else [("dirichlet", "none")]


ADAPTIVE = {"server_learning_rate": (0.01, 0.03, 0.1)}
TABLE = [
    Row({"type": "fedavg"}),
    Row({"type": "fedavgm"}, {"server_learning_rate": (0.1, 0.3, 1)}),
    Row({"type": "fedadam"}, ADAPTIVE),
    Row({"type": "fedyogi"}, ADAPTIVE),
    Row({"type": "fedadagrad"}, {"server_learning_rate": (0.01, 0.03, 0.1)}),
    Row({"type": "fednova"}),
    Row({"type": "qffl"}, {"q": (0.1, 1)}),
    Row({"type": "scaffold"}),
    Row({"type": "feddyn"}, {"alpha": (0.01, 0.03, 0.1)}),
    Row({"type": "ditto"}, {"lambda": (0.1, 1)}, "personal"),
    Row({"type": "fedper"}, judge="personal"),
    Row({"type": "fedrep"}, judge="personal"),
    Row({"type": "fedbn"}, judge="personal"),
    Row({"type": "median"}, judge="robust"),
    Row({"type": "trimmed_mean", "beta": 0.3}, judge="robust"),
    Row({"type": "krum", "f": 3}, judge="robust"),
    Row({"type": "multi_krum", "f": 3}, judge="robust"),
    Row({"type": "bulyan", "f": 1}, judge="robust"),
    Row({"type": "geometric_median"}, judge="robust"),
    Row({"type": "centered_clipping"}, {"tau": (1, 3, 10)}, "robust"),
    Row({"type": "norm_bound"}, {"bound": (0.3, 1, 3)}, "robust"),
    Row({"type": "fedavg"}, name="fedavg, `norm_bound` 16", bound=16),
]
QUICK = ("fedavg", "fedadam", "median", "multi_krum")


class Cell:
    """One training."""

    def __init__(self, row, rate, strategy, partition, attack, seed, rounds):
        self.row, self.partition, self.attack, self.seed, self.rounds = row, partition, attack, seed, rounds
        self.plan = {
            "name": row.strategy["type"],
            "seed": seed,
            "model": MODEL,
            "data": {"source": SOURCE, "partition": PARTITIONS[partition]},
            "clients": CLIENTS,
            "local": {"epochs": 1, "batch_size": BATCH, "optimizer": {"type": "sgd", "learning_rate": rate}},
            "strategy": strategy,
            "norm_bound": row.bound,
            "rounds": rounds,
            "checkpoint_every": 0,
        }
        self.request = json.dumps({"plan": self.plan, "attack": attack}, sort_keys=True)
        self.key = hashlib.sha256(self.request.encode()).hexdigest()[:16]

    def label(self):
        return f"{self.row.name}, {self.partition}, {self.attack}, seed {self.seed}"


def last(values, rounds):
    """The mean of the last rounds; of a training that ended because nothing was finite any more, a guess."""
    return statistics.fmean(values[-LAST:]) if len(values) == rounds else GUESS


class Results:
    """What is done, in a file that is whole at any time."""

    def __init__(self, file):
        self.file, self.lock = file, threading.Lock()
        self.cells = json.loads(file.read_text())["cells"] if file.exists() else {}

    def has(self, cell):
        return cell.key in self.cells

    def put(self, cell, answer):
        with self.lock:
            self.cells[cell.key] = {"strategy": cell.row.name, "partition": cell.partition, "attack": cell.attack,
                                    "seed": cell.seed, "rounds": cell.rounds, "plan": cell.plan, **answer}
            self.file.parent.mkdir(parents=True, exist_ok=True)
            beside = self.file.with_suffix(".new")
            beside.write_text(json.dumps({"cells": self.cells}) + "\n")
            os.replace(beside, self.file)

    def accuracy(self, cell, kind="accuracy"):
        """None: not trained yet, or (personal_accuracy) clients have no models of their own."""
        answer = self.cells.get(cell.key)
        if answer is None or (kind != "accuracy" and not answer[kind]):
            return None
        return last(answer[kind], cell.rounds)


def hours(seconds):
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"


def train(program, cells, results, jobs):
    """All cells that are not done, in their order, by so many processes."""
    open_cells = list({cell.key: cell for cell in cells if not results.has(cell)}.values())
    waiting, began, done = iter(open_cells), time.monotonic(), itertools.count(1)
    lock, failures = threading.Lock(), []

    def work():
        with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            while not failures:
                with lock:
                    cell = next(waiting, None)
                if cell is None:
                    return
                process.stdin.write(cell.request + "\n")
                process.stdin.flush()
                answer = process.stdout.readline()
                if not answer:
                    failures.append(cell.label())
                    return
                results.put(cell, json.loads(answer))
                with lock:
                    number = next(done)
                    passed = time.monotonic() - began
                    left = passed / number * (len(open_cells) - number)
                    print(f"{number} of {len(open_cells)}: {cell.label()}: {results.accuracy(cell):.1%}; "
                          f"{hours(left)} left", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=work) for _ in range(min(jobs, len(open_cells)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit(f"strategies.py: {program} ended at: {failures[0]}")


def tuning_cells(row):
    """Each candidate with its trainings."""
    return [((rate, strategy), [Cell(row, rate, strategy, partition, attack, TUNING_SEED, ROUNDS)
                                for partition, attack in row.judged_on()])
            for rate, strategy in row.candidates()]


def choose(row, results):
    """The best candidate; of equal ones the first."""
    kind = "personal_accuracy" if row.judge == "personal" else "accuracy"

    def score(candidate):
        return statistics.fmean(results.accuracy(cell, kind) for cell in candidate[1])

    return max(tuning_cells(row), key=score)[0]


def table_cells(rows, chosen, seeds, rounds, attacks):
    """In the order in which they are wanted: lies among unequal clients come last."""
    order = [("iid", "none"), ("dirichlet", "none")]
    order += [(partition, attack) for partition in PARTITIONS for attack in attacks if attack != "none"]
    groups = [order[:2], *([it] for it in order[2:])]
    return [Cell(row, *chosen[row.name], partition, attack, seed, rounds)
            for group in groups for seed in seeds for partition, attack in group for row in rows]


def text_of(values):
    if not values or None in values:
        return ""
    mean = f"{100 * statistics.fmean(values):.1f}"
    return f"{mean} ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else mean


def values_text(rate, strategy):
    keys = [f"{key} {value}" for key, value in strategy.items() if key != "type"]
    return ", ".join([f"lr {rate}", *keys])


def tables(rows, chosen, cells, results, attacks):
    lines = []
    for partition in PARTITIONS:
        lines += [f"**{'IID' if partition == 'iid' else 'Dirichlet 0.1'}**, accuracy in %; after the slash that of the "
                  "honest clients' own models", ""]
        lines.append("| strategy | chosen | " + " | ".join(ATTACKS[it] for it in attacks) + " |")
        lines.append("| --- | --- |" + " ---: |" * len(attacks))
        for row in rows:
            columns = []
            for attack in attacks:
                own = [it for it in cells if (it.row, it.partition, it.attack) == (row, partition, attack)]
                both = [text_of([results.accuracy(it, kind) for it in own if results.has(it)])
                        for kind in ("accuracy", "personal_accuracy")]
                columns.append(" / ".join(filter(None, both)))
            lines.append(f"| {row.name} | {values_text(*chosen[row.name])} | {' | '.join(columns)} |")
        lines.append("")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="A table of strategies.")
    parser.add_argument("--program", required=True, help="built from attacks.cpp")
    parser.add_argument("--out", type=pathlib.Path, help="default: build/strategies/results.json")
    parser.add_argument("--quick", action="store_true", help="four strategies, ten rounds, one seed, two attacks, untuned")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, a core each (default: 1)")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--table", action="store_true", help="train nothing: show what is there")
    options = parser.parse_args()
    seeds = [int(it) for it in options.seeds.split(",")]
    results = Results(options.out or pathlib.Path("build/strategies/results.json"))
    rows, rounds, attacks = TABLE, ROUNDS, list(ATTACKS)
    if options.quick:
        rows, rounds, attacks, seeds = [it for it in TABLE if it.name in QUICK], 10, ["none", "signs"], seeds[:1]
        chosen = {row.name: next(row.candidates()) for row in rows}
    else:
        tuning = [cell for row in rows for _, cells in tuning_cells(row) for cell in cells]
        if not options.table:
            train(options.program, tuning, results, options.jobs)
        missing = [cell.label() for cell in tuning if not results.has(cell)]
        if missing:
            sys.exit(f"strategies.py: {len(missing)} trainings of the tuning are missing")
        chosen = {row.name: choose(row, results) for row in rows}
    cells = table_cells(rows, chosen, seeds, rounds, attacks)
    if not options.table:
        train(options.program, cells, results, options.jobs)
    print(tables(rows, chosen, cells, results, attacks))


if __name__ == "__main__":
    main()
