"""fedasio predict: what comes out agrees with an independent reading of the model's file."""

import gzip
import json
import math
import os
import pty
import struct
import subprocess
import unittest

from model_file import read_safetensors
from programs import BIN, run_program
from sample_data import TEST_FILES, png
from trained_models import MISSING, TrainedModels


def softmax(values):
    top = max(values)
    parts = [math.exp(value - top) for value in values]
    return [part / sum(parts) for part in parts]


ACTIVATIONS = {
    "linear": lambda values: values,
    "relu": lambda values: [max(0.0, value) for value in values],
    "tanh": lambda values: [math.tanh(value) for value in values],
    "softmax": softmax,
}


class Reference:
    """Encodes and predicts by nothing but the file."""

    def __init__(self, path):
        model = read_safetensors(path)
        self.metadata = model.metadata
        self.network = json.loads(model.metadata["network"])
        self.schema = json.loads(model.metadata.get("schema", "null"))
        self.tensors = {}
        offset = 0
        for name, shape in model.shapes.items():
            size = math.prod(shape)
            self.tensors[name] = struct.unpack_from(f"<{size}f", model.data, offset)
            offset += 4 * size

    def encode(self, row):
        inputs = []
        for column in self.schema["columns"]:
            field = row.get(column["name"])
            if column["type"] == "numeric":
                value = column["mean"] if field == MISSING else float(field)
                inputs.append((value - column["mean"]) / column["deviation"] if column["deviation"] else 0.0)
            elif column["type"] == "categorical":
                inputs += [1.0 if field == name else 0.0 for name in column["categories"]]
        return inputs

    def outputs(self, values):
        for number, layer in enumerate(self.network["layers"]):
            if layer["type"] != "dense":
                continue
            kernel = self.tensors[f"{number}.dense.kernel"]
            bias = self.tensors[f"{number}.dense.bias"]
            units = layer["units"]
            values = ACTIVATIONS[layer["activation"]](
                [
                    bias[unit] + sum(value * kernel[i * units + unit] for i, value in enumerate(values))
                    for unit in range(units)
                ]
            )
        return values


def area_under_roc(pairs):
    own = [score for score, is_own in pairs if is_own]
    others = [score for score, is_own in pairs if not is_own]
    wins = sum((a > b) + (a == b) / 2 for a in own for b in others)
    return wins / (len(own) * len(others))


