#!/usr/bin/env python3
"""Trains every strategy on equal and unequal clients, honest ones and ones that lie; bench/strategies.sh runs it.

    strategies.py --program PROGRAM [--out FILE] [--quick] [--jobs N] [--images N] [--seeds A,B] [--table]

Run in the repository's folder. First the learning rate of all clients is chosen, for fedavg, then each strategy's own
values from a small grid, on a seed that counts nowhere else; then come the cells of the table. FILE has everything and is
written anew after each training; what is in it is not trained again. Ctrl-C keeps what is done. Prints Markdown.
"""

import argparse
import gzip
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

FILES = pathlib.Path("/usr/share/datasets/fashion-mnist")
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
FOLDER = pathlib.Path("build/strategies")
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
PARTITIONS = {"iid": {"scheme": "iid"}, "dirichlet": {"scheme": "dirichlet", "alpha": 0.1}}
ATTACKS = {  # as in attacks.cpp
    "none": "nobody",
    "noise": "2 of 10 send noise",
    "labels": "3 of 10 turn labels",
    "signs": "3 of 10 turn signs, × 4",
}
CLIENTS, BATCH, ROUNDS, LAST, GUESS = 10, 20, 40, 5, 0.1
TUNING_SEED = 100
RATES = (0.1, 0.05, 0.2)


def source_of(images):
    """The first so many of the 60,000 training images, in files of their own, and all test images."""
    folder = FOLDER / f"first-{images}"
    for name, head, item in ((IMAGES, 16, 784), (LABELS, 8, 1)):
        file = folder / name
        if not file.exists():
            with gzip.open(FILES / f"{name}.gz") as all_of_them:
                text = all_of_them.read(head + images * item)
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text[:4] + images.to_bytes(4, "big") + text[8:])
    return {
        "type": "idx",
        "train_images": str(folder / IMAGES),
        "train_labels": str(folder / LABELS),
        "test_images": str(FILES / "t10k-images-idx3-ubyte.gz"),
        "test_labels": str(FILES / "t10k-labels-idx1-ubyte.gz"),
    }


class Row:
    """A strategy: what is fixed, what is chosen, and on which accuracies."""

    def __init__(self, strategy, grid=None, judge="global", name=None, bound=None):
        self.strategy, self.judge, self.bound = strategy, judge, bound
        self.name = name or strategy["type"]
        self.grid = grid or {}

    def candidates(self):
        keys = list(self.grid)
        return [{**self.strategy, **dict(zip(keys, values))} for values in itertools.product(*self.grid.values())]

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

    def __init__(self, source, row, rate, strategy, partition, attack, seed, rounds):
        self.row, self.partition, self.attack, self.seed, self.rounds = row, partition, attack, seed, rounds
        self.plan = {
            "name": row.strategy["type"],
            "seed": seed,
            "model": MODEL,
            "data": {"source": source, "partition": PARTITIONS[partition]},
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


def score(cells, results, kind="accuracy"):
    return statistics.fmean(results.accuracy(cell, kind) for cell in cells)


class Tuning:
    """Chooses the best of a few values; of equally good ones the first."""

    def __init__(self, source, rows, results):
        self.source, self.rows, self.results = source, rows, results

    def run(self, train):
        """`train` takes cells. Returns the learning rate, and the strategy of each row by its name."""
        rates = {rate: self.cells(TABLE[0], rate, TABLE[0].strategy) for rate in RATES}
        train([cell for cells in rates.values() for cell in cells])
        rate = max(rates, key=lambda it: score(rates[it], self.results))
        open_rows = [row for row in self.rows if row.grid]
        train([cell for row in open_rows for it in row.candidates() for cell in self.cells(row, rate, it)])
        return rate, {row.name: self.best(row, rate) if row.grid else row.strategy for row in self.rows}

    def cells(self, row, rate, strategy):
        return [Cell(self.source, row, rate, strategy, partition, attack, TUNING_SEED, ROUNDS)
                for partition, attack in row.judged_on()]

    def best(self, row, rate):
        kind = "personal_accuracy" if row.judge == "personal" else "accuracy"
        return max(row.candidates(), key=lambda it: score(self.cells(row, rate, it), self.results, kind))


def table_cells(source, rows, rate, chosen, seeds, rounds, attacks):
    """In the order in which they are wanted: lies among unequal clients come last."""
    groups = [[("iid", "none"), ("dirichlet", "none")]]
    groups += [[(partition, attack) for attack in attacks if attack != "none"] for partition in PARTITIONS]
    return [Cell(source, row, rate, chosen[row.name], partition, attack, seed, rounds)
            for group in groups for seed in seeds for partition, attack in group for row in rows]


def text_of(values):
    if not values or None in values:
        return ""
    mean = f"{100 * statistics.fmean(values):.1f}"
    return f"{mean} ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else mean


def values_text(strategy):
    return ", ".join(f"{key} {value}" for key, value in strategy.items() if key != "type")


def tables(rows, chosen, cells, results, attacks):
    lines = []
    for partition in PARTITIONS:
        lines += [f"**{'IID' if partition == 'iid' else 'Dirichlet 0.1'}**, accuracy in %; after the slash that of the "
                  "honest clients' own models", ""]
        lines.append("| strategy | with | " + " | ".join(ATTACKS[it] for it in attacks) + " |")
        lines.append("| --- | --- |" + " ---: |" * len(attacks))
        for row in rows:
            columns = []
            for attack in attacks:
                own = [it for it in cells if (it.row, it.partition, it.attack) == (row, partition, attack)]
                both = [text_of([results.accuracy(it, kind) for it in own if results.has(it)])
                        for kind in ("accuracy", "personal_accuracy")]
                columns.append(" / ".join(filter(None, both)))
            lines.append(f"| {row.name} | {values_text(chosen[row.name])} | {' | '.join(columns)} |")
        lines.append("")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="A table of strategies.")
    parser.add_argument("--program", required=True, help="built from attacks.cpp")
    parser.add_argument("--out", type=pathlib.Path, help="default: build/strategies/results.json")
    parser.add_argument("--quick", action="store_true", help="four strategies, ten rounds, one seed, two attacks, untuned")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once, a core each (default: 1)")
    parser.add_argument("--images", type=int, default=12000, help="of the training images, the first (default: 12000)")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--table", action="store_true", help="train nothing: show what is there")
    options = parser.parse_args()
    seeds = [int(it) for it in options.seeds.split(",")]
    if not CLIENTS <= options.images <= 60000:
        parser.error("--images: from 10 to 60000")
    source = source_of(options.images)
    results = Results(options.out or FOLDER / "results.json")
    def train_those(cells):
        if not options.table:
            train(options.program, cells, results, options.jobs)
        elif missing := [cell.label() for cell in cells if not results.has(cell)]:
            sys.exit(f"strategies.py: not trained yet: {missing[0]}")

    rows, rounds, attacks = TABLE, ROUNDS, list(ATTACKS)
    if options.quick:
        rows, rounds, attacks, seeds = [it for it in TABLE if it.name in QUICK], 10, ["none", "signs"], seeds[:1]
        rate, chosen = RATES[0], {row.name: row.candidates()[0] for row in rows}
    else:
        rate, chosen = Tuning(source, rows, results).run(train_those)
    cells = table_cells(source, rows, rate, chosen, seeds, rounds, attacks)
    if not options.table:
        train(options.program, cells, results, options.jobs)
    print(f"Learning rate of the clients: {rate}\n")
    print(tables(rows, chosen, cells, results, attacks))


if __name__ == "__main__":
    main()
