"""A trainer in PyTorch that does what the built-in network does, batch by batch: the plan's dense network on the small
images of the tests."""

import math
import pathlib
import sys

import foreign_worker
import numpy as np
import torch

import fedasio

FOLDER = pathlib.Path(sys.argv[1])
torch.set_num_threads(1)


class Twin:
    def load(self, what):
        images = np.frombuffer((FOLDER / "train-images").read_bytes(), np.uint8, offset=16).reshape(-1, 64)
        labels = np.frombuffer((FOLDER / "train-labels").read_bytes(), np.uint8, offset=8)
        self.x = torch.from_numpy(images.astype(np.float32) / 255)
        self.y = torch.from_numpy(labels.astype(np.int64))
        self.seed = what.seed
        told = {
            "seed": what.seed,
            "partition": what.partition,
            "holdout": what.holdout,
            "clients_total": what.clients_total,
        }
        self.own = foreign_worker.deal(told, labels.tolist())
        return {client: (len(self.own[client][0]), len(self.own[client][1])) for client in what.clients}

    def train(self, round):
        arrays = {name: torch.tensor(value, requires_grad=True) for name, value in round.arrays.items()}
        optimizer = torch.optim.SGD(arrays.values(), round.local["learning_rate"])
        stream = foreign_worker.Stream(self.seed, "shuffle", round.number, round.client)
        order = list(self.own[round.client][0])
        size = round.local["batch_size"]
        for _ in range(round.local["epochs"]):
            stream.shuffle(order)
            total = 0.0
            for first in range(0, len(order), size):
                some = order[first : first + size]
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(self.outputs(arrays, self.x[some]), self.y[some])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(some)
        round.submit(arrays, loss=total / len(order))

    def evaluate(self, what):
        held = self.own[what.client][1]
        arrays = {name: torch.tensor(value) for name, value in what.arrays.items()}
        outputs = self.outputs(arrays, self.x[held])
        loss = torch.nn.functional.cross_entropy(outputs, self.y[held]).item()
        assert math.isfinite(loss)
        return {"loss": loss, "accuracy": (outputs.argmax(1) == self.y[held]).float().mean().item()}

    def outputs(self, arrays, x):
        hidden = torch.relu(x @ arrays["1.dense.kernel"] + arrays["1.dense.bias"])
        return hidden @ arrays["2.dense.kernel"] + arrays["2.dense.bias"]


twin = Twin()
fedasio.serve(load=twin.load, train=twin.train, evaluate=twin.evaluate)
