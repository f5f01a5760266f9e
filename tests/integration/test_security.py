"""Who may take part: kits, shared keys, and what refuses to start without either."""

import pathlib
import shutil
import signal
import socket
import ssl
import sys
import time
import unittest

import frames
from federation import Federation
from programs import BIN, descriptors, is_sanitized, poll, resident_bytes, run_program

SCRIPT = pathlib.Path(__file__).with_name("python_worker.py")
HELLO = {"name": "intruder", "clients": 0, "threads": 1, "version": "", "instruction_set": ""}
QUICKLY = ("--give-up-after", "2")


class Security(Federation):
    def pki(self, *arguments):
        code, output, errors = run_program("fedasio", "pki", *arguments, directory=self.folder)
        self.assertEqual((code, errors), (0, ""), output)
        return output

    def authority(self, name="pki"):
        self.pki("init", name)
        return self.folder / name

    def master_kit(self, pki="pki"):
        self.pki("issue", pki, "master", "127.0.0.1")
        return self.folder / pki / "kits" / "127.0.0.1"

    def kit(self, name, pki="pki"):
        self.pki("issue", pki, "worker", name)
        return self.folder / pki / "kits" / name

    def refused(self, *cases, name="worker-9"):
        """Workers that must not get in, side by side, and what is said of each on both sides: a master, options, what
        the master says, and what the worker."""
        workers = [self.worker(master, name, "--threads", "1", *QUICKLY, *options) for master, options, _, _ in cases]
        for worker, (master, _, told, worker_told) in zip(workers, cases, strict=True):
            self.assertEqual(worker.wait_exit(), 1, worker.text())
            self.assertIn(worker_told, worker.text())
            master.wait_log("notice", told)
            self.assertEqual([e for e in master.log("worker_joined") if name in e["text"]], [])


