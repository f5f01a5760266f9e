#!/usr/bin/env python3
"""What a long run costs at its end, against its beginning: a small table, a checkpoint every few rounds.

    bench/long_run.py [--rounds 10000] [--every 5] [--kills 0] [--bin build/release/bin]

Simulates a plan of 163 parameters without checkpoints and with them, and prints bytes written, CPU seconds, and the time of the
last tenth of the rounds against that of the first (a ratio of 1: it does not grow with the rounds). With --kills the second one is
killed so often at random and resumed; then its report must have every round, and its weights be those of the first.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


def write_table(path, rows=48, columns=16):
    rng = random.Random(1)
    lines = [",".join([f"x{i}" for i in range(columns)] + ["kind"])]
    for row in range(rows):
        kind = row % 3
        values = [f"{rng.gauss(kind if i < 4 else 0, 1):.4f}" for i in range(columns)]
        lines.append(",".join([*values, "abc"[kind]]))
    path.write_text("\n".join(lines) + "\n")


def write_plan(folder, rounds, every):
    plan = {
        "name": "long run",
        "seed": 3,
        "clients": 2,
        "rounds": rounds,
        "checkpoint_every": every,
        "model": {
            "layers": [
                {"type": "dense", "units": 8, "activation": "relu"},
                {"type": "dense", "units": 3, "activation": "softmax"},
            ]
        },
        "data": {
            "source": {"type": "csv", "train": str(folder / "rows.csv"), "test": str(folder / "rows.csv"), "label": "kind"},
            "partition": {"scheme": "iid"},
        },
        "local": {"epochs": 1, "batch_size": 24, "optimizer": {"type": "sgd", "learning_rate": 0.001}},
    }
    path = folder / f"plan-{every}.json"
    path.write_text(json.dumps(plan))
    return path


class Cost:
    """Of one program, or of several that did the same work in turn."""

    def __init__(self):
        self.cpu = 0.0
        self.bytes = 0

    def run(self, command, kill_when=lambda: False):
        """Until it ends, or `kill_when` says so; true if it ended by itself."""
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        written = 0
        killed = False
        while True:
            try:
                text = pathlib.Path("/proc", str(process.pid), "io").read_text()
                written = int(dict(line.split(": ") for line in text.splitlines())["wchar"])
            except (OSError, KeyError):
                pass
            if not killed and kill_when():
                process.kill()
                killed = True
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)
        self.cpu += usage.ru_utime + usage.ru_stime
        self.bytes += written
        if not killed and os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{command} failed; {status}")
        return not killed


def tenth_ratio(report):
    """Seconds of the last tenth of the rounds, by those of the first (which begins after the data is loaded)."""
    times = [entry["time"] for entry in report["rounds"]]
    tenth = max(1, len(times) // 10)
    return (times[-1] - times[-1 - tenth]) / (times[tenth] - times[0])


def measure(program, folder, rounds, every, kills):
    plan = write_plan(folder, rounds, every)
    state = folder / f"state-{every}-{kills}"
    report = folder / f"report-{every}-{kills}.json"
    command = [program, "simulate", plan, "--report", report, "--state-dir", state, "--resume", "--log-level", "error"]
    cost = Cost()
    rng = random.Random(2)
    left = kills
    checkpoints = state / "checkpoints"

    def last_round():
        found = sorted(checkpoints.glob("*.safetensors")) if checkpoints.exists() else []
        return int(found[-1].stem.rpartition("-")[2]) if found else 0

    while left > 0:
        until = rng.randrange((kills - left) * rounds // kills, (kills - left + 1) * rounds // kills)
        if cost.run(command, lambda: last_round() >= until):
            break
        left -= 1
    cost.run(command)
    return cost, json.loads(report.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10000)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--bin", type=pathlib.Path, default=REPOSITORY / "build/release/bin")
    options = parser.parse_args()
    program = options.bin.resolve() / "fedasio"
    with tempfile.TemporaryDirectory(prefix="fedasio-bench-") as name:
        folder = pathlib.Path(name)
        write_table(folder / "rows.csv")
        results = {}
        for every, kills in (0, 0), (options.every, 0), *([(options.every, options.kills)] if options.kills else []):
            cost, report = measure(program, folder, options.rounds, every, kills)
            results[every, kills] = report
            print(
                f"checkpoint_every {every}, {kills} kills: {cost.bytes / 1e6:.1f} MB written, {cost.cpu:.1f} CPU s, "
                f"last tenth / first tenth {tenth_ratio(report):.2f}"
            )
        first = next(iter(results.values()))
        for (every, kills), report in results.items():
            assert report["parameters"] == 163
            assert [entry["round"] for entry in report["rounds"]] == list(range(1, options.rounds + 1)), (every, kills)
            assert report["weights_sha256"] == first["weights_sha256"], (every, kills)
            seconds = sum(sum(entry["seconds"].values()) for entry in report["rounds"])
            assert report["seconds_total"] >= 0.99 * seconds, (every, kills, report["seconds_total"], seconds)


if __name__ == "__main__":
    main()
