"""Metrics of a trainer's own: from a script in Python to report, history, best model and early stopping."""

import contextlib
import json
import os
import pathlib
import sqlite3
import sys
import urllib.request

from federation import Federation
from model_file import read_safetensors
from programs import PATIENCE, REPOSITORY, run_program

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402
import metrics_script as script  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("metrics_script.py")


def mean(told_of, samples_of, number, name):
    """By samples over the clients that tell it, added up in their order."""
    value = weight = 0.0
    for client, samples in script.SAMPLES.items():
        told = told_of(client, number)
        if name in told:
            value += float(told[name]) * samples_of(samples)
            weight += samples_of(samples)
    return value / weight


class OwnMetrics(Federation):
    def setUp(self):
        super().setUp()
        fedasio.save_arrays(self.folder / "initial.safetensors", script.initial())
        os.environ["PYTHONPATH"] = str(REPOSITORY / "python")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

    def plan_of_metrics(self, **changes):
        plan = {
            "name": "metrics",
            "model": {"arrays": "initial.safetensors"},
            "data": {"source": {"type": "trainer"}},
            "clients": 3,
            "rounds": 8,
            "checkpoint_every": 1,
            "metrics": {"skill": "higher"},
            "keep_best": "test_metrics.skill",
        }
        return {**plan, **changes}

    def trainer(self, *arguments):
        return ("--trainer", " ".join(["exec", sys.executable, str(SCRIPT), *arguments]))

    def check(self, rounds):
        for one in rounds:
            number = one["round"]
            self.assertEqual(set(one["train_metrics"]), {"skill", "a/../b@1", "a@../b/1"})
            self.assertEqual(set(one["test_metrics"]), {"skill", "rounds"})
            for name in "skill", "a/../b@1", "a@../b/1":
                expected = mean(script.train_metrics, lambda counts: counts[0], number, name)
                self.assertEqual(one["train_metrics"][name], expected)
            for name in "skill", "rounds":
                expected = mean(script.test_metrics, lambda counts: counts[1], number, name)
                self.assertEqual(one["test_metrics"][name], expected)

    def check_summary(self, rounds):
        """What a list of runs tells of them, which reads no round."""
        with contextlib.closing(sqlite3.connect(self.folder / "state" / "history.sqlite")) as history:
            told = history.execute("SELECT kind, name, told, last, least, most FROM own_metrics").fetchall()
        self.assertEqual(len(told), 5)
        for kind, name, times, last, least, most in told:
            values = [one[kind][name] for one in rounds]
            self.assertEqual((times, last, least, most), (len(values), values[-1], min(values), max(values)))

    def test_they_are_means_by_samples_wherever_they_are_told(self):
        report = self.run_to_the_end(self.plan_of_metrics(), self.trainer(), self.trainer())
        self.assertEqual(len(report["rounds"]), 8)
        self.check(report["rounds"])
        by_client = {one["client"]: one.get("metrics") for one in report["clients"]}
        self.assertEqual(by_client[0]["skill"], script.test_metrics(0, 8)["skill"])
        self.assertIsNone(by_client[2])
        # The best model is that of the round in which the metric was the best, and says so.
        best = read_safetensors(self.folder / "state" / "models" / "best.safetensors")
        self.assertEqual(best.metadata["round"], str(script.BEST))
        told = report["rounds"][script.BEST - 1]["test_metrics"]["skill"]
        self.assertEqual(float(best.metadata["test_metrics.skill"]), told)
        self.check_summary(report["rounds"])
        # The history has them too, by the names that a plan gives them.
        rounds = fedasio.read_run(self.folder / "state").rounds
        rows = rounds if isinstance(rounds, list) else rounds.to_dict("records")
        self.assertEqual([row["test_metrics.skill"] for row in rows], [one["test_metrics"]["skill"] for one in report["rounds"]])
        self.assertIn("skill (test: ", fedasio.read_run(self.folder / "state")._repr_html_())

    def test_they_are_exported_and_their_names_lead_nowhere(self):
        judged = {"skill": "higher", "a": "lower", "a/../../../../b": "lower", "a_.._.._.._.._b": "lower"}
        report = self.run_to_the_end(self.plan_of_metrics(rounds=2, metrics=judged), self.trainer())
        code, _, errors = run_program("fedasio", "export-run", "--from", "state", "--mlflow", "ml", directory=self.folder)
        self.assertEqual(code, 0, errors)
        told = [path for path in (self.folder / "ml").rglob("*") if path.parent.name.endswith("_metrics")]
        self.assertEqual(
            {f"{path.parent.name}/{path.name}" for path in told},
            {"train_metrics/skill", "train_metrics/a_.._b_1", "train_metrics/a_.._b_1_2", "test_metrics/skill", "test_metrics/rounds"},
        )
        (skill,) = (path for path in told if path.parent.name == "test_metrics" and path.name == "skill")
        values = [float(line.split()[1]) for line in skill.read_text().splitlines()]
        self.assertEqual(values, [one["test_metrics"]["skill"] for one in report["rounds"]])
        # Two of the same name stay two, in the order of their own.
        for name, sign in ("a_.._b_1", 1), ("a_.._b_1_2", -1):
            (file,) = (path for path in told if path.name == name)
            lines = [line.split() for line in file.read_text().splitlines()]
            self.assertEqual([(float(value), int(step)) for _, value, step in lines], [(sign, 1), (2 * sign, 2)])
        parameters = {path.name for path in (self.folder / "ml").rglob("params/metrics.*")}
        self.assertEqual(parameters, {"metrics.skill", "metrics.a", "metrics.a_.._.._.._.._b", "metrics.a_.._.._.._.._b_2"})

    def test_a_kill_changes_none_of_them(self):
        patience = 15  # so that there is something left to do when it is killed
        plan = self.plan_of_metrics(early_stopping={"metric": "test_metrics.skill", "patience": patience}, rounds=50)
        whole = self.run_to_the_end(plan, self.trainer(), options=("--state-dir", self.folder / "whole"))
        self.assertEqual(whole["outcome"], "stopped_early")
        self.assertIn(f"test_metrics.skill has not become better for {patience} rounds", whole["detail"])
        self.assertIn(f"in round {script.BEST}", whole["detail"])
        self.assertEqual(len(whole["rounds"]), script.BEST + patience)
        options = ("--autostart", "--state-dir", self.folder / "killed", "--resume")
        first = self.master(plan, *options)  # stays, should it be done before it is killed
        worker = self.worker(first, "one", *self.trainer())
        first.wait_event("checkpoint", where=lambda event: event["round"] >= script.BEST + 1)
        first.kill()
        worker.kill()
        report = self.folder / "second.json"
        second = self.master(plan, *options, "--exit-when-done", "--report", report)
        self.worker(second, "two", *self.trainer(), "--threads", "3")
        self.assertEqual(second.wait_exit(), 0, second.text())
        told = json.loads(report.read_text())
        for key in "outcome", "detail", "weights_sha256":
            self.assertEqual(told[key], whole[key])
        for key in "train_metrics", "test_metrics":
            self.assertEqual([one[key] for one in told["rounds"]], [one[key] for one in whole["rounds"]])
        self.check(told["rounds"])
        best = [read_safetensors(self.folder / state / "models" / "best.safetensors") for state in ("whole", "killed")]
        self.assertEqual([one.metadata["round"] for one in best], [str(script.BEST)] * 2)
        self.assertEqual(best[0].data, best[1].data)

    def test_they_are_served_while_it_trains(self):
        master = self.master(self.plan_of_metrics())
        self.worker(master, "one", *self.trainer())
        master.wait_workers(1)
        master.train(rounds=1)
        told = master.get("rounds")[0]
        self.check([told])
        with urllib.request.urlopen(f"{master.dashboard}/metrics", timeout=PATIENCE) as answer:
            metrics = answer.read().decode()
        for kind in "train", "test":
            value = told[f"{kind}_metrics"]["skill"]
            found = [line for line in metrics.splitlines() if line.startswith(f'fedasio_{kind}_metric{{metric="skill"}} ')]
            self.assertEqual([float(line.split()[-1]) for line in found], [value])
        self.assertNotIn("no client tells", master.text())

    def test_one_that_nobody_tells_is_missed_in_a_sentence(self):
        early = {"metric": "train_metrics.skill", "patience": 1}
        master = self.master(
            self.plan_of_metrics(rounds=3, early_stopping=early), "--autostart", "--exit-when-done"
        )
        self.worker(master, "one", *self.trainer("quiet"))
        self.assertEqual(master.wait_exit(), 0, master.text())
        missed = [line for line in master.text().splitlines() if "no client tells a metric" in line]
        self.assertEqual(len(missed), 2, missed)
        self.assertIn('keep_best is \"test_metrics.skill\"', missed[0].replace("\\", ""))
        self.assertIn("with its test (in round 1 they tell: none)", missed[0])
        self.assertFalse((self.folder / "state" / "models" / "best.safetensors").exists())
