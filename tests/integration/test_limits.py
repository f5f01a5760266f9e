"""Little memory, few threads, few descriptors: the programs say so, and go on or end with exit code 1."""

import contextlib
import json
import resource
import socket
import threading
import unittest

from federation import Federation
from programs import BIN, PATIENCE, poll

MIB = 1 << 20


def model(*units):
    layers = [{"type": "flatten"}]
    layers += [{"type": "dense", "units": width, "activation": "relu"} for width in units]
    layers += [{"type": "dense", "units": 4, "activation": "softmax"}]
    return {"input": [8, 8], "layers": layers}


def connect(stack, where, count):
    for _ in range(count):
        stack.enter_context(socket.create_connection(where, PATIENCE))


def place(url):
    host, _, port = url.removeprefix("http://").rpartition(":")
    return host, int(port)


class Descriptors(Federation):
    def test_connections_never_take_what_checkpoints_need(self):
        options = ["--autostart", "--exit-when-done", "--min-workers", 1]
        master = self.master(
            self.plan(rounds=3, checkpoint_every=1), *options, limits=["--nofile=64:64"]
        )
        with contextlib.ExitStack() as stack:
            connect(stack, place(master.dashboard), 100)
            # What the browsers leave is enough for a worker ...
            worker = self.worker(master, "worker-1")
            poll(
                lambda: [e for e in master.log() if "worker-1 joined" in e["text"]],
                "the worker to join",
            )
            # ... and what both leave for the files of the training, which has begun meanwhile.
            connect(stack, master.worker_address, 100)
            self.assertEqual(master.wait_exit(), 0, master.text()[-3000:])
        self.assertEqual(worker.wait_exit(), 0, worker.text())
        self.assertIn("the dashboard turns new connections away", master.text())
        self.assertNotIn("could not be written", master.text())
        self.assertEqual(
            [], [entry["text"] for entry in master.log() if entry["level"] == "error"]
        )
        self.assertTrue(list((self.folder / "state" / "checkpoints").iterdir()))

    def test_too_few_to_work_with_are_named(self):
        for program in ("fedasio-master", "fedasio-worker"):
            options = {
                "fedasio-master": ["--plan", self.write_plan(self.plan()), "--min-workers", "9"],
                "fedasio-worker": ["--connect", "127.0.0.1:9"],
            }[program]
            few = self.program("prlimit", "--nofile=15:15", BIN / program, *options)
            self.assertEqual(few.wait_exit(), 1, few.text())
            needed = {"fedasio-master": 41, "fedasio-worker": 16}[program]
            self.assertIn(f"only 15 files and connections may be open, at least {needed}", few.text())

    def test_the_soft_limit_is_raised(self):
        master = self.master(self.plan(), limits=["--nofile=64:400"])
        self.assertEqual(resource.prlimit(master.pid, resource.RLIMIT_NOFILE), (400, 400))
        with contextlib.ExitStack() as stack:
            connect(stack, place(master.dashboard), 100)
            self.assertEqual(master.get("status")["workers"], 0)


class Threads(Federation):
    def test_fewer_threads_than_asked_for(self):
        master = self.master(
            self.plan(), "--autostart", "--exit-when-done", "--min-workers", 1
        )
        worker = self.worker(
            master, "worker-1", "--threads", 1000, limits=[f"--as={700 * MIB}"]
        )
        self.assertEqual(master.wait_exit(), 0, master.text()[-3000:])
        self.assertEqual(worker.wait_exit(), 0, worker.text())
        self.assertIn("of 1000 threads", worker.text())


class Memory(Federation):
    def test_many_large_updates_at_once(self):
        plan = self.plan(model=model(69_000), clients=12, rounds=2, deadline=120)
        master = self.master(
            plan, "--autostart", "--exit-when-done", "--min-workers", 12, limits=[f"--as={350 * MIB}"]
        )
        workers = [self.worker(master, f"worker-{number}") for number in range(12)]
        code = master.wait_exit()
        self.assertIn(code, (0, 1), master.text()[-3000:])
        if code == 1:
            self.assertIn("memory", master.text())
        for worker in workers:
            self.assertGreaterEqual(worker.wait_exit() if code == 0 else 0, 0, worker.text())

    def test_less_and_less_until_it_cannot_work(self):
        """Loaders and libraries take some 40 MiB; below that it is they who complain."""
        ended = 0
        for mebibytes in (45, 60, 75, 90, 120, 160, 240, 400):
            with self.subTest(mebibytes=mebibytes):
                plan = self.plan(model=model(30_000))
                options = ["--autostart", "--exit-when-done", "--min-workers", 1]
                try:
                    master = self.master(plan, *options, limits=[f"--as={mebibytes * MIB}"])
                except AssertionError as problem:
                    self.assertIn("memory", str(problem))  # it ended before it listened, and said why
                    ended += 1
                    continue
                self.worker(master, "worker-1")
                try:
                    code = master.wait_exit()
                except AssertionError:  # it can listen, but has no memory for a worker: that is turned away and told so
                    self.assertIn("this side is out of memory", master.text())
                    master.kill()
                    ended += 1
                    continue
                self.assertIn(code, (0, 1), master.text()[-3000:])
                if code == 1:
                    self.assertIn("memory", master.text())
                    ended += 1
        self.assertGreater(ended, 0)

    def test_a_model_that_cannot_fit_is_refused_with_numbers(self):
        master = self.master(self.plan(), limits=[f"--as={1000 * MIB}"])
        reason = master.refused("start", plan=json.dumps(self.plan(model=model(11_500, 11_500))))
        self.assertIn("133055004 parameters", reason)
        self.assertIn("2.7 GB", reason)
        self.assertIn("units", reason)
        self.assertEqual(master.get("status")["phase"], "waiting")

    def test_a_worker_that_is_too_small_is_told(self):
        plan = self.plan(model=model(300_000), clients=1, deadline=30)
        master = self.master(plan, "--autostart", "--exit-when-done", "--min-workers", 1)
        self.worker(master, "worker-1", limits=[f"--as={150 * MIB}"])
        master.wait_log("notice", "worker-1 cannot take part: training a client of this model takes")


class LongWork(Federation):
    """A model whose making takes seconds."""

    HUGE = (11_500, 11_500)

    def start_in_thread(self, master):
        answers = []
        body = {"command": "start", "plan": json.dumps(self.plan(model=model(*self.HUGE)))}

        def start():
            try:
                answers.append(master.post(body))
            except OSError:
                answers.append(None)

        thread = threading.Thread(target=start, daemon=True)
        thread.start()
        self.addCleanup(thread.join, PATIENCE)
        poll(
            lambda: "made ready" in master.post({"command": "pause"})[1].get("reason", ""),
            "the model to be made",
        )
        return thread, answers

    def test_making_a_model_can_be_stopped(self):
        master = self.master(self.plan())
        thread, answers = self.start_in_thread(master)
        master.command("stop")
        thread.join(PATIENCE)
        status, answer = answers[0]
        self.assertEqual(status, 409)
        self.assertIn("given up", answer["reason"])
        self.assertIn("nothing is being trained", master.refused("pause"))

    def test_sigterm_ends_the_making_of_a_model(self):
        master = self.master(self.plan())
        self.start_in_thread(master)
        master.signal(15)
        self.assertEqual(master.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main()
