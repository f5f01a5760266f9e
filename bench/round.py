#!/usr/bin/env python3
"""How long a round takes beside what moving its bytes takes, and what it costs the master.

Workers that answer `train` at once with the weights they got (bench/round_swarm.cpp) train with a master, and answer a bare epoll loop that
sends the same frames and reads the same answers (bench/round_wire.cpp), in turn; who has no turn is stopped (SIGSTOP). Medians of all rounds.
No Python packages are needed.

    bench/round.py [--bin build/release/bin] [--rows 1,2] [--turns 5] [--rounds 4] [--baseline OTHER/bin/fedasio-master]
"""

import argparse
import json
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")

TWO_NN = [200, 200, 10]  # 199,210 parameters
LARGE = [1651, 220, 10]  # 1,661,695
HUGE = [3000, 2539, 10]  # 9,999,939
# workers, clients that train in a round, units of the layers
ROWS = [
    (10, 10, TWO_NN),
    (10, 10, LARGE),
    (100, 100, TWO_NN),
    (1000, 1000, [10]),
    (10000, 10000, [10]),
    (20, 20, HUGE),
    (10000, 1000, TWO_NN),
    (200, 200, HUGE),
]
USUAL = "1,2,3,4,5,6,7"


def parameters_of(units):
    return sum((before + 1) * after for before, after in zip([784] + units, units))


def model_of(units):
    layers = [{"type": "flatten"}]
    layers += [{"type": "dense", "units": n, "activation": "relu"} for n in units[:-1]]
    layers += [{"type": "dense", "units": units[-1], "activation": "softmax"}]
    return {"input": [28, 28], "layers": layers}


def plan(folder, workers, cohort, model):
    # Only workers read these.
    files = {"train_images": str(folder / "images"), "train_labels": str(folder / "labels")}
    return {
        "name": "round",
        "model": model,
        "data": {"source": {"type": "idx", **files}, "partition": {"scheme": "iid"}},
        "clients": workers,
        "fraction": cohort / workers,
        "rounds": 1,
        "checkpoint_every": 0,
    }


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def most_megabytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def line_of(process, word):
    for line in process.stdout:
        if line.startswith(word):
            return line.split()[1]
    raise SystemExit(f"no line '{word}' came: the program has ended")


class Side:
    """A server and its swarm, which run only in their turn."""

    def __init__(self, swarm, workers):
        self.processes = [self.server]
        host, _, port = self.address.rpartition(":")
        self.swarm = subprocess.Popen([swarm, host, port, str(workers)], stdout=subprocess.DEVNULL)
        self.processes.append(self.swarm)

    def turn(self, rounds):
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
        before = cpu_seconds(self.server.pid)
        seconds = self.train(rounds)
        cost = (cpu_seconds(self.server.pid) - before) / rounds
        for process in self.processes:
            process.send_signal(signal.SIGSTOP)
        return seconds, cost

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()


