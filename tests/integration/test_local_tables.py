"""Owners with tables of their own, which nobody else sees."""

import json
import random
import signal
import statistics
import unittest

from federation import Federation
from model_file import read_safetensors
from programs import BIN
from python_worker import PythonWorker
from sample_data import table_rows, write_table
from test_notify import Hook


class EmptyOwner(PythonWorker):
    """Has no sample to train on."""

    def load(self, request):
        clients = [{"client": client, "samples": 0, "held_out": 0} for client in request.meta["clients"]]
        self.peer.reply(request, {"clients": clients})


class HangingOwner(PythonWorker):
    """Its disk does not answer."""

    def load(self, request):
        pass


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

    def owners(self, master):
        """North and south, both connected."""
        started = [
            self.worker(master, name, "--data", self.folder / f"{name}.csv") for name in ("north", "south")
        ]
        master.wait_workers(2)
        return started

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
        south = self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        end = master.train()
        self.assertEqual(end["outcome"], "rounds_done", end)
        notice = master.wait_event("notice", level="error")
        self.assertIn("south cannot take part", notice["text"])
        south.wait_log("worker", "leaves this worker out: ")
        told = {row["name"]: (row["standing"], row["reason"]) for row in master.get("workers")}
        self.assertEqual(told["north"], ("takes_part", ""))
        self.assertEqual(told["south"][0], "left_out")
        self.assertIn(told["south"][1], notice["text"])
        self.assertEqual(len(master.get("rounds")[-1]["cohort"]), 1)

    def test_rejected_owner_frees_its_place(self):
        """A broken table keeps no client from an owner who comes later; a good one keeps its own."""
        broken = self.folder / "broken.csv"
        broken.write_text("size,shade\n")
        master = self.master({**self.table_plan(), "clients": 2, "quorum": 0.5}, "--min-workers", "2")
        spoiler = self.worker(master, "a-broken", "--data", broken)
        self.worker(master, "north", "--data", self.north)
        master.wait_workers(2)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        (alone,) = master.get("rounds")[-1]["cohort"]
        spoiler.signal(signal.SIGTERM)
        spoiler.wait_exit()
        master.wait_event("worker_left", name="a-broken")
        self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        after = master.now()
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        self.assertEqual(master.get("rounds")[-1]["cohort"], [0, 1])
        number = master.wait_joined("south")
        assigned = master.wait_event("worker_assigned", after, worker=number)
        self.assertEqual([client["client"] for client in assigned["clients"]], [1 - alone])
        # Both places have owners now.
        west = self.worker(master, "west", "--data", self.south)
        master.wait_workers(3)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        self.assertEqual(master.get("rounds")[-1]["cohort"], [0, 1])
        master.wait_event("notice", after, where=lambda e: "west has no client" in e["text"])
        west.wait_log("worker", "has an owner already")

    def run_with_sites(self, plan, *sites, minimum=2):
        """Runs it to the end; gives the exit code, the report, and the last line of the log."""
        report = self.folder / "report.json"
        master = self.master(
            plan,
            *("--autostart", "--exit-when-done", "--report", report, "--min-workers", minimum),
        )
        for name, table in sites:
            self.worker(master, name, "--data", table)
        code = master.wait_exit()
        return code, json.loads(report.read_text()), master.text().strip().splitlines()[-1]

    def test_all_owners_are_there(self):
        code, report, _ = self.run_with_sites(
            {**self.table_plan(), "clients": 2}, ("north", self.north), ("south", self.south)
        )
        self.assertEqual((code, report["outcome"], report["complete"]), (0, "rounds_done", True))
        self.assertEqual(
            [(site["name"], site["clients"], site["rounds"], site["state"]) for site in report["sites"]],
            [("north", [0], 6, "takes_part"), ("south", [1], 6, "takes_part")],
        )

    def test_a_run_that_needs_all_does_not_begin_without_one(self):
        self.south.write_text("size,shade\n")
        code, report, last = self.run_with_sites(
            {**self.table_plan(), "clients": 2}, ("north", self.north), ("south", self.south)
        )
        self.assertEqual((code, report["outcome"], report["rounds"]), (1, "failed", []))
        for text in report["detail"], last:
            self.assertIn("south cannot take part", text)
        south = next(site for site in report["sites"] if site["name"] == "south")
        self.assertEqual((south["state"], south["rounds"]), ("left_out", 0))

    def test_a_run_without_an_owner_does_not_look_like_success(self):
        self.south.write_text("size,shade\n")
        plan = {**self.table_plan(), "clients": 3, "quorum": 0.3}
        code, report, last = self.run_with_sites(plan, ("north", self.north), ("south", self.south))
        self.assertEqual((code, report["outcome"], report["complete"]), (1, "rounds_done", False))
        for text in report["detail"], last:
            self.assertIn("without south", text)
            self.assertIn("no owner came for it", text)
        sites = {site["name"]: site for site in report["sites"]}
        self.assertEqual({name: site["missed"] for name, site in sites.items()}, {"north": False, "south": True, None: True})
        self.assertEqual(sites[None]["state"], "missing")

    def test_an_owner_that_leaves_is_named(self):
        report = self.folder / "report.json"
        plan = {**self.table_plan(), "clients": 2, "rounds": 400}
        master = self.master(plan, "--exit-when-done", "--report", report, "--min-workers", "2", "--autostart")
        self.worker(master, "north", "--data", self.north)
        south = self.worker(master, "south", "--data", self.south)
        master.wait_event("round_finished")
        south.kill()
        self.assertEqual(master.wait_exit(), 1)
        told = json.loads(report.read_text())
        self.assertEqual((told["outcome"], told["complete"]), ("rounds_done", False))
        self.assertRegex(told["detail"], r"400 rounds done; without south \(away since round \d+\)")
        self.assertIn("without south", master.text().strip().splitlines()[-1])
        gone = next(site for site in told["sites"] if site["name"] == "south")
        self.assertEqual((gone["state"], gone["clients"]), ("away", [1]))
        self.assertGreaterEqual(gone["rounds"], 1)

    def test_a_plan_that_insists_on_all(self):
        """It waits for who has gone, instead of going on without it."""
        plan = {**self.table_plan(), "require_all": True, "rounds": 300}
        master = self.master(plan, "--min-workers", "2")
        self.worker(master, "north", "--data", self.north)
        south = self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        master.command("train")
        master.wait_event("round_finished")
        south.kill()
        left = master.wait_event("worker_left", name="south")
        master.wait_event("phase", left["seq"], phase="waiting")
        self.worker(master, "south", "--data", self.south)
        end = master.wait_event("training_finished")
        self.assertEqual((end["outcome"], end["complete"]), ("rounds_done", True))
        for result in master.get("rounds"):
            self.assertEqual((result["cohort"], result["dropped"]), ([0, 1], []))

    def test_a_table_that_was_mended(self):
        """Its owner is offered a place again while the others train."""
        good = self.south.read_text()
        self.south.write_text("size,shade\n")
        master = self.master({**self.table_plan(), "rounds": 1000000}, "--min-workers", "2")
        self.worker(master, "north", "--data", self.north)
        south = self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        master.command("train")
        master.wait_event("worker_standing", name="south", standing="left_out")
        self.south.write_text(good)
        back = master.wait_event("worker_standing", name="south", standing="takes_part")
        master.wait_event("client_updated", back["seq"], worker=back["worker"])
        south.wait_log("worker", "takes part in the training again")
        master.command("stop")
        self.assertTrue(master.wait_event("training_finished")["complete"])

    def test_one_that_comes_back_as_it_went_is_told_of_once(self):
        hook = Hook()
        self.addCleanup(hook.end)
        good = self.south.read_text()
        self.south.write_text("size,shade\n")
        plan = {**self.table_plan(), "rounds": 1000000}
        master = self.master(plan, "--min-workers", "2", "--notify", hook.url)
        self.worker(master, "north", "--data", self.north)
        south = self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        master.command("train")
        first = master.wait_event("worker_standing", name="south", standing="left_out")
        self.assertEqual(hook.next()[2]["kind"], "left_out")
        south.kill()
        south.wait_exit()
        self.worker(master, "south", "--data", self.south)
        master.wait_event("worker_standing", first["seq"], name="south", standing="left_out")
        self.south.write_text(good)
        master.wait_event("worker_standing", name="south", standing="takes_part")
        master.command("stop")
        kinds = iter(lambda: hook.next()[2]["kind"], "finished")
        self.assertNotIn("left_out", list(kinds))

    def test_a_late_joiner_whose_disk_hangs_holds_nobody(self):
        master = self.master({**self.table_plan(), "rounds": 1000000, "deadline": 600})
        self.worker(master, "north", "--data", self.north)
        master.wait_workers(1)
        master.command("train")
        master.wait_event("round_finished")
        self.serve_in_thread(HangingOwner(master.worker_address, "hangs"))
        number = master.wait_joined("hangs")
        loading = master.wait_event("worker_state", worker=number, state="loading")
        finished = [master.wait_event("round_finished", loading["seq"])["result"]["round"]]
        master.wait_event("round_finished", where=lambda e: e["result"]["round"] > finished[0] + 20)
        master.command("stop")
        master.wait_event("training_finished")

    def test_owners_without_samples(self):
        """Said at once, and not after minutes."""
        plan = self.plan()
        plan["data"]["partition"] = {"scheme": "local"}
        del plan["clients"]
        master = self.master(plan, "--min-workers", "2")
        for name in "north", "south":
            self.serve_in_thread(EmptyOwner(master.worker_address, name))
        master.wait_workers(2)
        end = master.train()
        self.assertEqual(end["outcome"], "failed")
        self.assertIn("no client has a sample to train on: north (client 0), south (client 1)", end["detail"])

    def test_a_model_is_loaded_before_the_first_training(self):
        master = self.master(self.table_plan(), "--min-workers", "2")
        self.owners(master)
        weights = master.train()["weights_sha256"]
        master.command("save", name="kept")
        master.signal(signal.SIGTERM)
        master.wait_exit()
        second = self.master(self.table_plan(), "--min-workers", "2")
        self.assertIn("encoded as they were for it", second.command("load", name="kept"))
        self.owners(second)
        self.assertEqual(second.get("status")["parameters"], 4 * 16 + 16 + 16 * 4 + 4)
        end = second.train(rounds=1)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 1))
        self.assertNotEqual(end["weights_sha256"], weights)
        self.assertGreater(second.get("rounds")[0]["test_accuracy"], 0.9)

    def test_restarted_without_a_name(self):
        """Its default name is the same again, and so is its client; of two with one table each has its own."""
        master = self.master(self.table_plan(), "--min-workers", "3")

        def nameless(data):
            return self.program(
                *(BIN / "fedasio-worker", "--connect", master.workers_at, "--data", data),
                *("--threads", "1", "--log-format", "json"),
            )

        first, _, third = [nameless(data) for data in (self.north, self.south, self.south)]
        master.wait_workers(3)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        before = {row["name"]: row["clients"] for row in master.get("workers")}
        self.assertEqual(sorted(before.values()), [[0], [1], [2]])
        for victim, data in (first, self.north), (third, self.south):
            victim.kill()
            master.wait_workers(2)
            nameless(data)
            master.wait_workers(3)
        self.assertEqual(master.train(rounds=1)["outcome"], "rounds_done")
        here = [row for row in master.get("workers") if row["state"] != "gone"]
        self.assertEqual({row["name"]: row["clients"] for row in here}, before)

    def test_the_only_good_owner_dies_and_comes_back(self):
        """In a training for which its data was there already, beside an owner that can do nothing."""
        self.south.write_text("size,shade\n")
        master = self.master(self.table_plan(), "--min-workers", "2")
        north = self.worker(master, "north", "--data", self.north)
        self.worker(master, "south", "--data", self.south)
        master.wait_workers(2)
        master.train(rounds=1)
        after = master.now()
        north.freeze()
        master.command("train", rounds=2)
        master.wait_event("notice", after, level="error")
        north.kill()
        left = master.wait_event("worker_left", after, name="north")["seq"]
        master.wait_event("phase", left, phase="waiting")
        self.worker(master, "north", "--data", self.north)
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 3), end)

    def test_owners_that_are_away_for_a_moment_are_waited_for(self):
        """Sent away again and again, in rounds and between them: each is back before a round goes on without it."""
        plan = {**self.table_plan(), "rounds": 40}
        undisturbed = self.master(plan, "--min-workers", "2")
        self.owners(undisturbed)
        undisturbed.wait_workers(2)
        expected = undisturbed.train()["weights_sha256"]
        master = self.master(plan, "--min-workers", "2")
        self.owners(master)
        master.wait_workers(2)
        after = master.now()
        master.command("train")
        for turn in range(10):
            after = master.wait_event("round_finished", after)["seq"]
            here = [worker["worker"] for worker in master.get("workers") if worker["state"] != "gone"]
            if here:
                master.post({"command": "evict", "worker": here[turn % len(here)]})
        end = master.wait_event("training_finished", after)
        self.assertEqual(end["outcome"], "rounds_done", end)
        for result in master.get("rounds"):
            self.assertEqual((result["cohort"], result["dropped"]), ([0, 1], []))
        self.assertEqual(end["weights_sha256"], expected)

    def test_an_owner_that_stays_away_is_told_of(self):
        master = self.master({**self.table_plan(), "local": {"epochs": 300, "batch_size": 4}, "rounds": 10})
        _, south = self.owners(master)
        after = master.now()
        master.command("train")
        master.wait_event("round_finished", after)
        south.kill()
        master.wait_event("notice", after, where=lambda e: "its owner south is away" in e["text"])
        self.assertEqual(master.wait_event("training_finished", after)["outcome"], "rounds_done")
        self.assertEqual(len(master.get("rounds")[-1]["cohort"]), 1)

    def test_resume_counts_the_rounds_from_the_checkpoint(self):
        """The inputs of the model are known only when the tables are, and so is the checkpoint."""
        plan = {**self.table_plan(), "checkpoint_every": 1}
        master = self.master(plan, "--min-workers", "2")
        owners = self.owners(master)
        master.train(rounds=2)
        for program in (master, *owners):
            program.kill()
        master = self.master(plan, "--min-workers", "2", "--resume")
        self.owners(master)
        end = master.train(rounds=3)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 5), end)
        self.assertEqual([r["round"] for r in master.get("rounds")], [1, 2, 3, 4, 5])
        started = [e for e in master.events if e["type"] == "training_started"][-1]
        self.assertEqual((started["round"], started["last_round"]), (3, 5))

    def test_a_resumed_run_waits_for_owners_and_tells_who_is_away(self):
        """An owner of before the crash is no less of an owner because this process never saw it."""
        plan = {**self.table_plan(), "clients": 0, "checkpoint_every": 1}
        master = self.master(plan, "--min-workers", "2")
        owners = self.owners(master)
        master.train(rounds=2)
        for program in (master, *owners):
            program.kill()
        master = self.master(plan, "--resume")
        self.worker(master, "north", "--data", self.north)
        master.wait_joined("north")
        after = master.now()
        master.command("train", rounds=2)
        # It is waited for, and is told of when it has not come.
        master.wait_event("notice", after, where=lambda e: "its owner south is away" in e["text"])
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", 4), end)
        rounds = master.get("rounds")
        for result in rounds[:2]:
            self.assertEqual((len(result["cohort"]), result["absent"]), (2, []))
        (client,) = [c for c in rounds[0]["cohort"] if c not in rounds[-1]["cohort"]]
        for result in rounds[2:]:
            self.assertEqual(result["absent"], [{"client": client, "reason": "away"}])
            self.assertTrue(result["test_partial"])
        # Back again, it is the client that it was.
        self.worker(master, "south", "--data", self.south)
        master.wait_joined("south")
        master.train(rounds=1)
        last = master.get("rounds")[-1]
        self.assertEqual((last["cohort"], last["absent"], last["test_partial"]), ([0, 1], [], False))

    def test_resume_at_the_start_counts_all_rounds(self):
        plan = {**self.table_plan(), "checkpoint_every": 1}
        master = self.master(plan, "--min-workers", "2")
        owners = self.owners(master)
        master.train(rounds=4)
        for program in (master, *owners):
            program.kill()
        report = self.run_to_the_end(
            plan, ["--data", self.north], ["--data", self.south], options=("--resume",)
        )
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2, 3, 4, 5, 6])

    def test_resume_keeps_owners_and_encoding(self):
        """South is client 0 because it came first, and the encoding is of its table alone."""
        lines = self.south.read_text().splitlines(keepends=True)
        self.north.write_text("".join(lines[: len(lines) // 2]))
        plan = {**self.table_plan(), "checkpoint_every": 1}
        ends = []
        for killed in False, True:
            state = ("--state-dir", self.folder / f"killed-{killed}")
            master = self.master(plan, *state)
            workers = [self.worker(master, "south", "--data", self.south)]
            master.wait_joined("south")
            master.train(rounds=1)
            workers.append(self.worker(master, "north", "--data", self.north))
            master.wait_joined("north")
            master.train(rounds=1)
            if killed:
                for program in (master, *workers):
                    program.kill()
                master = self.master(plan, *state, "--resume", "--min-workers", "2")
                self.owners(master)
            end = master.train(rounds=1)
            ends.append((end["round"], end["weights_sha256"], master.get("rounds")[-1]["cohort"]))
        self.assertEqual(ends[0], ends[1])
        self.assertEqual(ends[0][0::2], (3, [0, 1]))

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

    def test_regression_on_large_labels(self):
        """Plain SGD on prices around 300,000, which is what standardising the label is for."""
        rng = random.Random(6)
        areas = [rng.uniform(50, 150) for _ in range(400)]
        rows = [[f"{area:.3f}", f"{area * 3000 + rng.gauss(0, 10000):.2f}"] for area in areas]
        write_table(self.north, rows[:250], ("area", "price"))
        write_table(self.south, rows[250:], ("area", "price"))
        plan = self.table_plan(units=1, loss="mean_squared_error", activation="linear", label="price")
        plan["local"] = {"epochs": 2, "batch_size": 8, "optimizer": {"type": "sgd", "learning_rate": 0.01}}
        master = self.master(plan, "--min-workers", "2")
        self.owners(master)
        end = master.train(rounds=8)
        self.assertEqual(end["outcome"], "rounds_done", end)
        self.assertLess(master.get("rounds")[-1]["test_loss"], 0.2)

        master.command("save", name="prices")
        path = self.folder / master.wait_event("model_saved")["path"]
        schema = json.loads(read_safetensors(path).metadata["schema"])
        prices = [float(price) for _, price in rows]
        self.assertAlmostEqual(schema["label_mean"], statistics.fmean(prices), delta=1)
        self.assertAlmostEqual(schema["label_deviation"], statistics.pstdev(prices), delta=500)
        self.assertEqual((schema["label"], schema["regression"]), ("price", True))
        (area,) = [column for column in schema["columns"] if column["name"] == "area"]
        self.assertAlmostEqual(area["mean"], statistics.fmean(float(row[0]) for row in rows), delta=0.01)

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
