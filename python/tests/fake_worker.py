"""The worker's side of a trainer's socket, for tests without one."""

import contextlib
import os
import socket

import numpy as np

from fedasio import _link as link
from fedasio import _trainer as trainer

LOCAL = {
    "epochs": 2,
    "batch_size": 8,
    "optimizer": {"type": "sgd", "learning_rate": 0.5, "momentum": 0, "weight_decay": 0, "proximal": 0},
}


class FakeWorker:
    """Asks a trainer what a worker asks, one request at a time."""

    def __init__(self):
        self.own, theirs = socket.socketpair()
        self.own.settimeout(60)
        os.environ[trainer.DESCRIPTOR] = str(theirs.detach())
        self.link = link.Link(self.own)
        self.own.settimeout(60)
        self._next = 0

    def greet(self):
        hello = self.link.read()
        assert hello.kind == link.HELLO and hello.is_request
        self.link.reply(hello, {"worker": 0, "plan": ""})

    def ask(self, kind, meta, body=None):
        self._next += 1
        self.link.send(kind, meta, body, self._next)
        return self._next

    def answer(self):
        return self.link.read()

    def tell(self, arrays, weights, clients=(0,), **more):
        """Data, model and weights; gives the reply to load."""
        self.ask(
            link.LOAD,
            {
                "seed": 1,
                "source": {"type": "trainer", "folder": "here"},
                "partition": {"scheme": "local"},
                "holdout": 0.25,
                "clients_total": len(clients),
                "clients": list(clients),
                **more,
            },
        )
        loaded = self.answer()
        if "code" in loaded.meta:  # refused: the trainer may have gone
            return loaded
        self.tell_model(arrays, weights)
        return loaded

    def tell_model(self, arrays, weights):
        """Model and weights, which is all that an evaluator is told."""
        self.ask(link.MODEL, {"seed": 1, "arrays": arrays, "local": LOCAL, "parameters": len(weights)})
        self.answer()
        self.ask(link.WEIGHTS, {"version": 1}, np.asarray(weights, np.float32))
        self.answer()

    def train(self, number=1, client=0, own=None):
        """`own`: what the client has of the arrays that stay there."""
        meta = {"round": number, "client": client, "version": 1, "local": LOCAL, "seed": 12345}
        return self.ask(link.TRAIN, meta, None if own is None else np.asarray(own, np.float32))

    def end(self):
        with contextlib.suppress(OSError):
            self.link.send(link.RUN_OVER, {"reason": "the training is done"})
            self.link.send(link.BYE, {"reason": "done"})

    def vanish(self):
        self.link.hang_up()
        self.own.close()
