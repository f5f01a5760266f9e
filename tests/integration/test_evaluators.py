"""Evaluators: processes in Python that a master asks for the test of each round, and what they may do to it."""

import json
import pathlib
import signal
import subprocess
import sys
import unittest
import urllib.request

import numpy as np
from programs import PATIENCE, REPOSITORY, children_of, is_alive, poll, run_program

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402
import trainer_script as script  # noqa: E402
from own_model import OwnModel  # noqa: E402

HERE = pathlib.Path(__file__).parent
CENTRAL = 9  # the client of the script whose samples the evaluator has


class Evaluators(OwnModel):
    DATA = {"source": {"type": "trainer"}, "test_fraction": 0}

    def trainer(self):
        return ("--trainer", f"exec {sys.executable} {HERE / 'trainer_script.py'} good")

    def evaluator(self, mode="good"):
        return ("--evaluator", f"exec {sys.executable} {HERE / 'evaluator_script.py'} {mode} {self.folder / ('mark-' + mode)}")

    def report_with(self, mode="good", plan=None, options=(), ends_with=0):
        """The report of a run with an evaluator of this mode."""
        return self.run_to_the_end(
            plan or self.plan_of_arrays(), self.trainer(), options=(*self.evaluator(mode), *options), ends_with=ends_with
        )

    def accuracies(self, report):
        return [one["test_accuracy"] for one in report["rounds"]]

    def test_its_test_is_that_of_the_round_and_changes_no_weight(self):
        # The clients hold samples out, and are not asked for them.
        plan = self.plan_of_arrays(data={"source": {"type": "trainer"}, "test_fraction": 0.2})
        saved = self.folder / "saved.safetensors"
        without = self.run_to_the_end(plan, self.trainer())
        report = self.report_with(plan=plan, options=("--save", saved))
        self.assertEqual(report["weights_sha256"], without["weights_sha256"])
        self.assertEqual(self.accuracies(report), [3 / 29, 6 / 29, 9 / 29])  # of 29 samples
        last = report["rounds"][-1]
        self.assertEqual((last["test_samples"], last["test_clients"], last["test_dropped"]), (29, 0, []))
        self.assertAlmostEqual(last["test_loss"], script.loss_of(fedasio.load_model(saved), CENTRAL), delta=1e-4 * last["test_loss"])
        self.assertEqual(without["rounds"][-1]["test_clients"], 3)

    def test_the_page_and_the_log_have_it(self):
        master = self.master(self.plan_of_arrays(), *self.evaluator(), "--autostart")
        self.worker(master, "one", *self.trainer())
        master.wait_event("training_finished")
        rounds = master.get("rounds")
        self.assertEqual([one["test_samples"] for one in rounds], [29, 29, 29])
        self.assertEqual(master.get("status")["test"]["accuracy"], rounds[-1]["test_accuracy"])
        self.assertIsNotNone(rounds[-1]["test_accuracy"])
        master.wait_log("evaluator", "evaluator: tests round 3")
        master.read_events()
        self.assertEqual([one for one in master.events if one["type"] == "clients_evaluated"], [])

    def test_a_plan_that_counts_on_it_is_sound_for_its_master_alone(self):
        counting = json.dumps(self.plan_of_arrays(target_accuracy=0.3)).encode()

        def check(master):
            request = urllib.request.Request(f"{master.dashboard}/api/v1/plan/check", data=counting)
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)

        self.assertTrue(check(self.master(self.plan_of_arrays(), *self.evaluator()))["ok"])
        without = check(self.master(self.plan_of_arrays(), "--state-dir", self.folder / "other"))
        self.assertEqual((without["ok"], without["path"]), (False, "target_accuracy"))

    def test_a_target_is_reached_by_its_accuracy(self):
        plan = self.plan_of_arrays(rounds=9, target_accuracy=0.3)
        report = self.report_with(plan=plan)
        self.assertEqual(len(report["rounds"]), 3)
        self.assertEqual(report["outcome"], "target_reached")

    def test_early_stopping_and_the_best_model_are_judged_by_it(self):
        plan = self.plan_of_arrays(
            rounds=9, keep_best="test_accuracy", early_stopping={"metric": "test_accuracy", "patience": 2}
        )
        report = self.report_with("flat", plan)
        self.assertEqual(len(report["rounds"]), 3)
        best = fedasio.load_model(self.folder / "state/models/best.safetensors")
        self.assertEqual(best["norm.num_batches_tracked"], script.SAMPLES + 2)  # of round 1

    def test_one_that_dies_in_mid_test_is_started_again_and_tests_again(self):
        report = self.report_with("die")
        self.assertEqual([one["test_samples"] for one in report["rounds"]], [29, 29, 29])
        self.assertIn("evaluator ended with exit code 3", self.programs[0].text())

    def test_one_that_always_dies_costs_the_tests_and_nothing_else(self):
        report = self.report_with("die-always", ends_with=1)
        self.assertEqual(self.accuracies(report), [None] * 3)
        for one in report["rounds"]:
            self.assertIn("the evaluator ended with exit code 3", one["test_problem"])
        self.assertEqual((report["outcome"], report["complete"]), ("rounds_done", True))
        sentence = "the evaluator tested nothing: not one of its 3 tests worked, the last because the evaluator ended with exit code 3"
        self.assertIn(sentence, report["detail"])
        self.assertIn(sentence, [one["text"] for one in self.programs[0].log() if one["level"] == "error"][0])
        without = self.run_to_the_end(self.plan_of_arrays(), self.trainer())
        self.assertEqual(report["weights_sha256"], without["weights_sha256"])
        self.assertNotIn("evaluator", without["detail"])

    def test_one_test_that_worked_is_enough_and_those_before_a_resume_count(self):
        folder = self.folder / "kept"
        self.report_with(plan=self.plan_of_arrays(rounds=2), options=("--state-dir", folder))
        more = self.report_with("die-always", self.plan_of_arrays(rounds=4), ("--state-dir", folder, "--resume"))
        self.assertEqual(self.accuracies(more), [3 / 29, 6 / 29, None, None])
        self.report_with("die-always", self.plan_of_arrays(rounds=2), ("--state-dir", self.folder / "none"), ends_with=1)
        still = ("--state-dir", self.folder / "none", "--resume")
        again = self.report_with("die-always", self.plan_of_arrays(rounds=3), still, ends_with=1)
        self.assertIn("not one of its 3 tests worked", again["detail"])

    def test_a_training_that_somebody_stops_is_not_held_to_it(self):
        arguments = ("--autostart", "--exit-when-done", *self.evaluator("die-always"))
        master = self.master(self.plan_of_arrays(rounds=100_000), *arguments)
        self.worker(master, "one", *self.trainer())
        master.wait_event("round_finished")
        master.command("stop")
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertIn("the evaluator tested nothing", master.text())

    def test_one_that_hangs_is_killed_and_a_later_round_is_tested(self):
        master = self.master(self.plan_of_arrays(rounds=50, deadline=5), *self.evaluator("hang"), "--autostart")
        self.worker(master, "one", *self.trainer())
        first = master.wait_event("round_finished")["result"]
        self.assertIn("did not answer within the plan's deadline of 5 s", first["test_problem"])
        master.wait_event("round_finished", where=lambda event: event["result"]["test_samples"] == 29)
        self.assertIn("evaluator was killed by signal 9", master.text())
        master.command("stop")
        master.wait_event("training_finished")

    def test_one_that_prints_without_end_blocks_nothing(self):
        report = self.report_with("loud")
        self.assertEqual([one["test_samples"] for one in report["rounds"]], [29, 29, 29])
        self.assertLess(len(self.programs[0].text()), 1_000_000)
        printed = [one for one in self.programs[0].log("evaluator") if "xxxx" in one["text"]]
        self.assertLess(max(len(one["text"]) for one in printed), 3_000)

    def test_nonsense_is_no_test(self):
        for mode, reason in (
            ("no-samples", "the evaluator tested no samples"),
            ("no-samples-but-loss", "the evaluator tested no samples"),
            ("too-correct", "correct"),
            ("negative", "loss_sum"),
            ("nothing", "samples"),
            ("too-many", "samples"),
            ("raise", "KeyError: 'no such column'"),
            ("no-samples-named", "over how many samples is that mean"),
        ):
            with self.subTest(mode):
                report = self.report_with(mode, self.plan_of_arrays(rounds=2), ends_with=1)
                self.assertEqual(self.accuracies(report), [None, None])
                for one in report["rounds"]:
                    self.assertIn(reason, one["test_problem"])
                    self.assertEqual(one["dropped"], [])

    def test_a_command_that_is_none_is_told_before_there_is_a_round(self):
        master = self.master(self.plan_of_arrays(rounds=1), "--evaluator", "/nowhere/python3")
        master.wait_event("notice", where=lambda event: "evaluator ended with exit code 127" in event["text"])
        self.worker(master, "one", *self.trainer())
        master.wait_workers(1)
        master.train()
        last = [one for one in master.events if one["type"] == "round_finished"][-1]["result"]
        self.assertIn("exit code 127", last["test_problem"])

    def test_a_master_killed_in_mid_test_goes_on_with_the_same_weights_and_tests(self):
        plan = self.plan_of_arrays(rounds=5)
        whole = self.report_with(plan=plan)
        options = ("--autostart", "--exit-when-done", "--state-dir", self.folder / "killed", "--resume")
        first = self.master(plan, *options, *self.evaluator("wait"))
        worker = self.worker(first, "one", *self.trainer())
        poll((self.folder / "mark-wait").exists, "the test of round 3")
        (evaluator,) = children_of(first.pid)
        first.kill()
        worker.kill()
        poll(lambda: not is_alive(evaluator), "the evaluator to end")
        report = self.folder / "second.json"
        second = self.master(plan, *options, *self.evaluator("wait"), "--report", report)
        again = self.worker(second, "one", *self.trainer())
        self.assertEqual(second.wait_exit(), 0)
        self.assertEqual(again.wait_exit(), 0)
        told = json.loads(report.read_text())
        self.assertEqual(told["weights_sha256"], whole["weights_sha256"])
        for one, other in zip(told["rounds"], whole["rounds"], strict=True):
            self.assertEqual((one["round"], one["test_loss"], one["test_accuracy"]), (other["round"], other["test_loss"], other["test_accuracy"]))

    def test_it_goes_with_its_master(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            master = self.master(self.plan_of_arrays(rounds=1), *self.evaluator(), "--autostart")
            self.worker(master, "one", *self.trainer())
            master.wait_event("training_finished")
            (evaluator,) = children_of(master.pid)
            master.signal(number)
            master.wait_exit()
            poll(lambda pid=evaluator: not is_alive(pid), "the evaluator to end")

    def test_a_master_that_ends_in_mid_test_does_not_wait_for_it(self):
        master = self.master(self.plan_of_arrays(), *self.evaluator("hang"), "--autostart")
        self.worker(master, "one", *self.trainer())
        poll((self.folder / "mark-hang").exists, "the test to begin")
        (evaluator,) = children_of(master.pid)
        master.signal(signal.SIGTERM)
        self.assertEqual(master.wait_exit(), 0)
        self.assertFalse(is_alive(evaluator))
        self.assertNotIn("deadline", master.text())

    def test_what_it_has_started_goes_with_it(self):
        self.report_with("children", self.plan_of_arrays(rounds=1))
        child = int((self.folder / "mark-children").read_text())  # in a session of its own
        poll(lambda: not is_alive(child), "what the evaluator has started to end")

    def test_the_network_of_a_plan_is_tested_too_and_a_plan_with_test_files_tests_itself(self):
        plan = self.plan(target_accuracy=0.9)
        plan["data"]["test_fraction"] = 0
        report = self.run_to_the_end(plan, (), options=self.evaluator("nets"))
        self.assertEqual(self.accuracies(report), [0.5, 0.5])
        self.assertEqual(report["rounds"][0]["test_samples"], 8)
        # A loss is what the evaluator says that it is: nothing is made of it, and nothing held against it.
        del plan["target_accuracy"]
        loss_only = self.run_to_the_end(
            plan, (), options=(*self.evaluator("loss-only"), "--state-dir", self.folder / "loss")
        )
        last = loss_only["rounds"][-1]
        self.assertEqual((last["test_loss"], last.get("test_accuracy"), last.get("test_rmse")), (0.02, None, None))
        self.assertEqual(loss_only["weights_sha256"], report["weights_sha256"])
        plan["data"]["source"].update(test_images="train-images", test_labels="train-labels")
        report = self.run_to_the_end(plan, (), options=(*self.evaluator("nets"), "--state-dir", self.folder / "files"))
        self.assertGreater(report["rounds"][0]["test_samples"], 8)
        self.assertIn("the plan names test files, so the evaluator is not asked", self.programs[-2].text())

    def test_a_simulation_asks_the_same_of_it(self):
        there = self.report_with()
        report = self.folder / "simulated.json"
        speaking = ("--trainer", f"echo begins; {self.trainer()[1]}")
        code, _, errors = run_program(
            *("fedasio", "simulate", self.write_plan(self.plan_of_arrays()), "--report", report),
            *(*speaking, *self.evaluator()),
            directory=self.folder,
        )
        self.assertEqual(code, 0, errors)
        told = json.loads(report.read_text())
        self.assertEqual(told["weights_sha256"], there["weights_sha256"])
        self.assertEqual(self.accuracies(told), self.accuracies(there))
        # What they print is in the log.
        self.assertIn("evaluator: tests round 3", errors)
        self.assertRegex(errors, r"worker-1: trainer \d+: begins")

    def test_a_simulation_that_is_never_tested_fails(self):
        report = self.folder / "simulated.json"
        code, _, errors = run_program(
            *("fedasio", "simulate", self.write_plan(self.plan_of_arrays()), "--report", report),
            *(*self.trainer(), *self.evaluator("raise")),
            directory=self.folder,
        )
        self.assertEqual(code, 1, errors)
        self.assertIn("KeyError: 'no such column'", json.loads(report.read_text())["detail"])
        self.assertIn("the evaluator tested nothing", errors)

    def sweep(self, mode):
        """Two learning rates; the exit code, what it printed, and the rows."""
        grid = "local.optimizer.learning_rate=0.01,0.02"
        code, output, errors = run_program(
            *("fedasio", "sweep", self.write_plan(self.plan_of_arrays()), "--grid", grid, "--out", self.folder / mode),
            *(*self.trainer(), *self.evaluator(mode)),
            directory=self.folder,
        )
        rows = json.loads((self.folder / mode / "results.json").read_text())["rows"]
        return code, output + errors, rows

    def test_the_runs_of_a_sweep_are_tested_by_it(self):
        there = self.report_with()
        code, text, rows = self.sweep("good")
        self.assertEqual(code, 0, text)
        self.assertEqual([one["last_test_accuracy"] for one in rows], [9 / 29] * 2)
        self.assertEqual(rows[0]["weights_sha256"], there["weights_sha256"])
        self.assertEqual(rows[0]["last_test_loss"], there["rounds"][-1]["test_loss"])
        self.assertNotEqual(rows[0]["last_test_loss"], rows[1]["last_test_loss"])
        self.assertIn("evaluator: tests round 3", text)

    def test_the_runs_of_a_sweep_that_it_never_tests_have_failed(self):
        code, text, rows = self.sweep("raise")
        self.assertEqual(code, 1, text)
        self.assertIn("2 failed", text)
        for row in rows:
            self.assertEqual((row["outcome"], row["rounds"]), ("failed", 3))
            self.assertIn("KeyError: 'no such column'", row["reason"])

    def test_a_sweep_of_a_plan_that_counts_on_it(self):
        counting = self.write_plan(self.plan_of_arrays(target_accuracy=0.2))
        arguments = ("fedasio", "sweep", counting, "--out", self.folder / "counting", *self.trainer())
        code, _, errors = run_program(*arguments, directory=self.folder)
        self.assertEqual(code, 1, errors)
        self.assertIn("target_accuracy", errors)
        code, output, errors = run_program(*arguments, *self.evaluator(), directory=self.folder)
        self.assertEqual(code, 0, output + errors)
        (row,) = json.loads((self.folder / "counting/results.json").read_text())["rows"]
        self.assertEqual((row["outcome"], row["rounds"]), ("target_reached", 2))

    def test_large_arrays_come_through_memory(self):
        plan = self.plan_of_arrays(model={"from": "trainer"}, rounds=2)
        wide = ("--trainer", f"exec {sys.executable} {HERE / 'trainer_script.py'} wide")
        report = self.run_to_the_end(plan, wide, options=self.evaluator())
        plain = self.report_with(plan=self.plan_of_arrays(rounds=2))
        np.testing.assert_equal(
            [one["test_loss"] for one in report["rounds"]], [one["test_loss"] for one in plain["rounds"]]
        )

    def test_a_script_that_nobody_has_started_says_what_to_do(self):
        done = subprocess.run(
            [sys.executable, HERE / "evaluator_script.py", "good"], capture_output=True, text=True, timeout=90, check=False
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn('--evaluator "python3 evaluator_script.py"', done.stderr)

    def test_a_worker_whose_trainer_is_an_evaluator_is_left_out_with_the_reason(self):
        master = self.master(self.plan_of_arrays(clients=1), "--autostart")
        self.worker(master, "mixed", "--trainer", self.evaluator()[1])
        master.wait_event("worker_standing", where=lambda event: "this script is an evaluator" in event["reason"])


if __name__ == "__main__":
    unittest.main()
