"""Runs read and masters driven by the Python package, with its own networks and workers."""

import re
import sqlite3
import sys

from federation import Federation
from programs import REPOSITORY, poll, run_program

sys.path.insert(0, str(REPOSITORY / "python"))

import fedasio  # noqa: E402

try:
    import pandas
except ImportError:
    pandas = None


def rows_of(table):
    return table if isinstance(table, list) else table.to_dict("records")


def rounds_so_far(state):
    try:
        return rows_of(fedasio.read_run(state).rounds)
    except (FileNotFoundError, KeyError):
        return []


class Runs(Federation):
    def test_a_history_that_has_no_tables_yet_has_no_run(self):
        sqlite3.connect(self.folder / "history.sqlite").close()
        with self.assertRaisesRegex(KeyError, "no run in .* yet"):
            fedasio.read_run(self.folder)

    def test_a_run_is_read_while_it_goes_on_and_after(self):
        master = self.master(self.plan(name="<b>small</b>", rounds=3))
        self.worker(master, "one")
        master.wait_workers(1)
        state = self.folder / "state"
        master.train(rounds=1)
        poll(lambda: len(rounds_so_far(state)) == 1, "the round in the history")
        begun = fedasio.read_run(state)
        self.assertEqual([row["round"] for row in rows_of(begun.rounds)], [1])
        master.train(rounds=2)
        # The history is written beside the training, and a little later.
        poll(lambda: fedasio.read_run(state, begun.id).outcome, "the end of the run in its history")
        run = fedasio.read_run(state, begun.id)
        self.assertEqual((run.id, run.outcome, run.plan["rounds"]), (begun.id, "rounds_done", 3))
        rounds = rows_of(run.rounds)
        self.assertEqual([row["round"] for row in rounds], [1, 2, 3])
        told = master.get("rounds")
        self.assertEqual([row["train_loss"] for row in rounds], [row["train_loss"] for row in told])
        clients = rows_of(run.clients)
        self.assertEqual([(row["round"], row["client"]) for row in clients[:5]], [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0)])
        if pandas is not None:
            self.assertIsInstance(run.rounds, pandas.DataFrame)
            self.assertEqual(int(run.clients.groupby("round").samples.sum()[2]), sum(c["samples"] for c in clients[:4]))
        shown = run._repr_html_()
        self.assertIn("&lt;b&gt;small&lt;/b&gt;", shown)
        self.assertEqual(set(re.findall(r"<(\w+)", shown)), {"div", "b", "br", "svg", "polyline"})
        self.assertNotRegex(shown, r"https?:|src=|href=")
        model = fedasio.load_model(state / "models" / "best.safetensors")
        self.assertEqual(model["1.dense.kernel"].shape, (64, 12))

    def test_what_is_not_there_is_told(self):
        with self.assertRaisesRegex(FileNotFoundError, "is .* the master's --state-dir"):
            fedasio.read_run(self.folder)
        with self.assertRaisesRegex(FileNotFoundError, "no-such-model"):
            fedasio.load_model(self.folder / "no-such-model")
        self.master(self.plan(), "--autostart", "--exit-when-done")
        self.worker(self.programs[0], "one")
        self.assertEqual(self.programs[0].wait_exit(), 0)
        with self.assertRaisesRegex(KeyError, "there is no run 'r-9'"):
            fedasio.read_run(self.folder / "state", "r-9")
        (self.folder / "history.sqlite").write_text("no database at all, but a text of some length")
        with self.assertRaises(sqlite3.DatabaseError):
            fedasio.read_run(self.folder)


class Masters(Federation):
    def kit(self):
        for words in (("init", "pki"), ("issue", "pki", "master", "127.0.0.1")):
            code, _, errors = run_program("fedasio", "pki", *words, directory=self.folder)
            self.assertEqual(code, 0, errors)
        return self.folder / "pki" / "kits" / "127.0.0.1"

    def test_one_behind_https_and_tokens_is_driven(self):
        kit, tokens = self.kit(), self.folder / "tokens"
        master = self.master(self.plan(), "--dashboard-tls", kit, "--dashboard-tokens", tokens)
        printed = master.wait_line("stdout", "operator https://").split()[-1]
        self.worker(master, "one")
        driven = fedasio.Master(printed, ca=kit / "ca.pem")
        self.assertNotIn("token", driven.url)
        self.assertEqual([row["round"] for row in driven.train(rounds=2)], [1, 2])
        self.assertEqual(driven.status["phase"], "finished")
        self.assertEqual([row["round"] for row in driven.train(rounds=1)], [3])
        driven.save_model(self.folder / "now.safetensors")
        self.assertEqual(fedasio.load_model(self.folder / "now.safetensors")["2.dense.bias"].shape, (4,))
        self.assertIn("<svg", driven._repr_html_())
        token = printed.partition("token=")[2]
        self.assertEqual(fedasio.Master(driven.url, token, ca=kit / "ca.pem").status["round"], 3)
        with self.assertRaisesRegex(fedasio.FederationError, "token"):
            fedasio.Master(driven.url, ca=kit / "ca.pem").status  # noqa: B018
        with self.assertRaisesRegex(fedasio.FederationError, "certificate is not trusted .* ca=... or FEDASIO_CA"):
            fedasio.Master(printed).status  # noqa: B018
        with self.assertRaisesRegex(fedasio.Misuse, "certificate .*nowhere.* cannot be read"):
            fedasio.Master(printed, ca="nowhere")

    def test_what_is_no_master_is_told(self):
        master = self.master(self.plan())
        with self.assertRaisesRegex(fedasio.FederationError, "nothing is being trained"):
            fedasio.Master(master.dashboard).command("pause")
        with self.assertRaisesRegex(fedasio.FederationError, "there is no master at http://127.0.0.1:1: "):
            fedasio.Master("127.0.0.1:1").status  # noqa: B018
        with self.assertRaisesRegex(fedasio.FederationError, "does not answer as a master's dashboard does"):
            fedasio.Master(master.workers_at).status  # noqa: B018
        for address in ("ftp://127.0.0.1", "http://", "master:"):
            with self.assertRaises((fedasio.Misuse, fedasio.FederationError), msg=address):
                fedasio.Master(address).status  # noqa: B018
