#!/usr/bin/env python3
"""How much 200 readers of the event stream, 50 of which read nothing, slow short rounds down."""

import pathlib
import selectors
import statistics
import sys
import threading
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "integration"))
sys.dont_write_bytecode = True
from federation import Federation  # noqa: E402
from websocket import StreamReader  # noqa: E402

ROUNDS = 200


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def drain(streams, ended):
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.socket, selectors.EVENT_READ)
        while not ended.is_set():
            for key, _ in selector.select(0.1):
                key.fileobj.recv(1 << 16)


class Rounds(Federation):
    def measure(self, readers, stopped, query=""):
        master = self.master(self.plan(rounds=ROUNDS, clients=20, local={"epochs": 20}))
        self.workers(master, 2)
        reading = [StreamReader(master.dashboard, query) for _ in range(readers)]
        silent = [StreamReader(master.dashboard, query, 4096) for _ in range(stopped)]
        ended = threading.Event()
        draining = threading.Thread(target=drain, args=(reading, ended))
        draining.start()
        master.train()
        ended.set()
        draining.join()
        rounds = [1000 * sum(entry["seconds"].values()) for entry in master.get("rounds")]
        print(
            f"{readers:4} readers, {stopped:3} stopped {query or 'single events':14}"
            f"  round {statistics.median(rounds):6.2f} ms (median)  master {cpu_seconds(master.pid):5.2f} s of CPU",
            flush=True,
        )
        for stream in reading + silent:
            stream.close()

    def runTest(self):
        for _ in range(3):
            self.measure(0, 0)
            self.measure(150, 50, "?batch=1")
            self.measure(150, 50)


if __name__ == "__main__":
    unittest.TextTestRunner(verbosity=0).run(Rounds())
