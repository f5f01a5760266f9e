"""What the page asks of a model is what fedasio predict says of the same row or picture, digit by digit."""

import json
import struct
import unittest
import urllib.error
import urllib.request

from programs import PATIENCE
from sample_data import TEST_FILES, png
from trained_models import TrainedModels


class TryModel(TrainedModels):
    def ask(self, master, path, body, kind="application/json"):
        request = urllib.request.Request(
            f"{master.dashboard}/api/v1/{path}",
            data=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={"Content-Type": kind},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def assert_same(self, answer, row):
        self.assertEqual(answer["prediction"], row["prediction"])
        for output in answer["outputs"]:
            self.assertEqual(output["value"], float(row[output["class"]]))

    def test_rows_of_a_table(self):
        rows = self.rows(6, seed=11)
        table = self.table("fresh.csv", rows, ["heat", "wear", "site"])
        owners = [self.table("a.csv", self.rows()[:120]), self.table("b.csv", self.rows()[120:])]
        for label in "state", "price":
            unit = {"type": "dense", "units": 3, "activation": "softmax"} if label == "state" else {"type": "dense", "units": 1}
            loss = "cross_entropy" if label == "state" else "mean_squared_error"
            plan = self.table_plan(label, unit, loss)
            master = self.master(plan, "--min-workers", 2, "--state-dir", self.folder / label)
            before = self.ask(master, "model/predict", {"row": {}})
            self.assertEqual(before[0], 404, before)
            for number, owner in enumerate(owners):
                self.worker(master, f"owner-{number}", "--data", owner)
            master.wait_workers(2)
            master.train(rounds=3)
            master.command("save", name="three")
            master.train(rounds=1)
            with self.subTest(label):
                for path, model, round_of in (("model/predict", "last", 4), ("models/three/predict", "three", 3)):
                    file = self.folder / label / "models" / f"{model}.safetensors"
                    predicted = self.parse(self.predict(file, "--data", table)[0])
                    for row, found in zip(rows, predicted):
                        sent = {name: row[name] for name in ("heat", "wear", "site")}
                        status, answer = self.ask(master, path, {"row": sent})
                        self.assertEqual((status, answer["round"], answer["unused"]), (200, round_of, []))
                        if label == "state":
                            self.assert_same(answer, found)
                        else:
                            self.assertEqual((answer["label"], answer["prediction"]), ("price", float(found["prediction"])))
                status, answer = self.ask(master, "model/predict", {"row": {"heat": "50", "wear": "1", "site": "west"}})
                self.assertEqual(status, 400)
                self.assertIn("column 'site': 'west' is no known category", answer["error"])
                status, answer = self.ask(master, "models/none/predict", {"row": {}})
                self.assertEqual((status, answer["error"]), (404, "there is no saved model 'none'"))
                master.command("save", name="three")
                status, answer = self.ask(master, "models/three/predict", {"row": sent})
                self.assertEqual((status, answer["round"]), (200, 4))
                (self.folder / label / "models" / "damaged.safetensors").write_bytes(b"no model")
                status, answer = self.ask(master, "models/damaged/predict", {"row": {}})
                self.assertEqual(status, 409, answer)

    def test_pictures(self):
        plan = self.plan()
        plan["data"]["source"].update(TEST_FILES)
        master = self.master(plan)
        self.workers(master, 1)
        master.train(rounds=2)
        model = self.folder / "state" / "models" / "last.safetensors"
        pictures = {
            "same.png": png(bytes(range(0, 256, 4)), 8, 8),
            "wide.png": png(bytes(i * 7 % 256 for i in range(30 * 20)), 30, 20),
            "colour.png": png(bytes(i * 11 % 256 for i in range(9 * 13 * 3)), 9, 13, 3),
        }
        for name, content in pictures.items():
            (self.folder / name).write_bytes(content)
            (found,) = self.parse(self.predict(model, "--data", name)[0])
            status, answer = self.ask(master, "model/predict", content, "image/png")
            self.assertEqual(status, 200, answer)
            self.assert_same(answer, found)
        status, answer = self.ask(master, "model/predict", pictures["wide.png"][:80], "image/png")
        self.assertEqual(status, 400)
        self.assertIn("the picture is a damaged PNG", answer["error"])

    def test_the_network_of_a_trainer_is_not_the_master_s(self):
        header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
        (self.folder / "initial.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(24))
        plan = self.plan()
        plan["model"] = {"arrays": "initial.safetensors"}
        plan["data"] = {"source": {"type": "trainer"}}
        master = self.master(plan)
        status, answer = self.ask(master, "model/predict", {"row": {}})
        self.assertEqual(status, 409, answer)
        self.assertIn("fedasio.load_model", answer["error"])


if __name__ == "__main__":
    unittest.main()
