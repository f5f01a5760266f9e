"""Ten thousand malformed frames while a run goes on: the run does not notice."""

import random
import socket
import struct
import unittest

import frames
from federation import Federation
from programs import descriptors, is_sanitized, poll, resident_bytes

FRAMES = 10000
BATCHES = 10
AT_ONCE = 100
HELLO = {"name": "intruder", "clients": 0, "threads": 1, "version": "", "instruction_set": ""}


def malformed(rng):
    """Bytes that are no acceptable beginning of a conversation, of many kinds."""
    good = frames.encode(frames.HELLO, HELLO, correlation=1)
    kinds = (
        lambda: rng.randbytes(rng.randrange(1, 200)),
        lambda: good[: rng.randrange(1, len(good))],
        lambda: frames.encode(frames.HELLO, HELLO, correlation=1, magic=b"HTTP"),
        lambda: frames.encode(frames.HELLO, HELLO, correlation=1, version=rng.choice((0, 2, 255))),
        lambda: frames.encode(frames.HELLO, HELLO, correlation=1, flags=rng.randrange(2, 256) & ~1),
        lambda: frames.encode(rng.choice((0, 4, 15)), HELLO, correlation=1),
        lambda: frames.encode(frames.HELLO, HELLO, correlation=1, meta_length=rng.randrange(4097, 1 << 32)),
        lambda: frames.encode(frames.HELLO, HELLO, correlation=1, body_length=rng.randrange(1, 1 << 32)),
        lambda: frames.encode(frames.HELLO, HELLO, correlation=1, head_checksum=rng.getrandbits(32)),
        lambda: frames.encode(frames.HELLO, correlation=1, text=b'{"name": ' + b"[" * 500),
        lambda: frames.encode(frames.HELLO, correlation=1, text=b"\xff\xfe\x00" * 30),
        lambda: frames.encode(frames.HELLO, correlation=1, text=b'"hello"'),
        lambda: frames.encode(frames.HELLO, {"name": ""}, correlation=1),
        lambda: frames.encode(frames.HELLO, {"name": 7}, correlation=1),
        lambda: frames.encode(frames.HELLO, {"name": "a\nb"}, correlation=1),
        lambda: frames.encode(frames.HELLO, {**HELLO, "clients": -1}, correlation=1),
        lambda: frames.encode(frames.HELLO, HELLO),
        lambda: frames.encode(frames.TRAIN, {"round": 1}, correlation=rng.getrandbits(64) | 1),
        lambda: frames.encode(frames.TRAIN, {}, b"\0" * 64, rng.getrandbits(64), frames.REPLY),
        lambda: frames.encode(frames.MEASUREMENTS, {"cpu_percent": 1, "memory_bytes": 1}),
        lambda: _flipped(rng, good),
    )
    return rng.choice(kinds)()


def _flipped(rng, data):
    """One bit of the header or the meta is wrong."""
    data = bytearray(data)
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


class HostileFrames(Federation):
    def attack(self, address, rng, count):
        for begin in range(0, count, AT_ONCE):
            peers = []
            for _ in range(min(AT_ONCE, count - begin)):
                peer = socket.create_connection(address, 60)
                peer.sendall(malformed(rng))
                peer.shutdown(socket.SHUT_WR)
                peers.append(peer)
            for peer in peers:
                try:
                    while peer.recv(4096):
                        pass
                except ConnectionResetError:
                    pass
                peer.close()

    def test_the_run_does_not_notice(self):
        plan = self.plan(rounds=2 * BATCHES, local={"epochs": 20, "batch_size": 10})
        undisturbed = self.run_to_the_end(plan, [], [])["weights_sha256"]
        master = self.master(plan)
        self.workers(master, 2)
        master.train(rounds=1)
        # The first bad peers and the first long log cost memory that later ones do not.
        rng = random.Random(7)
        before_descriptors = descriptors(master.pid)
        before_bytes = resident_bytes(master.pid)
        done = 1
        for batch in range(BATCHES):
            after = master.now()
            rounds = 2 if batch < BATCHES - 1 else 1
            master.command("train", rounds=rounds)
            self.attack(master.worker_address, rng, FRAMES // BATCHES)
            end = master.wait_event("training_finished", after)
            done += rounds
            self.assertEqual((end["outcome"], end["round"]), ("rounds_done", done))
        self.assertEqual(end["weights_sha256"], undisturbed)
        for result in master.get("rounds"):
            self.assertEqual(result["dropped"], [])

        def warnings():
            return [e for e in master.log("notice") if "turned away" in e["text"]]

        def told():
            texts = [e["text"] for e in warnings()]
            return sum(int(text.split()[0]) if " more in the last " in text else 1 for text in texts)

        poll(lambda: told() >= FRAMES, f"{FRAMES} peers to be told of")
        self.assertEqual(told(), FRAMES)
        self.assertLess(len(warnings()), FRAMES // 10)
        self.assertEqual({e["level"] for e in warnings()}, {"warning"})
        self.assertEqual([w for w in master.log("worker_joined") if "worker-" not in w["text"]], [])
        poll(lambda: descriptors(master.pid) <= before_descriptors, "the descriptors to be closed")
        grown = resident_bytes(master.pid) - before_bytes
        if not is_sanitized(master.pid):
            self.assertLess(grown, 64 << 20)

    def test_a_stranger_that_says_nothing_is_sent_away(self):
        master = self.master(self.plan())
        with socket.create_connection(master.worker_address, 60) as silent:
            silent.settimeout(60)
            data = b""
            while part := silent.recv(4096):
                data += part
            master.wait_log("notice", "turned away")
            for begin in range(0, len(data), frames.HEADER.size):
                kind = struct.unpack_from("<H", data, begin + 6)[0]
                self.assertEqual(kind, frames.PING)

    def test_a_worker_that_turns_hostile(self):
        """After a proper hello the limits are wider, but it is still one connection that ends."""
        master = self.master(self.plan())
        self.workers(master, 1)
        rng = random.Random(11)
        for number in range(200):
            after = master.now() if number % 50 == 0 else 0
            peer = frames.Peer(master.worker_address)
            peer.send(frames.HELLO, {**HELLO, "name": f"turncoat-{number}"}, correlation=1)
            self.assertEqual(peer.read().flags, frames.REPLY)
            peer.socket.sendall(malformed(rng))
            try:
                peer.socket.shutdown(socket.SHUT_WR)
                while peer.socket.recv(4096):
                    pass
            except OSError:
                pass
            peer.close()
            if after:
                master.wait_event("worker_left", after, name=f"turncoat-{number}")
        master.wait_workers(1)
        self.assertEqual(master.train()["outcome"], "rounds_done")


if __name__ == "__main__":
    unittest.main()
