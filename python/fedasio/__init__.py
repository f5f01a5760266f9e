"""Federated learning with a training script of your own.

    import fedasio

    with fedasio.connect("master:7700", key="federation.key", samples=len(data)) as federation:
        for round in federation.rounds():
            model.load_state_dict(round.state_dict())
            loss = train(model, data, lr=round.local["learning_rate"], seed=round.seed)
            round.submit(model.state_dict(), loss=loss)

docs/python.md of the project tells the whole.
"""

from ._arrays import Layout, load_model, save_arrays
from ._errors import Diverged, FederationError, Misuse
from ._evaluator import evaluator
from ._master import Master
from ._runs import Run, read_run
from ._trainer import Evaluation, Federation, Load, Round, connect, serve

__all__ = [
    "Diverged",
    "Evaluation",
    "Federation",
    "FederationError",
    "Layout",
    "Load",
    "Master",
    "Misuse",
    "Round",
    "Run",
    "connect",
    "evaluator",
    "load_model",
    "read_run",
    "save_arrays",
    "serve",
]
__version__ = "0.1.0"
