"""Many browsers, some of which read nothing: the rounds do not notice."""

import threading
import unittest

from federation import Federation
from programs import is_sanitized, poll, resident_bytes
from websocket import StreamReader

READERS = 200
STOPPED = 50
ROUNDS = 60


class Reader:
    """Follows the stream in a thread and checks what it sees."""

    def __init__(self, dashboard):
        self.stream = StreamReader(dashboard, "?batch=1")
        self.rounds = set()
        self.seq = 0
        self.trouble = ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        try:
            while not self.ended.is_set():
                message = self.stream.next()
                if message["type"] == "snapshot":
                    self.rounds = {entry["round"] for entry in message["rounds"]}
                    self.seq = message["seq"]
                    continue
                for event in message["events"]:
                    if event["seq"] != self.seq + 1:
                        self.trouble = f"{event['seq']} came after {self.seq}"
                    self.seq = event["seq"]
                    if event["type"] == "round_finished":
                        self.rounds.add(event["result"]["round"])
                    if event["type"] == "training_finished":
                        self.ended.set()
        except (EOFError, OSError) as error:
            self.trouble = f"the stream ended: {error!r}"
            self.ended.set()


class StreamReaders(Federation):
    def test_rounds_are_the_same_with_many_readers_of_which_some_are_stopped(self):
        plan = self.plan(rounds=ROUNDS, clients=20)
        alone = self.run_to_the_end(plan, [], [])
        master = self.master(plan)
        self.workers(master, 2)
        pid = master.pid
        stopped = [StreamReader(master.dashboard, "?batch=1" if i % 2 else "", 4096) for i in range(STOPPED)]
        readers = [Reader(master.dashboard) for _ in range(READERS - STOPPED)]
        for stream in stopped:
            self.addCleanup(stream.close)
        for reader in readers:
            self.addCleanup(reader.stream.close)
        before = resident_bytes(pid)
        end = master.train()
        self.assertEqual((end["outcome"], end["round"]), ("rounds_done", ROUNDS))
        self.assertEqual(end["weights_sha256"], alone["weights_sha256"])
        poll(lambda: all(reader.ended.is_set() for reader in readers), "the readers' end")
        for reader in readers:
            self.assertEqual(reader.trouble, "")
            self.assertEqual(reader.rounds, set(range(1, ROUNDS + 1)))
        if not is_sanitized(pid):
            self.assertLess(resident_bytes(pid) - before, 100 << 20)


if __name__ == "__main__":
    unittest.main()