class Certificates(Security):
    def test_the_same_weights_as_without(self):
        plan = self.plan(rounds=3)
        bare = self.run_to_the_end(plan, [], [])
        self.authority()
        kits = [("--tls", self.kit(f"worker-{number}")) for number in (1, 2)]
        over_tls = self.run_to_the_end(plan, *kits, options=("--tls", self.master_kit()))
        self.assertEqual(over_tls["weights_sha256"], bare["weights_sha256"])
        self.assertEqual([r["dropped"] for r in over_tls["rounds"]], [[], [], []])

    def test_a_worker_is_called_what_its_certificate_says(self):
        self.authority()
        master = self.master(self.plan(), "--tls", self.master_kit())
        kit = self.kit("ward-3")
        self.program(BIN / "fedasio-worker", "--connect", master.workers_at, "--tls", kit, "--threads", "1")
        master.wait_joined("ward-3")
        self.refused((master, ("--tls", kit), "cannot be 'ward-4'", "is that of 'ward-3'"), name="ward-4")

    def test_refusals(self):
        self.authority()
        self.authority("other")
        masters = self.master_kit()
        master = self.master(self.plan(), "--tls", masters)
        stranger = self.kit("worker-9", "other")
        pretender = shutil.copytree(stranger, self.folder / "pretender")
        shutil.copy(self.folder / "pki" / "ca.pem", pretender)
        shutil.copy(self.folder / "pki" / "crl.pem", pretender)
        kit = self.kit("worker-9")
        (self.folder / "key").write_text("a" * 64)
        (self.folder / "key").chmod(0o600)
        self.refused(
            (master, ("--tls", stranger), "does not know the authority", "another authority"),
            (master, ("--tls", pretender), "another authority", "does not know the authority"),
            (
                master,
                ("--tls", kit, "--master-name", "other.example"),
                "does not accept this side's certificate",
                "does not name the address that was dialled",
            ),
            (master, (), "uses neither TLS nor a key", "TLS is expected here"),
            (master, ("--key-file", self.folder / "key"), "uses a shared key", "hung up before"),
        )
        self.worker(master, "worker-9", "--tls", kit)
        master.wait_joined("worker-9")

    def test_revoked_while_the_master_runs(self):
        self.authority()
        master = self.master(self.plan(), "--tls", self.master_kit())
        kit = self.kit("worker-9")
        worker = self.worker(master, "worker-9", "--tls", kit)
        master.wait_joined("worker-9")
        worker.signal(signal.SIGTERM)
        worker.wait_exit()
        before = len(master.log("worker_joined"))
        elsewhere = shutil.copytree(kit, self.folder / "elsewhere")
        self.pki("revoke", "pki", "worker-9")
        again = self.worker(master, "worker-9", "--tls", elsewhere, *QUICKLY)
        self.assertEqual(again.wait_exit(), 1, again.text())
        self.assertIn("this side's certificate is revoked", again.text())
        master.wait_log("notice", "the peer's certificate is revoked")
        self.assertEqual(len(master.log("worker_joined")), before)

    def test_kits_that_cannot_be_used(self):
        self.authority()
        masters, workers, revoked = self.master_kit(), self.kit("worker-9"), self.kit("gone")
        self.pki("revoke", "pki", "gone")
        plan = self.write_plan(self.plan())
        master = ("fedasio-master", "--plan", plan, "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0")
        worker = ("fedasio-worker", "--connect", "127.0.0.1:1")
        for program, option, kit, reason in (
            (master, "--tls", workers, "is not a master's certificate"),
            (master, "--dashboard-tls", workers, "is not a master's certificate"),
            (worker, "--tls", masters, "is not a worker's certificate"),
            (worker, "--tls", revoked, "is revoked"),
        ):
            code, _, errors = run_program(*program, option, kit, directory=self.folder)
            self.assertEqual(code, 1)
            self.assertIn(f"{kit / 'cert.pem'} {reason}", errors)
            self.assertIn("fedasio pki issue", errors)

    def test_spawned_workers(self):
        self.authority()
        report = self.folder / "report.json"
        master = self.master(
            self.plan(),
            *("--tls", self.master_kit(), "--spawn-workers", "2", "--autostart", "--exit-when-done"),
            *("--report", report),
        )
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertEqual(len(master.log("worker_joined")), 2)

    def test_only_tls_1_3(self):
        self.authority()
        master = self.master(self.plan(), "--tls", self.master_kit())
        kit = self.kit("worker-9")
        for version, works in ((ssl.TLSVersion.TLSv1_2, False), (ssl.TLSVersion.TLSv1_3, True)):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(kit / "ca.pem")
            context.load_cert_chain(kit / "cert.pem", kit / "key.pem")
            context.maximum_version = version
            with socket.create_connection(master.worker_address, 60) as bare:
                if not works:
                    with self.assertRaises(ssl.SSLError):
                        context.wrap_socket(bare, server_hostname="127.0.0.1")
                    continue
                with context.wrap_socket(bare, server_hostname="127.0.0.1") as wire:
                    hello = {**HELLO, "name": "worker-9"}
                    wire.sendall(frames.encode(frames.HELLO, hello, correlation=1))
                    master.wait_joined("worker-9")
                    self.assertFalse(wire.session_reused)
                    self.assertFalse(wire.session is not None and wire.session.has_ticket)

    def test_a_worker_without_a_certificate(self):
        self.authority()
        master = self.master(self.plan(), "--tls", self.master_kit())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.folder / "pki" / "ca.pem")
        with socket.create_connection(master.worker_address, 60) as bare:
            with context.wrap_socket(bare, server_hostname="127.0.0.1") as wire:
                with self.assertRaises(ssl.SSLError):
                    wire.recv(1)
        master.wait_log("notice", "the peer has no certificate")


class SharedKey(Security):
    def test_the_same_weights_and_a_worker_in_python(self):
        key = self.folder / "key"
        master = self.master(
            self.plan(rounds=2), "--key-file", key, "--autostart", "--exit-when-done", "--min-workers", "2"
        )
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.worker(master, "worker-1", "--key-file", key)
        snake = self.program(
            *(sys.executable, SCRIPT, "--connect", master.workers_at, "--name", "snake", "--key-file", key)
        )
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertEqual(snake.wait_exit(), 0, snake.text())
        plan = self.plan()
        bare = self.run_to_the_end(plan, [])
        keyed = self.run_to_the_end(plan, ["--key-file", key], options=("--key-file", key))
        self.assertEqual(keyed["weights_sha256"], bare["weights_sha256"])

    def test_refusals(self):
        self.authority()
        key = self.folder / "key"
        other = self.folder / "other"
        other.write_text("a" * 64 + "\n")
        other.chmod(0o600)
        master = self.master(self.plan(), "--key-file", key)
        bare = self.master(self.plan(), "--state-dir", self.folder / "second")
        self.refused(
            (master, ("--key-file", other), "different keys", "different keys"),
            (master, (), "uses neither TLS nor a key", "uses a shared key"),
            (master, ("--tls", self.kit("worker-9")), "the peer uses TLS", "hung up before"),
            (bare, ("--key-file", key), "the peer uses a shared key", "gave up"),
        )
        self.worker(master, "worker-9", "--key-file", key)
        master.wait_joined("worker-9")

    def test_spawned_workers_inherit_it(self):
        master = self.master(
            self.plan(),
            *("--key-file", self.folder / "key", "--spawn-workers", "2", "--autostart", "--exit-when-done"),
        )
        self.assertEqual(master.wait_exit(), 0, master.text())
        self.assertEqual(len(master.log("worker_joined")), 2)

    def test_a_key_that_others_can_read(self):
        key = self.folder / "key"
        key.write_text("a" * 64)
        key.chmod(0o644)
        plan = self.write_plan(self.plan())
        cases = (
            ("fedasio-master", "--plan", plan, "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0"),
            ("fedasio-worker", "--connect", "127.0.0.1:1"),
        )
        for case in cases:
            code, _, errors = run_program(*case, "--key-file", key, directory=self.folder)
            self.assertEqual(code, 1)
            self.assertIn("can be read by others", errors)


