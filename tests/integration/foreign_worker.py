"""What a worker in another language computes, written from docs/protocol.md alone: random streams, who gets which
samples, and training with dropout. Standard library only, and double where fedasio has float32."""

import math

PURPOSE = {"weights": 1, "partition": 2, "cohort": 3, "shuffle": 4, "dropout": 5, "holdout": 6}
WORD = 0xFFFFFFFF


def philox(key, counter):
    """One block of Philox4x32-10."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        p = c0 * 0xD2511F53
        q = c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (q >> 32) ^ c1 ^ k0, q & WORD, (p >> 32) ^ c3 ^ k1, p & WORD
        k0 = (k0 + 0x9E3779B9) & WORD
        k1 = (k1 + 0xBB67AE85) & WORD
    return c0, c1, c2, c3


class Stream:
    def __init__(self, seed, purpose, round_number=0, client=0):
        self.key = seed & WORD, seed >> 32
        self.name = PURPOSE[purpose], round_number, client
        self.block = 0
        self.numbers = []

    def next(self):
        if not self.numbers:
            self.numbers = list(philox(self.key, (self.block, *self.name)))
            self.block += 1
        return self.numbers.pop(0)

    def below(self, n):
        while True:
            product = self.next() * n
            low = product & WORD
            if not (low < n and low < (2**32 - n) % n):
                return product >> 32

    def shuffle(self, items):
        for i in range(len(items), 1, -1):
            other = self.below(i)
            items[i - 1], items[other] = items[other], items[i - 1]
        return items

    def uniform(self):
        high = self.next() >> 5
        low = self.next() >> 6
        return (high * 2**26 + low) * 2.0**-53

    def normal(self):
        u = self.uniform()
        v = self.uniform()
        return math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)

    def gamma(self, a):
        if a < 1:
            b = (1 - self.uniform()) ** (1 / a)
            return self.gamma(a + 1) * b
        d = a - 1 / 3
        c = 1 / math.sqrt(9 * d)
        while True:
            x = self.normal()
            v = (1 + c * x) ** 3
            if v > 0 and math.log(1 - self.uniform()) < x * x / 2 + d - d * v + d * math.log(v):
                return d * v


def deal_iid(classes, clients, stream, _):
    order = stream.shuffle(list(range(len(classes))))
    size, longer = divmod(len(order), clients)
    if size == 0:
        raise ValueError("more clients than samples")
    lists = []
    for client in range(clients):
        count = size + (client < longer)
        lists.append(order[:count])
        order = order[count:]
    return lists


def deal_shards(classes, clients, stream, partition):
    each = partition["shards_per_client"]
    shards = clients * each
    order = sorted(range(len(classes)), key=lambda i: (classes[i], i))
    q, r = divmod(len(order), shards)
    if q == 0:
        raise ValueError("more shards than samples")
    cut = []
    for shard in range(shards):
        count = q + (shard >= shards - r)
        cut.append(order[:count])
        order = order[count:]
    numbers = stream.shuffle(list(range(shards)))
    return [sum((cut[n] for n in numbers[c * each : (c + 1) * each]), []) for c in range(clients)]


def deal_dirichlet(classes, clients, stream, partition):
    lists = [[] for _ in range(clients)]
    for label in sorted(set(classes)):
        own = stream.shuffle([i for i in range(len(classes)) if classes[i] == label])
        draws = [stream.gamma(partition["alpha"]) for _ in range(clients)]
        total = 0.0
        for draw in draws:
            total += draw
        if total == 0:
            shares = [0.0] * clients
            shares[stream.below(clients)] = 1.0
        else:
            shares = [draw / total for draw in draws]
        left = len(own)
        counts, remainders = [], []
        for share in shares:
            x = share * len(own)
            counts.append(min(left, math.floor(x)))
            remainders.append(x - counts[-1])
            left -= counts[-1]
        order = sorted(range(clients), key=lambda c: (-remainders[c], c))
        for i in range(left):
            counts[order[i % clients]] += 1
        for client in range(clients):
            lists[client] += own[: counts[client]]
            own = own[counts[client] :]
    return lists


DEAL = {"iid": deal_iid, "shards": deal_shards, "dirichlet": deal_dirichlet}


def away_from_zero(x):
    return math.floor(x + 0.5)


def deal(load, classes):
    """For each client of the run, what it trains on and what it holds out."""
    seed, partition = load["seed"], load["partition"]
    stream = Stream(seed, "partition")
    lists = DEAL[partition["scheme"]](classes, load["clients_total"], stream, partition)
    result = []
    for client, samples in enumerate(lists):
        samples.sort()
        most = partition["samples_per_client"]
        if most and len(samples) > most:
            samples = sorted(Stream(seed, "partition", 1, client).shuffle(samples)[:most])
        held = max(0, min(away_from_zero(load["holdout"] * len(samples)), len(samples) - 1))
        positions = Stream(seed, "holdout", 0, client).shuffle(list(range(len(samples))))[:held]
        result.append(
            (
                [s for i, s in enumerate(samples) if i not in positions],
                [samples[i] for i in sorted(positions)],
            )
        )
    return result


class Network:
    """Dense layers and dropout on flat inputs, the last one a softmax with cross entropy."""

    def __init__(self, model, weights):
        self.layers = [layer for layer in model["network"]["layers"] if layer["type"] != "flatten"]
        self.local = model["local"]
        self.seed = model["seed"]
        self.weights = list(weights)
        self.places = []
        inputs = math.prod(model["network"]["input"])
        at = 0
        for layer in self.layers:
            units = layer.get("units", inputs)
            self.places.append((at, inputs, units))
            if layer["type"] == "dense":
                at += (inputs + 1) * units
            inputs = units
        assert at == len(self.weights)

    def factors(self, layer, values, stream):
        """What dropout multiplies the values of one step by."""
        rate = layer["rate"]
        threshold = away_from_zero(rate * 65536)
        bits = []
        for _ in range((values + 1) // 2):
            number = stream.next()
            bits += [number & 0xFFFF, number >> 16]
        return [0.0 if bit < threshold else 1 / (1 - rate) for bit in bits[:values]]

    def forward(self, samples, masks=None):
        """The values before and after each layer, and the factors of each dropout layer."""
        values, factors = [samples], []
        for layer, (at, inputs, units) in zip(self.layers, self.places):
            x = values[-1]
            drawn = None
            if layer["type"] == "dropout":
                if masks is not None:
                    flat = self.factors(layer, len(x) * inputs, masks)
                    drawn = [flat[i * inputs : (i + 1) * inputs] for i in range(len(x))]
                    y = [[a * b for a, b in zip(row, mask)] for row, mask in zip(x, drawn)]
                else:
                    y = x
            else:
                w, bias = self.weights, at + inputs * units
                y = [
                    [
                        w[bias + u] + sum(row[i] * w[at + i * units + u] for i in range(inputs) if row[i])
                        for u in range(units)
                    ]
                    for row in x
                ]
                if layer["activation"] == "tanh":
                    y = [[math.tanh(v) for v in row] for row in y]
                elif layer["activation"] == "softmax":
                    powers = [[math.exp(v - max(row)) for v in row] for row in y]
                    y = [[p / sum(row) for p in row] for row in powers]
            values.append(y)
            factors.append(drawn)
        return values, factors

    def step(self, samples, classes, masks, velocity):
        values, factors = self.forward(samples, masks)
        outputs = values[-1]
        loss = -sum(math.log(row[c]) for row, c in zip(outputs, classes))
        count = len(samples)
        gradient = [0.0] * len(self.weights)
        dy = [[(v - (u == c)) / count for u, v in enumerate(row)] for row, c in zip(outputs, classes)]
        for n in range(len(self.layers) - 1, -1, -1):
            layer, (at, inputs, units) = self.layers[n], self.places[n]
            x, y = values[n], values[n + 1]
            if layer["type"] == "dropout":
                dy = [[d * f for d, f in zip(row, mask)] for row, mask in zip(dy, factors[n])]
                continue
            if layer["activation"] == "tanh":
                dy = [[d * (1 - v * v) for d, v in zip(row, out)] for row, out in zip(dy, y)]
            for row, d in zip(x, dy):
                for u in range(units):
                    gradient[at + inputs * units + u] += d[u]
                    for i in range(inputs):
                        if row[i]:
                            gradient[at + i * units + u] += row[i] * d[u]
            w = self.weights
            dy = [[sum(d[u] * w[at + i * units + u] for u in range(units)) for i in range(inputs)] for d in dy]
        optimizer = self.local["optimizer"]
        for i, g in enumerate(gradient):
            velocity[i] = optimizer["momentum"] * velocity[i] + g
            self.weights[i] -= optimizer["learning_rate"] * velocity[i]
        return loss

    def train(self, data, classes, own, round_number, client):
        """The mean loss of the last epoch; the weights are then those that the client sends."""
        masks = Stream(self.seed, "dropout", round_number, client)
        shuffle = Stream(self.seed, "shuffle", round_number, client)
        velocity = [0.0] * len(self.weights)
        order = list(own)
        size = self.local["batch_size"]
        for _ in range(self.local["epochs"]):
            shuffle.shuffle(order)
            loss = 0.0
            for begin in range(0, len(order), size):
                batch = order[begin : begin + size]
                loss += self.step([data[i] for i in batch], [classes[i] for i in batch], masks, velocity)
        return loss / len(order)

    def loss_sum(self, data, classes, own):
        if not own:
            return 0.0
        outputs = self.forward([data[i] for i in own])[0][-1]
        return -sum(math.log(row[classes[i]]) for row, i in zip(outputs, own))
