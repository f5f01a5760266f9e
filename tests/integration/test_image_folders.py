"""Folders of pictures: shared ones and those of owners, test files, damaged ones, and what a worker written elsewhere would read."""

import json
import struct
import unittest
import zlib

from federation import Federation
from programs import run_program
from sample_data import write_pictures

NAMES = ["ankle boot", "bag", "coat", "dress"]


class ImageFolders(Federation):
    def pictures_plan(self, source, scheme="iid", clients=4):
        plan = self.plan(clients=clients)
        plan["model"]["input"] = [8, 8, 1]
        plan["data"] = {"source": {"type": "images", **source}, "partition": {"scheme": scheme}}
        return plan

    def simulate(self, plan, *arguments, ends_with=0):
        code, output, errors = run_program(
            "fedasio", "simulate", self.write_plan(plan), *arguments, directory=self.folder
        )
        self.assertEqual(code, ends_with, output + errors)
        return output + errors

    def report(self):
        return json.loads((self.folder / "report.json").read_text())

    def test_a_shared_folder_trains_as_the_same_pixels_in_idx_files_do(self):
        """With classes and samples in the same order the weights are the same bits."""
        write_pictures(self.folder / "train", 200, 1, NAMES)
        write_pictures(self.folder / "test", 40, 2, NAMES)
        self.simulate(
            self.pictures_plan({"train": "train", "test": "test"}),
            "--report", "report.json", "--save", "pictures.safetensors", "--workers", "2",
        )
        pictures = self.report()
        for part, count in (("train", 200), ("test", 40)):
            pixels = b"".join(
                self.pixels_of(part, label, index) for label in range(4) for index in range(label, count, 4)
            )
            labels = bytes(label for label in range(4) for _ in range(label, count, 4))
            (self.folder / f"{part}-idx").write_bytes(struct.pack(">BBBBIII", 0, 0, 8, 3, count, 8, 8) + pixels)
            (self.folder / f"{part}-idx-labels").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels)
        plan = self.plan()
        plan["model"]["input"] = [8, 8, 1]
        plan["data"]["source"] = {
            "type": "idx", "train_images": "train-idx", "train_labels": "train-idx-labels",
            "test_images": "test-idx", "test_labels": "test-idx-labels",
        }
        self.simulate(plan, "--report", "report.json")
        idx = self.report()
        self.assertEqual(pictures["weights_sha256"], idx["weights_sha256"])
        self.assertEqual(
            [one["test_accuracy"] for one in pictures["rounds"]], [one["test_accuracy"] for one in idx["rounds"]]
        )

    def pixels_of(self, part, label, index):
        """Of a PNG as write_pictures() makes it: rows behind a byte each."""
        content = (self.folder / part / NAMES[label] / f"{index:04}.png").read_bytes()
        (length,) = struct.unpack_from(">I", content, 33)
        rows = zlib.decompress(content[41 : 41 + length])
        return b"".join(rows[9 * y + 1 : 9 * y + 9] for y in range(8))

    def test_owners_with_their_own_folders_a_master_and_workers(self):
        write_pictures(self.folder / "north", 60, 3, NAMES)
        write_pictures(self.folder / "south", 60, 4, NAMES[:2])
        write_pictures(self.folder / "test", 20, 5, NAMES)
        plan = self.pictures_plan({"test": "test", "classes": NAMES}, scheme="local", clients=2)
        master = self.master(plan, "--save", "local.safetensors")
        self.worker(master, "north", "--data", "north")
        self.worker(master, "south", "--data", "south")
        master.wait_workers(2)
        finished = master.train()
        self.assertEqual(finished["outcome"], "rounds_done")
        code, output, errors = run_program(
            "fedasio", "predict", "local.safetensors", "--data", "test", "--evaluate", directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        for name in NAMES:
            self.assertIn(name, output)

    def test_damaged_files_end_it_or_are_left_out_and_named(self):
        write_pictures(self.folder / "train", 80, 6, NAMES)
        write_pictures(self.folder / "test", 20, 7, NAMES)
        for number in (0, 4, 8):
            file = self.folder / "train" / NAMES[0] / f"{number:04}.png"
            file.write_bytes(file.read_bytes()[:50])
        said = self.simulate(self.pictures_plan({"train": "train", "test": "test"}), ends_with=1)
        self.assertIn("0000.png: is a damaged PNG", said)
        self.assertIn('"on_error": "skip"', said)
        said = self.simulate(
            self.pictures_plan({"train": "train", "test": "test", "on_error": "skip"}), "--report", "report.json"
        )
        self.assertIn("leaves out 3 images that cannot be used", said)
        file = self.folder / "test" / NAMES[1] / "0001.png"
        file.write_bytes(b"GIF89a and so on")
        said = self.simulate(self.pictures_plan({"train": "train", "test": "test", "on_error": "skip"}))
        self.assertIn("0001.png: is a GIF image", said)

    def test_a_table_of_names_and_classes(self):
        write_pictures(self.folder / "train", 40, 8, NAMES)
        (self.folder / "labels.csv").write_text(
            "file,what\n" + "".join(f"{NAMES[i % 4]}/{i:04},{'odd' if i % 2 else 'even'}\n" for i in range(40))
        )
        plan = self.pictures_plan({"train": "train", "train_labels": "labels.csv", "classes": ["even", "odd"]})
        plan["model"]["layers"][-1]["units"] = 2
        self.simulate(plan, "--save", "odd.safetensors")
        code, output, errors = run_program(
            "fedasio", "predict", "odd.safetensors", "--data", "train", "--labels", "labels.csv", "--evaluate",
            directory=self.folder,
        )
        self.assertEqual(code, 0, errors)
        self.assertIn("samples: 40\n", output)
        self.assertRegex(output, r"(?m)^ *even ")

    def test_plans_that_cannot_be(self):
        write_pictures(self.folder / "train", 8, 9, NAMES)

        def refused(source, scheme="iid", **model):
            plan = self.pictures_plan(source, scheme)
            plan["model"].update(model)
            return self.simulate(plan, ends_with=1)

        self.assertIn("data.source.classes", refused({}, "local"))
        self.assertIn("data.source.train", refused({}))
        self.assertIn("2 channels", refused({"train": "train"}, input=[8, 8, 2]))
        self.assertIn("data.source.size", refused({"train": "train", "size": [9, 9]}))
        self.assertIn("already in the list", refused({"train": "train", "classes": ["a", "a"]}))
        self.assertIn("'coat' is not among `classes`", refused({"train": "train", "classes": ["bag", "ankle boot"]}))

    def test_inspect_shows_what_a_worker_would_read(self):
        write_pictures(self.folder / "mine", 12, 10, NAMES)
        plan = self.write_plan(self.pictures_plan({"classes": NAMES}, scheme="local", clients=1))
        code, output, errors = run_program("fedasio", "inspect", "mine", "--plan", plan, directory=self.folder)
        self.assertEqual(code, 0, errors)
        self.assertIn("12 images of 8 x 8 x 1, 4 classes (samples of each: 3, 3, 3, 3)", output)


if __name__ == "__main__":
    unittest.main()
