"""Workers that send finite weights to ruin the model: they are named and left out, the others go on."""

import array
import json
import math
import signal

from federation import Federation
from model_file import read_safetensors
from python_worker import PythonWorker


def largest(values):
    return max(abs(value) for value in values)


def sixteen_times(weights, round_number):
    """The most that a single weight may be, all of them, every round."""
    return [16 * largest(weights)] * len(weights)


def now_and_then(weights, round_number):
    """Harmless and huge in turn."""
    return sixteen_times(weights, round_number) if round_number % 2 else weights


def opposite(weights, round_number):
    return [-100 * value for value in weights]


def one_weight(weights, round_number):
    """As few values as possible, as large as allowed."""
    return [1000.0, *weights[1:]]


def nothing(weights, round_number):
    return [0.0] * len(weights)


def unchanged(weights, round_number):
    return weights


class Attacker(PythonWorker):
    def __init__(self, address, attack):
        super().__init__(address, "attacker")
        self.attack = attack

    def update(self, request):
        meta, _ = super().update(request)
        weights = array.array("f", self.weights)
        return meta, array.array("f", self.attack(weights, request.meta["round"])).tobytes()


class OneOfFive(Federation):
    """Five clients; an honest worker hosts three, the attacker two."""

    clients = 5

    def attacked(self, attack, rounds=8):
        """A training with the attacker; gives its end, its rounds, and the weights at the end."""
        master = self.master(self.plan(clients=self.clients, rounds=rounds))
        self.worker(master, "honest", "--clients", str(self.clients - self.clients // 2))
        master.wait_joined("honest")
        self.serve_in_thread(Attacker(master.worker_address, attack))
        end = master.train(rounds=rounds)
        rounds = master.get("rounds")
        dropped = [entry["text"] for entry in master.log("client_dropped")]
        master.command("save", name="end")
        master.signal(signal.SIGTERM)
        master.wait_exit()
        model = read_safetensors(next(self.folder.rglob("end.safetensors")))
        for file in self.folder.rglob("end.safetensors"):
            file.unlink()
        return end, rounds, dropped, array.array("f", model.data)

    def test_those_that_go_too_far_are_left_out(self):
        for attack in (sixteen_times, now_and_then, opposite, one_weight):
            with self.subTest(attack.__name__):
                end, rounds, dropped, weights = self.attacked(attack)
                self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 8), end)
                for result in rounds:
                    told = {one["client"]: one["reason"] for one in result["dropped"]}
                    strikes = attack is not now_and_then or result["round"] % 2 == 1
                    self.assertEqual(told, dict.fromkeys((1, 3), "out_of_proportion") if strikes else {})
                    self.assertEqual(len(result["cohort"]), 5)
                self.assertIn("its update moves the model by", dropped[0])
                # The honest have learned, and nobody has thrown the model away.
                self.assertLess(rounds[-1]["train_loss"], rounds[0]["train_loss"])
                self.assertLess(largest(weights), 5)

    def test_what_is_small_is_taken(self):
        for attack in (nothing, unchanged):
            with self.subTest(attack.__name__):
                end, rounds, _, weights = self.attacked(attack)
                self.assertEqual(end["outcome"], "rounds_done", end)
                for result in rounds:
                    self.assertNotIn({"client": 0, "reason": "out_of_proportion"}, result["dropped"])
                self.assertTrue(all(math.isfinite(value) for value in weights))


class OneOfTwo(Federation):
    """Nobody can tell which of two is right, but that it leads nowhere can be told."""

    def test_a_training_that_diverges_stops_with_the_last_good_weights(self):
        report = self.folder / "report.json"
        master = self.master(
            self.plan(clients=2, rounds=40, checkpoint_every=1),
            *("--autostart", "--exit-when-done", "--min-workers", "2", "--report", report),
        )
        self.worker(master, "honest", "--clients", "1")
        self.serve_in_thread(Attacker(master.worker_address, sixteen_times))
        self.assertEqual(master.wait_exit(), 1, master.text()[-4000:])
        end = json.loads(report.read_text())
        self.assertEqual(end["outcome"], "failed", end)
        self.assertIn("the training diverges", end["detail"])
        self.assertIn("learning_rate", end["detail"])
        self.assertLess(len(end["rounds"]), 12)
        newest = max(self.folder.rglob("*.safetensors"), key=lambda file: file.name)
        weights = array.array("f", read_safetensors(newest).data)
        self.assertLess(largest(weights), 5)
