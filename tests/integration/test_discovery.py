"""Workers that find their master on the local network."""

import socket
import unittest

from federation import Federation
from programs import BIN


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Discovery(Federation):
    def test_discovers_the_master(self):
        port = free_port()
        found = self.program(
            *(BIN / "fedasio-worker", "--discover", "--discovery-port", port, "--name", "seeker"),
            *("--log-format", "json"),
        )
        master = self.master(
            self.plan(),
            *("--announce", "--discovery-port", port, "--autostart", "--exit-when-done"),
        )
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertEqual(found.wait_exit(), 0, found.text())
        self.assertIn(master.workers_at, found.log("discovered")[0]["text"])

    def test_nobody_to_be_found(self):
        worker = self.program(
            *(BIN / "fedasio-worker", "--discover", "--discovery-port", free_port(), "--give-up-after", "1")
        )
        self.assertEqual(worker.wait_exit(), 1)

    def test_port_that_is_taken(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("", 0))
            port = taken.getsockname()[1]
            worker = self.program(
                *(BIN / "fedasio-worker", "--discover", "--discovery-port", port, "--give-up-after", "1")
            )
            self.assertEqual(worker.wait_exit(), 1)
            self.assertIn("in use", worker.text())


if __name__ == "__main__":
    unittest.main()
