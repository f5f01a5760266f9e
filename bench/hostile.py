#!/usr/bin/env python3
"""What hostile peers cost a run: the time of a round with 1,000 peers that claim 4 GiB and 200 that send a byte a second.

A master with one worker trains in turns: in quiet, under attack, and while the same attack goes to another port, which shows what
the attackers' own use of the machine costs. Medians of the rounds' times, and the master's memory and descriptors. No Python packages are needed.

    bench/hostile.py [--programs build/release/bin] [--turns 5] [--rounds 4]
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import frames  # noqa: E402

CLAIMING = 1000
SLOW = 200
PAUSE = 10  # seconds until a peer that was turned away is there again


async def claim(address, counts):
    """Announces a body of 4 GiB, again and again."""
    bytes_of = frames.encode(frames.HELLO, {"name": "x"}, correlation=1, body_length=(1 << 32) - 1)
    while True:
        try:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(bytes_of)
            await asyncio.wait_for(reader.read(), 60)
            writer.close()
            counts["claims"] += 1
        except (OSError, asyncio.TimeoutError):
            counts["failed"] += 1
        await asyncio.sleep(PAUSE)


async def crawl(address, counts):
    """Sends an acceptable hello, a byte a second."""
    hello = frames.encode(frames.HELLO, {"name": "x", "clients": 0, "threads": 1, "version": "", "instruction_set": ""}, correlation=1)
    while True:
        try:
            reader, writer = await asyncio.open_connection(*address)
            for byte in hello:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
                if reader.at_eof():
                    break
            writer.close()
            counts["crawls"] += 1
        except OSError:
            counts["failed"] += 1
            await asyncio.sleep(1)


def attack(address, told):
    async def everybody():
        counts = {"claims": 0, "crawls": 0, "failed": 0}
        tasks = []
        for i in range(CLAIMING + SLOW):
            tasks.append(asyncio.create_task((claim if i < CLAIMING else crawl)(address, counts)))
            if i % 50 == 49:
                await asyncio.sleep(0.05)
        while not told.poll():
            await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        told.send(counts)

    asyncio.run(everybody())


def sink(told):
    """A port that turns away like a master does, and does nothing else."""

    async def visit(reader, writer):
        try:
            data = await asyncio.wait_for(reader.read(64), 10)
            if len(data) < 32:
                await asyncio.wait_for(reader.read(), 10)
        except (OSError, asyncio.TimeoutError):
            pass
        writer.close()

    async def serve():
        server = await asyncio.start_server(visit, "127.0.0.1", 0, backlog=4096)
        told.send(server.sockets[0].getsockname()[:2])
        while not told.poll():
            await asyncio.sleep(0.2)

    asyncio.run(serve())


class Attack:
    def __init__(self, address):
        self.here, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=attack, args=(address, there))
        self.process.start()

    def end(self):
        self.here.send("end")
        counts = self.here.recv()
        self.process.join()
        return counts


def line_of(process, word):
    for line in process.stdout:
        if line.startswith(word):
            return line.split()[1]
    raise SystemExit("the master did not start")


def get(dashboard, path):
    with urllib.request.urlopen(f"{dashboard}/api/v1/{path}") as answer:
        return json.load(answer)


def train(dashboard, rounds):
    """Seconds of each of so many further rounds."""
    before = get(dashboard, "status")["round"]
    order = json.dumps({"command": "train", "rounds": rounds}).encode()
    urllib.request.urlopen(
        urllib.request.Request(f"{dashboard}/api/v1/commands", order, {"Content-Type": "application/json"})
    ).close()
    while True:
        status = get(dashboard, "status")
        if status["phase"] in ("finished", "failed") and status["round"] >= before + rounds:
            break
        if status["phase"] == "failed":
            raise SystemExit("the training failed")
        waiter.wait(0.05)
    return [sum(one["seconds"].values()) for one in get(dashboard, "rounds")[-rounds:]]


def footprint(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    return resident // 1024, len(os.listdir(f"/proc/{pid}/fd"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", default=ROOT / "build" / "release" / "bin", type=pathlib.Path)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fedasio-bench-") as folder:
        master = subprocess.Popen(
            [asked.programs / "fedasio-master", "--plan", ROOT / "plans" / "fashion-mnist-2nn.json", "--listen", "127.0.0.1:0",
             "--dashboard", "127.0.0.1:0", "--state-dir", f"{folder}/state", "--log-level", "error"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)  # fmt: skip
        try:
            measure(master, asked)
        finally:
            master.terminate()
            master.wait()


def measure(master, asked):
    listening = line_of(master, "listening")
    dashboard = line_of(master, "dashboard").rstrip("/")
    host, _, port = listening.rpartition(":")
    worker = subprocess.Popen([asked.programs / "fedasio-worker", "--connect", listening, "--threads", "1", "--name", "one"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)  # fmt: skip
    here, there = multiprocessing.Pipe()
    elsewhere = multiprocessing.Process(target=sink, args=(there,))
    elsewhere.start()
    try:
        sink_address = here.recv()
        while get(dashboard, "status")["workers"] == 0:
            waiter.wait(0.05)
        train(dashboard, 1)
        times = {"quiet": [], "attack on another port": [], "attack on the master": []}
        before = footprint(master.pid)
        most = before
        counts = {}
        for _ in range(asked.turns):
            times["quiet"] += train(dashboard, asked.rounds)
            for name, address in (("attack on another port", tuple(sink_address)), ("attack on the master", (host, int(port)))):
                hostile = Attack(address)
                waiter.wait(3)  # until everybody is there
                times[name] += train(dashboard, asked.rounds)
                if name == "attack on the master":
                    most = tuple(map(max, most, footprint(master.pid)))
                done = hostile.end()
                if name == "attack on the master":
                    counts = {key: counts.get(key, 0) + value for key, value in done.items()}
        waiter.wait(12)
        after = footprint(master.pid)
    finally:
        here.send("end")
        elsewhere.join()
        worker.terminate()
        worker.wait()
    quiet = statistics.median(times["quiet"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:24} {median:.3f} s a round, {median / quiet:.3f} of quiet ({len(values)} rounds)")
    ratio = statistics.median(times["attack on the master"]) / statistics.median(times["attack on another port"])
    print(f"the attack's cost without what the attackers' own work costs: {ratio:.3f}")
    print(f"turned away: {counts}; master: {before[0]} MB and {before[1]} descriptors before, {most[0]} MB and {most[1]} at most, "
          f"{after[0]} MB and {after[1]} after")


if __name__ == "__main__":
    import threading

    waiter = threading.Event()
    main()
