"""Arrays that stay at the client: a plan names them, each client goes on from its own, and the rest is averaged."""

import json
import os
import pathlib
import sys
import unittest

import numpy as np
from federation import Federation
from model_file import read_safetensors
from programs import REPOSITORY, run_program

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402
import private_script as script  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("private_script.py")
PRIVATE = ["head.*"]
SHARED = ("body.w", "body.bn.running_mean")
WIDE = 40_000  # more than worker and trainer send through the socket


def expected(initial, cohorts):
    """The equations: the global arrays after these rounds, and the test loss of each."""
    own = [{n: v for n, v in initial.items() if n.startswith("head.")} for _ in range(2)]
    shared = {name: value for name, value in initial.items() if name not in own[0]}
    losses = []
    for cohort in cohorts:
        results = {client: script.trained({**shared, **own[client]}, client) for client in cohort}
        weights = np.array([script.samples_of(client) for client in cohort], np.float64)
        for name in SHARED:
            parts = [results[client][name].astype(np.float64) for client in cohort]
            shared[name] = np.average(parts, axis=0, weights=weights).astype(np.float32)
        counter = "body.bn.num_batches_tracked"
        shared[counter] = max(results[client][counter] for client in cohort)
        for client in cohort:
            own[client] = {name: results[client][name] for name in own[client]}
        losses.append(np.mean([script.loss_of({**shared, **own[client]}) for client in range(2)]))
    return shared, losses


