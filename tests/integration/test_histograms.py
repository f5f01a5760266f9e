"""How the values of a model's arrays are spread: what the master counts is what stands in the file that it saves."""

import json
import math
import struct
import unittest
import urllib.error
import urllib.request

from federation import Federation
from model_file import read_safetensors
from programs import PATIENCE


def ask(master, path):
    try:
        with urllib.request.urlopen(f"{master.dashboard}/api/v1/{path}", timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def arrays_of(model):
    """Name and values, in the order of the file."""
    place = 0
    for name, shape in model.shapes.items():
        count = math.prod(shape)
        yield name, struct.unpack_from(f"<{count}f", model.data, 4 * place)
        place += count


class Histograms(Federation):
    def test_counts_what_the_saved_file_has(self):
        plan = self.plan(rounds=2)
        state = self.folder / "state"
        master = self.master(plan, "--state-dir", state)
        self.worker(master, "one")
        master.wait_workers(1)
        master.train(rounds=2)
        run = master.get("status")["run"]
        master.command("save", name="kept")
        arrays = list(arrays_of(read_safetensors(state / "models" / "kept.safetensors")))
        self.assertGreater(len(arrays), 1)
        for place, (name, values) in enumerate(arrays):
            status, told = ask(master, f"model/arrays/{place}/histogram")
            self.assertEqual((status, told["name"], told["round"], told["run"]), (200, name, 2, run))
            self.assertEqual(told["arrays"], [other for other, _ in arrays])
            self.assertEqual((told["values"], told["not_finite"]), (len(values), 0))
            self.assertEqual(told["zeros"], sum(value == 0 for value in values))
            self.assertEqual((told["minimum"], told["maximum"]), (min(values), max(values)))
            self.assertAlmostEqual(told["mean"], sum(values) / len(values))
            self.assertEqual(told["below"] + sum(told["bins"]) + told["above"], len(values))
            for edge in range(0, len(told["bins"]), 7):
                at = told["low"] + edge * told["width"]
                counted = told["below"] + sum(told["bins"][:edge])
                # A value at an edge may be rounded to either side.
                self.assertLessEqual(sum(value < at - 1e-6 for value in values), counted)
                self.assertGreaterEqual(sum(value < at + 1e-6 for value in values), counted)
            saved = ask(master, f"models/kept/arrays/{place}/histogram")[1]
            self.assertEqual(saved["model"], "kept")
            self.assertEqual(saved["bins"], told["bins"])
            last = ask(master, f"models/last/arrays/{place}/histogram")[1]
            self.assertEqual((last["run"], last["round"]), (run, 2))
        before = ask(master, "model/arrays/0/histogram")[1]
        master.train(rounds=1)
        after = ask(master, "model/arrays/0/histogram")[1]
        self.assertEqual(after["round"], 3)
        self.assertNotEqual(after["mean"], before["mean"])
        # Other weights of the same round are others too.
        master.command("load", name="kept")
        self.assertEqual(ask(master, "model/arrays/0/histogram")[1]["mean"], before["mean"])
        self.assertEqual(ask(master, f"model/arrays/{len(arrays)}/histogram")[0], 404)
        self.assertEqual(ask(master, "models/none/arrays/0/histogram"), (404, {"error": "there is no saved model 'none'"}))
        # Where no value is a number there is none to tell.
        content = (state / "models" / "kept.safetensors").read_bytes()
        (length,) = struct.unpack_from("<Q", content)
        values = (len(content) - 8 - length) // 4
        nothing = content[: 8 + length] + struct.pack("<f", math.nan) * values
        (state / "models" / "nothing.safetensors").write_bytes(nothing)
        status, told = ask(master, "models/nothing/arrays/0/histogram")
        self.assertEqual((status, told["not_finite"], told["bins"]), (200, told["values"], []))
        numbers = ("minimum", "maximum", "mean", "deviation", "low", "width")
        self.assertEqual([told[key] for key in numbers], [None] * len(numbers))
        (state / "models" / "damaged.safetensors").write_bytes(b"no model")
        self.assertEqual(ask(master, "models/damaged/arrays/0/histogram")[0], 409)
        # Of a model that a person has saved it is known of which run.
        self.assertEqual((saved["run"], saved["round"]), (run, 2))


if __name__ == "__main__":
    unittest.main()
