"""One seed, many ways to spread its clients over workers, threads and processes: not a bit may differ."""

import json
import unittest

from federation import Federation
from programs import BIN

# Every random stream is drawn from: initial weights, the dealing of samples, who is held out, cohorts, the
# order of samples, dropout. Adam keeps state over batches, FedAvgM over rounds.
MODEL = {
    "input": [8, 8],
    "layers": [
        {"type": "conv2d", "filters": 3, "activation": "relu"},
        {"type": "max_pool2d"},
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.3},
        {"type": "dense", "units": 12, "activation": "relu"},
        {"type": "dense", "units": 4, "activation": "softmax"},
    ],
}
CLIENTS = 9
ROUNDS = 4

IN_ONE_PROCESS = ((1, 1), (1, 2), (1, 5), (2, 1), (2, 3), (3, 2), (4, 4), (9, 1), (13, 3))

# Workers in the order in which they join, each with its name and options.
OVER_SOCKETS = {
    "one for all": (("a",),),
    "one for all, three threads": (("a", "--threads", "3"),),
    "one client and the rest": (("a", "--clients", "1"), ("b",)),
    "the rest and one client": (("b", "--threads", "2"), ("a", "--clients", "1")),
    "two, three and four": (("a", "--clients", "2"), ("b", "--clients", "3"), ("c", "--clients", "4")),
    "four, three and two": (("c", "--clients", "4"), ("b", "--clients", "3"), ("a", "--clients", "2")),
    "four equals": (("d",), ("b", "--threads", "2"), ("a",), ("c", "--threads", "3")),
}


class Splits(Federation):
    def setUp(self):
        super().setUp()
        self.number = 0

    def learned_by(self, arguments, *workers):
        """Runs to the end; gives what must not depend on the split."""
        self.number += 1
        path = self.folder / f"report-{self.number}.json"
        driver = self.program(*arguments, "--report", path)
        if workers:
            where = driver.wait_line("stdout", "listening ").split(" ", 1)[1]
            for name, *options in workers:
                self.worker(where, name, *options)
                driver.wait_line("stderr", f"{name} joined")
        self.assertEqual(driver.wait_exit(), 0, driver.text()[-4000:])
        report = json.loads(path.read_text())
        self.assertEqual(report["outcome"], "rounds_done")
        rounds = report["rounds"]
        self.assertEqual([r["dropped"] for r in rounds], [[]] * ROUNDS)
        for key in "train_loss", "train_accuracy", "test_loss", "test_accuracy":
            self.assertNotIn(None, [r[key] for r in rounds])
        numbers = [(r["cohort"], r["train_loss"], r["train_accuracy"], r["test_loss"]) for r in rounds]
        return report["weights_sha256"], json.dumps(numbers)

    def simulated(self, plan, workers, threads, *options):
        spread = ("--workers", workers, "--threads", threads)
        return self.learned_by((BIN / "fedasio", "simulate", plan, *spread, *options))

    def over_sockets(self, plan, *workers):
        addresses = ("--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
        end = ("--autostart", "--exit-when-done", "--min-workers", len(workers))
        state = ("--state-dir", self.folder / f"state-{self.number}")
        master = (BIN / "fedasio-master", "--plan", plan, *addresses, *end, *state)
        return self.learned_by(master, *workers)

    def test_no_split_changes_a_bit(self):
        optimizer = {"type": "adam", "learning_rate": 0.01}
        plan = self.write_plan(
            self.plan(
                model=MODEL,
                clients=CLIENTS,
                rounds=ROUNDS,
                fraction=0.6,
                local={"epochs": 2, "batch_size": 7, "optimizer": optimizer},
                strategy="fedavgm",
            )
        )
        learned = {}
        for workers, threads in IN_ONE_PROCESS:
            learned[f"simulated, {workers} workers, {threads} threads"] = self.simulated(
                plan, workers, threads
            )
        for name, workers in OVER_SOCKETS.items():
            learned[name] = self.over_sockets(plan, *workers)
        self.assertGreaterEqual(len(learned), 12)
        self.assertEqual(len(set(learned.values())), 1, learned)
        self.assertNotEqual(self.simulated(plan, 2, 2, "--seed", "6"), learned["one for all"])


if __name__ == "__main__":
    unittest.main()
