"""A real worker process, seen by a master that is a test."""

import socket

import frames


def listen(test):
    """A listening socket that is closed after the test, and its address as HOST:PORT."""
    listener = socket.create_server(("127.0.0.1", 0))
    test.addCleanup(listener.close)
    return listener, "{}:{}".format(*listener.getsockname())


class NativeWorker(frames.Peer):
    """The next connection that a worker makes, welcomed."""

    def __init__(self, listener):
        self.socket, _ = listener.accept()
        self.socket.settimeout(90)
        self.asked = 0
        hello = self.read_request()
        assert hello.kind == frames.HELLO
        self.reply(hello, {"worker": 1, "plan": "foreign"})

    def read_request(self):
        while True:
            frame = self.read()
            assert frame is not None, "the worker is gone"
            if frame.kind == frames.PING:
                self.send(frames.PONG, correlation=frame.correlation)
            elif frame.kind not in (frames.PONG, frames.MEASUREMENTS):
                return frame

    def ask(self, kind, meta, body=b""):
        self.asked += 1
        self.send(kind, meta, body, correlation=self.asked)
        reply = self.read_request()
        assert reply.kind == kind and reply.correlation == self.asked
        return reply
