"""The scripts of examples/, each as its first lines say, and PyTorch beside the built-in network."""

import json
import os
import shutil
import subprocess
import sys
import unittest

import numpy as np
from federation import Federation
from programs import BIN, REPOSITORY, poll

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402

EXAMPLES = REPOSITORY / "examples"

try:
    import torch
except ImportError:
    torch = None


class Examples(Federation):
    def setUp(self):
        super().setUp()
        os.environ["PYTHONPATH"] = str(REPOSITORY / "python")
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

    def begin(self, name, *options):
        """The initial arrays, and a master; gives it, and where its report will be."""
        for kind in (".py", ".json"):
            shutil.copy(EXAMPLES / (name + kind), self.folder)
        subprocess.run([sys.executable, name + ".py", "initial"], cwd=self.folder, check=True, timeout=90)
        plan = (self.folder / (name + ".json")).read_text()
        report = self.folder / "report.json"
        return self.master(plan, "--autostart", "--exit-when-done", "--report", report, *options), report

    def finish(self, master, report, *programs):
        poll(lambda: any(one.exit_code is not None for one in (master, *programs)), "the end", 300)
        for program in (*programs, master):
            self.assertEqual(program.wait_exit(), 0, program.text()[-3000:])
        return json.loads(report.read_text())

    def test_softmax_regression_in_numpy(self):
        master, report = self.begin("numpy_penguins")
        environment = {"FEDASIO_MASTER": master.workers_at, "FEDASIO_WORKER": str(BIN / "fedasio-worker")}
        stations = [
            self.program(
                sys.executable,
                "numpy_penguins.py",
                REPOSITORY / "plans/penguins" / f"{name}.csv",
                environment=environment,
            )
            for name in ("biscoe", "dream-torgersen")
        ]
        told = self.finish(master, report, *stations)
        self.assertGreater(told["rounds"][-1]["test_accuracy"], 0.95)
        self.assertEqual(told["rounds"][-1]["test_clients"], 2)

    def test_a_worker_without_the_binary_beside_one_with_it(self):
        master, report = self.begin("numpy_penguins")
        environment = {"FEDASIO_MASTER": master.workers_at, "FEDASIO_WORKER": str(BIN / "fedasio-worker")}
        tables = REPOSITORY / "plans/penguins"
        with_it = self.program(
            sys.executable, "numpy_penguins.py", tables / "dream-torgersen.csv", environment=environment
        )
        without = self.program(
            sys.executable, EXAMPLES / "foreign_worker.py", master.workers_at, "foreign", tables / "biscoe.csv"
        )
        told = self.finish(master, report, with_it, without)
        self.assertEqual([one["dropped"] for one in told["rounds"]], [[]] * 20)
        self.assertLess(told["rounds"][-1]["train_loss"], 0.25)
        self.assertEqual(told["rounds"][-1]["test_clients"], 1)

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

    @unittest.skipUnless(torch, "without torch")
    def test_the_same_batches_give_the_same_weights_as_the_built_in_network(self):
        plan = self.plan(rounds=5, local={"epochs": 2, "batch_size": 7, "optimizer": {"type": "sgd", "learning_rate": 0.1}})
        saved = self.folder / "saved.safetensors"
        here = self.run_to_the_end(plan, (), options=("--save", saved))
        built_in = fedasio.load_model(saved)
        plan["data"] = {"source": {"type": "trainer"}}
        script = REPOSITORY / "tests/integration/torch_twin.py"
        there = self.run_to_the_end(
            plan,
            ("--threads", "1", "--trainer", f"exec {sys.executable} {script} {self.folder}"),
            options=("--save", saved),
        )
        twin = fedasio.load_model(saved)
        self.assertEqual(list(twin), list(built_in))
        for name, values in built_in.items():
            np.testing.assert_allclose(twin[name], values, atol=1e-5, err_msg=name)
        for ours, theirs in zip(here["rounds"], there["rounds"]):
            self.assertAlmostEqual(ours["train_loss"], theirs["train_loss"], places=5)
            self.assertAlmostEqual(ours["test_loss"], theirs["test_loss"], places=5)
            self.assertEqual(ours["test_accuracy"], theirs["test_accuracy"])


if __name__ == "__main__":
    unittest.main()
