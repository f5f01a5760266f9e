"""Workers whose data is missing or broken."""

import unittest

from federation import Federation
from python_worker import PythonWorker
from sample_data import write_images


class Mortal(PythonWorker):
    """Loads its data, and dies when it is to train."""

    def train(self, request):
        self.peer.hang_up()


class BadData(Federation):
    def setUp(self):
        super().setUp()
        self.empty = self.folder / "empty"
        self.cut = self.folder / "cut"
        for folder in self.empty, self.cut:
            folder.mkdir()
        write_images(self.cut)
        images = self.cut / "train-images"
        images.write_bytes(images.read_bytes()[:-100])

    def test_goes_on_with_the_others(self):
        for folder, words in (self.empty, "train-images"), (self.cut, "header promises 25616 bytes"):
            with self.subTest(words):
                master = self.master(self.plan())
                bad = self.worker(master, "bad", "--data", folder)
                master.wait_event("worker_joined")
                self.worker(master, "good")
                master.wait_workers(2)
                end = master.train()
                self.assertEqual(end["outcome"], "rounds_done", end)
                for result in master.get("rounds"):
                    self.assertEqual((result["cohort"], result["dropped"]), ([0, 1, 2, 3], []))
                notice = master.wait_event("notice", level="error")
                self.assertIn("bad cannot take part", notice["text"])
                self.assertIn(words, notice["text"])
                bad.wait_log("worker", words)
                self.assertIsNone(bad.exit_code)
                self.assertEqual(master.get("status")["workers"], 2)
                self.assertEqual([e for e in master.log("notice") if e["level"] == "error"][1:], [])

    def test_the_only_good_one_dies_and_another_comes(self):
        undisturbed = self.run_to_the_end(self.plan(), [])["weights_sha256"]
        master = self.master(self.plan(), "--min-workers", "2")
        bad = self.worker(master, "bad", "--data", self.empty)
        self.serve_in_thread(Mortal(master.worker_address, "good"))
        master.wait_workers(2)
        master.command("train")
        left = master.wait_event("worker_left", name="good")["seq"]
        master.wait_event("phase", left, phase="waiting")
        self.worker(master, "good")
        end = master.wait_event("training_finished")
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2), end)
        self.assertEqual(end["weights_sha256"], undisturbed)
        self.assertEqual(master.get("status")["workers"], 2)
        self.assertIsNone(bad.exit_code)

    def test_nobody_can_load(self):
        master = self.master(self.plan())
        worker = self.worker(master, "bad", "--data", self.empty)
        master.wait_event("worker_joined")
        end = master.train()
        self.assertEqual(end["outcome"], "failed")
        self.assertIn("bad", end["detail"])
        self.assertIn("train-images", end["detail"])
        self.assertEqual(master.get("status")["phase"], "failed")
        self.assertIsNone(worker.exit_code)
        write_images(self.empty)
        end = master.train(rounds=1)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 1))

    def test_data_that_does_not_fit_the_model(self):
        layers = [{"type": "flatten"}, {"type": "dense", "units": 3, "activation": "softmax"}]
        for model, words in (
            ({"input": [9, 9], "layers": layers}, "a sample of the data is [8, 8]"),
            ({"input": [8, 8], "layers": layers}, "4 classes"),
        ):
            with self.subTest(words):
                master = self.master(self.plan(model=model))
                self.worker(master, "worker")
                master.wait_event("worker_joined")
                end = master.train()
                self.assertEqual(end["outcome"], "failed")
                self.assertIn(words, end["detail"])

    def test_more_clients_than_samples(self):
        master = self.master(self.plan(clients=500))
        self.worker(master, "worker")
        master.wait_event("worker_joined")
        end = master.train()
        self.assertEqual(end["outcome"], "failed")
        self.assertIn("500 clients cannot be cut from 400 samples", end["detail"])

    def test_training_that_diverges(self):
        local = {"optimizer": {"type": "sgd", "learning_rate": 1e6}, "epochs": 3}
        model = self.plan()["model"]
        model["layers"][1]["activation"] = "linear"
        model["loss"] = "mean_squared_error"
        master = self.master(self.plan(local=local, model=model))
        self.worker(master, "worker")
        master.wait_event("worker_joined")
        end = master.train()
        self.assertEqual(end["outcome"], "failed")
        self.assertRegex(end["detail"], "got no update in 3 attempts.*(over the bound|learning_rate)")
        self.assertEqual(end["round"], 0)


if __name__ == "__main__":
    unittest.main()
