"""Nothing lost: a run that is killed again and again, or whose disk fails, ends as if nothing had happened.

As a program it takes --kills N, and --seed N to see a failure again.
"""

import argparse
import collections
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from federation import Federation, Master
from model_file import read_safetensors
from programs import BIN

KILLS = 20
SEED = random.randrange(1 << 32)

# Of two runs with the same weights, all that a clock does not decide.
LEARNED = ("round", "cohort", "dropped", "train_loss", "train_accuracy", "test_loss", "test_accuracy")


def learned(rounds):
    return [[result[key] for key in LEARNED] for result in rounds]


class Crashes(Federation):
    def setUp(self):
        super().setUp()
        self.rng = random.Random(SEED)
        self.state = self.folder / "state"

    def undisturbed(self, plan):
        return self.run_to_the_end(plan, [], options=("--state-dir", self.folder / "undisturbed"))

    def kept_rounds(self, run):
        with sqlite3.connect(self.state / "history.sqlite") as history:
            self.assertEqual(history.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            rows = history.execute("SELECT result FROM rounds WHERE run = ? ORDER BY round", (run,))
            rounds = [json.loads(result) for (result,) in rows]
        history.close()
        return rounds

    def test_master_and_workers_killed_at_any_instant(self):
        """Every client's data is within reach of every worker, so that no death changes a bit."""
        print(f"\n--kills {KILLS} --seed {SEED}", flush=True)
        rounds = 20 * KILLS
        plan = self.plan(
            strategy="fedavgm", rounds=rounds, checkpoint_every=2, local={"epochs": 60, "batch_size": 10}
        )
        expected = self.undisturbed(plan)
        report = self.folder / "report.json"
        report.unlink()
        options = ("--autostart", "--exit-when-done", "--resume", "--report", report, "--min-workers", 2)

        master = self.master(plan, *options)
        workers = {name: self.worker(master, name) for name in ("north", "south")}
        safe = kills = 0
        for _ in range(KILLS):
            seen = self.rng.randrange(6)
            if seen:
                master.wait_log("round_finished", count=seen)
            # The instant is what is tried here; nothing waits for anything to happen in this time.
            time.sleep(self.rng.random() * (0.01 if seen else 0.2))
            if master.exit_code is not None:
                break
            kills += 1
            if self.rng.random() < 0.3:
                name = self.rng.choice(sorted(workers))
                workers[name].kill()
                workers[name] = self.worker(master.workers_at, name)
                continue
            master.kill()
            safe = max([safe, *(int(entry["text"].split()[1]) for entry in master.log("checkpoint"))])
            if self.rng.random() < 0.5:
                name = self.rng.choice(sorted(workers))
                workers[name].kill()
                workers[name] = self.worker(master.workers_at, name)
            master = self.master(plan, *options, listen=master.workers_at)
            if safe:
                going_on = master.wait_log("notice", "going on with run")["text"]
                self.assertGreaterEqual(int(going_on.split()[-1]), safe)
        self.assertGreaterEqual(kills, KILLS // 2)
        self.assertEqual(master.wait_exit(), 0, master.text()[-4000:])
        for worker in workers.values():
            self.assertEqual(worker.wait_exit(), 0, worker.text())

        result = json.loads(report.read_text())
        self.assertEqual(result["weights_sha256"], expected["weights_sha256"])
        self.assertEqual(learned(result["rounds"]), learned(expected["rounds"]))
        self.assertEqual([one["round"] for one in result["rounds"]], list(range(1, rounds + 1)))
        self.assertEqual(result["checkpoint_round"], rounds)
        self.assertEqual(learned(self.kept_rounds(result["run"])), learned(expected["rounds"]))

    def test_training_outlives_the_master(self):
        """A worker goes on while its master is dead, and the next one gets what came of it."""
        plan = self.plan(clients=2, rounds=2, checkpoint_every=1, local={"epochs": 4000, "batch_size": 10})
        expected = self.undisturbed(plan)
        options = ("--autostart", "--exit-when-done", "--resume", "--report", self.folder / "report.json")
        master = self.master(plan, *options)
        worker = self.worker(master, "north")
        # The other client's training has begun then.
        trained = master.wait_event("client_updated", round=2)["client"]
        master.kill()
        master = self.master(plan, *options, listen=master.workers_at)
        self.assertEqual(master.wait_exit(), 0, master.text()[-4000:])
        self.assertEqual(worker.wait_exit(), 0, worker.text())
        self.assertIn(f"client {trained} is asked for again; its update", worker.text())
        self.assertIn(f"client {1 - trained} is asked for again", worker.text())
        result = json.loads((self.folder / "report.json").read_text())
        self.assertEqual(result["weights_sha256"], expected["weights_sha256"])

    def test_workers_killed_in_the_middle_of_rounds(self):
        """Others train their clients in the same round, and nothing else happens."""
        plan = self.plan(rounds=60, local={"epochs": 40, "batch_size": 10})
        expected = self.undisturbed(plan)
        report = self.folder / "report.json"
        master = self.master(plan, "--autostart", "--exit-when-done", "--report", report, "--min-workers", 2)
        workers = {name: self.worker(master, name) for name in ("north", "south")}
        for turn in range(5):
            master.wait_log("round_finished", count=2 * turn + 1)
            time.sleep(self.rng.random() * 0.03)
            name = self.rng.choice(sorted(workers))
            workers[name].kill()
            workers[name] = self.worker(master, name)
        self.assertEqual(master.wait_exit(), 0, master.text()[-4000:])
        result = json.loads(report.read_text())
        self.assertEqual(result["weights_sha256"], expected["weights_sha256"])
        self.assertEqual(learned(result["rounds"]), learned(expected["rounds"]))
        self.assertEqual(self.kept_rounds(result["run"]), result["rounds"])
        with sqlite3.connect(self.state / "history.sqlite") as history:
            rows = history.execute("SELECT round, client FROM clients WHERE reason != ''")
            self.assertEqual(rows.fetchall(), [])
            rows = history.execute("SELECT count(*) FROM clients WHERE reason = '' AND loss IS NOT NULL")
            self.assertEqual(rows.fetchone()[0], 60 * 4)
        history.close()

    def test_history_goes_on_with_the_run(self):
        plan = self.plan(rounds=6, checkpoint_every=2)
        master = self.master(plan)
        workers = self.workers(master, 1)
        master.train(rounds=3)
        run = master.get("status")["run"]
        for program in (master, *workers):
            program.kill()
        result = self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual(result["run"], run)
        master = self.master(plan)
        (kept,) = master.get("runs")
        self.assertEqual((kept["run"], kept["rounds"], kept["outcome"]), (run, 6, "rounds_done"))
        self.assertEqual(kept["weights_sha256"], result["weights_sha256"])
        self.assertEqual(master.get(f"runs/{run}")["plan_json"], master.get("plan"))
        self.assertEqual(master.get(f"runs/{run}/rounds"), result["rounds"])
        self.assertEqual([c["client"] for c in master.get(f"runs/{run}/rounds/6/clients")], [0, 1, 2, 3])


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class FailingDisk(Federation):
    """One system call after the other fails; it is told, what was there stays, and the training goes on."""

    def setUp(self):
        super().setUp()
        tried = subprocess.run(
            ["strace", "-f", "-e", "inject=fsync:error=EIO:when=1", "true"], capture_output=True, check=False
        )
        if tried.returncode != 0:
            self.skipTest("this system does not let strace trace: " + tried.stderr.decode().strip())
        self.plan_of_three = self.plan(rounds=3, checkpoint_every=1)
        state = ("--state-dir", self.folder / "undisturbed")
        self.expected = self.run_to_the_end(self.plan_of_three, [], options=state)

    def master_with(self, plan, fault, trace, state, *paths):
        """A master in which a call fails: a thread's Nth, of those on these paths if there are any."""
        injection = ["-e", f"trace={fault.partition(':')[0]}", "-e", f"inject={fault}"]
        places = [word for path in paths for word in ("-P", path)]
        arguments = ["env", "ASAN_OPTIONS=detect_leaks=0", "strace", "-D", "-f", "-y", "-o", trace]
        arguments += [*injection, *places]
        arguments += [BIN / "fedasio-master", "--plan", self.write_plan(plan), "--listen", "127.0.0.1:0"]
        arguments += ["--dashboard", "127.0.0.1:0", "--log-format", "json", "--state-dir", state]
        master = Master(arguments, self.folder)
        self.programs.append(master)
        return master

    def train_with(self, fault, *paths):
        """Trains three rounds meanwhile; gives the state directory, the failed calls, and the errors told."""
        place = f"{len(self.programs)}"
        trace = self.folder / f"{place}.trace"
        state = self.folder / place
        (state / "checkpoints").mkdir(parents=True)
        master = self.master_with(self.plan_of_three, fault, trace, state, *(state / path for path in paths))
        (worker,) = self.workers(master, 1)
        end = master.train()
        self.assertEqual(end["outcome"], "rounds_done")
        self.assertEqual(end["weights_sha256"], self.expected["weights_sha256"])
        safe = master.get("status")["checkpoint_round"]
        master.signal(signal.SIGTERM)
        ended = master.wait_exit()
        worker.kill()
        # The history is written beside the rounds, so that what fails there may be told after the last one.
        errors = [entry["text"] for entry in master.log() if entry["level"] == "error" and entry["event"] == "notice"]
        files = sorted((state / "checkpoints").iterdir())
        self.assertTrue(all(path.suffix in (".safetensors", ".rounds") for path in files), files)
        rounds = [int(read_safetensors(path).metadata["round"]) for path in files if path.suffix == ".safetensors"]
        self.assertIn(safe, [0, *rounds])
        # What is not safe at the end is no success.
        if safe == 3 or ended == 0:
            self.assertEqual((ended, max(rounds)), (0, 3), master.text())
        else:
            self.assertIn("the weights of round 3 are not safe", master.log()[-1]["text"])
        resumed = self.run_to_the_end(self.plan_of_three, [], options=("--resume", "--state-dir", state))
        self.assertEqual(resumed["weights_sha256"], self.expected["weights_sha256"])
        self.assertEqual(learned(resumed["rounds"]), learned(self.expected["rounds"]))
        failed = [line for line in trace.read_text().splitlines() if "(INJECTED)" in line]
        return failed, errors

    def fail_everywhere(self, call, error, *paths):
        """Lets the first such call fail, the second, and so on; gives what was told, and how often."""
        told = collections.Counter()
        for number in range(1, 100):
            fault = f"{call}:error={error}:when={number}"
            with self.subTest(fault):
                failed, errors = self.train_with(fault, *paths)
                if not failed:
                    self.assertEqual(errors, [])
                    return told
                if any("/checkpoints" in line for line in failed):
                    self.assertTrue(any("checkpoint of round" in text for text in errors), failed)
                self.assertLessEqual(len(errors), len(failed))
                told.update(" ".join(text.split()[1:3]) for text in errors)
        return self.fail(f"{call} never ran out of occurrences")

    def fail_each_checkpoint(self, call, error):
        """A file is written by one thread, so this finds every occurrence; gives how many there were.

        The last one is tried again at the end, perhaps by another thread, where it fails again.
        """
        found = 0
        for path in (self.folder / "undisturbed" / "checkpoints").glob("*.safetensors"):
            told = self.fail_everywhere(call, error, f"checkpoints/{path.name}.partial")
            self.assertEqual(list(told), ["checkpoint of"])
            found += told["checkpoint of"]
        return found

    def test_every_sync(self):
        self.assertGreaterEqual(self.fail_each_checkpoint("fsync", "EIO"), 3)
        self.assertGreaterEqual(self.fail_everywhere("fsync", "EIO", "checkpoints")["checkpoint of"], 1)

    def test_every_sync_of_the_history(self):
        told = self.fail_everywhere("fdatasync", "EIO")
        self.assertGreaterEqual(told["history of"], 1)
        self.assertEqual(told["checkpoint of"], 0)

    def test_every_rename(self):
        self.assertGreaterEqual(self.fail_each_checkpoint("rename", "EIO"), 3)

    def test_every_write_to_a_full_disk(self):
        self.assertGreaterEqual(self.fail_each_checkpoint("write", "ENOSPC"), 3)

    def test_every_write_of_the_history_to_a_full_disk(self):
        told = self.fail_everywhere("pwrite64", "ENOSPC")
        self.assertGreaterEqual(told["history of"], 3)

    def test_a_disk_that_stays_broken(self):
        _, errors = self.train_with("fsync,fdatasync:error=EIO:when=1+")
        self.assertEqual(len([text for text in errors if "history of runs" in text]), 1, errors)
        # Each of its three rounds, and once more at the end of the training and of the master.
        self.assertEqual(len([text for text in errors if "checkpoint of round" in text]), 5, errors)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen, rest = parser.parse_known_args()
    KILLS, SEED = chosen.kills, chosen.seed
    unittest.main(argv=[__file__, *rest])
