"""How good a model is said to be: what the numbers are, and what becomes of those who lie about them."""

import array
import collections
import json
import math
import statistics
import unittest

from federation import Federation
from model_file import read_safetensors
from python_worker import PythonWorker
from sample_data import table_rows, write_table


def outputs_of(model, inputs):
    """Two dense layers, relu between them, in double."""
    values = array.array("f", model.data)
    (kernel, bias, second_kernel, second_bias) = list(model.shapes.values())
    at = 0
    layers = []
    for shape, _ in ((kernel, bias), (second_kernel, second_bias)):
        wide, units = shape
        layers.append((values[at : at + wide * units], values[at + wide * units :][:units], units))
        at += wide * units + units
    for number, (weights, biases, units) in enumerate(layers):
        inputs = [
            biases[unit] + sum(x * weights[place * units + unit] for place, x in enumerate(inputs))
            for unit in range(units)
        ]
        if number == 0:
            inputs = [max(0.0, x) for x in inputs]
    return inputs


def encode(schema, header, row):
    values = dict(zip(header, row))
    inputs = []
    for column in schema["columns"]:
        if column["type"] == "numeric":
            inputs.append((float(values[column["name"]]) - column["mean"]) / column["deviation"])
        elif column["type"] == "categorical":
            inputs += [float(values[column["name"]] == category) for category in column["categories"]]
    return inputs


def area_under_roc(own, others):
    won = sum((a > b) + (a == b) / 2 for a in own for b in others)
    return won / (len(own) * len(others))


