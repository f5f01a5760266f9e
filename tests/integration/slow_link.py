"""A proxy that paces what it passes on, as a thin line does."""

import socket
import threading
import time


class SlowLink:
    """Stands between workers and the master at `target`. `down` and `up` are bytes a second to and from the
    workers; None: as fast as it goes. While `held` is set, nothing goes down at all."""

    def __init__(self, target, down=None, up=None):
        self.target = target
        self.rates = {"down": down, "up": up}
        self.passed = {"down": 0, "up": 0}
        self.held = threading.Event()
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.sockets = []
        self.threads[0].start()

    def _accept(self):
        while not self.over.is_set():
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket()
            # What waits for the line is to wait at the master.
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            far.connect(self.target)
            self.sockets += [near, far]
            for source, sink, way in (far, near, "down"), (near, far, "up"):
                self.threads.append(threading.Thread(target=self._pass, args=(source, sink, way), daemon=True))
                self.threads[-1].start()

    def _pass(self, source, sink, way):
        try:
            while not self.over.is_set():
                while way == "down" and self.held.is_set() and not self.over.is_set():
                    time.sleep(0.01)
                rate = self.rates[way]
                data = source.recv(65536 if rate is None else max(1, rate // 50))
                if not data:
                    break
                sink.sendall(data)
                self.passed[way] += len(data)
                if self.rates[way] is not None:
                    time.sleep(len(data) / self.rates[way])
        except OSError:
            pass
        for end in source, sink:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.over.set()
        self.listener.close()
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads[1:]:
            thread.join(30)
        for end in self.sockets:
            end.close()
