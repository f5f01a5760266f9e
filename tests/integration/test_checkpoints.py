"""Checkpoints, and going on after a crash as if it had not happened."""

import unittest

from federation import Federation
from model_file import read_safetensors


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
                self.assertEqual([r["round"] for r in report["rounds"]], [6, 7, 8])
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

    def test_damaged_checkpoint_is_passed_over(self):
        plan = self.plan(rounds=4, checkpoint_every=1)
        digest = self.run_to_the_end(plan, [])["weights_sha256"]
        latest = self.files()[-1]
        content = bytearray(latest.read_bytes())
        content[-1] ^= 1
        latest.write_bytes(content)
        report = self.run_to_the_end(plan, [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [4])
        self.assertEqual(report["weights_sha256"], digest)

    def test_another_plan_starts_anew(self):
        self.run_to_the_end(self.plan(), [])
        report = self.run_to_the_end(self.plan(seed=99), [], options=("--resume",))
        self.assertEqual([r["round"] for r in report["rounds"]], [1, 2])

    def test_nothing_left_to_do(self):
        digest = self.run_to_the_end(self.plan(), [])["weights_sha256"]
        report = self.run_to_the_end(self.plan(), [], options=("--resume",))
        self.assertEqual((report["rounds"], report["weights_sha256"]), ([], digest))


if __name__ == "__main__":
    unittest.main()
