"""Checkpoints, and going on after a crash as if it had not happened."""

import json
import resource
import shutil
import signal
import unittest

from federation import Federation
from model_file import read_safetensors
from programs import BIN, run_program


class Checkpoints(Federation):
    def files(self, folder="state"):
        return sorted((self.folder / folder / "checkpoints").glob("*.safetensors"))

    def rounds(self, folder="state"):
        return [int(read_safetensors(path).metadata["round"]) for path in self.files(folder)]

    def test_appear_every_so_many_rounds(self):
        master = self.master(self.plan(checkpoint_every=2))
        self.workers(master, 1)
        master.train(rounds=1)
        master.train(rounds=2)
        self.assertEqual(self.rounds(), [1, 2, 3])
        master.train(rounds=4)
        self.assertEqual(self.rounds(), [4, 6, 7])
        digest = master.get("status")["plan_digest"]
        self.assertTrue(all(path.name.startswith(digest[:16]) for path in self.files()))

    def test_none_when_switched_off(self):
        master = self.master(self.plan(checkpoint_every=0))
        self.workers(master, 1)
        master.train(rounds=3)
        self.assertEqual(self.files(), [])

    def test_resume_gives_the_same_weights(self):
        for strategy in "fedavg", "fedavgm":
            with self.subTest(strategy):
                plan = self.plan(strategy=strategy, rounds=8, checkpoint_every=1)
                undisturbed = self.run_to_the_end(plan, [], options=("--state-dir", self.folder / "other"))
                state = ("--state-dir", self.folder / strategy)
                master = self.master(plan, *state)
                worker = self.workers(master, 2)
                master.train(rounds=5)
                master.kill()
                for one in worker:
                    one.kill()
                report = self.run_to_the_end(plan, [], options=("--resume", *state))
                self.assertEqual([r["round"] for r in report["rounds"]], list(range(1, 9)))
                self.assertEqual(report["weights_sha256"], undisturbed["weights_sha256"])

    def test_resume_after_a_kill_at_any_moment(self):
        plan = self.plan(strategy="fedavgm", rounds=60, checkpoint_every=3)
        undisturbed = self.run_to_the_end(plan, [], options=("--state-dir", self.folder / "other"))
        master = self.master(plan, "--autostart")
        worker = self.workers(master, 1)[0]
        master.wait_event("round_finished", where=lambda e: e["result"]["round"] >= 20)
        master.kill()
        worker.kill()
        report = self.run_to_the_end(plan, [], [], options=("--resume",))
        self.assertEqual(report["rounds"][0]["round"] % 3, 1)
        self.assertEqual(report["weights_sha256"], undisturbed["weights_sha256"])

    def test_damaged_checkpoint_is_set_aside(self):
        plan = self.plan(rounds=4, checkpoint_every=1)
        digest = self.run_to_the_end(plan, [])["weights_sha256"]
        latest = self.files()[-1]
        content = bytearray(latest.read_bytes())
        content[-1] ^= 1
        latest.write_bytes(content)
        report = self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2, 3, 4])
        self.assertEqual(report["weights_sha256"], digest)
        master = self.programs[-2]
        self.assertIn(f"{latest}.damaged", master.wait_log("notice", "set aside")["text"])
        self.assertIn("after round 3", master.wait_log("notice", "going on")["text"])
        damaged = self.folder / "state" / "checkpoints" / f"{latest.name}.damaged"
        self.assertEqual(damaged.read_bytes(), content)
        self.assertTrue(latest.exists())

    def test_another_plan_starts_anew(self):
        self.run_to_the_end(self.plan(), [])
        report = self.run_to_the_end(self.plan(seed=99), [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2])

    def test_nothing_left_to_do(self):
        digest = self.run_to_the_end(self.plan(), [])["weights_sha256"]
        report = self.run_to_the_end(self.plan(), [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2])
        self.assertEqual(report["weights_sha256"], digest)

    def test_a_target_that_was_reached_is_not_trained_for_again(self):
        plan = self.plan(rounds=8, target_accuracy=0.001, checkpoint_every=5)
        first = self.run_to_the_end(plan, [])
        self.assertEqual((first["outcome"], first["checkpoint_round"]), ("target_reached", 1))
        again = self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual((again["outcome"], len(again["rounds"])), ("target_reached", 1))
        self.assertEqual((again["run"], again["weights_sha256"]), (first["run"], first["weights_sha256"]))

    def test_a_stopped_training_is_safe(self):
        """Not the open round, but those before it, whatever checkpoint_every says."""
        master = self.master(self.plan(rounds=10000, checkpoint_every=1000), "--autostart")
        self.workers(master, 1)
        master.wait_event("round_finished", where=lambda e: e["result"]["round"] >= 3)
        self.assertEqual(master.get("status")["checkpoint_round"], 0)
        master.command("stop")
        end = master.wait_event("training_finished")
        self.assertEqual(self.rounds(), [end["round"]])
        self.assertEqual(master.get("status")["checkpoint_round"], end["round"])

    def test_weights_that_are_nowhere_are_no_success(self):
        """No file may grow beyond a few KiB, as if the disk were full from the beginning to the end."""

        def fill_the_disk():
            resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))

        plan, report = self.large_plan(), self.folder / "report.json"
        options = ("--autostart", "--exit-when-done", "--report", report, "--spawn-workers", "1")
        master = self.master(plan, *options, preexec_fn=fill_the_disk)
        self.assertEqual(master.wait_exit(), 1)
        content = json.loads(report.read_text())
        self.assertEqual((content["outcome"], content["checkpoint_round"]), ("rounds_done", 0))
        last = master.log()[-1]
        for text in content["detail"], last["text"]:
            self.assertIn("the weights of round 2 are not safe and go with this process", text)
        self.assertEqual(last["level"], "error")
        words = ("simulate", self.write_plan(plan), "--state-dir", self.folder / "other", "--log-format", "json")
        simulated = self.program(BIN / "fedasio", *words, preexec_fn=fill_the_disk)
        self.assertEqual(simulated.wait_exit(), 1)
        self.assertIn("are not safe", simulated.log()[-1]["text"])

    def test_what_could_not_be_written_is_written_when_there_is_room(self):
        """By then at the latest when the master is asked to end."""
        plan = self.large_plan()
        master = self.master(plan, "--autostart")
        resource.prlimit(master.pid, resource.RLIMIT_FSIZE, (10000, resource.RLIM_INFINITY))
        self.workers(master, 1)
        master.wait_event("training_finished")
        self.assertEqual(master.get("status")["checkpoint_round"], 0)
        resource.prlimit(master.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        master.signal(signal.SIGTERM)
        self.assertEqual(master.wait_exit(), 0)
        self.assertEqual(self.rounds(), [2])

    def large_plan(self):
        """A model of 56 KB."""
        plan = self.plan()
        plan["model"]["layers"][1]["units"] = 200
        return plan

    def test_what_was_ordered_goes_on_after_a_crash(self):
        """Also when not one round of it was done."""
        plan = self.plan(rounds=2, checkpoint_every=1000)
        master = self.master(plan)
        worker = self.workers(master, 1)[0]
        master.train()
        worker.freeze()
        after = master.now()
        master.command("train", rounds=3)
        master.wait_event("checkpoint", after)
        master.kill()
        worker.kill()
        waits = self.master(plan, "--resume")
        waits.wait_log("notice", "going on")
        status = waits.get("status")
        self.assertEqual((status["round"], status["last_round"]), (2, 5))
        waits.kill()
        report = self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2, 3, 4, 5])
        # What the file says now counts, if it says something new.
        report = self.run_to_the_end({**plan, "rounds": 6}, [], options=("--resume",))
        self.assertEqual(len(report["rounds"]), 6)

    def test_rounds_are_written_once(self):
        """The journal grows by a round, the checkpoints do not."""
        plan = self.plan(rounds=60, checkpoint_every=1)
        report = self.run_to_the_end(plan, [])
        (journal,) = (self.folder / "state" / "checkpoints").glob("*.rounds")
        lines = journal.read_text().splitlines()
        self.assertEqual([json.loads(line.partition(" ")[2]) for line in lines], report["rounds"])
        self.assertLess(max(file.stat().st_size for file in self.files()), 10000)
        again = self.run_to_the_end({**plan, "rounds": 61}, [], options=("--resume",))
        self.assertEqual(again["rounds"][:60], report["rounds"])
        # Another run of the same plan takes its place when its own checkpoints have.
        self.run_to_the_end({**plan, "rounds": 3}, [])
        (other,) = (self.folder / "state" / "checkpoints").glob("*.rounds")
        self.assertNotEqual(journal, other)

    def test_a_damaged_journal_costs_no_weights(self):
        plan = self.plan(rounds=4, checkpoint_every=1)
        digest = self.run_to_the_end({**plan, "rounds": 6}, [])["weights_sha256"]
        shutil.rmtree(self.folder / "state")
        self.run_to_the_end(plan, [])
        (journal,) = (self.folder / "state" / "checkpoints").glob("*.rounds")
        content = journal.read_text().splitlines(keepends=True)
        journal.write_text("".join(content[:2]) + content[2].replace("train_loss", "train_lass"))
        report = self.run_to_the_end({**plan, "rounds": 6}, [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2, 5, 6])
        self.assertEqual(report["weights_sha256"], digest)
        problem = self.programs[-2].wait_log("notice", "not all rounds")
        self.assertIn(f"{journal}, line 3", problem["text"])

    def test_as_many_as_asked_for_are_kept(self):
        self.run_to_the_end(self.plan(rounds=6, checkpoint_every=1), [], options=("--keep-checkpoints", 2))
        self.assertEqual(self.rounds(), [5, 6])

    def test_one_state_directory_one_master(self):
        state = ("--state-dir", self.folder / "shared")
        first = self.master(self.plan(), *state)
        arguments = ("--plan", self.folder / "plan.json", "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
        code, output, errors = run_program("fedasio-master", *arguments, *state, directory=self.folder)
        self.assertEqual((code, output), (1, ""))
        self.assertIn(f"another process works in the folder {self.folder / 'shared'}: stop it", errors)
        self.assertEqual(errors.count("\n"), 1)
        first.kill()
        self.master(self.plan(), *state)


if __name__ == "__main__":
    unittest.main()
