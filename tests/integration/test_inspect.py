"""fedasio inspect of what a master reads and writes: plans, models, checkpoints, and what is none of them."""

import hashlib
import json
import math
import struct
import unittest

from model_file import read_safetensors
from programs import run_program
from sample_data import write_pictures
from trained_models import TrainedModels


def with_header(model, change):
    """The same file with another header."""
    content = model.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def save_zeros(path, shapes):
    """A safetensors file of such arrays, as fedasio.save_arrays would write it."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))


class Inspect(TrainedModels):
    def inspect(self, *arguments, ends_with=0):
        code, output, errors = run_program("fedasio", "inspect", *arguments, directory=self.folder)
        self.assertEqual(code, ends_with, output + errors)
        return output if ends_with == 0 else errors

    def test_a_model(self):
        model = self.classes()
        content = read_safetensors(model)
        said = json.loads(self.inspect(model, "--json"))
        self.assertEqual(said["kind"], "model")
        self.assertEqual(said["metadata"], content.metadata)
        self.assertEqual(said["network"], json.loads(content.metadata["network"]))
        self.assertEqual(said["schema"], json.loads(content.metadata["schema"]))
        self.assertEqual({one["name"]: one["dims"] for one in said["tensors"]}, content.shapes)
        self.assertEqual(said["weights_sha256"], hashlib.sha256(content.data).hexdigest())
        self.assertEqual(said["parameters"], len(content.data) // 4)
        self.assertEqual([layer["parameters"] for layer in said["layers"]], [48, 27])
        self.assertEqual(said["layers"][0]["input_shape"], [1, 1, 5])
        text = self.inspect(model)
        for part in ("0 dense 5 -> 8 tanh, 48 parameters", "0.dense.kernel: 5 x 8", "round: 15", "site", "so, so",
                     said["weights_sha256"], content.metadata["plan_digest"]):
            self.assertIn(part, text)

    def test_a_model_from_elsewhere_and_one_of_an_older_version(self):
        model = self.classes()
        other = self.folder / "other.safetensors"
        other.write_bytes(with_header(model, lambda header: header.pop("__metadata__")))
        text = self.inspect(other)
        self.assertIn("--plan", text)
        self.assertIn("1.dense.bias: 3", text)
        self.assertIsNone(json.loads(self.inspect(other, "--json"))["network"])
        old = self.folder / "old.safetensors"
        old.write_bytes(with_header(model, lambda header: header["__metadata__"].pop("network")))
        self.assertIn("0 dense 5 -> 8", self.inspect(old, "--plan", self.folder / "plan.json"))

    def test_a_plan(self):
        plan = self.plan()
        path = self.write_plan(plan)
        said = json.loads(self.inspect(path, "--json"))
        self.assertEqual((said["kind"], said["parameters"]), ("plan", 64 * 12 + 12 + 12 * 4 + 4))
        self.assertEqual(said["plan"]["clients"], 4)
        text = self.inspect(path)
        self.assertIn(said["plan_digest"], text)
        self.assertIn("1 dense 64 -> 12 relu, 780 parameters", text)
        # Its canonical form is the same plan.
        (self.folder / "canonical.json").write_text(json.dumps(said["plan"]))
        self.assertEqual(
            json.loads(self.inspect("canonical.json", "--json"))["plan_digest"], said["plan_digest"]
        )
        plan["rounds"] = 0
        self.assertIn("rounds", self.inspect(self.write_plan(plan), ends_with=1))

    def test_a_plan_of_tables_whose_inputs_nobody_knows(self):
        self.prices()
        text = self.inspect(self.folder / "plan.json")
        self.assertIn("known once the tables' columns are", text)

    def test_a_plan_of_a_trainers_own_model(self):
        save_zeros(self.folder / "initial.safetensors", {"w": (3, 2), "b": (), "norm.running_mean": (2,)})
        plan = {
            "model": {"arrays": "initial.safetensors", "private": ["b"]}, "clients": 2, "rounds": 2,
            "metrics": {"auc": "higher"}, "keep_best": "test_metrics.auc",
            "data": {"source": {"type": "trainer"}, "test_fraction": 0.25},
        }
        text = self.inspect(self.write_plan(plan))
        for part in (
            "Model: that of a trainer of one's own", "w: 3 x 2, float32, trained", "b: a number, float32, stays at the client",
            "norm.running_mean: 2, float32, a statistic, averaged plainly", "together 9 values, of which 8 travel",
            "Tested by the clients on 0.25 of their samples", "the trainers' metric auc: the higher the better",
            "the best model is that with the best test_metrics.auc",
        ):
            self.assertIn(part, text)
        self.assertNotIn("tables", text)
        said = json.loads(self.inspect("plan.json", "--json"))
        self.assertEqual([one["name"] for one in said["arrays"]], ["w", "norm.running_mean", "b"])
        self.assertEqual((said["parameters"], said["private_parameters"]), (9, 1))
        plan["model"]["private"] = ["bb"]
        errors = self.inspect(self.write_plan(plan), ends_with=1)
        self.assertIn('model.private names "bb", which no array of the model is called (did you mean "b"?)', errors)
        # The file may lie at the master alone.
        (self.folder / "initial.safetensors").unlink()
        text = self.inspect("plan.json")
        self.assertIn("initial.safetensors, a file that is not here", text)
        self.assertIn("bb: stays at the client", text)
        plan["model"] = {"from": "trainer"}
        plan["data"]["test_fraction"] = 0
        del plan["keep_best"]
        text = self.inspect(self.write_plan(plan))
        self.assertIn("what the trainer of the first client begins with", text)
        self.assertIn("Tested by nobody, unless the master has an --evaluator", text)
        self.assertIsNone(json.loads(self.inspect("plan.json", "--json"))["arrays"])

    def test_the_verdict_comes_once_at_the_end_and_is_right(self):
        def verdict(*arguments):
            code, output, errors = run_program("fedasio", "inspect", *arguments, directory=self.folder)
            if code == 0:
                self.assertTrue(output.endswith("\nIt can be used.\n"), output)
                self.assertEqual(output.count("can be used"), 1, output)
            else:
                self.assertNotIn("can be used", output)
            return code, output, errors

        self.assertEqual(verdict(self.write_plan(self.plan()))[0], 0)
        self.assertEqual(verdict(".", "--plan", "plan.json")[0], 0)
        # Nothing is praised before its fault is found.
        for shapes, private, fault in (
            ({"w": (2,)}, ["none"], "no array of the model is called"),
            (None, [], "too few for a safetensors file"),
            (math.nan, [], "`w` holds a NaN"),
        ):
            model = self.folder / "initial.safetensors"
            save_zeros(model, shapes if isinstance(shapes, dict) else {"w": (2,)})
            if shapes is None:
                model.write_bytes(b"123")
            elif shapes is math.nan:
                model.write_bytes(model.read_bytes()[:-4] + struct.pack("<f", math.nan))
            plan = {"model": {"arrays": "initial.safetensors", "private": private}, "clients": 2, "rounds": 2,
                    "data": {"source": {"type": "trainer"}}}
            code, output, errors = verdict(self.write_plan(plan))
            self.assertEqual((code, output), (1, ""))
            self.assertIn(fault, errors)
        code, output, errors = verdict(model)
        self.assertEqual((code, output), (1, ""))
        self.assertIn("`w` holds a NaN", errors)
        save_zeros(model, {"w": (2,)})
        self.assertEqual(verdict(model)[0], 0)

    def test_data_that_the_network_of_the_plan_cannot_take_cannot_be_used(self):
        plan = self.plan()
        plan["model"]["input"] = [4, 4]
        code, output, _ = run_program("fedasio", "inspect", ".", "--plan", self.write_plan(plan), directory=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("Problem: a sample of the data is [8, 8] (height, width, channels), but model.input is [4, 4, 1]", output)
        self.assertTrue(output.endswith("\nIt cannot be used.\n"), output)
        plan["model"]["input"] = [8, 8]
        plan["model"]["layers"][-1]["units"] = 3
        code, output, _ = run_program("fedasio", "inspect", ".", "--plan", self.write_plan(plan), directory=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("the data has 4 classes, but the model's last layer has 3 units", output)
        (self.folder / "ward.csv").write_text("x,label\n1,a\n2,b\n3,c\n4,a\n")
        table = {"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}, "clients": 2, "rounds": 1,
                 "data": {"source": {"type": "csv", "label": "label"}, "partition": {"scheme": "local"}}}
        code, output, _ = run_program("fedasio", "inspect", "ward.csv", "--plan", self.write_plan(table), directory=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("the data has 3 classes, but the model's last layer has 2 units", output)
        self.assertTrue(output.endswith("\nIt cannot be used.\n"), output)
        table["model"]["layers"][0]["units"] = 3
        output = self.inspect("ward.csv", "--plan", self.write_plan(table))
        self.assertTrue(output.endswith("\nIt can be used.\n"), output)

    def agree(self, plan, data, fault=None):
        """What inspect says of data is what becomes of a worker with them: used, or refused in these words."""
        path = self.write_plan(plan)
        code, output, errors = run_program("fedasio", "simulate", path, "--data", data, directory=self.folder)
        self.assertEqual(code, 0 if fault is None else 1, output + errors)
        inspected, shown, said = run_program("fedasio", "inspect", data, "--plan", path, directory=self.folder)
        self.assertEqual(inspected, code, shown + said)
        if fault is None:
            self.assertTrue(shown.endswith("\nIt can be used.\n"), shown)
            return shown
        self.assertNotIn("It can be used", shown)
        reason = shown.partition("\nProblem: ")[2].partition("\n")[0] or said.removeprefix("fedasio: ").rstrip("\n")
        self.assertIn(fault, reason)
        self.assertIn(reason, errors)
        return shown

    def tables_plan(self, scheme="local", units=2, clients=1, **source):
        layers = [{"type": "dense", "units": units, "activation": "softmax"}]
        source.update({} if scheme == "local" else {"train": "t.csv"})
        return {"model": {"layers": layers}, "clients": clients, "rounds": 1,
                "data": {"source": {"type": "csv", "label": "out", **source}, "partition": {"scheme": scheme}}}

    def test_a_table_that_a_worker_refuses_is_refused_in_its_words(self):
        (self.folder / "t.csv").write_text("x,site,out\n1,a,p\n2,b,q\n3,zz,p\n4,a,q\n")
        site = {"site": {"type": "categorical", "categories": ["a", "b"]}}
        classes = {"out": {"type": "categorical", "categories": ["p", "r"]}}
        plan = self.tables_plan(columns=site)
        shown = self.agree(plan, "t.csv", "t.csv, line 4: column 'site': 'zz' is no known category")
        self.assertIn("What a worker tells the master of it (296 bytes)", shown)  # a survey does not see it
        self.agree(self.tables_plan(columns=site, unseen="other"), "t.csv")
        self.agree(self.tables_plan(columns=classes), "t.csv", "line 3: column 'out': 'q' is no known class")
        shown = self.agree(self.tables_plan(columns=classes, unseen="other"), "t.csv")
        self.assertIn("2 rows are left out: the plan's classes do not have theirs", shown)
        classes["out"]["categories"] = ["r", "s"]
        self.agree(self.tables_plan(columns=classes, unseen="other"), "t.csv", "no row can be used; of the first")
        self.agree(self.tables_plan("iid", clients=5), "t.csv", "5 clients cannot be cut from 4 samples")
        self.agree(self.tables_plan("iid", clients=4), "t.csv")
        plan = self.tables_plan("shards", clients=3)
        plan["data"]["partition"]["shards_per_client"] = 2
        self.agree(plan, "t.csv", "6 shards cannot be cut from 4 samples")
        self.agree(self.tables_plan(columns={"y": "ignored"}), "t.csv", "there is no column 'y'")
        (self.folder / "empty.csv").write_text("x,out\n,p\n,q\n")
        self.agree(self.tables_plan(columns={"x": "categorical"}), "empty.csv", "no column has a value to learn from")
        code, output, errors = run_program(
            "fedasio", "inspect", "t.csv", "--plan", self.write_plan(self.tables_plan(columns=site)), "--json",
            directory=self.folder,
        )
        self.assertEqual(code, 1, errors)
        (problem,) = json.loads(output)["problems"]
        self.assertIn("'zz' is no known category", problem)

    def test_inputs_that_the_plan_counts_are_compared_where_no_other_table_changes_them(self):
        (self.folder / "t.csv").write_text("x,site,out\n1,a,p\n2,b,q\n3,c,p\n4,a,q\n")
        for scheme, columns, inputs, fault in (
            ("iid", {}, 3, "a sample of the data is [4], but model.input is [3]"),
            ("iid", {}, 4, None),
            ("local", {"site": "ignored"}, 2, "a sample of the data is [1], but model.input is [2]"),
            ("local", {}, 5, None),  # others may know a fourth site
        ):
            plan = self.tables_plan(scheme, columns=columns)
            plan["model"]["input"] = inputs
            with self.subTest(scheme, inputs=inputs):
                code, output, errors = run_program(
                    "fedasio", "inspect", "t.csv", "--plan", self.write_plan(plan), directory=self.folder
                )
                self.assertEqual(code, 0 if fault is None else 1, output + errors)
                self.assertIn(fault or "It can be used", output)

    def test_images_that_a_worker_refuses_are_refused_in_its_words(self):
        plan = self.plan(clients=500)
        self.agree(plan, ".", "500 clients cannot be cut from 400 samples")
        plan = self.plan(clients=2, rounds=1)
        self.agree(plan, ".")
        self.agree(plan, "train-images", "is not a folder; for IDX data --data names the folder")
        names = ["bag", "coat"]
        write_pictures(self.folder / "mine", 12, 10, names)
        plan["model"]["input"] = [8, 8, 1]
        plan["data"] = {"source": {"type": "images", "classes": names}, "partition": {"scheme": "local"}}
        plan["clients"] = 1
        self.agree(plan, "mine")
        plan["data"]["source"]["classes"] = ["bag", "boot"]
        self.agree(plan, "mine", "'coat' is not among `classes`")
        plan["data"] = {"source": {"type": "images"}, "partition": {"scheme": "iid"}}
        plan["data"]["source"]["train"] = "mine"
        plan["clients"] = 13
        self.agree(plan, "mine", "13 clients cannot be cut from 12 samples")
        plan["clients"] = 1
        picture = self.folder / "mine" / "coat" / "0003.png"
        picture.write_bytes(picture.read_bytes()[:50])
        self.agree(plan, "mine", "0003.png: is a damaged PNG")
        plan["data"]["source"]["on_error"] = "skip"
        self.assertIn("Left out: ", self.agree(plan, "mine"))

    def test_every_kind_of_data_as_json(self):
        write_pictures(self.folder / "mine", 5, 10, ["bag", "coat", "shoe"])
        said = json.loads(self.inspect("mine", "--json"))
        classes = [{"name": "bag", "samples": 2}, {"name": "coat", "samples": 2}, {"name": "shoe", "samples": 1}]
        self.assertEqual(said, {
            "kind": "images", "file": "mine", "samples": 5, "dims": [8, 8, 1], "classes": classes, "left_out": 0,
            "problems": [], "notes": [],
        })
        self.assertIn("5 images of 8 x 8 x 1, 3 classes (samples of each: 2, 2, 1)", self.inspect("mine"))
        plan = self.plan(clients=1)
        plan["model"]["input"] = [8, 8, 1]
        plan["data"] = {"source": {"type": "images", "train": "mine"}, "partition": {"scheme": "iid"}}
        self.assertEqual(json.loads(self.inspect("mine", "--plan", self.write_plan(plan), "--json")), said)
        plan["model"]["layers"][-1]["units"] = 2
        code, output, _ = run_program(
            "fedasio", "inspect", "mine", "--plan", self.write_plan(plan), "--json", directory=self.folder
        )
        self.assertEqual(code, 1)
        self.assertIn("the data has 3 classes, but the model's last layer has 2 units", json.loads(output)["problems"][0])
        alone = json.loads(self.inspect("train-images", "--json"))
        self.assertEqual((alone["kind"], alone["samples"], alone["dims"]), ("images", 400, [8, 8]))
        folder = json.loads(self.inspect(".", "--json"))
        self.assertEqual((folder["kind"], folder["file"]), ("folder", "."))
        self.assertEqual([one["samples"] for one in folder["images"]], [400])
        self.assertEqual(json.loads(self.inspect(".", "--plan", self.write_plan(self.plan()), "--json"))["samples"], 400)
        self.table("t.csv", self.rows(20))
        (self.folder / "tables").mkdir()
        (self.folder / "tables" / "one.csv").write_bytes((self.folder / "t.csv").read_bytes())
        for table in ("t.csv", "tables"):
            said = json.loads(self.inspect(table, "--label", "state", "--json"))
            self.assertEqual((said["kind"], said["summary"]["rows"]), ("table", 20))

    def test_the_digest_of_a_model_is_shown_once_and_a_changed_one_is_told(self):
        model = self.classes()
        text = self.inspect(model)
        self.assertEqual(text.count("weights_sha256"), 1, text)
        self.assertNotIn("changed", text)
        content = model.read_bytes()
        model.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        text = self.inspect(model)
        self.assertEqual(text.count("weights_sha256"), 1, text)
        self.assertIn("its weights were changed after it was written", text)

    def test_a_checkpoint(self):
        plan = self.plan(checkpoint_every=1, strategy={"type": "fedadam"})
        code, _, errors = run_program(
            "fedasio", "simulate", self.write_plan(plan), "--state-dir", "state", "--report", "report.json",
            directory=self.folder,
        )
        self.assertEqual(code, 0, errors)
        digest = json.loads(self.inspect(self.folder / "plan.json", "--json"))["plan_digest"]
        (last,) = (self.folder / "state" / "checkpoints").glob("*-0000000002.safetensors")
        said = json.loads(self.inspect(last, "--json"))
        report = json.loads((self.folder / "report.json").read_text())
        self.assertEqual((said["kind"], said["round"], said["seed"]), ("checkpoint", 2, 5))
        self.assertEqual(said["plan_digest"], digest)
        self.assertEqual(said["weights_sha256"], report["weights_sha256"])
        self.assertEqual(set(said["strategy_state"].values()), {said["parameters"]})
        text = self.inspect(last)
        self.assertIn("undamaged", text)
        self.assertIn("round 2, seed 5", text)
        content = bytearray(last.read_bytes())
        content[-3] ^= 1
        last.write_bytes(content)
        self.assertIn("SHA-256", self.inspect(last, ends_with=1))

    def test_hostile_files(self):
        model = self.classes()
        content = model.read_bytes()

        def set_offsets(header):
            header["0.dense.bias"]["data_offsets"] = [0, 1 << 62]

        def set_shape(header):
            header["0.dense.bias"]["shape"] = [1 << 32, 1 << 32]

        def set_network(header):
            header["__metadata__"]["network"] = '{"layers": [{"type": "dense", "units": 2000000000}]}'

        def set_escape(header):
            header["\x1b[31mred"] = {**header.pop("0.dense.bias"), "dtype": "F16"}

        cases = {
            "escape": with_header(model, set_escape),
            "empty": b"",
            "header": struct.pack("<Q", 1 << 40) + b"{" + b" " * 64,
            "deep": struct.pack("<Q", 4000) + b'{"a":' * 800,
            "cut": content[: len(content) - 4],
            "longer": content + b"\0" * 4,
            "offsets": with_header(model, set_offsets),
            "shape": with_header(model, set_shape),
            "network": with_header(model, set_network),
            "half": with_header(model, lambda header: header["0.dense.bias"].update(dtype="F16")),
        }
        for name, bad in cases.items():
            with self.subTest(name):
                file = self.folder / f"{name}.safetensors"
                file.write_bytes(bad)
                errors = self.inspect(file, ends_with=1)
                self.assertTrue(errors.startswith(f"fedasio: {file}: "), errors)
                self.assertEqual(errors.count("\n"), 1, errors)
                self.assertNotIn("\x1b", errors)

    def test_a_checkpoint_that_says_it_is_one(self):
        model = self.classes()
        file = self.folder / "claims.safetensors"
        file.write_bytes(with_header(model, lambda header: header["__metadata__"].update(history="{}")))
        self.assertIn("it is no checkpoint", self.inspect(file, ends_with=1))


if __name__ == "__main__":
    unittest.main()
