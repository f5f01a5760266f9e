"""Programs that are asked to end, all at once and in every phase."""

import fcntl
import json
import os
import signal
import termios
import unittest

from federation import Federation
from programs import BIN
from sample_data import TEST_FILES, table_rows, write_table

FOREVER = 1000000


class Ending(Federation):
    """Master and workers are signalled in the same breath, as by a script or a machine that goes down."""

    def end_all(self, master, *workers):
        """Signals all; each must end by itself. Gives the exit codes."""
        # The workers first: what their going wakes in the master meets its own end.
        for program in (*workers, master):
            program.signal(signal.SIGTERM)
        return [program.wait_exit() for program in (master, *workers)]

    def start(self, plan, count, *options):
        master = self.master(plan, "--autostart", "--min-workers", count, *options)
        return master, [
            self.worker(master, f"worker-{number}", "--give-up-after", "60") for number in range(count)
        ]

    def test_while_workers_are_missing(self):
        """The plan waits for an owner who never comes."""
        table = write_table(self.folder / "own.csv", table_rows(60, seed=1))
        plan = self.plan(
            clients=3,
            model={"layers": [{"type": "dense", "units": 4, "activation": "softmax"}]},
            data={
                "source": {"type": "csv", "train": str(table), "label": "answer"},
                "partition": {"scheme": "local"},
            },
        )
        for attempt in range(20):
            with self.subTest(attempt=attempt):
                master, workers = self.start(plan, 2)
                master.wait_workers(2)
                self.assertEqual(self.end_all(master, *workers), [0, 0, 0])

    def test_in_the_phases_of_a_round(self):
        phases = ["loading_dataset", "distributing_model", "distributing_weights", "training", "evaluating"]
        for number, phase in enumerate(2 * phases):
            with self.subTest(phase=phase, number=number):
                # Every second time the clients evaluate.
                source = {**self.plan()["data"]["source"], **(TEST_FILES if number % 2 else {})}
                data = {"source": source, "partition": {"scheme": "iid"}}
                master, workers = self.start(self.plan(data=data, rounds=FOREVER), 2)
                master.wait_event("phase", phase=phase)
                self.assertEqual(self.end_all(master, *workers), [0, 0, 0])

    def test_while_paused(self):
        for attempt in range(4):
            with self.subTest(attempt=attempt):
                master, workers = self.start(self.plan(rounds=FOREVER), 2)
                master.wait_event("round_finished")
                master.command("pause")
                master.wait_event("phase", phase="paused")
                self.assertEqual(self.end_all(master, *workers), [0, 0, 0])


class Terminal:
    """A terminal of its own for each program that is started with `streams`; `close` hangs up."""

    def __init__(self):
        self.screen, self.line = os.openpty()

    def streams(self):
        def become_leader():
            fcntl.ioctl(self.line, termios.TIOCSCTTY, 0)

        return {
            "stdin": self.line,
            "stderr": self.line,
            "start_new_session": True,
            "preexec_fn": become_leader,
        }

    def close(self):
        os.close(self.line)
        os.close(self.screen)


class StoppedTerminal(Federation):
    """Ctrl-S stops a terminal, and so does a pipe that nobody reads: soon it takes nothing more."""

    def test_it_holds_nobody_up(self):
        terminals = [Terminal(), Terminal()]
        plan = self.plan(rounds=FOREVER, checkpoint_every=1000)
        master = self.master(plan, "--autostart", **terminals[0].streams())
        worker = self.worker(master, "guest", **terminals[1].streams())
        # Each round is a line of the log and more, and a terminal holds four kilobytes.
        master.wait_event("round_finished", where=lambda event: event["result"]["round"] >= 200)
        master.signal(signal.SIGTERM)
        self.assertEqual(master.wait_exit(), 0)
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.wait_exit(), 0)
        # What waited for a reader comes when there is one.
        self.assertIn(b"fedasio-master", os.read(terminals[0].screen, 4096))
        for terminal in terminals:
            terminal.close()


class ClosedTerminal(Federation):
    def assert_all_is_kept(self, report):
        content = json.loads(report.read_text())
        self.assertEqual(content["outcome"], "stopped")
        self.assertGreaterEqual(len(content["rounds"]), 1)
        self.assertEqual(content["checkpoint_round"], len(content["rounds"]))

    def test_master_and_workers_end_in_good_order(self):
        report = self.folder / "report.json"
        terminals = [Terminal(), Terminal()]
        plan = self.plan(rounds=FOREVER, checkpoint_every=1000)
        options = ("--autostart", "--report", report, "--spawn-workers", "1")
        master = self.master(plan, *options, **terminals[0].streams())
        worker = self.worker(master, "guest", **terminals[1].streams())
        master.wait_event("round_finished")
        terminals[0].close()
        self.assertEqual(master.wait_exit(), 0)
        self.assert_all_is_kept(report)
        terminals[1].close()
        self.assertEqual(worker.wait_exit(), 0)

    def test_a_hang_up_is_no_wish_for_haste(self):
        """Shells and kernels hang up several times; only people who signal twice mean it."""
        report = self.folder / "report.json"
        master = self.master(
            self.plan(rounds=FOREVER, checkpoint_every=1000), "--autostart", "--report", report
        )
        worker = self.workers(master, 1)[0]
        master.wait_event("round_finished")
        # It says goodbye to a worker that does not answer, which takes seconds.
        worker.freeze()
        master.signal(signal.SIGHUP)
        master.wait_log("training_finished")
        for number in signal.SIGHUP, signal.SIGTERM, signal.SIGHUP:
            master.signal(number)
        self.assertEqual(master.wait_exit(), 0)
        self.assert_all_is_kept(report)

    def test_simulate(self):
        report, terminal = self.folder / "report.json", Terminal()
        plan = self.write_plan(self.plan(rounds=FOREVER, checkpoint_every=1000))
        options = ("--report", report, "--state-dir", self.folder / "state")
        program = self.program(BIN / "fedasio", "simulate", plan, *options, **terminal.streams())
        while "round 2/" not in os.read(terminal.screen, 4096).decode(errors="replace"):
            pass
        terminal.close()
        self.assertEqual(program.wait_exit(), 1)  # it was interrupted
        self.assert_all_is_kept(report)

    def test_under_nohup_it_goes_on(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        master = self.master(self.plan(rounds=FOREVER), "--autostart", preexec_fn=ignore)
        worker = self.worker(master, "worker-1", preexec_fn=ignore)
        master.wait_event("round_finished")
        for program in master, worker:
            program.signal(signal.SIGHUP)
        master.wait_event("round_finished", after=master.now())
        self.assertEqual([master.exit_code, worker.exit_code], [None, None])

    def test_a_reader_of_the_log_who_is_gone(self):
        """As `fedasio-master 2>&1 | tee log` when tee was killed, or with no standard error at all."""
        for closed in False, True:
            with self.subTest(closed=closed):
                read_end, write_end = os.pipe()
                streams = {"preexec_fn": lambda: os.close(2)} if closed else {"stderr": write_end}
                report = self.folder / f"report-{closed}.json"
                options = ("--autostart", "--exit-when-done", "--report", report, "--spawn-workers", "1")
                os.close(read_end)
                master = self.master(self.plan(rounds=3), *options, **streams)
                os.close(write_end)
                self.assertEqual(master.wait_exit(), 0)
                self.assertEqual(json.loads(report.read_text())["outcome"], "rounds_done")


if __name__ == "__main__":
    unittest.main()