class Unprotected(Security):
    def assert_three_ways(self, *case):
        code, output, errors = run_program(*case, directory=self.folder)
        self.assertEqual((code, output), (1, ""), errors)
        for way in "--tls", "--key-file", "--insecure":
            self.assertIn(way, errors)

    def test_refuses_to_start(self):
        plan = self.write_plan(self.plan())
        master = ("fedasio-master", "--plan", plan, "--dashboard", "127.0.0.1:0")
        self.assert_three_ways(*master, "--listen", "0.0.0.0:0")
        self.assert_three_ways(*master, "--listen", "0.0.0.0:0", "--announce")
        self.assert_three_ways("fedasio-worker", "--connect", "192.0.2.1:7700")
        self.assert_three_ways("fedasio-worker", "--connect", "master.example:7700")

    def test_insecure_says_so(self):
        master = self.master(self.plan(), "--insecure", listen="0.0.0.0:0")
        master.wait_log("notice", "anyone who reaches")
        port = master.worker_address[1]
        self.worker(f"127.0.0.1:{port}", "worker-1")
        master.wait_joined("worker-1")

    def test_a_key_is_enough_everywhere(self):
        key = self.folder / "key"
        master = self.master(self.plan(), "--key-file", key, listen="0.0.0.0:0")
        self.worker(f"127.0.0.1:{master.worker_address[1]}", "worker-1", "--key-file", key)
        master.wait_joined("worker-1")
        self.assertEqual([e for e in master.log("notice") if "port for workers" in e["text"]], [])


class Strangers(Security):
    def hold(self, address, count):
        peers = [socket.create_connection(address, 60) for _ in range(count)]
        self.addCleanup(lambda: [peer.close() for peer in peers])
        return peers

    def test_ten_seconds_and_a_number_for_each_address(self):
        key = self.folder / "key"
        master = self.master(self.plan(), "--key-file", key)
        began = time.monotonic()
        peers = self.hold(master.worker_address, 256)
        with socket.create_connection(master.worker_address, 60) as one_more:
            self.assertEqual(one_more.recv(1), b"")
        master.wait_log("notice", "too many connections from its address")
        for peer in peers:
            self.assertEqual(peer.recv(1), b"")
        self.assertGreaterEqual(time.monotonic() - began, 9)
        self.worker(master, "worker-1", "--key-file", key)
        master.wait_joined("worker-1")

    def test_ten_thousand_leave_nothing_behind(self):
        self.authority()
        for protection in ("--tls", self.master_kit()), ("--key-file", self.folder / "key"):
            with self.subTest(protection[0]):
                master = self.master(self.plan(), *protection, "--state-dir", self.folder / protection[0])

                def come_and_go(count):
                    for _ in range(count // 100):
                        for number, peer in enumerate(self.hold_briefly(master.worker_address, 100)):
                            if number % 3 == 1:
                                peer.sendall(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
                            elif number % 3 == 2:
                                peer.sendall(b"FDK1" + bytes(60))
                            peer.shutdown(socket.SHUT_WR)
                            try:
                                while peer.recv(4096):
                                    pass
                            except ConnectionResetError:
                                pass
                            peer.close()

                before_descriptors = descriptors(master.pid)
                # The first ones and the log's memory of them cost what later ones do not.
                come_and_go(3000)
                poll(lambda: descriptors(master.pid) <= before_descriptors, "the descriptors to be closed")
                before_bytes = resident_bytes(master.pid)
                come_and_go(7000)
                poll(lambda: descriptors(master.pid) <= before_descriptors, "the descriptors to be closed")
                if not is_sanitized(master.pid):
                    self.assertLess(resident_bytes(master.pid) - before_bytes, 8 << 20)
                master.signal(signal.SIGTERM)
                self.assertEqual(master.wait_exit(), 0)

    def hold_briefly(self, address, count):
        return [socket.create_connection(address, 60) for _ in range(count)]


if __name__ == "__main__":
    unittest.main()
