"""Checkpoints, and going on after a crash as if it had not happened."""

import unittest

from federation import Federation
from model_file import read_safetensors
from programs import run_program


class Checkpoints(Federation):
    def files(self, folder="state"):
        return sorted((self.folder / folder / "checkpoints").glob("*"))

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
