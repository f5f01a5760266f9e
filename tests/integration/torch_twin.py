"""A trainer in PyTorch that does what the built-in network does, batch by batch: the plan's dense network on the images that
data.source names."""

import gzip
import math
import pathlib

import foreign_worker
import numpy as np
import torch

import fedasio

torch.set_num_threads(1)


def read(path, head):
    content = pathlib.Path(path).read_bytes()
    return np.frombuffer(gzip.decompress(content) if path.endswith(".gz") else content, np.uint8, offset=head)


class Twin:
    def load(self, what):
        labels = read(what.source["labels"], 8)
        images = read(what.source["images"], 16).reshape(len(labels), -1)
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
        layers = len(arrays) // 2
        for number in range(1, layers + 1):
            x = x @ arrays[f"{number}.dense.kernel"] + arrays[f"{number}.dense.bias"]
            x = torch.relu(x) if number < layers else x
        return x


twin = Twin()
fedasio.serve(load=twin.load, train=twin.train, evaluate=twin.evaluate)
