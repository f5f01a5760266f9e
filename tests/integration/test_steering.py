"""What can be done to a run besides training it, and what can be fetched of it."""

import contextlib
import hashlib
import json
import sqlite3
import unittest
import urllib.error
import urllib.request

from federation import Federation
from programs import BIN, PATIENCE, poll, run_program
from sample_data import TEST_FILES

FOREVER = 1000000


class Steering(Federation):
    def fetch(self, master, path, data=None):
        request = urllib.request.Request(f"{master.dashboard}/api/v1/{path}", data=data)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def plan_with_test_files(self, **changes):
        plan = self.plan(**changes)
        plan["data"]["source"].update(TEST_FILES)
        return plan

    def test_stop_lets_the_round_count(self):
        master = self.master(self.plan(local={"epochs": 20}))
        self.workers(master, 1)
        master.command("train", rounds=FOREVER)
        master.wait_event("round_finished")
        after = master.now()
        training = master.wait_event("phase", after, phase="training")
        message = master.command("stop")
        end = master.wait_event("training_finished")
        self.assertEqual(end["outcome"], "stopped")
        self.assertGreaterEqual(end["round"], training["round"])
        self.assertTrue(message.endswith(f"after round {end['round']}"), message)
        whole = self.run_to_the_end(self.plan(local={"epochs": 20}, rounds=end["round"]), [])
        self.assertEqual(end["weights_sha256"], whole["weights_sha256"])

    def test_an_evicted_worker_comes_back(self):
        plan = self.plan(rounds=40)
        alone = self.run_to_the_end(plan, [])["weights_sha256"]
        master = self.master(plan)
        self.workers(master, 2)
        after = master.now()
        master.command("train")
        master.wait_event("phase", after, phase="training")
        message = master.command("evict", worker=1)
        self.assertIn("worker-1", message)
        left = master.wait_event("worker_left", after, worker=1)
        self.assertIn("sent away", left["reason"])
        self.assertIn("no worker 1", master.refused("evict", worker=1))
        self.assertIn("named 'nobody'", master.refused("evict", worker="nobody"))
        self.assertNotEqual(master.wait_joined("worker-1", left["seq"]), 1)
        self.assertEqual(master.wait_event("training_finished", after)["weights_sha256"], alone)

    def test_workers_by_name(self):
        master = self.master(self.plan())
        self.workers(master, 2)
        master.train()
        for command in "workers", "status":
            code, output, errors = run_program("fedasio", "--master", master.dashboard, command)
            self.assertEqual((code, errors), (0, ""))
            lines = [line.split() for line in output.splitlines() if "worker-" in line]
            self.assertEqual([line[:4] for line in lines], [[n, f"worker-{n}", "ready", "2"] for n in "12"])
            self.assertEqual([line[5] for line in lines], ["2", "2"])
        code, output, errors = run_program("fedasio", "--master", master.dashboard, "evict", "worker-2")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("worker-2 is sent away", output)
        left = master.wait_event("worker_left", name="worker-2")
        back = master.wait_joined("worker-2", left["seq"])
        _, output, _ = run_program("fedasio", "--master", master.dashboard, "evict", str(back))
        self.assertIn("worker-2 is sent away", output)

    def test_a_plan_and_a_command_have_the_same_bounds(self):
        """What one door lets in the other does too."""
        master = self.master(self.plan())
        for deadline, rounds in ((0.001, 1), (1_000_000, 1_000_000_000)):
            master.command("change", deadline=deadline, rounds=rounds)
            master.command("start", plan=json.dumps(self.plan(deadline=deadline, rounds=rounds)))
            after = master.now()
            master.command("stop", now=True)
            master.wait_event("training_finished", after)
        for wrong in {"deadline": 0.0009}, {"deadline": 1_000_001}, {"rounds": 0}, {"rounds": 1_000_000_001}:
            (key,) = wrong
            self.assertIn(key, master.refused("change", **wrong))
            self.assertIn(key, master.refused("start", plan=json.dumps(self.plan(**wrong))))

    def test_a_changed_plan_is_reported_and_resumed(self):
        report = self.folder / "report.json"
        master = self.master(self.plan(rounds=500), "--report", report)
        self.workers(master, 1)
        master.command("train")
        master.wait_event("round_finished")
        master.command("pause")
        master.wait_event("phase", phase="paused")
        round_ = master.get("status")["round"]
        master.command("change", rounds=round_ + 3, fraction=0.5, deadline=30)
        status = master.get("status")
        self.assertEqual(
            (status["last_round"], status["fraction"], status["deadline"], status["clients_per_round"]),
            (round_ + 3, 0.5, 30, 2),
        )
        self.assertIn(f"round {round_ + 1} is the next", master.refused("change", rounds=round_))
        master.command("resume")
        end = master.wait_event("training_finished")
        self.assertEqual((end["round"], end["outcome"]), (round_ + 3, "rounds_done"))
        written = json.loads(report.read_text())
        change = {"round": round_ + 1, "last_round": round_ + 3, "target_accuracy": None, "deadline": 30, "fraction": 0.5}
        self.assertEqual(written["changes"], [change])
        self.assertEqual([len(entry["cohort"]) for entry in written["rounds"][-3:]], [2, 2, 2])
        self.check_report(master, written)
        master.signal(15)
        master.wait_exit()
        again = self.master(self.plan(rounds=500), "--resume", "--autostart", "--exit-when-done")
        self.worker(again, "worker-1")
        self.assertEqual(again.wait_exit(), 0)
        resumed = again.text()
        self.assertIn("going on with run", resumed)

    def ended_report(self, master, path="report"):
        """The history is written a moment later."""

        def look():
            status, _, body = self.fetch(master, path)
            told = json.loads(body)
            return told if status == 200 and told["outcome"] else None

        return poll(look, "the end of the run in the history")

    def check_report(self, master, written):
        """What the history tells of the run is what the report file tells."""
        for path in "report", f"runs/{written['run']}/report":
            told = self.ended_report(master, path)
            self.assertEqual(told.keys(), written.keys())
            self.assertAlmostEqual(told.pop("seconds_total"), written["seconds_total"], delta=1)
            self.assertEqual(told, {key: value for key, value in written.items() if key != "seconds_total"})
        listed = next(run for run in master.get("runs") if run["run"] == written["run"])
        accuracies = [entry["test_accuracy"] for entry in written["rounds"]]
        self.assertEqual((listed["best_test_accuracy"], listed["last_test_accuracy"]), (max(accuracies), accuracies[-1]))
        self.assertEqual(listed["last_test_loss"], written["rounds"][-1]["test_loss"])
        self.assertEqual(listed["best_test_loss"], min(one["test_loss"] for one in written["rounds"]))

    def test_a_second_plan_in_the_same_master(self):
        report = self.folder / "report.json"
        other = self.plan_with_test_files(name="other", rounds=3, seed=9)
        alone = self.run_to_the_end(other, [])["weights_sha256"]
        master = self.master(self.plan(), "--report", report, "--plan-data", self.folder)
        self.workers(master, 2)
        first = master.train()
        run = master.get("status")["run"]
        reason = master.refused("start", plan=json.dumps({**other, "rounds": "many"}))
        self.assertIn("plan: rounds: must be a whole number", reason)
        self.assertEqual(master.get("status")["run"], run)
        after = master.now()
        path = self.folder / "other.json"
        path.write_text("// another\n" + json.dumps(other))
        started = self.program(BIN / "fedasio", "--master", master.dashboard, "start", path)
        self.assertEqual(started.wait_exit(), 0, started.text())
        end = master.wait_event("training_finished", after)
        self.assertEqual((end["round"], end["weights_sha256"]), (3, alone))
        status = master.get("status")
        self.assertEqual((status["plan"], status["round"], status["workers"]), ("other", 3, 2))
        self.assertNotEqual(status["run"], run)
        self.assertEqual(master.get("plan")["seed"], 9)
        self.assertEqual([entry["round"] for entry in master.get("rounds")], [1, 2, 3])
        written = json.loads(report.read_text())
        self.assertEqual((written["plan"], len(written["rounds"])), ("other", 3))
        self.check_report(master, written)
        runs = {entry["run"]: entry for entry in master.get("runs")}
        self.assertEqual((runs[run]["plan"], runs[run]["weights_sha256"]), ("small", first["weights_sha256"]))
        self.assertEqual(master.get(f"runs/{run}")["plan_json"]["seed"], 5)
        self.assertEqual(master.get(f"runs/{status['run']}")["plan_json"]["seed"], 9)
        self.assertEqual([entry["round"] for entry in master.get(f"runs/{run}/rounds")], [1, 2])

    def test_a_plan_that_is_sent_reads_no_other_files(self):
        (self.folder / "secrets").mkdir()
        (self.folder / "secrets" / "token").write_text("s3cret,hidden\n")
        master = self.master(self.plan(), "--spawn-workers", "1")
        master.wait_workers(1)
        for file in "token", "nothing":
            path = str(self.folder / "secrets" / file)
            for source in (
                {"type": "csv", "train": "train.csv", "test": path, "label": "label"},
                {"type": "csv", "train": path, "label": "label"},
                {"type": "idx", **self.plan()["data"]["source"], "test_images": path, "test_labels": path},
            ):
                sent = self.plan(data={"source": source, "partition": {"scheme": "iid"}})
                if source["type"] == "csv":
                    sent["model"] = {"layers": [{"type": "dense", "units": 2, "activation": "softmax"}]}
                with self.subTest(source):
                    self.assertIn("--plan-data FOLDER", master.refused("start", plan=json.dumps(sent)))
        self.assertNotIn("s3cret", master.text())

    def test_what_can_be_fetched(self):
        master = self.master(self.plan_with_test_files())
        self.assertEqual(self.fetch(master, "samples/0")[0], 404)
        self.assertEqual(self.fetch(master, "report")[0], 404)
        self.workers(master, 1)
        end = master.train()
        status, headers, model = self.fetch(master, "model")
        self.assertEqual(status, 200)
        self.assertIn('filename="small-round-2.safetensors"', headers["Content-Disposition"])
        size = int.from_bytes(model[:8], "little")
        header = json.loads(model[8 : 8 + size])
        self.assertEqual(header["__metadata__"]["round"], "2")
        self.assertEqual(hashlib.sha256(model[8 + size :]).hexdigest(), end["weights_sha256"])
        master.command("save", name="best")
        status, headers, saved = self.fetch(master, "models/best")
        self.assertEqual((status, saved), (200, model))
        self.assertIn('filename="best.safetensors"', headers["Content-Disposition"])
        self.assertEqual(self.fetch(master, "models/worst")[0], 404)
        evaluated = master.wait_event("model_evaluated", round=2)
        self.assertEqual(sum(map(sum, evaluated["confusion"])), 100)
        self.assertEqual(evaluated["classes"], ["0", "1", "2", "3"])
        sample = master.get("samples/5")
        self.assertEqual((sample["index"], sample["shape"], sample["label"]), (5, [1, 8, 8], 1))
        self.assertEqual(len(sample["pixels"]), 64)
        # Quadrant 1 is the upper right one.
        self.assertGreaterEqual(min(sample["pixels"][4:8]), 120)
        self.assertLess(max(sample["pixels"][:4]), 60)
        self.assertEqual(self.fetch(master, "samples/100")[0], 404)
        clients = master.get("clients")
        self.assertTrue(all(sum(client["labels"]) == client["samples"] for client in clients))
        self.assertTrue(all(client["distance"] > 0 and -1 <= client["cosine"] <= 1 for client in clients))
        status, _, answer = self.fetch(master, "plan/check", b'{"rounds": 0}')
        self.assertEqual((status, json.loads(answer)["ok"]), (200, False))

    def test_a_history_of_the_first_format_is_taken_over(self):
        master = self.master(self.plan())
        self.workers(master, 1)
        master.train()
        old = master.get("status")["run"]
        report = self.ended_report(master)
        master.signal(15)
        master.wait_exit()
        with contextlib.closing(sqlite3.connect(self.folder / "state/history.sqlite")) as history:
            history.execute("DROP INDEX accuracy_of_run")
            for column in "parameters", "checkpoint_round", "changes", "seconds_total":
                history.execute(f"ALTER TABLE runs DROP COLUMN {column}")
            history.execute("DROP TABLE tests")
            history.execute("PRAGMA user_version = 1")
            history.commit()
        master = self.master(self.plan(name="second"))
        told = master.get(f"runs/{old}/report")
        self.assertEqual((told["rounds"], told["weights_sha256"]), (report["rounds"], report["weights_sha256"]))
        self.workers(master, 1)
        master.train()
        self.assertEqual(self.ended_report(master)["parameters"], report["parameters"])
        self.assertEqual([run["plan"] for run in master.get("runs")], ["second", "small"])
        self.assertEqual(master.get(f"runs/{old}/report")["rounds"], report["rounds"])

    def test_label_counts_stay_where_they_are(self):
        master = self.master(self.plan())
        self.workers(master, 1, "--no-label-counts")
        master.train()
        self.assertTrue(all(client["labels"] is None for client in master.get("clients")))
        self.assertIsNone(master.wait_event("model_evaluated", round=2)["confusion"])


if __name__ == "__main__":
    unittest.main()