class PrivateArrays(Federation):
    def setUp(self):
        super().setUp()
        os.environ.update({"PYTHONPATH": str(REPOSITORY / "python"), "PYTHONDONTWRITEBYTECODE": "1"})
        self.initial = self.folder / "initial.safetensors"
        fedasio.save_arrays(self.initial, script.initial())

    def plan_of(self, scheme="iid", **changes):
        plan = {
            "name": "own",
            "seed": 3,
            "model": {"arrays": "initial.safetensors", "private": PRIVATE},
            "data": {"source": {"type": "trainer"}, "partition": {"scheme": scheme}},
            "clients": 2,
            "local": {"optimizer": {"type": "sgd", "learning_rate": 0.01}},
            "rounds": 3,
            "norm_bound": None,
            "checkpoint_every": 1,
        }
        plan.update(changes)
        return plan

    def trainer(self, *more):
        return ("--trainer", " ".join(["exec", sys.executable, str(SCRIPT), *more]))

    def saved(self, plan, *workers):
        file = self.folder / "saved.safetensors"
        report = self.run_to_the_end(plan, *workers, options=("--save", file))
        return file, report

    def check(self, report, file, cohorts, initial):
        shared, losses = expected(initial, cohorts)
        model = fedasio.load_model(file)
        for name, values in shared.items():
            np.testing.assert_array_equal(model[name], values, name)
        for one, loss in zip(report["rounds"], losses, strict=True):
            self.assertEqual(one["dropped"], [])
            self.assertAlmostEqual(one["test_loss"], loss, delta=1e-9 * loss)
        # Nothing of what a client has made of its own arrays comes into the model: they are as they began.
        for name, values in initial.items():
            if name.startswith("head."):
                np.testing.assert_array_equal(model[name], values, name)
                self.assertEqual(model[name].dtype, values.dtype)

    def test_three_rounds_of_two_clients_are_as_the_equations_say(self):
        both = [[0, 1]] * 3
        file, at_master = self.saved(self.plan_of(), self.trainer())
        self.check(at_master, file, both, script.initial())
        _, of_two = self.saved(self.plan_of(), self.trainer(), (*self.trainer(), "--threads", "2"))
        self.assertEqual(of_two["weights_sha256"], at_master["weights_sha256"])
        file, at_owners = self.saved(self.plan_of("local"), self.trainer(), self.trainer())
        self.check(at_owners, file, both, script.initial())
        self.assertEqual(at_owners["weights_sha256"], at_master["weights_sha256"])

    def test_a_client_that_has_not_trained_has_the_initial_ones(self):
        plan = self.plan_of(fraction=0.5, rounds=4)
        file, report = self.saved(plan, self.trainer(), self.trainer())
        cohorts = [one["cohort"] for one in report["rounds"]]
        self.assertGreater(len({tuple(one) for one in cohorts}), 1)
        self.check(report, file, cohorts, script.initial())

    def test_a_saved_model_says_which_arrays_they_are(self):
        file, _ = self.saved(self.plan_of(rounds=1), self.trainer())
        roles = {one["name"]: one.get("role") for one in json.loads(read_safetensors(file).metadata["arrays"])}
        self.assertEqual({name for name, role in roles.items() if role == "private"},
                         {"head.steps", "head.w", "head.scale"})

    def test_a_plan_without_them_begins_from_a_model_of_a_plan_with_them(self):
        file, _ = self.saved(self.plan_of(rounds=1), self.trainer())
        file.rename(self.folder / "before.safetensors")
        plan = self.plan_of(rounds=1, model={"arrays": "before.safetensors"})
        file, report = self.saved(plan, self.trainer())
        model = fedasio.load_model(file)
        self.assertFalse(np.array_equal(model["head.w"], script.initial()["head.w"]))
        self.assertNotIn("private", read_safetensors(file).metadata["arrays"])

    def test_large_ones_lie_in_shared_memory_and_the_trainer_may_give_the_model(self):
        plan = self.plan_of(rounds=2, model={"from": "trainer", "private": ["head.w", "*.st*s", "head.sca*e"]})
        script.WIDTH = WIDE
        self.addCleanup(setattr, script, "WIDTH", 3)
        file, report = self.saved(plan, self.trainer(str(WIDE)))
        self.check(report, file, [[0, 1]] * 2, script.initial())

    def killed(self, scheme, workers):
        """The run of a plan, of which master and workers are killed once."""
        plan = self.plan_of(scheme, rounds=5)
        state = self.folder / f"killed-{scheme}-{workers}"
        options = ("--autostart", "--state-dir", state, "--resume", "--min-workers", workers)
        own = [(*self.trainer(), "--state-dir", self.folder / f"{scheme}-{workers}-{i}") for i in range(workers)]
        first = self.master(plan, *options)  # stays, should it be done before it is killed
        started = [self.worker(first, f"worker-{i}", *one) for i, one in enumerate(own)]
        first.wait_event("checkpoint", where=lambda event: event["round"] >= 2)
        first.kill()
        for worker in started:
            worker.kill()
        report = self.folder / "killed.json"
        second = self.master(plan, *options, "--exit-when-done", "--report", report)
        for i, one in enumerate(own):
            self.worker(second, f"worker-{i}", *one)
        self.assertEqual(second.wait_exit(), 0, second.text()[-4000:])
        return json.loads(report.read_text())

    def test_the_bits_do_not_depend_on_kills(self):
        _, whole = self.saved(self.plan_of(rounds=5), self.trainer())
        for scheme, workers in (("iid", 1), ("iid", 2), ("local", 2)):
            with self.subTest(scheme=scheme, workers=workers):
                told = self.killed(scheme, workers)
                self.assertEqual(told["weights_sha256"], whole["weights_sha256"])
                self.assertEqual([one["test_loss"] for one in told["rounds"]],
                                 [one["test_loss"] for one in whole["rounds"]])

    def test_an_owner_that_has_lost_them_is_told_so(self):
        plan = self.plan_of("local", rounds=50)
        master = self.master(plan, "--autostart", "--min-workers", "2")
        first = self.worker(master, "worker-0", *self.trainer())
        self.worker(master, "worker-1", *self.trainer())
        master.wait_event("round_finished")
        first.kill()
        self.worker(master, "worker-0", *self.trainer())
        lost = master.wait_event("client_dropped", reason="refused")
        self.assertRegex(lost["detail"], "there is no state of client . after round")

    def test_what_is_no_number_is_not_gone_on_from(self):
        for scheme, workers in (("iid", 1), ("local", 2)):
            with self.subTest(scheme=scheme):
                master = self.master(self.plan_of(scheme), "--autostart", "--min-workers", workers)
                for number in range(workers):
                    self.worker(master, f"worker-{number}", *self.trainer("nan"))
                dropped = master.wait_event("client_dropped", round=2, client=0)
                self.assertIn("of the arrays that stay there not all values are finite", dropped["detail"])
                after = master.wait_event("round_finished", where=lambda event: event["result"]["round"] == 3)
                self.assertEqual(after["result"]["dropped"], [])
                master.kill()

    def test_names_that_are_none_are_refused(self):
        for private, sentence in (
            (["tail.*"], "model.private names \"tail.*\", which no array of the model is called: name some of"),
            (["*"], "with every array that is trained in model.private nothing is learned together"),
        ):
            with self.subTest(private=private):
                plan = self.plan_of(model={"arrays": "initial.safetensors", "private": private})
                options = ("--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
                code, _, errors = run_program("fedasio-master", "--plan", self.write_plan(plan), *options, directory=self.folder)
                self.assertNotEqual(code, 0)
                self.assertIn(sentence, errors)
                plan["model"] = {"from": "trainer", "private": private}
                master = self.master(plan, "--autostart")
                self.worker(master, "one", *self.trainer())
                ended = master.wait_event("training_finished")
                self.assertIn(sentence, ended["detail"])
                master.kill()


if __name__ == "__main__":
    unittest.main()
