"""The fedasio-worker that a script starts for itself."""

from __future__ import annotations

import collections
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from typing import Deque, Optional, Sequence

from ._errors import FederationError, Misuse

WORKER = "FEDASIO_WORKER"
_PREFIX = "fedasio-worker: "
# Room for what the worker says while the script holds the interpreter and nobody reads.
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux, which Python's fcntl has not had for long


def find(given: Optional[str]) -> str:
    """The program: as told, of the environment, or on the PATH."""
    chosen = given or os.environ.get(WORKER)
    if chosen and os.path.sep not in chosen:
        chosen = shutil.which(chosen) or chosen
    chosen = chosen or shutil.which("fedasio-worker")
    if not chosen:
        raise FederationError(
            f"fedasio-worker is not on the PATH: install it, or name it with worker=... or {WORKER}"
        )
    return chosen


class OwnWorker:
    """Its process. What it logs goes to the script's sys.stderr, where a notebook shows it, and is kept for the reason
    when it ends."""

    def __init__(self, command: Sequence[str], channel: socket.socket) -> None:
        self._program = command[0]
        try:
            # In a session of its own: Ctrl-C is for the script, which then ends the worker in good order.
            self._process = subprocess.Popen(
                [*command, "--trainer-fd", str(channel.fileno())],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[channel.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            raise FederationError(
                f"the worker {command[0]} cannot be started ({error.strerror}): name the program fedasio-worker with "
                f"worker=... or {WORKER}"
            ) from None
        self._said: Deque[str] = collections.deque(maxlen=20)
        self._listener = threading.Thread(target=self._listen, name="fedasio-worker", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            fcntl.fcntl(stream.fileno(), _SET_PIPE_SIZE, _PIPE_BYTES)
        with stream:
            for line in stream:
                text = line.decode("utf-8", "replace")
                self._said.append(text.strip())
                with contextlib.suppress(Exception):  # a script may have closed or replaced it
                    sys.stderr.write(text)
                    sys.stderr.flush()

    def why_it_ended(self) -> str:
        """Waits a little for its end, and tells of it in its own words if it had any."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "fedasio-worker has closed its connection to the script"
        self._listener.join(5)
        said = [line.partition(_PREFIX)[2] for line in list(self._said) if _PREFIX in line]
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if said:
            return f"fedasio-worker {how}: {said[-1]}"
        return f"{self._program} {how} without a word: is it the fedasio-worker of this version?"

    def end(self) -> None:
        """Waits for the end of one that was told to go; one that does not is killed."""
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._listener.join(5)


def check_key_file(path: str) -> None:
    if not os.path.exists(path):
        raise Misuse(f"there is no key file {path}: copy it from the master, which made it (--key-file)")
