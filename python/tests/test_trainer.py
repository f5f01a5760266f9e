"""connect() and serve(), with a worker that is none."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np
from fake_worker import FakeWorker

import fedasio
from fedasio import _link as link

ARRAYS = [{"name": "w", "shape": [2]}, {"name": "b", "shape": []}]
WEIGHTS = [1.0, 2.0, 3.0]


class Conversation(unittest.TestCase):
    def setUp(self):
        self.worker = FakeWorker()
        self.failure = None

    def tearDown(self):
        self.worker.vanish()
        os.environ.pop("FEDASIO_TRAINER_FD", None)  # of one that no script has taken

    def start(self, script):
        """Runs the trainer's side in a thread; what it raises is kept."""

        def run():
            try:
                script()
            except BaseException as error:  # the test looks at it
                self.failure = error

        thread = threading.Thread(target=run)
        thread.start()
        self.worker.greet()
        return thread

    def finish(self, thread):
        self.worker.end()
        thread.join(60)
        self.assertFalse(thread.is_alive())

    def looped(self, body, **options):
        """A script that does `body` with each round."""

        def script():
            with fedasio.connect(samples=10, **options) as federation:
                for one in federation.rounds():
                    body(one)

        return self.start(script)

    def test_a_round_is_what_was_asked_for_and_its_answer_what_was_submitted(self):
        seen = []

        def body(one):
            seen.append((one.number, one.client, one.seed, one.local["learning_rate"], one.local["optimizer"]))
            arrays = one.arrays
            arrays["w"] += 1
            one.submit(arrays, loss=0.5, accuracy=0.75, samples=10)

        thread = self.looped(body)
        loaded = self.worker.tell(ARRAYS, WEIGHTS)
        self.assertEqual(loaded.meta, {"clients": [{"client": 0, "samples": 10, "held_out": 0}]})
        asked = self.worker.train(number=3)
        update = self.worker.answer()
        self.assertEqual((update.kind, update.flags, update.correlation), (link.TRAIN, link.REPLY, asked))
        self.assertEqual(
            update.meta, {"round": 3, "client": 0, "samples": 10, "loss": 0.5, "accuracy": 0.75}
        )
        np.testing.assert_array_equal(update.body.view("<f4"), [2, 3, 3])
        self.finish(thread)
        self.assertIsNone(self.failure)
        self.assertEqual(seen, [(3, 0, 12345, 0.5, "sgd")])

    def test_arrays_that_stay_at_the_client_come_with_the_round_and_go_with_the_update(self):
        def body(one):
            arrays = one.arrays
            self.assertEqual((arrays["own"].tolist(), arrays["seen"].tolist()), ([[5.0], [6.0]], [7]))
            self.assertEqual(arrays["seen"].dtype, np.int64)
            arrays["own"] *= 2
            arrays["w"] += 1
            one.submit({**arrays, "seen": [8]}, loss=0.5)

        thread = self.looped(body)
        own = [{"name": "seen", "shape": [1], "type": "int64", "role": "private"},
               {"name": "own", "shape": [2, 1], "role": "private"}]
        self.worker.tell([own[0], *ARRAYS, own[1]], WEIGHTS)
        for number in (1, 2):  # each round anew: the trainer keeps nothing
            self.worker.train(number=number, own=[7 * 2**-20, 5, 6])
            update = self.worker.answer()
            self.assertEqual(update.meta["state"], [["private", 3]])
            np.testing.assert_array_equal(update.body.view("<f4"), [2, 3, 3, 8 * 2**-20, 10, 12])
        self.finish(thread)
        self.assertIsNone(self.failure)

    def test_what_is_not_finite_of_them_is_told(self):
        def body(one):
            with self.assertRaises(fedasio.Diverged):
                one.submit({"w": [1, 2], "b": 0, "own": np.inf}, loss=0.5)

        thread = self.looped(body)
        self.worker.tell([*ARRAYS, {"name": "own", "shape": [], "role": "private"}], WEIGHTS)
        self.worker.train(own=[1])
        self.assertIn("'own'", self.worker.answer().meta["reason"])
        self.finish(thread)

    def test_what_a_started_script_prints_is_seen_at_once(self):
        lines = io.TextIOWrapper(io.BytesIO())
        with contextlib.redirect_stdout(lines):
            thread = self.looped(lambda one: None)
            print("a line")
            self.assertEqual(lines.buffer.getvalue(), b"a line\n")
            self.finish(thread)

    def test_one_update_after_the_other_from_the_same_memory(self):
        packed = []

        def body(one):
            one.submit({"w": np.full(2, one.number), "b": -one.number}, loss=1.0)
            packed.append(one._federation._spare)

        thread = self.looped(body)
        self.worker.tell(ARRAYS, WEIGHTS)
        for number in (1, 2, 3):
            self.worker.train(number)
            np.testing.assert_array_equal(self.worker.answer().body.view("<f4"), [number, number, -number])
        self.finish(thread)
        self.assertIsNone(self.failure)
        self.assertIsNotNone(packed[0])
        self.assertIs(packed[0], packed[2])

    def misused(self, body, code, reason, error, sentence):
        thread = self.looped(body)
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train()
        refusal = self.worker.answer()
        self.assertEqual(refusal.flags, link.REPLY | link.REFUSAL)
        self.assertEqual(refusal.meta["code"], code)
        self.assertRegex(refusal.meta["reason"], reason)
        goodbye = self.worker.answer()  # before the worker says its own, after which nothing is sent
        self.assertEqual(goodbye.kind, link.BYE)
        self.finish(thread)
        self.assertIsInstance(self.failure, error)
        self.assertRegex(str(self.failure), sentence)
        return goodbye.meta["reason"]

    def test_none_submitted(self):
        self.misused(lambda one: None, "failed", "without submitting", fedasio.Misuse, "was not submitted")

    def test_not_finite_weights_are_told_as_diverged(self):
        bad = {"w": np.array([1.0, np.inf]), "b": np.array(0.0)}
        self.misused(
            lambda one: one.submit(bad, loss=1.0), "diverged", "'w' is not finite", fedasio.Diverged, "learning_rate"
        )

    def test_a_loss_that_is_not_finite(self):
        self.misused(
            lambda one: one.submit(one.arrays, loss=float("nan")),
            "diverged",
            "its loss is not finite",
            fedasio.Diverged,
            "client 0",
        )

    def test_own_metrics_of_whatever_type_travel_as_numbers(self):
        told = {"auc": np.float32(0.5), "f1@0.5/macro": np.array(0.25), "n": np.int64(3), "of": True, "one": np.ones((1, 1))}
        thread = self.looped(lambda one: one.submit(one.arrays, loss=1.0, metrics=told))
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train()
        update = self.worker.answer()
        self.assertEqual(update.meta["metrics"], {"auc": 0.5, "f1@0.5/macro": 0.25, "n": 3.0, "of": 1.0, "one": 1.0})
        self.finish(thread)
        self.assertIsNone(self.failure)

    def test_no_own_metrics_are_not_told(self):
        for metrics in ({}, None):
            with self.subTest(metrics=metrics):
                thread = self.looped(lambda one, it=metrics: one.submit(one.arrays, loss=1.0, metrics=it))
                self.worker.tell(ARRAYS, WEIGHTS)
                self.worker.train()
                self.assertNotIn("metrics", self.worker.answer().meta)
                self.finish(thread)
                self.worker.vanish()
                self.setUp()

    def test_own_metrics_that_are_none(self):
        for metrics, sentence in (
            ({"auc": float("nan")}, "'auc' is nan: leave it out"),
            ({"auc": np.inf}, "'auc' is inf: leave it out"),
            ({"auc": "0.5"}, "'auc' must be one number, not str"),
            ({"auc": None}, "'auc' must be one number, not NoneType"),
            ({"auc": np.zeros(2)}, "'auc' must be one number, not ndarray"),
            ({"auc": 1e101}, "at most 1e100 in magnitude"),
            ({"a b": 1}, "'a b' is no name of a metric: use 1 to 64 letters"),
            ({"": 1}, "'' is no name of a metric"),
            ({"x" * 65: 1}, "is no name of a metric"),
            ({"gr\u00f6\u00dfe": 1}, "is no name of a metric"),
            ({"a\n": 1}, "is no name of a metric"),
            ({3: 1}, "3 is no name of a metric"),
            ({f"m{i}": i for i in range(17)}, "17 metrics are more than the 16"),
            ([("auc", 1)], "not a list"),
            (0.5, "not a float"),
        ):
            with self.subTest(sentence):
                self.misused(
                    lambda one, it=metrics: one.submit(one.arrays, loss=1.0, metrics=it),
                    "failed",
                    "Misuse: ",
                    fedasio.Misuse,
                    sentence,
                )
                self.worker.vanish()
                self.setUp()

    def test_numbers_that_are_none(self):
        for values, sentence in (
            ({"loss": None}, "loss must be one number, not NoneType"),
            ({"loss": np.zeros(3)}, "loss must be one number, not ndarray"),
            ({"loss": -0.5}, "a loss of -0.5 is negative"),
            ({"loss": 1.0, "accuracy": 97.5}, "97.5 is not between 0 and 1; is it in percent"),
            ({"loss": 1.0, "accuracy": float("nan")}, "not between 0 and 1$"),
            ({"loss": 1.0, "samples": 10.5}, "samples must be a whole number, not 10.5"),
        ):
            with self.subTest(values):
                self.misused(
                    lambda one, values=values: one.submit(one.arrays, **values),
                    "failed",
                    "Misuse: ",
                    fedasio.Misuse,
                    sentence,
                )
                self.worker.vanish()
                self.setUp()

    def test_a_tensor_like_loss_is_a_number(self):
        thread = self.looped(lambda one: one.submit(one.arrays, loss=np.array([0.5], np.float32), samples=np.int64(10)))
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train()
        self.assertEqual(self.worker.answer().meta["loss"], 0.5)
        self.finish(thread)
        self.assertIsNone(self.failure)

    def test_a_fork_cannot_submit_and_holds_nothing_open(self):
        told = []

        def body(one):
            ours, theirs = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    one.submit(one.arrays, loss=1.0)
                except fedasio.Misuse as error:
                    os.write(theirs, str(error).encode())
                one._federation.close()
                open_still = one._federation._link._wire.fileno()
                os.write(theirs, f" {open_still}".encode())
                os._exit(0)
            os.waitpid(child, 0)
            told.append(os.read(ours, 1000).decode())
            os.close(ours)
            os.close(theirs)
            one.submit(one.arrays, loss=1.0)

        thread = self.looped(body)
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train()
        self.assertEqual(self.worker.answer().flags, link.REPLY)
        self.finish(thread)
        self.assertIsNone(self.failure)
        self.assertRegex(told[0], "is a fork of .* -1$")

    def test_another_name_is_told(self):
        self.misused(
            lambda one: one.arrays["weight"], "failed", "no array 'weight'", fedasio.Misuse, "it has 'w', 'b'"
        )

    def test_a_loop_that_was_left_goes_on(self):
        seen = []

        def script():
            with fedasio.connect(samples=10) as federation:
                for one in federation.rounds():
                    one.submit(one.arrays, loss=1.0)
                    break
                for one in federation.rounds():
                    seen.append(one.number)
                    break
                for one in federation.rounds():
                    pass

        thread = self.start(script)
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train(number=1)
        self.assertEqual(self.worker.answer().flags, link.REPLY)
        self.worker.train(number=2)
        self.assertIn("without submitting", self.worker.answer().meta["reason"])
        self.finish(thread)
        self.assertEqual(seen, [2])
        self.assertRegex(str(self.failure), "round 2 was not submitted")

    def test_other_samples_than_told(self):
        self.misused(
            lambda one: one.submit(one.arrays, loss=1.0, samples=11),
            "failed",
            "Misuse: 11 samples",
            fedasio.Misuse,
            "10 were told",
        )

    def test_an_exception_of_the_script_is_the_reason_that_the_master_hears(self):
        def body(one):
            raise KeyError("no such column")

        told = self.misused(body, "failed", "KeyError: 'no such column'", KeyError, "no such column")
        self.assertEqual(told, "KeyError: 'no such column'")

    def test_two_submitted(self):
        def body(one):
            one.submit(one.arrays, loss=1.0)
            one.submit(one.arrays, loss=1.0)

        thread = self.looped(body)
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train()
        self.assertEqual(self.worker.answer().flags, link.REPLY)
        self.finish(thread)
        self.assertRegex(str(self.failure), "was submitted before")

    def test_a_round_that_nobody_needs_is_cancelled_and_the_next_one_comes(self):
        begun, seen = threading.Event(), []

        def body(one):
            begun.set()
            while not one.cancelled and one.number == 1:
                one._cancelled.wait(60)
            seen.append(one.number)
            if one.number == 2:
                one.submit(one.arrays, loss=1.0)

        thread = self.looped(body)
        self.worker.tell(ARRAYS, WEIGHTS)
        first = self.worker.train(number=1)
        self.assertTrue(begun.wait(60))
        self.worker.link.send(link.CANCEL, {"round": 1})
        second = self.worker.train(number=2)
        refusal, update = self.worker.answer(), self.worker.answer()
        self.assertEqual((refusal.correlation, refusal.meta["code"]), (first, "unexpected"))
        self.assertEqual((update.correlation, update.flags), (second, link.REPLY))
        self.finish(thread)
        self.assertIsNone(self.failure)
        self.assertEqual(seen, [1, 2])

    def test_rounds_that_have_not_begun_are_cancelled_unseen(self):
        begun, seen = threading.Event(), []

        def train(one):
            seen.append((one.number, one.client))
            begun.set()
            if one.number == 2:
                one.submit(one.arrays, loss=1.0)
            else:
                one._cancelled.wait(60)

        thread = self.start(lambda: fedasio.serve(load=lambda what: {0: 5, 1: 5}, train=train))
        self.worker.tell(ARRAYS, WEIGHTS, clients=(0, 1))
        asked = [self.worker.train(1, 0), self.worker.train(1, 1)]
        self.assertTrue(begun.wait(60))
        self.worker.link.send(link.CANCEL, {"round": 1})
        refusals = [self.worker.answer() for _ in asked]
        self.assertEqual(sorted(one.correlation for one in refusals), asked)
        self.assertEqual({one.meta["code"] for one in refusals}, {"unexpected"})
        self.worker.train(2, 1)
        self.assertEqual(self.worker.answer().flags, link.REPLY)
        self.finish(thread)
        self.assertEqual(seen, [(1, 0), (2, 1)])

    def test_a_long_loop_ends_when_the_worker_has_gone(self):
        begun = threading.Event()

        def body(one):
            begun.set()
            while not one.cancelled:
                one._cancelled.wait(0.01)

        thread = self.looped(body)
        self.worker.tell(ARRAYS, WEIGHTS)
        self.worker.train()
        self.assertTrue(begun.wait(60))
        self.worker.vanish()
        thread.join(60)
        self.assertFalse(thread.is_alive())
        self.assertIsInstance(self.failure, fedasio.FederationError)

    def test_a_script_without_with_says_goodbye(self):
        text = "import fedasio\nfor one in fedasio.connect(samples=1).rounds():\n    one.submit(one.arrays, loss=1.0)\n    break\n"
        number = int(os.environ["FEDASIO_TRAINER_FD"])
        with subprocess.Popen([sys.executable, "-c", text], pass_fds=[number]) as script:
            os.close(number)
            self.worker.greet()
            self.worker.tell(ARRAYS, WEIGHTS)
            self.worker.train()
            self.assertEqual(self.worker.answer().kind, link.TRAIN)
            goodbye = self.worker.answer()
            self.assertEqual((goodbye.kind, goodbye.meta), (link.BYE, {"reason": "the script has ended"}))
            self.worker.vanish()
            self.assertEqual(script.wait(60), 0)

    def test_the_worker_goes_without_a_word(self):
        thread = self.looped(lambda one: None)
        self.worker.vanish()
        thread.join(60)
        self.assertIsInstance(self.failure, fedasio.FederationError)

    def test_an_evaluation_comes_between_rounds(self):
        def test(one):
            return {"loss": float(one.arrays["b"]), "accuracy": 0.5}

        thread = self.looped(lambda one: None, held_out=4, evaluate=test)
        loaded = self.worker.tell(ARRAYS, WEIGHTS)
        self.assertEqual(loaded.meta["clients"][0]["held_out"], 4)
        self.worker.ask(link.EVALUATE, {"round": 1, "client": 0, "version": 1})
        self.assertEqual(
            self.worker.answer().meta, {"client": 0, "samples": 4, "loss_sum": 12.0, "correct": 2}
        )
        self.finish(thread)
        self.assertIsNone(self.failure)

    def test_an_evaluation_may_tell_own_metrics(self):
        for result in (
            {"loss": 1.0, "auc": np.float32(0.25), "n": 2},
            {"loss": 1.0, "metrics": {"auc": 0.25, "n": 2}},
            {"loss": 1.0, "n": 2, "metrics": {"auc": 0.25}},
        ):
            with self.subTest(result):
                thread = self.looped(lambda one: None, held_out=4, evaluate=lambda one, it=result: it)
                self.worker.tell(ARRAYS, WEIGHTS)
                self.worker.ask(link.EVALUATE, {"round": 1, "client": 0, "version": 1})
                self.assertEqual(
                    self.worker.answer().meta,
                    {"client": 0, "samples": 4, "loss_sum": 4.0, "metrics": {"auc": 0.25, "n": 2.0}},
                )
                self.finish(thread)
                self.worker.vanish()
                self.setUp()

    def test_what_an_evaluation_must_be(self):
        for result, sentence in (
            ({"loss": 1.0, "auc": float("nan")}, "'auc' is nan: leave it out"),
            ({"loss": 1.0, "metrics": [1]}, "not a list"),
            ({"loss": 1.0, "my auc": 1}, "'my auc' is no name of a metric"),
            (None, "evaluate\\(\\) returns"),
            ({"accuracy": 1}, "evaluate\\(\\) returns"),
            ({"loss": 1.0, "accuracy": 50}, "in percent"),
        ):
            with self.subTest(result):
                thread = self.looped(lambda one: None, held_out=4, evaluate=lambda one, it=result: it)
                self.worker.tell(ARRAYS, WEIGHTS)
                self.worker.ask(link.EVALUATE, {"round": 1, "client": 0, "version": 1})
                self.assertRegex(self.worker.answer().meta["reason"], sentence)
                self.finish(thread)
                self.assertIsInstance(self.failure, fedasio.Misuse)
                self.worker.vanish()
                self.setUp()

    def test_an_evaluator_is_asked_for_tests_and_goes_on_after_one_that_fails(self):
        results = iter([{"loss": 3.0, "accuracy": 0.5}, {"loss": 2.0, "samples": 6}, None, {"loss": 1.0}])
        seen = []

        def test(what):
            seen.append((what.number, what.held_out, float(what.arrays["b"])))
            return next(results)

        thread = self.start(lambda: fedasio.evaluator(test, samples=4))
        self.worker.tell_model(ARRAYS, WEIGHTS)
        answers = []
        for number in (1, 2, 3, 4):
            self.worker.ask(link.EVALUATE, {"round": number, "client": 0, "version": 1})
            answers.append(self.worker.answer().meta)
        self.assertEqual(answers[0], {"client": 0, "samples": 4, "loss_sum": 12.0, "correct": 2})
        self.assertEqual(answers[1], {"client": 0, "samples": 6, "loss_sum": 12.0})
        self.assertRegex(answers[2]["reason"], "evaluate\\(\\) returns")
        self.assertEqual(answers[3], {"client": 0, "samples": 4, "loss_sum": 4.0})
        self.finish(thread)
        self.assertIsNone(self.failure)
        self.assertEqual([one[0] for one in seen], [1, 2, 3, 4])
        self.assertEqual(seen[0][2], 3.0)

    def test_an_evaluator_says_over_how_many_samples(self):
        thread = self.start(lambda: fedasio.evaluator(lambda what: {"loss": 1.0}))
        self.worker.tell_model(ARRAYS, WEIGHTS)
        self.worker.ask(link.EVALUATE, {"round": 1, "client": 0, "version": 1})
        self.assertRegex(self.worker.answer().meta["reason"], "over how many samples is that mean")
        self.finish(thread)
        self.assertIsNone(self.failure)
        with self.assertRaisesRegex(fedasio.Misuse, "samples must be at least 1, not 0"):
            fedasio.evaluator(lambda what: {}, samples=0)

    def test_an_evaluator_trains_nobody(self):
        thread = self.start(lambda: fedasio.evaluator(lambda what: {"loss": 1.0}, samples=4))
        loaded = self.worker.tell(ARRAYS, WEIGHTS)
        self.assertRegex(loaded.meta["reason"], "evaluator, and trains nobody")
        self.finish(thread)
        self.assertIsInstance(self.failure, fedasio.Misuse)

    def test_what_load_must_return(self):
        for result, sentence in (
            (120, "load\\(\\) returns for each client .* not a int"),
            ({1: 5}, "tells nothing of client 0"),
            ({0: 1.5}, "samples of client 0 must be a whole number"),
            ({0: (5, -1)}, "held out samples of client 0 must be at least 0"),
        ):
            with self.subTest(result):
                thread = self.start(lambda it=result: fedasio.serve(load=lambda what: it, train=lambda one: None))
                refusal = self.worker.tell(ARRAYS, WEIGHTS)
                self.assertEqual(refusal.meta["code"], "data")
                self.assertRegex(refusal.meta["reason"], sentence)
                self.finish(thread)
                self.assertIsInstance(self.failure, fedasio.Misuse)
                self.worker.vanish()
                self.setUp()

    def test_functions_for_many_clients(self):
        asked = []

        def load(what):
            asked.append(what.source["folder"])
            return {client: (10 + client, 1) for client in what.clients}

        def train(one):
            if one.client == 4:
                raise ValueError("no data")
            if one.client != 5:
                one.submit(one.arrays, loss=float(one.client))

        thread = self.start(lambda: fedasio.serve(load=load, train=train))
        loaded = self.worker.tell(ARRAYS, WEIGHTS, clients=(3, 4, 5))
        self.assertEqual([one["samples"] for one in loaded.meta["clients"]], [13, 14, 15])
        self.assertEqual([one["held_out"] for one in loaded.meta["clients"]], [1, 1, 1])
        for client in (3, 4, 5):
            self.worker.train(client=client)
        answers = [self.worker.answer() for _ in range(3)]
        self.assertEqual(answers[0].meta["samples"], 13)
        self.assertEqual(answers[1].meta, {"code": "failed", "reason": "ValueError: no data"})
        self.assertRegex(answers[2].meta["reason"], "without round.submit")
        self.finish(thread)
        self.assertIsNone(self.failure)
        self.assertEqual(asked, ["here"])

    def test_data_that_cannot_be_loaded_is_told(self):
        def load(what):
            raise OSError("no such folder")

        thread = self.start(lambda: fedasio.serve(load=load, train=lambda one: None))
        loaded = self.worker.tell(ARRAYS, WEIGHTS)
        self.assertEqual(loaded.meta, {"code": "data", "reason": "OSError: no such folder"})
        self.finish(thread)
        self.assertIsNone(self.failure)


