"""The frames of docs/protocol.md over a socket to a worker on the same machine."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import struct
import threading
import weakref
from typing import Any, Dict, Optional

import numpy as np
import numpy.typing as npt

from ._errors import Misuse

PING, PONG, BYE = 1, 2, 3
HELLO, SURVEY, LOAD, MODEL, WEIGHTS, TRAIN, EVALUATE, CANCEL, RUN_OVER = range(16, 25)
INITIAL = 27
REPLY, REFUSAL = 1, 2

_HEADER = struct.Struct("<4sBBHQIIII")


def _crc_table() -> "list[int]":
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data: bytes, before: int = 0) -> int:
    """CRC-32C (Castagnoli), continued from an earlier part's."""
    value = before ^ 0xFFFFFFFF
    for byte in data:
        value = (value >> 8) ^ _TABLE[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


@dataclasses.dataclass
class Frame:
    kind: int
    flags: int
    correlation: int
    meta: Dict[str, Any]
    body: npt.NDArray[np.uint8]

    @property
    def is_request(self) -> bool:
        return not self.flags & REPLY and self.correlation != 0


# A fork must not hold the connection open when the script has ended, nor speak on it.
_links: "weakref.WeakSet[Link]" = weakref.WeakSet()


def _close_in_child() -> None:
    for one in list(_links):
        one._wire.close()


if hasattr(os, "register_at_fork"):  # who only reads runs may do so on any system
    os.register_at_fork(after_in_child=_close_in_child)


class Link:
    """Reads from one thread, sends from any. Bodies carry no checksum: nothing is damaged within a machine."""

    def __init__(self, wire: socket.socket) -> None:
        wire.setblocking(True)
        self._wire = wire
        self._sending = threading.Lock()
        self._owner = os.getpid()
        _links.add(self)

    def is_of_another_process(self) -> bool:
        return os.getpid() != self._owner

    def check_owner(self) -> None:
        """Before any lock is taken, which nobody would release in a fork."""
        if self.is_of_another_process():
            raise Misuse(
                "this process is a fork of the one that has joined the federation, and cannot speak for it: give the "
                "result to that one, which submits it"
            )

    def send(
        self,
        kind: int,
        meta: Optional[Dict[str, Any]] = None,
        body: Optional[npt.NDArray[Any]] = None,
        correlation: int = 0,
        flags: int = 0,
    ) -> None:
        text = json.dumps(meta, allow_nan=False).encode() if meta else b""
        content = memoryview(b"") if body is None or body.nbytes == 0 else memoryview(body.view(np.uint8).data)
        head = _HEADER.pack(b"FDIO", 1, flags, kind, correlation, len(text), len(content), 0, 0)[:28]
        head += struct.pack("<I", crc32c(text, crc32c(head)))
        with self._sending:
            self._wire.sendall(head + text)
            if content:
                self._wire.sendall(content)

    def reply(self, to: Frame, meta: Dict[str, Any], body: Optional[npt.NDArray[Any]] = None) -> None:
        self.send(to.kind, meta, body, to.correlation, REPLY)

    def refuse(self, to: Frame, code: str, reason: str) -> None:
        self.send(to.kind, {"code": code, "reason": reason[:1000]}, None, to.correlation, REPLY | REFUSAL)

    def _fill(self, into: memoryview) -> bool:
        done = 0
        while done < len(into):
            count = self._wire.recv_into(into[done:])
            if count == 0:
                return False
            done += count
        return True

    def read(self) -> Optional[Frame]:
        """The next frame; None when the worker is gone."""
        head = bytearray(_HEADER.size)
        try:
            if not self._fill(memoryview(head)):
                return None
            magic, version, flags, kind, number, text_size, body_size, _, _ = _HEADER.unpack(head)
            if magic != b"FDIO" or version != 1:
                raise ConnectionError("what is at the other end of the trainer's socket is no fedasio worker")
            text = bytearray(text_size)
            body = np.empty(body_size, np.uint8)
            if not self._fill(memoryview(text)):
                return None
            if body_size and not self._fill(body.data):
                return None
        except (ConnectionResetError, BrokenPipeError):
            return None
        return Frame(kind, flags, number, json.loads(text) if text else {}, body)

    def hang_up(self) -> None:
        """Ends the connection; a thread that reads from it finds its end."""
        try:
            self._wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        self._wire.close()
