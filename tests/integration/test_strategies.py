"""Every strategy in real processes: it learns, and killed in the middle it ends as if nothing had happened."""

import json
import re
import unittest

from federation import Federation
from programs import REPOSITORY

# What each needs of the plan; by default the small one with seven clients.
STRATEGIES = {
    "fedavg": {},
    "fedavgm": {"nesterov": True},
    "fedadam": {"server_learning_rate": 0.03},
    "fedyogi": {"server_learning_rate": 0.03},
    "fedadagrad": {"server_learning_rate": 0.03},
    "fednova": {},
    "qffl": {"q": 0.5},
    "scaffold": {},
    "feddyn": {"alpha": 0.1},
    "ditto": {"lambda": 0.5},
    "fedper": {},
    "fedrep": {},
    "fedbn": {},
    "median": {},
    "trimmed_mean": {"beta": 0.2},
    "krum": {},
    "multi_krum": {"f": 1},
    "bulyan": {"f": 1},
    "geometric_median": {},
    "centered_clipping": {"tau": 5},
    "norm_bound": {"bound": 0.5},
}
PERSONAL = ("ditto", "fedper", "fedrep", "fedbn")


class Strategies(Federation):
    def strategy_plan(self, name, **changes):
        layers = [
            {"type": "flatten"},
            {"type": "dense", "units": 12, "activation": "relu"},
            {"type": "dense", "units": 4, "activation": "softmax"},
        ]
        if name == "fedbn":
            layers[:1] = [
                {"type": "conv2d", "filters": 4, "kernel_size": 3, "strides": 2},
                {"type": "group_norm", "groups": 2},
                {"type": "flatten"},
            ]
        plan = self.plan(
            clients=7, rounds=6, checkpoint_every=1, strategy={"type": name, **STRATEGIES[name]}, **changes
        )
        plan["model"]["layers"] = layers
        if name == "fedbn":
            plan["model"]["input"] = [8, 8, 1]
        return plan

    def test_killed_and_resumed_each_ends_as_if_it_had_not_been(self):
        for name in STRATEGIES:
            with self.subTest(name):
                plan = self.strategy_plan(name)
                whole = self.run_to_the_end(
                    plan, ["--threads", "2"], options=("--state-dir", self.folder / f"{name}-whole")
                )
                self.assertEqual(len(whole["rounds"]), 6)
                state = ("--state-dir", self.folder / name)
                master = self.master(plan, *state)
                workers = self.workers(master, 2)
                master.train(rounds=3)
                master.kill()
                for one in workers:
                    one.kill()
                report = self.run_to_the_end(plan, [], [], [], options=("--resume", *state))
                self.assertEqual([r["round"] for r in report["rounds"]], [1, 2, 3, 4, 5, 6])
                self.assertEqual(report["weights_sha256"], whole["weights_sha256"])
                for mine, other in zip(report["rounds"], whole["rounds"]):
                    for key in "test_accuracy", "train_loss", "personal_accuracy":
                        self.assertEqual(mine.get(key), other.get(key), (name, mine["round"], key))
                self.assertEqual("personal_accuracy" in whole["rounds"][-1], name in PERSONAL)

    def test_each_strategy_is_among_those_that_are_killed(self):
        listed = re.findall(r"^FEDASIO_STRATEGY\((\w+)", (REPOSITORY / "src/method/strategies.def").read_text(), re.M)
        self.assertEqual(sorted(listed), sorted(STRATEGIES))

    def test_a_worker_that_is_lost_takes_no_state_with_it(self):
        for name in "scaffold", "feddyn", "fedper":
            with self.subTest(name):
                plan = self.strategy_plan(name)
                whole = self.run_to_the_end(plan, [], options=("--state-dir", self.folder / f"{name}-whole"))
                master = self.master(plan, "--state-dir", self.folder / name)
                workers = self.workers(master, 2)
                master.train(rounds=3)
                workers[0].kill()
                finished = master.train(rounds=3)
                self.assertEqual(finished["weights_sha256"], whole["weights_sha256"])

    def test_what_clients_keep_stays_with_owners_and_survives_their_restart(self):
        table = "size,shade,kind\n" + "".join(f"{i},{i * 7 % 5},{'a' if i % 3 else 'b'}\n" for i in range(60))
        for site in "north", "south":
            (self.folder / f"{site}.csv").write_text(table)
        plan = self.plan(
            clients=2, rounds=4, checkpoint_every=1, strategy="scaffold",
            data={"source": {"type": "csv", "label": "kind"}, "partition": {"scheme": "local"}},
        )
        plan["model"] = {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}

        def owners(run):
            return [
                ["--data", self.folder / f"{site}.csv", "--state-dir", self.folder / f"{run}-{site}"]
                for site in ("north", "south")
            ]

        whole = self.run_to_the_end(
            plan, *owners("whole"), options=("--state-dir", self.folder / "whole")
        )
        state = ("--state-dir", self.folder / "killed")
        master = self.master(plan, *state, "--min-workers", 2)
        workers = []
        for number, more in enumerate(owners("killed"), start=1):
            workers.append(self.worker(master, f"worker-{number}", *more))
            master.wait_joined(f"worker-{number}")
        master.train(rounds=2)
        master.kill()
        for one in workers:
            one.kill()
        report = self.run_to_the_end(plan, *owners("killed"), options=("--resume", *state))
        self.assertEqual(report["weights_sha256"], whole["weights_sha256"])

    def test_a_rule_says_whose_updates_it_did_not_use(self):
        report = self.run_to_the_end(self.strategy_plan("multi_krum"), [])
        for finished in report["rounds"]:
            reasons = [one["reason"] for one in finished["dropped"]]
            self.assertEqual(reasons, ["passed_over"], json.dumps(finished))

    def test_training_ends_when_it_no_longer_gets_better(self):
        plan = self.plan(rounds=50, early_stopping={"metric": "train_loss", "patience": 2, "least_change": 1e6})
        report = self.run_to_the_end(plan, [])
        self.assertEqual((report["outcome"], len(report["rounds"])), ("stopped_early", 3))


if __name__ == "__main__":
    unittest.main()
