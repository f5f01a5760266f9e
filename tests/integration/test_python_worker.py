"""The protocol needs nothing of C++: a worker in Python, and what becomes of one that misbehaves."""

import array
import pathlib
import signal
import sys
import unittest

import frames
from federation import Federation
from python_worker import PythonWorker

SCRIPT = pathlib.Path(__file__).with_name("python_worker.py")


class OneOfMany(Federation):
    def test_takes_part(self):
        master = self.master(self.plan(rounds=3), "--autostart", "--exit-when-done", "--min-workers", "2")
        self.worker(master, "worker-1")
        snake = self.program(sys.executable, SCRIPT, "--connect", master.workers_at, "--name", "snake")
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertEqual(snake.wait_exit(), 0, snake.text())
        self.assertEqual(master.log("client_dropped"), [])
        updates = [entry["text"] for entry in master.log("client_updated")]
        self.assertEqual(len(updates), 12)
        self.assertIn("trained 6 times; run over: the training is done", snake.text("stdout"))


class Misbehaved(PythonWorker):
    """Answers a request to train in a way that it must not."""

    def __init__(self, address, how):
        super().__init__(address, "misbehaved")
        self.how = how

    def train(self, request):
        meta, body = self.update(request)
        values = array.array("f", body)
        wrong = {}
        number = request.correlation
        match self.how:
            case "refuses":
                self.peer.refuse(request, "failed", "no wish to")
                return
            case "nan":
                values[3] = float("nan")
            case "infinity":
                values[-1] = float("-inf")
            case "huge":
                values[0] = 1e30
            case "too short":
                values.pop()
            case "nothing":
                values = array.array("f")
            case "wrong round":
                meta["round"] += 1
            case "wrong client":
                meta["client"] = 0
            case "wrong samples":
                meta["samples"] = 4000000000
            case "no loss":
                del meta["loss"]
            case "odd metric":
                meta["metrics"] = {"\u202eauc": 1}
            case "huge metric":
                meta["metrics"] = {"auc": 1e300}
            case "many metrics":
                meta["metrics"] = {f"m{number}": number for number in range(1000)}
            case "endless loss":
                meta["loss"] = 1e999
            case "too long":
                values.append(0)
            case "four gigabytes":
                wrong["body_length"] = 0xFFFFFFFF
            case "damaged body":
                wrong["body_checksum"] = 1
            case "damaged meta":
                wrong["head_checksum"] = 1
            case "meta is no object":
                wrong["text"] = b"[1]"
            case "unasked":
                number += 1000
            case "asks the master":
                self.peer.send(frames.TRAIN, meta, correlation=9)
                return
            case "hangs up":
                self.peer.hang_up()
                return
        self.peer.send(frames.TRAIN, meta, values.tobytes(), number, frames.REPLY, **wrong)


REJECTED = (
    *("nan", "infinity", "huge", "too short", "nothing", "wrong round", "wrong client", "wrong samples"),
    *("no loss", "odd metric", "huge metric", "many metrics"),
)
DISCONNECTED = (
    *("too long", "four gigabytes", "damaged body", "damaged meta", "meta is no object", "unasked"),
    *("asks the master", "hangs up", "endless loss"),
)


class Boastful(PythonWorker):
    """Tells more of its data than anybody can have."""

    def load(self, request):
        self.peer.reply(request, {"clients": [], "padding": "x" * (1 << 20)})


class Hostile(Federation):
    def one_round_with(self, *misdeeds):
        """For each of these a round of an honest worker and one that does it, side by side, as a round waits some
        seconds for who is lost; gives the weights, the reasons and the dropped of each."""
        masters = []
        for how in misdeeds:
            master = self.master(self.plan())
            self.workers(master, 1)
            self.serve_in_thread(Misbehaved(master.worker_address, how))
            master.command("train", rounds=1)
            masters.append(master)
        results = []
        for master in masters:
            end = master.wait_event("training_finished")
            self.assertEqual(end["outcome"], "rounds_done", end)
            dropped = master.get("rounds")[0]["dropped"]
            master.signal(signal.SIGTERM)
            master.wait_exit()
            results.append((end["weights_sha256"], {d["reason"] for d in dropped}, [d["client"] for d in dropped]))
        return results

    def test_every_misdeed(self):
        ((honest, reasons, clients),) = self.one_round_with("refuses")
        self.assertEqual((reasons, clients), ({"refused"}, [1, 3]))
        for misdeeds, reason in (REJECTED, "invalid"), (DISCONNECTED, "lost"):
            for how, (weights, reasons, clients) in zip(misdeeds, self.one_round_with(*misdeeds), strict=True):
                with self.subTest(how):
                    self.assertEqual(reasons, {reason})
                    self.assertEqual(clients, [1, 3])
                    self.assertEqual(weights, honest)

    def test_answer_to_load_that_is_too_large(self):
        plan = self.plan()
        undisturbed = self.run_to_the_end(plan, [])
        master = self.master(plan)
        self.workers(master, 1)
        snake = Boastful(master.worker_address, "boastful")
        self.serve_in_thread(snake)
        master.wait_workers(2)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 2), end)
        self.assertEqual(end["weights_sha256"], undisturbed["weights_sha256"])
        self.assertEqual(snake.asked.count(frames.LOAD), 1)
        left = master.wait_event("worker_left", name="boastful")
        self.assertRegex(left["reason"], "meta.*bytes.*at most")
        for result in master.get("rounds"):
            self.assertEqual((result["cohort"], result["dropped"]), ([0, 1, 2, 3], []))
        self.assertEqual(master.get("status")["workers"], 1)


if __name__ == "__main__":
    unittest.main()
