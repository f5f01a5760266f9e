"""A convolutional network with BatchNorm on Fashion-MNIST in PyTorch: many clients in one process.

    python3 torch_fashion.py initial
    fedasio-master --plan torch_fashion.json --autostart --exit-when-done
    fedasio-worker --connect 127.0.0.1:7700 --threads 2 --trainer "python3 torch_fashion.py"

The plan's data.source says where the images are and how many a client has: it reaches load() whole.
"""

import gzip
import sys

import numpy as np
import torch
from torch import nn

import fedasio

torch.set_num_threads(1)


def network():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10),
    )  # fmt: skip


def read(path, head):
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), np.uint8, offset=head)


class Clients:
    """Each has the samples whose number leaves its own as the rest, of which every fifth is for tests."""

    def load(self, what):
        folder, each = what.source["folder"], what.source["samples_each"]
        images = read(f"{folder}/train-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28)
        labels = read(f"{folder}/train-labels-idx1-ubyte.gz", 8)
        self.data = {}
        for client in what.clients:
            own = slice(client, each * what.clients_total, what.clients_total)
            x = torch.from_numpy(images[own].astype(np.float32) / 255)
            y = torch.from_numpy(labels[own].astype(np.int64))
            held = torch.arange(len(x)) % 5 == 0
            self.data[client] = x[~held], y[~held], x[held], y[held]
        return {client: (len(one[0]), len(one[2])) for client, one in self.data.items()}

    def train(self, round):
        x, y, _, _ = self.data[round.client]
        model = network()
        model.load_state_dict(round.state_dict())
        model.train()
        optimizer = torch.optim.SGD(model.parameters(), round.local["learning_rate"], round.local["momentum"])
        generator = torch.Generator().manual_seed(round.seed)
        for _ in range(round.local["epochs"]):
            total = 0.0
            for some in torch.randperm(len(x), generator=generator).split(round.local["batch_size"]):
                if round.cancelled:
                    return
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(x[some]), y[some])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(some)
        round.submit(model.state_dict(), loss=total / len(x))

    def evaluate(self, what):
        _, _, x, y = self.data[what.client]
        model = network()
        model.load_state_dict(what.state_dict())
        model.eval()
        with torch.no_grad():
            outputs = model(x)
        right = (outputs.argmax(1) == y).float().mean().item()
        return {"loss": nn.functional.cross_entropy(outputs, y).item(), "accuracy": right}


if sys.argv[1:] == ["initial"]:
    torch.manual_seed(1)
    fedasio.save_arrays("initial.safetensors", network().state_dict())
else:
    clients = Clients()
    fedasio.serve(load=clients.load, train=clients.train, evaluate=clients.evaluate)
