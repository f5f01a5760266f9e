"""An HTTP proxy that knows CONNECT only, from the standard library alone."""

import socket
import threading


class ConnectProxy:
    """Opens connections to the places of `routes`, names to addresses, or answers with `status`."""

    def __init__(self, routes=(), authorization=None, status=None, answer=None, is_silent=False):
        self.routes = dict(routes)
        self.authorization = authorization
        self.status = status
        self.answer = answer
        self.is_silent = is_silent
        self.asked = []
        self.relayed = b""
        self._sockets = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        for wire in [self._listening, *self._sockets]:
            try:
                wire.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            wire.close()

    def _serve(self):
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            self._sockets.append(near)
            threading.Thread(target=self._serve_one, args=(near,), daemon=True).start()

    def _serve_one(self, near):
        head = b""
        try:
            while b"\r\n\r\n" not in head:
                more = near.recv(4096)
                if not more:
                    return
                head += more
        except OSError:
            return
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        self.asked.append((lines[0], headers))
        if self.is_silent:
            return
        if self.answer is not None:
            near.sendall(self.answer)
            near.close()
            return
        place = lines[0].split()[1]
        status = self.status or (200 if place in self.routes else 502)
        if self.authorization and headers.get("Proxy-Authorization") != self.authorization:
            status = 407
        if status != 200:
            near.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nNo".encode())
            near.close()
            return
        far = socket.create_connection(self.routes[place])
        self._sockets.append(far)
        near.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
        threading.Thread(target=self._relay, args=(near, far), daemon=True).start()
        self._relay(far, near)

    def _relay(self, source, target):
        try:
            while data := source.recv(65536):
                self.relayed += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
