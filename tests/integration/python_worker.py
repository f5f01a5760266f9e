"""A worker in Python: what it takes to join a federation without any of the project's code.

    python3 python_worker.py --connect 127.0.0.1:7700 --name snake

Its "training" adds a little noise to the weights, so it learns nothing; it shows the protocol.
"""

import argparse
import array
import pathlib
import random

import frames


class PythonWorker:
    def __init__(self, address, name, samples=50, key=None):
        self.peer = frames.Peer(address)
        if key is not None:
            self.peer.prove(key)
        self.samples = samples
        self.weights = b""
        self.noise = random.Random(name)
        self.trained = 0
        self.asked = []
        self.run_over = None
        hello = {"name": name, "clients": 0, "threads": 1, "version": "python", "instruction_set": ""}
        self.peer.send(frames.HELLO, hello, correlation=1)
        self.welcome = self.peer.read()
        if self.welcome is None or self.welcome.flags & frames.REFUSAL:
            raise ConnectionError(f"not welcome: {self.welcome and self.welcome.meta}")
        self.answers = {
            frames.PING: self.pong,
            frames.SURVEY: self.survey,
            frames.LOAD: self.load,
            frames.MODEL: self.model,
            frames.WEIGHTS: self.take_weights,
            frames.TRAIN: self.train,
            frames.EVALUATE: self.evaluate,
            frames.CANCEL: self.cancel,
        }

    def serve(self):
        """Answers until the master closes; True if it said that the run is over."""
        while True:
            request = self.peer.read()
            if request is None:
                return self.run_over is not None
            if request.kind == frames.RUN_OVER:
                self.run_over = request.meta["reason"]
            elif request.kind == frames.BYE:
                self.peer.hang_up()
            elif request.kind in self.answers:
                self.asked.append(request.kind)
                self.answers[request.kind](request)

    def pong(self, request):
        self.peer.send(frames.PONG, correlation=request.correlation)

    def survey(self, request):
        self.peer.refuse(request, "data", "this worker has no table")

    def load(self, request):
        counts = [
            {"client": client, "samples": self.samples, "held_out": 10} for client in request.meta["clients"]
        ]
        self.peer.reply(request, {"clients": counts})

    def model(self, request):
        self.peer.reply(request, {"parameters": request.meta["parameters"]})

    def take_weights(self, request):
        self.weights = request.body
        self.peer.reply(request, {"version": request.meta["version"]})

    def update(self, request):
        """What a client says of its training, and the weights that came of it."""
        values = array.array("f", self.weights)
        for index, value in enumerate(values):
            values[index] = value + self.noise.gauss(0, 1e-4)
        meta = {key: request.meta[key] for key in ("round", "client")}
        meta.update(samples=self.samples, loss=1.0, accuracy=0.25, seconds=0.001)
        return meta, values.tobytes()

    def train(self, request):
        meta, body = self.update(request)
        self.peer.reply(request, meta, body)
        self.trained += 1

    def evaluate(self, request):
        result = {"client": request.meta["client"], "samples": 10, "loss_sum": 10.0, "correct": 5}
        self.peer.reply(request, result)

    def cancel(self, request):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connect", required=True, metavar="HOST:PORT")
    parser.add_argument("--name", default="python")
    parser.add_argument("--key-file", type=pathlib.Path)
    options = parser.parse_args()
    key = bytes.fromhex(options.key_file.read_text()) if options.key_file else None
    host, _, port = options.connect.rpartition(":")
    worker = PythonWorker((host, int(port)), options.name, key=key)
    over = worker.serve()
    print(f"trained {worker.trained} times; run over: {worker.run_over}")
    return 0 if over else 1


if __name__ == "__main__":
    raise SystemExit(main())
