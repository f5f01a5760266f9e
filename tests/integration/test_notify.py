"""--notify: what a master tells an address on the network."""

import http.server
import json
import queue
import signal
import threading
import unittest

from federation import Federation
from programs import PATIENCE, poll, run_program


class Hook:
    """An address that keeps what it is told; the first `refusals` times it says no. It answers only while `open`."""

    def __init__(self, refusals=0):
        told = self.told = queue.Queue()
        self.asked = asked = threading.Event()
        self.open = is_open = threading.Event()
        is_open.set()
        left = [refusals]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked.set()
                is_open.wait(PATIENCE)
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
        self.open.set()
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

    def flat_plan(self, **changes):
        """Learns nothing, from the first round on."""
        idle = {"epochs": 1, "batch_size": 10, "optimizer": {"type": "sgd", "learning_rate": 1e-30}}
        return self.plan(rounds=40, local=idle, **changes)

    def test_a_plateau_is_told_once(self):
        hook = self.hook()
        master = self.master(self.flat_plan(), "--notify", hook.url)
        self.worker(master, "a")
        master.wait_joined("a")
        master.train()
        told = hook.next()[2]
        self.assertEqual((told["kind"], told["round"]), ("plateau", 16))
        self.assertIn("since round 1", told["text"])
        self.assertEqual(hook.next()[2]["kind"], "finished")
        rounds = master.get("rounds")
        self.assertNotIn("plateau", rounds[14])
        self.assertEqual([one["plateau"]["since"] for one in rounds[15:]], [1] * 25)

    def test_a_plateau_that_an_earlier_process_has_told_is_not_told_again(self):
        hook = self.hook()
        plan = self.flat_plan(checkpoint_every=1)
        first = self.master(plan, "--notify", hook.url)
        worker = self.worker(first, "a")
        first.wait_joined("a")
        first.train(rounds=20)
        self.assertEqual([hook.next()[2]["kind"] for _ in range(2)], ["plateau", "finished"])
        first.kill()
        worker.end()
        second = self.master(plan, "--notify", hook.url, "--resume")
        self.worker(second, "a")
        second.wait_joined("a")
        second.train(rounds=2)
        self.assertEqual(hook.next()[2]["kind"], "finished")
        self.assertEqual(second.get("rounds")[-1]["plateau"]["since"], 1)

    def test_no_round_waits_for_an_address_that_does_not_answer(self):
        hook = self.hook()
        hook.open.clear()
        master = self.master(self.flat_plan(), "--notify", hook.url)
        self.worker(master, "a")
        master.wait_joined("a")
        end = master.train()
        self.assertEqual(end["round"], 40)
        self.assertTrue(hook.asked.wait(PATIENCE))
        self.assertTrue(hook.told.empty(), "it has not answered yet")
        hook.open.set()
        kinds = [hook.next()[2]["kind"] for _ in range(2)]
        self.assertEqual(kinds[0], "plateau")

    def test_an_address_that_does_not_answer_does_not_hold_up_the_end(self):
        hook = self.hook()
        hook.open.clear()
        master = self.master(self.plan(rounds=1), "--notify", hook.url)
        self.worker(master, "a")
        master.wait_joined("a")
        for _ in range(12):
            master.train(rounds=1)
        master.signal(signal.SIGTERM)
        self.assertEqual(master.wait_exit(), 0)
        # Each of them would take ten seconds.
        self.assertRegex(master.text(), r"was not told of the last (9|1\d)")

    def test_nobody_at_the_address_costs_a_warning(self):
        hook = Hook()
        hook.end()
        options = ("--autostart", "--exit-when-done", "--notify", hook.url)
        master = self.master(self.plan(), *options)
        self.worker(master, "a")
        self.assertEqual(master.wait_exit(), 0)
        self.assertIn("was not told", master.text())

    def test_a_stall_is_over_with_an_update_and_is_told_again(self):
        hook = self.hook()
        master = self.master(self.plan(rounds=10000, deadline=2), "--notify", hook.url, "--min-workers", "1")
        worker = self.worker(master, "a")
        master.wait_joined("a")
        master.command("train")
        master.wait_event("round_finished")
        for _ in range(2):
            worker.kill()
            # A round that was under way ends with what it has, which is progress once more.
            poll(lambda: (now := master.get("status"))["phase"] == "waiting" and now["stalled_since"], "a stall")
            seen = master.now()
            worker = self.worker(master, "a")
            master.wait_event("progress_stalled", seen, since=None)
            self.assertIsNone(master.get("status")["stalled_since"])
            master.wait_event("round_finished", seen)
        master.command("stop", now=True)
        told = [hook.next()[2]["kind"]]
        while told[-1] != "finished":
            told.append(hook.next()[2]["kind"])
        master.read_events()
        stalls = [one for one in master.events if one["type"] == "progress_stalled" and one["since"]]
        self.assertGreaterEqual(len(stalls), 2)
        self.assertEqual(told[:-1], ["no_progress"] * len(stalls))

    def test_an_address_that_is_none_is_wrong_usage(self):
        self.write_plan(self.plan())
        code, _, errors = run_program(
            "fedasio-master", "--plan", "plan.json", "--notify", "nowhere", directory=self.folder
        )
        self.assertEqual(code, 2)
        self.assertIn("--notify", errors)


if __name__ == "__main__":
    unittest.main()
