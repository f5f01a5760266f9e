"""Workers that take too long."""

import unittest

from federation import Federation
from python_worker import PythonWorker


class Dawdler(PythonWorker):
    """Never answers a request to train, or only when it is not needed any more."""

    def __init__(self, address, answers_late):
        super().__init__(address, "dawdler")
        self.answers_late = answers_late
        self.open = []
        self.answered_late = 0

    def train(self, request):
        self.open.append((request, *self.update(request)))

    def cancel(self, request):
        for late, meta, body in self.open:
            if self.answers_late and meta["round"] <= request.meta["round"]:
                self.peer.reply(late, meta, body)
                self.answered_late += 1
        self.open.clear()


class TooSlow(Federation):
    def start(self, plan, answers_late):
        master = self.master(plan, "--min-workers", "2")
        self.workers(master, 1)
        dawdler = Dawdler(master.worker_address, answers_late)
        self.serve_in_thread(dawdler)
        master.wait_workers(2)
        return master, dawdler

    def test_deadline(self):
        master, _ = self.start(self.plan(clients=2, deadline=1), answers_late=False)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2))
        for result in master.get("rounds"):
            self.assertEqual(result["dropped"], [{"client": 1, "reason": "timed_out"}])
            self.assertGreaterEqual(result["seconds"]["training"], 0.9)

    def test_late_answers_after_the_deadline_do_no_harm(self):
        master, dawdler = self.start(self.plan(clients=2, deadline=1), answers_late=True)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2))
        self.assertEqual(master.get("status")["workers"], 2)
        self.assertGreaterEqual(dawdler.answered_late, 1)

    def test_over_selection(self):
        """Two clients train where one is wanted, and the first to answer counts."""
        master, _ = self.start(self.plan(clients=2, fraction=0.5, over_selection=2), answers_late=False)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2))
        for result in master.get("rounds"):
            self.assertEqual(result["cohort"], [0, 1])
            self.assertEqual(result["dropped"], [{"client": 1, "reason": "not_needed"}])

    def test_quorum(self):
        plan = self.plan(clients=2, quorum=0.5, rounds=5)
        digests = set()
        for answers_late in False, True:
            with self.subTest(answers_late=answers_late):
                master, dawdler = self.start(plan, answers_late)
                end = master.train()
                self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 5))
                for result in master.get("rounds"):
                    self.assertEqual(result["cohort"], [0, 1])
                    self.assertEqual(result["dropped"], [{"client": 1, "reason": "not_needed"}])
                self.assertEqual(master.get("status")["workers"], 2)
                self.assertEqual(dawdler.answered_late > 0, answers_late)
                digests.add(end["weights_sha256"])
        self.assertEqual(len(digests), 1)

    def test_nobody_answers_in_time(self):
        master = self.master(self.plan(clients=1, deadline=0.2))
        dawdler = Dawdler(master.worker_address, answers_late=False)
        self.serve_in_thread(dawdler)
        end = master.train()
        self.assertEqual(end["outcome"], "failed")
        self.assertIn("timed_out", end["detail"])


if __name__ == "__main__":
    unittest.main()
