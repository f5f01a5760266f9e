"""docs/protocol.md suffices to deal samples and to draw dropout as fedasio-worker does: the arithmetic of
foreign_worker.py, written from that page alone, against the real program."""

import array
import math
import pathlib
import random
import re
import struct

import frames
from federation import Federation
from foreign_worker import Network, Stream, deal
from native_worker import NativeWorker, listen
from programs import BIN

SEED = 0xFEDCBA9876543210
SIDE = 8
SAMPLES = SIDE * SIDE  # each lights a pixel of its own, so an update tells which samples it is made of
CLASSES = [0] * 30 + [1] * 3 + [2] * 31


class FromTheDocumentAlone(Federation):
    def setUp(self):
        super().setUp()
        order = list(range(SAMPLES))
        random.Random(1).shuffle(order)
        self.classes = [CLASSES[i] for i in order]
        self.data = [[float(pixel == i) for pixel in range(SAMPLES)] for i in range(SAMPLES)]
        images = self.folder / "images"
        labels = self.folder / "labels"
        pixels = b"".join(bytes(255 * int(v) for v in row) for row in self.data)
        images.write_bytes(struct.pack(">IIII", 0x803, SAMPLES, SIDE, SIDE) + pixels)
        labels.write_bytes(struct.pack(">II", 0x801, SAMPLES) + bytes(self.classes))
        self.source = {"type": "idx", "train_images": str(images), "train_labels": str(labels)}
        listener, address = listen(self)
        self.process = self.program(BIN / "fedasio-worker", "--connect", address, "--name", "native")
        self.native = NativeWorker(listener)
        self.addCleanup(self.native.close)
        self.model = {
            "seed": SEED,
            "network": {
                "input": [SIDE, SIDE, 1],
                "loss": "cross_entropy",
                "layers": [
                    {"type": "flatten"},
                    {"type": "dense", "units": 5, "activation": "tanh", "initializer": "glorot"},
                    {"type": "dropout", "rate": 0.3},
                    {"type": "dense", "units": 3, "activation": "linear", "initializer": "glorot"},
                    {"type": "dropout", "rate": 0.125},
                    {"type": "dense", "units": 3, "activation": "softmax", "initializer": "glorot"},
                ],
            },
            "local": {
                "epochs": 2,
                "batch_size": 7,
                "optimizer": {
                    "type": "sgd",
                    "learning_rate": 0.25,
                    "momentum": 0.5,
                    "weight_decay": 0,
                    "proximal": 0,
                },
            },
            "parameters": (SAMPLES + 1) * 5 + 6 * 3 + 4 * 3,
        }
        noise = random.Random(2)
        self.weights = array.array("f", (noise.gauss(0, 0.5) for _ in range(self.model["parameters"])))

    def load(self, partition, clients, holdout):
        meta = {
            "seed": SEED,
            "source": self.source,
            "partition": {"samples_per_client": 0, **partition},
            "holdout": holdout,
            "clients_total": clients,
            "clients": list(range(clients)),
            "label_counts": True,
        }
        return meta, self.native.ask(frames.LOAD, meta)

    def check(self, partition, clients=5, holdout=0.2):
        meta, loaded = self.load(partition, clients, holdout)
        self.assertFalse(loaded.flags & frames.REFUSAL, loaded.meta)
        self.native.ask(frames.MODEL, self.model)
        self.native.ask(frames.WEIGHTS, {"version": 1}, self.weights.tobytes())
        for client, (own, held_out) in enumerate(deal(meta, self.classes)):
            with self.subTest(partition=partition, client=client):
                told = loaded.meta["clients"][client]
                labels = [sum(self.classes[i] == c for i in own) for c in range(3)]
                self.assertEqual(
                    (told["samples"], told["held_out"], told.get("labels", labels)),
                    (len(own), len(held_out), labels),
                )
                if own:
                    self.check_training(client, own)
                if held_out:
                    self.check_evaluation(client, held_out)

    def check_training(self, client, own):
        request = {"round": 3, "client": client, "version": 1}
        update = self.native.ask(frames.TRAIN, request)
        self.assertFalse(update.flags & frames.REFUSAL, update.meta)
        native = array.array("f", update.body)
        # The rows of the first kernel that have changed are the samples that were trained on.
        changed = [i for i in range(SAMPLES) if native[5 * i : 5 * i + 5] != self.weights[5 * i : 5 * i + 5]]
        self.assertEqual(changed, own)
        network = Network(self.model, self.weights)
        loss = network.train(self.data, self.classes, own, 3, client)
        self.assertAlmostEqual(update.meta["loss"], loss, delta=1e-4)
        worst = max(abs(a - b) for a, b in zip(native, network.weights))
        self.assertLess(worst, 1e-4)

    def check_evaluation(self, client, held_out):
        told = self.native.ask(frames.EVALUATE, {"round": 3, "client": client, "version": 1})
        self.assertEqual(told.meta["samples"], len(held_out))
        loss = Network(self.model, self.weights).loss_sum(self.data, self.classes, held_out)
        self.assertAlmostEqual(told.meta["loss_sum"], loss, delta=1e-4)

    def test_every_scheme_to_the_sample(self):
        self.check({"scheme": "iid"})
        self.check({"scheme": "iid", "samples_per_client": 4}, holdout=0.5)
        self.check({"scheme": "shards", "shards_per_client": 3})
        self.check({"scheme": "shards", "shards_per_client": 4, "samples_per_client": 9}, clients=4)
        self.check({"scheme": "dirichlet", "alpha": 0.3})
        self.check({"scheme": "dirichlet", "alpha": 0.001})
        self.check({"scheme": "dirichlet", "alpha": 2.5}, clients=3, holdout=0)

    def test_more_clients_than_samples(self):
        for partition in ({"scheme": "iid"}, {"scheme": "shards", "shards_per_client": 1}):
            _, refused = self.load(partition, SAMPLES + 1, 0)
            self.assertTrue(refused.flags & frames.REFUSAL)
            self.assertEqual(refused.meta["code"], "data")

    def test_the_vectors_of_the_document(self):
        page = pathlib.Path(__file__, "../../../docs/protocol.md").resolve().read_text()
        stream = Stream(1, "partition")
        first = " ".join(f"{stream.next():08x}" for _ in range(4))
        shuffled = " ".join(map(str, Stream(1, "partition").shuffle(list(range(10)))))
        self.assertIn(f"begins `{first}` and shuffles 0 … 9 to {shuffled}", " ".join(page.split()))
        stream = Stream(1, "partition")
        numbers = [stream.normal(), stream.normal(), Stream(1, "partition").gamma(0.5)]
        vectors = re.search(r"two \*normal\* .*? are (\S+) and (\S+), .*? is\s+(\S+)\.\n", page, re.S)
        for number, text in zip(numbers, vectors.groups()):
            self.assertTrue(math.isclose(number, float(text), rel_tol=1e-12), (number, text))
