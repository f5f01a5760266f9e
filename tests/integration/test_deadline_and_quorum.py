"""Workers that take too long."""

import time
import unittest

from federation import Federation
from python_worker import PythonWorker
from slow_link import SlowLink


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
        first, second = master.get("rounds")
        self.assertEqual(first["dropped"], [{"client": 1, "reason": "timed_out"}])
        self.assertGreaterEqual(first["seconds"]["training"], 0.9)
        # Who was late comes last when clients are dealt.
        self.assertEqual((second["cohort"], second["dropped"]), ([0, 1], []))
        drop = master.wait_event("client_dropped")
        self.assertEqual(drop["name"], "dawdler")
        master.wait_event("worker_standing", name="dawdler", standing="resting")

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

    def test_a_late_owner_is_asked_less(self):
        """Nobody else can train its client, and it costs everybody the deadline: after k rounds in a row it
        rests until 2^k rounds later."""
        plan = self.plan(clients=2, deadline=1, rounds=9)
        plan["data"]["partition"] = {"scheme": "local"}
        master, _ = self.start(plan, answers_late=False)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"], end["complete"]), ("rounds_done", 9, False))
        dropped = {r["round"]: r["dropped"] for r in master.get("rounds") if r["dropped"]}
        self.assertEqual(sorted(dropped), [1, 3, 7])
        self.assertEqual(dropped[3], [{"client": 0, "reason": "timed_out"}])
        self.assertEqual({len(r["cohort"]) for r in master.get("rounds") if r["round"] not in dropped}, {1})
        self.assertIn("without dawdler", end["detail"])

    def test_nobody_answers_in_time(self):
        master = self.master(self.plan(clients=1, deadline=0.2))
        dawdler = Dawdler(master.worker_address, answers_late=False)
        self.serve_in_thread(dawdler)
        end = master.train()
        self.assertEqual(end["outcome"], "failed")
        self.assertIn("timed_out", end["detail"])


class SlowWeights(Federation):
    """A site whose line is too thin for the weights: 25 kB/s, where each version has 800 kB."""

    def start(self, **changes):
        plan = self.plan(
            model={
                "input": [8, 8],
                "layers": [
                    {"type": "flatten"},
                    {"type": "dense", "units": 3000, "activation": "relu"},
                    {"type": "dense", "units": 4, "activation": "softmax"},
                ],
            },
            **changes,
        )
        plan["data"]["partition"] = {"scheme": "local"}
        master = self.master(plan, "--min-workers", "3")
        line = SlowLink(master.worker_address, down=25000)
        self.addCleanup(line.close)
        for name in "east", "north":
            self.worker(master, name)
            master.wait_joined(name)
        self.worker(line.address, "slow")
        master.wait_joined("slow")
        return master, line

    def test_the_quorum_counts_from_the_weights_on(self):
        master, line = self.start(clients=3, quorum=0.6, deadline=100, rounds=12)
        began = time.monotonic()
        end = master.train()
        took = time.monotonic() - began
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 12))
        # Twelve deadlines are 20 minutes; and one version alone takes 30 s to the slow site.
        self.assertLess(took, 60)
        for result in master.get("rounds"):
            self.assertEqual(result["cohort"], [0, 1, 2])
            self.assertEqual([(d["client"], d["reason"]) for d in result["dropped"]], [(2, "not_needed")])
        # Versions do not pile up behind each other: one is on its way, and at most the last one waits.
        slow = next(row for row in master.get("workers") if row["name"] == "slow")
        self.assertLess(slow["bytes_sent"] + slow["queued_bytes"], 3 * 4 * 207004)

    def test_others_train_while_it_receives(self):
        master, _ = self.start(clients=3, deadline=5, rounds=2)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2))
        first, second = master.get("rounds")
        self.assertEqual(first["dropped"], [{"client": 2, "reason": "timed_out"}])
        drop = master.wait_event("client_dropped", name="slow")
        self.assertIn("weights", drop["detail"])
        for client in 0, 1:
            update = master.wait_event("client_updated", client=client)
            self.assertLess(update["seq"], drop["seq"])
        self.assertEqual((second["cohort"], second["dropped"]), ([0, 1], []))


if __name__ == "__main__":
    unittest.main()
