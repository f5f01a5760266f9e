"""fedasio sweep: a plan with every combination of some values, in one process."""

import csv
import json
import signal
import statistics
import unittest

from federation import Federation
from programs import BIN, poll, run_program
from sample_data import TEST_FILES

RATE = "local.optimizer.learning_rate"


class Sweep(Federation):
    def plan(self, **changes):
        plan = super().plan(**changes)
        plan["data"]["source"].update(TEST_FILES)
        return plan

    def arguments(self, *options, out="out"):
        return ("sweep", "--out", self.folder / out, *options, "plan.json")

    def sweep(self, *options, out="out"):
        return run_program("fedasio", *self.arguments(*options, out=out), directory=self.folder)

    def start(self, *options, out="out"):
        return self.program(BIN / "fedasio", *self.arguments(*options, out=out))

    def rows(self, out="out"):
        """What both files of results say, which must be the same."""
        rows = json.loads((self.folder / out / "results.json").read_text())["rows"]
        with (self.folder / out / "results.csv").open(newline="") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual(len(lines), len(rows))
        for row, line in zip(rows, lines):
            for key in row.keys() - {"grid"}:
                text = "" if row[key] is None else str(row[key])
                if isinstance(row[key], float):
                    self.assertEqual(float(line[key]), row[key])
                else:
                    self.assertEqual(line[key], text, key)
            for path, value in row["grid"].items():
                self.assertEqual(json.loads(line[f"plan.{path}" if path in row else path]), value)
        return rows

    def curve(self, row, out="out"):
        with (self.folder / out / "curves" / f"{row['run']}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def test_a_row_for_each_run(self):
        self.write_plan(self.plan())
        code, output, errors = self.sweep("--grid", f"{RATE}=0.01,0.1", "--seeds", "5-6", "--set", "rounds=3")
        self.assertEqual(code, 0, errors)
        self.assertRegex(output, r"learning_rate=0.01 rounds=3: 2 seeds, best test accuracy 0\.\d+ ± ")
        with (self.folder / "out" / "summary.csv").open(newline="") as file:
            groups = list(csv.DictReader(file))
        self.assertEqual([(group[RATE], group["rounds"], group["runs"]) for group in groups], [("0.01", "3", "2"), ("0.1", "3", "2")])
        self.assertIn("4 runs: 4 done, 0 failed, 0 not done", output)
        self.assertIn("run 4/4 (learning_rate=0.1 seed=6)", errors)
        rows = self.rows()
        self.assertEqual(
            [(row["grid"][RATE], row["seed"]) for row in rows], [(0.01, 5), (0.01, 6), (0.1, 5), (0.1, 6)]
        )
        for group in groups:
            values = [row["last_test_loss"] for row in rows if str(row["grid"][RATE]) == group[RATE]]
            self.assertAlmostEqual(float(group["last_test_loss_mean"]), statistics.mean(values), places=12)
            self.assertAlmostEqual(float(group["last_test_loss_deviation"]), statistics.stdev(values), places=12)
        for row in rows:
            self.assertEqual(row["grid"]["rounds"], 3)
            self.assertEqual((row["outcome"], row["rounds"], row["dropped"]), ("rounds_done", 3, 0))
            accuracies = [float(point["test_accuracy"]) for point in self.curve(row)]
            self.assertEqual(len(accuracies), 3)
            self.assertEqual(row["best_test_accuracy"], max(accuracies))
            self.assertEqual(row["last_test_accuracy"], accuracies[-1])
        self.assertEqual(len({row["weights_sha256"] for row in rows}), 4)
        self.assertFalse(list((self.folder / "out" / "state").iterdir()))

    def test_a_run_is_the_training_of_a_master(self):
        plan = self.plan(rounds=2)
        report = self.run_to_the_end(plan, [], [])
        code, _, errors = self.sweep()
        self.assertEqual(code, 0, errors)
        (row,) = self.rows()
        self.assertEqual(row["weights_sha256"], report["weights_sha256"])
        self.assertEqual(row["plan_digest"], report["plan_digest"])
        self.assertEqual(row["last_test_accuracy"], report["rounds"][-1]["test_accuracy"])

    def test_a_target_ends_a_run(self):
        self.write_plan(self.plan(rounds=200, target_accuracy=0.9))
        code, _, errors = self.sweep("--grid", f"{RATE}=0.1,0.000001", "--set", "rounds=20")
        self.assertEqual(code, 0, errors)
        reached, missed = self.rows()
        self.assertEqual((reached["outcome"], missed["outcome"]), ("target_reached", "rounds_done"))
        self.assertGreater(reached["rounds_to_target"], reached["rounds"] - 1)
        self.assertLessEqual(reached["rounds_to_target"], reached["rounds"])
        self.assertLess(reached["rounds"], 20)
        self.assertEqual((missed["rounds"], missed["rounds_to_target"]), (20, None))

    def test_a_run_that_diverges_is_a_row(self):
        self.write_plan(self.plan())
        code, output, errors = self.sweep("--grid", f"{RATE}=1000000,0.1")
        self.assertEqual(code, 0, errors)
        self.assertIn("1 done, 1 failed", output)
        diverged, other = self.rows()
        self.assertEqual((diverged["outcome"], other["outcome"]), ("failed", "rounds_done"))
        self.assertIn("learning_rate", diverged["reason"])
        self.assertIn(diverged["reason"], errors)
        code, output, _ = self.sweep("--grid", f"{RATE}=1000000")
        self.assertEqual(code, 1)

    def test_what_is_done_is_not_done_again(self):
        self.write_plan(self.plan())
        self.sweep("--grid", f"{RATE}=0.1")
        (row,) = self.rows()
        code, output, errors = self.sweep("--grid", f"{RATE}=0.1,0.2")
        self.assertEqual(code, 0, errors)
        self.assertIn("has its row", errors)
        self.assertEqual(errors.count("starts"), 1, errors)
        self.assertEqual(self.rows()[0], row)
        self.assertEqual(len(self.rows()), 2)

    def test_seeds_of_a_sweep_that_an_older_version_began_stay_together(self):
        self.write_plan(self.plan())
        code, _, errors = self.sweep("--data", self.folder, "--seeds", "5-6")
        self.assertEqual(code, 0, errors)
        results = self.folder / "out" / "results.json"
        content = json.loads(results.read_text())
        for row in content["rows"]:  # such a row does not say its inputs
            for key in ("data", "trainer", "evaluator"):
                del row[key]
        results.write_text(json.dumps(content))
        code, output, errors = self.sweep("--data", self.folder, "--seeds", "5-7")
        self.assertEqual(code, 0, errors)
        self.assertIn("3 seeds", output)
        self.assertEqual({row["data"] for row in self.rows()}, {str(self.folder)})
        with (self.folder / "out" / "summary.csv").open(newline="") as file:
            (group,) = csv.DictReader(file)
        self.assertEqual(group["runs"], "3")

    def test_ctrl_c_keeps_what_is_done(self):
        self.write_plan(self.plan())
        options = ("--grid", "local.epochs=1,1000000")
        sweep = self.start(*options)
        sweep.wait_line("stderr", "run 2/2 (epochs=1000000 seed=5): starts")
        sweep.signal(signal.SIGINT)
        self.assertEqual(sweep.wait_exit(), 1, sweep.text())
        self.assertIn("1 done, 0 failed, 1 not done", sweep.text("stdout"))
        (row,) = self.rows()
        self.assertEqual(row["grid"], {"local.epochs": 1})

    def test_one_that_is_stopped_has_no_results_and_passes_no_verdict_on_its_evaluator(self):
        self.write_plan(Federation.plan(self, rounds=1_000_000))
        sweep = self.start("--evaluator", "exit 3")
        sweep.wait_line("stderr", "has no test result: the evaluator ended with exit code 3")
        sweep.signal(signal.SIGINT)
        self.assertEqual(sweep.wait_exit(), 1, sweep.text())
        self.assertIn("0 done, 0 failed, 1 not done; there are no results yet", sweep.text("stdout"))
        self.assertFalse((self.folder / "out" / "results.csv").exists())
        self.assertNotIn("tested nothing", sweep.text())

    def test_a_killed_sweep_goes_on_from_its_checkpoint(self):
        self.write_plan(self.plan(rounds=600, checkpoint_every=20))
        code, _, errors = self.sweep(out="whole")
        self.assertEqual(code, 0, errors)
        sweep = self.start()
        curves = self.folder / "out" / "curves"

        def has_come_far():
            return curves.is_dir() and any(file.read_text().count("\n") > 60 for file in curves.glob("*.csv"))

        poll(has_come_far, "60 rounds")
        sweep.kill()
        self.assertFalse((self.folder / "out" / "results.json").exists())
        code, _, errors = self.sweep()
        self.assertEqual(code, 0, errors)
        self.assertRegex(errors, r"goes on after round \d*[02468]0 from its checkpoint")
        (row,), (whole,) = self.rows(), self.rows("whole")
        for key in row.keys() - {"seconds"}:
            self.assertEqual(row[key], whole[key], key)
        ours, theirs = self.curve(row), self.curve(whole, "whole")
        self.assertEqual(len(ours), 600)
        for mine, other in zip(ours, theirs):
            self.assertEqual({**mine, "seconds": 0}, {**other, "seconds": 0})

    def test_wrong_use(self):
        self.write_plan(self.plan())
        cases = (
            (("--grid", "local.optimizer.learnin_rate=0.1"), 1, ["plan.json", "did you mean", "learning_rate"]),
            (("--set", "fraction=2"), 1, ["plan.json: fraction"]),
            (("--set", "model.layers.9.units=2"), 1, ["model.layers: is an array of 3 items"]),
            (("--set", "rounds"), 2, ["local.epochs=5"]),
            (("--grid", "rounds=1,x2,0.y"), 2, ["0.y", "not JSON"]),
            (("--grid", "rounds=1", "--grid", "rounds=2"), 2, ["rounds twice"]),
            (("--seeds", "one"), 2, ["--seeds"]),
            (("--seeds", "3-1"), 2, ["--seeds", "ends before it begins"]),
            (("--threads", "0"), 2, ["--threads"]),
        )
        for options, expected, words in cases:
            with self.subTest(options):
                code, output, errors = self.sweep(*options)
                self.assertEqual((code, output), (expected, ""), errors)
                for word in words:
                    self.assertIn(word, errors)
        self.assertFalse((self.folder / "out").exists())
        code, _, errors = run_program("fedasio", "sweep", "absent.json", directory=self.folder)
        self.assertEqual(code, 2, errors)

    def test_help(self):
        code, output, errors = run_program("fedasio", "sweep", "--help")
        self.assertEqual((code, errors), (0, ""))
        for word in ("Examples:", "--grid", "--set", "--seeds", "--out", "--retry-failed"):
            self.assertIn(word, output)


if __name__ == "__main__":
    unittest.main()