class Metrics(Federation):
    HEADER = ("size", "shade", "noise", "answer")

    def table_plan(self, answer="class", **source):
        number = answer == "number"
        return {
            "model": {
                "layers": [
                    {"type": "dense", "units": 8, "activation": "relu"},
                    {"type": "dense", "units": 1 if number else 4, "activation": "linear" if number else "softmax"},
                ],
                "loss": "mean_squared_error" if number else "cross_entropy",
            },
            "data": {"source": {"type": "csv", "label": "answer", **source}, "partition": {"scheme": "local"}},
            "local": {"epochs": 1, "batch_size": 8, "optimizer": {"type": "adam", "learning_rate": 0.01}},
            "rounds": 3,
        }

    def trained(self, plan, tables):
        """Trains it, and gives master, last round and the saved model."""
        master = self.master(plan, "--min-workers", len(tables))
        for name, rows in tables.items():
            self.worker(master, name, "--data", write_table(self.folder / f"{name}.csv", rows))
        master.wait_workers(len(tables))
        end = master.train()
        self.assertEqual(end["outcome"], "rounds_done", end)
        master.command("save", name="last")
        model = read_safetensors(self.folder / master.wait_event("model_saved")["path"])
        return master, master.get("rounds")[-1], model

    def test_errors_of_a_regression_are_those_of_its_predictions(self):
        # Labels that differ less than those that are trained on.
        tests = [row for row in table_rows(400, seed=9, answer="number") if abs(float(row[3])) < 2]
        test = write_table(self.folder / "test.csv", tests)
        plan = self.table_plan("number", test=str(test))
        master, last, model = self.trained(plan, {"north": table_rows(200, seed=1, answer="number")})
        schema = json.loads(model.metadata["schema"])
        labels = [float(row[3]) for row in tests]
        said = [
            outputs_of(model, encode(schema, self.HEADER, row))[0] * schema["label_deviation"]
            + schema["label_mean"]
            for row in tests
        ]
        errors = [y - t for y, t in zip(said, labels)]
        squares = sum(error * error for error in errors)
        mean = statistics.fmean(labels)
        self.assertAlmostEqual(last["test_rmse"], math.sqrt(squares / len(labels)), delta=1e-4)
        self.assertAlmostEqual(last["test_mae"], statistics.fmean(map(abs, errors)), delta=1e-4)
        self.assertAlmostEqual(last["test_r2"], 1 - squares / sum((t - mean) ** 2 for t in labels), delta=1e-5)
        # What a loss says of the variance is not what the test set's own variance says.
        self.assertNotAlmostEqual(last["test_r2"], 1 - last["test_loss"], delta=0.01)
        self.assertIsNone(last["test_accuracy"])
        self.assertIsNone(last["test_auc"])
        self.assertIsNone(last["test_recall"])
        self.assertEqual((last["test_samples"], last["test_clients"], last["test_partial"]), (len(tests), 0, False))
        tested = master.get("status")["test"]
        self.assertEqual((tested["r2"], tested["rmse"], tested["round"]), (last["test_r2"], last["test_rmse"], 3))

    def joint_histogram(self, model, rows):
        """By (bin of the true value, bin of the prediction), and how many rows lie so near an edge that float32 may
        put them elsewhere."""
        schema = json.loads(model.metadata["schema"])
        cells, doubtful = collections.Counter(), 0
        for row in rows:
            target = (float(row[3]) - schema["label_mean"]) / schema["label_deviation"]
            places = [(value + 3) / 0.25 for value in (target, *outputs_of(model, encode(schema, self.HEADER, row)))]
            doubtful += any(abs(place - round(place)) < 1e-4 for place in places)
            cells[tuple(min(23, max(0, math.floor(place))) for place in places)] += 1
        return cells, doubtful

    def test_values_of_a_regression_are_counted_as_predicted(self):
        tests = table_rows(400, seed=9, answer="number")
        test = write_table(self.folder / "test.csv", tests)
        tables = {name: table_rows(100, seed=seed, answer="number") for seed, name in enumerate(("north", "south"))}
        master, last, model = self.trained(self.table_plan("number", test=str(test)), tables)
        shown = master.wait_event("model_evaluated", round=3)
        schema = json.loads(model.metadata["schema"])
        histogram = shown["histogram"]
        self.assertEqual((histogram["label"], histogram["bins"], shown["samples"]), ("answer", 24, len(tests)))
        self.assertAlmostEqual(histogram["low"], schema["label_mean"] - 3 * schema["label_deviation"], delta=1e-9)
        self.assertAlmostEqual(histogram["width"], schema["label_deviation"] / 4, delta=1e-9)
        told = collections.Counter({(true, said): count for true, said, count in histogram["cells"]})
        self.assertEqual(told.total(), last["test_samples"])
        expected, doubtful = self.joint_histogram(model, tests)
        self.assertLess(doubtful, 10)
        self.assertLessEqual((told - expected).total(), doubtful)
        # The history keeps it.
        past = master.get(f"runs/{master.get('status')['run']}/evaluation")
        self.assertEqual(past["histogram"], histogram)

    def test_values_that_clients_hold_out_are_counted_together(self):
        tables = {name: table_rows(100, seed=seed, answer="number") for seed, name in enumerate(("north", "south"))}
        plan = self.table_plan("number")
        plan["data"]["test_fraction"] = 0.8
        master, last, model = self.trained(plan, tables)
        self.assertEqual((last["test_clients"], last["test_samples"]), (2, 160))
        told = collections.Counter(
            {(true, said): count for true, said, count in master.wait_event("model_evaluated", round=3)["histogram"]["cells"]}
        )
        self.assertEqual(told.total(), 160)
        # Nobody here knows which rows they are: each is one of the tables.
        expected, doubtful = self.joint_histogram(model, [row for rows in tables.values() for row in rows])
        self.assertLess(doubtful, 10)
        self.assertLessEqual((told - expected).total(), doubtful)

    def test_recall_and_area_of_classes_are_those_of_its_predictions(self):
        tests = table_rows(200, seed=9)
        test = write_table(self.folder / "test.csv", tests)
        _, last, model = self.trained(
            self.table_plan(test=str(test)), {"north": table_rows(60, seed=1), "south": table_rows(60, seed=2)}
        )
        schema = json.loads(model.metadata["schema"])
        classes = schema["classes"]
        labels = [classes.index(row[3]) for row in tests]
        shares = []
        for row in tests:
            outputs = outputs_of(model, encode(schema, self.HEADER, row))
            top = max(outputs)
            powers = [math.exp(z - top) for z in outputs]
            shares.append([power / sum(powers) for power in powers])
        areas = []
        for number in range(len(classes)):
            own = [share for share, label in zip(shares, labels) if label == number]
            others = [share[number] for share, label in zip(shares, labels) if label != number]
            areas.append(area_under_roc([share[number] for share in own], others))
            hits = sum(share.index(max(share)) == number for share in own)
            self.assertAlmostEqual(last["test_recall"][number], hits / len(own), delta=1e-12)
        self.assertAlmostEqual(last["test_auc"], statistics.fmean(areas), delta=2e-3)
        self.assertIsNone(last["test_r2"])

    def test_clients_add_up_to_all(self):
        tables = {name: table_rows(rows, seed=rows, answer="number") for name, rows in (("a", 40), ("b", 90), ("c", 200))}
        master, last, _ = self.trained(self.table_plan("number"), tables)
        clients = master.get("clients")
        counts = [client["test_samples"] for client in clients]
        self.assertEqual(counts, [8, 18, 40])
        self.assertEqual((last["test_samples"], last["test_clients"]), (66, 3))
        squares = sum(client["test_rmse"] ** 2 * client["test_samples"] for client in clients)
        self.assertAlmostEqual(last["test_rmse"], math.sqrt(squares / 66), delta=1e-9)
        absolute = sum(client["test_mae"] * client["test_samples"] for client in clients)
        self.assertAlmostEqual(last["test_mae"], absolute / 66, delta=1e-9)
        for key in "loss", "r2", "rmse", "mae":
            self.assertEqual(
                last[f"test_{key}_median"], statistics.median(client[f"test_{key}"] for client in clients)
            )
        self.assertIsNone(last["test_accuracy_median"])
        reported = master.get("report")["clients"]
        self.assertEqual([one["rmse"] for one in reported], [client["test_rmse"] for client in clients])
        self.assertEqual([one["round"] for one in reported], [3, 3, 3])

    def test_classes_add_up_wherever_the_samples_are(self):
        """One table dealt to clients: whoever hosts them, the metrics have the same bits."""
        write_table(self.folder / "all.csv", table_rows(300, seed=3))
        plan = self.table_plan(train="all.csv")
        plan["data"]["partition"] = {"scheme": "iid"}
        plan["clients"] = 5
        seen = set()
        for spread in ([[]], [[], []], [[]] * 5):
            last = self.run_to_the_end(plan, *spread)["rounds"][-1]
            self.assertIsNotNone(last["test_auc"])
            seen.add(
                json.dumps({key: last[key] for key in last if key.startswith("test_")}, sort_keys=True)
            )
        self.assertEqual(len(seen), 1, seen)

    def test_what_is_kept_to_oneself_is_not_known(self):
        write_table(self.folder / "n.csv", table_rows(60, seed=1, answer="number"))
        write_table(self.folder / "s.csv", table_rows(60, seed=2, answer="number"))
        own = ["--data", self.folder / "n.csv"]
        report = self.run_to_the_end(
            self.table_plan("number"), own, ["--data", self.folder / "s.csv", "--no-label-counts"]
        )
        last = report["rounds"][-1]
        self.assertIsNone(last["test_r2"])
        self.assertGreater(last["test_mae"], 0)
        self.assertEqual([one["r2"] is None for one in report["clients"]], [False, True])


