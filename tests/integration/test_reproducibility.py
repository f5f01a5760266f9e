"""The same plan and seed give the same weights, however the clients are spread."""

import unittest

from federation import Federation
from sample_data import TEST_FILES

DENSE = {"type": "dense", "units": 12, "activation": "relu"}
WITH_DROPOUT = {
    "input": [8, 8],
    "layers": [
        {"type": "conv2d", "filters": 3, "activation": "relu"},
        {"type": "max_pool2d"},
        {"type": "flatten"},
        {"type": "dropout", "rate": 0.3},
        DENSE,
        {"type": "dense", "units": 4, "activation": "softmax"},
    ],
}
SPREADS = {
    "one worker for all": [[]],
    "two, two clients each": [["--clients", "2"], ["--clients", "2"]],
    "four, one client each": [["--clients", "1"]] * 4,
    "three with two threads": [["--threads", "2"]] * 3,
}

REPORT_KEYS = {
    *("run", "plan", "plan_digest", "seed", "version", "instruction_set", "parameters", "outcome", "detail"),
    *("weights_sha256", "data_sha256", "data", "clients", "sites", "complete", "checkpoint_round", "changes"),
    *("rounds", "seconds_total"),
}
ROUND_KEYS = {
    *("round", "cohort", "dropped", "absent", "train_loss", "train_accuracy", "test_loss", "test_accuracy"),
    *("test_loss_median", "test_accuracy_median", "test_r2", "test_r2_median", "test_rmse", "test_rmse_median"),
    *("test_mae", "test_mae_median", "test_auc", "test_auc_median", "test_recall", "test_partial"),
    *("test_samples", "test_clients", "test_dropped"),
    *("seconds", "bytes_sent", "bytes_received", "time"),
}
PHASES = {
    *("loading_dataset", "distributing_model", "distributing_weights"),
    *("training", "aggregating", "evaluating"),
}


class Reproducibility(Federation):
    def digest(self, plan, *workers):
        report = self.run_to_the_end(plan, *workers)
        self.assertEqual(report["outcome"], "rounds_done")
        self.assertEqual([r["dropped"] for r in report["rounds"]], [[]] * plan["rounds"])
        return report["weights_sha256"]

    def assert_spread_does_not_matter(self, plan, spreads):
        digests = {name: self.digest(plan, *spread) for name, spread in spreads.items()}
        self.assertEqual(len(set(digests.values())), 1, digests)
        return next(iter(digests.values()))

    def test_spread_of_clients(self):
        one = self.assert_spread_does_not_matter(self.plan(), SPREADS)
        other = self.digest(self.plan(seed=6), [])
        self.assertNotEqual(one, other)

    def test_order_of_joining(self):
        digests = set()
        for order in (1, 2, 3), (3, 1, 2):
            master = self.master(self.plan(), "--min-workers", "3")
            for number in order:
                self.worker(master, f"worker-{number}")
                master.wait_joined(f"worker-{number}")
            digests.add(master.train()["weights_sha256"])
        self.assertEqual(len(digests), 1)

    def test_dropout_and_adam(self):
        local = {"epochs": 2, "batch_size": 7, "optimizer": {"type": "adam", "learning_rate": 0.01}}
        plan = self.plan(model=WITH_DROPOUT, local=local, strategy="fedavgm")
        some = {name: SPREADS[name] for name in ("one worker for all", "three with two threads")}
        self.assert_spread_does_not_matter(plan, some)

    def test_unequal_clients_and_fraction(self):
        partitions = (
            {"scheme": "shards", "shards_per_client": 1},
            {"scheme": "dirichlet", "alpha": 0.5},
        )
        some = {name: SPREADS[name] for name in ("one worker for all", "four, one client each")}
        for partition in partitions:
            with self.subTest(partition):
                data = {**self.plan()["data"], "partition": partition}
                self.assert_spread_does_not_matter(self.plan(data=data, fraction=0.5, rounds=3), some)


class Report(Federation):
    def test_every_key(self):
        plan = self.plan(rounds=3)
        plan["data"]["source"].update(TEST_FILES)
        report = self.run_to_the_end(plan, [], [])
        self.assertEqual(set(report), REPORT_KEYS)
        self.assertEqual(report["seed"], 5)
        self.assertEqual(report["plan"], "small")
        self.assertEqual(report["parameters"], 64 * 12 + 12 + 12 * 4 + 4)
        self.assertRegex(report["weights_sha256"], "^[0-9a-f]{64}$")
        self.assertRegex(report["plan_digest"], "^[0-9a-f]{64}$")
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2, 3])
        weights = 4 * report["parameters"]
        for result in report["rounds"]:
            self.assertEqual(set(result), ROUND_KEYS)
            self.assertEqual(set(result["seconds"]), PHASES)
            self.assertEqual(result["cohort"], [0, 1, 2, 3])
            self.assertGreaterEqual(min(result["seconds"].values()), 0)
            for phase in "distributing_weights", "training", "evaluating":
                self.assertGreater(result["seconds"][phase], 0, phase)
            # Two workers get the weights once, four clients send theirs.
            self.assertGreater(result["bytes_sent"], 2 * weights)
            self.assertLess(result["bytes_sent"], 2 * weights + 20000)
            self.assertGreater(result["bytes_received"], 4 * weights)
            self.assertLess(result["bytes_received"], 4 * weights + 20000)
        spent = sum(sum(r["seconds"].values()) for r in report["rounds"])
        self.assertLessEqual(spent, report["seconds_total"] + 0.01)
        self.assertGreater(report["rounds"][-1]["test_accuracy"], 0.9)

    def test_target_ends_early(self):
        plan = self.plan(rounds=50, target_accuracy=0.9)
        report = self.run_to_the_end(plan, [])
        self.assertEqual(report["outcome"], "target_reached")
        self.assertLess(len(report["rounds"]), 50)
        self.assertGreaterEqual(report["rounds"][-1]["test_accuracy"], 0.9)


if __name__ == "__main__":
    unittest.main()
