"""A worker without fedasio-worker and without the package: docs/protocol.md in 100 lines. It trains the softmax
regression of numpy_penguins.py on one table, and may take part beside it.

    python3 foreign_worker.py HOST:PORT NAME TABLE.csv
"""

import csv
import json
import socket
import struct
import sys
import threading

import numpy as np

HEADER = struct.Struct("<4sBBHQIII")  # and the head's checksum after it
PING, PONG, BYE, HELLO, LOAD, MODEL, WEIGHTS, TRAIN = 1, 2, 3, 16, 18, 19, 20, 21
TABLE = [(i >> 1) ^ (0x82F63B78 if i & 1 else 0) for i in range(256)]
for _ in range(7):
    TABLE = [(n >> 1) ^ (0x82F63B78 if n & 1 else 0) for n in TABLE]
SPECIES = ["Adelie", "Chinstrap", "Gentoo"]
COLUMNS = {"bill_length_mm": (44, 5.5), "bill_depth_mm": (17, 2), "flipper_length_mm": (200, 14), "body_mass_g": (4200, 800)}


def crc32c(data, before=0):
    value = before ^ 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


class Worker:
    def __init__(self, address, name, table):
        host, _, port = address.rpartition(":")
        self.wire = socket.create_connection((host, int(port)))
        self.sending = threading.Lock()
        with open(table, newline="") as file:
            rows = [row for row in csv.DictReader(file) if all(row[key] not in ("", "NA") for key in COLUMNS)]
        self.x = np.array([[(float(row[k]) - m) / d for k, (m, d) in COLUMNS.items()] for row in rows], np.float32)
        self.y = np.array([SPECIES.index(row["species"]) for row in rows])
        self.send(HELLO, {"name": name}, number=1)

    def send(self, kind, meta=None, body=b"", number=0, flags=0):
        text = json.dumps(meta).encode() if meta else b""
        head = HEADER.pack(b"FDIO", 1, flags, kind, number, len(text), len(body), crc32c(body))
        with self.sending:  # pongs come from the reading thread
            self.wire.sendall(head + struct.pack("<I", crc32c(text, crc32c(head))) + text + body)

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.wire.recv(count - len(data))
            if not part:
                raise ConnectionError("the master has gone")
            data += part
        return data

    def read(self):
        head = self.exactly(32)
        _, _, flags, kind, number, text_size, body_size, body_sum = HEADER.unpack(head[:28])
        text, body = self.exactly(text_size), self.exactly(body_size)
        assert crc32c(text, crc32c(head[:28])) == struct.unpack("<I", head[28:])[0] and crc32c(body) == body_sum
        return kind, flags, number, json.loads(text or b"{}"), body

    def train(self, weights, seed):
        kernel, bias = weights[:12].reshape(4, 3).copy(), weights[12:].copy()  # as `arrays` in `model` lists them
        rng, local = np.random.default_rng(seed), self.model["local"]
        for _ in range(local["epochs"]):
            order = rng.permutation(len(self.x))
            for some in np.split(order, range(local["batch_size"], len(order), local["batch_size"])):
                scores = np.exp(self.x[some] @ kernel + bias)
                wrong = scores / scores.sum(1, keepdims=True) - np.eye(3)[self.y[some]]
                kernel -= local["optimizer"]["learning_rate"] * self.x[some].T @ wrong / len(some)
                bias -= local["optimizer"]["learning_rate"] * wrong.mean(0)
        scores = np.exp(self.x @ kernel + bias)
        loss = -np.log((scores / scores.sum(1, keepdims=True))[np.arange(len(self.y)), self.y]).mean()
        return np.concatenate([kernel.ravel(), bias]).astype("<f4").tobytes(), float(loss)

    def answer(self, kind, number, meta):
        """In a thread of its own, so that pings are answered while it trains."""
        body, loss = self.train(self.weights, [meta["round"], meta["client"]])
        told = {"round": meta["round"], "client": meta["client"], "samples": len(self.x), "loss": loss}
        self.send(kind, told, body, number, 1)

    def serve(self):
        while True:
            kind, flags, number, meta, body = self.read()
            if kind == PING:
                self.send(PONG, number=number)
            elif kind == LOAD:
                told = [{"client": client, "samples": len(self.x), "held_out": 0} for client in meta["clients"]]
                self.send(kind, {"clients": told}, number=number, flags=1)
            elif kind == MODEL:
                self.model = meta
                self.send(kind, {"parameters": meta["parameters"]}, number=number, flags=1)
            elif kind == WEIGHTS:
                self.weights = np.frombuffer(body, "<f4")
                self.send(kind, {"version": meta["version"]}, number=number, flags=1)
            elif kind == TRAIN:
                threading.Thread(target=self.answer, args=(kind, number, meta)).start()
            elif kind == BYE:
                return


Worker(*sys.argv[1:4]).serve()