class Teller(PythonWorker):
    """Says of its evaluations what it is told to say."""

    def __init__(self, address, lie, name="teller"):
        self.lie = lie
        self.loads = {}
        super().__init__(address, name)

    def load(self, request):
        counts = [
            {"client": client, "samples": self.samples, "held_out": 10, **self.loads}
            for client in request.meta["clients"]
        ]
        self.peer.reply(request, {"clients": counts})

    def evaluate(self, request):
        honest = {"client": request.meta["client"], "samples": 10, "loss_sum": 14.0, "correct": 3}
        self.peer.reply(request, {**honest, **self.lie})


class Lies(Federation):
    def master_with(self, teller):
        """Three honest owners, who learn next to nothing, and a worker in Python; gives master and worker."""
        plan = self.plan(rounds=1, target_accuracy=0.9)
        plan["data"]["partition"] = {"scheme": "local"}
        plan["local"]["optimizer"] = {"type": "sgd", "learning_rate": 1e-6}
        plan["clients"] = 0
        master = self.master(plan, "--min-workers", "4")
        self.workers(master, 3)
        worker = teller(master.worker_address)
        self.serve_in_thread(worker)
        master.wait_workers(4)
        return master, worker

    def result_of(self, lie):
        master, _ = self.master_with(lambda address: Teller(address, lie))
        end = master.train(rounds=1, target_accuracy=0.9)
        (teller,) = [one for one in master.get("clients") if one["samples"] == 50]
        return master, end, master.get("rounds")[-1], teller

    def test_the_truth_counts(self):
        master, end, last, teller = self.result_of({})
        self.assertEqual(end["outcome"], "rounds_done", end)
        self.assertEqual(last["test_dropped"], [])
        self.assertEqual(last["test_samples"], 3 * 80 + 10)
        self.assertEqual((teller["test_loss"], teller["test_accuracy"]), (1.4, 0.3))
        # It tells no more, so of all of them that is not known; of the others it is.
        self.assertIsNone(last["test_auc"])
        self.assertIsNone(teller["test_recall"])
        self.assertEqual(sum(one["test_auc"] is not None for one in master.get("clients")), 3)

    def test_what_no_samples_can_give(self):
        lies = [
            {"loss_sum": -1e307},
            {"loss_sum": -1e-3},
            {"samples": 100_000_000, "correct": 100_000_000},
            {"correct": 11},
            {"loss_sum": 0.0, "correct": 0},
            {"loss_sum": 1e300},
            {"loss_sum": 100.0, "correct": 10},
            {"confusion": [10] + [0] * 15},
            {"confusion": [3, 7, 0, 0] + [0] * 12, "scores": [0, 0, 10]},
            {"histogram": [300, 10]},
            {"histogram": [300, 5, 300, 5]},
            {"client": 77},
            {"loss_sum": "none"},
        ]
        master, teller = self.master_with(lambda address: Teller(address, lies[0]))
        for lie in lies:
            teller.lie = lie
            with self.subTest(lie=lie):
                end = master.train(rounds=1, target_accuracy=0.9)
                self.assertEqual(end["outcome"], "rounds_done", end)
                last = master.get("rounds")[-1]
                self.assertEqual([one["reason"] for one in last["test_dropped"]], ["invalid"])
                self.assertEqual((last["test_samples"], last["test_clients"]), (240, 3))
                self.assertFalse(last["test_partial"])
                self.assertEqual(last["dropped"], [])
                self.assertLess(last["test_accuracy"], 0.9)
                self.assertGreater(last["test_loss"], 0.5)
        notices = [entry["text"] for entry in master.log("notice") if "was evaluated without" in entry["text"]]
        self.assertEqual(len(notices), 1, "it is named once, as long as it goes on")
        self.assertIn("(teller)", notices[0])
        # Once it tells the truth it counts again.
        teller.lie = {}
        master.train(rounds=1, target_accuracy=0.9)
        self.assertEqual(master.get("rounds")[-1]["test_samples"], 250)

    def test_what_is_beyond_all_proportion(self):
        for lie in {"loss_sum": 1e6, "correct": 0}, {"loss_sum": 0.0, "correct": 10}:
            with self.subTest(lie=lie):
                master, end, last, teller = self.result_of(lie)
                self.assertEqual(end["outcome"], "rounds_done", end)
                self.assertEqual(
                    last["test_dropped"], [{"client": teller["client"], "reason": "out_of_proportion"}]
                )
                self.assertEqual(last["test_samples"], 240)
                self.assertEqual(teller["test_reason"], "out_of_proportion")
                self.assertIsNone(teller["test_loss"])
                master.wait_event("notice", where=lambda e: "(teller)" in e["text"] and "median" in e["text"])

    def test_more_held_out_than_its_share(self):
        for loads in {"held_out": 100_000_000}, {"held_out": 14}, {"samples": 0, "held_out": 10}:
            with self.subTest(loads=loads):

                def teller(address):
                    one = Teller(address, {})
                    one.loads = loads
                    return one

                master, _ = self.master_with(teller)
                end = master.train(rounds=1, target_accuracy=0.9)
                self.assertEqual(end["outcome"], "rounds_done", end)
                notice = master.wait_event("notice", level="error")
                self.assertIn("teller cannot take part", notice["text"])
                self.assertIn("out", notice["text"])
                last = master.get("rounds")[-1]
                self.assertEqual((len(last["cohort"]), last["test_samples"]), (3, 240))

    def test_the_share_rounded_up_is_its_share(self):
        def teller(address):
            one = Teller(address, {"samples": 12, "loss_sum": 17.0})
            one.loads = {"samples": 48, "held_out": 12}
            one.samples = 48
            return one

        master, _ = self.master_with(teller)
        master.train()
        self.assertEqual(master.get("rounds")[-1]["test_samples"], 252)

    def test_a_training_loss_that_no_samples_can_give(self):
        class Trainer(Teller):
            def update(self, request):
                meta, body = super().update(request)
                return {**meta, "loss": -1.0}, body

        master, _ = self.master_with(lambda address: Trainer(address, {}))
        master.train()
        last = master.get("rounds")[-1]
        self.assertEqual([one["reason"] for one in last["dropped"]], ["invalid"])
        self.assertGreater(last["train_loss"], 0)


