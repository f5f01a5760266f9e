"""`fedasio simulate`: what it writes, how it ends, and what it says about mistakes."""

import json
import signal
import unittest

from federation import Federation
from model_file import read_safetensors
from programs import BIN, REPOSITORY, run_program


class Simulate(Federation):
    def simulate(self, *arguments):
        """Runs `fedasio simulate` in an empty folder; gives the exit code, output and errors."""
        self.elsewhere = self.folder / "elsewhere"
        self.elsewhere.mkdir(exist_ok=True)
        return run_program("fedasio", "simulate", *arguments, directory=self.elsewhere)

    def plan_at(self, **changes):
        """The path of a plan whose data is found from every folder."""
        plan = self.plan(**changes)
        source = plan["data"]["source"]
        for key, name in source.items():
            if key != "type":
                source[key] = str(self.folder / name)
        return self.write_plan(plan)

    def test_one_line_a_round_and_no_litter(self):
        code, output, errors = self.simulate(self.plan_at(checkpoint_every=1))
        self.assertEqual((code, output), (0, ""), errors)
        lines = errors.splitlines()
        self.assertEqual(sum("round 1/2" in line for line in lines), 1, errors)
        self.assertEqual(sum("round 2/2" in line for line in lines), 1, errors)
        self.assertLess(len(lines), 12)
        self.assertEqual(list(self.elsewhere.iterdir()), [])

    def test_options_override_the_plan(self):
        report = self.folder / "report.json"
        model = self.folder / "final.safetensors"
        code, _, errors = self.simulate(
            self.plan_at(), "--rounds", "3", "--seed", "18446744073709551615", "--report", report, "--save", model
        )
        self.assertEqual(code, 0, errors)
        report = json.loads(report.read_text())
        self.assertEqual(len(report["rounds"]), 3)
        self.assertEqual(report["seed"], 2**64 - 1)
        saved = read_safetensors(model)
        self.assertEqual(saved.metadata["round"], "3")
        self.assertEqual(saved.metadata["plan_digest"], report["plan_digest"])
        self.assertEqual(len(saved.data), 4 * report["parameters"])

    def test_resume(self):
        plan = self.plan_at(checkpoint_every=1)
        state = self.folder / "state"
        report = self.folder / "report.json"
        digests = set()
        for options in (
            ("--rounds", "4"),
            ("--rounds", "2", "--state-dir", state),
            ("--rounds", "4", "--state-dir", state, "--resume"),
        ):
            code, _, errors = self.simulate(plan, *options, "--report", report)
            self.assertEqual(code, 0, errors)
            content = json.loads(report.read_text())
            if options[1] == "4":
                digests.add(content["weights_sha256"])
        self.assertEqual([r["round"] for r in content["rounds"]], [1, 2, 3, 4])
        self.assertEqual(len(digests), 1)
        self.assertNotEqual(list((state / "checkpoints").iterdir()), [])

    def test_signals_end_it_cleanly(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number):
                report = self.folder / f"report-{number}.json"
                running = self.program(
                    *(BIN / "fedasio", "simulate", self.plan_at(), "--rounds", "1000000", "--report", report)
                )
                running.wait_line("stderr", "round 3/")
                running.signal(number)
                self.assertEqual(running.wait_exit(), 1, running.text()[-4000:])
                content = json.loads(report.read_text())
                self.assertEqual(content["outcome"], "stopped")
                self.assertEqual(len(content["weights_sha256"]), 64)

    def test_every_owner_brings_a_table(self):
        plan = REPOSITORY / "plans/penguins.json"
        tables = [REPOSITORY / "plans/penguins" / name for name in ("biscoe.csv", "dream-torgersen.csv")]
        report = self.folder / "report.json"
        data = [word for table in tables for word in ("--data", table)]
        code, _, errors = self.simulate(plan, *data, "--rounds", "2", "--report", report)
        self.assertEqual(code, 0, errors)
        self.assertEqual(json.loads(report.read_text())["rounds"][0]["cohort"], [0, 1])
        code, _, errors = self.simulate(plan)
        self.assertEqual(code, 1)
        self.assertIn("--data", errors)
        self.assertEqual(errors.count("\n"), 1, errors)

    def test_failures(self):
        plan = self.plan_at()
        (self.folder / "train-images").unlink()
        code, _, errors = self.simulate(plan)
        self.assertEqual(code, 1)
        self.assertIn("train-images", errors)
        (self.folder / "plan.json").write_text("{")
        code, _, errors = self.simulate(plan)
        self.assertEqual(code, 1)
        self.assertIn("plan.json:1", errors)
        self.assertEqual(errors.count("\n"), 1, errors)

    def test_wrong_usage(self):
        plan = self.plan_at()
        for words in (
            (),
            (self.folder / "absent.json",),
            (plan, "--nonsense"),
            (plan, "--workers", "0"),
            (plan, "--threads", "0"),
            (plan, "--rounds", "0"),
            (plan, "--seed", "-1"),
            (plan, "--seed", str(2**64)),
            (plan, "--resume"),
            (plan, "--data", self.folder / "absent"),
            (plan, "--log-level", "loud"),
        ):
            with self.subTest(words):
                code, output, errors = self.simulate(*words)
                self.assertEqual((code, output), (2, ""), errors)
                self.assertNotEqual(errors, "")

    def test_help(self):
        code, output, errors = self.simulate("--help")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("Examples:", output)
        self.assertIn("fedasio simulate", output)


if __name__ == "__main__":
    unittest.main()