class Predict(TrainedModels):
    def test_classes_with_their_probabilities(self):
        model = self.classes()
        reference = Reference(model)
        names = reference.schema["classes"]
        self.assertEqual(names, ["good", "so, so", "worn"])
        fresh = self.rows(600, seed=8)
        # Without the label, in another order, and with a column that nobody knows.
        for row in fresh:
            row["unknown"] = "1"
        data = self.table("fresh.csv", fresh, ["unknown", "site", "wear", "heat"])
        output, errors = self.predict(model, "--data", data)
        self.assertIn("columns 'unknown'", errors)
        predicted = self.parse(output)
        self.assertEqual(list(predicted[0]), ["line", "prediction", *names])
        self.assertEqual([int(row["line"]) for row in predicted], list(range(2, 602)))
        for row, found in zip(fresh, predicted):
            expected = reference.outputs(reference.encode(row))
            for name, probability in zip(names, expected):
                self.assertAlmostEqual(float(found[name]), probability, delta=2e-5)
            self.assertEqual(float(found[found["prediction"]]), max(float(found[name]) for name in names))
        self.predict(model, "--data", data, "--out", "made/p.csv")
        self.assertEqual(self.parse((self.folder / "made" / "p.csv").read_bytes().decode()), predicted)
        self.assertEqual([file.name for file in (self.folder / "made").iterdir()], ["p.csv"])

    def test_numbers_in_the_unit_of_the_label(self):
        model = self.prices()
        reference = Reference(model)
        fresh = self.rows(100, seed=9)
        data = self.table("fresh.csv", fresh)
        predicted = self.parse(self.predict(model, "--data", data)[0])
        self.assertEqual(list(predicted[0]), ["line", "prediction"])
        errors, prices = [], []
        for row, found in zip(fresh, predicted):
            (output,) = reference.outputs(reference.encode(row))
            expected = output * reference.schema["label_deviation"] + reference.schema["label_mean"]
            self.assertAlmostEqual(float(found["prediction"]), expected, delta=1e-4 * abs(expected))
            errors.append(expected - float(row["price"]))
            prices.append(float(row["price"]))
        said = dict(line.split(": ") for line in self.predict(model, "--data", data, "--evaluate")[0].splitlines())
        mean = sum(prices) / len(prices)
        squares = sum(error * error for error in errors)
        self.assertEqual(said["samples"], "100")
        self.assertAlmostEqual(float(said["R2"]), 1 - squares / sum((p - mean) ** 2 for p in prices), delta=1e-3)
        self.assertAlmostEqual(float(said["RMSE"]) / math.sqrt(squares / 100), 1, delta=1e-3)
        self.assertAlmostEqual(float(said["MAE"]) / (sum(map(abs, errors)) / 100), 1, delta=1e-3)

    def test_an_evaluation_of_classes(self):
        model = self.classes()
        reference = Reference(model)
        names = reference.schema["classes"]
        labelled = self.rows(300, seed=10)
        data = self.table("labelled.csv", labelled)
        output, _ = self.predict(model, "--data", data, "--evaluate")
        outputs = [reference.outputs(reference.encode(row)) for row in labelled]
        said = [max(range(3), key=one.__getitem__) for one in outputs]
        true = [names.index(row["state"]) for row in labelled]
        accuracy = sum(a == b for a, b in zip(said, true)) / 300
        self.assertRegex(output, rf"(?m)^accuracy: {accuracy:.6g}$")
        areas = [area_under_roc([(one[k], label == k) for one, label in zip(outputs, true)]) for k in range(3)]
        (auc,) = [float(line.split(": ")[1]) for line in output.splitlines() if line.startswith("AUC:")]
        self.assertAlmostEqual(auc, sum(areas) / 3, delta=2e-3)
        table = output.splitlines()[-3:]
        for k, line in enumerate(table):
            row = [sum(1 for a, b in zip(true, said) if (a, b) == (k, j)) for j in range(3)]
            self.assertTrue(line.strip().startswith(names[k]), line)
            self.assertEqual([int(word) for word in line.split()[-3:]], row)
            self.assertAlmostEqual(float(line.split()[-4]), row[k] / sum(row), delta=1e-4)
            self.assertAlmostEqual(float(line.split()[-5]), areas[k], delta=2e-3)
        # With a file for the predictions too; without labels it cannot be done.
        self.predict(model, "--data", data, "--evaluate", "--out", "p.csv")
        self.assertEqual(len(self.parse((self.folder / "p.csv").read_bytes().decode())), 300)
        unlabelled = self.table("unlabelled.csv", labelled, ["heat", "wear", "site"])
        _, errors = self.predict(model, "--data", unlabelled, "--evaluate", ends_with=1)
        self.assertIn("has no column 'state'", errors)

    def test_rows_that_cannot_be_used_are_named_and_the_others_go_on(self):
        model = self.classes()
        text = (
            "heat,wear,site\r\n"
            "50,0.5,north\r\n"
            "hot,0.5,north\r\n"
            "50,0.5\r\n"
            "60,0.25,west\r\n"
            "\r\n"
            "61,0.75,east\r\n"
        )
        (self.folder / "odd.csv").write_text(text, newline="")
        output, errors = self.predict(model, "--data", "odd.csv", ends_with=1)
        rows = self.parse(output)
        self.assertEqual([row["line"] for row in rows], ["2", "3", "4", "5", "7"])
        self.assertEqual([bool(row["prediction"]) for row in rows], [True, False, False, False, True])
        self.assertIn("odd.csv, line 3: column 'heat': 'hot'", errors)
        self.assertIn("odd.csv, line 4: the row has 2 fields", errors)
        self.assertIn("odd.csv, line 5: column 'site': 'west'", errors)
        self.assertIn("3 of 5 rows could not be used", errors)
        (self.folder / "none.csv").write_text("heat,wear,site\nhot,1,north\n")
        output, errors = self.predict(model, "--data", "none.csv", ends_with=1)
        self.assertEqual(len(self.parse(output)), 1)

    def test_tables_and_files_that_do_not_fit(self):
        model = self.classes()
        (self.folder / "other.csv").write_text("heat,site\n50,north\n")
        _, errors = self.predict(model, "--data", "other.csv", ends_with=1)
        self.assertIn("it lacks 'wear'", errors)
        (self.folder / "empty.csv").write_text("heat,wear,site\n")
        _, errors = self.predict(model, "--data", "empty.csv", ends_with=1)
        self.assertIn("no rows", errors)
        _, errors = self.predict("other.csv", "--data", "other.csv", ends_with=1)
        self.assertIn("safetensors", errors)
        content = model.read_bytes()
        for cut in 4, 100, len(content) - 4:
            (self.folder / "cut.safetensors").write_bytes(content[:cut])
            _, errors = self.predict("cut.safetensors", "--data", "other.csv", ends_with=1)
            self.assertIn("cut.safetensors", errors)

    def test_a_folder_of_tables_is_one_table(self):
        model = self.classes()
        rows = self.rows(40, seed=12)
        folder = self.folder / "clinic"
        folder.mkdir()
        self.table("clinic/b.csv", rows[:25], ["wear", "site", "heat", "state"])
        packed = self.table("half.csv", rows[25:], ["heat", "wear", "site", "state"]).read_bytes()
        (folder / "c.csv.gz").write_bytes(gzip.compress(packed + b"hot,1,north,good\r\n"))
        (folder / "notes.txt").write_text("not a table")
        output, errors = self.predict(model, "--data", "clinic", ends_with=1)
        predicted = self.parse(output)
        self.assertEqual(list(predicted[0])[:3], ["file", "line", "prediction"])
        self.assertEqual(
            [(row["file"], int(row["line"])) for row in predicted],
            [("clinic/b.csv", line) for line in range(2, 27)] + [("clinic/c.csv.gz", line) for line in range(2, 18)],
        )
        self.assertIn("clinic/c.csv.gz, line 17: column 'heat': 'hot'", errors)
        self.assertIn("1 of 41 rows could not be used", errors)
        self.assertEqual(predicted[-1]["prediction"], "")
        whole = self.parse(self.predict(model, "--data", self.table("whole.csv", rows))[0])
        without = ("file", "line")
        for one, other in zip(predicted[:40], whole):
            self.assertEqual({k: v for k, v in one.items() if k not in without}, {k: v for k, v in other.items() if k not in without})
        (folder / "c.csv.gz").write_bytes(gzip.compress(packed))
        in_folder, _ = self.predict(model, "--data", "clinic", "--evaluate")
        in_one, _ = self.predict(model, "--data", "whole.csv", "--evaluate")
        self.assertEqual(in_folder, in_one)
        # What the model's plan calls its file is read alone, which is said.
        (folder / "a.csv").write_bytes((self.folder / "whole.csv").read_bytes())
        other = self.train("state", {"type": "dense", "units": 3, "activation": "softmax"}, "cross_entropy", "other.safetensors", train="a.csv")
        output, errors = self.predict(other, "--data", "clinic")
        self.assertEqual(len(self.parse(output)), 40)
        self.assertIn("clinic/a.csv alone", errors)
        (folder / "a.csv").unlink()
        (folder / "d.csv").write_text("heat,wear\n1,1\n")
        _, errors = self.predict(model, "--data", "clinic", ends_with=1)
        self.assertIn("d.csv", errors)
        (self.folder / "none").mkdir()
        _, errors = self.predict(model, "--data", "none", ends_with=1)
        self.assertIn("none", errors)

    def test_a_model_of_an_older_version_needs_its_plan(self):
        model = self.classes()
        content = model.read_bytes()
        (length,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + length])
        del header["__metadata__"]["network"]
        text = json.dumps(header).encode()
        old = self.folder / "old.safetensors"
        old.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
        data = self.table("fresh.csv", self.rows(10, seed=4))
        _, errors = self.predict(old, "--data", data, ends_with=1)
        self.assertIn("--plan", errors)
        with_plan, _ = self.predict(old, "--data", data, "--plan", self.folder / "plan.json")
        self.assertEqual(with_plan, self.predict(model, "--data", data)[0])

    def test_two_classes_have_the_areas_of_the_second(self):
        rows = [row for row in self.rows(400, seed=11) if row["state"] != "so, so"]
        data = self.table("two.csv", rows)
        plan = {
            "model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]},
            "data": {
                "source": {"type": "csv", "label": "state", "columns": {"note": "ignored", "price": "ignored"}},
                "partition": {"scheme": "local"},
            },
            "clients": 1,
            "rounds": 3,
            "local": {"epochs": 1, "batch_size": 16},
        }
        model = self.folder / "two.safetensors"
        code, _, errors = run_program(
            "fedasio", "simulate", self.write_plan(plan), "--save", model, "--data", data, directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        reference = Reference(model)
        pairs = [(reference.outputs(reference.encode(row))[1], row["state"] == "worn") for row in rows]
        area = area_under_roc(pairs)
        output, _ = self.predict(model, "--data", data, "--evaluate")
        (auc,) = [float(line.split(": ")[1]) for line in output.splitlines() if line.startswith("AUC:")]
        self.assertAlmostEqual(auc, area, delta=2e-3)
        for line in output.splitlines()[-2:]:
            self.assertAlmostEqual(float(line.split()[1]), area, delta=2e-3)

    def test_memory_does_not_grow_with_the_file_and_a_terminal_sees_how_far_it_is(self):
        model = self.classes()
        is_sanitized = b"__sanitizer_" in (BIN / "fedasio").read_bytes()
        peaks = []
        counts = [30_000, 600_000]
        for count in counts:
            data = self.folder / f"{count}.csv.gz"
            with gzip.open(data, "wt", compresslevel=1) as file:
                file.write("heat,wear,site\n")
                for _ in range(count // 10_000):
                    file.write("50.5,0.25,north\n" * 10_000)
            ours, theirs = pty.openpty()
            child = subprocess.Popen(
                [BIN / "fedasio", "predict", model, "--data", data, "--out", f"{count}.csv"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stderr=theirs,
            )
            os.close(theirs)
            said = b""
            try:
                while part := os.read(ours, 4096):
                    said += part
            except OSError:  # the other end is closed
                pass
            os.close(ours)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(child.returncode, 0, said)
            self.assertIn(b"\r25600 rows", said)
            self.assertIn(f"\r{count} rows".encode(), said)
            peaks.append(used.ru_maxrss)  # of this process's copy before it became another, too
        if not is_sanitized:
            self.assertLess(peaks[1], peaks[0] + 8192, "KiB: fewer rows take as much")
        for count in counts:
            self.assertEqual((self.folder / f"{count}.csv").read_bytes().count(b"\r\n"), count + 1)

    def test_images(self):
        plan = self.plan()
        plan["data"]["source"].update(TEST_FILES)
        model = self.folder / "images.safetensors"
        code, _, errors = run_program(
            "fedasio", "simulate", self.write_plan(plan), "--save", model, "--report", "r.json", directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        accuracy = json.loads((self.folder / "r.json").read_text())["rounds"][-1]["test_accuracy"]
        images = self.folder / TEST_FILES["test_images"]
        labels = self.folder / TEST_FILES["test_labels"]
        predicted = self.parse(self.predict(model, "--data", images)[0])
        self.assertEqual(list(predicted[0]), ["sample", "prediction", "0", "1", "2", "3"])
        pixels = gzip.decompress(images.read_bytes())[16:]
        reference = Reference(model)
        for number, found in enumerate(predicted):
            expected = reference.outputs([byte / 255 for byte in pixels[64 * number : 64 * (number + 1)]])
            for k in range(4):
                self.assertAlmostEqual(float(found[str(k)]), expected[k], delta=2e-5)
        for arguments in (("--data", images, "--labels", labels), ("--data", self.folder)):
            output, _ = self.predict(model, *arguments, "--evaluate")
            self.assertRegex(output, rf"(?m)^accuracy: {accuracy:.6g}$")
        _, errors = self.predict(model, "--data", images, "--evaluate", ends_with=1)
        self.assertIn("--labels", errors)
        self.pictures(model, predicted, pixels)

    def pictures(self, model, predicted, pixels):
        """The same images as PNG files."""
        for label in range(4):
            (self.folder / "pictures" / str(label)).mkdir(parents=True)
        for number in range(len(predicted)):
            path = self.folder / "pictures" / str(number % 4) / f"{number:03}.png"
            path.write_bytes(png(pixels[64 * number : 64 * (number + 1)], 8, 8))
        by_name = {row["file"][-7:-4]: row for row in self.parse(self.predict(model, "--data", "pictures")[0])}
        self.assertEqual(len(by_name), len(predicted))
        for number, expected in enumerate(predicted):
            found = by_name[f"{number:03}"]
            self.assertEqual({key: found[key] for key in found if key != "file"},
                             {key: expected[key] for key in expected if key != "sample"})
        accuracy = sum(row["prediction"] == str(number % 4) for number, row in enumerate(predicted)) / len(predicted)
        output, _ = self.predict(model, "--data", "pictures", "--evaluate")
        self.assertRegex(output, rf"(?m)^accuracy: {accuracy:.6g}$")
        # By a table of names; one image alone; a damaged one.
        names = "name,class\n" + "".join(f"{number % 4}/{number:03},{number % 4}\n" for number in range(40))
        (self.folder / "names.csv").write_text(names)
        output, _ = self.predict(model, "--data", "pictures", "--labels", "names.csv", "--evaluate")
        self.assertIn("samples: 40\n", output)
        (row,) = self.parse(self.predict(model, "--data", "pictures/1/001.png")[0])
        self.assertEqual(row["prediction"], predicted[1]["prediction"])
        whole = (self.folder / "pictures" / "1" / "001.png").read_bytes()
        (self.folder / "pictures" / "1" / "001.png").write_bytes(whole[:60])
        output, errors = self.predict(model, "--data", "pictures", ends_with=1)
        self.assertIn("pictures/1/001.png: is a damaged PNG", errors)
        self.assertIn(f"1 of {len(predicted)} images could not be used", errors)
        self.assertEqual(sum(not row["prediction"] for row in self.parse(output)), 1)
        _, errors = self.predict(model, "--data", "pictures/1", "--evaluate", ends_with=1)
        self.assertIn("holds no folders", errors)


if __name__ == "__main__":
    unittest.main()
