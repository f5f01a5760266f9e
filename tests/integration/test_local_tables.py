"""Owners with tables of their own, which nobody else sees."""

import unittest

from federation import Federation
from sample_data import table_rows, write_table


class LocalTables(Federation):
    def setUp(self):
        super().setUp()
        rows = table_rows(400, seed=1)
        # The first half holds more of one shade, so that the owners' tables differ.
        rows.sort(key=lambda row: (row[1], row[2]))
        half = rows[:250], rows[250:]
        self.north = write_table(self.folder / "north.csv", half[0])
        self.south = write_table(self.folder / "south.csv", half[1])

    def table_plan(self, units=4, loss="cross_entropy", activation="softmax", **source):
        plan = self.plan(
            model={
                "layers": [
                    {"type": "dense", "units": 16, "activation": "relu"},
                    {"type": "dense", "units": units, "activation": activation},
                ],
                "loss": loss,
            },
            data={"source": {"type": "csv", "label": "answer", **source}, "partition": {"scheme": "local"}},
            local={"epochs": 3, "batch_size": 8, "optimizer": {"type": "adam", "learning_rate": 0.02}},
            rounds=6,
        )
        del plan["clients"]
        return plan

    def test_learns_from_both(self):
        report = self.run_to_the_end(
            self.table_plan(), ["--data", self.north], ["--data", self.south]
        )
        last = report["rounds"][-1]
        self.assertEqual((last["cohort"], last["dropped"]), ([0, 1], []))
        self.assertGreater(last["test_accuracy"], 0.9)
        # size, noise, and one input for each shade.
        self.assertEqual(report["parameters"], 4 * 16 + 16 + 16 * 4 + 4)

    def test_order_of_joining_does_not_matter(self):
        digests = set()
        for order in ("north", "south"), ("south", "north"):
            master = self.master(self.table_plan(), "--min-workers", "2")
            for name in order:
                self.worker(master, name, "--data", self.folder / f"{name}.csv")
                master.wait_joined(name)
            digests.add(master.train()["weights_sha256"])
        self.assertEqual(len(digests), 1, digests)

    def test_with_a_test_file(self):
        test = write_table(self.folder / "test.csv", table_rows(200, seed=2))
        plan = self.table_plan(test=str(test))
        report = self.run_to_the_end(plan, ["--data", self.north], ["--data", self.south])
        self.assertGreater(report["rounds"][-1]["test_accuracy"], 0.9)

    def test_headers_that_differ(self):
        write_table(self.south, table_rows(50, seed=3), ("size", "colour", "noise", "answer"))
        report = self.run_to_the_end(
            self.table_plan(), ["--data", self.north], ["--data", self.south], ends_with=1
        )
        self.assertEqual(report["outcome"], "failed")
        self.assertRegex(report["detail"], "colour|shade")

    def test_label_that_is_missing(self):
        plan = self.table_plan()
        plan["data"]["source"]["label"] = "species"
        report = self.run_to_the_end(plan, ["--data", self.north], ["--data", self.south], ends_with=1)
        self.assertIn("species", report["detail"])

    def test_goes_on_without_an_owner_whose_table_is_broken(self):
        self.south.write_text("size,shade\n")
        master = self.master(self.table_plan(), "--min-workers", "2")
        self.worker(master, "north", "--data", self.north)
        self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        end = master.train()
        self.assertEqual(end["outcome"], "rounds_done", end)
        notice = master.wait_event("notice", level="error")
        self.assertIn("south cannot take part", notice["text"])
        self.assertEqual(len(master.get("rounds")[-1]["cohort"]), 1)

    def test_owner_comes_back_as_the_same_client(self):
        master = self.master(self.table_plan(), "--min-workers", "2")
        north = self.worker(master, "north", "--data", self.north)
        self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        master.train(rounds=1)
        samples = {c["client"]: c["samples"] for c in master.get("clients")}
        north.kill()
        after = master.wait_event("worker_left")["seq"]
        self.worker(master, "north", "--data", self.north)
        master.wait_event("worker_joined", after)
        master.train(rounds=1)
        self.assertEqual({c["client"]: c["samples"] for c in master.get("clients")}, samples)
        self.assertEqual(master.get("rounds")[-1]["cohort"], [0, 1])

    def test_regression(self):
        rows = table_rows(400, seed=4, answer="number")
        write_table(self.north, rows[:200])
        write_table(self.south, rows[200:])
        plan = self.table_plan(units=1, loss="mean_squared_error", activation="linear")
        plan["rounds"] = 15
        report = self.run_to_the_end(plan, ["--data", self.north], ["--data", self.south])
        first, last = report["rounds"][0], report["rounds"][-1]
        self.assertIsNone(last["test_accuracy"])
        self.assertIsNone(last["train_accuracy"])
        self.assertLess(last["test_loss"], 0.5)
        self.assertLess(last["test_loss"], first["test_loss"])

    def test_one_table_for_all(self):
        """Not local: every worker reads the same file, and the clients share it."""
        plan = self.table_plan(train="north.csv")
        plan["data"]["partition"] = {"scheme": "iid"}
        plan["clients"] = 3
        digests = {
            self.run_to_the_end(plan, *spread)["weights_sha256"] for spread in ([[]], [[], []], [[]] * 3)
        }
        self.assertEqual(len(digests), 1)


if __name__ == "__main__":
    unittest.main()
