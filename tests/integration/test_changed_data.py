"""Data that changes on disk, or is not the same everywhere: what is trained on is what is there, and is told by digest."""

import array
import json
import os
import shutil

import frames
from federation import Federation
from native_worker import NativeWorker, listen
from programs import BIN

SCHEMA = {
    "delimiter": ",",
    "standardize": False,
    "regression": True,
    "label": "y",
    "label_mean": 0,
    "label_deviation": 1,
    "classes": [],
    "columns": [{"name": "x", "type": "numeric", "mean": 0, "deviation": 1}],
}
LOAD = {
    "seed": 1,
    "source": {"type": "csv", "label": "y"},
    "partition": {"scheme": "local", "samples_per_client": 0},
    "holdout": 0,
    "clients_total": 1,
    "clients": [0],
    "schema": SCHEMA,
}
MODEL = {
    "seed": 1,
    "network": {"input": [1], "loss": "mean_squared_error", "layers": [{"type": "dense", "units": 1}]},
    "local": {"epochs": 1, "batch_size": 8, "optimizer": {"type": "sgd", "learning_rate": 0.25}},
    "parameters": 2,
}


class Changed(Federation):
    def round(self, listener):
        """One connection of the worker, one update of it: what it loaded, and the weight that it trained."""
        worker = NativeWorker(listener)
        loaded = worker.ask(frames.LOAD, LOAD).meta
        worker.ask(frames.MODEL, MODEL)
        worker.ask(frames.WEIGHTS, {"version": 1}, array.array("f", [0, 0]).tobytes())
        update = worker.ask(frames.TRAIN, {"round": 1, "client": 0, "version": 1})
        worker.hang_up()
        worker.close()
        return loaded, array.array("f", update.body)[0]

    def test_a_table_that_changed_between_two_connections(self):
        table = self.folder / "mine.csv"
        table.write_text("x,y\n2,1\n")
        listener, address = listen(self)
        self.program(BIN / "fedasio-worker", "--connect", address, "--name", "owner", "--data", table)
        first, weight = self.round(listener)
        self.assertEqual(weight, 1.0)
        # Nothing has changed: the same, whether trained anew or kept.
        self.assertEqual(self.round(listener), (first, weight))
        # As many bytes, and the time of before: only a look at the file's identity tells it.
        before = table.stat()
        table.write_text("x,y\n2,3\n")
        os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))
        second, weight = self.round(listener)
        self.assertEqual(weight, 3.0)
        self.assertNotEqual(second["digest"], first["digest"])
        # Another file in its place, with other rows.
        other = self.folder / "other.csv"
        other.write_text("x,y\n2,5\n2,5\n")
        other.rename(table)
        third, weight = self.round(listener)
        self.assertEqual((weight, third["clients"][0]["samples"]), (5.0, 2))

    def test_one_worker_that_reads_other_files_than_the_rest_is_left_out(self):
        odd = self.folder / "odd"
        odd.mkdir()
        for name in ("train-images", "train-labels"):
            shutil.copy(self.folder / name, odd / name)
        labels = bytearray((odd / "train-labels").read_bytes())
        labels[-1] = (labels[-1] + 1) % 4
        (odd / "train-labels").write_bytes(labels)
        report = self.folder / "report.json"
        master = self.master(self.plan(), "--autostart", "--exit-when-done", "--min-workers", "3", "--report", report)
        self.worker(master, "odd", "--data", odd)
        for number in (1, 2):
            self.worker(master, f"worker-{number}")
        self.assertEqual(master.wait_exit(), 0, master.text())
        said = [entry["text"] for entry in master.log("notice") if "cannot take part" in entry["text"]]
        self.assertEqual(len(said), 1, said)
        self.assertIn("odd cannot take part: its training data", said[0])
        told = json.loads(report.read_text())
        self.assertEqual(len(set(told["data_sha256"].values())), 2, told)
        self.assertEqual(told["weights_sha256"], self.run_to_the_end(self.plan(), [])["weights_sha256"])
