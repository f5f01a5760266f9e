"""Trainers of one's own: processes in Python that a worker asks, and what they may do to it."""

import json
import pathlib
import signal
import sys
import unittest

import numpy as np
from programs import BIN, REPOSITORY, children_of, is_alive, poll, run_program

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402
import trainer_script as script  # noqa: E402
from own_model import OwnModel  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("trainer_script.py")


class Trainers(OwnModel):
    DATA = {"source": {"type": "trainer", "anything": ["goes"]}}

    def trainer(self, mode="good"):
        return ("--trainer", f"exec {sys.executable} {SCRIPT} {mode} {self.folder / ('mark-' + mode)}")

    def model_of(self, report_options, plan, *workers):
        saved = self.folder / "saved.safetensors"
        report = self.run_to_the_end(plan, *workers, options=("--save", saved, *report_options))
        return fedasio.load_model(saved), report

    def test_what_is_trained_is_the_mean_of_what_the_trainers_send(self):
        plan = self.plan_of_arrays(rounds=1)
        model, report = self.model_of((), plan, self.trainer(), self.trainer())
        counts = [script.SAMPLES + client for client in range(3)]
        means = [script.samples_of(client)[0].mean(0) for client in range(3)]
        np.testing.assert_allclose(
            model["norm.running_mean"], 0.5 * np.average(means, axis=0, weights=counts), rtol=1e-5
        )
        self.assertEqual(model["norm.num_batches_tracked"], max(counts))
        self.assertEqual(model["norm.num_batches_tracked"].dtype, np.int64)
        self.assertEqual(model["b"].dtype, np.float64)
        self.assertEqual(model["empty"].shape, (0, 2))
        self.assertFalse(np.array_equal(model["w"], script.initial()["w"]))
        result = report["rounds"][0]
        self.assertEqual(result["dropped"], [])
        self.assertIsNone(result["test_accuracy"])
        self.assertEqual(result["test_samples"], 15)
        losses = [script.loss_of(model, client) for client in range(3)]
        self.assertAlmostEqual(result["test_loss"], np.mean(losses), delta=1e-4 * np.mean(losses))

    def test_statistics_and_counters_are_no_business_of_a_server_optimizer(self):
        plan = self.plan_of_arrays(rounds=1, strategy={"type": "fedadam", "server_learning_rate": 0.125})
        model, _ = self.model_of((), plan, self.trainer())
        counts = [script.SAMPLES + client for client in range(3)]
        means = [script.samples_of(client)[0].mean(0) for client in range(3)]
        np.testing.assert_allclose(
            model["norm.running_mean"], 0.5 * np.average(means, axis=0, weights=counts), rtol=1e-5
        )
        self.assertEqual(model["norm.num_batches_tracked"], max(counts))
        moved = np.abs(model["w"] - script.initial()["w"])
        np.testing.assert_allclose(moved, 0.125, rtol=0.2)  # Adam's first step is its learning rate

    def test_the_bits_depend_neither_on_workers_nor_on_kills(self):
        plan = self.plan_of_arrays(rounds=4)
        _, whole = self.model_of((), plan, (*self.trainer(), "--threads", "1"))
        _, split = self.model_of((), plan, self.trainer(), (*self.trainer(), "--threads", "2"))
        self.assertEqual(whole["weights_sha256"], split["weights_sha256"])
        state = self.folder / "killed"
        options = ("--autostart", "--state-dir", state, "--resume")
        first = self.master(plan, *options)  # stays, should it be done before it is killed
        worker = self.worker(first, "one", *self.trainer())
        first.wait_event("checkpoint", where=lambda event: event["round"] >= 2)
        first.kill()
        worker.kill()
        report = self.folder / "second.json"
        second = self.master(plan, *options, "--exit-when-done", "--report", report)
        again = self.worker(second, "one", *self.trainer())
        self.assertEqual(second.wait_exit(), 0)
        self.assertEqual(again.wait_exit(), 0)
        told = json.loads(report.read_text())
        self.assertEqual(told["weights_sha256"], whole["weights_sha256"])
        self.assertEqual([one["round"] for one in told["rounds"]], [1, 2, 3, 4])

    def test_large_arrays_have_the_same_bits_through_memory_and_through_the_socket(self):
        plan = self.plan_of_arrays(model={"from": "trainer"}, rounds=2)
        model, through_memory = self.model_of((), plan, self.trainer("wide"))
        _, through_socket = self.model_of((), plan, self.trainer("socket-wide"))
        self.assertEqual(through_memory["weights_sha256"], through_socket["weights_sha256"])
        counts = np.array([script.SAMPLES + client for client in range(3)])
        factor = float(np.average([0.5, 1.5, 2.5], weights=counts)) ** 2
        np.testing.assert_allclose(model["wide"].ravel(), factor * np.linspace(-1, 1, 300_000), rtol=1e-4, atol=1e-6)

    def test_the_first_trainer_gives_the_model(self):
        _, of_file = self.model_of((), self.plan_of_arrays(rounds=2), self.trainer())
        plan = self.plan_of_arrays(model={"from": "trainer"}, rounds=2)
        model, of_trainer = self.model_of((), plan, self.trainer(), self.trainer())
        self.assertEqual(of_trainer["weights_sha256"], of_file["weights_sha256"])
        self.assertEqual(model["b"].dtype, np.float64)
        self.assertEqual(model["norm.num_batches_tracked"].dtype, np.int64)

    def test_a_model_of_a_trainer_is_asked_for_once_and_kept(self):
        plan = self.plan_of_arrays(model={"from": "trainer"}, rounds=3)
        _, whole = self.model_of((), plan, self.trainer())
        options = ("--autostart", "--state-dir", self.folder / "kept", "--resume")
        first = self.master(plan, *options)  # stays, should it be done before it is killed
        worker = self.worker(first, "one", *self.trainer())
        first.wait_event("checkpoint", where=lambda event: event["round"] >= 1)
        first.kill()
        worker.kill()
        report = self.folder / "kept.json"
        second = self.master(plan, *options, "--exit-when-done", "--report", report)
        again = self.worker(second, "two", *self.trainer("begin-never"))
        self.assertEqual(second.wait_exit(), 0)
        self.assertEqual(again.wait_exit(), 0)
        told = json.loads(report.read_text())
        self.assertEqual(told["weights_sha256"], whole["weights_sha256"])
        self.assertEqual([one["round"] for one in told["rounds"]], [1, 2, 3])

    def test_a_trainer_that_has_no_model_to_begin_with_is_left_out(self):
        plan = self.plan_of_arrays(model={"from": "trainer"}, rounds=1)
        for mode, reason in (("begin-never", "there is no model here"), ("begin-nan", "not finite")):
            master = self.master(plan, "--autostart", "--min-workers", "2")
            self.worker(master, mode, *self.trainer(mode))
            master.wait_workers(1)
            self.worker(master, "good", *self.trainer())
            master.wait_event("worker_standing", where=lambda event, reason=reason: reason in event["reason"])
            master.wait_event("round_finished")

    def test_as_many_arrays_as_resnet18_has(self):
        plan = self.plan_of_arrays(model={"from": "trainer"}, rounds=1, clients=2)
        model, report = self.model_of((), plan, (*self.trainer("resnet"), "--threads", "1"))
        self.assertEqual(report["rounds"][0]["dropped"], [])
        self.assertGreater(report["parameters"], 11_600_000)
        self.assertEqual(model["layer19.bn.num_batches_tracked"], 1)
        np.testing.assert_array_equal(model["layer7.weight"], np.full((580, 1000), 0.07, np.float32))

    def misbehaving(self, mode, reason, *more, **changes):
        """A worker whose trainer misbehaves once beside a good one; gives the worker."""
        plan = self.plan_of_arrays(rounds=3, clients=2, **changes)
        master = self.master(plan, "--min-workers", "2")
        good = self.worker(master, "good", *self.trainer())
        bad = self.worker(master, "bad", *self.trainer(mode), *more)
        master.wait_workers(2)
        master.train()
        dropped = [one for one in master.events if one["type"] == "client_dropped"]
        self.assertEqual([one["name"] for one in dropped], ["bad"], dropped)
        self.assertRegex(f"{dropped[0]['reason']}: {dropped[0]['detail']}", reason)
        last = [one for one in master.events if one["type"] == "round_finished"][-1]["result"]
        self.assertEqual((last["round"], last["dropped"]), (3, []))
        self.assertIsNone(good.exit_code)
        self.assertIsNone(bad.exit_code)
        self.assertEqual(master.get("status")["workers"], 2)
        return bad

    def test_one_that_dies_in_mid_round_is_started_again(self):
        bad = self.misbehaving("die", "refused: the trainer ended with exit code 3")
        bad.wait_log("worker", "trainer 0 ended with exit code 3")

    def test_one_that_holds_its_interpreter_costs_no_heartbeat(self):
        plan = self.plan_of_arrays(rounds=1)
        _, at_once = self.model_of((), plan, self.trainer())
        _, held = self.model_of((), plan, self.trainer("hold"))
        self.assertEqual(held["rounds"][0]["dropped"], [])
        self.assertEqual(held["weights_sha256"], at_once["weights_sha256"])
        self.assertGreater(held["rounds"][0]["seconds"]["training"], 5)

    def test_a_simulation_asks_the_same_of_them(self):
        local = {"optimizer": {"type": "sgd", "learning_rate": 1e-6}}  # a client's values are as large as its number
        plan = self.plan_of_arrays(rounds=2, clients=300, fraction=0.1, local=local)
        _, there = self.model_of((), plan, self.trainer())
        report = self.folder / "simulated.json"
        code, _, errors = run_program(
            *("fedasio", "simulate", self.write_plan(plan), "--threads", "2", "--report", report, *self.trainer()),
            directory=self.folder,
        )
        self.assertEqual(code, 0, errors)
        told = json.loads(report.read_text())
        self.assertEqual(told["weights_sha256"], there["weights_sha256"])
        self.assertEqual([len(one["cohort"]) for one in told["rounds"]], [30, 30])

    def test_what_it_has_started_goes_with_it(self):
        self.misbehaving("children", "refused: the trainer ended with exit code 3")
        child = int((self.folder / "mark-children").read_text())
        poll(lambda: not is_alive(child), "what the trainer has started to end")

    def test_one_that_is_not_finite_is_left_out_with_the_reason(self):
        bad = self.misbehaving("nan", "refused: client . diverges: the array 'w' is not finite")
        self.assertIn("local.optimizer.learning_rate in the plan, or that of an optimizer of the script's own", bad.text())

    def test_one_that_is_far_out_is_left_out_with_the_place_and_what_may_help(self):
        self.misbehaving(
            "far",
            r"value \d+ of \d+ is -1000000.000000, over the bound of 1024.000000, in 'w'\[1\]; a lower "
            "local.optimizer.learning_rate, or that of an optimizer of the trainer's own, may help",
        )

    def test_one_of_another_shape_is_left_out_with_the_reason(self):
        self.misbehaving("shape", "refused: the trainer sends 12 bytes of weights")

    def test_one_that_hangs_is_killed_when_the_round_is_over(self):
        bad = self.misbehaving("hang", "timed_out", deadline=3)
        bad.wait_log("worker", "trainer 0 was killed by signal 9")

    def test_one_that_prints_without_end_blocks_nothing(self):
        plan = self.plan_of_arrays(rounds=2, clients=1)
        master = self.master(plan, "--autostart", "--exit-when-done")
        loud = self.worker(master, "loud", *self.trainer("loud"))
        self.assertEqual(master.wait_exit(), 0)
        self.assertEqual(loud.wait_exit(), 0)
        printed = [one for one in loud.log("worker") if "xxxx" in one["text"]]
        self.assertLess(len(loud.text()), 1_000_000)
        self.assertLess(max(len(one["text"]) for one in printed), 3_000)

    def test_data_that_is_not_there_is_told(self):
        master = self.master(self.plan_of_arrays(clients=1), "--autostart")
        worker = self.worker(master, "poor", *self.trainer("no-data"))
        master.wait_event("worker_standing", where=lambda event: "the disk is not there" in event["reason"])
        worker.wait_log("worker", "OSError: the disk is not there")
        self.assertIsNone(worker.exit_code)

    def test_a_worker_without_a_trainer_says_what_it_lacks(self):
        master = self.master(self.plan_of_arrays(clients=1), "--autostart")
        self.worker(master, "bare")
        master.wait_event("worker_standing", where=lambda event: "--trainer" in event["reason"])

    def test_a_command_that_is_none_is_told(self):
        master = self.master(self.plan_of_arrays(clients=1), "--autostart")
        self.worker(master, "lost", "--trainer", "/nowhere/python3")
        master.wait_event("worker_standing", where=lambda event: "exit code 127" in event["reason"])

    def test_it_goes_with_its_worker(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            master = self.master(self.plan_of_arrays(clients=1), "--autostart")
            worker = self.worker(master, f"gone-{number}", *self.trainer())
            master.wait_event("round_finished")
            (trainer,) = children_of(worker.pid)
            worker.signal(number)
            worker.wait_exit()
            poll(lambda pid=trainer: not is_alive(pid), "the trainer to end")

    def test_a_script_that_starts_its_worker(self):
        text = """
import numpy as np, fedasio
with fedasio.connect(samples=10) as federation:
    for round in federation.rounds():
        arrays = round.arrays
        arrays["w"] = arrays["w"] + 1
        round.submit(arrays, loss=0.25)
print("done")
"""
        file = self.folder / "script.py"
        file.write_text(text)
        plan = self.plan_of_arrays(data={"source": {"type": "trainer"}, "partition": {"scheme": "local"}, "test_fraction": 0}, clients=1)
        saved = self.folder / "saved.safetensors"
        master = self.master(plan, "--autostart", "--exit-when-done", "--save", saved)
        environment = {"FEDASIO_MASTER": master.workers_at, "FEDASIO_WORKER": str(BIN / "fedasio-worker")}
        client = self.program(sys.executable, file, environment=environment)
        self.assertEqual(master.wait_exit(), 0)
        self.assertEqual(client.wait_exit(), 0, client.text())
        self.assertEqual(client.lines["stdout"], ["done"])
        model = fedasio.load_model(saved)
        np.testing.assert_allclose(model["w"], script.initial()["w"] + 3, rtol=1e-6)
        run = fedasio.read_run(self.folder / "state")
        self.assertEqual((run.outcome, len(run._rounds), run._clients[0]["loss"]), ("rounds_done", 3, 0.25))
        self.assertIn("<svg", run._repr_html_())

    def test_a_script_that_fails_ends_its_worker(self):
        file = self.folder / "script.py"
        file.write_text(
            "import fedasio\n"
            "with fedasio.connect(samples=10) as federation:\n"
            "    for round in federation.rounds():\n"
            "        raise KeyError('no such column')\n"
        )
        plan = self.plan_of_arrays(clients=1)
        master = self.master(plan, "--autostart")
        environment = {"FEDASIO_MASTER": master.workers_at, "FEDASIO_WORKER": str(BIN / "fedasio-worker")}
        client = self.program(sys.executable, file, environment=environment)
        dropped = master.wait_event("client_dropped")
        self.assertIn("KeyError: 'no such column'", dropped["detail"])
        self.assertEqual(client.wait_exit(), 1)
        master.wait_event("worker_left")

    def test_a_master_is_driven_from_python(self):
        master = self.master(self.plan_of_arrays(clients=1))
        self.worker(master, "one", *self.trainer())
        master.wait_workers(1)
        driven = fedasio.Master(master.dashboard)
        self.assertEqual([one["round"] for one in driven.train(rounds=2)], [1, 2])
        self.assertEqual([one["round"] for one in driven.train(rounds=1)], [3])
        self.assertEqual(driven.status["phase"], "finished")
        driven.save_model(self.folder / "now.safetensors")
        self.assertEqual(fedasio.load_model(self.folder / "now.safetensors")["b"].dtype, np.float64)
        with self.assertRaisesRegex(fedasio.FederationError, "nothing is being trained"):
            driven.command("pause")
        self.assertIn("<svg", driven._repr_html_())

    def test_the_network_of_a_plan_can_be_trained_by_a_trainer_too(self):
        text = (
            "import numpy as np, fedasio\n"
            "def train(round):\n"
            "    assert sorted(round.arrays) == ['1.dense.bias', '1.dense.kernel', '2.dense.bias', '2.dense.kernel']\n"
            "    assert round.arrays['1.dense.kernel'].shape == (64, 12)\n"
            "    round.submit({k: v * 0 + 1 for k, v in round.arrays.items()}, loss=1.0, accuracy=0.5)\n"
            "fedasio.serve(load=lambda what: {c: 5 for c in what.clients}, train=train)\n"
        )
        file = self.folder / "ones.py"
        file.write_text(text)
        plan = self.plan(
            data={"source": {"type": "trainer"}, "test_fraction": 0}, rounds=1
        )
        saved = self.folder / "ones.safetensors"
        report = self.run_to_the_end(
            plan, ("--trainer", f"exec {sys.executable} {file}"), options=("--save", saved)
        )
        self.assertEqual(report["rounds"][0]["train_accuracy"], 0.5)
        for name, values in fedasio.load_model(saved).items():
            self.assertTrue((values == 1).all(), name)


class Plans(unittest.TestCase):
    def check(self, change, sentence):
        import tempfile

        plan = {
            "model": {"arrays": "initial.safetensors"},
            "data": {"source": {"type": "trainer"}},
            "clients": 1,
            "rounds": 1,
        }
        plan.update(change)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "plan.json")
            path.write_text(json.dumps(plan))
            code, _, errors = run_program("fedasio-master", "--plan", path, "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0", directory=folder)
        self.assertNotEqual(code, 0)
        self.assertRegex(errors, sentence)

    def test_what_does_not_go_together_is_refused(self):
        self.check({"strategy": {"type": "scaffold"}}, "strategy: scaffold asks more of a client than to train")
        self.check(
            {"data": {"source": {"type": "csv", "label": "y", "train": "a.csv"}}}, 'must be .*"type": "trainer"'
        )
        self.check({"model": {"arrays": "a", "extra": 1}}, "model.*extra")
        self.check({"model": {"arrays": "a", "from": "trainer"}}, "model.from: stands beside model.arrays")
        self.check(
            {"data": {"source": {"type": "trainer"}, "test_fraction": 0}, "target_accuracy": 0.5}, "--evaluator"
        )


if __name__ == "__main__":
    unittest.main()
