"""Plans and flags that are wrong, ways to end, and exit codes."""

import json
import os
import signal
import socket
import unittest

from federation import Federation
from programs import children_of, is_alive, poll, run_program


ANY_PORTS = ("--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")


class Usage(Federation):
    def test_help_and_version(self):
        for program in "fedasio-master", "fedasio-worker":
            code, output, errors = run_program(program, "--help")
            self.assertEqual((code, errors), (0, ""))
            self.assertIn("Examples:", output)
            self.assertIn(program, output)
            code, output, errors = run_program(program, "--version")
            self.assertEqual((code, errors), (0, ""))
            self.assertRegex(output, rf"^{program} \d+\.\d+\.\d+")

    def test_wrong_flags(self):
        plan = self.write_plan(self.plan())
        cases = (
            ("fedasio-master",),
            ("fedasio-master", "--plan", self.folder / "absent.json"),
            ("fedasio-master", "--plan", plan, "--nonsense"),
            ("fedasio-master", "--plan", plan, "--listen", "nowhere"),
            ("fedasio-master", "--plan", plan, "--listen", "127.0.0.1:99999"),
            ("fedasio-master", "--plan", plan, "--min-workers", "0"),
            ("fedasio-master", "--plan", plan, "--log-format", "xml"),
            ("fedasio-master", "--plan", plan, "--plan-data", self.folder / "absent"),
            ("fedasio-master", "--plan", plan, "--report", self.folder),
            ("fedasio-master", "--plan", plan, "--report", plan / "in-a-file" / "report.json"),
            ("fedasio-worker",),
            ("fedasio-worker", "--connect", "127.0.0.1:1", "--discover"),
            ("fedasio-worker", "--connect", "127.0.0.1:1", "--threads", "0"),
            ("fedasio-worker", "--connect", "127.0.0.1:1", "--data", self.folder / "absent"),
        )
        for case in cases:
            with self.subTest(case):
                code, output, errors = run_program(*case, directory=self.folder)
                self.assertEqual((code, output), (2, ""), errors)
                self.assertTrue(errors.startswith(case[0] + ": "), errors)
                self.assertIn("--help", errors)

    def test_words_that_nothing_takes_are_named(self):
        plan = self.write_plan(self.plan())
        cases = (
            (("fedasio", "trian"), "there is no command 'trian'; did you mean 'train'?"),
            (("fedasio", "polish"), "there is no command 'polish'; the commands are status, workers, train, "),
            (("fedasio", "--token", "t", "stauts"), "there is no command 'stauts'; did you mean 'status'?"),
            (("fedasio", "pki", "isue"), "there is no command 'isue'; did you mean 'issue'?"),
            (("fedasio",), "name a command: status, workers, train, "),
            (("fedasio", "pki"), "name a command: init, issue, revoke"),
            (("fedasio", "sweep", plan, "--gird", "rounds=1"), "there is no option --gird; did you mean '--grid'?"),
            (("fedasio", "status", "now"), "'now' is one word too much"),
            (("fedasio-worker", "--conect=127.0.0.1:1"), "there is no option --conect; did you mean '--connect'?"),
            (("fedasio-master", "--plan", plan, "train"), "'train' is one word too much"),
        )
        for case, error in cases:
            with self.subTest(case):
                code, output, errors = run_program(*case, directory=self.folder)
                self.assertEqual((code, output), (2, ""), errors)
                self.assertIn(f"{case[0]}: {error}", errors)
                self.assertIn(f"Try '{case[0]} --help'.", errors)

    def test_numbers_that_no_option_takes(self):
        plan = self.write_plan(self.plan())
        worker = ("fedasio-worker", "--connect", "127.0.0.1:1")
        master = ("fedasio-master", "--plan", plan)
        simulate = ("fedasio", "simulate", plan)
        options = (
            (*worker, "--give-up-after"),
            (*worker, "--threads"),
            (*worker, "--clients"),
            (*worker, "--discovery-port"),
            (*master, "--min-workers"),
            (*master, "--spawn-workers"),
            (*master, "--keep-checkpoints"),
            (*simulate, "--threads"),
            (*simulate, "--workers"),
            (*simulate, "--rounds"),
            (*simulate, "--seed"),
            ("fedasio", "sweep", plan, "--threads"),
            ("fedasio", "train", "--rounds"),
            ("fedasio", "train", "--target-accuracy"),
            ("fedasio", "change", "--deadline"),
            ("fedasio", "change", "--fraction"),
            ("fedasio", "pki", "issue", "pki", "worker", "w", "--days"),
        )
        for case in options:
            for number in "nan", "inf", "-1", "1e400", "123456789012345678901", "0x10", "many":
                with self.subTest(case, number=number):
                    code, output, errors = run_program(*case, number, directory=self.folder)
                    self.assertEqual((code, output), (2, ""), errors)
                    self.assertRegex(errors, rf"{case[-1]}: '{number}' is not a (whole )?number ")

    def test_hosts_that_are_addresses_of_pages(self):
        plan = self.write_plan(self.plan())
        cases = (
            (("fedasio-worker", "--connect", "http://127.0.0.1:7700"), "without http://"),
            (("fedasio-worker", "--connect", "127.0.0.1/path:7700"), "not the name of a host"),
            (("fedasio-master", "--plan", plan, "--listen", "https://a:1"), "without https://"),
            (("fedasio-master", "--plan", plan, "--dashboard", "http://a:1"), "without http://"),
            (("fedasio-master", "--plan", plan, "--dashboard-name", "http://x"), "without http://"),
            (("fedasio-master", "--plan", plan, "--dashboard-name", "x:8080"), "has a port"),
            (("fedasio-master", "--plan", plan, "--dashboard-name", "x/y"), "not the name of a host"),
        )
        for case, error in cases:
            with self.subTest(case):
                code, output, errors = run_program(*case, directory=self.folder)
                self.assertEqual((code, output), (2, ""), errors)
                self.assertIn(f"{case[-2]}: ", errors)
                self.assertIn(error, errors)

    def test_outputs_are_tried_before_the_work(self):
        plan = self.write_plan(self.plan())
        for option in "--report", "--save":
            code, output, errors = run_program(
                "fedasio", "simulate", plan, option, plan / "in-a-file" / "file", directory=self.folder
            )
            self.assertEqual((code, output), (2, ""), errors)
            self.assertIn(f"{option}: cannot make the folder {plan / 'in-a-file'}", errors)
        before = {entry.name for entry in self.folder.iterdir()}
        code, _, errors = run_program(
            "fedasio", "simulate", plan, "--report", "made/r.json", "--save", "made/m.safetensors", directory=self.folder
        )
        self.assertEqual(code, 0, errors)
        self.assertEqual({entry.name for entry in (self.folder / "made").iterdir()}, {"r.json", "r.rounds.json", "m.safetensors"})
        self.assertEqual({entry.name for entry in self.folder.iterdir()}, before | {"made"})

    def assert_one_line(self, case, *words, code=1):
        ended, output, errors = run_program(*case, directory=self.folder)
        self.assertEqual((ended, output), (code, ""), errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def test_bad_plans(self):
        layers = self.plan()["model"]["layers"]
        unit = {"input": [8, 8], "layers": [layers[0], {"type": "dense", "unit": 4}]}
        no_flatten = {"input": [8, 8], "layers": layers[1:]}
        cases = (
            ("{", ["plan.json:1"]),
            (self.plan(rouns=3), ["rouns", "did you mean", "rounds"]),
            (self.plan(rounds=0), ["rounds"]),
            (self.plan(model=unit), ["model.layers[1]", '"unit"', "did you mean", "units"]),
            (self.plan(clients=0), ["clients", "at least 1"]),
            (self.plan(fraction=1.5), ["fraction"]),
            (self.plan(model=no_flatten), ["model", "layer 0 (dense)", "flatten"]),
            (json.dumps(self.plan())[:-1] + ', "seed": 6}', ["seed"]),
        )
        for plan, words in cases:
            with self.subTest(words):
                path = self.write_plan(plan)
                case = ("fedasio-master", "--plan", path, *ANY_PORTS)
                self.assert_one_line(case, "plan.json", *words)

    def test_port_taken(self):
        plan = self.write_plan(self.plan())
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            start = ("fedasio-master", "--plan", plan)
            self.assert_one_line(
                (*start, "--listen", address, "--dashboard", "127.0.0.1:0"), address, "choose another"
            )
            self.assert_one_line(
                (*start, "--listen", "127.0.0.1:0", "--dashboard", address), address, "choose another"
            )

    def test_state_folder_that_is_a_file(self):
        plan = self.write_plan(self.plan())
        case = ("fedasio-master", "--plan", plan, *ANY_PORTS)
        for more in (), ("--resume",), ("--autostart",):
            for state in plan, plan / "deeper":
                with self.subTest(more, state=state):
                    self.assert_one_line(
                        (*case, "--state-dir", state, *more), str(state), "Not a directory", "--state-dir"
                    )


class Endings(Federation):
    def test_sigterm_while_idle_and_while_training(self):
        for training in False, True:
            with self.subTest(training=training):
                plan = self.plan(local={"epochs": 1000000})
                master = self.master(plan, "--spawn-workers", "2", *(["--autostart"] if training else []))
                master.wait_workers(2)
                spawned = children_of(master.pid)
                self.assertEqual(len(spawned), 2)
                if training:
                    master.wait_event("phase", phase="training")
                master.signal(signal.SIGTERM)
                self.assertEqual(master.wait_exit(), 0, master.text())
                self.assertEqual([pid for pid in spawned if is_alive(pid)], [])

    def test_second_signal_ends_at_once(self):
        master = self.master(self.plan())
        worker = self.workers(master, 1)[0]
        worker.freeze()
        master.expects_signal = True
        master.signal(signal.SIGINT)
        master.signal(signal.SIGTERM)
        self.assertIn(master.wait_exit(), (0, 1, -signal.SIGTERM))

    def test_two_signals_in_a_row_always_end_it(self):
        """Wherever the first has got to when the second comes."""
        for number in range(50):
            with self.subTest(number):
                master = self.master(self.plan())
                master.wait_workers(0)
                master.expects_signal = True
                # Two of the same kind may be delivered as one.
                master.signal(signal.SIGTERM if number % 2 else signal.SIGINT)
                master.signal(signal.SIGTERM)
                self.assertIn(master.wait_exit(), (0, 1, -signal.SIGTERM), master.text())

    def test_kill_takes_spawned_workers_along(self):
        plan = self.plan(local={"epochs": 1000000})
        master = self.master(plan, "--spawn-workers", "2", "--autostart")
        master.wait_event("phase", phase="training")
        spawned = children_of(master.pid)
        self.assertEqual(len(spawned), 2)
        master.kill()
        poll(lambda: not any(is_alive(pid) for pid in spawned), "the spawned workers to end")

    def test_a_spawned_worker_that_dies_is_noticed(self):
        master = self.master(self.plan(), "--spawn-workers", "2")
        master.wait_workers(2)
        spawned = sorted(children_of(master.pid))
        os.kill(spawned[0], signal.SIGKILL)
        master.wait_event("notice", where=lambda e: "worker-1" in e["text"] and "signal 9" in e["text"])
        master.wait_event("worker_left", name="worker-1")

    def test_worker_ends_on_sigterm(self):
        master = self.master(self.plan(local={"epochs": 1000000}), "--autostart")
        worker = self.workers(master, 1)[0]
        master.wait_event("phase", phase="training")
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.wait_exit(), 0, worker.text())
        self.assertIn("goodbye", master.wait_event("worker_left")["reason"])

    def test_exit_codes_when_done(self):
        self.run_to_the_end(self.plan(), [])
        (self.folder / "train-labels").unlink()
        report = self.run_to_the_end(self.plan(), [], ends_with=1)
        self.assertEqual(report["outcome"], "failed")
        self.assertIn("train-labels", report["detail"])

    def test_the_rounds_are_a_table_beside_the_report(self):
        """What pandas.read_json takes: a list of objects with the same keys, and no value with values inside."""
        report = self.run_to_the_end(self.plan(rounds=3), [])
        rounds = json.loads((self.folder / "report.rounds.json").read_text())
        self.assertEqual([row["round"] for row in rounds], [1, 2, 3])
        for row, result in zip(rounds, report["rounds"]):
            self.assertEqual(list(row), list(rounds[0]))
            self.assertFalse([value for value in row.values() if isinstance(value, (dict, list))])
            self.assertEqual((row["cohort"], row["dropped"]), (4, 0))
            self.assertEqual(row["seconds_training"], result["seconds"]["training"])
            self.assertEqual(row["test_accuracy"], result["test_accuracy"])

    def test_report_that_cannot_be_written(self):
        master = self.master(
            self.plan(), "--autostart", "--exit-when-done", "--report", self.folder / "reports" / "r.json"
        )
        (self.folder / "reports").rmdir()
        (self.folder / "reports").write_text("in the way")
        worker = self.worker(master, "worker-1")
        self.assertEqual(master.wait_exit(), 1)
        self.assertIn("reports", master.log("report")[0]["text"])
        self.assertEqual(worker.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main()
