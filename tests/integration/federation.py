"""What the tests start from: a test case that owns a folder, masters and workers, and ends them all."""

import json
import pathlib
import shutil
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from programs import BIN, PATIENCE, Program, poll
from sample_data import write_images


class Master(Program):
    """A master that has told where it listens."""

    def __init__(self, arguments, directory, **streams):
        super().__init__(arguments, directory, **streams)
        self.workers_at = self.wait_line("stdout", "listening ").split(" ", 1)[1]
        self.dashboard = self.wait_line("stdout", "dashboard ").split(" ", 1)[1].rstrip("/")
        self.events = []

    @property
    def worker_address(self):
        host, _, port = self.workers_at.rpartition(":")
        return host, int(port)

    def get(self, path):
        with urllib.request.urlopen(f"{self.dashboard}/api/v1/{path}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def post(self, body):
        """Sends a command; gives the status and the answer."""
        request = urllib.request.Request(
            f"{self.dashboard}/api/v1/commands",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def command(self, command, **options):
        """A command that must be accepted."""
        status, answer = self.post({"command": command, **options})
        assert status == 200 and answer["accepted"], (command, answer)
        return answer["message"]

    def refused(self, command, **options):
        """A command that must be refused; gives the reason."""
        status, answer = self.post({"command": command, **options})
        assert status in (400, 409) and not answer["accepted"], (command, status, answer)
        return answer["reason"]

    def read_events(self):
        last = self.events[-1]["seq"] if self.events else 0
        self.events += self.get(f"events?after={last}")["events"]

    def now(self):
        """The number of the last event so far, for `after`."""
        self.read_events()
        return self.events[-1]["seq"] if self.events else 0

    def wait_event(self, kind, after=0, where=lambda event: True, **fields):
        """The first event after number `after` of this type, with these fields, for which `where` holds."""

        def find():
            if self.exit_code is not None:
                raise AssertionError(f"the master has ended; it said:\n{self.text()[-4000:]}")
            self.read_events()
            return next(
                (
                    event
                    for event in self.events
                    if event["seq"] > after
                    and event["type"] == kind
                    and all(event.get(key) == value for key, value in fields.items())
                    and where(event)
                ),
                None,
            )

        try:
            return poll(find, f"the event {kind} {fields}")
        except AssertionError as error:
            raise AssertionError(f"{error}; the master said:\n{self.text()[-4000:]}") from None

    def wait_joined(self, name, after=0):
        """Waits for the worker of this name; gives its number."""
        event = self.wait_event("worker_joined", after, where=lambda e: e["worker"]["name"] == name)
        return event["worker"]["worker"]

    def train(self, **options):
        """Trains and waits for the end; gives the event training_finished."""
        after = self.now()
        self.command("train", **options)
        return self.wait_event("training_finished", after)

    def wait_workers(self, count):
        """Waits until so many workers are there and known."""
        poll(lambda: self.get("status")["workers"] == count, f"{count} workers")


class Federation(unittest.TestCase):
    """Has a folder with small images, and starts programs in it."""

    longMessage = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fedasio-test-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.programs = []
        self.addCleanup(self.end_programs)
        write_images(self.folder)

    def end_programs(self):
        troubles = []
        for program in reversed(self.programs):
            troubles += program.end()
        if troubles:
            self.fail("\n\n".join(troubles))

    def plan(self, **changes):
        """A plan over the small images: four clients, two rounds."""
        plan = {
            "name": "small",
            "seed": 5,
            "model": {
                "input": [8, 8],
                "layers": [
                    {"type": "flatten"},
                    {"type": "dense", "units": 12, "activation": "relu"},
                    {"type": "dense", "units": 4, "activation": "softmax"},
                ],
            },
            "data": {
                "source": {
                    "type": "idx",
                    "train_images": "train-images",
                    "train_labels": "train-labels",
                },
                "partition": {"scheme": "iid"},
            },
            "clients": 4,
            "local": {"epochs": 1, "batch_size": 10},
            "rounds": 2,
        }
        plan.update(changes)
        return plan

    def write_plan(self, plan):
        path = self.folder / "plan.json"
        path.write_text(plan if isinstance(plan, str) else json.dumps(plan))
        return path

    def master(self, plan, *options, listen="127.0.0.1:0", dashboard="127.0.0.1:0", limits=(), **streams):
        """`limits` are those of prlimit(1): "--as=1000000", "--nofile=64"."""
        arguments = ["prlimit", *limits] if limits else []
        arguments += [BIN / "fedasio-master", "--plan", self.write_plan(plan), "--listen", listen]
        arguments += ["--dashboard", dashboard, "--log-format", "json", "--log-level", "debug"]
        if "--state-dir" not in options:
            lives = any(isinstance(one, Master) and one.exit_code is None for one in self.programs)
            state = f"state-{len(self.programs)}" if lives else "state"
            arguments += ["--state-dir", self.folder / state]
        master = Master([*arguments, *options], self.folder, **streams)
        self.programs.append(master)
        return master

    def program(self, *arguments, directory=None, environment=None, **streams):
        program = Program(arguments, directory or self.folder, environment, **streams)
        self.programs.append(program)
        return program

    def worker(self, master, name, *options, directory=None, limits=(), **streams):
        where = master if isinstance(master, str) else master.workers_at
        worker = self.program(
            *(("prlimit", *limits) if limits else ()),
            BIN / "fedasio-worker",
            *("--connect", where, "--name", name, "--log-format", "json"),
            *(() if "--threads" in options else ("--threads", "1")),
            *options,
            directory=directory,
            **streams,
        )
        return worker

    def workers(self, master, count, *options):
        """So many workers, `worker-1` and so on, who have joined in this order."""
        workers = []
        for number in range(1, count + 1):
            workers.append(self.worker(master, f"worker-{number}", *options))
            master.wait_joined(f"worker-{number}")
        return workers

    def serve_in_thread(self, worker):
        """Lets a worker in Python serve until the test is over."""

        def serve():
            try:
                worker.serve()
            except OSError:
                pass

        def end():
            worker.peer.hang_up()
            thread.join(30)
            worker.peer.close()
            self.assertFalse(thread.is_alive())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(end)

    def run_to_the_end(self, plan, *workers, options=(), ends_with=0, patience=PATIENCE):
        """Runs a plan with workers that are given as lists of options; gives the report."""
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        master = self.master(
            plan,
            *("--autostart", "--exit-when-done", "--report", report, "--min-workers", len(workers) or 1),
            *options,
        )
        started = [
            self.worker(master, f"worker-{number}", *more) for number, more in enumerate(workers, start=1)
        ]
        poll(lambda: any(p.exit_code is not None for p in (master, *started)), "the end of the run", patience)
        for program in started:
            self.assertIn(program.exit_code, (None, 0), program.text())
        self.assertEqual(master.wait_exit(), ends_with, master.text()[-4000:])
        for worker in started:
            self.assertEqual(worker.wait_exit(), 0, worker.text())
        return json.loads(report.read_text())