class Wire(Side):
    def __init__(self, programs, workers, cohort, units):
        self.server = subprocess.Popen([programs.parent / "bench" / "round_wire", str(workers), str(cohort), str(parameters_of(units))],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
        self.address = line_of(self.server, "listening")
        super().__init__(programs.parent / "bench" / "round_swarm", workers)

    def train(self, rounds):
        self.server.stdin.write(f"{rounds}\n")
        self.server.stdin.flush()
        return [float(word) for word in self.server.stdout.readline().split()]


class Fedasio(Side):
    def __init__(self, master, programs, folder, workers, what):
        (folder / "plan.json").write_text(json.dumps(what))
        self.server = subprocess.Popen(
            [master, "--plan", folder / "plan.json", "--listen", "127.0.0.1:0", "--dashboard", "127.0.0.1:0",
             "--state-dir", folder / "state", "--log-level", "error"], stdout=subprocess.PIPE, text=True)  # fmt: skip
        self.processes = [self.server]
        try:
            self.join(programs, workers)
        except BaseException:
            self.end()
            raise

    def join(self, programs, workers):
        self.address = line_of(self.server, "listening")
        self.dashboard = line_of(self.server, "dashboard").rstrip("/")
        began = time.monotonic()
        super().__init__(programs.parent / "bench" / "round_swarm", workers)
        while self.get("status")["workers"] < workers:
            if self.swarm.poll() is not None:
                raise SystemExit("the swarm has ended")
            threading.Event().wait(0.02)
        self.joined = time.monotonic() - began
        self.first = self.train(1)[0]

    def get(self, path):
        with urllib.request.urlopen(f"{self.dashboard}/api/v1/{path}") as answer:
            return json.load(answer)

    def order(self, rounds):
        """False while the training before is not quite over, or orders come too fast."""
        order = json.dumps({"command": "train", "rounds": rounds}).encode()
        request = urllib.request.Request(f"{self.dashboard}/api/v1/commands", order, {"Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request).close()
            return True
        except urllib.error.HTTPError as e:
            if e.code not in (409, 429):
                raise
            return False

    def train(self, rounds):
        before = self.get("status")["round"]
        while not self.order(rounds):
            threading.Event().wait(0.1)
        while True:
            status = self.get("status")
            if status["phase"] == "finished" and status["round"] >= before + rounds:
                break
            if status["phase"] == "failed" or self.swarm.poll() is not None:
                raise SystemExit(f"the training failed: {status}")
            threading.Event().wait(0.02)
        self.last = self.get("rounds")[-rounds:]
        return [sum(one["seconds"].values()) for one in self.last]


def measure(asked, row):
    workers, cohort, units = ROWS[row - 1]
    with tempfile.TemporaryDirectory(prefix="fedasio-round-") as name:
        folder = pathlib.Path(name)
        masters = [asked.baseline] if asked.baseline else []
        masters.append(asked.bin / "fedasio-master")
        sides = []
        try:
            for i, master in enumerate(masters):
                (folder / str(i)).mkdir()
                what = plan(folder, workers, cohort, model_of(units))
                sides.append(Fedasio(master, asked.bin, folder / str(i), workers, what))
                sides[-1].turn(1)
            sides.append(Wire(asked.bin, workers, cohort, units))
            sides[-1].turn(1)
            seconds = [[] for _ in sides]
            costs = [[] for _ in sides]
            for _ in range(asked.turns):
                for i, side in enumerate(sides):
                    times, cost = side.turn(asked.rounds)
                    seconds[i] += times
                    costs[i].append(cost)
            wire, wire_cost = statistics.median(seconds[-1]), statistics.median(costs[-1])
            for i, side in enumerate(sides[:-1]):
                own, cost = statistics.median(seconds[i]), statistics.median(costs[i])
                name = f"{workers:,} × {parameters_of(units):,}" + (f", {cohort:,} a round" if cohort != workers else "")
                name += " (baseline)" if len(masters) > 1 and i == 0 else ""
                print(
                    f"| {row} | {name} | {1e3 * wire:.1f} | {1e3 * own:.1f} | {own / wire:.2f} | {1e3 * wire_cost:.0f} | {1e3 * cost:.0f} | "
                    f"{cost / max(wire_cost, 1e-3):.2f} | {most_megabytes(side.server.pid):.0f} | {side.joined:.1f} | {side.first:.2f} |",
                    flush=True,
                )
                if asked.phases:
                    print({key: round(1e3 * statistics.median(one["seconds"][key] for one in side.last), 1) for key in side.last[0]["seconds"]})
        finally:
            for side in sides:
                side.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=ROOT / "build" / "release" / "bin", type=pathlib.Path)
    parser.add_argument("--baseline", type=pathlib.Path, help="another master, measured in the same run")
    parser.add_argument("--rows", default=USUAL, help="of the table, from 1; 8 is 200 workers × 10M")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--phases", action="store_true", help="milliseconds of each phase")
    asked = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    print("| row | workers × parameters | wire, ms | fedasio, ms | ratio | wire, CPU ms | master, CPU ms | ratio | most memory, MB | joined, s | first round, s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in asked.rows.split(","):
        measure(asked, int(row))


if __name__ == "__main__":
    main()
