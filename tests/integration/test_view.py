"""fedasio view and export-run: the runs of a folder in the browser, for TensorBoard and for MLflow."""

import json
import signal
import struct
import unittest
import urllib.error
import urllib.request

from federation import Federation
from programs import BIN, PATIENCE, run_program
from sample_data import TEST_FILES

RATE = "local.optimizer.learning_rate"


def crc32c(data):
    """RFC 3720, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(content):
    """The records of a TFRecord file, each with right checksums."""
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        assert struct.unpack_from("<I", content, at + 8) == (masked(content[at : at + 8]),)
        data = content[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", content, at + 12 + length) == (masked(data),)
        yield data
        at += 16 + length


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """The fields of a protobuf message by their numbers."""
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            form, size = {1: ("<d", 8), 5: ("<f", 4)}[kind]
            (value,) = struct.unpack_from(form, data, at)
            at += size
        found[key >> 3] = value
    return found


class View(Federation):
    def setUp(self):
        super().setUp()
        plan = self.plan(rounds=2)
        plan["data"]["source"].update(TEST_FILES)
        self.write_plan(plan)

    def fedasio(self, *arguments):
        code, output, errors = run_program("fedasio", *arguments, directory=self.folder)
        self.assertEqual(code, 0, errors)
        return output

    def sweep(self):
        self.fedasio("sweep", "--out", "out/rates", "--grid", f"{RATE}=0.01,0.1", "plan.json")

    def view(self, *arguments):
        program = self.program(BIN / "fedasio", "view", "--dashboard", "127.0.0.1:0", *arguments)
        url = program.wait_line("stdout", "dashboard ").split(" ", 1)[1]

        def ask(path, body=None):
            data = None if body is None else json.dumps(body).encode()
            request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.read()

        return program, lambda path, body=None: json.loads(ask(f"api/v1/{path}", body)), ask

    def test_shows_sweeps_and_simulations_of_a_folder(self):
        self.sweep()
        self.fedasio("simulate", "plan.json", "--seed", "9", "--state-dir", "out/alone")
        program, get, ask = self.view("out")
        self.assertIn(b"<!doctype", ask("").lower())
        runs = get("runs")
        self.assertEqual(len(runs), 3)
        self.assertEqual(runs[0]["seed"], 9, "the latest is first")
        self.assertEqual([run["rounds"] for run in runs], [2, 2, 2])
        self.assertNotIn("plan_json", runs[0])
        self.assertTrue(all("plan_json" in run for run in get("runs?plans=1")))
        rates = set()
        for run in runs:
            whole = get(f"runs/{run['run']}")
            rates.add(whole["plan_json"]["local"]["optimizer"]["learning_rate"])
            self.assertEqual(len(get(f"runs/{run['run']}/rounds")), 2)
            self.assertEqual(get(f"runs/{run['run']}/evaluation")["round"], 2)
            self.assertEqual([lanes["round"] for lanes in get(f"runs/{run['run']}/lanes")], [1, 2])
        self.assertGreaterEqual(len(rates), 2)
        self.assertEqual(get("status")["run"], "")
        # What is said of a run stays with it.
        said = {"name": "best of all", "note": "two\nlines", "tags": ["paper"], "pinned": True}
        self.assertEqual(get(f"runs/{runs[2]['run']}/labels", said), said)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            get("commands", {"command": "train"})
        with refused.exception as answer:
            self.assertEqual(answer.code, 409)
        program.signal(signal.SIGTERM)
        self.assertEqual(program.wait_exit(), 0)
        _, get, _ = self.view("out")
        self.assertEqual(next(run for run in get("runs") if run["labels"])["labels"], said)

    def test_says_what_it_cannot_show(self):
        for arguments, problem in (
            (["nowhere"], "there is no folder nowhere"),
            (["."], "there is no history.sqlite"),
        ):
            code, _, errors = run_program("fedasio", "view", *arguments, directory=self.folder)
            self.assertEqual(code, 1)
            self.assertIn(problem, errors)
        self.sweep()
        code, _, errors = run_program(
            "fedasio", "view", "out", "--dashboard", "0.0.0.0:0", directory=self.folder
        )
        self.assertEqual(code, 1)
        self.assertIn("use a loopback address", errors)

    def test_writes_what_tensorboard_reads(self):
        self.sweep()
        self.fedasio("export-run", "--from", "out/rates", "--tensorboard", "logs")
        files = sorted((self.folder / "logs").glob("*/events.out.tfevents.*"))
        self.assertEqual(len(files), 2)
        for file in files:
            first, *rest = (fields(data) for data in records(file.read_bytes()))
            self.assertEqual(first[3], b"brain.Event:2")
            found = {}
            for event in rest:
                value = fields(fields(event[5])[1])
                found.setdefault(value[1].decode(), {})[event[2]] = value[2]
            rows = json.loads((self.folder / "out/rates/results.json").read_text())["rows"]
            self.assertEqual(sorted(found["test/accuracy"]), [1, 2])
            self.assertTrue(
                any(abs(row["last_test_accuracy"] - found["test/accuracy"][2]) < 1e-6 for row in rows)
            )
            self.assertIn("seconds/training", found)

    def test_writes_what_mlflow_reads(self):
        self.sweep()
        code, _, errors = run_program(
            "fedasio", "export-run", "--from", "out/rates", "--mlflow", "ml", "ffffffffffffffff0", directory=self.folder
        )
        self.assertEqual(code, 1)
        self.assertIn("there is no run", errors)
        self.fedasio("export-run", "--from", "out/rates", "--mlflow", "ml")
        (experiment,) = (self.folder / "ml").iterdir()
        runs = [entry for entry in experiment.iterdir() if entry.is_dir()]
        self.assertEqual(len(runs), 2)
        rates = {(run / "params" / RATE).read_text() for run in runs}
        self.assertEqual(rates, {"0.01", "0.1"})
        for run in runs:
            lines = (run / "metrics/test/accuracy").read_text().splitlines()
            self.assertEqual([line.split()[2] for line in lines], ["1", "2"])
            self.assertIn("status: 3", (run / "meta.yaml").read_text())
            report = json.loads((run / "artifacts/report.json").read_text())
            self.assertEqual(len(report["rounds"]), 2)


if __name__ == "__main__":
    unittest.main()
