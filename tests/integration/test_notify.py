"""--notify: what a master tells an address on the network."""

import http.server
import json
import queue
import threading
import unittest

from federation import Federation
from programs import PATIENCE, run_program


class Hook:
    """An address that keeps what it is told; the first `refusals` times it says no."""

    def __init__(self, refusals=0):
        told = self.told = queue.Queue()
        left = [refusals]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                left[0] -= 1
                if left[0] < 0:
                    told.put((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(204 if left[0] < 0 else 503)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/a"

    def next(self):
        return self.told.get(timeout=PATIENCE)

    def end(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Notify(Federation):
    def hook(self, refusals=0):
        hook = Hook(refusals)
        self.addCleanup(hook.end)
        return hook

    def test_a_training_that_ends_is_told_even_at_the_end_of_the_process(self):
        hook = self.hook()
        options = ("--autostart", "--exit-when-done", "--notify", hook.url)
        master = self.master(self.plan(rounds=2), *options)
        self.worker(master, "a")
        path, kind, told = hook.next()
        self.assertEqual((path, kind), ("/hooks/a", "application/json"))
        self.assertEqual((told["kind"], told["round"]), ("finished", 2))
        self.assertIn("rounds_done", told["text"])
        self.assertEqual(master.wait_exit(), 0)
        self.assertTrue(hook.told.empty())

    def test_what_was_not_taken_is_told_again(self):
        hook = self.hook(refusals=1)
        master = self.master(self.plan(rounds=1), "--notify", hook.url)
        self.worker(master, "a")
        master.wait_joined("a")
        master.train()
        self.assertEqual(hook.next()[2]["kind"], "finished")

    def test_silence_for_a_deadline_is_told(self):
        hook = self.hook()
        master = self.master(self.plan(rounds=1, deadline=1.5), "--notify", hook.url)
        worker = self.worker(master, "a")
        master.wait_joined("a")
        worker.freeze()
        master.command("train")
        told = hook.next()[2]
        self.assertEqual(told["kind"], "no_progress")
        self.assertEqual(told["run"], master.get("status")["run"])
        self.assertIn("1.5 s", told["text"])

    def test_an_address_that_is_none_is_wrong_usage(self):
        self.write_plan(self.plan())
        code, _, errors = run_program(
            "fedasio-master", "--plan", "plan.json", "--notify", "nowhere", directory=self.folder
        )
        self.assertEqual(code, 2)
        self.assertIn("--notify", errors)


if __name__ == "__main__":
    unittest.main()
