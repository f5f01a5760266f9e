"""A reader of the event stream, from RFC 6455 and the standard library alone."""

import base64
import json
import os
import socket
import struct
from urllib.parse import urlsplit


class StreamReader:
    def __init__(self, dashboard, query="", receive_buffer=0):
        where = urlsplit(dashboard)
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(90)
        self.socket.connect((where.hostname, where.port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                f"GET /api/v1/stream{query} HTTP/1.1\r\nHost: {where.netloc}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        self.data = b""
        while b"\r\n\r\n" not in self.data:
            self.data += self.socket.recv(4096)
        head, self.data = self.data.split(b"\r\n\r\n", 1)
        assert b" 101 " in head, head

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def _take(self, size):
        while len(self.data) < size:
            got = self.socket.recv(1 << 16)
            if not got:
                raise EOFError
            self.data += got
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def next(self):
        """The next message, without those that keep the connection alive; EOFError at the end."""
        text = b""
        while True:
            first, length = self._take(2)
            if length == 126:
                (length,) = struct.unpack(">H", self._take(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._take(8))
            content = self._take(length)
            opcode = first & 15
            if opcode == 8:
                raise EOFError
            if opcode == 9:
                mask = os.urandom(4)
                self.socket.sendall(bytes([0x8A, 0x80 | length]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(content)))
            elif opcode in (0, 1):
                text += content
                if first & 0x80:
                    return json.loads(text)
