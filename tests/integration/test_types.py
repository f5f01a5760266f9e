"""Arrays of every type through whole federations: sent by the master, by two trainers, and saved; what comes out is
read by this file's own reading of the format."""

import importlib.util
import json
import os
import pathlib
import struct
import sys
import unittest

import numpy as np
from federation import Federation
from programs import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402
import types_script as script  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("types_script.py")
HAS_TORCH = importlib.util.find_spec("torch") is not None
MEAN = script.STEP * (1 * 1 + 2 * 3) / 4  # of what the two clients add, by their samples


def read(path):
    """The arrays of a saved model as float64, and what its metadata say of each."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    told = {one["name"]: one for one in json.loads(header.pop("__metadata__")["arrays"])}
    arrays = {}
    for name, entry in header.items():
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(content[first:last], "<f4").reshape(entry["shape"]).astype(np.float64)
        is_whole = told[name].get("type", "").lstrip("u").startswith(("int", "bool"))
        arrays[name] = values * 2**20 if is_whole else values
    return arrays, told


class Types(Federation):
    def setUp(self):
        super().setUp()
        os.environ.update({"PYTHONPATH": str(REPOSITORY / "python"), "PYTHONDONTWRITEBYTECODE": "1"})

    def plan_of(self, model, **changes):
        return {
            "name": "types",
            "seed": 3,
            "model": model,
            "data": {"source": {"type": "trainer"}, "test_fraction": 0},
            "clients": 2,
            "local": {"optimizer": {"type": "sgd", "learning_rate": 0.01}},
            "rounds": 2,
            **changes,
        }

    def saved(self, plan, kind):
        file = self.folder / "saved.safetensors"
        trainer = ("--trainer", f"exec {sys.executable} {SCRIPT} {kind}")
        report = self.run_to_the_end(plan, trainer, trainer, options=("--save", file))
        for one in report["rounds"]:
            self.assertEqual(one["dropped"], [])
        return file

    def began(self, kind):
        state = script.initial(kind)
        return {
            name.removeprefix("_orig_mod.module."): np.array(
                value.float() if "bfloat16" in str(value.dtype) else value
            )
            for name, value in state.items()
        }

    def check(self, kind, rounds, plan, moved=MEAN):
        file = self.saved(plan, kind)
        arrays, told = read(file)
        began = self.began(kind)
        self.assertEqual(set(arrays), set(began))
        loaded = fedasio.load_model(file)
        for name, value in began.items():
            with self.subTest(name=name):
                self.assertEqual(arrays[name].shape, value.shape)
                if value.dtype == bool:
                    expected = np.array([True, True, False])
                elif value.dtype.kind in "iu":
                    expected = value.astype(np.int64) + 2 * rounds  # the largest
                else:
                    is_statistic = "running" in name
                    expected = value.astype(np.float64) + (MEAN if is_statistic else moved) * rounds
                np.testing.assert_allclose(arrays[name], expected, rtol=1e-6)
                self.assertEqual(loaded[name].dtype, value.dtype)
                kept = np.float16(expected) if value.dtype == np.float16 else expected
                np.testing.assert_allclose(loaded[name].astype(np.float64), kept, rtol=1e-6)
        return arrays, told

    def test_of_numpy_from_a_file(self):
        file = self.folder / "initial.safetensors"
        fedasio.save_arrays(file, script.initial("numpy"))
        _, told = self.check("numpy", 2, self.plan_of({"arrays": "initial.safetensors"}))
        types = {name: one.get("type", "float32") for name, one in told.items()}
        self.assertEqual(types, {name: str(value.dtype) for name, value in self.began("numpy").items()})

    def test_of_numpy_from_the_trainer(self):
        self.check("numpy", 2, self.plan_of({"from": "trainer"}))

    @unittest.skipUnless(HAS_TORCH, "needs torch")
    def test_of_torch_with_bfloat16_and_tied_weights(self):
        arrays, told = self.check("torch", 2, self.plan_of({"from": "trainer"}))
        self.assertEqual(told["brain"]["type"], "bfloat16")
        np.testing.assert_array_equal(arrays["encoder.weight"], arrays["decoder.weight"])

    def test_a_server_optimiser_steps_only_what_is_trained(self):
        beta1, beta2, tau, rate = 0.9, 0.99, 1e-3, 0.125
        first = (1 - beta1) * MEAN
        second = beta2 * tau**2 + (1 - beta2) * MEAN**2
        strategy = {"type": "fedadam", "server_learning_rate": rate, "beta1": beta1, "beta2": beta2, "tau": tau}
        plan = self.plan_of({"from": "trainer"}, strategy=strategy, rounds=1)
        self.check("numpy", 1, plan, rate * first / (np.sqrt(second) + tau))

    def test_nothing_but_what_is_trained_is_shortened(self):
        count = sum(value.size for name, value in self.began("numpy").items()
                    if value.dtype.kind == "f" and "running" not in name)
        bound = 0.125
        # Each client adds the same to every value, so its difference is as long as its way times the root of them.
        moved = bound / np.sqrt(count)
        plan = self.plan_of({"from": "trainer"}, strategy={"type": "norm_bound", "bound": bound}, rounds=1)
        self.check("numpy", 1, plan, moved)


if __name__ == "__main__":
    unittest.main()
