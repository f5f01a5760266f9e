#!/usr/bin/env python3
"""What a master makes of the stress network of the field: 8 inputs and 100 hidden layers, with learners that answer at once.

The learners (bench/round_swarm.cpp) give back the weights that they got, as training with a learning rate of 0 does, and hold nothing out. Medians of ten
rounds after the first. `dispatch`: until the first learner has the weights; `collecting`: until the last update is added; `step`: the new weights.
No Python packages are needed.

    bench/stress.py [--bin build/release/bin] [--units 32,100,320] [--learners 10,50,100,200] [--rounds 10]
"""

import argparse
import pathlib
import resource
import statistics
import tempfile

import round as bench

INPUTS = 8
HIDDEN = 100
CLASSES = 2  # an output more than the field's, which learns a number


def model_of(units):
    layers = [{"type": "flatten"}]
    layers += [{"type": "dense", "units": units, "activation": "relu"}] * HIDDEN
    layers += [{"type": "dense", "units": CLASSES, "activation": "softmax"}]
    return {"input": [1, INPUTS], "layers": layers}


def parameters_of(units):
    sizes = [INPUTS] + [units] * HIDDEN + [CLASSES]
    return sum((before + 1) * after for before, after in zip(sizes, sizes[1:]))


def measure(asked, units, learners):
    with tempfile.TemporaryDirectory(prefix="fedasio-stress-") as name:
        folder = pathlib.Path(name)
        plan = bench.plan(folder, learners, learners, model_of(units))
        side = bench.Fedasio(asked.bin / "fedasio-master", asked.bin, folder, learners, plan)
        try:
            seconds, cost = side.turn(asked.rounds)
            def of(*phases):
                return 1e3 * statistics.median(sum(one["seconds"][phase] for phase in phases) for one in side.last)
            print(
                f"| {parameters_of(units):,} | {learners} | {of('distributing_weights'):.1f} | {of('training'):.1f} | {of('aggregating'):.1f} | "
                f"{of('evaluating'):.1f} | {1e3 * statistics.median(seconds):.1f} | {1e3 * cost:.0f} | {bench.most_megabytes(side.server.pid):.0f} |",
                flush=True,
            )
        finally:
            side.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=bench.ROOT / "build" / "release" / "bin", type=pathlib.Path)
    parser.add_argument("--units", default="32,100,320", help="of a hidden layer")
    parser.add_argument("--learners", default="10,50,100,200")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    print("| parameters | learners | dispatch, ms | collecting, ms | step, ms | evaluation, ms | round, ms | master, CPU ms | most memory, MB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for units in asked.units.split(","):
        for learners in asked.learners.split(","):
            measure(asked, int(units), int(learners))


if __name__ == "__main__":
    main()
