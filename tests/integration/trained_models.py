"""Models of small tables, trained in a moment, and what fedasio says of them."""

import csv
import io
import random

from federation import Federation
from programs import run_program

MISSING = ""


class TrainedModels(Federation):
    def rows(self, count=240, seed=3):
        chance = random.Random(seed)
        rows = []
        for _ in range(count):
            heat, wear, site = chance.uniform(40, 70), chance.random(), chance.choice(["north", "south, old", "east"])
            level = heat + 30 * wear + (5 if site == "east" else 0) + chance.gauss(0, 2)
            state = "worn" if level > 77 else "good" if level < 68 else "so, so"
            rows.append(
                {
                    "heat": MISSING if chance.random() < 0.05 else f"{heat:.2f}",
                    "wear": f"{wear:.3f}",
                    "site": MISSING if chance.random() < 0.05 else site,
                    "note": "x",
                    "state": state,
                    "price": f"{1000 * level:.1f}",
                }
            )
        return rows

    def table(self, name, rows, columns=None):
        path = self.folder / name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns or list(rows[0]), extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def table_plan(self, label, unit, loss, **source):
        ignored = {"price": "ignored"} if label == "state" else {"state": "ignored"}
        return {
            "model": {
                "layers": [{"type": "dense", "units": 8, "activation": "tanh"}, unit],
                "loss": loss,
            },
            "data": {
                "source": {"type": "csv", "label": label, "columns": {"note": "ignored", **ignored}, **source},
                "partition": {"scheme": "local"},
            },
            "clients": 2,
            "rounds": 15,
            "local": {"epochs": 4, "batch_size": 8},
        }

    def train(self, label, unit, loss, name="model.safetensors", **source):
        plan = self.table_plan(label, unit, loss, **source)
        halves = [self.table("a.csv", self.rows()[:120]), self.table("b.csv", self.rows()[120:])]
        path = self.folder / name
        code, _, errors = run_program(
            "fedasio", "simulate", self.write_plan(plan), "--save", path, "--data", halves[0], "--data", halves[1],
            directory=self.folder,
        )
        self.assertEqual(code, 0, errors)
        return path

    def classes(self, **source):
        unit = {"type": "dense", "units": 3, "activation": "softmax"}
        return self.train("state", unit, "cross_entropy", **source)

    def prices(self):
        return self.train("price", {"type": "dense", "units": 1}, "mean_squared_error")

    def predict(self, *arguments, ends_with=0):
        code, output, errors = run_program("fedasio", "predict", *arguments, directory=self.folder)
        self.assertEqual(code, ends_with, errors)
        return output, errors

    def parse(self, text):
        return list(csv.DictReader(io.StringIO(text, newline="")))
