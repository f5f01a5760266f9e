"""Where a file is expected somebody may have put something else: a pipe, a socket, a folder, a device, a link to itself,
a file that nobody may read. Nobody waits for it, and it is named."""

import json
import os
import socket
import unittest
import urllib.error
import urllib.request

from federation import Federation
from programs import BIN, PATIENCE, run_program

# What each is called where it is refused.
STRANGE = {
    "pipe": "is a pipe",
    "zero": "is a device",
    "socket": "is a socket",
    "folder": "is a folder",
    "kernel": "is made up by the kernel",
    "loop": "Too many levels of symbolic links",
}


def make_strange(kind, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(str(path))
    elif kind == "folder":
        path.mkdir()
    elif kind == "kernel":
        path.symlink_to("/proc/version")
    elif kind == "loop":
        path.symlink_to(path.name)


class StrangeFiles(Federation):
    def answer(self, master, path, body=None):
        request = urllib.request.Request(
            f"{master.dashboard}/api/v1/{path}", data=body, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def test_among_the_saved_models(self):
        models = self.folder / "state" / "models"
        for kind in STRANGE:
            make_strange(kind, models / f"{kind}.safetensors")
        master = self.master(self.plan())
        self.assertEqual(master.get("status")["models"], [])
        self.workers(master, 1)
        for kind, reason in STRANGE.items():
            for path, body in (("", None), ("/arrays/0/histogram", None), ("/predict", b'{"pixels": []}')):
                status, text = self.answer(master, f"models/{kind}{path}", body)
                self.assertEqual(status, 409, (kind, path, text))
                self.assertIn(f"{kind}.safetensors", text)
            self.assertIn(reason, self.answer(master, f"models/{kind}")[1])
            refused = master.refused("load", name=kind)
            self.assertIn(reason, refused)
            self.assertIn(f"{kind}.safetensors", refused)
        # All of its threads are there to train.
        self.assertEqual(master.train()["outcome"], "rounds_done")

    def test_in_the_place_of_what_a_master_keeps(self):
        state = self.folder / "state"
        make_strange("pipe", state / "models" / "best.safetensors")
        make_strange("pipe", state / "models" / "last.safetensors.partial")
        plan = self.plan(checkpoint_every=1)
        said = json.loads(
            run_program("fedasio", "inspect", self.write_plan(plan), "--json", directory=self.folder)[1]
        )
        make_strange("pipe", state / "checkpoints" / f"{said['plan_digest'][:16]}-0000000009.safetensors")
        master = self.master(plan, "--resume", "--autostart")
        self.workers(master, 1)
        master.wait_event("training_finished", outcome="rounds_done")
        master.wait_log("notice", "0000000009.safetensors: is a pipe")
        master.wait_log("notice", "last.safetensors.partial")  # it is told which could not be kept
        self.assertTrue((state / "models" / f"best-{said['plan_digest'][:8]}.safetensors").exists())

    def test_in_the_place_of_the_history(self):
        state = self.folder / "state"
        make_strange("pipe", state / "history.sqlite")
        master = self.master(self.plan())
        self.workers(master, 1)
        self.assertEqual(master.train()["outcome"], "rounds_done")
        status, text = self.answer(master, "runs")
        self.assertEqual(status, 500)
        self.assertIn("history.sqlite: cannot open it", text)
        code, _, errors = run_program("fedasio", "view", self.folder, directory=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("there is no history.sqlite", errors)

    def test_in_the_place_of_a_plan_a_model_or_data(self):
        plan = self.write_plan(self.plan())
        code, _, errors = run_program("fedasio", "simulate", plan, "--save", "model.safetensors", directory=self.folder)
        self.assertEqual(code, 0, errors)
        for kind in ("pipe", "zero", "kernel"):
            reason = "" if kind == "zero" else STRANGE[kind]
            strange = self.folder / f"{kind}.json"
            make_strange(kind, strange)
            for command in (
                ("fedasio", "inspect", strange),
                ("fedasio", "simulate", strange),
                ("fedasio", "sweep", strange),
                ("fedasio", "start", strange),
                ("fedasio", "inspect", "--plan", strange, "train-images"),
                ("fedasio", "predict", strange, "--data", "train-images"),
                ("fedasio", "predict", "model.safetensors", "--data", strange),
                ("fedasio-master", "--plan", strange, "--listen", "127.0.0.1:0", "--state-dir", "other"),
            ):
                code, output, errors = run_program(*command, directory=self.folder)
                self.assertIn(code, (1, 2), command)
                self.assertIn(reason, errors)
                self.assertNotIn("can be used", output)
            make_strange(kind, self.folder / kind / "a.csv")
            code, _, errors = run_program("fedasio", "inspect", kind, directory=self.folder)
            self.assertEqual(code, 1)
            self.assertIn(f"{kind}/a.csv: {STRANGE[kind]}", errors)
        # A shell's own pipe is another matter, unless it would be read twice.
        code, _, errors = run_program(
            "/bin/bash", "-c", f"exec {BIN}/fedasio simulate <(cat {plan})", directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        for command in (
            "inspect <(cat plan.json)", "inspect <(cat model.safetensors)", "inspect <(cat train-images)",
            "predict <(cat model.safetensors) --data train-images", "export <(cat model.safetensors) --npz model.npz",
            "predict model.safetensors --data <(cat train-images)", "inspect <(cat train-images) --plan plan.json",
        ):
            code, output, errors = run_program("/bin/bash", "-c", f"exec {BIN}/fedasio {command}", directory=self.folder)
            self.assertEqual((code, output), (1, ""), command)
            self.assertRegex(errors, "^fedasio: /dev/fd/[0-9]+: is a pipe, which can be read only once: write it to a file")

    def test_in_the_place_of_keys_and_certificates(self):
        for command in (("init", "pki"), ("issue", "pki", "worker", "north")):
            code, _, errors = run_program("fedasio", "pki", *command, directory=self.folder)
            self.assertEqual(code, 0, errors)
        kit = self.folder / "pki" / "kits" / "north"
        commands = {
            kit / "key.pem": ("fedasio-worker", "--connect", "127.0.0.1:1", "--tls", kit),
            kit / "cert.pem": ("fedasio-worker", "--connect", "127.0.0.1:1", "--tls", kit),
            kit / "ca.pem": ("fedasio-worker", "--connect", "127.0.0.1:1", "--tls", kit),
            kit / "crl.pem": ("fedasio-worker", "--connect", "127.0.0.1:1", "--tls", kit),
            self.folder / "pki" / "ca.pem": ("fedasio", "pki", "issue", "pki", "worker", "south"),
            self.folder / "pki" / "ca-key.pem": ("fedasio", "pki", "issue", "pki", "worker", "south"),
            self.folder / "pki" / "crl.pem": ("fedasio", "pki", "revoke", "pki", "north"),
            self.folder / "key": ("fedasio-worker", "--connect", "127.0.0.1:1", "--key-file", "key"),
        }
        for file, command in commands.items():
            sound = file.read_bytes() if file.exists() else None
            for kind in ("pipe", "kernel"):
                file.unlink(missing_ok=True)
                make_strange(kind, file)
                with self.subTest(file=file.name, kind=kind):
                    code, _, errors = run_program(*command, directory=self.folder)
                    self.assertIn(code, (1, 2), errors)
                    self.assertIn(file.name, errors)
                    self.assertIn(STRANGE[kind], errors)
            file.unlink()
            if sound is not None:
                file.write_bytes(sound)
                file.chmod(0o600)

    def test_in_the_place_of_a_file_that_is_to_be_written(self):
        plan = self.write_plan(self.plan(rounds=1))
        self.assertEqual(run_program("fedasio", "simulate", plan, "--save", "model.safetensors", directory=self.folder)[0], 0)
        (self.folder / "null").symlink_to("/dev/null")
        make_strange("pipe", self.folder / "pipe")
        for name in ("pipe", "null", "/proc/self/fd/1", "/dev/fd/1"):
            for command in (
                ("simulate", plan, "--save"), ("simulate", plan, "--report"), ("export", "model.safetensors", "--npz"),
                ("predict", "model.safetensors", "--data", "train-images", "--out"),
            ):
                code, output, errors = run_program("fedasio", *command, name, directory=self.folder)
                self.assertEqual((code, output), (2, ""), command)
                self.assertIn(f"{name} is no file on a disk", errors)
        self.assertTrue((self.folder / "pipe").is_fifo())
        self.assertTrue((self.folder / "null").is_symlink())

    def test_a_folder_below_a_file(self):
        code, _, errors = run_program(
            "fedasio", "simulate", self.write_plan(self.plan(rounds=1)), "--state-dir", "state", directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        code, _, errors = run_program(
            "fedasio", "export-run", "--from", "state", "--tensorboard", "train-images", directory=self.folder
        )
        self.assertEqual(code, 1)
        self.assertRegex(errors, r"^fedasio: train-images/[0-9a-f]{16}: Not a directory\n$")

    def test_a_standard_output_that_takes_nothing(self):
        self.write_plan(self.plan())
        code, _, errors = run_program(
            "/bin/bash", "-c", f"exec {BIN}/fedasio inspect plan.json --json > /dev/full", directory=self.folder
        )
        self.assertEqual((code, errors), (1, "fedasio: the standard output could not be written: is the disk full?\n"))
        for program in ("fedasio", "fedasio-master", "fedasio-worker"):
            for what in ("--help", "--version", "--generate bash"):
                with self.subTest(program=program, what=what):
                    code, _, errors = run_program(
                        "/bin/bash", "-c", f"exec {BIN}/{program} {what} > /dev/full", directory=self.folder
                    )
                    expected = f"{program}: the standard output could not be written: is the disk full?\n"
                    self.assertEqual((code, errors), (1, expected))

    def test_names_that_are_no_utf8(self):
        """Names are bytes, and JSON is text: what carries them can be read all the same."""
        plan = {"model": {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}, "clients": 1, "rounds": 1,
                "data": {"source": {"type": "csv", "label": "out"}, "partition": {"scheme": "local"}}}
        odd = {name: self.folder / os.fsdecode(b"odd\xff" + name) for name in (b".json", b".csv", b"-bad.csv")}
        odd[b".json"].write_text(json.dumps(plan))
        odd[b".csv"].write_text("x,out\n1,p\n2,q\n3,p\n4,q\n")
        odd[b"-bad.csv"].write_text("x,out\n1,p\n2,q\n3,p\n4,q,r\n")
        for name in odd:
            code, output, errors = run_program("fedasio", "inspect", odd[name], "--json", directory=self.folder)
            self.assertEqual(code, 1 if b"bad" in name else 0, errors)
            if code == 0:
                self.assertTrue(json.loads(output)["file"].endswith("odd?" + name.decode()))
        sweep = ("fedasio", "sweep", odd[b".json"], "--data", odd[b".csv"], "--out", "out")
        for _ in range(2):  # the second reads what the first has written
            code, output, errors = run_program(*sweep, directory=self.folder)
            self.assertEqual(code, 0, output + errors)
        # A refusal that names the file comes to the master.
        report = self.folder / "report.json"
        master = self.master(plan, "--autostart", "--exit-when-done", "--report", report)
        self.worker(master, "odd", "--data", odd[b"-bad.csv"])
        self.assertEqual(master.wait_exit(), 1)
        self.assertIn("odd?-bad.csv, line 5: the row has 3 fields", json.loads(report.read_text())["detail"])
        code, _, errors = run_program(
            "fedasio", "simulate", odd[b".json"], "--data", odd[b".csv"], "--report", report, directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        self.assertEqual(json.loads(report.read_text())["plan"], "odd?")

    def test_in_the_folder_of_a_sweep(self):
        self.write_plan(self.plan())
        make_strange("pipe", self.folder / "out" / "results.json")
        code, _, errors = run_program("fedasio", "sweep", "plan.json", "--out", "out", directory=self.folder)
        self.assertEqual(code, 1)
        self.assertIn("results.json: is a pipe", errors)


if __name__ == "__main__":
    unittest.main()
