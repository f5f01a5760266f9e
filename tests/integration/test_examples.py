"""The scripts of examples/, each as its first lines say, and PyTorch beside the built-in network."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import numpy as np
from federation import Federation
from model_file import read_safetensors
from programs import BIN, REPOSITORY, poll

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402

EXAMPLES = REPOSITORY / "examples"
TABLES = [REPOSITORY / "plans/penguins" / f"{name}.csv" for name in ("biscoe", "dream-torgersen")]

try:
    import torch
except ImportError:
    torch = None
try:
    import joblib
    import sklearn
except ImportError:
    joblib = sklearn = None


class Examples(Federation):
    undisturbed = None

    def setUp(self):
        super().setUp()
        os.environ["PYTHONPATH"] = str(REPOSITORY / "python")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

    def prepare(self, name):
        """Script, plan and initial arrays in the test's folder."""
        for kind in (".py", ".json"):
            shutil.copy(EXAMPLES / (name + kind), self.folder)
        subprocess.run([sys.executable, name + ".py", "initial"], cwd=self.folder, check=True, timeout=90)

    def begin(self, name, *options):
        """The initial arrays, and a master; gives it, and where its report will be."""
        self.prepare(name)
        plan = (self.folder / (name + ".json")).read_text()
        report = self.folder / "report.json"
        return self.master(plan, "--autostart", "--exit-when-done", "--report", report, *options), report

    def script(self, master, name, *arguments):
        """One that starts its own worker."""
        environment = {"FEDASIO_MASTER": master.workers_at, "FEDASIO_WORKER": str(BIN / "fedasio-worker")}
        return self.program(sys.executable, name + ".py", *arguments, environment=environment)

    def finish(self, master, report, *programs):
        poll(lambda: any(one.exit_code is not None for one in (master, *programs)), "the end", 300)
        for program in (*programs, master):
            self.assertEqual(program.wait_exit(), 0, program.text()[-3000:])
        return json.loads(report.read_text())

    def test_softmax_regression_in_numpy(self):
        master, report = self.begin("numpy_penguins")
        stations = [self.script(master, "numpy_penguins", table) for table in TABLES]
        told = self.finish(master, report, *stations)
        self.assertGreater(told["rounds"][-1]["test_accuracy"], 0.95)
        self.assertEqual(told["rounds"][-1]["test_clients"], 2)

    def test_an_evaluator_at_the_master(self):
        shutil.copy(EXAMPLES / "numpy_penguins_evaluate.py", self.folder)
        table = self.folder / "held_out.csv"
        lines = [file.read_text().splitlines() for file in TABLES]
        table.write_text("\n".join([lines[0][0], *(line for own in lines for line in own[1::7])]) + "\n")
        command = f"exec {sys.executable} numpy_penguins_evaluate.py held_out.csv"
        master, report = self.begin("numpy_penguins", "--evaluator", command)
        stations = [self.script(master, "numpy_penguins", table) for table in TABLES]
        told = self.finish(master, report, *stations)
        last = told["rounds"][-1]
        self.assertGreater(last["test_accuracy"], 0.95)
        self.assertEqual((last["test_clients"], last.get("test_problem")), (0, None))
        self.assertGreater(last["test_samples"], 40)

    def test_a_worker_without_the_binary_beside_one_with_it(self):
        master, report = self.begin("numpy_penguins")
        with_it = self.script(master, "numpy_penguins", TABLES[1])
        without = self.program(
            sys.executable, EXAMPLES / "foreign_worker.py", master.workers_at, "foreign", TABLES[0]
        )
        told = self.finish(master, report, with_it, without)
        self.assertEqual([one["dropped"] for one in told["rounds"]], [[]] * 20)
        self.assertLess(told["rounds"][-1]["train_loss"], 0.25)
        self.assertEqual(told["rounds"][-1]["test_clients"], 1)

    def penguins(self, plan, state, kill_after=None):
        """A run of the softmax regression, as a plan's text says; master and scripts may be killed in it once, and
        are begun again. Gives the report."""
        report = self.folder / f"{state.name}.json"
        options = ("--autostart", "--exit-when-done", "--state-dir", state, "--resume", "--report", report)
        while True:
            master = self.master(plan, *options)
            stations = [self.script(master, "numpy_penguins", table) for table in TABLES]
            if kill_after is None:
                return self.finish(master, report, *stations)
            master.wait_event("checkpoint", where=lambda event: event["round"] >= kill_after)
            # The master first: with a station gone it would go on without it.
            for one in (master, *stations):
                one.kill()
            kill_after = None

    def long_penguins(self):
        """The plan of the softmax regression with ten times its rounds, and the report of a run that nobody disturbed,
        which is made once for all that compare theirs with it."""
        self.prepare("numpy_penguins")
        plan = (self.folder / "numpy_penguins.json").read_text()
        plan = plan.replace('"rounds": 20', '"rounds": 200, "checkpoint_every": 1')
        if Examples.undisturbed is None:
            Examples.undisturbed = self.penguins(plan, self.folder / "whole")
        return plan, Examples.undisturbed

    def test_scripts_survive_a_master_that_is_killed(self):
        plan, whole = self.long_penguins()
        state, report = self.folder / "killed", self.folder / "killed.json"
        options = ("--autostart", "--exit-when-done", "--state-dir", state, "--resume", "--report", report)
        first = self.master(plan, *options)
        stations = [self.script(first, "numpy_penguins", table) for table in TABLES]
        first.wait_event("checkpoint", where=lambda event: event["round"] >= 5)
        first.kill()
        second = self.master(plan, *options, listen=first.workers_at)
        self.assertEqual(self.finish(second, report, *stations)["weights_sha256"], whole["weights_sha256"])

    def test_a_run_in_numpy_that_is_killed_goes_on_with_the_same_bits(self):
        plan, whole = self.long_penguins()
        killed = self.penguins(plan, self.folder / "killed", kill_after=5)
        self.assertEqual(killed["weights_sha256"], whole["weights_sha256"])
        numbers = ("round", "train_loss", "test_loss", "test_accuracy")
        for one, other in zip(whole["rounds"], killed["rounds"], strict=True):
            self.assertEqual([one[name] for name in numbers], [other[name] for name in numbers])

    @unittest.skipUnless(sklearn, "without scikit-learn")
    def test_logistic_regression_of_scikit_learn(self):
        master, report = self.begin("sklearn_cancer")
        hospitals = [self.script(master, "sklearn_cancer", number) for number in range(3)]
        told = self.finish(master, report, *hospitals)
        self.assertGreater(told["rounds"][-1]["test_accuracy"], 0.93)
        self.assertLess(told["rounds"][-1]["test_loss"], told["rounds"][0]["test_loss"])
        self.assertEqual(told["rounds"][-1]["test_clients"], 3)
        self.assertEqual(told["parameters"], 31)
        areas = [one["test_metrics"]["auc"] for one in told["rounds"]]
        self.assertGreater(areas[-1], 0.97)
        self.assertEqual(set(told["rounds"][0]["train_metrics"]), {"auc"})
        best = read_safetensors(self.folder / "state" / "models" / "best.safetensors").metadata
        self.assertEqual(best["round"], str(1 + areas.index(max(areas))))

    @unittest.skipUnless(joblib, "without joblib and scikit-learn")
    def test_clients_side_by_side_by_joblib(self):
        master, report = self.begin("joblib_digits")
        desks = self.script(master, "joblib_digits", 4)
        told = self.finish(master, report, desks)
        self.assertEqual(desks.lines["stdout"], ["4 clients have trained on 1797 digits"])
        self.assertEqual([one["dropped"] for one in told["rounds"]], [[]] * 10)
        self.assertGreater(told["rounds"][-1]["train_accuracy"], 0.9)

    @unittest.skipUnless(torch, "without torch")
    def test_a_convolutional_network_with_batch_norm_in_torch(self):
        master, report = self.begin("torch_fashion")
        worker = self.worker(
            master, "w", "--threads", "2", "--trainer", f"exec {sys.executable} {self.folder}/torch_fashion.py"
        )
        told = self.finish(master, report, worker)
        self.assertGreater(told["rounds"][-1]["test_accuracy"], 0.7)
        self.assertEqual(told["rounds"][-1]["test_samples"], 800)

    @unittest.skipUnless(torch, "without torch")
    def test_an_adapter_alone_travels(self):
        master, report = self.begin("torch_adapter")
        worker = self.worker(
            master, "w", "--threads", "1", "--trainer", f"exec {sys.executable} {self.folder}/torch_adapter.py"
        )
        told = self.finish(master, report, worker)
        losses = [one["train_loss"] for one in told["rounds"]]
        self.assertLess(losses[-1], 0.8 * losses[0])
        self.assertEqual(told["parameters"], 8 * 2 + 2 * 32 + 32 * 2 + 2 * 1)

    def twins(self, plan):
        """What a plan gives with the built-in network, and with PyTorch on the same batches: a report and a model each."""
        saved = self.folder / "saved.safetensors"
        source = plan["data"]["source"]
        here = self.run_to_the_end(plan, (), options=("--save", saved))
        built_in = fedasio.load_model(saved)
        paths = {name: str(self.folder / source[f"train_{name}"]) for name in ("images", "labels")}
        plan["data"] = {**plan["data"], "source": {"type": "trainer", **paths}}
        script = REPOSITORY / "tests/integration/torch_twin.py"
        trainer = ("--threads", "1", "--trainer", f"exec {sys.executable} {script}")
        there = self.run_to_the_end(plan, trainer, options=("--save", saved), patience=400)
        return here, built_in, there, fedasio.load_model(saved)

    @unittest.skipUnless(torch, "without torch")
    def test_the_same_batches_give_the_same_weights_as_the_built_in_network(self):
        plan = self.plan(rounds=5, local={"epochs": 2, "batch_size": 7, "optimizer": {"type": "sgd", "learning_rate": 0.1}})
        here, built_in, there, twin = self.twins(plan)
        self.assertEqual(list(twin), list(built_in))
        for name, values in built_in.items():
            np.testing.assert_allclose(twin[name], values, atol=1e-5, err_msg=name)
        for ours, theirs in zip(here["rounds"], there["rounds"], strict=True):
            self.assertAlmostEqual(ours["train_loss"], theirs["train_loss"], places=5)
            self.assertAlmostEqual(ours["test_loss"], theirs["test_loss"], places=5)
            self.assertEqual(ours["test_accuracy"], theirs["test_accuracy"])

    def two_hidden_layers(self, rounds):
        """The 2NN of the demonstration on Fashion-MNIST, at 100 clients of which five train in a round."""
        images = pathlib.Path("/usr/share/datasets/fashion-mnist")
        dense = [("relu", 200), ("relu", 200), ("softmax", 10)]
        layers = [{"type": "dense", "units": units, "activation": kind} for kind, units in dense]
        source = {
            "type": "idx",
            "train_images": str(images / "train-images-idx3-ubyte.gz"),
            "train_labels": str(images / "train-labels-idx1-ubyte.gz"),
        }
        return self.plan(
            model={"input": [28, 28], "layers": [{"type": "flatten"}, *layers]},
            data={"source": source, "partition": {"scheme": "iid"}},
            clients=100,
            fraction=0.05,
            local={"epochs": 1, "batch_size": 10, "optimizer": {"type": "sgd", "learning_rate": 0.05}},
            rounds=rounds,
        )

    @unittest.skipUnless(torch, "without torch")
    def test_the_2nn_of_the_demonstration_has_the_same_weights_after_a_round(self):
        _, built_in, _, twin = self.twins(self.two_hidden_layers(1))
        self.assertEqual(sum(values.size for values in built_in.values()), 199_210)
        for name, values in built_in.items():
            np.testing.assert_allclose(twin[name], values, atol=1e-5, err_msg=name)

    @unittest.skipUnless(torch, "without torch")
    def test_the_2nn_of_the_demonstration_has_the_same_curve(self):
        here, _, there, _ = self.twins(self.two_hidden_layers(4))
        for ours, theirs in zip(here["rounds"], there["rounds"], strict=True):
            self.assertAlmostEqual(ours["test_accuracy"], theirs["test_accuracy"], delta=0.01)
            self.assertAlmostEqual(ours["test_loss"], theirs["test_loss"], delta=0.01)
        self.assertGreater(there["rounds"][-1]["test_accuracy"], 0.7)


if __name__ == "__main__":
    unittest.main()
