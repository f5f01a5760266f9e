"""A script as the evaluator of a master: it tests each global model on data that it has by itself."""

from __future__ import annotations

import collections.abc
import os
import sys
import traceback
from typing import Any, Dict, Mapping, Optional

from ._errors import Misuse
from ._trainer import Counts, EvaluateFunction, Evaluation, Federation, Load, _whole, adopt_inherited


class _Examination(Federation):
    """The conversation with a master that asks for tests only."""

    _peer = "master"

    def _run_evaluation(self, task: Evaluation) -> None:
        try:
            super()._run_evaluation(task)
        except Exception:
            traceback.print_exc()  # the master has the reason, and its round goes on without a test


def _refuse_data(what: Load) -> Mapping[int, Counts]:
    raise Misuse(
        "this script is an evaluator, and trains nobody: a master starts it, by fedasio-master --evaluator; the script "
        "of a worker calls fedasio.connect() or fedasio.serve()"
    )


def evaluator(evaluate: EvaluateFunction, *, samples: Optional[int] = None) -> None:
    """Tests the global model after each round, until the master ends. A script that calls it is started by
    `fedasio-master --evaluator "python3 evaluate.py"`, again when it has ended, and is ended with the master.

    `evaluate` is called with an Evaluation (`state_dict()` or `arrays`, and `number`, that of the round) and returns
    {"loss": mean, "accuracy": share}; the accuracy may be left out. `samples` says over how many samples, unless
    `evaluate` returns "samples" too. One that raises costs the round its test: people are told why, and the next
    model is tested again."""
    if samples is not None:
        samples = _whole("samples", samples, 1)
    wire = adopt_inherited()
    if wire is None:
        raise Misuse(
            "this script is an evaluator, which a master starts, and there is none: run fedasio-master --plan plan.json "
            f'--evaluator "python3 {os.path.basename(sys.argv[0]) or "evaluate.py"}". To try it by hand, call your own '
            "function with the arrays of fedasio.load_model()"
        )

    def answer(what: Evaluation) -> Mapping[str, Any]:
        found = evaluate(what)
        if not isinstance(found, collections.abc.Mapping) or found.get("samples") is not None:
            return found
        if samples is None:
            raise Misuse(
                'over how many samples is that mean? fedasio.evaluator(..., samples=len(data)), or return "samples" too'
            )
        whole: Dict[str, Any] = {**found, "samples": samples}
        return whole

    with _Examination(wire, _refuse_data, answer, load_here=False) as examination:
        for round in examination.rounds():
            round.fail("this script is an evaluator, and trains nobody")
