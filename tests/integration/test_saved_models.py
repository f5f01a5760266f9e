"""What was trained is not lost: --save, and the best and the last model in the state folder."""

import json
import signal
import unittest

from federation import Federation
from model_file import read_safetensors
from programs import run_program


class SavedModels(Federation):
    def model(self, name="best", state="state"):
        return read_safetensors(self.folder / state / "models" / f"{name}.safetensors")

    def test_the_flow_of_the_readme_keeps_its_models(self):
        saved = self.folder / "out" / "model.safetensors"
        report = self.run_to_the_end(self.plan(rounds=6, checkpoint_every=4), [], options=("--save", saved))
        last = read_safetensors(saved)
        self.assertEqual(last.metadata["round"], "6")
        self.assertEqual(last.metadata["plan_digest"], report["plan_digest"])
        self.assertEqual(last.data, self.model("last").data)
        network = json.loads(last.metadata["network"])
        self.assertEqual(network["input"], [8, 8, 1])
        self.assertEqual([layer["type"] for layer in network["layers"]], ["flatten", "dense", "dense"])
        accuracies = [result["test_accuracy"] for result in report["rounds"]]
        best = self.model("best")
        self.assertEqual(best.metadata["round"], str(accuracies.index(max(accuracies)) + 1))
        self.assertEqual(float(best.metadata["test_accuracy"]), max(accuracies))

    def test_a_list_says_of_each_model_where_it_is_from_and_what_it_is_worth(self):
        plan = self.plan(rounds=4, keep_best="train_loss")
        self.run_to_the_end(plan, [])
        master = self.master(self.plan(rounds=4, seed=8))
        self.workers(master, 1)
        master.train(rounds=2)
        master.command("save", name="by-hand")
        end = master.train(rounds=1)
        (self.folder / "state" / "models" / "broken.safetensors").write_bytes(b"no model")
        listed = master.get("models")
        self.assertEqual(listed[-1]["name"], "broken")
        self.assertIn("broken.safetensors", listed[-1]["error"])
        by_name = {one["name"]: one for one in listed}
        digest = master.get("status")["plan_digest"][:8]
        self.assertEqual(
            set(by_name), {"best", "last", f"best-{digest}", f"last-{digest}", "by-hand", "broken"}
        )
        times = [one["saved"] for one in listed[:-1]]
        self.assertEqual(times, sorted(times, reverse=True))
        for one in listed[:-1]:
            path = self.folder / "state" / "models" / f"{one['name']}.safetensors"
            self.assertEqual(one["bytes"], path.stat().st_size)
            self.assertAlmostEqual(one["saved"], path.stat().st_mtime, places=3)
        rounds = master.get("rounds")
        last = by_name[f"last-{digest}"]
        self.assertEqual((last["round"], last["kept"]), (3, "last"))
        self.assertEqual(last["test"]["test_accuracy"], rounds[2]["test_accuracy"])
        self.assertEqual(last["test"]["test_loss"], rounds[2]["test_loss"])
        self.assertEqual(last["run"], master.get("status")["run"])
        self.assertEqual(last["weights_sha256"], end["weights_sha256"])
        self.assertEqual((by_name["by-hand"]["round"], by_name["by-hand"]["kept"]), (2, None))
        [past] = [run for run in master.get("runs") if run["run"] == by_name["last"]["run"]]
        self.assertEqual(by_name["last"]["weights_sha256"], past["weights_sha256"])
        self.assertEqual(by_name["last"]["test"]["test_accuracy"], past["last_test_accuracy"])
        self.assertIsNotNone(by_name["by-hand"]["test"])
        # What is loaded is not what that round has tested.
        master.command("load", name="last")
        master.command("save", name="loaded")
        [loaded] = [one for one in master.get("models") if one["name"] == "loaded"]
        self.assertEqual(loaded["weights_sha256"], by_name["last"]["weights_sha256"])
        self.assertIsNone(loaded["test"])

    def test_by_another_metric(self):
        report = self.run_to_the_end(self.plan(rounds=6, keep_best="train_loss"), [])
        losses = [result["train_loss"] for result in report["rounds"]]
        best = self.model("best")
        self.assertEqual(best.metadata["round"], str(losses.index(min(losses)) + 1))
        self.assertEqual(float(best.metadata["train_loss"]), min(losses))
        self.assertNotIn("test_accuracy", best.metadata)

    def test_a_signal_a_target_and_a_stop_save_too(self):
        saved = self.folder / "model.safetensors"
        plan = self.plan(rounds=1000000, checkpoint_every=0)
        master = self.master(plan, "--autostart", "--save", saved)
        self.workers(master, 1)
        master.wait_event("round_finished")
        master.signal(signal.SIGTERM)
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertGreaterEqual(int(read_safetensors(saved).metadata["round"]), 1)
        self.assertEqual(read_safetensors(saved).data, self.model("last").data)
        self.assertEqual(self.model("best").metadata["kept"], "best")
        saved.unlink()
        report = self.run_to_the_end(
            self.plan(rounds=1000, target_accuracy=0.5), [], options=("--save", saved)
        )
        self.assertEqual(report["outcome"], "target_reached")
        self.assertEqual(read_safetensors(saved).metadata["round"], str(report["rounds"][-1]["round"]))
        saved.unlink()
        master = self.master(plan, "--autostart", "--save", saved)
        self.workers(master, 1)
        master.wait_event("round_finished")
        master.command("stop")
        master.wait_event("training_finished")
        self.assertTrue(saved.exists())

    def test_the_best_survives_a_kill(self):
        plan = self.plan(rounds=60, checkpoint_every=3, keep_best="train_loss")
        undisturbed = self.run_to_the_end(plan, [], options=("--state-dir", self.folder / "other"))
        master = self.master(plan, "--autostart")
        worker = self.workers(master, 1)[0]
        master.wait_event("round_finished", where=lambda e: e["result"]["round"] >= 12)
        master.kill()
        worker.kill()
        report = self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual(report["weights_sha256"], undisturbed["weights_sha256"])
        for name in "best", "last":
            ours, theirs = self.model(name), self.model(name, "other")
            self.assertEqual(ours.metadata["round"], theirs.metadata["round"])
            self.assertEqual(ours.data, theirs.data)

    def test_early_stopping_decides_as_if_there_had_been_no_kill(self):
        """Rounds before the kill count: the patience does not begin anew."""
        early = {"metric": "train_loss", "patience": 8, "least_change": 0.05}
        plan = self.plan(rounds=500, checkpoint_every=1, early_stopping=early)
        undisturbed = self.run_to_the_end(plan, [], options=("--state-dir", self.folder / "other"))
        self.assertEqual(undisturbed["outcome"], "stopped_early")
        last = undisturbed["rounds"][-1]["round"]
        master = self.master(plan, "--autostart")
        worker = self.workers(master, 1)[0]
        master.wait_event("round_finished", where=lambda e: e["result"]["round"] >= last - 4)
        master.kill()
        worker.kill()
        report = self.run_to_the_end(plan, [], options=("--resume",))
        for key in "outcome", "detail", "weights_sha256":
            self.assertEqual(report[key], undisturbed[key])
        self.assertEqual([one["round"] for one in report["rounds"]], list(range(1, last + 1)))

    def test_a_resume_at_the_end_keeps_the_best(self):
        plan = self.plan(rounds=6)
        self.run_to_the_end(plan, [])
        before, last = self.model("best"), self.model("last")
        self.assertIn("test_accuracy", last.metadata)
        self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual(self.model("best").metadata, before.metadata)
        self.assertEqual(self.model("last").metadata, last.metadata)

    def test_what_a_person_or_another_plan_has_saved_stays(self):
        master = self.master(self.plan(keep_best="train_loss"))  # which every round improves
        self.workers(master, 1)
        master.train(rounds=1)
        master.command("save", name="best")
        by_hand = self.model("best")
        self.assertNotIn("kept", by_hand.metadata)
        self.assertEqual((by_hand.metadata["run"], by_hand.metadata["round"]), (master.get("status")["run"], "1"))
        first = master.wait_event("round_finished")["result"]
        self.assertEqual(float(by_hand.metadata["train_loss"]), first["train_loss"])
        master.train(rounds=5)
        digest = master.get("status")["plan_digest"]
        self.assertEqual(self.model("best").data, by_hand.data)
        self.assertEqual(self.model("last").metadata["round"], "6")
        self.assertIn(f"best-{digest[:8]}", master.get("status")["models"])
        master.signal(signal.SIGTERM)
        master.wait_exit()
        last = self.model("last")
        self.run_to_the_end(self.plan(seed=6), [])
        self.assertEqual(self.model("last").data, last.data)

    def test_a_file_that_cannot_be_written(self):
        plan = self.write_plan(self.plan())
        case = ("fedasio-master", "--plan", plan, "--save", plan / "below" / "m.safetensors")
        code, _, errors = run_program(*case, directory=self.folder)
        self.assertEqual(code, 2)
        self.assertIn("--save: cannot make the folder", errors)
        master = self.master(
            self.plan(), "--autostart", "--exit-when-done", "--save", self.folder / "models" / "m.safetensors"
        )
        (self.folder / "models").rmdir()
        (self.folder / "models").write_text("in the way")
        worker = self.worker(master, "worker-1")
        self.assertEqual(master.wait_exit(), 1, master.text())
        self.assertIn("the model could not be saved", master.text())
        self.assertEqual(worker.wait_exit(), 0)

    def test_nothing_trained_is_nothing_saved(self):
        saved = self.folder / "m.safetensors"
        (self.folder / "train-labels").unlink()
        self.run_to_the_end(self.plan(), [], options=("--save", saved), ends_with=1)
        self.assertFalse(saved.exists())


if __name__ == "__main__":
    unittest.main()
