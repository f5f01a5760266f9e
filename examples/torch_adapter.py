"""Only an adapter travels: a frozen network of two layers, and a low-rank correction of its weights (after Hu et al., "LoRA", 2021).

    python3 torch_adapter.py initial
    fedasio-master --plan torch_adapter.json --autostart --exit-when-done
    fedasio-worker --connect 127.0.0.1:7700 --trainer "python3 torch_adapter.py"

Each client has the frozen network already: here it is made from a seed, elsewhere it is a file that all have.
"""

import sys

import torch
from torch import nn

import fedasio

torch.set_num_threads(1)
RANK = 2


class Adapted(nn.Module):
    """y = x W + x A B, of which only A and B are trained; B is 0 at first."""

    def __init__(self, frozen):
        super().__init__()
        self.frozen = frozen.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(frozen.in_features, RANK) / RANK)
        self.b = nn.Parameter(torch.zeros(RANK, frozen.out_features))

    def forward(self, x):
        return self.frozen(x) + x @ self.a @ self.b


def network():
    torch.manual_seed(7)
    return nn.Sequential(Adapted(nn.Linear(8, 32)), nn.Tanh(), Adapted(nn.Linear(32, 1)))


def adapter_of(model):
    """What travels, in bfloat16."""
    return {name: value.bfloat16() for name, value in model.state_dict().items() if "frozen" not in name}


def data_of(client):
    generator = torch.Generator().manual_seed(client)
    x = torch.randn(64, 8, generator=generator)
    return x, x[:, :1] * x[:, 1:2] + x[:, 2:3]


def train(round):
    x, y = data_of(round.client)
    model = network()
    model.load_state_dict(round.state_dict(), strict=False)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], round.local["learning_rate"])
    generator = torch.Generator().manual_seed(round.seed)
    for _ in range(round.local["epochs"]):
        for some in torch.randperm(len(x), generator=generator).split(round.local["batch_size"]):
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x[some]), y[some]).backward()
            optimizer.step()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(x), y).item()
    round.submit(adapter_of(model), loss=loss)


if sys.argv[1:] == ["initial"]:
    fedasio.save_arrays("initial.safetensors", adapter_of(network()))
else:
    fedasio.serve(load=lambda what: {client: 64 for client in what.clients}, train=train)
