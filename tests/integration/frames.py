"""The frames of the wire protocol (docs/protocol.md): a header of 32 bytes, little-endian, JSON, a body."""

import hashlib
import hmac
import json
import os
import socket
import struct

HEADER = struct.Struct("<4sBBHQIIII")
MAGIC = b"FDIO"
REPLY, REFUSAL = 1, 2

PING, PONG, BYE = 1, 2, 3
HELLO, SURVEY, LOAD, MODEL, WEIGHTS, TRAIN, EVALUATE, CANCEL, RUN_OVER, MEASUREMENTS = range(16, 26)


def _crc_table():
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data, before=0):
    """CRC-32C (Castagnoli), continued from an earlier part's."""
    value = before ^ 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


def encode(kind, meta=None, body=b"", correlation=0, flags=0, **wrong):
    """A frame's bytes. `wrong` replaces fields of the header: magic, version, meta_length, body_length,
    body_checksum, head_checksum; `text` replaces the meta's JSON."""
    text = wrong.get("text", json.dumps(meta).encode() if meta else b"")
    head = HEADER.pack(
        wrong.get("magic", MAGIC),
        wrong.get("version", 1),
        flags,
        kind,
        correlation,
        wrong.get("meta_length", len(text)),
        wrong.get("body_length", len(body)),
        wrong.get("body_checksum", crc32c(body)),
        0,
    )[:28]
    checksum = wrong.get("head_checksum", crc32c(text, crc32c(head)))
    return head + struct.pack("<I", checksum) + text + body


class Frame:
    def __init__(self, kind, flags, correlation, meta, body):
        self.kind = kind
        self.flags = flags
        self.correlation = correlation
        self.meta = meta
        self.body = body


class Peer:
    """A blocking connection that speaks frames and checks what it reads."""

    def __init__(self, address, timeout=60):
        self.socket = socket.create_connection(address, timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def prove(self, key):
        """The shared-key handshake, before the first frame; `key` is 32 bytes."""
        own = os.urandom(32)
        self.socket.sendall(b"FDK1" + own)
        greeting = self._exactly(36)
        if greeting is None or greeting[:4] != b"FDK1":
            raise ConnectionError(f"no shared-key greeting: {greeting}")

        def proof(role):
            return hmac.digest(key, b"fedasio key 1 " + role + own + greeting[4:], hashlib.sha256)

        self.socket.sendall(proof(b"worker"))
        answer = self._exactly(32)
        if answer is None or not hmac.compare_digest(answer, proof(b"master")):
            raise ConnectionError("the master has another key")

    def send(self, *arguments, **keywords):
        self.socket.sendall(encode(*arguments, **keywords))

    def reply(self, request, meta=None, body=b"", **keywords):
        self.send(request.kind, meta, body, request.correlation, REPLY, **keywords)

    def refuse(self, request, code, reason):
        self.send(request.kind, {"code": code, "reason": reason}, b"", request.correlation, REPLY | REFUSAL)

    def _exactly(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                return None
            data += part
        return bytes(data)

    def read(self):
        """The next frame; None when the peer is gone."""
        try:
            head = self._exactly(HEADER.size)
            if head is None:
                return None
            magic, version, flags, kind, number, *lengths, body_sum, head_sum = HEADER.unpack(head)
            text, body = (self._exactly(length) for length in lengths)
        except ConnectionResetError:
            return None
        if text is None or body is None:
            return None
        assert magic == MAGIC and version == 1
        assert crc32c(text, crc32c(head[:28])) == head_sum, "the master's header is damaged"
        assert crc32c(body) == body_sum, "the master's body is damaged"
        return Frame(kind, flags, number, json.loads(text) if text else {}, body)

    def hang_up(self):
        """Ends the connection; whoever reads from it, in another thread too, finds its end."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.socket.close()
