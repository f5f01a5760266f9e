"""Commands over HTTP: each does what it says, and is refused with a reason at the wrong time."""

import hashlib
import unittest

from federation import Federation
from model_file import read_safetensors

FOREVER = 1000000


class Commands(Federation):
    def saved_digest(self, name):
        """SHA-256 over the weights of a saved model, as the report has it."""
        model = read_safetensors(self.folder / "state/models" / f"{name}.safetensors")
        return hashlib.sha256(model.data).hexdigest()

    def test_train_goes_on_where_it_ended(self):
        whole = self.run_to_the_end(self.plan(rounds=5), [])["weights_sha256"]
        master = self.master(self.plan())
        self.workers(master, 1)
        first = master.train(rounds=2)
        self.assertEqual((first["round"], first["outcome"]), (2, "rounds_done"))
        second = master.train(rounds=3)
        self.assertEqual((second["round"], second["weights_sha256"]), (5, whole))
        third = master.train(rounds=1000, target_accuracy=0.5)
        self.assertEqual(third["outcome"], "target_reached")
        self.assertEqual(master.train()["round"], third["round"] + 2)

    def test_refused_when_idle(self):
        master = self.master(self.plan())
        self.assertIn("not enough workers", master.refused("train"))
        self.workers(master, 1)
        self.assertIn("nothing is being trained", master.refused("pause"))
        self.assertIn("not paused", master.refused("resume"))
        self.assertIn("nothing is being trained", master.refused("stop"))
        self.assertIn("no saved model", master.refused("load", name="absent"))
        for name in "", "../up", "a/b", ".hidden", "x" * 65:
            for command in "save", "load":
                status, answer = master.post({"command": command, "name": name})
                self.assertIn(status, (400, 409), (command, name))
                self.assertTrue(answer["reason"])
        for body in {"command": "dance"}, {}, {"command": "train", "rounds": 0}, {"command": "save"}, [], 7:
            status, answer = master.post(body)
            self.assertEqual((status, answer["accepted"]), (400, False), body)
            self.assertTrue(answer["reason"])
        self.assertEqual(master.get("status")["phase"], "waiting")

    def test_pause_and_resume(self):
        master = self.master(self.plan())
        self.workers(master, 1)
        master.command("train", rounds=FOREVER)
        self.assertIn("going on", master.refused("train"))
        self.assertIn("going on", master.refused("load", name="any"))
        master.wait_event("round_finished")
        for _ in range(3):
            after = master.now()
            master.command("pause")
            paused = master.wait_event("phase", after, phase="paused")
            self.assertIn("paused", master.refused("pause"))
            self.assertEqual(master.get("status")["phase"], "paused")
            rounds = len(master.get("rounds"))
            master.command("save", name="now")
            self.assertEqual(len(master.get("rounds")), rounds)
            master.command("resume")
            master.wait_event("round_finished", paused["seq"])
            self.assertIn("not paused", master.refused("resume"))
        after = master.now()
        master.command("pause")
        master.wait_event("phase", after, phase="paused")
        master.command("stop")
        end = master.wait_event("training_finished", after)
        self.assertEqual(end["outcome"], "stopped")
        self.assertEqual(end["round"], len(master.get("rounds")))
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")

    def test_stop_in_mid_round_keeps_the_last_weights(self):
        after_two = self.run_to_the_end(self.plan(rounds=2), [])["weights_sha256"]
        master = self.master(self.plan())
        worker = self.workers(master, 1)[0]
        before = master.train(rounds=1)
        after = master.now()
        worker.freeze()
        master.command("train", rounds=5)
        master.wait_event("phase", after, phase="training", round=2)
        master.command("stop", now=True)
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["outcome"], end["round"]), ("stopped", 1))
        self.assertEqual(end["weights_sha256"], before["weights_sha256"])
        self.assertEqual(len(master.get("rounds")), 1)
        worker.signal(18)
        self.assertEqual(master.train(rounds=1)["weights_sha256"], after_two)

    def test_stop_ends_the_work_of_the_workers(self):
        master = self.master(self.plan(local={"epochs": 1000000}))
        self.workers(master, 1)
        master.command("train")
        master.wait_event("worker_stats", where=lambda e: e["cpu_percent"] > 1)
        master.wait_event("phase", phase="training")
        master.command("stop", now=True)
        end = master.wait_event("training_finished")
        self.assertEqual((end["outcome"], end["round"]), ("stopped", 0))
        idle = master.wait_event("worker_stats", end["seq"], where=lambda e: e["cpu_percent"] < 5)
        self.assertEqual(idle["worker"], 1)
        after = master.now()
        master.command("train")
        master.wait_event("phase", after, phase="training")
        master.command("stop", now=True)
        master.wait_event("training_finished", after)

    def test_stop_in_every_phase(self):
        # A client for each worker: to one without a client nothing is sent, and such steps are passed over.
        plan = self.plan(clients=8, local={"epochs": 5})
        master = self.master(plan)
        self.workers(master, 2)
        phases = ("training", "aggregating", "evaluating", "distributing_weights")
        for number, phase in enumerate(("loading_dataset", "distributing_model", *phases)):
            with self.subTest(phase):
                # A newcomer makes the phases before the first round come again.
                self.worker(master, f"newcomer-{number}")
                master.wait_workers(3 + number)
                after = master.now()
                master.command("train", rounds=FOREVER)
                master.wait_event("phase", after, phase=phase)
                master.command("stop")
                end = master.wait_event("training_finished", after)
                self.assertEqual(end["outcome"], "stopped")
                self.assertEqual(end["round"], len(master.get("rounds")))
        whole = self.run_to_the_end({**plan, "rounds": end["round"] + 1}, [])
        self.assertEqual(master.train(rounds=1)["weights_sha256"], whole["weights_sha256"])

    def test_stop_while_waiting_for_workers(self):
        master = self.master(self.plan(), "--autostart", "--min-workers", "2")
        self.workers(master, 1)
        self.assertEqual(master.get("status")["phase"], "waiting")
        master.command("pause")
        master.command("stop")
        self.assertEqual(master.wait_event("training_finished")["outcome"], "stopped")

    def test_save_and_load(self):
        master = self.master(self.plan())
        self.workers(master, 2)
        two = master.train(rounds=2)["weights_sha256"]
        master.command("save", name="two")
        self.assertEqual(self.saved_digest("two"), two)
        four = master.train(rounds=2)["weights_sha256"]
        self.assertNotEqual(four, two)
        master.command("load", name="two")
        self.assertEqual(master.wait_event("model_loaded")["name"], "two")
        master.command("save", name="again")
        self.assertEqual(self.saved_digest("again"), two)
        self.assertEqual(master.get("status")["models"], ["again", "best", "last", "two"])
        # Workers must get the weights that were loaded.
        after_load = master.train(rounds=1)["weights_sha256"]
        master.kill()
        other = self.master(self.plan())
        self.workers(other, 1)
        other.train(rounds=4)
        other.command("load", name="two")
        self.assertEqual(other.train(rounds=1)["weights_sha256"], after_load)

    def test_saved_model_is_safetensors(self):
        master = self.master(self.plan())
        self.workers(master, 1)
        digest = master.train()["weights_sha256"]
        master.command("save", name="best.v1")
        path = self.folder / "state/models/best.v1.safetensors"
        model = read_safetensors(path)
        self.assertEqual(model.metadata["round"], "2")
        self.assertEqual(model.metadata["plan_digest"], master.get("status")["plan_digest"])
        shapes = sorted(tuple(shape) for shape in model.shapes.values())
        self.assertEqual(shapes, [(4,), (12,), (12, 4), (64, 12)])
        self.assertEqual(hashlib.sha256(model.data).hexdigest(), digest)

    def test_model_of_another_plan_is_refused(self):
        master = self.master(self.plan())
        self.workers(master, 1)
        master.train(rounds=1)
        master.command("save", name="small")
        model = self.plan()["model"]
        model["layers"][1]["units"] = 13
        other = self.master(self.plan(model=model))
        self.assertTrue(other.refused("load", name="small"))
        (self.folder / "state/models/broken.safetensors").write_bytes(b"\xff" * 100)
        self.assertTrue(other.refused("load", name="broken"))


if __name__ == "__main__":
    unittest.main()
