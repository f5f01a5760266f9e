"""An evaluator for the tests of evaluators: the least squares of trainer_script.py on samples that no client has, and
on demand what no evaluator should do.

    python3 evaluator_script.py MODE [FILE]

The modes "die", "hang" and "loud" misbehave in the first test for which FILE does not exist, which they make; "wait"
does so in that of round 3.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time

import trainer_script as script

import fedasio

MODE = sys.argv[1]
MARK = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
CLIENT = 9
SAMPLES = script.SAMPLES + CLIENT
ANSWERS = {
    "no-samples": {"samples": 0, "loss_sum": 0},
    "no-samples-but-loss": {"samples": 0, "loss_sum": 1},
    "too-correct": {"samples": 5, "loss_sum": 1.0, "correct": 6},
    "negative": {"samples": 5, "loss_sum": -1.0},
    "nothing": {},
    "too-many": {"samples": 2**60, "loss_sum": 1.0},
}


def accuracy_of(number):
    """Rises by the round, so that a test knows when a target is reached."""
    return 0.5 if MODE == "flat" else number / 10


def misbehave():
    if MODE == "die":
        os._exit(3)
    if MODE == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            ctypes.PyDLL(None).sleep(3600)  # with the interpreter held
    if MODE == "loud":
        line = b"x" * 999_999 + b"\n"
        for _ in range(100):
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def evaluate(what):
    if MODE == "die-always":
        os._exit(3)
    if MODE == "raise":
        raise KeyError("no such column")
    if MODE in ANSWERS:
        what._federation._link.reply(what._request, {"client": 0, **ANSWERS[MODE]})
        what._finish()
        raise RuntimeError("it has answered already")
    if MODE == "children":
        child = subprocess.Popen(["sleep", "3600"], start_new_session=True)
        MARK.write_text(str(child.pid))
    if MARK is not None and not MARK.exists() and (MODE != "wait" or what.number == 3):
        MARK.touch()
        misbehave()
        while MODE == "wait" and not what.cancelled:
            time.sleep(0.01)  # for what the test does now
    print(f"tests round {what.number}")
    return {"loss": script.loss_of(what.arrays, CLIENT), "accuracy": accuracy_of(what.number)}


if __name__ == "__main__":
    if MODE == "nets":
        fedasio.evaluator(lambda what: {"loss": float(abs(what.arrays["1.dense.kernel"]).mean()) + 1, "accuracy": 0.5, "samples": 8})
    elif MODE == "loss-only":
        fedasio.evaluator(lambda what: {"loss": 0.01 * what.number, "samples": 8})
    elif MODE == "no-samples-named":
        fedasio.evaluator(lambda what: {"loss": 1.0})
    else:
        fedasio.evaluator(evaluate, samples=SAMPLES)