class Starting(unittest.TestCase):
    def test_an_evaluator_without_a_master_says_what_to_do(self):
        with self.assertRaisesRegex(fedasio.Misuse, "a master starts, and there is none: run fedasio-master .*--evaluator"):
            fedasio.evaluator(lambda what: {"loss": 1.0}, samples=4)

    def test_what_is_missing_is_said(self):
        with self.assertRaisesRegex(fedasio.Misuse, "where is the master"):
            fedasio.connect(samples=1)
        with self.assertRaisesRegex(fedasio.Misuse, "samples must be at least 1, not 0"):
            fedasio.connect("a:1", samples=0)
        with self.assertRaisesRegex(fedasio.Misuse, "go together"):
            fedasio.connect("a:1", samples=1, held_out=3)
        path, os.environ["PATH"] = os.environ["PATH"], "/nowhere"
        try:
            with self.assertRaisesRegex(fedasio.FederationError, "not on the PATH"):
                fedasio.connect("a:1", samples=1)
        finally:
            os.environ["PATH"] = path
        with self.assertRaisesRegex(fedasio.Misuse, "whole number, not 'many'"):
            fedasio.connect("a:1", samples="many")
        with self.assertRaisesRegex(fedasio.Misuse, "no key file /nowhere/key"):
            fedasio.connect("a:1", samples=1, worker="/bin/true", key="/nowhere/key")
        for program, sentence in (("/nowhere/worker", "No such file"), ("/tmp", "Permission denied")):
            with self.assertRaisesRegex(fedasio.FederationError, f"the worker {program} cannot be started .{sentence}"):
                fedasio.connect("a:1", samples=1, worker=program)

    def test_an_inherited_descriptor_that_is_none_is_told(self):
        for number in ("99999", "x"):
            os.environ["FEDASIO_TRAINER_FD"] = number
            with self.assertRaisesRegex(fedasio.Misuse, f"is '{number}', which is no open socket"):
                fedasio.connect(samples=1)

    def test_a_worker_that_ends_says_why_in_the_exception(self):
        for script, sentence in (
            ("exit 3", "ended with exit code 3 without a word: is it the fedasio-worker"),
            ("echo 'fedasio-worker: the key is wrong' >&2; exit 1", "exit code 1: the key is wrong"),
            ("kill -9 $$", "was killed by SIGKILL"),
        ):
            with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as file:
                file.write(f"#!/bin/sh\n{script}\n")
            self.addCleanup(os.unlink, file.name)
            os.chmod(file.name, 0o700)
            with contextlib.redirect_stderr(io.StringIO()) as said:
                with self.assertRaisesRegex(fedasio.FederationError, sentence):
                    with fedasio.connect("a:1", samples=1, worker=file.name) as federation:
                        list(federation.rounds())
            if "echo" in script:
                self.assertEqual(said.getvalue(), "fedasio-worker: the key is wrong\n")

    def test_the_checksum_is_castagnolis(self):
        self.assertEqual(link.crc32c(b"123456789"), 0xE3069283)
        self.assertEqual(link.crc32c(b"56789", link.crc32c(b"1234")), 0xE3069283)


if __name__ == "__main__":
    unittest.main()
