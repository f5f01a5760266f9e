"""fedasio export: ONNX Runtime gives what fedasio predict gives, and NumPy's format holds the arrays."""

import ast
import json
import math
import os
import pathlib
import struct
import subprocess
import unittest
import zipfile

from model_file import read_safetensors
from programs import PATIENCE, REPOSITORY, run_program
from sample_data import SIDE, TEST_FILES
from trained_models import MISSING, TrainedModels

MODULES = os.environ.get("FEDASIO_ONNX_MODULES", REPOSITORY / "build/release/tests/onnx/modules")
RUNNER = pathlib.Path(__file__).resolve().parents[1] / "onnx" / "run.mjs"


def run_onnx(model, inputs):
    """What ONNX Runtime makes of the inputs, as lists by the outputs' names."""
    done = subprocess.run(
        ["node", RUNNER, model, MODULES],
        input=json.dumps(inputs), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    said = json.loads(done.stdout)
    return said["inputs"], said["outputs"]


def read_npz(path):
    """By the formats' descriptions: a zip archive of arrays, each behind a header."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            content = archive.read(name)
            assert content[:8] == b"\x93NUMPY\x01\x00"
            (length,) = struct.unpack_from("<H", content, 8)
            assert (10 + length) % 64 == 0 and content[9 + length] == ord("\n")
            header = ast.literal_eval(content[10 : 10 + length].decode())
            assert header["descr"] == "<f4" and header["fortran_order"] is False
            values = content[10 + length :]
            assert len(values) == 4 * math.prod(header["shape"])
            arrays[name.removesuffix(".npy")] = (list(header["shape"]), values)
    return arrays


class Export(TrainedModels):
    def export(self, model, *arguments, ends_with=0):
        code, output, errors = run_program("fedasio", "export", model, *arguments, directory=self.folder)
        self.assertEqual(code, ends_with, errors)
        return output, errors

    def columns(self, rows):
        """Rows as the inputs of an exported table."""
        def number(field):
            return "NaN" if field == MISSING else float(field)

        return {
            "heat": {"type": "float64", "dims": [len(rows), 1], "data": [number(row["heat"]) for row in rows]},
            "wear": {"type": "float64", "dims": [len(rows), 1], "data": [number(row["wear"]) for row in rows]},
            "site": {"type": "string", "dims": [len(rows), 1], "data": [row["site"] for row in rows]},
        }

    def compare_classes(self, model, rows):
        self.export(model, "--onnx", "model.onnx")
        names, outputs = run_onnx(self.folder / "model.onnx", self.columns(rows))
        self.assertEqual(sorted(names), ["heat", "site", "wear"])
        self.assertEqual(set(outputs), {"probabilities", "label"})
        predicted = self.parse(self.predict(model, "--data", self.table("fresh.csv", rows))[0])
        classes = list(predicted[0])[2:]
        self.assertEqual(outputs["label"]["data"], [row["prediction"] for row in predicted])
        self.assertEqual(outputs["probabilities"]["dims"], [len(rows), len(classes)])
        expected = [float(row[name]) for row in predicted for name in classes]
        for got, wanted in zip(outputs["probabilities"]["data"], expected, strict=True):
            self.assertAlmostEqual(got, wanted, delta=1e-5)

    def test_a_table_with_classes(self):
        model = self.classes()
        rows = self.rows(300, seed=21)
        self.assertTrue(any(row["heat"] == MISSING for row in rows) and any(row["site"] == MISSING for row in rows))
        self.compare_classes(model, rows)
        # What is known of the model travels with it.
        content = (self.folder / "model.onnx").read_bytes()
        for key, value in read_safetensors(model).metadata.items():
            self.assertIn(key.encode(), content)
            self.assertIn(value.encode(), content)
        # The same model, the same bytes.
        self.export(model, "--onnx", "again.onnx")
        self.assertEqual((self.folder / "again.onnx").read_bytes(), content)

    def test_categories_that_nobody_has_seen_and_words_for_missing_values(self):
        model = self.classes(unseen="other", missing=["?", "none"])
        rows = self.rows(60, seed=22)
        for row, site in zip(rows, ["west", "?", "none", "", "north", "elsewhere"] * 10):
            row["site"] = site
        self.compare_classes(model, rows)

    def test_numbers_as_they_are(self):
        self.compare_classes(self.classes(standardize=False), self.rows(60, seed=23))

    def test_a_regression(self):
        model = self.prices()
        rows = self.rows(100, seed=24)
        self.export(model, "--onnx", "model.onnx")
        _, outputs = run_onnx(self.folder / "model.onnx", self.columns(rows))
        predicted = self.parse(self.predict(model, "--data", self.table("fresh.csv", rows))[0])
        self.assertEqual(outputs["prediction"]["dims"], [100, 1])
        for got, row in zip(outputs["prediction"]["data"], predicted, strict=True):
            self.assertAlmostEqual(got / float(row["prediction"]), 1, delta=1e-5)

    def images_model(self, layers):
        plan = self.plan(local={"epochs": 1, "batch_size": 10, "optimizer": {"type": "sgd", "learning_rate": 0.02}})
        plan["data"]["source"].update(TEST_FILES)
        plan["model"] = {"input": [SIDE, SIDE], "layers": layers}
        model = self.folder / "images.safetensors"
        code, _, errors = run_program(
            "fedasio", "simulate", self.write_plan(plan), "--save", model, directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        return model

    def compare_images(self, layers):
        model = self.images_model(layers)
        self.export(model, "--onnx", "model.onnx")
        predicted = self.parse(self.predict(model, "--data", self.folder / "train-images")[0])
        pixels = (self.folder / "train-images").read_bytes()[16:]
        count = len(predicted)
        image = {"type": "float32", "dims": [count, SIDE, SIDE, 1], "data": [byte / 255 for byte in pixels]}
        _, outputs = run_onnx(self.folder / "model.onnx", {"image": image})
        expected = [float(row[str(k)]) for row in predicted for k in range(4)]
        self.assertGreater(max(expected) - min(expected), 0.1)
        for got, wanted in zip(outputs["probabilities"]["data"], expected, strict=True):
            self.assertAlmostEqual(got, wanted, delta=2e-5)
        return model

    def test_a_convolutional_network_with_every_kind_of_layer(self):
        self.compare_images(
            [
                {"type": "conv2d", "filters": 6, "kernel_size": [3, 2], "padding": "same", "activation": "tanh"},
                {"type": "group_norm", "groups": 3},
                {"type": "activation", "activation": "relu"},
                {"type": "max_pool2d", "pool_size": 2},
                {"type": "dropout", "rate": 0.1},
                {"type": "conv2d", "filters": 5, "kernel_size": [2, 2], "strides": 2, "padding": "same",
                 "activation": "sigmoid"},
                {"type": "conv2d", "filters": 8, "kernel_size": [2, 2], "activation": "linear"},
                {"type": "flatten"},
                {"type": "dense", "units": 6, "activation": "sigmoid"},
                {"type": "group_norm", "groups": 2},
                {"type": "dense", "units": 4, "activation": "softmax"},
            ]
        )

    def test_strides_and_means_over_windows(self):
        self.compare_images(
            [
                {"type": "conv2d", "filters": 4, "kernel_size": [3, 3], "strides": 2, "activation": "relu"},
                {"type": "avg_pool2d", "pool_size": 2},
                {"type": "flatten"},
                {"type": "dense", "units": 4, "activation": "softmax"},
            ]
        )

    def test_arrays_for_numpy(self):
        model = self.images_model(
            [
                {"type": "conv2d", "filters": 4, "kernel_size": [3, 3], "activation": "relu"},
                {"type": "flatten"},
                {"type": "dense", "units": 4, "activation": "softmax"},
            ]
        )
        self.export(model, "--npz", "made/model.npz")
        arrays = read_npz(self.folder / "made" / "model.npz")
        content = read_safetensors(model)
        self.assertEqual({name: shape for name, (shape, _) in arrays.items()}, content.shapes)
        # As Keras has them.
        self.assertEqual(arrays["0.conv2d.kernel"][0], [3, 3, 1, 4])
        self.assertEqual(arrays["2.dense.kernel"][0], [144, 4])
        self.assertEqual(b"".join(arrays[name][1] for name in content.shapes), content.data)

    def test_what_cannot_be_exported(self):
        model = self.classes()
        _, errors = self.export(model, ends_with=2)
        self.assertIn("--onnx", errors)
        (self.folder / "none.safetensors").write_bytes(model.read_bytes()[:200])
        _, errors = self.export("none.safetensors", "--npz", "none.npz", ends_with=1)
        self.assertIn("none.safetensors", errors)
        self.assertFalse((self.folder / "none.npz").exists())
        _, errors = self.export(model, "--onnx", self.folder, ends_with=2)
        self.assertIn("is a folder", errors)


if __name__ == "__main__":
    unittest.main()
