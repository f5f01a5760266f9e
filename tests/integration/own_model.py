"""Federations whose model is a trainer's own: trainer_script.py's least squares."""

import os

import trainer_script as script
from federation import Federation
from programs import REPOSITORY

import fedasio

ENVIRONMENT = {"PYTHONPATH": str(REPOSITORY / "python"), "PYTHONDONTWRITEBYTECODE": "1"}


class OwnModel(Federation):
    DATA = {"source": {"type": "trainer"}}

    def setUp(self):
        super().setUp()
        fedasio.save_arrays(self.folder / "initial.safetensors", script.initial())
        os.environ.update(ENVIRONMENT)

    def plan_of_arrays(self, **changes):
        plan = {
            "name": "own",
            "seed": 3,
            "model": {"arrays": "initial.safetensors"},
            "data": self.DATA,
            "clients": 3,
            "local": {"optimizer": {"type": "sgd", "learning_rate": 0.01}},
            "rounds": 3,
            "checkpoint_every": 1,
        }
        plan.update(changes)
        return plan