class Leaver(Teller):
    """Goes when it is to evaluate, and then does `next`."""

    def __init__(self, address, next):
        self.next = next
        super().__init__(address, {}, name="leaver")

    def evaluate(self, request):
        self.peer.hang_up()
        self.next()


class PartOfTheOwners(Federation):
    def outcome_if(self, returns):
        plan = self.plan(rounds=1, target_accuracy=0.01)
        plan["data"]["partition"] = {"scheme": "local"}
        plan["clients"] = 0
        report = self.folder / "report.json"
        master = self.master(plan, "--min-workers", "2", "--autostart", "--exit-when-done", "--report", report)
        honest = self.worker(master, "honest")

        def come_back():
            if returns:
                master.wait_event("worker_left", name="leaver")
                self.serve_in_thread(Teller(master.worker_address, {}, name="leaver"))

        self.serve_in_thread(Leaver(master.worker_address, come_back))
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertEqual(honest.wait_exit(), 0, honest.text())
        report = json.loads(report.read_text())
        return master, report, report["rounds"][-1]

    def test_who_stays_away_is_missed_and_no_target_is_judged(self):
        master, report, last = self.outcome_if(returns=False)
        self.assertTrue(last["test_partial"])
        self.assertEqual([one["reason"] for one in last["test_dropped"]], ["lost"])
        self.assertEqual(last["test_samples"], 80)
        self.assertGreater(last["test_accuracy"], 0.01)
        self.assertEqual(report["outcome"], "rounds_done", report["detail"])
        self.assertTrue(any("(leaver)" in entry["text"] for entry in master.log("notice")))

    def test_a_round_that_nobody_can_test_counts(self):
        plan = self.plan(rounds=1, keep_best="train_loss")
        plan["data"]["partition"] = {"scheme": "local"}
        plan["clients"] = 0
        file = self.folder / "report.json"
        master = self.master(plan, "--autostart", "--exit-when-done", "--report", file)
        self.serve_in_thread(Leaver(master.worker_address, lambda: None))
        master.wait_exit()
        report = json.loads(file.read_text())
        self.assertEqual((report["outcome"], report["checkpoint_round"]), ("rounds_done", 1), report["detail"])
        (last,) = report["rounds"]
        self.assertEqual((last["test_samples"], last["test_accuracy"]), (0, None))
        self.assertEqual(last["test_problem"], "no client could make it")
        self.assertIsNotNone(last["train_loss"])

    def test_who_comes_back_is_waited_for(self):
        _, report, last = self.outcome_if(returns=True)
        self.assertFalse(last["test_partial"], last)
        self.assertEqual(last["test_dropped"], [])
        self.assertEqual(last["test_samples"], 90)
        self.assertEqual(report["outcome"], "target_reached")


if __name__ == "__main__":
    unittest.main()
